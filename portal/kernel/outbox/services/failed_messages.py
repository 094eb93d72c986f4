"""What a person decides about a message that could not be sent, and who read the words of one."""

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import answers, clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.enqueue import enqueue
from portal.kernel.core.errors import Refused
from portal.kernel.core.state_transitions import move
from portal.kernel.outbox import audit_events
from portal.kernel.outbox.choices import MOVES, MessageState
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import message_content


def retry(*, message: Message, actor: Actor) -> None:
    """Try a failed message again, with as many attempts as a new one. Its Message-ID and its key stay the same.

    Raises Refused when the message has not failed.
    """
    _require_dead(message)
    with transaction.atomic():
        move(
            message,
            MessageState.DUE,
            moves=MOVES,
            next_attempt_at=clock.now(),
            attempts_allowed=F("attempts") + settings.OUTBOX_ATTEMPTS,
        )
        audit_events.record_act(AuditKind.OUTBOX_MESSAGE_RETRIED, message, actor=actor)
        enqueue("portal.outbox.tasks.deliver_message", message.pk)


def close(*, message: Message, actor: Actor) -> None:
    """Give a failed message up: nothing more is sent. Raises Refused when the message has not failed."""
    _require_dead(message)
    with transaction.atomic():
        move(message, MessageState.CLOSED, moves=MOVES, next_attempt_at=None)
        audit_events.record_act(AuditKind.OUTBOX_MESSAGE_ABANDONED, message, actor=actor)


def read(*, message: Message, purpose: str, ticket: str, actor: Actor) -> message_content.Text:
    """The words of a message for a member of staff; who opened it, why and for what is an audit event.

    Codes, keys and links that open something are dots: whoever reads those may act as the person. Raises NotFound when
    the words were erased.
    """
    text = message_content.text_of(message).without_keys()
    with transaction.atomic():
        answers.record_opened.ask(
            actor=actor,
            about=f"outbox.message:{message.reference}",
            subject_ref=message.subject_ref,
            purpose=purpose,
            ticket=ticket,
        )
    return text


def _require_dead(message: Message) -> None:
    if message.state != MessageState.DEAD:
        raise Refused(_("Only a message that has failed waits for a decision."), code="NOT_FAILED")
