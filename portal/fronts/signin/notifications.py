"""Letters about sign-in, through the outbox. They run the account and are never promotional."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.timezone import localtime

from portal.fronts.signin import browser_devices
from portal.kernel.core import addresses, clock
from portal.kernel.core.actor import Actor, ActorKind
from portal.kernel.law.choices import Channel
from portal.kernel.outbox.selectors import can_send
from portal.kernel.outbox.services import post
from portal.kernel.people.choices import (
    AccountChangeKind,
    CodePurpose,
    ContactKind,
    InvitationKind,
    MemberRole,
    ProvenAct,
)
from portal.kernel.people.models import (
    AccountChange,
    AddressChange,
    ContactPoint,
    Customer,
    Invitation,
    MfaReset,
    OneTimeCode,
    Principal,
    SignIn,
    User,
)
from portal.kernel.people.services import account_changes, cancel_rights, codes, invitations

PURPOSE = "policy_and_security"
_LIBRARY = {
    "account/email/password_changed": "signin.password_changed",
    "account/email/password_reset": "signin.password_changed",
    "account/email/password_set": "signin.password_changed",
    "mfa/email/totp_deactivated": "signin.factor_removed",
    "mfa/email/webauthn_removed": "signin.passkey_removed",
}
_MADE = {
    Authenticator.Type.TOTP: "signin.factor_added",
    Authenticator.Type.WEBAUTHN: "signin.passkey_added",
    Authenticator.Type.RECOVERY_CODES: "signin.recovery_codes_made",
}


def absolute(path: str) -> str:
    """The address of a page as a letter names it: from the settings, never from what a request claims its host is."""
    return str(settings.SITE_URL).rstrip("/") + path


def _send(
    kind: str,
    *,
    subject_ref: UUID,
    address: str,
    language: str,
    about: str,
    channel: Channel = Channel.EMAIL,
    only_here: bool = True,
    **context: str,
) -> None:
    """``only_here``: whoever reads a code, a link or an invitation may act with it, so it goes to that address alone."""
    with transaction.atomic():
        post(
            kind=kind,
            subject_ref=subject_ref,
            channel=channel,
            address=address,
            language=language,
            purpose=PURPOSE,
            about=about,
            context=context,
            only_here=only_here,
        )


def _to_login(kind: str, user: User, *, about: str, only_here: bool = True, **context: str) -> None:
    if user.subject_ref is not None:
        _send(
            kind,
            subject_ref=user.subject_ref,
            address=user.email,
            language=user.language,
            about=about,
            channel=Channel.EMAIL,
            only_here=only_here,
            **context,
        )


def code(row: OneTimeCode, *, language: str = "") -> bool:
    """Send a sign-in or confirmation code in the language of the page that asked for it, else in that of the login. False: nobody
    has a login at the address, so nothing is sent.
    """
    if row.purpose == CodePurpose.SIGN_IN:
        user = User.objects.filter(email__iexact=row.address, is_staff=False, is_active=True).first()
    else:
        user = User.objects.filter(pk=row.about.rpartition(":")[2] or 0, is_active=True).first()
    if user is None or user.subject_ref is None:
        return False
    by_phone = row.kind == ContactKind.PHONE
    context: dict[str, Any] = {}
    if row.purpose == CodePurpose.ACT:
        with translation.override(language or user.language):
            context["what"] = str(ProvenAct(row.about.partition("/")[0]).label)
    _send(
        "signin.phone_code" if by_phone else f"signin.{row.purpose}_code",
        subject_ref=user.subject_ref,
        address=row.address,
        channel=Channel.SMS if by_phone else Channel.EMAIL,
        language=language or user.language,
        about=f"people.code:{row.pk}",
        code=codes.plain(row),
        minutes=str((row.expires_at - row.made_at) // timedelta(minutes=1)),
        **context,
    )
    return True


def password_link(row: OneTimeCode) -> bool:
    """Send the link that sets a new password. False: no staff login has the address, so nothing is sent."""
    user = User.objects.filter(email__iexact=row.address, is_staff=True, is_active=True).first()
    if user is None:
        return False
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    # The outbox keeps ``about`` for ever in the clear: no part of the key may stand in it.
    path = reverse("account_reset_password_from_key", args=["UID", "KEY"]).replace("UID-KEY", key)
    _to_login("signin.password_reset", user, about=f"people.code:{row.pk}", link=absolute(path))
    return True


def invitation(row: Invitation) -> None:
    """Send the link that opens a staff or a customer's login; by whose word, where an order does: nobody at the customer's."""
    kind = "order" if invitations.is_of_an_order(row) else row.kind
    name = "signin:staff-invitation" if row.kind == InvitationKind.STAFF else "privacy:invitation"
    days = (row.expires_at - row.invited_at) // timedelta(days=1)
    _send(
        f"signin.{kind}_invitation",
        subject_ref=row.subject_ref,
        address=row.address,
        language=row.language,
        about=f"people.invitation:{row.pk}",
        customer=row.customer.name if row.customer else "",
        link=absolute(reverse(name, args=[invitations.token_of(row)])),
        days=str(days),
    )


def new_device(row: SignIn) -> None:
    """Tell the owner of a login that it was used from a browser we had not seen."""
    name = "signin:sessions" if row.user.is_staff else "privacy:sessions"
    with translation.override(row.user.language):
        browser = browser_devices.in_words(row.browser)
    _to_login(
        "signin.new_device",
        row.user,
        about=f"people.sign_in:{row.pk}",
        only_here=False,
        browser=browser,
        when=f"{localtime(row.at):%d-%m-%Y %H:%M} IST",
        link=absolute(reverse(name)),
    )


def address_changed(change: AddressChange, kind: str, address: str, *, token: str, days: int) -> None:
    """Write to an address the person had before that the login has another one now, with the link that cancels it for days."""
    what = "email_changed" if change.kind == ContactKind.EMAIL else "number_added"
    _of_change(what, change, kind, address, token=token, days=str(days))


def change_waits(change: AddressChange, kind: str, address: str, *, token: str) -> None:
    """Write to an address of the person that a change waits, until when, with the link that cancels it."""
    when = localtime(change.waits_until) if change.waits_until else None
    said = f"{when:%d-%m-%Y %H:%M} IST" if when else ""
    _of_change("change_waiting", change, kind, address, token=token, when=said)


def change_cancelled(change: AddressChange, kind: str, address: str, *, hours: int) -> None:
    """Write that a change was cancelled, that every session ended, that for hours no other is taken, and that an officer looks
    at it.
    """
    _of_change("change_cancelled", change, kind, address, hours=str(hours))


def address_dropped(change: AddressChange) -> None:
    """Write to the address that a change had given to the login, and that it has no more: not what its owner reads."""
    _of_change("address_dropped", change, change.kind, change.new_address)


def address_removed(*, contact: ContactPoint) -> None:
    """Fills ``ports.address_given_up``: whoever else reads mail of the person learns it. Nothing names the address itself."""
    person = contact.principal
    for other in person.contact_points.filter(kind=ContactKind.EMAIL, left_at=None, verified_at__isnull=False):
        _send(
            "signin.address_removed",
            subject_ref=person.subject.ref,
            address=other.address,
            language=person.language,
            about=f"people.contact:{contact.pk}/removed/{other.pk}",
        )


def _of_change(what: str, change: AddressChange, kind: str, address: str, *, token: str = "", **context: Any) -> None:
    """In the caller's transaction. A number gets a short text with the link, where SMS can be sent."""
    user, by_phone = change.user, kind == ContactKind.PHONE
    if user.subject_ref is None or (by_phone and not (token and can_send(Channel.SMS))):
        return
    if token:
        context["link"] = absolute(reverse("privacy:cancel-change", args=[token]))
    where = hashlib.sha256(addresses.address_key(address)).hexdigest()[:12]
    _send(
        "signin.change_sms" if by_phone else f"signin.{what}",
        subject_ref=user.subject_ref,
        address=address,
        channel=Channel.SMS if by_phone else Channel.EMAIL,
        language=user.language,
        about=f"people.address_change:{change.pk}/{what}/{where}",
        **context,
    )


