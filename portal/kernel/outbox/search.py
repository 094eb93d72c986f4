"""What of this room a search finds: messages, by the address they went to."""

from django.utils.translation import gettext_lazy as _

from portal.kernel.core.search_api import Asked, Found, Hits
from portal.kernel.outbox.models import Message


def find(asked: Asked) -> Found:
    """Answers ``ports.finders``; messages by their own references are found by ``Record.prefix``."""
    if asked.address:
        rows = Message.objects.filter(destination__address_key__in=asked.address_keys)
        yield Hits("outbox.Message", _("by the address"), rows)
