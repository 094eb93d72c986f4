"""Handing out work at the desk: what is due first and free goes to exactly one person, until they are done with it."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q, QuerySet

from kyc.base.models.cases import Case
from kyc.base.models.documents import Document
from kyc.base.permissions import Act, Permission
from kyc.cases.selectors import SOONEST, in_queue, proposed, to_review
from kyc.cases.services.case_locks import CLAIMS, claim
from portal.kernel.core import access
from portal.kernel.core.actor import Actor
from portal.kernel.people.models import User
from portal.kernel.people.services import maker_checker
from portal.kernel.people.services.maker_checker import person_of
from portal.kernel.people.services.work_locks import free, hand_out


def take_next(*, actor: Actor, now: datetime, wanted: Collection[str] = ()) -> Document | None:
    """Claim, for this person, the case whose document is due first and which nobody has; None where there is none.

    A maker gets what nobody has proposed about, a checker what waits for another person than its maker and who brought it in. Of
    ``wanted``, references of documents and cases, the first that is free or theirs comes before all, then what they hold
    already; what they gave back stays with colleagues for as long as a claim lasts. On PostgreSQL two who
    ask at once do not wait for each other (SKIP LOCKED); on both databases the claim is one conditional UPDATE, so that
    one of them gets it. In one transaction with the audit event of the claim. Raises NotAllowed without the permission.
    """
    user = person_of(actor)
    access.require(user, Permission.CASE_DECIDE)
    return hand_out(
        lambda: _first(user, now, wanted),
        lambda document: claim(document.case, actor=actor, now=now),
        row=lambda document: document.case,
    )


def waiting_for(user: User, *, now: datetime) -> QuerySet[Document]:
    """What this person may decide about now, what is due first in front, whoever has taken it."""
    can = Q(pk=None)
    if maker_checker.may_propose(user, Act.DECISION, now=now):
        can |= ~Q(proposed())
    if Act.DECISION in maker_checker.acts_to_answer(user, now=now):
        not_brought = Q(brought_by=None) | ~Q(brought_by=user)
        can |= Q(proposed()) & ~Q(proposed(by=user)) & not_brought
    return in_queue(to_review(at=now).filter(can)).order_by(*SOONEST)


def let_go_when_done(case: Case, user: User, *, now: datetime) -> None:
    """In the caller's transaction: the case is free again once nothing in it waits for this person any more."""
    if not waiting_for(user, now=now).filter(case=case).exists():
        CLAIMS.let_go(case, by=user)


def _first(user: User, now: datetime, wanted: Collection[str]) -> Document | None:
    """The row of its case stays locked until the transaction ends."""
    waiting = waiting_for(user, now=now).select_for_update(skip_locked=True, of=("case",), no_key=True)
    is_held = Q(case__locked_by=user, case__locked_until__gte=now)
    named = waiting.filter(Q(reference__in=wanted) | Q(case__reference__in=wanted)) if wanted else None
    asked = named.filter(is_held | free(now, through="case__")).first() if named is not None else None
    return (
        asked
        or waiting.filter(is_held).first()
        or waiting.filter(free(now, through="case__"))
        .exclude(case__reference__in=CLAIMS.given_back(user, now=now))
        .first()
    )
