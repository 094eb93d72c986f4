"""The link of the letter: whoever reads mail at an earlier address of a login cancels a change they did not ask for."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from grievances.services import filing
from grievances.states import Door, ForWhom, TicketKind
from portal.audit.kinds import AuditKind
from portal.core.actor import Actor
from portal.core.turns import retried
from portal.people import proofs, selectors
from portal.people.models import AddressChange, User
from portal.people.services import contacts, logins, sessions, subjects
from portal.people.states import ContactKind, SubjectKind
from portal.signin import letters
from portal.signin.change_rows import confirmed, link_life, locked, person_of, record_change

_TICKETS: Final = UUID("5c7d1e53-8a0e-4b53-9d3c-7f6f0a4b1a11")


@retried
def cancel(*, change: AddressChange, actor: Actor, now: datetime) -> bool:
    """The person at the earlier address did not ask for the change: undo it and what came with it, end every session of the
    login, take no change for the time of the wait, and open a grievance for an officer. False where it was cancelled before.

    Beside ``confirm`` one of the two comes first: what was just made is undone, what is cancelled is not made.
    """
    with transaction.atomic():
        change = locked(change)
        if change.cancelled_at is not None:
            return False
        login = change.user
        was_made = change.done_at is not None
        undone = [*_with_it(change, now), change]
        for row in sorted(undone, key=lambda row: (row.begun_at, row.pk), reverse=True):
            _undo(row, actor, now)
        moved = [row for row in undone if row.kind == ContactKind.EMAIL and row.done_at is not None]
        if moved:
            first = min(moved, key=lambda row: (row.done_at, row.pk))
            if login.email != first.old_address:
                _move_back(login, first, actor, now)
        sessions.end_all(user=login, actor=actor, now=now)
        record_change(AuditKind.PEOPLE_CONTACT_CHANGE_CANCELLED, change, actor, now)
        told = {(row.kind, row.address) for row in confirmed(change)}
        if was_made:
            told.add((change.kind, change.new_address))
        for kind, address in sorted(told):
            letters.change_cancelled(change, kind, address, hours=proofs.wait(now=now) // timedelta(hours=1))
        _open_grievance(change, actor, now)
    return True


def _with_it(change: AddressChange, now: datetime) -> list[AddressChange]:
    """The other changes of the login that whoever made this one may have made: those begun, or made, since it was begun;
    those that are open; and those that no code from the address of before proved, while their own link still holds.
    """
    others = AddressChange.objects.filter(user=change.user, cancelled_at=None, dropped_at=None).exclude(pk=change.pk)
    since = Q(begun_at__gte=change.begun_at) | Q(done_at__gte=change.begun_at)
    unproved = Q(proved_at=None, begun_at__gt=now - link_life(now))
    return list(others.filter(since | Q(done_at=None) | unproved))


def _undo(change: AddressChange, actor: Actor, now: datetime) -> None:
    """Mark one change as cancelled; a number that it added leaves. Where the login moves is for the caller."""
    if change.done_at is not None and change.kind == ContactKind.PHONE:
        held = selectors.contacts_at(ContactKind.PHONE, change.new_address).filter(principal=person_of(change)).first()
        if held is not None:
            contacts.leave(contact=held, actor=actor, now=now)
    change.cancelled_at = now
    change.save(update_fields=["cancelled_at"])


def _move_back(login: User, change: AddressChange, actor: Actor, now: datetime) -> None:
    """The login has its earlier address again. Where another login took that meanwhile, the officer of the grievance helps."""
    if not User.objects.filter(email__iexact=change.old_address).exclude(pk=login.pk).exists():
        logins.change_email(user=login, new_address=change.old_address, actor=actor, now=now)


def _open_grievance(change: AddressChange, actor: Actor, now: datetime) -> None:
    """An officer looks at every cancelled change; the answer goes to the address that cancelled it."""
    person = person_of(change)
    with translation.override(person.language):
        said = _("I cancelled a change of my account that I did not make. Please check who had access to my account.")
    filing.file_ticket(
        filing_key=uuid5(_TICKETS, str(change.pk)),
        subject_ref=subjects.new(SubjectKind.STRANGER, now=now).ref,
        story=filing.Story(kind=TicketKind.BREACH, for_whom=ForWhom.SELF, what_happened=said),
        reach=filing.Reach(language=person.language, email=change.old_address, zone=person.zone, door=Door.PAGE),
        principal=person,
        actor=actor,
        at=now,
    )
