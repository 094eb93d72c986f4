"""What a request about data asks for beyond the right itself, as staff read it."""

from datetime import datetime

from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from grievances.base.encryption import Shredded
from grievances.base.labels import short_day
from grievances.base.models.requests import RightsRequest
from grievances.nominees.services import nominee_authority
from grievances.requests.forms import FIELDS
from grievances.tickets.services import thread_access
from portal.kernel.people.choices import RestCause

DETAILS = {
    "person_name": _("For whom"),
    "person_address": _("Their address"),
    "person_address_waits": _("Entered by us, and not confirmed there with the code, since"),
    "field": _("What is wrong or missing"),
    "should_be": _("How it should be"),
    "cause": _("What happened"),
}


def details_in_words(request: RightsRequest) -> str:
    """Each detail with its label, as HTML, escaped; a line that says so once they were erased."""
    try:
        found = thread_access.details_of(request)
    except Shredded:
        return str(_("These words were erased."))
    if "field" in found:
        found["field"] = str(FIELDS.get(found["field"], found["field"]))
    if "cause" in found:
        found["cause"] = str(RestCause(found["cause"]).label)
    if nominee_authority.ADDRESS_WAITS in found:
        found[nominee_authority.ADDRESS_WAITS] = short_day(
            datetime.fromisoformat(found[nominee_authority.ADDRESS_WAITS])
        )
    return format_html_join("", "{}: {}<br>", ((DETAILS[name], value) for name, value in found.items())) or "–"