def people_changed(*, change: AccountChange, actor: Actor, at: datetime) -> None:
    """Fills ``ports.account_changed``: whoever owned the company before, and whoever made the change, gets a letter at each
    confirmed address with a link that cancels it; another person whose part it was, one without. Nobody has a link whose own part came from a change
    that can still be cancelled: it would restore them; no address that is not settled (``cancel_rights.settled``) either. Of nominees their own letter tells. In the caller's transaction.
    """
    company = change.customer
    if company is None:
        return
    days = account_changes.link_life(at).days
    with_link = set(Principal.objects.filter(user=change.user_id).values_list("pk", flat=True))
    owners = company.memberships.filter(ended_at=None, role=MemberRole.OWNER).values_list("principal", flat=True)
    with_link |= set(owners)
    theirs = change.membership
    if theirs is not None and change.old_role == MemberRole.OWNER:
        with_link.add(theirs.principal_id)
    with_link -= account_changes.let_in_lately(company, at=at)
    people = with_link | ({theirs.principal_id} if theirs is not None else set())
    rows = ContactPoint.objects.filter(
        principal__in=people, kind=ContactKind.EMAIL, left_at=None, verified_at__isnull=False
    )
    contacts = list(rows.select_related("principal__subject").order_by("pk"))
    settled = {contact.pk for contact in cancel_rights.settled(contacts, began=change.made_at, now=at)}
    for contact in contacts:
        person = contact.principal
        with translation.override(person.language):
            context: dict[str, Any] = {"what": str(AccountChangeKind(change.kind).label), "customer": company.name}
        kind = "signin.part_changed"
        if person.pk in with_link:
            kind = "signin.people_changed"
            path = reverse("privacy:cancel-change", args=[account_changes.token_of(change, contact)])
            context |= {"link": absolute(path) if contact.pk in settled else "", "days": str(days)}
            context["by_our_team"] = "" if actor.kind == ActorKind.CUSTOMER else "yes"
        _send(
            kind,
            subject_ref=person.subject.ref,
            address=contact.address,
            language=person.language,
            about=f"people.account_change:{change.pk}/{contact.pk}",
            **context,
        )


