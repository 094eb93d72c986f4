"""What the outbox asks of a broadcast's message at the moment at which it leaves, and under which template."""

from datetime import datetime, timedelta
from typing import Final

from consent.models import Broadcast, BroadcastPerson
from consent.models.broadcast_states import BroadcastState
from consent.rules.broadcasts import (
    CANCELLED,
    MAY_HAVE_ARRIVED,
    PAUSED,
    TAKEN_OVER,
    TEMPLATE_ENDED,
    TOLD_ALREADY,
)
from consent.selectors.broadcasts import GAVE_UP, MAY_HAVE_LEFT
from consent.services.broadcasts import wording
from consent.services.broadcasts.sending import KIND
from portal.outbox.models import Delivery, DeliveryAddress, Message
from portal.people.models import Fiduciary
from portal.people.models.fiduciaries import OWN_CODE
from portal.registers.models import ContentTemplate
from portal.registers.selectors import senders

_LABEL: Final = "consent.broadcast:"
#: A held message is asked about again; going on wakes it before that.
_LATER: Final = timedelta(minutes=1)


def still_wanted(*, message: Message, at: datetime) -> tuple[str, datetime | None] | None:
    """Registered in ``hooks.leaving``: why a message of a broadcast may not leave, and when to ask again; None: it may."""
    if message.kind != KIND:
        return None
    line = BroadcastPerson.objects.select_related("broadcast").filter(message=message).first()
    if line is None:
        return TAKEN_OVER, None
    if line.broadcast.state == BroadcastState.PAUSED:
        return PAUSED, at + _LATER
    if line.broadcast.state == BroadcastState.CANCELLED:
        has_left = Delivery.objects.filter(message=message, outcome__in=MAY_HAVE_LEFT).exists()
        return MAY_HAVE_ARRIVED if has_left else CANCELLED, None
    if message.channel in wording.OF_TEMPLATES and not _template_holds(line.broadcast, message, at):
        return TEMPLATE_ENDED, None
    return (TOLD_ALREADY, None) if message.attempts > 1 and _is_told_since(message) else None


def _is_told_since(message: Message) -> bool:
    """Whether somebody else at the same address got a message after this one had failed, which staff revived."""
    own = DeliveryAddress.objects.filter(message=message).values_list("address_key", flat=True).first()
    later = Message.objects.filter(
        about=message.about, channel=message.channel, pk__gt=message.pk, destination__address_key=own
    )
    return own is not None and later.exclude(state__in=GAVE_UP).exists()


def _template_holds(broadcast: Broadcast, message: Message, at: datetime) -> bool:
    template = _template(broadcast, message.channel, message.template_language)
    own = Fiduciary.objects.filter(code=OWN_CODE).values_list("pk", flat=True).first()
    if template is None or own is None:
        return False
    # Read in memory, as by the send gate.
    said = senders.sending(fiduciary=own, channel=message.channel, template=template.template_id, at=at)
    return not said.refusal


def template_of(*, about: str, channel: str, language: str) -> str:
    """Fills ``hooks.message_template``: the template's id, empty for what is no broadcast or needs none."""
    if not about.startswith(_LABEL) or channel not in wording.OF_TEMPLATES:
        return ""
    row = Broadcast.objects.filter(reference=about.removeprefix(_LABEL)).first()
    template = _template(row, channel, language) if row is not None else None
    return template.template_id if template is not None else ""


def _template(broadcast: Broadcast, channel: str, language: str) -> ContentTemplate | None:
    return broadcast.templates.filter(channel=channel, language=language).order_by("pk").first()
