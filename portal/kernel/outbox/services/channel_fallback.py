"""An essential message that cannot be delivered on its channel goes by another one of the person."""

from collections.abc import Iterator
from datetime import datetime

import structlog
from django.db import IntegrityError, transaction

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import actor, clock
from portal.kernel.core.enqueue import enqueue
from portal.kernel.core.errors import NotFound, Unavailable
from portal.kernel.law.category_order import strictest
from portal.kernel.law.channels import ADDRESS_KIND, BROWSER, DESCRIPTIONS, FALLBACK
from portal.kernel.law.choices import Channel
from portal.kernel.outbox import audit_events, delivery_rules, templates
from portal.kernel.outbox.channels import registry
from portal.kernel.outbox.choices import Outcome
from portal.kernel.outbox.models import Delivery, Message, PushSubscription
from portal.kernel.outbox.services import faults, message_content, messages
from portal.kernel.people.models import ContactPoint, Principal, User
from portal.kernel.people.selectors import refs_of

log = structlog.get_logger(__name__)

SENDER = actor.system("portal.outbox.moving")
_SAME = ("kind", "subject_ref", "fiduciary", "language", "purpose", "about")


def by_another_channel(message: Message, *, now: datetime) -> Message | None:
    """Post the same news on the next channel on which the person is reached, in the caller's transaction, which holds
    the message's row.

    The template is filled anew for that channel, with the values of the first message. None for a message that is
    promotional or bound to its channel, was moved before, has lost its words (or is losing them at this moment), or is
    for somebody without another way: a confirmed address with nothing against it, a browser that shows notices, a
    login. The new message asks the send gate like any other.
    """
    if message.only_here or not delivery_rules.is_essential(message.category):
        return None
    # Read again: what the caller has may be older than an erasure.
    fresh = Message.objects.get(pk=message.pk)
    if hasattr(fresh, "moved_to"):
        return None
    try:
        new = _first_free(fresh, message_content.text_of(fresh), now)
    except (NotFound, Unavailable):
        return None
    except templates.TemplateFault:
        log.error("outbox.not_moved", message=message.reference, kind=message.kind)  # noqa: TRY400 - it may quote a value
        return None
    if new is None:
        return None
    Delivery.objects.create(
        message=message,
        attempt=message.attempts,
        outcome=Outcome.MOVED,
        code=new.channel.upper(),
        happened_at=clock.now(),
    )
    audit_events.record_act(AuditKind.OUTBOX_MESSAGE_MOVED, new, actor=SENDER)
    enqueue("portal.outbox.tasks.deliver_message", new.pk)
    return new


def _first_free(message: Message, words: message_content.Text, now: datetime) -> Message | None:
    for channel, address in _ways(message):
        try:
            with transaction.atomic():
                return _post(message, words, channel, address, now)
        except IntegrityError:
            # Another message with this news failed at this instant and goes there: each channel carries it once.
            continue
    return None


def _post(message: Message, words: message_content.Text, channel: Channel, address: str, now: datetime) -> Message:
    template = templates.load(message.kind, message.language)
    named = [message.category, template.category] if template.category else [message.category]
    new = Message.objects.create(
        **{name: getattr(message, name) for name in _SAME},
        **messages.new_identity(now),
        channel=channel,
        category=strictest(named),
        category_is_disputed=message.category_is_disputed or len(set(named)) > 1,
        template_sha256=template.sha256,
        template_language=template.language,
        instead_of=message,
    )
    messages.keep(new, template, words.variables, address, now)
    return new


def _ways(message: Message) -> Iterator[tuple[Channel, str]]:
    """Channels not yet used for this news on which the person is reached, with the address there."""
    refs = refs_of(message.subject_ref)
    person = Principal.objects.filter(subject__ref__in=refs).first()
    if person is None:
        return
    used = Message.objects.filter(kind=message.kind, about=message.about, subject_ref=message.subject_ref)
    tried = set(used.values_list("channel", flat=True))
    for channel in map(Channel, FALLBACK):
        if channel in tried or not registry.is_set_up(channel):
            continue
        if channel in ADDRESS_KIND:
            address = _address(person, channel)
            if address:
                yield channel, address
        elif DESCRIPTIONS[channel].reaches == BROWSER:
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
