"""How the pages of incidents say what is owed, and hand out papers."""

from datetime import datetime

from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from portal.kernel.core import date_format
from portal.kernel.law.models import LegalRule
from portal.kernel.registers.incidents import rules
from portal.kernel.registers.incidents.choices import NotDue
from portal.kernel.registers.incidents.models import IncidentDuty, IncidentPendingFact
from portal.kernel.registers.incidents.selectors import incident_gaps


def worded(words: list[list[str]]) -> str:
    return "\n\n".join(f"{says}:\n{text or gettext('(not entered)')}" for says, text in words)


def sourced(duty: IncidentDuty, sources: dict[str, LegalRule]) -> SafeString | str:
    """The law behind a duty. Where nobody has read its text, or the day from which it holds, a tag that leads to the page to
    read.
    """
    terms = rules.terms(duty.code)
    rule = sources.get(terms.law)
    if rule is None:
        return terms.source
    waits_for_its_day = duty.not_due_because == NotDue.NOT_IN_FORCE and not rule.is_confirmed
    if rule.is_text_read and not waits_for_its_day:
        return terms.source
    said = gettext("source to be confirmed")
    if rule.is_text_read and rule.effective_from is not None:
        said = gettext("in force from {day}: date to be confirmed").format(day=date_format.day(rule.effective_from))
    url = reverse("admin:law_legalrule_change", args=[rule.pk])
    return format_html('{} <a class="tag warn" href="{}">▲ {}</a>', terms.source, url, said)


def open_fields(duty: IncidentDuty, *, now: datetime) -> list[str]:
    """Each field of a report that is not known: its owner and date, or that it has none."""
    known, waits = incident_gaps.known_codes(duty.incident), incident_gaps.pending_rows(duty.incident)
    lines = []
    for code, says in rules.terms(duty.code).fields:
        if code in known:
            continue
        row = waits.get(code)
        state = gettext("no owner and no date yet")
        if row is not None:
            state = gettext("not known yet: {owner}, by {due}").format(
                owner=row.owner.display_name, due=date_format.moment(row.due_at)
            )
            state += gettext(" (overdue)") if row.due_at <= now else ""
        lines.append(f"{says}: {state}")
    return lines


def counted(duty: IncidentDuty, known: frozenset[str], waits: dict[str, IncidentPendingFact]) -> str:
    """How many of a report's fields are known, and who owes the first of the others by when."""
    fields = [code for code, _says in rules.terms(duty.code).fields]
    if not fields:
        return date_format.NONE
    said = gettext("{known} of {all}").format(known=len(known.intersection(fields)), all=len(fields))
    first = min((waits[code] for code in fields if code in waits), key=lambda row: row.due_at, default=None)
    if first is None:
        return said
    return gettext("{said}; {owner} by {due}").format(
        said=said, owner=first.owner.display_name, due=date_format.moment(first.due_at)
    )


def pdf(content: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return answer
