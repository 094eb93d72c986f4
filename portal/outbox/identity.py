"""Under whose name a message goes, from the settings: the own entity and its headers, until a register knows better."""

from django.conf import settings

from portal.outbox.channels.protocol import SenderIdentity


def from_settings(*, fiduciary: str, channel: str, category: str, kind: str, language: str) -> SenderIdentity:
    """Fills ``hooks.sender_identity``. A template without a number of its own language goes under the kind's number."""
    headers, templates = settings.OUTBOX_HEADERS, settings.OUTBOX_TEMPLATE_IDS
    return SenderIdentity(
        entity_id=settings.OUTBOX_ENTITY_ID,
        header=headers.get(category, ""),
        template_id=templates.get(f"{kind}.{language}", templates.get(kind, "")),
    )
