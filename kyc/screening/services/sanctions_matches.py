"""What people say about a likeness: two that it is somebody else, or one that it is the same. Two correct that one.

The risk and the state of the case follow from each answer in the same transaction.
"""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from kyc.base.choices import LIKENESS_MOVES, LikenessState
from kyc.base.models.sanctions import Likeness, LikenessAnswer
from kyc.base.permissions import Act, Permission
from kyc.outcomes.services import case_status
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import access
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import IllegalMove, Refused
from portal.kernel.core.state_transitions import move
from portal.kernel.core.text import mask_identity_numbers
from portal.kernel.people.choices import Answer
from portal.kernel.people.services import maker_checker


def shown(likeness: Likeness) -> dict[str, Any]:
    """What both people see and are bound to."""
    return {
        "likeness": likeness.reference,
        "source": likeness.source,
        "listed": likeness.listed,
        "note": likeness.note,
        "answer": str(LikenessState.SOMEBODY_ELSE),
    }


def propose_somebody_else(likeness: Likeness, *, note: str, actor: Actor, now: datetime) -> LikenessAnswer:
    """Say why it is somebody else; it holds once another person agrees. Raises NotAllowed, Refused (NOTE), IllegalMove.

    So is a wrong "the same" corrected, which stands until then: its note stays in front of the new one.
    """
    note = mask_identity_numbers(note.strip())[0]
    if not note:
        raise Refused(_("Write what tells the two apart."), code="NOTE")
    if likeness.state == LikenessState.SOMEBODY_ELSE:
        raise IllegalMove(_("This was decided already."))
    if likeness.state == LikenessState.SAME:
        note = f"{likeness.note}\n{note}"
    try:
        with transaction.atomic():
            if Likeness.objects.filter(pk=likeness.pk, state=likeness.state).update(note=note) != 1:
                raise IllegalMove(_("This was decided already."))
            likeness.refresh_from_db()
            made = maker_checker.propose(
                LikenessAnswer,
                act=Act.LIKENESS,
                maker=maker_checker.person_of(actor),
                shown=shown(likeness),
                now=now,
                likeness=likeness,
            )
            _note(AuditKind.KYC_LIKENESS_PROPOSED, likeness, actor, now, proposal=made.pk, answer=str(made.answer))
    except IntegrityError as error:
        raise IllegalMove(_("A colleague has decided. It waits for a second person.")) from error
    return made


def answer(likeness: Likeness, *, approve: bool, reason: str = "", actor: Actor, now: datetime) -> None:
    """A second person agrees that it is somebody else, or not: then it stands as it did. Raises what ``maker_checker.answer`` does."""
    waiting = open_answer(likeness)
    if waiting is None:
        raise IllegalMove(_("No decision was proposed, or it was decided already."))
    with transaction.atomic():
        maker_checker.answer(
            waiting,
            checker=maker_checker.person_of(actor),
            approve=approve,
            shown=shown(likeness),
            reason=reason,
            now=now,
        )
        if approve:
            move(likeness, LikenessState.SOMEBODY_ELSE, moves=LIKENESS_MOVES, answered_at=now)
        _note(AuditKind.KYC_LIKENESS_ANSWERED, likeness, actor, now, proposal=waiting.pk, answer=str(waiting.answer))
        if approve:
            case_status.settle(likeness.case, actor=actor, now=now)


def say_same(likeness: Likeness, *, note: str, actor: Actor, now: datetime) -> None:
    """It is the person or organisation of the list: nothing of this customer is approved any more, and its verification is
    worth nothing (``selectors.standing_of``). One person is enough.

    In one transaction with its audit event. Raises NotAllowed, Refused (NOTE), IllegalMove while a colleague says otherwise.
    """
    access.require(maker_checker.person_of(actor), Permission.CASE_DECIDE)
    note = mask_identity_numbers(note.strip())[0]
    if not note:
        raise Refused(_("Write how you know."), code="NOTE")
    if open_answer(likeness) is not None:
        raise IllegalMove(_("A colleague says that it is a false positive. Reject that decision first."))
    with access.acting(maker_checker.person_of(actor), Permission.CASE_DECIDE):
        move(likeness, LikenessState.SAME, moves=LIKENESS_MOVES, answered_at=now, note=note)
        _note(AuditKind.KYC_LIKENESS_ANSWERED, likeness, actor, now, answer=str(LikenessState.SAME))
        case_status.settle(likeness.case, actor=actor, now=now)


def open_answer(likeness: Likeness) -> LikenessAnswer | None:
    """The answer that waits for a second person."""
    return likeness.answers.filter(answer=Answer.PENDING).first()


def _note(kind: AuditKind, likeness: Likeness, actor: Actor, now: datetime, **more: Any) -> None:
    record(
        kind,
        actor=actor,
        about=f"kyc.likeness:{likeness.reference}",
        subject_ref=likeness.party.subject_ref if likeness.party else likeness.case.subject_ref,
        facts={
            "case": likeness.case.reference,
            "source": likeness.source,
            "version": likeness.list_version.isoformat(),
            "sha256": likeness.list_sha256,
            "state": str(likeness.state),
            **more,
        },
        at=now,
    )
