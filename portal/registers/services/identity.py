"""Under whose name a message goes: the entity and the header or number that two people registered for its sender."""

from portal.core import clock
from portal.law.states import Channel, MessageCategory
from portal.outbox import identity
from portal.outbox.channels.protocol import SenderIdentity
from portal.people.models import Fiduciary
from portal.registers.models import Sender
from portal.registers.selectors import senders
from portal.registers.states import SENDERS_OF_CHANNEL

#: Policy and security goes under a header of the mildest category there is (TRAI suffix -T, else -S).
_CARRIES = {
    MessageCategory.POLICY_AND_SECURITY: (MessageCategory.TRANSACTIONAL, MessageCategory.SERVICE),
}


def registered(*, fiduciary: str, channel: str, category: str, kind: str, language: str) -> SenderIdentity:
    """Fills ``hooks.sender_identity``. What no register holds comes from the settings, for the own fiduciary's messages."""
    told = identity.from_settings(fiduciary=fiduciary, channel=channel, category=category, kind=kind, language=language)
    kinds = SENDERS_OF_CHANNEL.get(Channel(channel), ())
    whose = Fiduciary.objects.filter(code=fiduciary).first() if kinds else None
    if whose is None:
        return told
    at = clock.now()
    entity = senders.entity_of(whose, at=at)
    named = list(
        senders.in_force(Sender.objects.filter(fiduciary=whose, kind__in=kinds), at=at).order_by("starts_at", "pk")
    )
    wanted = _CARRIES.get(MessageCategory(category), (category,))
    header = next((row.value for one in wanted for row in named if one in row.carries), "")
    return SenderIdentity(
        entity_id=entity.entity_id if entity else told.entity_id,
        header=header or told.header,
        template_id=told.template_id,
    )
