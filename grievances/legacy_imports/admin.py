"""The staff's page of lists of open grievances of an old system."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from grievances.base.permissions import GrievancePermission
from grievances.legacy_imports.labels import line_fault
from grievances.legacy_imports.models import TicketTakeOver
from grievances.legacy_imports.services import legacy_import
from portal.kernel.core import clock
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import resource_of
from portal.kernel.people.admin import legacy_imports


class BringForm(legacy_imports.BringForm):
    """A list of open grievances of an old system."""

    file = forms.FileField(
        label=_("List of open grievances"),
        help_text=format_lazy(
            _(
                "A CSV (UTF-8) or XLSX file. Columns: {columns}. Times as YYYY-MM-DD HH:MM (IST). Each line is "
                "tried first: nothing is imported before you approve it."
            ),
            columns=", ".join(legacy_import.COLUMNS),
        ),
    )


@admin.register(TicketTakeOver)
class TicketTakeOverAdmin(legacy_imports.TakeOverAdmin):
    """Lists of old systems."""

    take_overs = legacy_import.LISTS
    view_permission = add_permission = export_permission = GrievancePermission.TICKET_BRING
    export_resource = resource_of(TicketTakeOver, legacy_imports.EXPORTED)
    create_form = BringForm
    create_title = _("Upload open grievances of an old system")
    line_fault = staticmethod(line_fault)
    take_in_means = _(
        "Each becomes a grievance whose dates count from its receipt there. Lines at fault are left out. It "
        "continues where it stopped."
    )
    give_up_means = _("The list is destroyed. Imported rows stay.")

    def create(self, request: HttpRequest, given: dict[str, Any]) -> int:
        actor: Any = actor_of(request)
        given_file = given["file"]
        row = legacy_import.bring(
            origin=given["origin"], name=given_file.name, content=given_file, actor=actor, now=clock.now()
        )
        return int(row.pk)
