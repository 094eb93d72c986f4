"""A report that somebody is under 18: freeze at once or within the hour, decide by two people, erase but for what a law keeps."""

from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import access, addresses, clock, ids, pii_guard
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.enqueue import enqueue
from portal.kernel.core.errors import IllegalMove, Refused
from portal.kernel.core.state_transitions import move
from portal.kernel.law.choices import Channel, Ended, Regime
from portal.kernel.law.models import Clock
from portal.kernel.law.services import deadlines, late_reasons
from portal.kernel.outbox.services import post, write_to_staff
from portal.kernel.people import selectors as people
from portal.kernel.people.choices import Answer, ProtectionGround, ProtectionKind, SubjectKind
from portal.kernel.people.models import Principal, User
from portal.kernel.people.services import (
    age_declarations,
    customers,
    freeze_release,
    freezes,
    guardianships,
    maker_checker,
    sessions,
    subjects,
)
from portal.kernel.retention.choices import CHILD_MOVES, ChildOutcome, ChildState, Relation
from portal.kernel.retention.models import ChildDecision, ChildReport
from portal.kernel.retention.permissions import Act, Permission
from portal.kernel.retention.services import child_erasure
from portal.kernel.retention.services.report_freezes import taken_by

log = structlog.get_logger(__name__)
#: The kind of clock plan (``law/data/clock_plans.toml``).
PLAN = "child_freeze"
WORKER = child_erasure.WORKER
LOOK = "portal.retention.tasks.look_at_report"


def report(
    *,
    relation: Relation | str,
    address: str,
    words: str,
    reporter: str,
    language: str,
    actor: Actor,
    now: datetime,
) -> ChildReport:
    """Insert a report with its clock, write to the reporter and to staff, all in one transaction; a task then looks whom
    it means (``look``).

    ``address`` is the child's, an e-mail address or a number; ``reporter`` an e-mail address or nothing. What the reporter is
    told and how long it takes does not depend on whether we know the address. Raises Refused for what is no address, and
    for words with the number of an identity paper or an account (NUMBER_IN_WORDS).
    """
    pii_guard.require_no_number(words)
    found_at = addresses.normalise(addresses.kind_of(address), address)
    back = addresses.normalise(addresses.EMAIL, reporter) if reporter.strip() else ""
    with transaction.atomic():
        row = ChildReport.objects.create(
            reference=ids.new_reference("CH"),
            subject_ref=subjects.new(SubjectKind.STRANGER, now=now).ref,
            relation=Relation(relation),
            language=language,
            address=found_at,
            words=words.strip(),
            reporter=back,
            reported_at=now,
        )
        deadlines.start(
            owner=row.owner,
            subject_ref=row.subject_ref,
            rule_keys=None,
            kind=PLAN,
            started_at=now,
            zone=str(clock.IST),
            regimes=[str(Regime.IN)],
            actor=actor,
            now=now,
        )
        _record(AuditKind.RETENTION_CHILD_REPORTED, row, actor, now, relation=str(row.relation))
        _acknowledge(row)
        _write_to_staff(row, "retention.child_reported", about=f"{row.owner}/reported")
        # Not here: whether we know the address must not show in how long the page takes.
        enqueue(LOOK, row.pk)
    return row


def look(number: int, *, now: datetime) -> ChildReport | None:
    """Find out whom a report means, once: where one person alone has the address, and no signed document or word of theirs
    says that they are of age, they are frozen at once; else staff find out within the hour. In one transaction.

    None for a report that was looked at already.
    """
    with transaction.atomic():
        if ChildReport.objects.filter(pk=number, looked_at=None).update(looked_at=now) != 1:
            return None
        row = ChildReport.objects.get(pk=number)
        meant = persons_of(row)
        if (
            row.state == ChildState.OPEN
            and len(meant) == 1
            and age_declarations.age_of(meant[0], at=now) != age_declarations.ADULT
        ):
            _freeze(row, meant[0], actor=WORKER, now=now)
    return row


def look_at_all(*, now: datetime) -> int:
    """``look`` at every report whose task was lost. Returns how many there were."""
    waiting = list(ChildReport.objects.filter(looked_at=None).order_by("pk").values_list("pk", flat=True))
    done = 0
    for number in waiting:
        try:
            done += look(number, now=now) is not None
        except Exception as crash:  # noqa: BLE001 - whatever is wrong with one report, the others have their hour too
            log.error("retention.report_not_looked_at", report=number, error=type(crash).__name__)  # noqa: TRY400
    return done


