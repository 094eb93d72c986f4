"""Acts on a request for somebody else: whose data it is, entered by an officer and confirmed by a code."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from grievances.forms import LONGEST_WISH, Prose
from grievances.models import RightsRequest
from grievances.permissions import GrievancePermission
from grievances.sealing import Shredded
from grievances.services import naming, reading
from portal.core import clock
from portal.core.admin import service_action


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


class PersonCodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        help_text=_("Six digits, from the person at that address."),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
        error_messages={"required": _("Enter the code")},
    )


def _not_to_name(row: RightsRequest, user: Any) -> str:
    return str(_("It is on appeal against your answer.")) if row.is_kept_out else naming.why_not(row)


def _not_to_confirm(row: RightsRequest, user: Any) -> str:
    try:
        is_waiting = naming.waits(reading.details_of(row))
    except Shredded:
        is_waiting = False
    return "" if is_waiting else str(_("No address that we entered waits for a code."))


class NamesPerson:
    """Mixin of the requests' admin."""

    @service_action(
        permission=GrievancePermission.REQUEST_ANSWER,
        label=_("Enter whose data it is"),
        ask=PersonForm,
        skip=_not_to_name,
        description=_(
            "It takes the place of the address that the asking person wrote. A code goes there; until you enter it the "
            "address counts for nothing. Again sends another code."
        ),
    )
    def name_person(self, request: Any, obj: RightsRequest, given: dict[str, Any]) -> str:
        naming.name_person(request=obj, **given, by=request.user, actor=request.actor, at=clock.now())
        return str(_("A code is on its way to that address."))

    @service_action(
        permission=GrievancePermission.REQUEST_ANSWER,
        label=_("Enter the code of that person"),
        ask=PersonCodeForm,
        skip=_not_to_confirm,
        description=_("Only as they tell it to you, or whoever acts for them."),
    )
    def confirm_person(self, request: Any, obj: RightsRequest, given: dict[str, Any]) -> str:
        naming.confirm(request=obj, typed=given["code"], by=request.user, actor=request.actor, at=clock.now())
        return str(_("The request is about whoever has this address."))
