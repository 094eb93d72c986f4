"""Entering an incident and telling what is known of it: each duty that follows gets its own clock, at once."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import access, clock, date_format, ids, pii_guard
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import IllegalMove, LostRace, Refused
from portal.kernel.core.state_transitions import move
from portal.kernel.law.choices import ClockEventKind, Ended, Regime
from portal.kernel.law.models import Clock, ClockEvent
from portal.kernel.law.services import deadline_corrections, deadlines
from portal.kernel.outbox.services import write_to, write_to_staff
from portal.kernel.people.choices import SubjectKind
from portal.kernel.people.models import Fiduciary, User
from portal.kernel.people.selectors import staff_with
from portal.kernel.people.services import subjects
from portal.kernel.people.services.maker_checker import person_of
from portal.kernel.registers.base.permissions import Permission
from portal.kernel.registers.base.services.entry_fields import at_field, filled
from portal.kernel.registers.incidents import rules
from portal.kernel.registers.incidents.choices import DUTY_MOVES, DutyState, IncidentRisk, IncidentRole
from portal.kernel.registers.incidents.models import Incident, IncidentDuty, IncidentFact
from portal.kernel.registers.incidents.selectors import incident_gaps, incidents

#: The kind of clock plan (``law/data/clock_plans.toml``).
PLAN = "incident"
#: What decides which duties there are, and may turn out otherwise while an incident is open. From its times clocks run:
#: they are put right with a reason (``law.services.deadline_corrections``), and ``follow`` lets the incident and its other clocks follow.
DECIDING = ("role", "regimes", "is_cyber", "is_telecom", "has_personal_data", "risk")


def open_incident(
    *,
    headline: str,
    role: IncidentRole | str,
    regimes: Iterable[str],
    is_cyber: bool,
    is_telecom: bool,
    has_personal_data: bool,
    risk: IncidentRisk | str,
    noticed_at: datetime,
    aware_at: datetime,
    actor: Actor,
    now: datetime,
    began_at: datetime | None = None,
    clients: Iterable[Fiduciary] = (),
) -> Incident:
    """Insert an incident with all that is owed under it and the clocks of that, and write to whoever decides about it,
    in one transaction with the audit events.

    Clocks run from when it was noticed or known, not from now. India's law always applies. Raises NotAllowed, and Refused
    for times in the future or in the wrong order (TIMES), clients without our carrying anything for them or the other way
    round (CLIENTS), a headline that is empty or names a number.
    """
    person = person_of(actor)
    access.require(person, Permission.INCIDENT_OPEN)
    line = filled(headline, _("Say in one line what happened."))
    pii_guard.require_plain(line)
    _require_times(began_at, noticed_at, aware_at, now)
    whose = list(clients)
    _require_clients(role, named=bool(whose), known=False)
    with access.acting(person, Permission.INCIDENT_OPEN):
        incident = Incident.objects.create(
            reference=ids.new_reference("BR"),
            headline=line,
            # Whoever reads at an authority is nobody we know: letters to it are sealed under a key of the incident's own.
            subject_ref=subjects.new(SubjectKind.STRANGER, now=now).ref,
            role=IncidentRole(role),
            regimes=_with_india(regimes),
            is_cyber=is_cyber,
            is_telecom=is_telecom,
            has_personal_data=has_personal_data,
            risk=IncidentRisk(risk),
            began_at=began_at,
            noticed_at=noticed_at,
            aware_at=aware_at,
            opened_at=now,
            opened_by=person,
        )
        audit.record(
            AuditKind.REGISTERS_INCIDENT_OPENED,
            actor=actor,
            about=incident.about,
            facts={
                "incident": incident.reference,
                "role": str(incident.role),
                "regimes": " ".join(incident.regimes),
                "risk": str(incident.risk),
                "noticed_at": clock.stamp(noticed_at),
                "aware_at": clock.stamp(aware_at),
            },
            at=now,
        )
        for duty in rules.duties().values():
            for client in whose if duty.audience == rules.CLIENT else [None]:
                _find(duty, incident, client, actor=actor, now=now)
        _tell_staff(incident, now)
    return incident


def tell(
    *,
    incident: Incident,
    words: Mapping[str, str],
    actor: Actor,
    now: datetime,
    shown: Mapping[str, str] | None = None,
) -> list[IncidentFact]:
    """Add what is known now, by code (``rules.fact_kinds``); what is empty or known already adds nothing. ``shown`` is what
    the sender saw of it.

    One transaction with its audit event. Raises NotAllowed, IllegalMove for a closed incident, Refused (UNKNOWN_FACT),
    Refused (NUMBER_IN_WORDS) for words with a number or an address of a person, and LostRace where somebody changed what
    was shown.
    """
    person = require_open(incident, actor)
    for code, text in words.items():
        if text.strip() and code not in rules.fact_kinds():
            raise Refused(_("Incident fact not found."), code="UNKNOWN_FACT")
        pii_guard.require_plain(text)
    with access.acting(person, Permission.INCIDENT_OPEN):
        lock_open(incident)
        before = incidents.facts_of(incident)
        said = {code: text.strip() for code, text in words.items()}
        given = {code: text for code, text in said.items() if text and text != before.get(code)}
        if shown is not None and any(
            not rules.reads_alike(shown.get(code, ""), before.get(code, "")) for code in given
        ):
            raise _changed_meanwhile()
        if not given:
            return []
        made = [
            IncidentFact.objects.create(incident=incident, code=code, words=text, told_at=now, told_by=person)
            for code, text in given.items()
        ]
        _changed(incident, given, actor=actor, now=now)
    return made


def change(
    *, incident: Incident, actor: Actor, now: datetime, clients: Iterable[Fiduciary] = (), **deciding: Any
) -> list[IncidentDuty]:
    """Put right what decides who has to be told (``DECIDING``), and add clients whose data we carry. Returns the duties that
    became due by it: also those that two people had declined, where what the duty is about grew (``rules.has_grown``).

    Their clocks run from when the incident was noticed or known, not from now. A duty that is due already stays so, until
    two people decide not to report (``incident_reports``); no client is taken away. One transaction with its audit events.
    Raises NotAllowed, IllegalMove for a closed incident, Refused (CLIENTS) as ``open_incident``, LostRace where another changed it.
    """
    person = require_open(incident, actor)
    if "regimes" in deciding:
        deciding["regimes"] = _with_india(deciding["regimes"])
    fresh = {name: value for name, value in deciding.items() if name in DECIDING and getattr(incident, name) != value}
    seen = {name: getattr(incident, name) for name in fresh}
    with access.acting(person, Permission.INCIDENT_OPEN):
        lock_open(incident)
        if any(getattr(incident, name) != value for name, value in seen.items()):
            raise _changed_meanwhile()
        known, named = set(incident.duties.values_list("client", flat=True)), list(clients)
        _require_clients(fresh.get("role", incident.role), named=bool(named), known=known != {None})
        added = [client for client in named if client.pk not in known]
        if not fresh and not added:
            return []
        before = incidents.told(incident)
        for name, value in fresh.items():
            setattr(incident, name, value)
        incident.save(update_fields=list(fresh))
        _changed(incident, [*fresh, *(["clients"] if added else [])], actor=actor, now=now)
        due = _reconsider_all(incident, actor=actor, now=now, before=before)
        to_clients = [duty for duty in rules.duties().values() if duty.audience == rules.CLIENT]
        found = [_find(duty, incident, client, actor=actor, now=now) for duty in to_clients for client in added]
        return [*due, *(row for row in found if row is not None and row.state == DutyState.OPEN)]


def follow(clock_of: Clock, *, actor: Actor, now: datetime) -> None:
    """The start of one duty's clock was put right: the incident says that time from now on, every other clock from the
    same event counts from it too, and what becomes due by it is due. In law's transaction, with an audit event.

    What was known was noticed by then: the other time moves along where it has to. Raises Refused (TIMES) for a moment
    before the incident began, and what ``correct_start`` raises where another duty was done before that moment.
    """
    row = duty_of(clock_of.owner)
    if row is None or rules.terms(row.code).completes:
        return
    if incidents.starts_at(rules.terms(row.code), row.incident) == clock_of.started_at:
        return
    incident, start = lock(row.incident), clock_of.started_at
    if rules.terms(row.code).starts == "noticed":
        incident.noticed_at, incident.aware_at = start, max(incident.aware_at, start)
    else:
        incident.noticed_at, incident.aware_at = min(incident.noticed_at, start), start
    _require_times(incident.began_at, incident.noticed_at, incident.aware_at, now)
    incident.save(update_fields=["noticed_at", "aware_at"])
    _changed(incident, ["noticed_at", "aware_at"], actor=actor, now=now)
    why = ClockEvent.objects.filter(clock__owner=clock_of.owner, kind=ClockEventKind.CORRECTED).latest("pk").reason_code
    asked = incident.duties.filter(code__in=rules.duties()).exclude(pk=row.pk)
    for other in asked.select_related("client"):
        other.incident = incident
        starts = incidents.starts_at(rules.terms(other.code), incident)
        # The newest: a clock that ended when two people declined stays as it was when the duty is open again.
        counts = Clock.objects.filter(owner=other.owner).exclude(ended=Ended.CORRECTED).order_by("pk").last()
        if counts is not None and counts.started_at != starts:
            deadline_corrections.correct_start(
                owner=other.owner, kind=PLAN, started_at=starts, reason_code=why, actor=actor, now=now
            )
    _reconsider_all(incident, actor=actor, now=now)


def _reconsider_all(
    incident: Incident, *, actor: Actor, now: datetime, before: rules.Told | None = None
) -> list[IncidentDuty]:
    """Those that were not due and are, with their clocks; where the incident was less ``before``, the declined ones too."""
    rows = incident.duties.filter(code__in=rules.duties()).select_related("incident", "client")
    waiting = list(rows.filter(state=DutyState.NOT_DUE))
    if before is not None:
        after = incidents.told(incident)
        declined = rows.filter(state=DutyState.DECLINED)
        waiting += [row for row in declined if rules.has_grown(rules.terms(row.code), before, after)]
    return [duty for duty in waiting if _reconsider(duty, incident, actor=actor, now=now)]


def _reconsider(row: IncidentDuty, incident: Incident, *, actor: Actor, now: datetime) -> bool:
    why = incidents.why_not_due(rules.terms(row.code), incident)
    if why:
        if row.state == DutyState.NOT_DUE and why != row.not_due_because:
            row.not_due_because = why
            row.save(update_fields=["not_due_because"])
        return False
    move(row, DutyState.OPEN, moves=DUTY_MOVES, not_due_because="")
    _start(row, incident, actor=actor, now=now)
    return True


def _find(
    duty: rules.Duty, incident: Incident, client: Fiduciary | None, *, actor: Actor, now: datetime
) -> IncidentDuty | None:
    """The row of one duty, due or not, with its clock. None of a duty to clients without a client."""
    if duty.audience == rules.CLIENT and client is None:
        return None
    why = incidents.why_not_due(duty, incident)
    row = IncidentDuty.objects.create(
        incident=incident,
        code=duty.code,
        client=client,
        state=DutyState.NOT_DUE if why else DutyState.OPEN,
        not_due_because=why,
    )
    if why:
        _found(row, actor=actor, now=now)
    else:
        _start(row, incident, actor=actor, now=now)
    return row


def _start(row: IncidentDuty, incident: Incident, *, actor: Actor, now: datetime) -> None:
    duty = rules.terms(row.code)
    deadlines.start(
        owner=row.owner,
        subject_ref=None,
        rule_keys=[duty.rule],
        kind=PLAN,
        started_at=incidents.starts_at(duty, incident),
        zone=str(clock.IST),
        regimes=[duty.regime] if duty.regime else [str(Regime.IN)],
        actor=actor,
        now=now,
        unread=True,
    )
    _found(row, actor=actor, now=now)


def _found(row: IncidentDuty, *, actor: Actor, now: datetime) -> None:
    audit.record(
        AuditKind.REGISTERS_INCIDENT_DUTY_FOUND,
        actor=actor,
        about=row.incident.about,
        facts={
            "incident": row.incident.reference,
            "duty": row.code,
            "state": str(row.state),
            "reason_code": row.not_due_because,
        },
        at=now,
    )


def _changed(incident: Incident, fields: Iterable[str], *, actor: Actor, now: datetime) -> None:
    audit.record(
        AuditKind.REGISTERS_INCIDENT_CHANGED,
        actor=actor,
        about=incident.about,
        facts={
            "incident": incident.reference,
            "fields": " ".join(sorted(fields)),
            "role": str(incident.role),
            "noticed_at": clock.stamp(incident.noticed_at),
            "aware_at": clock.stamp(incident.aware_at),
        },
        at=now,
    )


def require_open(incident: Incident, actor: Actor) -> User:
    """Who may add to an incident that is open. Raises NotAllowed, and IllegalMove for a closed one."""
    person = person_of(actor)
    access.require(person, Permission.INCIDENT_OPEN)
    if incident.closed_at is not None:
        raise IllegalMove(_("This incident is closed."))
    return person


def lock(incident: Incident) -> Incident:
    """One at a time, in the caller's transaction: adding people, agreeing to a letter, writing it, and closing. As it is now."""
    return Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)


