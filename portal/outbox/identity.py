"""Under whose name the own messages go, by the settings: what the register of senders does not hold."""

from django.conf import settings

from portal.outbox.channels.protocol import SenderIdentity
from portal.people.models.fiduciaries import OWN_CODE


def from_settings(*, fiduciary: str, channel: str, category: str, kind: str, language: str) -> SenderIdentity:
    """What the settings say. A template without a number of its own language goes under the kind's number."""
    if fiduciary != OWN_CODE:  # a client's messages never go under our name
        return SenderIdentity()
    headers, templates = settings.OUTBOX_HEADERS, settings.OUTBOX_TEMPLATE_IDS
    return SenderIdentity(
        entity_id=settings.OUTBOX_ENTITY_ID,
        header=headers.get(category, ""),
        template_id=templates.get(f"{kind}.{language}", templates.get(kind, "")),
    )
