"""Under whose name a message goes: the entity and the header or number that two people registered for its sender."""

from portal.kernel.core import answers, clock
from portal.kernel.law.choices import Channel
from portal.kernel.outbox import sender_identity
from portal.kernel.outbox.channels.protocol import SenderIdentity
from portal.kernel.people.models import Fiduciary
from portal.kernel.registers.base.choices import SENDERS_OF_CHANNEL
from portal.kernel.registers.senders.models.senders import Sender
from portal.kernel.registers.senders.models.templates import ContentTemplate
from portal.kernel.registers.senders.selectors import senders


def registered(
    *, fiduciary: str, channel: str, category: str, kind: str, language: str, about: str = ""
) -> SenderIdentity:
    """Fills ``answers.sender_identity``. What nobody registered is empty: a gateway that asks for it refuses the message."""
    kinds = SENDERS_OF_CHANNEL.get(Channel(channel), ())
    whose = Fiduciary.objects.filter(code=fiduciary).first() if kinds else None
    if whose is None:
        return SenderIdentity()
    at = clock.now()
    entity = senders.entity_of(whose, at=at)
    rows = senders.in_force(Sender.objects.filter(fiduciary=whose, kind__in=kinds), at=at)
    named = list(rows.order_by("starts_at", "pk"))
    chosen = str(answers.message_template.ask(about=about, channel=channel, language=language)) if about else ""
    if chosen:
        # A text is registered from certain senders: any other would be refused with it, also when those have ended.
        texts = senders.in_force(ContentTemplate.objects.filter(fiduciary=whose, channel=channel), at=at)
        only_from = set(texts.filter(template_id=chosen).values_list("senders", flat=True)) - {None}
        named = [row for row in named if row.pk in only_from] if only_from else named
    wanted = senders.carried_as(category)
    return SenderIdentity(
        entity_id=entity.entity_id if entity else "",
        header=next((row.value for one in wanted for row in named if one in row.carries), ""),
        template_id=chosen or sender_identity.template_id(fiduciary=fiduciary, kind=kind, language=language),
    )
