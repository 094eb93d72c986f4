"""A message made ready for its channel."""

from portal.core import hooks
from portal.outbox.channels.protocol import Outgoing, SenderIdentity
from portal.outbox.models import Message
from portal.outbox.services import reading
from portal.outbox.states import WEBHOOK


def outgoing(message: Message, text: reading.Text, address: str) -> Outgoing:
    """The message with its words, its address and the name of its sender, as a channel takes it. Reads only."""
    return Outgoing(
        reference=message.reference,
        channel=message.channel,
        category=message.category,
        language=message.template_language,
        address=address,
        subject=text.subject,
        body=text.body,
        kind=message.kind,
        subject_ref=message.subject_ref,
        variables=text.variables,
        sender=SenderIdentity() if message.channel == WEBHOOK else _sender(message),
        idempotency_key=str(message.idempotency_key),
        message_id=message.message_id,
        one_click=str(hooks.one_click_url.ask(reference=message.reference, category=message.category)),
    )


def _sender(message: Message) -> SenderIdentity:
    found: SenderIdentity | None = hooks.sender_identity.ask(
        fiduciary=message.fiduciary,
        channel=message.channel,
        category=message.category,
        kind=message.kind,
        language=message.template_language,
        about=message.about,
    )
    return found or SenderIdentity()
