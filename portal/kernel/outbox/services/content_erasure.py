"""Letting go of the words of one message before its period is over, where nobody needs them any more."""

from portal.kernel.outbox.models import Message, MessageBody


def forget_words(message: Message) -> None:
    """Delete the text of a message, in the caller's transaction. That it was sent, when and why stays."""
    MessageBody.objects.filter(message=message).delete()
