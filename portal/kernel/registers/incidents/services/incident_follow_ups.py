"""What is not known yet when a report goes out: who finds it out and by when, and the follow-up that is owed until it is reported."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import access, clock, date_format
from portal.kernel.core.actor import Actor
from portal.kernel.core.state_transitions import move
from portal.kernel.law.choices import Regime
from portal.kernel.law.selectors import house_rule
from portal.kernel.law.services import deadlines
from portal.kernel.outbox.services import write_to
from portal.kernel.people.models import User
from portal.kernel.registers.base.permissions import Permission
from portal.kernel.registers.base.services.entry_fields import at_field
from portal.kernel.registers.incidents import rules
from portal.kernel.registers.incidents.choices import DUTY_MOVES, DutyState
from portal.kernel.registers.incidents.models import Incident, IncidentDecision, IncidentDuty, IncidentPendingFact
from portal.kernel.registers.incidents.selectors import incident_gaps
from portal.kernel.registers.incidents.services.incidents import PLAN, page_of, require_open


def set_pending(
    *, incident: Incident, codes: Iterable[str], owner: User, due_at: datetime, actor: Actor, now: datetime
) -> list[IncidentPendingFact]:
    """State that fields of reports are not known yet, who finds them out, and by when: a report may leave with them open.

    One transaction with its audit event and a message to the owner. Raises NotAllowed, IllegalMove for a closed incident, and
    Refused for a field that no report has or that is known (FIELDS), an owner who may not add facts (OWNER), and a time that is
    past or later than ``registers.incident_follow_up`` from ``now`` allows (TIMES).
    """
    person = require_open(incident, actor)
    chosen, known = list(dict.fromkeys(codes)), incident_gaps.known_codes(incident)
    may_be_open = {code for duty in rules.duties().values() for code, _says in duty.fields} - {rules.DELAY}
    if not chosen or not set(chosen) <= may_be_open - known:
        raise at_field("codes", _("Choose fields that are not known yet."), code="FIELDS")
    if not access.allowed(owner, Permission.INCIDENT_OPEN):
        raise at_field("owner", _("The owner must be able to add facts to an incident."), code="OWNER")
    latest = now + house_rule(rules.FOLLOW_UP_RULE, on=clock.day(now)).duration
    if not now < due_at <= latest:
        said = _("Enter a time in the future, at the latest %(latest)s.") % {"latest": date_format.moment(latest)}
        raise at_field("due_at", said, code="TIMES")
    with access.acting(person, Permission.INCIDENT_OPEN):
        rows = [
            IncidentPendingFact.objects.create(
                incident=incident, code=code, owner=owner, due_at=due_at, entered_at=now, entered_by=person
            )
            for code in chosen
        ]
        audit.record(
            AuditKind.REGISTERS_INCIDENT_FACT_PENDING,
            actor=actor,
            about=incident.about,
            facts={
                "incident": incident.reference,
                "fields": " ".join(sorted(chosen)),
                "user": owner.pk,
                "due_at": clock.stamp(due_at),
            },
            at=now,
        )
        if owner != person:
            _write_to_owner(owner, rows, now)
    return rows


def _write_to_owner(owner: User, rows: list[IncidentPendingFact], now: datetime) -> None:
    incident = rows[0].incident
    write_to(
        owner,
        kind="registers.incident_fact_pending",
        purpose="policy_and_security",
        about=f"{incident.about}/pending/{rows[0].pk}",
        context={
            "reference": incident.reference,
            "fields": "\n".join(f"- {incident_gaps.label_of(row.code)}" for row in rows),
            "due": date_format.in_both(rows[0].due_at),
            "url": page_of(incident),
        },
    )


def update_follow_up(decision: IncidentDecision, *, at: datetime, actor: Actor, now: datetime) -> None:
    """After a report left at ``at``: what it leaves open is owed as a follow-up with a clock of its own, at the latest when the
    report says that it follows; a report that leaves nothing open ends it. In the caller's transaction, with audit events.

    A report that a later one overtook changes nothing, nor one whose rest another duty carries that is still open.
    """
    duty = decision.duty
    assert duty is not None  # noqa: S101 - a constraint of the table says so
    if incident_gaps.is_overtaken(decision):
        return
    terms, row = rules.terms(duty.code), incident_gaps.follow_up_of(duty)
    if not decision.open_fields:
        if row is not None and row.state == DutyState.OPEN:
            move(row, DutyState.REPORTED, moves=DUTY_MOVES, reported_at=at)
            deadlines.stop(owner=row.owner, at=at, actor=actor, now=now, late_because=decision.late_because)
        return
    if row is None:
        if terms.rest and _is_open(duty.incident, terms.rest):
            return
        code = f"{rules.first_code(duty.code)}{rules.FOLLOW_UP}"
        row = IncidentDuty.objects.create(incident=duty.incident, code=code, client=duty.client, state=DutyState.OPEN)
    elif row.state == DutyState.DECLINED:
        move(row, DutyState.OPEN, moves=DUTY_MOVES)
    else:
        deadlines.stop(owner=row.owner, at=at, actor=actor, now=now, late_because=decision.late_because)
    _start(row, at=at, actor=actor, now=now)


def _is_open(incident: Incident, code: str) -> bool:
    return incident.duties.filter(code=code, state=DutyState.OPEN).exists()


def _start(row: IncidentDuty, *, at: datetime, actor: Actor, now: datetime) -> None:
    deadlines.start(
        owner=row.owner,
        subject_ref=None,
        rule_keys=[rules.FOLLOW_UP_RULE],
        kind=PLAN,
        started_at=at,
        zone=str(clock.IST),
        regimes=[str(Regime.IN)],
        actor=actor,
        now=now,
    )
    audit.record(
        AuditKind.REGISTERS_INCIDENT_DUTY_FOUND,
        actor=actor,
        about=row.incident.about,
        facts={"incident": row.incident.reference, "duty": row.code, "state": str(row.state), "reason_code": ""},
        at=now,
    )
