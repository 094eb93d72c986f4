"""Addresses that do not work on a channel: noted by a bounce or a complaint, forgotten when they prove to work."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import actor, addresses
from portal.kernel.core.actor import Actor
from portal.kernel.outbox import audit_events
from portal.kernel.outbox.choices import FaultReason
from portal.kernel.outbox.models import AddressFault, DeliveryAddress, Message

REPORTER = actor.system("portal.outbox.faults")


def note(message: Message, *, reason: FaultReason, code: str, now: datetime) -> None:
    """Keep, in the caller's transaction, that the message's address does not work. Nothing for an erased address.

    The address is read again and locked: an erasure came first and left nothing to note, or comes after and ends this.
    """
    held = DeliveryAddress.objects.select_for_update().filter(message=message).first()
    if held is None:
        return
    _fault, is_new = AddressFault.objects.get_or_create(
        address_key=bytes(held.address_key),
        channel=message.channel,
        reason=reason,
        message=message,
        defaults={"subject_ref": message.subject_ref, "code": code[:40], "noted_at": now},
    )
    if is_new:
        audit_events.record_act(AuditKind.OUTBOX_ADDRESS_FAILED, message, actor=REPORTER)


def any_on(channel: str) -> bool:
    """Whether anything is known against any address on a channel: spares most messages the decrypting of theirs."""
    return AddressFault.objects.filter(channel=channel).exists()


def stand(*, address: str, channel: str) -> bool:
    """Whether something is known against a normalised address on a channel."""
    keys = addresses.address_keys(address)
    return AddressFault.objects.filter(address_key__in=keys, channel=channel).exists()


def among(places: Mapping[int, str], *, channel: str) -> set[int]:
    """Which of the messages (key and normalised address) go to an address with something against it on the channel."""
    keys_of = addresses.hasher()
    messages_at: dict[bytes, list[int]] = {}
    for pk, address in places.items():
        for key in keys_of(address) if address else ():
            messages_at.setdefault(key, []).append(pk)
    found = AddressFault.objects.filter(address_key__in=list(messages_at), channel=channel)
    return {pk for key in found.values_list("address_key", flat=True) for pk in messages_at[bytes(key)]}


def forget(
    *,
    kind: str,
    address: str,
    channels: Iterable[str] | None = None,
    reasons: Iterable[FaultReason] = FaultReason,
    actor: Actor = REPORTER,
    before: datetime,
) -> int:
    """The address was shown to work: what was noted against it ``before`` no longer counts. Returns how many.

    Rows and audit events in one transaction. What happened stays told by the delivery facts of the messages.
    """
    keys = addresses.address_keys(addresses.normalise(kind, address))
    found = AddressFault.objects.filter(address_key__in=keys, reason__in=list(reasons), noted_at__lte=before)
    if channels is not None:
        found = found.filter(channel__in=list(channels))
    with transaction.atomic():
        rows = list(found.select_for_update(of=("self",)).select_related("message").order_by("pk"))
        AddressFault.objects.filter(pk__in=[row.pk for row in rows]).delete()
        for row in rows:
            audit_events.record_cleared(row, actor=actor)
    return len(rows)


def confirmed(*, kind: str, address: str, actor: Actor, at: datetime, **_told: object) -> None:
    """Fills ``ports.address_confirmed``: whoever confirms an address again wants to be reached there, complaints or not."""
    forget(kind=kind, address=address, actor=actor, before=at)
