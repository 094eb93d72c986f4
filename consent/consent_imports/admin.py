"""Lists of answers from elsewhere: brought by one person, agreed to by another, with how far each is."""

from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.base.permissions import Permission
from consent.consent_imports.choices import ListState
from consent.consent_imports.models import ConsentList
from consent.consent_imports.services import lifecycle
from consent.consent_imports.services.line_parser import COLUMNS
from portal.kernel.core import access, clock, field_changes
from portal.kernel.core.admin import StaffModelAdmin, service_action
from portal.kernel.core.errors import Refused
from portal.kernel.core.pii_guard import PlainWords
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.jobs.choices import FINISHED
from portal.kernel.jobs.permissions import Permission as JobPermission
from portal.kernel.people.admin.proposals import PROPOSAL, AnswerForm, not_answerable
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import Fiduciary

#: Faults that stand on the page; the job's result names them all.
SHOWN = 100
#: What stands on the page of a list: of its answer the words of ``answered``.
FIELDS: tuple[str, ...] = (
    *("fiduciary", "collected_by", "sha256", "stands", "lines", "faulty", "done", "ended_at"),
    *("answered" if name == "answer" else name for name in PROPOSAL),
)


class ListForm(forms.Form):
    """Whose answers, from where, and the file."""

    fiduciary = forms.ModelChoiceField(label=gettext_lazy("Whose"), queryset=Fiduciary.objects.all())
    collected_by = PlainWords(
        label=gettext_lazy("Where the consents were collected"),
        help_text=gettext_lazy("The system or shop they come from, for the person who has to agree."),
        widget=forms.TextInput,
        max_length=200,
    )
    file = forms.FileField(
        label=gettext_lazy("CSV or XLSX file"),
        help_text=format_lazy(
            gettext_lazy("The first line names the columns: {columns}. Each further line is one choice."),
            columns=", ".join(COLUMNS),
        ),
        allow_empty_file=True,
    )


#: What stands in the place of the second person's answer while nobody can give one.
NO_ANSWER = {
    ListState.CHECKING: gettext_lazy("Not yet: the file is checked first"),
    ListState.FAULTY: gettext_lazy("None: a list with faults cannot be approved"),
    ListState.REFUSED: gettext_lazy("None: it was discarded before"),
}


def standing(row: ConsentList) -> str:
    """Where the list stands, and what to do where somebody has to."""
    if row.state == ListState.FAULTY:
        return _("Has faults: fix the file and upload it again; discard this one")
    if row.state in {ListState.CHECKING, ListState.IMPORTING} and row.job.state in FINISHED:
        return _("Has stopped before its end: resume it, or discard it")
    return str(ListState(row.state).label)


def not_in_order(row: ConsentList, user: Any) -> str:
    """Why this person cannot agree to this list now; empty when they can."""
    if row.state == ListState.CHECKING:
        return _("This list is still being checked.")
    if row.state == ListState.FAULTY:
        return _("This list has faults: nothing of it can be imported. Discard it and upload it again.")
    if row.state == ListState.REFUSED:
        return has_ended(row, user)
    return not_answerable(row, user)


def nothing_left(row: ConsentList, user: Any) -> str:
    is_open = row.state in {ListState.CHECKING, ListState.IMPORTING}
    return "" if is_open and row.job.state in FINISHED else _("There is nothing to resume.")


def has_ended(row: ConsentList, user: Any) -> str:
    return _("This list has ended already.") if row.state in {ListState.DONE, ListState.REFUSED} else ""


@admin.register(ConsentList)
class ConsentListAdmin(AuditedExport, StaffModelAdmin):
    export_resource = resource_of(
        ConsentList,
        "reference fiduciary__code state layout sha256 lines faulty done made_by made_at checked_by checked_at "
        "shown_sha256 answer ended_at",
    )
    view_permission = Permission.LIST_VIEW
    add_permission = Permission.LIST_BRING
    change_form_template = "admin/consent/list.html"
    list_display = ("reference", "fiduciary", "stands", "lines", "faulty", "done", "made_by", "made_at", "checked_by")
    list_filter = ("state",)
    fields = FIELDS
    readonly_fields = FIELDS
    list_select_related = ("fiduciary", "job", "made_by", "checked_by")

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def stands(self, obj: ConsentList) -> str:
        return standing(obj)

    @admin.display(description=gettext_lazy("answer"))
    def answered(self, obj: ConsentList) -> str:
        if obj.answer == Answer.PENDING and obj.state in NO_ANSWER:
            return str(NO_ANSWER[ListState(obj.state)])
        return str(Answer(obj.answer).label)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = ConsentList.objects.select_related("job").filter(pk=object_id).first() if object_id.isdigit() else None
        context: dict[str, Any] = {**(extra_context or {}), "list": row}
        if row is not None:
            context |= {
                "faults": row.faults.all()[:SHOWN],
                "may_see_job": access.allowed(request.user, JobPermission.JOB_VIEW),
                "is_at_work": row.job.state not in FINISHED,
            }
        return super().change_view(request, object_id, form_url, context)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Django's own page would hold a transaction while the file is encrypted."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ListForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            entered = form.cleaned_data
            try:
                with field_changes.watching(actor_of(request), "add", entered={**entered, "file": ""}):
                    row = lifecycle.bring(
                        fiduciary=entered["fiduciary"],
                        collected_by=entered["collected_by"],
                        name=entered["file"].name,
                        content=entered["file"],
                        actor=actor_of(request),
                        now=clock.now(),
                    )
            except Refused as refusal:
                form.add_error("file", str(refusal))
            else:
                return HttpResponseRedirect(reverse("admin:consent_consentlist_change", args=[row.pk]))
        title = _("Upload a consent import")
        context = {**self.admin_site.each_context(request), "title": title, "form": form, "opts": self.opts}
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return TemplateResponse(request, "admin/consent/bring_list.html", context, status=status)

    @service_action(
        permission=Permission.LIST_BRING,
        ask=AnswerForm,
        label=gettext_lazy("Decide about the import"),
        skip=not_in_order,
        description=gettext_lazy("Approving imports every line as a choice of its own. That cannot be undone."),
    )
    def answer_list(self, request: HttpRequest, obj: ConsentList, answer: dict[str, Any]) -> str:
        approve = answer["decision"] == "approve"
        lifecycle.answer(
            row=obj,
            approve=approve,
            reason=answer["reason"],
            actor=actor_of(request),
            now=clock.now(),
        )
        return _("Approved. The rows are being imported.") if approve else _("Refused. The file is destroyed.")

    @service_action(permission=Permission.LIST_BRING, label=gettext_lazy("Resume the import"), skip=nothing_left)
    def carry_on(self, request: HttpRequest, obj: ConsentList, answer: dict[str, Any]) -> None:
        lifecycle.carry_on(row=obj, actor=actor_of(request))

    @service_action(
        permission=Permission.LIST_BRING,
        label=gettext_lazy("Give the list up"),
        skip=has_ended,
        description=gettext_lazy("No further row is imported, and the file is destroyed. Imported rows stay."),
    )
    def give_up(self, request: HttpRequest, obj: ConsentList, answer: dict[str, Any]) -> None:
        lifecycle.give_up(row=obj, actor=actor_of(request), now=clock.now())
