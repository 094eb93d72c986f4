"""The register of imports: a file is brought, tried, and taken in on the word of whoever brought it."""

from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.fronts.workplace.admin.jobs import REFRESH, STILL, may_fetch
from portal.fronts.workplace.permissions import Permission
from portal.kernel.core import access, clock, field_changes, ports
from portal.kernel.core import actor as actors
from portal.kernel.core.admin import StaffModelAdmin, service_action
from portal.kernel.core.admin.labels import EMPTY
from portal.kernel.core.errors import Refused
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.jobs.choices import FINISHED, IMPORTS_OPEN, ImportState, JobState, RowOutcome
from portal.kernel.jobs.import_types import import_kind, name_of_import
from portal.kernel.jobs.models import Job, ListImport
from portal.kernel.jobs.services import imports

#: Faults that stand on the page; the file of rows at fault has them all.
SHOWN = 100


class ImportForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("CSV or XLSX file"),
        help_text=gettext_lazy("CSV up to 60 MB, in UTF-8; XLSX up to 16 MB. At most 500,000 rows."),
        allow_empty_file=True,
    )


def stands(row: ListImport) -> str:
    """Where it stands, and what to do where somebody has to."""
    if row.state in {ImportState.TRYING, ImportState.TAKING} and row.job.state in FINISHED:
        return _("Has stopped before its end: resume it, or discard it")
    return str(ImportState(row.state).label)


def counted(row: ListImport, word: str) -> str:
    """Numbers of rows: what the trial says they ``would`` do, or what they ``did``."""
    numbers = ((getattr(row, f"{word}_{name}"), RowOutcome(name).label) for name in ListImport.COUNTS)
    return ", ".join(f"{number:,} {label}" for number, label in numbers)


def _not_mine(row: ListImport, user: Any) -> str:
    is_mine = row.made_by == actors.staff(user.pk or 0).label
    return "" if is_mine else _("The person who uploaded this file decides about it.")


def _not_to_take_in(row: ListImport, user: Any) -> str:
    if row.state != ImportState.TRIED:
        return _("It was not tried yet, or has been imported or discarded.")
    if row.would_faulty == row.rows:
        return _("No row of this file is valid: there is nothing to import.")
    return _not_mine(row, user)


def _not_at_work(row: ListImport, user: Any) -> str:
    is_at_work = row.state in IMPORTS_OPEN and row.job.state not in FINISHED
    return _not_mine(row, user) if is_at_work else _("No job is working on it.")


def _nothing_left(row: ListImport, user: Any) -> str:
    is_left = row.state in {ImportState.TRYING, ImportState.TAKING} and row.job.state in FINISHED
    return _not_mine(row, user) if is_left else _("There is nothing to resume.")


def _has_ended(row: ListImport, user: Any) -> str:
    return _not_mine(row, user) if row.state in IMPORTS_OPEN else _("It has ended.")


class KindFilter(admin.SimpleListFilter):
    title = gettext_lazy("list")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind.name, str(kind.label)) for kind in ports.import_kinds]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ListImport]) -> QuerySet[ListImport]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(ListImport)
