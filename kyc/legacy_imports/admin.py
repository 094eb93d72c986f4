"""The staff's page of archives of KYC files of an old system."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from kyc.base.permissions import Permission
from kyc.cases.staff_labels import line_fault
from kyc.legacy_imports.models import TakeOver
from kyc.legacy_imports.services import legacy_import
from portal.kernel.core import clock
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import resource_of
from portal.kernel.people.admin import legacy_imports


class BringForm(legacy_imports.BringForm):
    """An archive of an old system."""

    file = forms.FileField(
        label=_("Archive"),
        help_text=format_lazy(
            _(
                "A ZIP file with index.csv (UTF-8) and the files that it names. Columns: {columns}. Dates as "
                "YYYY-MM-DD. Each line is tried first: nothing is imported before you approve it."
            ),
            columns=", ".join(legacy_import.COLUMNS),
        ),
    )


@admin.register(TakeOver)
class TakeOverAdmin(legacy_imports.TakeOverAdmin):
    """Archives of old systems."""

    take_overs = legacy_import.ARCHIVES
    view_permission = add_permission = export_permission = Permission.TAKE_OVER_BRING
    export_resource = resource_of(TakeOver, legacy_imports.EXPORTED)
    create_form = BringForm
    create_title = _("Upload KYC files of an old system")
    line_fault = staticmethod(line_fault)
    take_in_means = _(
        "Each document is checked like a new one. Lines at fault are left out. It continues where it stopped."
    )
    give_up_means = _("The archive is destroyed. Imported documents stay.")

    def create(self, request: HttpRequest, given: dict[str, Any]) -> int:
        actor: Any = actor_of(request)
        row = legacy_import.bring(origin=given["origin"], content=given["file"], actor=actor, now=clock.now())
        return int(row.pk)
