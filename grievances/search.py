"""What of this room a search finds: grievances, requests about data and nominees, by reference or address."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from grievances.base.models.requests import RightsRequest
from grievances.base.models.ticket import Ticket, TicketContact
from grievances.nominees.models import Nominee
from portal.kernel.core.search_api import Asked, Found, Hits


def find(asked: Asked) -> Found:
    """Answers ``ports.finders``."""
    if asked.reference.startswith("OS-GR-"):
        by = _("by its reference")
        yield Hits("grievances.Ticket", by, Ticket.objects.filter(reference=asked.reference))
        yield Hits("grievances.RightsRequest", by, RightsRequest.objects.filter(ticket__reference=asked.reference))
    if asked.address:
        by, keys = _("by an address that was given in it"), asked.address_keys
        tickets = TicketContact.objects.filter(address_key__in=keys).values("ticket")
        yield Hits("grievances.Ticket", by, Ticket.objects.filter(pk__in=tickets))
        yield Hits("grievances.RightsRequest", by, RightsRequest.objects.filter(ticket__in=tickets))
        named = Nominee.objects.filter(Q(email_key__in=keys) | Q(phone_key__in=keys))
        yield Hits("grievances.Nominee", _("by an address"), named)
