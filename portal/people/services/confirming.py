"""Addresses of a login's person, confirmed by a code that is sent to them."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.core import hooks
from portal.core.actor import Actor
from portal.core.enqueue import enqueue
from portal.core.errors import NotFound, Refused
from portal.people.models import ContactPoint, OneTimeCode, Principal, User
from portal.people.services import codes, contacts, logins
from portal.people.states import CodePurpose, ContactKind


def ask_email(*, user: User, address: str, browser: str, now: datetime) -> OneTimeCode:
    """Send a code to the address that the login is to move to. Nothing else changes. Raises as ``codes.issue``."""
    with transaction.atomic():
        return _send(user, ContactKind.EMAIL, address, browser, now)


def confirm_email(
    *, user: User, address: str, typed: str, browser: str, actor: Actor, now: datetime, session_key: str = ""
) -> None:
    """Move the login to the address whose code was typed: code, address and login in one transaction. Sessions other than
    ``session_key`` end.

    Raises Refused for a wrong code, which counts, or an address that another login uses.
    """
    with transaction.atomic():
        found = _attempt(user, ContactKind.EMAIL, address, typed, browser, now)
        if not isinstance(found, Refused):
            logins.change_email(user=user, new_address=address, actor=actor, now=now, session_key=session_key)
            _tell(_person(user), ContactKind.EMAIL, found.address, actor, now)
    if isinstance(found, Refused):
        raise found


def save_phone(
    *, user: User, phone: str, by_code: bool, browser: str, actor: Actor, now: datetime
) -> OneTimeCode | None:
    """Save a number, unconfirmed, and with ``by_code`` send a code to it, in one transaction.

    Raises Refused for what is no number, or when too many codes were asked for; nothing is saved then.
    """
    person = _person(user)
    with transaction.atomic():
        code = _send(user, ContactKind.PHONE, phone, browser, now) if by_code else None
        contacts.add(principal=person, kind=ContactKind.PHONE, address=phone, actor=actor, now=now)
    return code


def confirm_phone(*, user: User, phone: str, typed: str, browser: str, actor: Actor, now: datetime) -> ContactPoint:
    """The number counts as confirmed from now on: code and number in one transaction. Raises Refused for a wrong code."""
    person = _person(user)
    with transaction.atomic():
        found = _attempt(user, ContactKind.PHONE, phone, typed, browser, now)
        if not isinstance(found, Refused):
            contact = contacts.add(
                principal=person, kind=ContactKind.PHONE, address=phone, verified=True, actor=actor, now=now
            )
            _tell(person, ContactKind.PHONE, contact.address, actor, now)
            return contact
    raise found


def _person(user: User) -> Principal:
    if user.principal is None:
        raise NotFound(_("There is no such login."))
    return user.principal


def _send(user: User, kind: ContactKind, address: str, browser: str, now: datetime) -> OneTimeCode:
    code = codes.issue(
        purpose=CodePurpose.CONTACT,
        kind=kind,
        address=address,
        about=f"people.user:{user.pk}",
        browser=browser,
        known_device=True,
        now=now,
    )
    enqueue("portal.signin.tasks.send_code", code.pk)
    return code


def _attempt(
    user: User, kind: ContactKind, address: str, typed: str, browser: str, now: datetime
) -> OneTimeCode | Refused:
    return codes.attempt(
        purpose=CodePurpose.CONTACT,
        kind=kind,
        address=address,
        typed=typed,
        about=f"people.user:{user.pk}",
        browser=browser,
        now=now,
    )


def _tell(person: Principal, kind: ContactKind, address: str, actor: Actor, at: datetime) -> None:
    for told in hooks.address_confirmed:
        told(subject_ref=person.subject.ref, kind=kind, address=address, actor=actor, at=at)