def freeze(*, row: ChildReport, subject_ref: UUID, actor: Actor, now: datetime, late_because: str = "") -> None:
    """Staff freeze the person whom a report means: no consent of theirs counts, their own account is closed, they are signed
    out. In one transaction with its audit events; the clock of the report stops and keeps why it was late.

    Raises NotAllowed, IllegalMove for a report that is decided or frozen, Refused for a reference of nobody (NOBODY) and after
    the hour without a reason (LATE_REASON, ``law.choices.LateReason``).
    """
    access.require(maker_checker.person_of(actor), Permission.CHILD_FREEZE)
    if not Principal.objects.filter(subject__ref=subject_ref, subject__erased_at=None).exists():
        raise Refused(_("No one has this reference."), code="NOBODY")
    with access.acting(maker_checker.person_of(actor), Permission.CHILD_FREEZE):
        late_reasons.require_reason([row.owner], late_because=late_because, at=now)
        _freeze(row, subject_ref, actor=actor, now=now, late_because=late_because)


def propose(*, row: ChildReport, outcome: ChildOutcome | str, why: str, actor: Actor, now: datetime) -> ChildDecision:
    """Propose what a report comes to. Nothing is erased or given back before another person agrees.

    Raises NotAllowed; IllegalMove for a report that is decided, or an outcome that does not fit its state; Refused without a
    reason, with a person's address in it, or while another proposal waits (PROPOSAL_WAITS).
    """
    wanted = ChildOutcome(outcome)
    _require_fits(row, wanted)
    if not why.strip():
        raise Refused(_("Say why."), code="REASON_MISSING")
    pii_guard.require_plain(why)
    with transaction.atomic():
        if ChildDecision.objects.filter(report=row, answer=Answer.PENDING).exists():
            raise Refused(_("A proposal about this report waits for a decision already."), code="PROPOSAL_WAITS")
        decision = maker_checker.propose(
            ChildDecision,
            act=Act.CHILD_DECIDE,
            maker=maker_checker.person_of(actor),
            shown=_shown(row, wanted, why.strip()),
            now=now,
            report=row,
            outcome=wanted,
            why=why.strip(),
        )
        _decided(AuditKind.RETENTION_CHILD_PROPOSED, decision, actor, now)
    return decision


@retried
def answer(*, decision: ChildDecision, approve: bool, reason: str, actor: Actor, now: datetime) -> None:
    """Agree or refuse, as another person than the maker. A yes to "a child" plans the end of whatever no law and no hold keeps,
    in the same transaction, and a worker carries it out at once; a yes to "no child" gives back what the freeze took, but for
    answers that ended: those are asked anew. While another freeze of the person stands nothing is given back before that one
    ends (``freeze_release.end``). Raises what ``maker_checker.answer`` raises, and IllegalMove where the report moved on meanwhile.
    """
    with transaction.atomic():
        decision.refresh_from_db()  # done again where the database ended it in favour of another
        if decision.report.child_ref is not None:
            freezes.take_turn(decision.report.child_ref)
        row = ChildReport.objects.select_for_update().get(pk=decision.report_id)
        maker_checker.answer(
            decision,
            checker=maker_checker.person_of(actor),
            approve=approve,
            shown=_shown(row, decision.outcome, decision.why),
            reason=reason,
            now=now,
        )
        _decided(AuditKind.RETENTION_CHILD_ANSWERED, decision, actor, now, answer=str(decision.answer))
        if not approve:
            return
        _require_fits(row, ChildOutcome(decision.outcome))
        match decision.outcome:
            case ChildOutcome.CHILD:
                child_erasure.begin(row, decision, actor=actor, now=now)
            case ChildOutcome.ADULT:
                _lift(row, actor=actor, now=now)
            case _:
                move(row, ChildState.NOBODY, moves=CHILD_MOVES, decided_at=now)
                deadlines.stop(owner=row.owner, at=now, actor=actor, now=now, ended=Ended.WITHDRAWN)


def persons_of(row: ChildReport) -> list[UUID]:
    """The persons at the address of a report, each once, for whoever has to find out which of them is meant."""
    if not row.address:
        return []
    return _persons_at(addresses.kind_of(row.address), row.address)


def remind(clock_of: Clock) -> None:
    """Tell whoever may freeze that a report still waits, in law's transaction."""
    row = ChildReport.objects.filter(reference=clock_of.owner.removeprefix(ChildReport.OWNER)).first()
    if row is not None and row.state == ChildState.OPEN:
        _write_to_staff(row, "retention.child_freeze_due", about=f"{row.owner}/due/{clock_of.told_percent}")


