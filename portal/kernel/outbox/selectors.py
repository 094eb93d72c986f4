"""What a person may read of the messages to them."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core.errors import BadReference, NotFound
from portal.kernel.core.ids import parse_reference
from portal.kernel.outbox import audit_events
from portal.kernel.outbox.channels import registry
from portal.kernel.outbox.choices import LEFT, WITHOUT_ADDRESS
from portal.kernel.outbox.models import DeliveryAddress, Message

#: A push notice only says that there is something to read: its words stand here too.
READ_HERE = tuple(WITHOUT_ADDRESS)


def masked_at(keys: Iterable[bytes]) -> str:
    """The mask of an address that a message went to; empty where nothing went there, or it was erased since."""
    found = DeliveryAddress.objects.filter(address_key__in=list(keys)).order_by("-pk").first()
    return found.masked if found is not None else ""


def masks_at(keys: Iterable[bytes]) -> dict[bytes, str]:
    """The masks of the addresses with these keys, as far as a message went there and is still kept. One statement."""
    found = DeliveryAddress.objects.filter(address_key__in=list(keys)).order_by("pk")
    return {bytes(key): masked for key, masked in found.values_list("address_key", "masked")}


def can_send(channel: str) -> bool:
    """Whether this installation has a way out on the channel."""
    return registry.is_set_up(channel)


def in_dashboard(refs: Iterable[UUID]) -> QuerySet[Message]:
    """The dashboard messages of a subject under any of its references, newest first; those whose words still exist."""
    messages = Message.objects.filter(subject_ref__in=list(refs), channel__in=READ_HERE, state__in=LEFT)
    return messages.filter(text__isnull=False).select_related("text").order_by("-sent_at", "-pk")


def dashboard_message(refs: Iterable[UUID], reference: str) -> Message:
    """One of them. Raises NotFound for a message to somebody else, as for one that does not exist."""
    try:
        canonical = parse_reference(reference, "MS")
    except BadReference:
        canonical = ""
    message = in_dashboard(refs).filter(reference=canonical).first()
    if message is None:
        raise NotFound("Message not found.")
    return message


def told_late(*, since: datetime) -> list[str]:
    """The references of messages that were believed unsent until a report, taken after ``since``, told that they had left."""
    told = AuditEvent.objects.filter(
        kind=AuditKind.OUTBOX_MESSAGE_SENT, actor_ref=audit_events.REPORTER.ref, at__gt=since
    ).values_list("facts", flat=True)
    return [str(facts["message"]) for facts in told.iterator()]
