"""Noting that reports of an incident were made: the proof, the audit event, and the clock that stops."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import actor as actors
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.state_transitions import move
from portal.kernel.law.services import deadlines
from portal.kernel.outbox.choices import LEFT, MessageState
from portal.kernel.outbox.models import Message
from portal.kernel.people.choices import Answer
from portal.kernel.registers.incidents import rules
from portal.kernel.registers.incidents.choices import DUTY_MOVES, DutyState, IncidentStep
from portal.kernel.registers.incidents.models import Incident, IncidentDecision, IncidentLetter
from portal.kernel.registers.incidents.selectors import incidents
from portal.kernel.registers.incidents.services import incident_follow_ups
from portal.kernel.registers.incidents.services.incidents import write_to_deciders

#: The kind of the letters to authorities and clients.
REPORT = "registers.incident_report"
SETTLE = "portal.registers.tasks.settle_incidents"


def settle(*, now: datetime, incident: Incident | None = None) -> int:
    """Note which promised reports (of all incidents, or one) have left by ``now``: each decision in a transaction of its own.
    Returns how many.

    A report to one address is made when its message has left and has not come back. A report to people is made when every search is done, everybody who was found was
    written to and no letter is on its way; the moment is when the last one left. Where nobody could be reached at all it is
    when that was seen: nothing more can be done. A letter that a corrected one overtook is made with that one.
    """
    waiting = IncidentDecision.objects.filter(
        answer=Answer.APPROVED, done_at=None, step__in=[IncidentStep.SEND, IncidentStep.TELL]
    ).select_related("incident", "duty__incident", "duty__client")
    if incident is not None:
        waiting = waiting.filter(incident=incident)
    return sum(_settle(decision, now) for decision in waiting)


def _settle(decision: IncidentDecision, now: datetime) -> bool:
    at = _left_at(decision)
    if at is None:
        return False
    actor = actors.system(SETTLE)
    with transaction.atomic():
        if IncidentDecision.objects.filter(pk=decision.pk, done_at=None).update(done_at=at) != 1:
            return False
        decision.refresh_from_db()
        reported(decision, at=at, actor=actor, now=now)
    return True


def look_for_returned(*, now: datetime) -> int:
    """Write to whoever decides about each report by e-mail that did not arrive, once, with its audit event; each in a
    transaction of its own. Returns how many.

    A report that was not noted as made by then is not made, and its clock runs on. One that was stays as it was noted: what
    to do about it, two people decide.
    """
    returned = Message.objects.filter(kind=REPORT, state=MessageState.UNDELIVERED).values_list("about", flat=True)
    named = [int(about.rpartition("/")[2]) for about in returned]
    unnoted = IncidentDecision.objects.filter(pk__in=named, step=IncidentStep.SEND, undelivered_at=None)
    rows = unnoted.select_related("incident", "duty__incident", "duty__client")
    return sum(_returned(decision, now) for decision in rows)


def _returned(decision: IncidentDecision, now: datetime) -> bool:
    assert decision.duty is not None  # noqa: S101 - a constraint of the table says so
    with transaction.atomic():
        if IncidentDecision.objects.filter(pk=decision.pk, undelivered_at=None).update(undelivered_at=now) != 1:
            return False
        record(AuditKind.REGISTERS_INCIDENT_UNDELIVERED, decision, actors.system(SETTLE), now)
        write_to_deciders(
            "registers.incident_returned",
            decision.incident,
            about=f"{decision.incident.about}/returned/{decision.pk}",
            context={"duty": str(decision.duty)},
            now=now,
        )
    return True


def _left_at(decision: IncidentDecision) -> datetime | None:
    """When a promised report had left; None while it has not, or failed: then somebody decides in the outbox."""
    if decision.step == IncidentStep.SEND:
        sent = Message.objects.filter(kind=REPORT, about=about_report(decision), state__in=LEFT)
        letter = sent.exclude(state=MessageState.UNDELIVERED).first()
        return letter.sent_at if letter is not None else None
    counts = incidents.counts(decision.incident)
    if not counts.is_over or incidents.is_searched(decision.incident):
        return None
    if counts.promised == 0:
        seen = IncidentLetter.objects.filter(decision=incidents.letter_of(decision.incident))
        at: datetime | None = seen.aggregate(last=Max("told_at"))["last"]
        return at
    last = incidents.letters(decision.incident).filter(sent_at__isnull=False).order_by("-sent_at").first()
    return last.sent_at if last is not None else None


def about_report(decision: IncidentDecision) -> str:
    """The label of the message that carries a report."""
    return f"{decision.incident.about}/report/{decision.pk}"


def reported(decision: IncidentDecision, *, at: datetime, actor: Actor, now: datetime) -> None:
    """The duty is reported, and its clock stops, with the first report under it: a follow-up, with one that leaves nothing
    open. What is left open stays owed (``incident_follow_ups``). Each report has its audit event.
    """
    duty = decision.duty
    assert duty is not None  # noqa: S101 - a constraint of the table says so
    duty.refresh_from_db()
    is_rest = bool(rules.terms(duty.code).completes)
    if duty.state != DutyState.REPORTED and not is_rest:
        move(duty, DutyState.REPORTED, moves=DUTY_MOVES, reported_at=at)
        deadlines.stop(owner=duty.owner, at=at, actor=actor, now=now, late_because=decision.late_because)
    incident_follow_ups.update_follow_up(decision, at=at, actor=actor, now=now)
    facts: dict[str, Any] = {
        "reported_at": clock.stamp(at),
        "sha256": decision.proof_sha256 or None,
        "open": len(decision.open_fields),
    }
    if decision.step == IncidentStep.TELL:
        counts = incidents.counts(decision.incident)
        facts |= {"count": counts.sent, "undelivered": counts.undelivered + counts.failed + counts.unreachable}
    record(AuditKind.REGISTERS_INCIDENT_REPORTED, decision, actor, now, **facts)


def record(kind: AuditKind, decision: IncidentDecision, actor: Actor, now: datetime, **more: Any) -> None:
    """The audit event of one step of a decision, in the caller's transaction."""
    facts: dict[str, Any] = {
        "incident": decision.incident.reference,
        "duty": decision.duty.code if decision.duty is not None else None,
        "step": str(decision.step),
    }
    if kind != AuditKind.REGISTERS_INCIDENT_REPORTED:
        facts |= {"proposal": decision.pk, "shown_sha256": decision.shown_sha256}
    audit.record(kind, actor=actor, about=decision.incident.about, facts={**facts, **more}, at=now)
