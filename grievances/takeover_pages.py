"""The staff's page of lists of open grievances of an old system."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from grievances.models.takeovers import TicketTakeOver
from grievances.permissions import GrievancePermission
from grievances.services import taking_over
from grievances.takeover_words import line_fault
from portal.core import clock
from portal.core.requests import actor_of
from portal.jobs.audited_export import resource_of
from portal.people.admin import takeovers


class BringForm(takeovers.BringForm):
    """A list of open grievances of an old system."""

    file = forms.FileField(
        label=_("List of open grievances"),
        help_text=format_lazy(
            _(
                "A CSV (UTF-8) or XLSX file. Columns: {columns}. Times as YYYY-MM-DD HH:MM (IST). Each line is tried first: "
                "nothing is taken in before you say so."
            ),
            columns=", ".join(taking_over.COLUMNS),
        ),
    )


@admin.register(TicketTakeOver)
class TicketTakeOverAdmin(takeovers.TakeOverAdmin):
    """Lists of old systems."""

    take_overs = taking_over.LISTS
    view_permission = add_permission = export_permission = GrievancePermission.TICKET_BRING
    export_resource = resource_of(TicketTakeOver, takeovers.EXPORTED)
    create_form = BringForm
    create_title = _("Bring open grievances of an old system")
    line_fault = staticmethod(line_fault)
    take_in_means = _(
        "Each becomes a grievance whose dates count from its receipt there. Lines at fault are left out. It goes on where "
        "it stopped."
    )
    give_up_means = _("The list is destroyed. What was taken in stays.")

    def create(self, request: HttpRequest, given: dict[str, Any]) -> int:
        actor: Any = actor_of(request)
        given_file = given["file"]
        row = taking_over.bring(
            origin=given["origin"], name=given_file.name, content=given_file, actor=actor, now=clock.now()
        )
        return int(row.pk)
