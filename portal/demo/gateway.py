"""The demonstration's own gateway: SMS, WhatsApp, RCS, calls and notices lie in the mailbox, and are reported delivered."""

from portal.kernel.core.enqueue import enqueue
from portal.kernel.outbox import mailbox
from portal.kernel.outbox.channels.protocol import Accepted, Outgoing
from portal.kernel.outbox.channels.push import PushChannel as WebPush


class MailboxChannel:
    """Every channel that a gateway would carry."""

    takes_idempotency_key = True

    def send(self, outgoing: Outgoing) -> Accepted:
        mailbox.keep(outgoing)
        enqueue("portal.demo.tasks.report_delivered", outgoing.reference)
        return Accepted(f"demo-{outgoing.idempotency_key}")


class WebhookChannel:
    """The recipients of the story: each takes what it is told, and most of them answer."""

    takes_idempotency_key = True

    def send(self, outgoing: Outgoing) -> Accepted:
        enqueue("portal.demo.tasks.recipient_answers", outgoing.reference)
        return Accepted()


class PushChannel:
    """In the mailbox for everybody to see, and in the browsers that were really switched on."""

    takes_idempotency_key = True

    def send(self, outgoing: Outgoing) -> Accepted:
        mailbox.keep(outgoing)
        return WebPush().send(outgoing)
