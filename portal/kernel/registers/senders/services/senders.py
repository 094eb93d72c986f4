"""Registering who sends: DLT entities, headers and numbers, allowed links. Each by two people."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import addresses
from portal.kernel.core.actor import Actor
from portal.kernel.core.text import ascii_digits
from portal.kernel.law.category_order import CARRIED
from portal.kernel.law.choices import PreferenceCategory
from portal.kernel.people.choices import CustomerKind
from portal.kernel.people.models import Customer, Fiduciary
from portal.kernel.registers.base.choices import SenderKind, TargetKind
from portal.kernel.registers.base.permissions import Act
from portal.kernel.registers.base.services.entry_fields import at_field
from portal.kernel.registers.senders.models.senders import LastInbound, ListedTarget, Sender, SendingEntity
from portal.kernel.registers.senders.rules.senders import CATEGORY_OF_SUFFIX, GOVERNMENT, fits_series, parse_header
from portal.kernel.registers.senders.selectors import senders
from portal.kernel.registers.senders.services import sender_entries

#: What each kind of sender looks like in the form in which it is kept. Technical bounds, wider than any register's.
_FORMS: Final = {
    SenderKind.SMS_HEADER: re.compile(r"[A-Z0-9]{3,11}"),
    SenderKind.SHORT_CODE: re.compile(r"[0-9]{3,8}"),
    SenderKind.WHATSAPP_NUMBER: re.compile(r"\+[1-9][0-9]{6,14}"),
    SenderKind.RCS_AGENT: re.compile(r"[a-z0-9][a-z0-9._@\-]{2,79}"),
    SenderKind.VOICE_NUMBER: re.compile(r"[0-9]{3,15}"),
    SenderKind.OPT_OUT_NUMBER: re.compile(r"[0-9]{3,15}"),
}
_ENTITY_ID: Final = re.compile(r"[0-9]{8,30}")
_TARGET_NUMBER: Final = re.compile(r"[0-9]{3,15}")


def propose_entity(
    *,
    fiduciary: Fiduciary,
    entity_id: str,
    starts_at: datetime,
    customer: Customer | None = None,
    advertises: Iterable[str] = (),
    actor: Actor,
    now: datetime,
) -> SendingEntity:
    """Propose a fiduciary's DLT entity id, the organisation whose members may see its senders, and what it advertises.

    Raises Refused for an id that is none, a customer that is no organisation or an unknown preference category; NotAllowed.
    """
    digits = ascii_digits(entity_id).replace(" ", "")
    if not _ENTITY_ID.fullmatch(digits):
        raise at_field("entity_id", _("Enter the entity id: digits only."), code="ENTITY_ID_FORMAT")
    if customer is not None and customer.kind != CustomerKind.ORGANISATION:
        raise at_field("customer", _("Only an organisation can be linked."), code="NOT_AN_ORGANISATION")
    about = {str(category) for category in advertises}
    if not about <= set(PreferenceCategory.values):
        raise at_field("advertises", _("Choose what it advertises from the list."), code="CATEGORY_UNKNOWN")
    with transaction.atomic():
        return sender_entries.propose(
            SendingEntity,
            act=Act.SENDER_REGISTER,
            fiduciary=fiduciary,
            starts_at=starts_at,
            fields={
                "entity_id": digits,
                "customer": customer,
                "advertises": [code for code in PreferenceCategory.values if code in about],
            },
            actor=actor,
            now=now,
        )


def propose_sender(
    *,
    fiduciary: Fiduciary,
    kind: str,
    value: str,
    carries: Iterable[str],
    starts_at: datetime,
    records_calls: bool = False,
    announcement: str = "",
    actor: Actor,
    now: datetime,
) -> Sender:
    """Propose a header, number, code or agent for one fiduciary. A suffix in ``value`` must be among ``carries``.

    Nothing is ever sent from an opt-out number, so it carries nothing.

    Raises Refused for a value that is none, the government's suffix, no category, a voice number of another series, or a
    recording without its announcement; NotAllowed.
    """
    is_way_out = kind == SenderKind.OPT_OUT_NUMBER
    chosen = set() if is_way_out else {str(category) for category in carries}
    wanted = sorted(chosen, key=CARRIED.index) if chosen <= set(CARRIED) else []
    if not wanted and not is_way_out:
        raise at_field(
            "carries", _("Choose what it may carry: promotional, service, transactional."), code="CATEGORY_MISSING"
        )
    if kind == SenderKind.SMS_HEADER:
        _require_suffix_fits(value, wanted)
    normal = senders.normal_form(kind, value)
    if not _FORMS[SenderKind(kind)].fullmatch(normal):
        raise at_field("value", _("This is no header, number or code of that kind."), code="SENDER_FORMAT")
    if kind == SenderKind.VOICE_NUMBER and not fits_series(normal, wanted, senders.voice_series(at=now)):
        message = _("A voice number carries what its series allows (rule %(rule)s). A mobile number carries nothing.")
        raise at_field("value", message % {"rule": senders.SERIES_RULE}, code="SERIES")
    if records_calls and (kind != SenderKind.VOICE_NUMBER or not announcement.strip()):
        message = _("Only a voice number records calls, and only with the announcement that callers hear first.")
        raise at_field("announcement", message, code="RECORDING_WITHOUT_ANNOUNCEMENT")
    with transaction.atomic():
        return sender_entries.propose(
            Sender,
            act=Act.SENDER_REGISTER,
            fiduciary=fiduciary,
            starts_at=starts_at,
            fields={
                "kind": str(kind),
                "value": normal,
                "carries": wanted,
                "records_calls": records_calls,
                "announcement": announcement.strip(),
            },
            actor=actor,
            now=now,
        )


def _require_suffix_fits(value: str, carries: list[str]) -> None:
    suffix = parse_header(value).suffix
    if suffix == GOVERNMENT:
        raise at_field("value", _("A header that ends in -G belongs to the government."), code="GOVERNMENT_HEADER")
    if suffix and CATEGORY_OF_SUFFIX.get(suffix) not in carries:
        raise at_field(
            "carries", _("The header's last letter names a category that is not chosen."), code="HEADER_CATEGORY"
        )


def propose_target(
    *, fiduciary: Fiduciary, kind: str, value: str, starts_at: datetime, actor: Actor, now: datetime
) -> ListedTarget:
    """Propose a link or telephone number that the fiduciary's templates may hold.

    Raises Refused for a link without https and a host, or a number that is none; NotAllowed.
    """
    normal = _link(value) if kind == TargetKind.LINK else _number(value)
    with transaction.atomic():
        return sender_entries.propose(
            ListedTarget,
            act=Act.SENDER_REGISTER,
            fiduciary=fiduciary,
            starts_at=starts_at,
            fields={"kind": str(TargetKind(kind)), "value": normal},
            actor=actor,
            now=now,
        )


def _link(text: str) -> str:
    try:
        parts = urlsplit(text.strip())
        is_fit = parts.scheme == "https" and "." in (parts.hostname or "") and not parts.username and parts.port != 0
    except ValueError:
        is_fit = False
    if not is_fit or len(text) > 300 or parts.query or parts.fragment:
        message = _("Enter a link with https:// and its host, without a question mark: what begins with it is allowed.")
        raise at_field("value", message, code="LINK_FORMAT")
    return f"https://{parts.netloc.lower()}{parts.path}"


def _number(text: str) -> str:
    digits = "".join(letter for letter in ascii_digits(text) if letter.isdigit())
    if not _TARGET_NUMBER.fullmatch(digits):
        raise at_field("value", _("Enter a phone number or short code."), code="NUMBER_FORMAT")
    return digits


def note_inbound(*, fiduciary: Fiduciary, address_key: bytes, channel: str, at: datetime) -> None:
    """Insert or move on when an address last wrote on a channel. An older time changes nothing; safe to repeat."""
    with transaction.atomic():
        row, is_new = LastInbound.objects.get_or_create(
            fiduciary=fiduciary, address_key=address_key, channel=str(channel), defaults={"last_at": at}
        )
        if not is_new:
            LastInbound.objects.filter(pk=row.pk, last_at__lt=at).update(last_at=at)


def forget_inbound(*, now: datetime) -> int:
    """Delete what no longer opens a window; the count. Until a rule is loaded everything that is a day old goes."""
    window = senders.free_text_window(at=now) or timedelta(days=1)
    count, _by_model = LastInbound.objects.filter(last_at__lte=now - window).delete()
    return count


def forget_address(*, address: str, **_told: object) -> None:
    """Fills ``ports.address_left``: when an address leaves a person, erasure included, so does when it last wrote."""
    if address:
        LastInbound.objects.filter(address_key__in=addresses.address_keys(address)).delete()
