"""What reports of an incident leave open, who finds it out, and what of the law behind a report somebody has read."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from portal.kernel.core import date_format
from portal.kernel.law import labels as law_labels
from portal.kernel.law.models import LegalRule
from portal.kernel.people.choices import Answer
from portal.kernel.registers.incidents import rules
from portal.kernel.registers.incidents.choices import IncidentStep
from portal.kernel.registers.incidents.models import Incident, IncidentDecision, IncidentDuty, IncidentPendingFact
from portal.kernel.registers.incidents.selectors import incidents


def known_codes(incident: Incident) -> frozenset[str]:
    """The fields that have words: those that staff entered, and those that are computed."""
    return frozenset(code for code, words in incidents.known(incident).items() if words.strip())


def pending_rows(incident: Incident) -> dict[str, IncidentPendingFact]:
    """The fields that are set to not known yet and still are, by code: the newest row about each."""
    rows = incident.pending_facts.select_related("owner").order_by("pk")
    found = {row.code: row for row in rows}
    known = known_codes(incident) if found else frozenset()
    return {code: row for code, row in found.items() if code not in known}


def pending(duty: IncidentDuty, *, now: datetime) -> dict[str, IncidentPendingFact]:
    """Of the fields of one duty, those that may be left open in a report at ``now``: each with an owner and a date ahead."""
    rows = pending_rows(duty.incident)
    asked = [code for code, _says in rules.terms(duty.code).fields]
    return {code: rows[code] for code in asked if code in rows and rows[code].due_at > now}


def label_of(code: str) -> str:
    """What a field is called, without a duty: a fact's own label, or the field's where it is computed."""
    kinds = rules.fact_kinds()
    if code in kinds:
        return kinds[code].label
    return next((says for duty in rules.duties().values() for field, says in duty.fields if field == code), code)


def thread(duty: IncidentDuty) -> QuerySet[IncidentDecision]:
    """The reports under a duty and its follow-up that were agreed to, in the order in which they were proposed."""
    first = rules.first_code(duty.code)
    codes = (first, f"{first}{rules.FOLLOW_UP}")
    agreed = Q(duty__code__in=codes, duty__client=duty.client_id, answer=Answer.APPROVED)
    steps = (IncidentStep.SEND, IncidentStep.FILE)
    return duty.incident.decisions.filter(agreed, step__in=steps).order_by("pk")


def is_overtaken(decision: IncidentDecision) -> bool:
    """Whether a report that was proposed later left before this one."""
    assert decision.duty is not None  # noqa: S101 - a constraint of the table says so
    return thread(decision.duty).filter(pk__gt=decision.pk, done_at__isnull=False).exists()


def follow_up_of(duty: IncidentDuty) -> IncidentDuty | None:
    """The follow-up to a duty, where one was ever owed; of a follow-up, itself."""
    code = f"{rules.first_code(duty.code)}{rules.FOLLOW_UP}"
    rows = duty.incident.duties.filter(code=code, client=duty.client_id)
    return rows.select_related("incident", "client").first()


def promised_at(duty: IncidentDuty | None) -> datetime | None:
    """When the first of the open fields follows, as the last report that left says; None of a duty that is no follow-up."""
    if duty is None or not rules.terms(duty.code).completes:
        return None
    last = thread(duty).filter(done_at__isnull=False).last()
    days = [datetime.fromisoformat(at) for _code, at in last.open_fields] if last is not None else []
    return min(days, default=None)


def kind_of_report(decision: IncidentDecision) -> str:
    """Which of several reports under one duty this is; empty for what is no report to one reader."""
    if decision.duty is None or decision.step not in {IncidentStep.SEND, IncidentStep.FILE}:
        return ""
    earlier = list(thread(decision.duty).filter(pk__lt=decision.pk, done_at__isnull=False))
    if decision.open_fields:
        return _("Supplementary report") if earlier else _("Initial report")
    if any(one.open_fields for one in earlier):
        return _("Final report")
    return _("Further report") if earlier else _("Full report")


def report_head(decision: IncidentDecision) -> list[str]:
    """What a report says of itself before its words: its law, where somebody has read it, and what it adds to."""
    assert decision.duty is not None  # noqa: S101 - a constraint of the table says so
    terms, sources = rules.terms(decision.duty.code), source_rules()
    with translation.override("en"):
        lines = [_("Made as a precaution: we are confirming the rule that asks for it.")]
        if is_read(terms, sources):
            lines = [_("Report under: %(source)s") % {"source": terms.source}]
        kind = kind_of_report(decision)
        phases = sources.get(terms.phases)
        if decision.open_fields and phases is not None and phases.is_text_read:
            kind = f"{kind} ({law_labels.source(phases)})"
        if decision.open_fields:
            kind = _('%(kind)s: what is "not known yet" will follow by the time that is stated.') % {"kind": kind}
        lines.append(kind)
        earlier = thread(decision.duty).filter(pk__lt=decision.pk, done_at__isnull=False).last()
        if earlier is not None:
            number = f" ({earlier.filed_reference})" if earlier.filed_reference else ""
            lines.append(
                _("It adds to our report of %(at)s.") % {"at": f"{date_format.in_both(earlier.done_at)}{number}"}
            )
    return lines


def source_rules() -> dict[str, LegalRule]:
    """The newest version of each rule of law that duties name, by key."""
    keys = {key for duty in rules.duties().values() for key in (duty.law, duty.phases) if key}
    return {rule.key: rule for rule in LegalRule.objects.newest().filter(key__in=keys)}


def is_read(terms: rules.Duty, sources: Mapping[str, LegalRule]) -> bool:
    """Whether the law that a duty names may be stated as law: somebody read its text. A contract needs no law."""
    rule = sources.get(terms.law)
    return rule is None or rule.is_text_read


def source_words(terms: rules.Duty, sources: Mapping[str, LegalRule]) -> str:
    """The short name of the law behind a duty, and that it is to be confirmed where nobody has read it."""
    if is_read(terms, sources):
        return terms.source
    return f"{terms.source} ({_('source to be confirmed')})"
