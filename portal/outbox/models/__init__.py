"""Tables of the outbox."""

from portal.outbox.models.delivery import Delivery
from portal.outbox.models.fault import AddressFault
from portal.outbox.models.message import DeliveryAddress, Message, MessageBody
from portal.outbox.models.push import PushSubscription
from portal.outbox.models.received import ReceivedWebhook
from portal.outbox.models.template import TemplateVersion

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
