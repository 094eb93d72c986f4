"""Tables of the outbox."""

from portal.outbox.models.delivery import Delivery
from portal.outbox.models.message import DeliveryAddress, Message, MessageBody
from portal.outbox.models.template import TemplateVersion

__all__ = ["Delivery", "DeliveryAddress", "Message", "MessageBody", "TemplateVersion"]
