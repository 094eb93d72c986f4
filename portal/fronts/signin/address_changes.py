"""A customer's login gets another email address, or a mobile number: never by a session alone.

A code to the login's address comes first, then one to the new address. Who gets no codes at the login's address waits
instead, while every confirmed address of theirs hears of it. The earlier address keeps a link that cancels the change.
"""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from portal.fronts.signin import notifications
from portal.fronts.signin.change_rows import (
    locked,
    open_changes,
    person_of,
    record_change,
    still_open,
    to_be_linked,
    token_of,
    turn_of,
)
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import addresses, ports
from portal.kernel.core.actor import Actor, customer
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.errors import PortalError, Refused
from portal.kernel.people import step_up_codes
from portal.kernel.people.choices import CodePurpose, ContactKind
from portal.kernel.people.models import AddressChange, OneTimeCode, User
from portal.kernel.people.services import account_changes, codes, contacts, logins

#: Rows that one task may take: a technical limit.
SWEEP: Final = 500


@retried
def begin(
    *, user: User, kind: ContactKind | str, address: str, browser: str, actor: Actor, now: datetime
) -> AddressChange:
    """Write down what the login's address is to become and send a code to the one it has. Nothing else changes.

    An open change of the same kind is discarded. Raises Refused for what is no address, the address the login has
    (SAME_ADDRESS), too many codes, and after a change was cancelled (CHANGES_FROZEN).
    """
    new = addresses.normalise(ContactKind(kind), address)
    with transaction.atomic():
        login = turn_of(user)
        _require_unfrozen(login, now)
        if kind == ContactKind.EMAIL and new == login.email:
            raise Refused(_("This is your address already."), code="SAME_ADDRESS")
        for earlier in open_changes(login).filter(kind=kind):
            _drop(earlier, actor, now)
        change = AddressChange.objects.create(
            user=login, kind=ContactKind(kind), old_address=login.email, new_address=new, begun_at=now
        )
        record_change(AuditKind.PEOPLE_CONTACT_CHANGE_ASKED, change, actor, now, personal={"address": new})
        _send_proof(change, browser, now)
    return change


@retried
def send_again(*, change: AddressChange, browser: str, now: datetime) -> None:
    """Another code to the address whose code is awaited. Raises Refused for too many, or a change that is not open."""
    with transaction.atomic():
        change = still_open(change)
        if change.proved_at is None and change.waits_until is None:
            _send_proof(change, browser, now)
        else:
            _send_new(change, browser, now)


@retried
def prove(*, change: AddressChange, typed: str, browser: str, actor: Actor, now: datetime) -> None:
    """Take the code that came to the login's address; one to the new address goes out. Raises Refused for a wrong one."""
    with transaction.atomic():
        change = still_open(change)
        found = codes.attempt(
            purpose=CodePurpose.ACT,
            kind=ContactKind.EMAIL,
            address=change.old_address,
            typed=typed,
            about=_about(change),
            browser=browser,
            now=now,
        )
        if not isinstance(found, Refused):
            change.proved_at = now
            change.save(update_fields=["proved_at"])
            record_change(AuditKind.PEOPLE_CONTACT_CHANGE_PROVED, change, actor, now)
            _send_new(change, browser, now)
    if isinstance(found, Refused):
        raise found


@retried
def wait(*, change: AddressChange, browser: str, actor: Actor, now: datetime) -> AddressChange:
    """The login's address gets no codes: the change waits, and every confirmed address hears of it with a link that cancels.

    A second time changes nothing. Raises Refused for too many codes.
    """
    with transaction.atomic():
        change = still_open(change)
        if change.waits_until is None:
            _send_new(change, browser, now)
            change.waits_until = now + account_changes.wait(now=now)
            change.save(update_fields=["waits_until"])
            record_change(AuditKind.PEOPLE_CONTACT_CHANGE_WAITED, change, actor, now)
            for contact in to_be_linked(change, now=now):
                notifications.change_waits(change, contact.kind, contact.address, token=token_of(change))
    return change


@retried
def confirm(
    *, change: AddressChange, typed: str, browser: str, actor: Actor, now: datetime, session_key: str = ""
) -> AddressChange:
    """Take the code that came to the new address. The change is made at once where the login's address was proved within the
    time of ``signin.recent_factor`` or the wait is over; else it is made when that is. Sessions other than ``session_key`` end.

    Raises Refused for a wrong code, which counts, an address that another login uses, and a proof that is too old
    (PROOF_TOO_OLD).
    """
    with transaction.atomic():
        change = still_open(change)
        if not _may_be_made(change, now) and change.waits_until is None:
            raise Refused(
                _("Too much time has passed since you entered the first code. Start again."), code="PROOF_TOO_OLD"
            )
        found = codes.attempt(
            purpose=CodePurpose.CONTACT,
            kind=change.kind,
            address=change.new_address,
            typed=typed,
            about=_about_new(change),
            browser=browser,
            now=now,
        )
        if not isinstance(found, Refused):
            change.confirmed_at = now
            change.save(update_fields=["confirmed_at"])
            if _may_be_made(change, now):
                _make(change, actor, now, session_key)
    if isinstance(found, Refused):
        raise found
    return change


