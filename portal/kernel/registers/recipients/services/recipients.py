"""Registering who gets people's data, by two people; the secrets we share with them; trying whether they can be reached."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import addresses, clock, field_changes, http_client, webhook_signatures
from portal.kernel.core.actor import Actor
from portal.kernel.core.data_categories import DataCategory
from portal.kernel.core.errors import IllegalMove, PortalError
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import Channel
from portal.kernel.outbox.channels import registry
from portal.kernel.outbox.channels.protocol import ChannelFailure, Outgoing
from portal.kernel.outbox.choices import WEBHOOK
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.services import maker_checker
from portal.kernel.registers.base.choices import AddressForm, RecipientKind
from portal.kernel.registers.base.permissions import Act
from portal.kernel.registers.base.services.entry_fields import at_field, filled
from portal.kernel.registers.recipients.models.recipients import Recipient, RecipientSecret
from portal.kernel.registers.recipients.selectors import recipients
from portal.kernel.registers.senders.services import sender_entries

_CODE: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
#: What a test says: nothing about anybody.
TEST = "recipients.test"


def propose(
    *,
    fiduciary: Fiduciary,
    code: str,
    name: str,
    kind: str,
    purposes: Iterable[str],
    channels: Iterable[str],
    used_categories: Iterable[str],
    country: str,
    contact: str,
    url: str,
    address_form: str = AddressForm.PLAIN,
    starts_at: datetime,
    actor: Actor,
    now: datetime,
) -> Recipient:
    """Propose a recipient of one fiduciary's data. Nothing is told to it before another person agrees, and nobody can
    agree before its papers hold (``services.entry_validation``). A service (a bank, a host) works on no channel and may have no
    webhook: then people tell it.

    Raises Refused for a code, country, contact or webhook address that is none, for a code or address that another recipient
    has or waits for, for no purpose, channel or kind of data or one that does not exist; NotAllowed.
    """
    if not _CODE.fullmatch(code):
        raise at_field(
            "code", _("Enter a code of lower-case letters, digits and hyphens, like dialer-one."), code="CODE_FORMAT"
        )
    if not _COUNTRY.fullmatch(country):
        raise at_field("country", _("Choose the country where the data is stored."), code="COUNTRY_FORMAT")
    is_service = kind == RecipientKind.SERVICE
    in_use = {purpose.code for purpose in law.purposes_in_force(on=clock.day(now))}
    fields = {
        "code": code,
        "name": filled(name, str(_("Enter the recipient's name: people will see it."))),
        "kind": str(RecipientKind(kind)),
        "purposes": _chosen("purposes", purposes, in_use, _("Choose what the recipient uses the data for.")),
        "channels": _chosen(
            "channels",
            [Channel.NONE] if is_service else channels,
            set(Channel.values),
            _("Choose the channels the recipient works on."),
        ),
        "used_categories": _chosen(
            "used_categories",
            used_categories,
            set(DataCategory) - {DataCategory.NONE},
            _("Choose which kinds of data it gets."),
        ),
        "country": country,
        "contact": addresses.normalise(addresses.EMAIL, contact),
        "url": "" if is_service and not url.strip() else _webhook_address(url),
        "address_form": str(AddressForm(address_form)),
    }
    with transaction.atomic():
        return sender_entries.propose(
            Recipient,
            act=Act.RECIPIENT_REGISTER,
            fiduciary=fiduciary,
            starts_at=starts_at,
            fields=fields,
            actor=actor,
            now=now,
        )


def _chosen(field: str, given: Iterable[str], known: Iterable[str], message: object) -> list[str]:
    chosen = {str(each) for each in given}
    if not chosen or not chosen <= set(known):
        raise at_field(field, message, code="CHOICE_MISSING")
    return sorted(chosen)


def _webhook_address(text: str) -> str:
    """The address as it is kept. Whether the name behind it is a public one is seen at each attempt, not once here."""
    url = text.strip()
    try:
        parts = urlsplit(url)
        is_fit = bool(parts.hostname) and parts.username is None and not parts.fragment and parts.port != 0
    except ValueError:
        raise at_field("url", _WRONG_ADDRESS, code="WEBHOOK_ADDRESS") from None
    named = parts.netloc in settings.OUTBOX_WEBHOOK_SECRETS
    if not is_fit or len(url) > 500 or (parts.scheme != "https" and not named):
        raise at_field("url", _WRONG_ADDRESS, code="WEBHOOK_ADDRESS")
    if not named and not _may_be_public(parts.hostname or ""):
        raise at_field(
            "url",
            _("This address is inside a network. Only the operator can name such a host."),
            code="PRIVATE_ADDRESS",
        )
    return url


_WRONG_ADDRESS = _("Enter the address of the recipient's system with https://, without a user name.")


def _may_be_public(host: str) -> bool:
    try:
        return http_client.is_public(host)
    except ValueError:  # a name: looked up at each attempt
        return "." in host


def new_secret(recipient: Recipient, *, actor: Actor, now: datetime) -> str:
    """Make a secret and give it, this one time, to who asked. Earlier ones hold on until ``end_older_secrets``.

    One transaction with its audit event. Raises IllegalMove for an entry that was not agreed to, NotAllowed.
    """
    person = maker_checker.person_of(actor)
    if recipient.checked_at is None or recipient.ends_at is not None or recipient.answer != Answer.APPROVED:
        raise IllegalMove(_("This recipient is not valid: it was not approved, or has ended."))
    text = webhook_signatures.new_secret()
    with transaction.atomic():
        row = RecipientSecret.objects.create(recipient_code=recipient.code, secret=text, made_at=now, made_by=person)
        field_changes.watch_created(row)
        _record(AuditKind.REGISTERS_SECRET_MADE, recipient, actor=actor, now=now)
    return text


def end_older_secrets(recipient: Recipient, *, actor: Actor, now: datetime) -> int:
    """End every secret but the newest, once the recipient uses that one. Returns how many. Raises NotAllowed."""
    maker_checker.person_of(actor)
    with transaction.atomic():
        holding = RecipientSecret.objects.filter(recipient_code=recipient.code, ended_at=None)
        older = list(holding.order_by("-made_at", "-pk")[1:])
        for row in older:
            field_changes.watch_row(row)
        ended = holding.filter(pk__in=[row.pk for row in older]).update(ended_at=now)
        if ended:
            _record(AuditKind.REGISTERS_SECRET_ENDED, recipient, actor=actor, now=now, count=ended)
    return ended


def test(recipient: Recipient, *, actor: Actor, now: datetime) -> str:
    """Send a signed word about nobody and say what came of it: an empty text when it was taken, else a code.

    The one network call of this room, outside every transaction; its audit event follows. Raises NotAllowed.
    """
    maker_checker.person_of(actor)
    number = str(uuid4())
    outcome = ""
    try:
        registry.channel(WEBHOOK).send(
            Outgoing(
                reference=number,
                channel=WEBHOOK,
                category="",
                language="en",
                address=recipient.url,
                subject=TEST,
                body=f'{{"type":"{TEST}","timestamp":"{clock.stamp(now)}","data":{{"recipient":"{recipient.code}"}}}}',
                kind=TEST,
                idempotency_key=number,
            )
        )
    except (ChannelFailure, PortalError) as failure:
        outcome = failure.code
    with transaction.atomic():
        _record(
            AuditKind.REGISTERS_RECIPIENT_TESTED, recipient, actor=actor, now=now, reason_code=outcome or "ANSWERED"
        )
    return outcome


def _record(
    kind: AuditKind, recipient: Recipient, *, actor: Actor, now: datetime, **more: str | int | bool | None
) -> None:
    facts: dict[str, str | int | bool | None] = {"recipient": recipient.code, **more}
    audit.record(kind, actor=actor, about=f"registers.recipient:{recipient.pk}", facts=facts, at=now)


def secrets_now(*, url: str) -> list[str]:
    """Registered in ``ports.webhook_secrets``."""
    return recipients.secrets_for(url=url, at=clock.now())
