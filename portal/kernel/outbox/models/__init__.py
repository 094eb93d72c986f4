"""Tables of the outbox."""

from portal.kernel.outbox.models.delivery import Delivery
from portal.kernel.outbox.models.fault import AddressFault
from portal.kernel.outbox.models.inbound_webhook import ReceivedWebhook
from portal.kernel.outbox.models.message import DeliveryAddress, Message, MessageBody
from portal.kernel.outbox.models.push import PushSubscription
from portal.kernel.outbox.models.template import TemplateVersion

__all__ = [
    "AddressFault",
    "Delivery",
    "DeliveryAddress",
    "Message",
    "MessageBody",
    "PushSubscription",
    "ReceivedWebhook",
    "TemplateVersion",
]
