"""Acts on a request for somebody else: whose data it is, entered by an officer and confirmed by a code."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from grievances.base.models.requests import RightsRequest
from grievances.base.permissions import GrievancePermission
from grievances.requests.services import subject_identification
from grievances.tickets.forms.public import LONGEST_WISH, Prose
from portal.kernel.core import clock
from portal.kernel.core.admin import service_action
from portal.kernel.core.requests import actor_of


class PersonForm(forms.Form):
    address = forms.CharField(
        label=_("Email address or mobile number of the person"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Enter an email address or mobile number of the person")},
    )
    why = Prose(
        label=_("How do you know it?"),
        help_text=_("Kept as an internal note."),
        longest=LONGEST_WISH,
        error_messages={"required": _("Write how you know it")},
    )


def _not_to_name(row: RightsRequest, user: Any) -> str:
    return str(_("It is on appeal against your answer.")) if row.is_kept_out else subject_identification.why_not(row)


class NamesPerson:
    """Mixin of the requests' admin."""

    @service_action(
        permission=GrievancePermission.REQUEST_ANSWER,
        label=_("Enter whose data it is"),
        ask=PersonForm,
        skip=_not_to_name,
        description=_(
            "It replaces the address that the requester wrote. A code goes there, with the page to enter it on; "
            "until the person does, the address counts for nothing. Never ask anyone for a code: not by phone, not "
            "in writing. Again sends another code."
        ),
    )
    def name_person(self, request: Any, obj: RightsRequest, given: dict[str, Any]) -> str:
        subject_identification.name_person(
            request=obj, **given, by=request.user, actor=actor_of(request), at=clock.now()
        )
        return str(_("A code is on its way to that address."))
