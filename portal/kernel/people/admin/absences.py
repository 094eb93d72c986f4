"""Who is away and who stands in: noted on one page, ended on the record."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock
from portal.kernel.core.admin import service_action
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.people.admin.create_view import CreatingAdmin
from portal.kernel.people.forms import AbsenceForm
from portal.kernel.people.models import Absence
from portal.kernel.people.permissions import Permission
from portal.kernel.people.services import absences


def _over(obj: Absence, user: Any) -> str:
    is_over = obj.withdrawn_at is not None or obj.ends_on < clock.day(clock.now())
    return str(_("This absence is over.")) if is_over else ""


@admin.register(Absence)
class AbsenceAdmin(AuditedExport, CreatingAdmin):
    view_permission = Permission.ABSENCE_VIEW
    add_permission = Permission.ABSENCE_NOTE
    export_resource = resource_of(Absence, "id user deputy starts_on ends_on noted_by noted_at withdrawn_at")
    create_form: type[forms.Form] = AbsenceForm
    create_title = _("Note an absence")
    list_note = _("While someone is away, the delegate is notified of deadlines too. No deadline waits.")
    list_display = ("who", "stand_in", "starts_on", "ends_on", "withdrawn_at")
    list_select_related = ("user", "deputy", "noted_by")
    search_fields = ("user__full_name", "deputy__full_name")
    fields = ("who", "stand_in", "starts_on", "ends_on", "withdrawn_at", "noted_by_name", "noted_at")
    readonly_fields = fields

    @admin.display(description=_("who is away"), ordering="user__full_name")
    def who(self, obj: Absence) -> str:
        return str(obj.user.full_name)

    @admin.display(description=_("delegate"), ordering="deputy__full_name")
    def stand_in(self, obj: Absence) -> str:
        return str(obj.deputy.full_name)

    @admin.display(description=_("noted by"))
    def noted_by_name(self, obj: Absence) -> str:
        return str(obj.noted_by.full_name)

    def create(self, request: HttpRequest, answer: dict[str, Any]) -> int | None:
        return absences.note(**answer, actor=actor_of(request), now=clock.now()).pk

    @service_action(
        permission=Permission.ABSENCE_NOTE,
        label=_("Back again"),
        skip=_over,
        description=_("The person is back today. An absence that has not begun is removed."),
    )
    def back(self, request: HttpRequest, obj: Absence, answer: dict[str, Any]) -> None:
        absences.end(absence=obj, actor=actor_of(request), now=clock.now())
