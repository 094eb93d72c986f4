"""The link of the letter: whoever reads mail at an address that a change was told to cancels it.

Turns are taken in one order: those of companies, then that of the login.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from grievances.base.choices import Door, ForWhom, TicketKind
from grievances.nominees.services import nominations
from grievances.tickets.services import intake
from portal.fronts.signin import notifications
from portal.fronts.signin.change_rows import confirmed, locked, person_of, record_change, turn_of
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.people import selectors
from portal.kernel.people.choices import ContactKind, SubjectKind
from portal.kernel.people.models import AccountChange, AddressChange, ContactPoint, Customer, Principal, User
from portal.kernel.people.services import (
    account_changes,
    cancel_rights,
    contacts,
    logins,
    memberships,
    sessions,
    subjects,
)

_TICKETS: Final = UUID("5c7d1e53-8a0e-4b53-9d3c-7f6f0a4b1a11")


@retried
def cancel(*, change: AddressChange, actor: Actor, now: datetime) -> bool:
    """The person at the earlier address did not ask for the change: undo it and what came with it, end every session of the
    login, take no change for the time of the wait, and open a grievance for an officer. False where it was cancelled before.

    Beside ``confirm`` one of the two comes first: what was just made is undone, what is cancelled is not made.
    """
    with transaction.atomic():
        _take_turns_of_companies(change.user)
        change = locked(change)
        if change.cancelled_at is not None:
            return False
        login = change.user
        was_made = change.done_at is not None
        others = [row for row in _of_login(login, since=change.begun_at, now=now) if row.pk != change.pk]
        _undo_addresses(login, [*others, change], actor, now)
        theirs = cancel_rights.of_owners(account_changes.of_login(login, since=change.begun_at), login.principal_id)
        touched = _undo_account_changes(theirs, None, actor, now)
        sessions.end_all(user=login, actor=actor, now=now)
        for kind, address in sorted({(row.kind, row.address) for row in confirmed(change)}):
            notifications.change_cancelled(change, kind, address, hours=_hours(now))
        if was_made:
            notifications.address_dropped(change)
        _open_grievance(change.pk, person_of(change), change.old_address, actor, now)
        notifications.parts_restored(change, {key: part for key, part in touched.items() if key != login.principal_id})
    return True


@retried
def cancel_account_change(*, change: AccountChange, contact: ContactPoint | None, actor: Actor, now: datetime) -> bool:
    """Whoever reads mail at ``contact`` says that a change of a company's people, or of a nominee, was not theirs: restore what
    was there before it and before what followed, end the sessions of the logins that did it, take no change from them for the
    time of the wait (``account_changes.frozen_words``), and open a grievance. False where it was cancelled before.

    Whoever made the change undoes with it whatever else their login changed since, its addresses too; another owner only what
    is the company's. Raises Refused (NO_OWNER_NOW) for whoever is no owner of the company any more (``cancel_rights``).
    """
    with transaction.atomic():
        if change.user is not None:
            _take_turns_of_companies(change.user)
        if change.customer is not None:
            memberships.take_turn(change.customer)
        if change.user is not None:
            turn_of(change.user)
        rows = AccountChange.objects.select_for_update(of=("self",)).select_related("user", "customer__subject")
        change = rows.get(pk=change.pk)
        if change.cancelled_at is not None:
            return False
        login = change.user
        touched = _undo_account_changes(undone_with(change, contact, now), contact, actor, now)
        if login is not None and contact is not None and account_changes.is_own(change, contact):
            _undo_addresses_beside(login, contact, change.made_at, actor, now)
        if login is not None:
            sessions.end_all(user=login, actor=actor, now=now)
        if contact is not None:
            _open_grievance(f"account:{change.pk}", contact.principal, contact.address, actor, now)
            notifications.account_change_cancelled(change, contact, touched, hours=_hours(now))
    return True


def undone_with(change: AccountChange, contact: ContactPoint | None, now: datetime) -> list[AccountChange]:
    """What a press of the link that was sent to this address undoes. Raises Refused as ``cancel_rights.require``."""
    is_own = account_changes.is_own(change, contact)
    return cancel_rights.require(change, account_changes.with_it(change, whole_login=is_own), contact, now=now)


def _hours(now: datetime) -> int:
    return account_changes.wait(now=now) // timedelta(hours=1)


def _take_turns_of_companies(user: User) -> None:
    mine = AccountChange.objects.filter(user=user, cancelled_at=None).exclude(customer=None).values("customer")
    for customer in Customer.objects.filter(pk__in=mine).order_by("pk"):
        memberships.take_turn(customer)


def _undo_account_changes(
    changes: list[AccountChange], by: ContactPoint | None, actor: Actor, now: datetime
) -> dict[int, Customer]:
    """The last first, so that each finds what it left. Gives the people whose part in a company it concerned, with the company,
    but for one whose people stay as they are.
    """
    touched: dict[int, Customer] = {}
    for change in reversed(changes):
        if change.nominee:
            nominations.restore(change, at=now, actor=actor)
        else:
            let_in = account_changes.people_let_in(change)
            account_changes.undo_of_company(change, actor=actor, at=now)
            for user in let_in:
                sessions.end_all(user=user, actor=actor, now=now)
            people = {user.principal_id for user in let_in if user.principal_id is not None}
            people |= {change.membership.principal_id} if change.membership is not None else set()
            if change.customer is not None and not account_changes.people_stay(change.customer):
                touched |= dict.fromkeys(people, change.customer)
        account_changes.mark_cancelled(change, by=by, actor=actor, at=now)
    return touched


def _of_login(login: User, *, since: datetime, now: datetime) -> list[AddressChange]:
    """The changes of addresses that whoever used the login since then may have made: those begun, or made, since; those that
    are open; and those that no code from the address of before proved, while their own link still holds.
    """
    rows = AddressChange.objects.filter(user=login, cancelled_at=None, dropped_at=None)
    made_since = Q(begun_at__gte=since) | Q(done_at__gte=since)
    unproved = Q(proved_at=None, begun_at__gt=now - account_changes.link_life(now))
    return list(rows.filter(made_since | Q(done_at=None) | unproved).select_related("user__principal__subject"))


def _undo_addresses_beside(login: User, contact: ContactPoint, since: datetime, actor: Actor, now: datetime) -> None:
    """What the login changed of its addresses since a change that the person at ``contact`` did not make. To that address it
    was moved by the person: it stays there.
    """
    rows = [row for row in _of_login(login, since=since, now=now) if row.new_address != contact.address]
    _undo_addresses(login, rows, actor, now, stays_at=contact.address)
    for row in rows:
        if row.done_at is not None:
            notifications.address_dropped(row)


def _undo_addresses(
    login: User, undone: list[AddressChange], actor: Actor, now: datetime, *, stays_at: str = ""
) -> None:
    """Mark these as cancelled, the last first; the login has the address again that it had before the first of them, but for
    one that ``stays_at`` its address of now.
    """
    for row in sorted(undone, key=lambda row: (row.begun_at, row.pk), reverse=True):
        _undo(row, actor, now)
    moved = [row for row in undone if row.kind == ContactKind.EMAIL and row.done_at is not None]
    if moved:
        first = min(moved, key=lambda row: (row.done_at, row.pk))
        if login.email not in {first.old_address, stays_at}:
            _move_back(login, first, actor, now)


def _undo(change: AddressChange, actor: Actor, now: datetime) -> None:
    """Mark one change as cancelled, with its audit event; a number that it added leaves. Where the login moves is for the caller."""
    if change.done_at is not None and change.kind == ContactKind.PHONE:
        held = selectors.contacts_at(ContactKind.PHONE, change.new_address).filter(principal=person_of(change)).first()
        if held is not None:
            contacts.leave(contact=held, actor=actor, now=now)
    change.cancelled_at = now
    change.save(update_fields=["cancelled_at"])
    record_change(AuditKind.PEOPLE_CONTACT_CHANGE_CANCELLED, change, actor, now)


def _move_back(login: User, change: AddressChange, actor: Actor, now: datetime) -> None:
    """The login has its earlier address again. Where another login took that meanwhile, the officer of the grievance helps."""
    if not User.objects.filter(email__iexact=change.old_address).exclude(pk=login.pk).exists():
        logins.change_email(user=login, new_address=change.old_address, actor=actor, now=now)


def _open_grievance(change: int | str, person: Principal, address: str, actor: Actor, now: datetime) -> None:
    """An officer looks at every cancelled change; the answer goes to the address that cancelled it."""
    with translation.override(person.language):
        said = _("I cancelled a change of my account that I did not make. Please check who had access to my account.")
    intake.file_ticket(
        filing_key=uuid5(_TICKETS, str(change)),
        subject_ref=subjects.new(SubjectKind.STRANGER, now=now).ref,
        story=intake.Story(kind=TicketKind.BREACH, for_whom=ForWhom.SELF, what_happened=said),
        reach=intake.Reach(language=person.language, email=address, zone=person.zone, door=Door.PAGE),
        principal=person,
        actor=actor,
        at=now,
    )
