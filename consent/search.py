"""What of this room a search finds: answers, blocked addresses and messages that came in, by receipt or address."""

from django.utils.translation import gettext_lazy as _

from consent.collection.models.inbound_replies import InboundMessage
from consent.records.models.events import ConsentEvent
from consent.records.models.state import ConsentState
from consent.records.models.suppressions import Suppression
from portal.kernel.core.admin.search import query_of_keys
from portal.kernel.core.search_api import Asked, Found, Hits


def find(asked: Asked) -> Found:
    """Answers ``ports.finders``. An address may have many rows: their list is linked, by its keyed hash."""
    if asked.reference.startswith("OS-CR-"):
        rows = ConsentEvent.objects.filter(receipt__reference=asked.reference)
        yield Hits("consent.ConsentEvent", _("by their receipt"), rows, f"q={asked.reference}")
    if asked.address:
        by, query = _("by the address"), query_of_keys(asked.address_keys)
        for model in (ConsentState, ConsentEvent, Suppression, InboundMessage):
            at_address = model._default_manager.filter(address_key__in=asked.address_keys)
            yield Hits(model._meta.label, by, at_address, query)
