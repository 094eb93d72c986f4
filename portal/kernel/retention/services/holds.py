"""Placing a hold, and ending it by two people."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import access, advisory_locks, clock, pii_guard
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.people.choices import Answer
from portal.kernel.people.services import maker_checker
from portal.kernel.retention.choices import RunState
from portal.kernel.retention.models import ErasureRun, Hold, HoldRelease
from portal.kernel.retention.permissions import Act, Permission


def place(*, subject_ref: UUID, retention_class: str, order_reference: str, why: str, actor: Actor) -> Hold:
    """Stop every erasure of a subject's data, of one class or (empty) of all, from now on. One person may do it at once.

    Raises Refused without a reference or a reason, or when that has the number of a paper or an account, or where the same
    order holds the same data of this subject already (PLACED), NotAllowed when the actor's role may not place holds.
    """
    person = maker_checker.person_of(actor)
    access.require(person, Permission.HOLD_PLACE)
    if not order_reference.strip() or not why.strip():
        raise Refused(_("Give the reference of the order or case, and say why."), code="REASON_MISSING")
    pii_guard.require_no_number(why)
    with access.acting(person, Permission.HOLD_PLACE):
        # Waits for the erasure of one subject that is under way, and makes the next wait for this hold; so does whoever
        # destroys something of the subject outside a run.
        list(ErasureRun.objects.select_for_update().filter(state=RunState.RUNNING))
        advisory_locks.take(*advisory_locks.of_keeping([subject_ref]))
        _require_new(subject_ref, retention_class, order_reference.strip())
        hold = Hold.objects.create(
            subject_ref=subject_ref,
            retention_class=retention_class,
            order_reference=order_reference.strip(),
            why=why.strip(),
            placed_by=person,
            placed_at=clock.now(),
        )
        _record(AuditKind.RETENTION_HOLD_PLACED, hold, actor, placed_at=clock.stamp(hold.placed_at))
    return hold


def _require_new(subject_ref: UUID, retention_class: str, order_reference: str) -> None:
    """Raises Refused where two would have to be ended in place of one."""
    same = Hold.objects.filter(subject_ref=subject_ref, retention_class=retention_class, released_at=None)
    if same.filter(order_reference__iexact=order_reference).exists():
        raise Refused(_("This order keeps the same data of this person already."), code="PLACED")


def propose_release(*, hold: Hold, why: str, actor: Actor) -> HoldRelease:
    """Propose to end a hold. Nothing is erased before another person approves.

    Raises Refused for a hold that has ended, or one whose release waits for an answer already.
    """
    if hold.released_at is not None:
        raise Refused(_("This legal hold has ended already."), code="HOLD_ENDED")
    if not why.strip():
        raise Refused(_("Say why the legal hold may end."), code="REASON_MISSING")
    with transaction.atomic():
        if HoldRelease.objects.filter(hold=hold, answer=Answer.PENDING).exists():
            raise Refused(_("A release of this legal hold waits for a decision already."), code="RELEASE_PENDING")
        release = maker_checker.propose(
            HoldRelease,
            act=Act.HOLD_RELEASE,
            maker=maker_checker.person_of(actor),
            shown=_shown(hold, why.strip()),
            now=clock.now(),
            hold=hold,
            why=why.strip(),
        )
        _record(AuditKind.RETENTION_RELEASE_PROPOSED, hold, actor, proposal=release.pk)
    return release


def answer_release(*, release: HoldRelease, approve: bool, reason: str, actor: Actor) -> None:
    """Approve or refuse, as another person than the maker. From an approval on, runs may erase again."""
    now = clock.now()
    with transaction.atomic():
        maker_checker.answer(
            release,
            checker=maker_checker.person_of(actor),
            approve=approve,
            shown=_shown(release.hold, release.why),
            reason=reason,
            now=now,
        )
        if approve:
            Hold.objects.filter(pk=release.hold_id, released_at=None).update(released_at=now)
            release.hold.refresh_from_db()
        kind = AuditKind.RETENTION_HOLD_RELEASED if approve else AuditKind.RETENTION_RELEASE_REFUSED
        _record(kind, release.hold, actor, proposal=release.pk)


def _shown(hold: Hold, why: str) -> dict[str, str]:
    return {
        "hold": str(hold.pk),
        "subject_ref": str(hold.subject_ref),
        "retention_class": hold.retention_class,
        "order": hold.order_reference,
        "why": why,
    }


def _record(kind: AuditKind, hold: Hold, actor: Actor, **facts: int | str) -> None:
    audit.record(
        kind,
        actor=actor,
        about=f"retention.hold:{hold.pk}",
        subject_ref=hold.subject_ref,
        facts={"hold": hold.pk, "retention_class": hold.retention_class, **facts},
    )