class ListImportAdmin(AuditedExport, StaffModelAdmin):
    """Who brought which file, what it would do and what it did. The row outlives the file."""

    export_resource = resource_of(
        ListImport,
        "reference kind layout state made_by made_at sha256 size rows done would_new would_changed would_same "
        "would_faulty did_new did_changed did_same did_faulty begun_at ended_at file_ended_at",
    )
    view_permission = Permission.IMPORT_VIEW
    add_permission = Permission.IMPORT_MAKE
    change_form_template = "admin/jobs/listimport/page.html"
    list_note = gettext_lazy(
        "Each file whose rows were imported into a list, or were to be. The file is destroyed once it is imported "
        "or discarded."
    )
    list_display = ("reference", "into", "stand", "rows", "did", "made_by", "made_at", "ended_at")
    list_filter = (KindFilter, "state", "made_at")
    list_select_related = ("job",)
    search_fields = ("reference",)
    fields = (
        *("reference", "into", "stand", "rows", "would", "did", "made_by", "made_at", "begun_at", "ended_at"),
        *("file_ended_at", "layout", "size", "sha256"),
    )
    readonly_fields = fields
    shown_before = ("into", "would", "means")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ListImport]:
        rows: QuerySet[ListImport] = super().get_queryset(request)
        # What one brought oneself is there under every scope of days: it was brought today.
        return (rows | ListImport.objects.filter(made_by=actors.staff(request.user.pk or 0).label)).select_related(
            "job"
        )

    @admin.display(description=gettext_lazy("goes into"), ordering="kind")
    def into(self, row: ListImport) -> str:
        return name_of_import(row.kind)

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def stand(self, row: ListImport) -> str:
        return stands(row)

    @admin.display(description=gettext_lazy("what it would do"))
    def would(self, row: ListImport) -> str:
        return counted(row, "would") if row.state not in {ImportState.TRYING, ImportState.UNREADABLE} else EMPTY

    @admin.display(description=gettext_lazy("what it did"))
    def did(self, row: ListImport) -> str:
        return counted(row, "did") if row.begun_at is not None else EMPTY

    @admin.display(description=gettext_lazy("what follows"))
    def means(self, row: ListImport) -> str:
        return str(import_kind(row.kind).means)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        context = {**(extra_context or {}), "refreshes": False}
        if row is not None:
            context |= self._standing_of(row, request)
            context["refreshes"] = context["is_at_work"] and STILL not in request.GET
        answer = super().change_view(request, object_id, form_url, context)
        if context["refreshes"]:
            answer.headers["Refresh"] = str(REFRESH)
        return answer

    def _standing_of(self, row: ListImport, request: HttpRequest) -> dict[str, Any]:
        """Faults and first rows are for whoever brought the file: everybody else reads the counts."""
        is_mine = not _not_mine(row, request.user)
        first = list(imports.first_rows(row)) if is_mine else []
        return {
            "brought": row,
            "is_mine": is_mine,
            "is_at_work": row.state in IMPORTS_OPEN and row.job.state not in FINISHED,
            "would": counted(row, "would"),
            "did": counted(row, "did"),
            "means": next((kind.means for kind in ports.import_kinds if kind.name == row.kind), ""),
            "faults": row.faults.all()[:SHOWN] if is_mine else [],
            "faulty": row.did_faulty if row.state == ImportState.DONE else row.would_faulty,
            "columns": [name for name, text in first[0]["cells"].items()] if first else [],
            "first": [{**one, "outcome": RowOutcome(one["outcome"]).label} for one in first],
            "faulty_url": self._faulty_url(row, request.user),
        }

    def _faulty_url(self, row: ListImport, user: Any) -> str:
        """The newest file of rows at fault that can still be fetched."""
        now = clock.now()
        jobs = Job.objects.filter(pk__in=(row.trial_id, row.job_id), state=JobState.DONE, result_file__isnull=False)
        for job in jobs.filter(result_expires_at__gt=now).order_by("-pk"):
            if may_fetch(job, user):
                return reverse("admin:jobs_job_result", args=[job.pk])
        return ""

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Which list first, then the file. Django's own page would hold a transaction while the file is encrypted."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        kinds = [kind for kind in ports.import_kinds if access.allowed(request.user, kind.permission)]
        kind = next((one for one in kinds if one.name == request.GET.get("list")), None)
        form = ImportForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and kind is not None and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                with field_changes.watching(actor_of(request), "add"):
                    row = imports.bring(
                        kind=kind.name,
                        name=file.name,
                        content=file,
                        actor=actor_of(request),
                        now=clock.now(),
                    )
            except Refused as refusal:
                form.add_error("file", str(refusal))
            else:
                return HttpResponseRedirect(reverse("admin:jobs_listimport_change", args=[row.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import {list}").format(list=kind.label) if kind else _("Import from a file"),
            "opts": self.opts,
            "kinds": kinds,
            "kind": kind,
            "columns": kind.columns if kind else [],
            "form": form,
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return TemplateResponse(request, "admin/jobs/listimport/bring.html", context, status=status)

    @service_action(permission=Permission.IMPORT_MAKE, label=gettext_lazy("Import valid rows"), skip=_not_to_take_in)
    def take_in(self, request: HttpRequest, obj: ListImport, answer: dict[str, Any]) -> str:
        imports.take_in(brought=obj, actor=actor_of(request), now=clock.now())
        return _("The rows are being imported. Its page shows the progress.")

    @service_action(permission=Permission.IMPORT_MAKE, label=gettext_lazy("Resume"), skip=_nothing_left)
    def carry_on(self, request: HttpRequest, obj: ListImport, answer: dict[str, Any]) -> None:
        imports.carry_on(brought=obj, actor=actor_of(request))

    @service_action(
        permission=Permission.IMPORT_MAKE,
        label=gettext_lazy("Stop it"),
        skip=_not_at_work,
        description=gettext_lazy("It stops at its next step. Imported rows stay, and you can resume later."),
    )
    def stop(self, request: HttpRequest, obj: ListImport, answer: dict[str, Any]) -> str:
        imports.stop(brought=obj, actor=actor_of(request))
        return _("It stops at its next step.")

    @service_action(
        permission=Permission.IMPORT_MAKE,
        label=gettext_lazy("Give it up"),
        skip=_has_ended,
        description=gettext_lazy("No further row is imported, and the file is destroyed. Imported rows stay."),
    )
    def give_up(self, request: HttpRequest, obj: ListImport, answer: dict[str, Any]) -> None:
        imports.give_up(brought=obj, actor=actor_of(request), now=clock.now())
