"""What the outbox asks of a broadcast's message at the moment at which it leaves, and under which template."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from consent.base.rules.broadcasts import CANCELLED, MAY_HAVE_ARRIVED, PAUSED, TAKEN_OVER, TEMPLATE_ENDED, TOLD_ALREADY
from consent.base.selectors.contact_rulebook import rulebook
from consent.broadcasts.choices import BroadcastState
from consent.broadcasts.models import Broadcast, BroadcastPerson
from consent.broadcasts.selectors.broadcasts import GAVE_UP, MAY_HAVE_LEFT
from consent.broadcasts.services import content
from consent.broadcasts.services.dispatch import KIND
from consent.decisions.services.contact_decisions import agreed
from portal.kernel.outbox.models import Delivery, DeliveryAddress, Message
from portal.kernel.people.models.fiduciaries import OWN_CODE
from portal.kernel.registers.senders.models.templates import ContentTemplate
from portal.kernel.registers.senders.services import sender_identity

_LABEL: Final = "consent.broadcast:"
#: A held message is asked about again; going on wakes it before that.
_LATER: Final = timedelta(minutes=1)


def still_wanted(*, messages: Sequence[Message], at: datetime) -> dict[int, tuple[str, datetime | None]]:
    """Registered in ``ports.leaving``: which messages of broadcasts may not leave, why, and when to ask again."""
    ours = [message for message in messages if message.kind == KIND]
    if not ours:
        return {}
    rows = BroadcastPerson.objects.select_related("broadcast").filter(message__in=ours)
    broadcasts = {line.message_id: line.broadcast for line in rows}
    held: dict[int, tuple[str, datetime | None]] = {}
    told = _told_since(ours)
    held_up: dict[tuple[int, str, str], bool] = {}
    for message in ours:
        broadcast = broadcasts.get(message.pk)
        if broadcast is None:
            held[message.pk] = TAKEN_OVER, None
        elif broadcast.state == BroadcastState.PAUSED:
            held[message.pk] = PAUSED, at + _LATER
        elif broadcast.state == BroadcastState.CANCELLED:
            has_left = Delivery.objects.filter(message=message, outcome__in=MAY_HAVE_LEFT).exists()
            held[message.pk] = MAY_HAVE_ARRIVED if has_left else CANCELLED, None
        elif message.channel in content.OF_TEMPLATES:
            place = (broadcast.pk, message.channel, message.template_language)
            if place not in held_up:
                held_up[place] = not _template_holds(broadcast, message, at)
            if held_up[place]:
                held[message.pk] = TEMPLATE_ENDED, None
        if message.pk in told:
            held.setdefault(message.pk, (TOLD_ALREADY, None))
    return held


def _told_since(messages: Sequence[Message]) -> set[int]:
    """Those after which somebody else at the same address got a message, for they had failed, and staff revived them."""
    again = {message.pk: message for message in messages if message.attempts > 1}
    if not again:
        return set()
    own = dict(DeliveryAddress.objects.filter(message__in=again).values_list("message_id", "address_key"))
    later = DeliveryAddress.objects.filter(
        address_key__in=list(own.values()),
        message__about__in={message.about for message in again.values()},
        message__pk__gt=min(again),
    ).exclude(message__state__in=GAVE_UP)
    places: dict[tuple[str, str, bytes], int] = {}
    for about, channel, key, pk in later.values_list("message__about", "message__channel", "address_key", "message_id"):
        place = (about, channel, bytes(key))
        places[place] = max(pk, places.get(place, 0))
    return {pk for pk, key in own.items() if places.get((again[pk].about, again[pk].channel, bytes(key)), 0) > pk}


def _template_holds(broadcast: Broadcast, message: Message, at: datetime) -> bool:
    """Whether the message may leave in its template, from the header that it would leave from, for its purpose."""
    template = _template(broadcast, message.channel, message.template_language)
    book = rulebook(at, purpose=broadcast.purpose, fiduciary=OWN_CODE)
    own, terms = book.fiduciaries.get(OWN_CODE), book.purposes.get(broadcast.purpose)
    if template is None or own is None or terms is None:
        return False
    header = sender_identity.registered(
        fiduciary=OWN_CODE,
        channel=message.channel,
        category=message.category,
        kind=message.kind,
        language=message.template_language,
        about=message.about,
    ).header
    if not header and template.senders.exists():
        return False  # none of those that the text is registered for is valid any longer
    _category, refusal, _versions = agreed(terms, own, message.channel, header, template.template_id, at)
    return refusal is None


def template_of(*, about: str, channel: str, language: str) -> str:
    """Fills ``answers.message_template``: the template's id, empty for what is no broadcast or needs none."""
    if not about.startswith(_LABEL) or channel not in content.OF_TEMPLATES:
        return ""
    row = Broadcast.objects.filter(reference=about.removeprefix(_LABEL)).first()
    template = _template(row, channel, language) if row is not None else None
    return template.template_id if template is not None else ""


def _template(broadcast: Broadcast, channel: str, language: str) -> ContentTemplate | None:
    return broadcast.templates.filter(channel=channel, language=language).order_by("pk").first()