def _require_fits(row: ChildReport, outcome: ChildOutcome) -> None:
    """A child is erased from a freeze; "no child" ends a freeze, or an open report; nobody is meant while nothing is frozen."""
    fits = {
        ChildOutcome.CHILD: {ChildState.FROZEN},
        ChildOutcome.ADULT: {ChildState.FROZEN, ChildState.OPEN},
        ChildOutcome.NOBODY: {ChildState.OPEN},
    }
    if row.state not in fits[outcome]:
        raise IllegalMove(
            _("This does not fit what was done about the report. Freeze first, or choose another decision.")
        )


def _persons_at(kind: str, address: str) -> list[UUID]:
    """One reference for each person with that address now; several references of one person count once."""
    found: list[UUID] = []
    seen: set[UUID] = set()
    for contact in people.contacts_at(kind, address).order_by("pk"):
        ref = contact.principal.subject.ref
        if ref not in seen:
            found.append(ref)
            seen |= people.refs_of(ref)
    return found


def _freeze(row: ChildReport, subject_ref: UUID, *, actor: Actor, now: datetime, late_because: str = "") -> None:
    freezes.take_turn(subject_ref)
    refs = people.refs_of(subject_ref)
    held = people.protection_of(subject_ref, at=now, refs=refs)
    is_new = held is None or held.kind != ProtectionKind.CHILD
    # A day that one person stated would end the protection while the freeze stands; one that was signed is the child's.
    is_passing = held is not None and held.adult_on is not None and not freezes.grounds_of(refs)
    closed = people.own_accounts(subject_ref)
    move(
        row,
        ChildState.FROZEN,
        moves=CHILD_MOVES,
        child_ref=subject_ref,
        frozen_at=now,
        noted_protection=is_new or is_passing,
        closed_customers=[customer.reference for customer in closed],
    )
    if is_new:
        guardianships.note(
            subject_ref=subject_ref,
            kind=ProtectionKind.CHILD,
            ground=ProtectionGround.REPORTED,
            actor=actor,
            now=now,
        )
    elif is_passing:
        guardianships.rest_on_reports(refs=refs, actor=actor, now=now)
    for customer in closed:
        customers.close(customer=customer, actor=actor, now=now)
    for login in User.objects.filter(principal__subject__ref__in=refs):
        sessions.end_all(user=login, actor=actor, now=now)
    deadlines.stop(owner=row.owner, at=now, actor=actor, now=now, late_because=late_because)
    _record(AuditKind.RETENTION_CHILD_FROZEN, row, actor, now, count=len(closed))


def _lift(row: ChildReport, *, actor: Actor, now: datetime) -> None:
    """The freeze ends, and with the person's last the note that they are a child and the closing of their accounts."""
    was_frozen = row.state == ChildState.FROZEN
    move(row, ChildState.LIFTED, moves=CHILD_MOVES, decided_at=now)
    if was_frozen and row.child_ref is not None:
        freeze_release.end(subject_ref=row.child_ref, taken=taken_by(row), actor=actor, now=now)
    else:  # nobody was frozen: nothing was done in time, nothing had to be
        deadlines.stop(owner=row.owner, at=now, actor=actor, now=now, ended=Ended.WITHDRAWN)


def _shown(row: ChildReport, outcome: str, why: str) -> dict[str, Any]:
    meant = str(row.child_ref or "")
    return {"report": row.reference, "state": str(row.state), "child": meant, "outcome": str(outcome), "why": why}


def _acknowledge(row: ChildReport) -> None:
    if row.reporter:
        post(
            kind="retention.child_report_received",
            subject_ref=row.subject_ref,
            channel=Channel.EMAIL,
            address=row.reporter,
            language=row.language,
            purpose="policy_and_security",
            about=f"{row.owner}/received",
            context={"reference": row.reference},
            only_here=True,
        )


def _write_to_staff(row: ChildReport, kind: str, *, about: str) -> None:
    url = f"{settings.SITE_URL}/admin/retention/childreport/{row.pk}/change/"
    context = {"reference": row.reference, "url": url}
    write_to_staff(kind=kind, permission=Permission.CHILD_FREEZE, about=about, context=context, now=clock.now())


def _decided(kind: AuditKind, decision: ChildDecision, actor: Actor, now: datetime, **more: str) -> None:
    facts = {"proposal": decision.pk, "outcome": str(decision.outcome), "shown_sha256": decision.shown_sha256, **more}
    _record(kind, decision.report, actor, now, **facts)


def _record(kind: AuditKind, row: ChildReport, actor: Actor, now: datetime, **facts: Any) -> None:
    audit.record(
        kind,
        actor=actor,
        about=row.owner,
        subject_ref=row.child_ref or row.subject_ref,
        facts={"reference": row.reference, **facts},
        at=now,
    )
