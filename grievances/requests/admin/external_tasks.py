"""Staff's pages of tasks for systems outside: what is to be done where and by when, and what a person says about it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from grievances.base import external_task_labels
from grievances.base.encryption import Shredded
from grievances.base.models.external_tasks import OutsideTask
from grievances.base.permissions import GrievancePermission
from grievances.base.request_choices import UNDONE, OutsideState
from grievances.tickets.forms.public import LONGEST_WISH, Prose
from grievances.tickets.services import external_tasks
from portal.kernel.core import clock
from portal.kernel.core.admin import OpenedWithPurpose, ReadOnlyAdmin, service_action
from portal.kernel.core.pii_guard import PlainWords
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.law import selectors as law
from portal.kernel.people.forms import WhyLate


class GiveForm(forms.Form):
    """A task for a system that does not hear of the request by itself."""

    system = PlainWords(
        label=_("In which system, or at which recipient?"),
        help_text=_("Its name, such as the one in the register of recipients."),
        max_length=120,
        widget=forms.TextInput,
        error_messages={"required": _("Write the name of the system")},
    )
    work = forms.ChoiceField(
        label=_("What is to be done there?"),
        choices=[(str(value), text) for value, text in external_task_labels.OUTSIDE_WORK.items()],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what is to be done")},
    )
    what = Prose(
        label=_("What exactly?"),
        help_text=_("Kept encrypted with the request."),
        longest=LONGEST_WISH,
        error_messages={"required": _("Write what exactly is to be done")},
    )


class DoneForm(forms.Form):
    evidence = Prose(
        label=_("How do you know that it is done?"),
        help_text=_("Who confirmed it, when, and under which reference there. Kept encrypted with the request."),
        longest=LONGEST_WISH,
        error_messages={"required": _("Write how you know it")},
    )
    late_because = WhyLate()


class FailedForm(forms.Form):
    error = Prose(
        label=_("What went wrong?"), longest=LONGEST_WISH, error_messages={"required": _("Write what went wrong")}
    )


def _not_open(row: OutsideTask, user: Any) -> str:
    return "" if row.state == OutsideState.OPEN else str(_("It is not to be done now."))


def _not_failed(row: OutsideTask, user: Any) -> str:
    return "" if row.state == OutsideState.FAILED else str(_("It did not fail."))


class UndoneFilter(admin.SimpleListFilter):
    title = _("undone")
    parameter_name = "undone"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Not done yet"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[OutsideTask]) -> QuerySet[OutsideTask]:
        return queryset.filter(state__in=UNDONE) if self.value() == "yes" else queryset


@admin.register(OutsideTask)
class OutsideTaskAdmin(AuditedExport, OpenedWithPurpose, ReadOnlyAdmin):
    """What is due first stands first. Tasks are added on the request's own page."""

    view_permission = GrievancePermission.REQUEST_VIEW
    export_permission = GrievancePermission.TICKET_EXPORT
    export_resource = resource_of(
        OutsideTask, "request__ticket__reference number system work state tries made_at ended_at"
    )
    list_display = ("reference", "number", "system", "work", "state", "due", "tries", "ended_at")
    list_filter = (UndoneFilter, "state", "work")
    list_select_related = ("request__ticket",)
    search_fields = ("request__ticket__reference",)
    search_help_text = _("A reference, for example OS-GR-7K4M-9QXK")
    fields = (
        *("reference", "number", "system", "work", "what", "state", "error", "evidence", "due", "tries"),
        *("made_by", "made_at", "ended_by", "ended_at"),
    )
    shown_before = ("reference", "number", "system", "work", "state", "due")
    ordering = (F("ended_at").asc(nulls_first=True), "made_at", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutsideTask]:
        """With the date of each in the same query."""
        due = law.due_at(OutsideTask.OWNER, "request__ticket__reference", number="number")
        rows: QuerySet[OutsideTask] = super().get_queryset(request).annotate(due_at=due)
        return rows

    def subject_ref_of(self, obj: Any) -> Any:
        return obj.request.ticket.subject_ref

    def about_of(self, obj: Any) -> str:
        return str(obj.request.ticket.about)

    @admin.display(description=_("reference"), ordering="request__ticket__reference")
    def reference(self, obj: OutsideTask) -> str:
        return obj.request.ticket.reference

    @admin.display(description=_("do by"), ordering="due_at")
    def due(self, obj: Any) -> Any:
        return obj.due_at

    @admin.display(description=_("what exactly"))
    def what(self, obj: OutsideTask) -> str:
        return _word(obj, "what")

    @admin.display(description=_("last error"))
    def error(self, obj: OutsideTask) -> str:
        return _word(obj, "error")

    @admin.display(description=_("evidence"))
    def evidence(self, obj: OutsideTask) -> str:
        return _word(obj, "evidence")

    @service_action(
        permission=GrievancePermission.REQUEST_ANSWER,
        label=_("It is done there"),
        ask=DoneForm,
        skip=_not_open,
        description=_("Its clock stops. Say how you know it: an auditor reads that."),
    )
    def done(self, request: Any, obj: OutsideTask, given: dict[str, Any]) -> None:
        external_tasks.done(task=obj, **given, by=request.user, actor=actor_of(request), at=clock.now())

    @service_action(
        permission=GrievancePermission.REQUEST_ANSWER,
        label=_("It failed there"),
        ask=FailedForm,
        skip=_not_open,
        description=_("Its deadline continues, and the request cannot be answered without a note about it."),
    )
    def failed(self, request: Any, obj: OutsideTask, given: dict[str, Any]) -> None:
        external_tasks.failed(task=obj, **given, by=request.user, actor=actor_of(request), at=clock.now())

    @service_action(
        permission=GrievancePermission.REQUEST_ANSWER,
        label=_("Try it again"),
        skip=_not_failed,
        description=_("This step alone is to be done again; what went wrong stays on record."),
    )
    def try_again(self, request: Any, obj: OutsideTask, given: dict[str, Any]) -> None:
        external_tasks.try_again(task=obj, by=request.user, actor=actor_of(request), at=clock.now())


def _word(task: OutsideTask, name: str) -> str:
    try:
        return external_tasks.words_of(task).get(name, "–")
    except Shredded:
        return str(_("These words were erased."))
