"""The way out that stands in a message itself: a link that names nobody, works without signing in and never ends (RFC 8058)."""

import base64
import binascii
import functools
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.urls import NoReverseMatch, get_urlconf, reverse

from consent.base.choices import Way
from consent.base.rules.status_fold import NO
from consent.records.models.events import ConsentReceipt
from consent.records.selectors import history
from consent.records.services.addresses import KIND_OF_CHANNEL
from consent.records.services.consent_events import Recorded
from consent.suppressions.services.address_opt_outs import place_of
from consent.suppressions.services.withdrawals import stop_all_promotional, withdraw
from portal.kernel.core import ciphers
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import BadReference, NotFound
from portal.kernel.core.ids import parse_reference
from portal.kernel.law.choices import CHOSEN, Channel
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import message_content
from portal.kernel.people.models import Fiduciary

DOMAIN: Final = "consent.one_click"
CLIENT: Final = "consent.client_page"
_ANY: Final = "token"


@dataclass(frozen=True)
class WayOut:
    """The message whose link was followed, and for whom it was sent. ``is_stopped``: its kind was stopped already."""

    message: Message
    fiduciary: Fiduciary
    is_stopped: bool

    @property
    def is_chosen(self) -> bool:
        return self.message.category in CHOSEN

    @property
    def masked(self) -> str:
        destination = getattr(self.message, "destination", None)
        return destination.masked if destination is not None else ""


def url_for(*, reference: str, category: str) -> str:
    """Fills ``answers.one_click_url``: the address for a message's header and foot; empty for what is owed."""
    if category not in CHOSEN:
        return ""
    before, after = _address_around(get_urlconf())
    return f"{settings.SITE_URL}{before}{token_of(reference)}{after}" if before else ""


@functools.lru_cache(maxsize=8)
def _address_around(urlconf: str | None) -> tuple[str, str]:
    """What stands before and behind the token: made once, for each message asks twice. Empty where no front serves it."""
    try:
        before, _mark, after = reverse("privacy:one-click", urlconf, args=[_ANY]).partition(_ANY)
    except NoReverseMatch:
        return "", ""
    return before, after


def token_of(reference: str) -> str:
    """The message's reference with a keyed mark: who has not got the message cannot make it."""
    return f"{reference}.{_mark(ciphers.blind_index(reference, domain=DOMAIN))}"


def reference_in(token: str) -> str:
    """The message's reference in a link that we made. Raises NotFound for any other. Asks no database."""
    reference, _dot, mark = token.partition(".")
    try:
        canonical = parse_reference(reference, "MS")
        given = base64.urlsafe_b64decode(mark + "=" * (-len(mark) % 4))
    except (BadReference, binascii.Error, ValueError):
        raise NotFound("Link not found.") from None
    fits = False
    for known in ciphers.blind_indexes(canonical, domain=DOMAIN):
        fits |= hmac.compare_digest(given, known)
    if not fits:
        raise NotFound("Link not found.")
    return canonical


def way_out(token: str) -> WayOut:
    """What a link stands for. Raises NotFound for one that we never made; it does not say why. Reads only."""
    return way_out_of(reference_in(token))


def way_out_of(reference: str) -> WayOut:
    """The same for the reference of a message whose link was checked. Raises NotFound where there is no message."""
    message = Message.objects.filter(reference=reference).select_related("destination").first()
    if message is None:
        raise NotFound("Link not found.")
    fiduciary = Fiduciary.objects.get(code=message.fiduciary)
    return WayOut(message, fiduciary, _is_stopped(message, fiduciary))


def stop_these(found: WayOut, *, actor: Actor, occurred_at: datetime | None = None) -> Recorded:
    """Withdraw the message's purpose on its channel, at every address of its person and at the one it went to.

    In the services' one transaction. A second time nothing changes and there is no receipt.
    """
    message = found.message
    address = _address(message)
    return withdraw(
        subject_ref=message.subject_ref,
        fiduciary=found.fiduciary,
        purpose=message.purpose,
        channel=message.channel,
        way=Way.EMAIL,
        actor=actor,
        occurred_at=occurred_at,
        address_kind=KIND_OF_CHANNEL[Channel(message.channel)] if address else "",
        address=address,
    )


def stop_all(found: WayOut, *, actor: Actor, occurred_at: datetime | None = None) -> Recorded:
    """Stop everything promotional of the fiduciary that the message was sent for."""
    address = _address(found.message)
    return stop_all_promotional(
        subject_ref=found.message.subject_ref,
        fiduciary=found.fiduciary,
        actor=actor,
        occurred_at=occurred_at,
        named=place_of(KIND_OF_CHANNEL[Channel(found.message.channel)], address) if address else None,
    )


def mark_of(fiduciary: Fiduciary) -> str:
    """What names a client in the address of the preference page: its code, and a mark that only our links carry.

    Nobody learns by guessing who our clients are.
    """
    return f"{fiduciary.code}.{_mark(ciphers.blind_index(fiduciary.code, domain=CLIENT)[:17])}"


def client_of(mark: str) -> Fiduciary:
    """The client that a mark names. Raises NotFound for one that we never made."""
    code, _dot, given = mark.partition(".")
    fits = False
    for known in ciphers.blind_indexes(code, domain=CLIENT):
        fits |= hmac.compare_digest(given.encode(), _mark(known[:17]).encode())
    found = Fiduciary.objects.filter(code=code).first() if fits else None
    if found is None:
        raise NotFound("Page not found.")
    return found


def receipt_of(found: WayOut, reference: str) -> ConsentReceipt:
    """A receipt of the person who got the message. Raises NotFound for any other."""
    return history.receipt_of(found.message.subject_ref, reference)


def _address(message: Message) -> str:
    try:
        return message_content.address_of(message)
    except NotFound:
        return ""  # erased since: the person's addresses are stopped all the same


def _is_stopped(message: Message, fiduciary: Fiduciary) -> bool:
    events = history.events_of(message.subject_ref).filter(
        fiduciary=fiduciary, purpose=message.purpose, channel=message.channel
    )
    said = history.words(events)
    is_any_of_all = any(not event.sender for event in said)
    return is_any_of_all and all(event.answer in NO for event in said)


def _mark(index: bytes) -> str:
    return base64.urlsafe_b64encode(index).decode().rstrip("=")