def lock_open(incident: Incident) -> None:
    """``lock``, and ``incident`` is as it is now, and nobody closes it meanwhile. Raises IllegalMove for a closed one."""
    incident.refresh_from_db(from_queryset=Incident.objects.select_for_update(no_key=True))
    if incident.closed_at is not None:
        raise IllegalMove(_("This incident is closed."))


def _require_clients(role: IncidentRole | str, *, named: bool, known: bool) -> None:
    """Clients are named where we carry data for them, and known before or now; nowhere else."""
    carries = IncidentRole(role) != IncidentRole.FIDUCIARY
    if (named and not carries) or (carries and not (named or known)):
        said = _("Name the clients whose data we carry, and only where we carry data for clients.")
        raise at_field("clients", said, code="CLIENTS")


def _require_times(began_at: datetime | None, noticed_at: datetime, aware_at: datetime, now: datetime) -> None:
    if noticed_at > now or aware_at > now:
        raise at_field("aware_at", _("A time of an incident cannot lie in the future."), code="TIMES")
    if noticed_at > aware_at or (began_at is not None and began_at > noticed_at):
        said = _("An incident begins before it is noticed, and is noticed before it is known as one.")
        raise at_field("aware_at", said, code="TIMES")


def _with_india(regimes: Iterable[str]) -> list[str]:
    return sorted({str(Regime.IN), *(str(Regime(regime)) for regime in regimes)})


