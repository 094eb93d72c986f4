"""An essential message that cannot be delivered on its channel goes by another one of the person."""

from collections.abc import Iterator
from datetime import datetime

from django.core.exceptions import ObjectDoesNotExist

from portal.audit.kinds import AuditKind
from portal.core import actor, clock
from portal.core.enqueue import enqueue
from portal.law.states import Channel
from portal.outbox import rules
from portal.outbox.channels import registry
from portal.outbox.models import Delivery, Message, MessageBody, PushSubscription
from portal.outbox.services import faults, posting, traces
from portal.outbox.states import ADDRESS_KIND, Outcome
from portal.people.models import ContactPoint, Principal, User
from portal.people.selectors import refs_of

SENDER = actor.system("portal.outbox.moving")
#: Written words first; the dashboard, which nobody looks at unasked, last.
ORDER = (
    Channel.EMAIL,
    Channel.SMS,
    Channel.WHATSAPP,
    Channel.RCS,
    Channel.PUSH,
    Channel.VOICE,
    Channel.DASHBOARD,
)
_SAME = (
    "kind",
    "subject_ref",
    "fiduciary",
    "language",
    "purpose",
    "category",
    "category_is_disputed",
    "about",
    "template_sha256",
    "template_language",
)


def by_another_channel(message: Message, *, now: datetime) -> Message | None:
    """Post the same words on the next channel on which the person is reached, in the caller's transaction.

    None for a message that is promotional or bound to its channel, was moved before, has lost its words, or is for
    somebody without another way: a confirmed address with nothing against it, a browser that shows notices, a login.
    The new message asks the send gate like any other.
    """
    if message.only_here or not rules.is_essential(message.category) or hasattr(message, "moved_to"):
        return None
    try:
        words = bytes(message.text.sealed)
    except ObjectDoesNotExist:
        return None
    way = next(_ways(message), None)
    if way is None:
        return None
    channel, address = way
    same = {name: getattr(message, name) for name in _SAME}
    new = Message.objects.create(**same, **posting.new_identity(now), channel=channel, instead_of=message)
    # Sealed for the same subject: the bytes may be kept as they are.
    MessageBody.objects.create(message=new, sealed=words, created_at=now)
    posting.keep_address(new, address, now)
    Delivery.objects.create(
        message=message, attempt=message.attempts, outcome=Outcome.MOVED, code=channel.upper(), happened_at=clock.now()
    )
    traces.record_act(AuditKind.OUTBOX_MESSAGE_MOVED, new, actor=SENDER)
    enqueue("portal.outbox.tasks.deliver_message", new.pk)
    return new


def _ways(message: Message) -> Iterator[tuple[Channel, str]]:
    """Channels not yet used for these words on which the person is reached, with the address there."""
    refs = refs_of(message.subject_ref)
    person = Principal.objects.filter(subject__ref__in=refs).first()
    if person is None:
        return
    used = Message.objects.filter(kind=message.kind, about=message.about, subject_ref=message.subject_ref)
    tried = set(used.values_list("channel", flat=True))
    for channel in ORDER:
        if channel in tried or not registry.is_set_up(channel):
            continue
        if channel in ADDRESS_KIND:
            address = _address(person, channel)
            if address:
                yield channel, address
        elif channel == Channel.PUSH:
            if PushSubscription.objects.filter(subject_ref__in=refs).exists():
                yield channel, ""
        elif User.objects.filter(principal=person, is_active=True).exists():
            yield channel, ""


def _address(person: Principal, channel: Channel) -> str:
    """The newest confirmed address of the person that has nothing against it on this channel."""
    held = ContactPoint.objects.filter(principal=person, kind=ADDRESS_KIND[channel], left_at=None)
    confirmed = held.exclude(verified_at=None).order_by("-added_at", "-pk")
    found = (contact.address for contact in confirmed)
    return next((address for address in found if not faults.stand(address=address, channel=channel)), "")
