"""How closely a customer is watched: by its points, unless two people said otherwise."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from kyc.base.check_outcomes import CheckOutcome
from kyc.base.choices import CaseState, DecisionOutcome, DocumentState, Risk, RiskReason
from kyc.base.models.cases import Case
from kyc.base.models.documents import Document
from kyc.base.permissions import Act, Permission
from kyc.cases import renewal_rules
from kyc.cases.outstanding_items import Needs, needs_of
from kyc.cases.selectors import against_approval, is_listed, latest_checks, renewals_of
from kyc.risk import scorecard
from kyc.risk.models import RiskProposal
from kyc.risk.scorecard import Rating
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.audit.services import record
from portal.kernel.core import access, field_changes
from portal.kernel.core.actor import Actor
from portal.kernel.core.clock import day
from portal.kernel.core.errors import IllegalMove, Refused
from portal.kernel.people.choices import Answer
from portal.kernel.people.services import maker_checker
from portal.kernel.people.services.maker_checker import person_of

#: What the audit event of a rating says beside what it was before.
RATED = ("to", "by", "count", "reasons", "version")
DOUBTS = frozenset({CheckOutcome.WARN, CheckOutcome.FAIL})


def rating_of(case: Case, needs: Needs, *, now: datetime) -> Rating:
    """The points of a case by the table of today, from its rows as they are now: its type, its owners, its documents and
    what was decided.
    """
    facts = {f"type:{case.customer_type}", f"relation:{case.relation}"}
    if needs.ownership is not None:
        facts |= {f"owners:{fault}" for fault in needs.ownership.faults}
        if case.parties.filter(ended_at=None, principal=None, holdings__ended_at=None, holdings__isnull=False).exists():
            facts.add("owners:through")
    for task in needs.tasks:
        for check in latest_checks(task.document) if task.document else ():
            if check.outcome in DOUBTS:
                facts.add(f"check:{check.reason}")
    facts |= {f"sanctions:{state}" for state in against_approval(case).values_list("state", flat=True)}
    rejected = Document.objects.filter(
        case=case, decisions__outcome=DecisionOutcome.REJECT, decisions__answer=Answer.APPROVED
    )
    if rejected.exists() or Document.objects.filter(case=case, state=DocumentState.REJECTED).exists():
        facts.add("history:rejected")
    return scorecard.rate(facts, on=day(now))


def set_by_people(case: Case) -> RiskProposal | None:
    """What two people said last, if it still holds against the points: nothing does against a name on a sanctions list."""
    if is_listed(case):
        return None
    last = RiskProposal.objects.filter(case=case, answer=Answer.APPROVED).order_by("-checked_at", "-pk").first()
    return last if last is not None and last.level else None


def rate(case: Case, needs: Needs, *, actor: Actor, now: datetime) -> None:
    """Bring the risk of a case up to date, in the caller's transaction; nothing when it stands.

    With an audit event, also where only its grounds are others than in the last one: the table, the reasons, or whether people
    or points set the level. A later reader can make the rating again from the event alone.

    The day on which an approved customer is looked at again moves with it, and never nearer than ``renewal_rules.soonest``: one
    that is due is told first. Where it is being renewed, the next approval sets the day.
    """
    said, found = set_by_people(case), rating_of(case, needs, now=now)
    level = said.level if said is not None else str(found.level)
    before = case.risk
    rated = {"to": level, "by": "points" if said is None else "people", "count": found.points, **_grounds(found)}
    if level == before and rated == _last_rated(case):
        return
    if level != before:
        case.risk = level
        case.rekyc_on = _looked_at_again_on(case, needs, now)
        Case.objects.filter(pk=case.pk).update(risk=level, rekyc_on=case.rekyc_on)
    record(
        AuditKind.KYC_CASE_RATED,
        actor=actor,
        about=case.owner,
        subject_ref=case.subject_ref,
        facts={"from": before, **rated},
        at=now,
    )


def _grounds(found: Rating) -> dict[str, str]:
    return {"reasons": ",".join(line.fact for line in found.lines), "version": found.table.version}


def _last_rated(case: Case) -> dict[str, Any]:
    last = AuditEvent.objects.filter(kind=AuditKind.KYC_CASE_RATED, about=case.owner).order_by("-pk").first()
    return {name: value for name, value in last.facts.items() if name in RATED} if last is not None else {}


def _looked_at_again_on(case: Case, needs: Needs, now: datetime) -> date | None:
    is_settled = case.state == CaseState.APPROVED and not renewals_of(case)
    if case.rekyc_on is None or case.verified_at is None or not is_settled:
        return case.rekyc_on
    ends = renewal_rules.period_ends(case.verified_at, case.risk, on=day(now))
    return min([max(ends, min(case.rekyc_on, renewal_rules.soonest(now=now))), *needs.last_days])


def propose(case: Case, *, level: str, why: str, actor: Actor, now: datetime) -> RiskProposal:
    """A first person proposes another risk than the points say, and why; an empty ``level`` gives them their word back.

    With its audit event, in one transaction. Raises NotAllowed, Refused (REASON, LEVEL; LIKENESS for somebody who was found
    to stand on a sanctions list), IllegalMove while a proposal waits.
    """
    maker = person_of(actor)
    access.require(maker, Permission.CASE_DECIDE)
    if why not in RiskReason.values:
        raise Refused(_("Choose why."), code="REASON")
    if level and level not in Risk.values:
        raise Refused(_("Choose a risk."), code="LEVEL")
    if is_listed(case):
        raise Refused(_("A name of this case is on a sanctions list: its risk is high."), code="LIKENESS")
    found = rating_of(case, needs_of(case, now=now), now=now)
    try:
        with transaction.atomic():
            made = maker_checker.propose(
                RiskProposal,
                act=Act.RISK,
                maker=maker,
                shown=_shown(case, level, why, found),
                now=now,
                case=case,
                level=level,
                why=why,
                points=found.points,
            )
            _note(AuditKind.KYC_RISK_PROPOSED, made, actor, now)
    except IntegrityError as error:
        raise IllegalMove(_("A change of this risk waits for a second person already.")) from error
    return made


def answer(proposal: RiskProposal, *, approve: bool, reason: str = "", actor: Actor, now: datetime) -> None:
    """A second person says yes or no; a yes holds at once. Raises as ``maker_checker.answer``: also when the points, their
    reasons or the table changed.

    In the turn of the case, which is read anew: what came since the page was opened, a renewal that brought the next look
    nearer for one, is not written over.
    """
    case = proposal.case
    with transaction.atomic():
        case.refresh_from_db(from_queryset=Case.objects.select_for_update(no_key=True))
        needs = needs_of(case, now=now)
        found = rating_of(case, needs, now=now)
        maker_checker.answer(
            proposal,
            checker=person_of(actor),
            approve=approve,
            shown=_shown(case, proposal.level, proposal.why, found),
            reason=reason,
            now=now,
        )
        _note(AuditKind.KYC_RISK_ANSWERED, proposal, actor, now)
        if approve:
            field_changes.watch_row(case)
            rate(case, needs, actor=actor, now=now)


def _shown(case: Case, level: str, why: str, found: Rating) -> Mapping[str, Any]:
    """Both people answer for the level against this very rating: its sum, its reasons and its table."""
    return {"case": case.reference, "level": level, "why": why, "points": found.points, **_grounds(found)}


def _note(kind: AuditKind, proposal: RiskProposal, actor: Actor, now: datetime) -> None:
    record(
        kind,
        actor=actor,
        about=proposal.case.owner,
        subject_ref=proposal.case.subject_ref,
        facts={
            "proposal": proposal.pk,
            "to": proposal.level,
            "reason_code": proposal.why,
            "count": proposal.points,
            "answer": proposal.answer,
            "shown_sha256": proposal.shown_sha256,
        },
        at=now,
    )