def _changed_meanwhile() -> LostRace:
    return LostRace(_("A colleague changed this a moment ago. Nothing was saved: send it again to see both."))


def _tell_staff(incident: Incident, now: datetime) -> None:
    write_to_deciders("registers.incident_opened", incident, about=f"{incident.about}/opened", context={}, now=now)


def write_to_deciders(kind: str, incident: Incident, *, about: str, context: Mapping[str, str], now: datetime) -> None:
    """Write to everybody who may decide about incidents at ``now``, in the caller's transaction; once about the same."""
    write_to_staff(
        kind=kind,
        permission=Permission.INCIDENT_DECIDE,
        about=about[:80],
        context={"reference": incident.reference, "url": page_of(incident), **context},
        now=now,
    )


def page_of(incident: Incident) -> str:
    """The address of an incident's page, for messages to staff."""
    return f"{settings.SITE_URL}/admin/registers/incident/{incident.pk}/change/"


def remind(clock_of: Clock, *, percent: int | None, now: datetime) -> None:
    """A share of the time of a duty is gone, or (``percent`` None) all of it: tell whoever may decide, in law's transaction."""
    row = duty_of(clock_of.owner)
    if row is None or row.state != DutyState.OPEN:
        return
    duty = rules.terms(row.code)
    kind = "registers.incident_late" if percent is None else "registers.incident_due_soon"
    # Of this clock: a duty that is open again has another. The share first: a long code of a client may be cut off.
    about = f"{row.incident.about}/{percent or 'late'}/{clock_of.pk}{row.owner.rpartition(row.incident.reference)[2]}"
    context = {"duty": duty.label, "due": date_format.in_both(clock_of.due_at)}
    write_to_deciders(kind, row.incident, about=about, context=context, now=now)
    deciders = set(staff_with(Permission.INCIDENT_DECIDE, now=now).values_list("pk", flat=True))
    finders = {one.owner for one in incident_gaps.pending(row, now=now).values() if one.owner_id not in deciders}
    for finder in sorted(finders, key=lambda one: one.pk):
        full = {"reference": row.incident.reference, "url": page_of(row.incident), **context}
        write_to(finder, kind=kind, purpose="policy_and_security", about=about[:80], context=full)


def duty_of(owner: str) -> IncidentDuty | None:
    """The duty that owns a clock."""
    reference, _slash, rest = owner.removeprefix(Incident.OWNER).partition("/")
    code, _slash, client = rest.partition("/")
    rows = IncidentDuty.objects.filter(incident__reference=reference, code=code).select_related("incident", "client")
    return rows.filter(client__code=client).first() if client else rows.filter(client=None).first()