def finish_waiting(*, now: datetime) -> int:
    """Make the changes whose wait is over and whose new address was confirmed; discard those that nobody finished.

    Each in a transaction of its own; one that cannot be made is discarded. Gives how many were made. Twice is harmless.
    """
    made = 0
    rows = AddressChange.objects.filter(done_at=None, dropped_at=None, cancelled_at=None)
    due = rows.filter(waits_until__lte=now).exclude(confirmed_at=None)
    for change in due.order_by("waits_until", "pk")[:SWEEP]:
        made += _finish(change, now)
    for change in rows.filter(begun_at__lte=now - account_changes.link_life(now)).order_by("pk")[:SWEEP]:
        drop(change=change, actor=customer(change.user_id, via="expiry"), now=now)
    return made


@retried
def _finish(change: AddressChange, now: datetime) -> bool:
    actor = customer(change.user_id, via="wait")
    try:
        with transaction.atomic():
            change = still_open(change)
            _make(change, actor, now, "")
    except PortalError:  # cancelled meanwhile, or another login has the address now
        drop(change=change, actor=actor, now=now)
        return False
    return True


@retried
def drop(*, change: AddressChange, actor: Actor, now: datetime) -> None:
    """Discard an open change. One that has ended stays as it is."""
    with transaction.atomic():
        change = locked(change)
        if change.is_open:
            _drop(change, actor, now)


def _require_unfrozen(user: User, now: datetime) -> None:
    if words := account_changes.frozen_words(user, now=now):
        raise Refused(words, code="CHANGES_FROZEN")


def _may_be_made(change: AddressChange, now: datetime) -> bool:
    is_proved = change.proved_at is not None and change.proved_at > now - step_up_codes.recent(now=now)
    return is_proved or (change.waits_until is not None and change.waits_until <= now)


def _about(change: AddressChange) -> str:
    """What a code to the login's address is bound to: this change and no other."""
    return f"{change.kind}/{change.pk}:{change.user_id}"


def _about_new(change: AddressChange) -> str:
    """All codes to new addresses count together: a login is no means to write to strangers."""
    return f"people.user:{change.user_id}"


def _send_proof(change: AddressChange, browser: str, now: datetime) -> None:
    row = _issue(change, CodePurpose.ACT, ContactKind.EMAIL, change.old_address, _about(change), browser, now)
    notifications.code(row, language=get_language() or "")


def _send_new(change: AddressChange, browser: str, now: datetime) -> None:
    place = (ContactKind(change.kind), change.new_address, _about_new(change))
    notifications.code(_issue(change, CodePurpose.CONTACT, *place, browser, now), language=get_language() or "")


def _issue(
    change: AddressChange,
    purpose: CodePurpose,
    kind: ContactKind,
    address: str,
    about: str,
    browser: str,
    now: datetime,
) -> OneTimeCode:
    return codes.issue(
        purpose=purpose, kind=kind, address=address, about=about, browser=browser, known_device=True, now=now
    )


def _make(change: AddressChange, actor: Actor, now: datetime, session_key: str) -> None:
    """Carry the change out, in the caller's transaction and turn. Raises Refused where another login has the address, and
    for the time after a change was cancelled.
    """
    _require_unfrozen(change.user, now)
    person, others = person_of(change), to_be_linked(change, now=now)
    if change.kind == ContactKind.EMAIL:
        address = change.new_address
        logins.change_email(user=change.user, new_address=address, actor=actor, now=now, session_key=session_key)
    else:
        phone = change.new_address
        contacts.add(principal=person, kind=ContactKind.PHONE, address=phone, verified=True, actor=actor, now=now)
    change.done_at = now
    change.save(update_fields=["done_at"])
    for told in ports.address_confirmed:
        told(subject_ref=person.subject.ref, kind=change.kind, address=change.new_address, actor=actor, at=now)
    for contact in others:
        notifications.address_changed(
            change, contact.kind, contact.address, token=token_of(change), days=account_changes.link_life(now).days
        )


def _drop(change: AddressChange, actor: Actor, now: datetime) -> None:
    change.dropped_at = now
    change.save(update_fields=["dropped_at"])
    record_change(AuditKind.PEOPLE_CONTACT_CHANGE_DISCARDED, change, actor, now)