def account_change_cancelled(
    change: AccountChange, contact: ContactPoint, touched: Mapping[int, Customer], *, hours: int
) -> None:
    """Write that a change was cancelled, to each what concerns them: to whoever made it, by whom it was cancelled and what their
    login cannot do now; to whoever cancelled it, that; to those whose part in a company it concerned (``touched``, by person),
    that it is as before. ``contact``, from where it was cancelled, is written to even where it has left its person. In the
    caller's transaction.
    """
    told: dict[int, tuple[str, dict[str, Any]]] = {
        person: ("signin.part_restored", {"customer": company.name}) for person, company in touched.items()
    }
    with translation.override(contact.principal.language):
        what = str(AccountChangeKind(change.kind).label)
    company = change.customer
    told[contact.principal_id] = ("signin.cancelled_by_you", {"what": f"{company.name}: {what}" if company else what})
    maker = change.user.principal_id if change.user is not None else None
    if maker is not None and (maker == contact.principal_id or company is None):
        told[maker] = ("signin.change_cancelled", {"hours": str(hours)})
    elif maker is not None and company is not None:
        told[maker] = ("signin.cancelled_by_another", {"customer": company.name, "hours": str(hours)})
    _to_people(change, told, contact)


def parts_restored(change: AddressChange, touched: Mapping[int, Customer]) -> None:
    """Write to those whose part in a company came back with a cancelled change of an address. In the caller's transaction."""
    _to_people(
        change, {person: ("signin.part_restored", {"customer": company.name}) for person, company in touched.items()}
    )


def _to_people(
    change: AccountChange | AddressChange,
    told: Mapping[int, tuple[str, dict[str, Any]]],
    pressed: ContactPoint | None = None,
) -> None:
    """A letter to each confirmed address of these persons, and to the one from where the change was cancelled."""
    rows = ContactPoint.objects.filter(
        principal__in=told, kind=ContactKind.EMAIL, left_at=None, verified_at__isnull=False
    )
    contacts = list(rows.select_related("principal__subject").order_by("pk"))
    if pressed is not None and pressed.address not in {row.address for row in contacts}:
        contacts.append(pressed)
    for contact in contacts:
        kind, context = told[contact.principal_id]
        _send(
            kind,
            subject_ref=contact.principal.subject.ref,
            address=contact.address,
            language=contact.principal.language,
            about=f"people.{change._meta.model_name}:{change.pk}/cancelled/{contact.pk}",
            **context,
        )


def mfa_reset(row: MfaReset) -> None:
    """Tell a staff member that two colleagues took their second factor away."""
    _to_login("signin.factor_reset", row.user, about=f"people.mfa_reset:{row.pk}", link=absolute("/admin/"))


def from_library(template: str, email: str, context: dict[str, Any]) -> None:
    """What allauth would mail. Letters to unknown addresses and sign-ups do not exist here: they are dropped."""
    kind = _LIBRARY.get(template)
    user = User.objects.filter(email__iexact=email, is_staff=True, is_active=True).first()
    if kind is None or user is None:
        return
    moment = context["timestamp"].timestamp()
    _to_login(kind, user, about=f"people.user:{user.pk}:{moment}", link=absolute(reverse("signin:sessions")))


def factor_made(user: User, made: Authenticator) -> None:
    """Write to its owner that a login has another factor, or other recovery codes, in the caller's transaction."""
    link = absolute(reverse("signin:sessions"))
    _to_login(_MADE[made.type], user, about=f"people.user:{user.pk}:factor/{made.pk}", link=link)


def company(kind: str, user: User, provider: str) -> None:
    """A company login was bound to a staff login, or parted from it: its owner is told, in the caller's transaction."""
    moment = clock.now().timestamp()
    link = absolute(reverse("signin:sessions"))
    _to_login(kind, user, about=f"people.user:{user.pk}:{moment}", link=link, provider=provider)
