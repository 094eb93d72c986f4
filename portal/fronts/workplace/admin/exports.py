"""The register of exports, and the proposals to let a list leave unmasked."""

from typing import Any, ClassVar

from django.apps import apps
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from import_export.fields import Field

from portal.fronts.workplace import unmasked_exports
from portal.fronts.workplace.admin.proposals import ProposalAdmin, why_not
from portal.fronts.workplace.models import UnmaskedExport
from portal.fronts.workplace.permissions import Permission
from portal.kernel.core import actor as actors
from portal.kernel.core import records
from portal.kernel.core.admin import ReadOnlyAdmin, RowsBeside, service_action
from portal.kernel.core.admin.labels import EMPTY
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, AuditedResource, resource_of
from portal.kernel.jobs.export_columns import as_text
from portal.kernel.jobs.list_writer import FORMATS
from portal.kernel.jobs.models import ExportDownload, ListExport
from portal.kernel.people.admin.proposals import AnswerForm, answered


def name_of(label: str) -> str:
    """A list by the name that staff know it by; its label where there is no such table any more."""
    try:
        return records.list_name(apps.get_model(label))
    except (LookupError, ValueError):
        return label


def filters_in_words(query: str) -> str:
    """A line for each filter; "none" for the whole list."""
    return "\n".join(f"{name}: {value}" for name, value in sorted(QueryDict(query).items())) or str(
        _("none: the whole list")
    )


def columns_in_words(columns: str) -> str:
    return columns.replace(",", ", ")


class DownloadsBeside(RowsBeside):
    model = ExportDownload
    fields = ("fetched_at", "fetched_by")
    verbose_name_plural = _("downloads")


class UnmaskedFilter(admin.SimpleListFilter):
    title = _("values")
    parameter_name = "values"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("unmasked", _("unmasked"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ListExport]) -> QuerySet[ListExport]:
        return queryset.filter(is_masked=False) if self.value() == "unmasked" else queryset


class RegisterResource(AuditedResource):
    """A line for each file: who took what away and why, what the file was, and who fetched it when."""

    listed = Field("listed", "listed")
    downloads = Field("downloads", "downloads")
    #: Staff were asked for a reason without names or numbers of people, and it was looked at before it was kept.
    masks: ClassVar = {"reason": str}

    class Meta(AuditedResource.Meta):
        model = ListExport
        fields = (
            *("id", "listed", "model", "file_format", "columns", "filters", "reason", "is_masked", "made_by"),
            *("approved_by", "asked_at", "made_at", "rows", "size", "sha256", "ledger_size", "job__reference"),
            "downloads",
        )
        export_order = fields

    def dehydrate_listed(self, row: ListExport) -> str:
        return name_of(row.model)

    def dehydrate_downloads(self, row: ListExport) -> str:
        """Each with its time and who fetched it, the first one first."""
        fetched = sorted(row.downloads.all(), key=lambda one: (one.fetched_at, one.pk))
        each = [(as_text(one.fetched_at), one.fetched_by.replace(":user:", ":")) for one in fetched]
        return "; ".join(" ".join(parts) for parts in each)


@admin.register(ListExport)
class ListExportAdmin(AuditedExport, ReadOnlyAdmin):
    """Who took which list away, why, and what the file was. The row outlives the file."""

    export_resource = RegisterResource
    view_permission = Permission.EXPORT_VIEW
    list_note = _(
        "Each file that left through an Export button. A file made by a worker ends after its time; its row stays."
    )
    list_display = ("asked_at", "taken", "file_format", "rows", "made_by", "is_masked", "reason", "fetched")
    list_filter = ("asked_at", UnmaskedFilter)
    inlines = (DownloadsBeside,)
    fields = (
        *("taken", "file_format", "filters_said", "columns_said", "reason", "made_by", "asked_at"),
        *("is_masked", "approved_by", "made_at", "rows", "size", "sha256", "ledger_size", "work", "available_until"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ListExport]:
        rows: QuerySet[ListExport] = super().get_queryset(request)
        # What one took away oneself is there under every scope of days: it was made today.
        rows |= ListExport.objects.filter(made_by=actors.staff(request.user.pk or 0).label)
        return rows.select_related("job").annotate(times_fetched=Count("downloads"))

    def get_export_queryset(self, request: HttpRequest) -> QuerySet[ListExport]:
        rows: QuerySet[ListExport] = super().get_export_queryset(request)
        return rows.prefetch_related("downloads")

    @admin.display(description=_("list"), ordering="model")
    def taken(self, row: ListExport) -> str:
        return name_of(row.model)

    @admin.display(description=_("downloads"))
    def fetched(self, row: Any) -> int:
        found: int = row.times_fetched
        return found

    @admin.display(description=_("filters"))
    def filters_said(self, row: ListExport) -> str:
        return filters_in_words(row.filters)

    @admin.display(description=_("columns"))
    def columns_said(self, row: ListExport) -> str:
        return columns_in_words(row.columns)

    @admin.display(description=_("job"))
    def work(self, row: ListExport) -> str:
        if row.job is None:
            return str(_("made at once"))
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:jobs_job_change", args=[row.job.pk]), row.job.reference
        )

    @admin.display(description=_("can be fetched until"))
    def available_until(self, row: ListExport) -> Any:
        return (row.job and row.job.result_expires_at) or EMPTY


@admin.register(UnmaskedExport)
class UnmaskedExportAdmin(AuditedExport, ProposalAdmin):
    """A list that is to leave with its masked values in full. It is proposed on the page of the Export button."""

    export_resource = resource_of(
        UnmaskedExport,
        "id listed file_format filters act made_by made_at checked_by checked_at shown_sha256 answer export",
    )
    view_permission = Permission.EXPORT_VIEW
    list_display = ("id", "taken", "answer", "made_by", "made_at", "checked_by", "checked_at")
    list_display_links = ("id", "taken")
    list_select_related = ("made_by", "checked_by")
    fields = ("taken",)
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[UnmaskedExport]:
        rows: QuerySet[UnmaskedExport] = super().get_queryset(request)
        return rows | UnmaskedExport.objects.filter(made_by_id=request.user.pk or 0)

    @admin.display(description=_("list"), ordering="listed")
    def taken(self, row: UnmaskedExport) -> str:
        return name_of(row.listed)

    def differences(self, request: HttpRequest, row: UnmaskedExport) -> list[tuple[Any, str, str]]:
        return [
            (_("list"), "", name_of(row.listed)),
            (_("columns"), "", columns_in_words(row.columns)),
            (_("filters"), "", filters_in_words(row.filters)),
            (_("file format"), "", str(dict(FORMATS).get(row.file_format, row.file_format))),
            (_("values"), str(_("masked")), str(_("in full"))),
            (_("why it is needed"), "", row.why),
        ]

    @service_action(permission=Permission.UNMASKED_ANSWER, ask=AnswerForm, label=_("Decide"), skip=why_not)
    def answer_proposal(self, request: HttpRequest, obj: UnmaskedExport, answer: dict[str, Any]) -> str:
        return answered(unmasked_exports.answer, answer, proposal=obj, actor=actor_of(request))
