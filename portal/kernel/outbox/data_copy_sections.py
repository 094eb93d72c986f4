"""What we wrote to a person, for the bundle of their own data."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.kernel.core.errors import NotFound
from portal.kernel.outbox.choices import WEBHOOK
from portal.kernel.outbox.models import AddressFault, Message, PushSubscription
from portal.kernel.outbox.services import message_content


class MessageSection:
    """Registered in ``ports.sections``."""

    name = "messages"
    label = gettext_lazy("Messages we sent you")
    covers = ("outbox.AddressFault", "outbox.DeliveryAddress", "outbox.Message")

    def collect(self, *, subject_refs: Iterable[UUID]) -> list[dict[str, Any]]:
        """One record per message, the oldest first; the words of erased ones are gone and the record says so.

        Then why an address is not used on a channel any more.
        """
        refs = list(subject_refs)
        messages = Message.objects.filter(subject_ref__in=refs).exclude(channel=WEBHOOK)
        faults = AddressFault.objects.filter(subject_ref__in=refs).select_related("message").order_by("noted_at", "pk")
        return [
            *(_record(one) for one in messages.select_related("text", "destination").order_by("created_at", "pk")),
            *(_fault(row) for row in faults),
        ]


def _fault(row: AddressFault) -> dict[str, Any]:
    return {
        "address_not_used_on": row.get_channel_display(),
        "because": row.get_reason_display(),
        "after_message": row.message.reference,
        "at": row.noted_at.isoformat(),
    }


def _record(message: Message) -> dict[str, Any]:
    try:
        text = message_content.text_of(message)
        words = {"subject": text.subject, "body": text.body, "to": message_content.address_of(message)}
    except NotFound:
        words = {"erased": _("The words and the address of this message were erased when their time was over.")}
    return {
        "reference": message.reference,
        "channel": message.get_channel_display(),
        "category": message.get_category_display(),
        "purpose": message.purpose,
        "state": message.get_state_display(),
        "posted_at": message.created_at.isoformat(),
        "sent_at": message.sent_at.isoformat() if message.sent_at else None,
        **words,
    }


class BrowserSection:
    """Registered in ``ports.sections``."""

    name = "browsers"
    label = gettext_lazy("Browsers that show you notices")
    covers = ("outbox.PushSubscription",)

    def collect(self, *, subject_refs: Iterable[UUID]) -> list[dict[str, Any]]:
        """One record per browser, without its keys: with them anybody could write to it."""
        rows = PushSubscription.objects.filter(subject_ref__in=list(subject_refs)).order_by("made_at", "pk")
        return [
            {"browser": row.browser, "since": row.made_at.isoformat(), "last_used": row.used_at.isoformat()}
            for row in rows
        ]
