"""Letting go of the words and addresses of messages; that a message was sent, when and why stays."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.erasure_api import Kept, Record, of_days
from portal.kernel.outbox.choices import MessageState
from portal.kernel.outbox.models import AddressFault, DeliveryAddress, Message, MessageBody, PushSubscription
from portal.kernel.vault.choices import RetentionClass
from portal.kernel.vault.services import files

#: A message that waits is not at its end, however old.
WAITING = (MessageState.DUE, MessageState.SENDING)


class MessageTexts:
    """The text as sent and the address it went to. Their period counts from the day the message was posted."""

    name = "outbox.texts"
    label = _("Words and addresses of messages")
    retention_class = RetentionClass.MESSAGE
    covers = ("outbox.MessageBody", "outbox.DeliveryAddress", "outbox.AddressFault")

    def kept(self, *, before: datetime) -> Iterable[Kept]:
        """Messages of each subject, posted before and no longer waiting, whose words are still there."""
        counted: Counter[UUID] = Counter()
        for rows in (self._messages(before), _faults(before)):
            found = rows.values_list("subject_ref").annotate(count=Count("pk")).order_by("subject_ref")
            counted.update(dict(found.iterator()))
        return (Kept(subject_ref, count) for subject_ref, count in sorted(counted.items(), key=str))

    def records(self, *, subject_refs: Iterable[UUID]) -> Iterable[Record]:
        refs = list(subject_refs)
        messages = Message.objects.filter(subject_ref__in=refs, text__isnull=False).order_by("created_at")
        faults = AddressFault.objects.filter(subject_ref__in=refs).order_by("noted_at")
        yield from of_days(messages.values_list("subject_ref", "created_at").iterator())
        yield from of_days(faults.values_list("subject_ref", "noted_at").iterator())

    def erase(self, *, subject_ref: UUID, before: datetime | None) -> int:
        """Delete the rows; with ``before=None`` the key ends too, and with it every copy in old backups."""
        with transaction.atomic():
            # Whoever tells what became of a message, or sends it another way, holds its row: they are done, or come later.
            list(Message.objects.select_for_update().filter(subject_ref=subject_ref).order_by("pk").values_list("pk"))
            messages = self._messages(before).filter(subject_ref=subject_ref)
            count, _by_model = MessageBody.objects.filter(message__in=messages.values("pk")).delete()
            DeliveryAddress.objects.filter(message__subject_ref=subject_ref).exclude(
                message__in=MessageBody.objects.values("message")
            ).delete()
            count += int(_faults(before).filter(subject_ref=subject_ref).delete()[0])
            if before is None:
                files.shred(subject_ref=subject_ref, retention_class=self.retention_class)
        return count

    def _messages(self, before: datetime | None) -> QuerySet[Message]:
        messages = Message.objects.filter(text__isnull=False)
        if before is None:
            return messages
        return messages.filter(created_at__lt=before).exclude(state__in=WAITING)


def _faults(before: datetime | None) -> QuerySet[AddressFault]:
    faults = AddressFault.objects.all()
    return faults if before is None else faults.filter(noted_at__lt=before)


class PushSubscriptions:
    """Browsers that show notices. Their period counts from the last notice that one took."""

    name = "outbox.push_subscriptions"
    label = _("Browsers that show notices")
    retention_class = "sign_in"
    covers = ("outbox.PushSubscription",)

    def kept(self, *, before: datetime) -> Iterable[Kept]:
        found = _browsers(before).values_list("subject_ref").annotate(count=Count("pk")).order_by("subject_ref")
        return (Kept(subject_ref, count) for subject_ref, count in found.iterator())

    def records(self, *, subject_refs: Iterable[UUID]) -> Iterable[Record]:
        found = PushSubscription.objects.filter(subject_ref__in=list(subject_refs)).order_by("used_at")
        return of_days(found.values_list("subject_ref", "used_at").iterator())

    def erase(self, *, subject_ref: UUID, before: datetime | None) -> int:
        """Delete the rows; nothing of a browser stays."""
        return int(_browsers(before).filter(subject_ref=subject_ref).delete()[0])


def _browsers(before: datetime | None) -> QuerySet[PushSubscription]:
    browsers = PushSubscription.objects.all()
    return browsers if before is None else browsers.filter(used_at__lt=before)
