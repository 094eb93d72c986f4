"""A message made ready for its channel."""

from portal.kernel.core import answers
from portal.kernel.outbox.channels.protocol import Outgoing, SenderIdentity
from portal.kernel.outbox.choices import WEBHOOK
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import message_content

#: Senders that were looked up already, by what they depend on.
Known = dict[tuple[str, ...], SenderIdentity]


def outgoing(message: Message, text: message_content.Text, address: str, *, known: Known | None = None) -> Outgoing:
    """The message with its words, its address and the name of its sender, as a channel takes it. Reads only.

    ``known`` is filled for the next ones of a batch: messages about one thing go under one name.
    """
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
        sender=SenderIdentity() if message.channel == WEBHOOK else _sender(message, {} if known is None else known),
        idempotency_key=str(message.idempotency_key),
        message_id=message.message_id,
        one_click=str(answers.one_click_url.ask(reference=message.reference, category=message.category)),
    )


def _sender(message: Message, known: Known) -> SenderIdentity:
    asked = {
        "fiduciary": message.fiduciary,
        "channel": message.channel,
        "category": message.category,
        "kind": message.kind,
        "language": message.template_language,
        "about": message.about,
    }
    place = tuple(asked.values())
    if place not in known:
        known[place] = answers.sender_identity.ask(**asked) or SenderIdentity()
    return known[place]
