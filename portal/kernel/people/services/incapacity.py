"""A person died or can no longer act: noted from a plausible report on, put to rest when it is verified, lifted if it was wrong."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import ports
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.state_transitions import move
from portal.kernel.people.choices import REST_MOVES, RestCause, RestState
from portal.kernel.people.models import Rest, User
from portal.kernel.people.selectors import own_accounts, refs_of
from portal.kernel.people.services import customers, freeze_release, freezes, sessions


@retried
def note(*, subject_ref: UUID, cause: RestCause | str, because: str, actor: Actor, now: datetime) -> Rest:
    """A plausible report: from this commit on nothing promotional goes to the person (``ports.rest_noted``). Safe to repeat.

    ``cause`` is empty where it is said of the organisation that they act for. Nobody is told by it, the account works on, and no answer of theirs ends: a report may be wrong.
    """
    with transaction.atomic():
        row, is_new = Rest.objects.get_or_create(
            subject_ref=subject_ref,
            because=because,
            lifted_at=None,
            defaults={"cause": RestCause(cause) if cause else "", "noted_at": now},
        )
        if is_new:
            _record(AuditKind.PEOPLE_REST_NOTED, row, actor, now)
            for told in ports.rest_noted:
                told(subject_ref=subject_ref, at=now)
    return row


def put_to_rest(*, row: Rest, actor: Actor, now: datetime) -> None:
    """A verified death: the person's own account closes, their logins open nothing any more, every yes of theirs ends
    (``ports.person_rests``). In one transaction. What is kept is kept for as long as its rules say: closing starts their time.

    Raises IllegalMove for a row that was lifted or rests already.
    """
    with transaction.atomic():
        freezes.take_turn(row.subject_ref)
        closed = own_accounts(row.subject_ref)
        logins = list(
            User.objects.filter(principal__subject__ref__in=refs_of(row.subject_ref), is_active=True).order_by("pk")
        )
        move(
            row,
            RestState.RESTING,
            moves=REST_MOVES,
            rested_at=now,
            closed_customers=[customer.reference for customer in closed],
            closed_logins=[login.pk for login in logins],
        )
        for customer in closed:
            customers.close(customer=customer, actor=actor, now=now)
        for login in logins:
            sessions.end_all(user=login, actor=actor, now=now)
            User.objects.filter(pk=login.pk).update(is_active=False, deactivated_at=now)
        _record(AuditKind.PEOPLE_REST_BEGUN, row, actor, now, count=len(closed))
        for told in ports.person_rests:
            told(subject_ref=row.subject_ref, at=now)


@retried
def lift(*, row: Rest, actor: Actor, now: datetime) -> None:
    """It was wrong, or is over: accounts and logins open again, and what was held back is held back no more unless another
    report stands (``ports.rest_lifted``). Accounts and logins stay closed while another verified report stands, which
    answers for them from then on; accounts also while a freeze of a child does (``freeze_release.give_back``). Answers that ended
    do not come back: the person is asked anew. Safe to repeat.
    """
    with transaction.atomic():
        freezes.take_turn(row.subject_ref)
        fresh = Rest.objects.select_for_update().get(pk=row.pk)
        if fresh.lifted_at is not None:
            return
        move(fresh, RestState.LIFTED, moves=REST_MOVES, lifted_at=now)
        others = Rest.objects.select_for_update().filter(subject_ref__in=refs_of(fresh.subject_ref), lifted_at=None)
        verified = others.filter(state=RestState.RESTING).order_by("pk").first()
        if verified is None:
            _open_again(fresh, actor, now)
        else:
            _hand_over(fresh, verified)
        _record(AuditKind.PEOPLE_REST_LIFTED, fresh, actor, now)
        if not others.exists():
            for told in ports.rest_lifted:
                told(subject_ref=fresh.subject_ref, at=now)
    row.refresh_from_db()


def _open_again(row: Rest, actor: Actor, now: datetime) -> None:
    freeze_release.give_back(subject_ref=row.subject_ref, closed=row.closed_customers, actor=actor, now=now)
    live = User.objects.filter(pk__in=row.closed_logins, principal__subject__erased_at=None)
    live.update(is_active=True, deactivated_at=None)


def _hand_over(lifted: Rest, verified: Rest) -> None:
    """What the lifted report closed opens when the other one is lifted too."""
    verified.closed_customers = sorted({*verified.closed_customers, *lifted.closed_customers})
    verified.closed_logins = sorted({*verified.closed_logins, *lifted.closed_logins})
    verified.save(update_fields=["closed_customers", "closed_logins"])


def _record(kind: AuditKind, row: Rest, actor: Actor, now: datetime, **facts: int) -> None:
    """What is said of the person goes to the part of the event that can be erased."""
    record(
        kind,
        actor=actor,
        about=f"people.subject:{row.subject_ref}",
        facts={"source": row.because, "state": str(row.state), **facts},
        subject_ref=row.subject_ref,
        personal={"cause": str(row.cause)},
        at=now,
    )
