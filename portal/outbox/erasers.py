"""Letting go of the words and addresses of messages; that a message was sent, when and why stays."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from portal.core.erasing import Kept
from portal.outbox.models import DeliveryAddress, Message, MessageBody
from portal.outbox.states import MessageState
from portal.vault.services import files
from portal.vault.states import RetentionClass

#: A message that waits is not at its end, however old.
WAITING = (MessageState.DUE, MessageState.SENDING)


class MessageTexts:
    """The text as sent and the address it went to. Their period counts from the day the message was posted."""

    name = "outbox.texts"
    label = _("Words and addresses of messages")
    retention_class = RetentionClass.MESSAGE
    covers = ("outbox.MessageBody", "outbox.DeliveryAddress")

    def kept(self, *, before: datetime) -> Iterable[Kept]:
        """Messages of each subject, posted before and no longer waiting, whose words are still there."""
        found = self._messages(before).values_list("subject_ref").annotate(count=Count("pk")).order_by("subject_ref")
        return (Kept(subject_ref, count) for subject_ref, count in found.iterator())

    def erase(self, *, subject_ref: UUID, before: datetime | None) -> int:
        """Delete the rows; with ``before=None`` the key ends too, and with it every copy in old backups."""
        with transaction.atomic():
            messages = self._messages(before).filter(subject_ref=subject_ref)
            count, _by_model = MessageBody.objects.filter(message__in=messages.values("pk")).delete()
            DeliveryAddress.objects.filter(message__subject_ref=subject_ref).exclude(
                message__in=MessageBody.objects.values("message")
            ).delete()
            if before is None:
                files.shred(subject_ref=subject_ref, retention_class=self.retention_class)
        return count

    def _messages(self, before: datetime | None) -> QuerySet[Message]:
        messages = Message.objects.filter(text__isnull=False)
        if before is None:
            return messages
        return messages.filter(created_at__lt=before).exclude(state__in=WAITING)
