"""Lists that auditors take away from the admin: named columns, masked, formulae escaped, and a trace of each export.

``AuditedResource`` names what leaves; ``AuditedExport`` is the mixin that stands first in an admin's bases.
"""

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, BinaryIO, ClassVar, cast
from urllib.parse import urlencode

from django import forms
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.checks import CheckMessage, Error
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from import_export import resources
from import_export.admin import ExportMixin

from portal.audit import services as audit
from portal.audit.kinds import AuditKind
from portal.core import access, clock
from portal.core.data_categories import DataCategory
from portal.core.errors import NotAllowed
from portal.jobs import exports
from portal.jobs.permissions import Permission

#: More rows than this do not fit a request: filter first, by date for instance.
MOST_ROWS = 50_000
#: What is held in memory before it goes to a file that is removed when closed.
SPOOLED = 1024 * 1024
CSV, XLSX = "csv", "xlsx"
TYPES = {CSV: "text/csv; charset=utf-8", XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


class AuditedResource(resources.ModelResource):
    """What of a model leaves the portal. ``Meta.fields`` names every column; nothing is added by a new model field.

    ``masks`` gives, by field name, what a value must pass before it leaves: required for each field that is declared
    to hold personal data (system checks jobs.E010 and E011).
    """

    masks: ClassVar[Mapping[str, Callable[[str], str]]] = {}

    class Meta:
        clean_model_instances = True
        use_transactions = True

    def columns(self) -> list[exports.Column[Any]]:
        """The columns in the order of ``Meta.fields``."""
        return [self._column(field) for field in self.get_export_fields()]

    def _column(self, field: Any) -> exports.Column[Any]:
        name = field.attribute or field.column_name
        shown = getattr(self, f"dehydrate_{name}", None)
        key = _key_column(self._meta.model, name)

        def value(row: Any) -> exports.Cell:
            if callable(shown):
                return cast(exports.Cell, shown(row))
            found = field.get_value(row) if key is None else getattr(row, key)
            if isinstance(found, bytes | memoryview):
                return bytes(found).hex()
            return cast(exports.Cell, found)

        return exports.Column(field.column_name, value, self.masks.get(name))


def _key_column(model: type[Model], name: str) -> str | None:
    """The column of a foreign key: its number leaves, and no row of another table is fetched for it."""
    field = next((field for field in model._meta.concrete_fields if field.name == name), None)
    return field.attname if field is not None and field.is_relation else None


def resource_of(model: type[Model], fields: str) -> type[AuditedResource]:
    """A resource of exactly these columns (names with blanks between). Foreign keys leave as numbers."""
    names = tuple(fields.split())
    meta = type("Meta", (AuditedResource.Meta,), {"model": model, "fields": names, "export_order": names})
    return cast(type[AuditedResource], type(f"{model.__name__}Resource", (AuditedResource,), {"Meta": meta}))


def check_resource(resource: type[AuditedResource]) -> list[CheckMessage]:
    """jobs.E010: columns are named. jobs.E011: each personal one has a mask."""
    model, fields = resource._meta.model, resource._meta.fields
    if not fields:
        hint = "List the columns in Meta.fields."
        return [Error(f"{resource.__name__} names no fields: it would export all of them.", hint=hint, id="jobs.E010")]
    categories = getattr(model, "data_categories", {})
    return [
        Error(
            f"{resource.__name__} would export {name} unmasked.",
            hint="Give it a mask in `masks`, or leave it out.",
            id="jobs.E011",
        )
        for name in fields
        if categories.get(name, DataCategory.NONE) is not DataCategory.NONE and name not in resource.masks
    ]


class AuditedExportForm(forms.Form):
    """In which form the list is wanted."""

    file_format = forms.ChoiceField(
        label=_("File format"),
        choices=[(CSV, _("CSV, for any program")), (XLSX, _("XLSX, for a spreadsheet"))],
        widget=forms.RadioSelect,
        initial=CSV,
    )


class AuditedExport(ExportMixin):
    """Mixin for admins whose list may be taken away. It stands before the other bases.

    Names ``export_resource``, and an ``export_permission`` of its own where the general one is too wide. The list's button exports what is filtered, its action what is
    chosen; each file is an audit event with the rows, the columns and its SHA-256.
    """

    export_permission: str = Permission.LIST_EXPORT
    export_resource: type[AuditedResource]
    export_template_name = "admin/audited_export.html"

    def has_export_permission(self, request: HttpRequest) -> bool:
        """By role; nobody bypasses it. What a login may not see it may not take away either."""
        may_see: bool = self.has_view_permission(request)
        return may_see and access.allowed(request.user, self.export_permission)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Adds "Export" for those who may."""
        found: dict[str, Any] = dict(super().get_actions(request))
        if self.has_export_permission(request):
            found["export-chosen"] = (_export_chosen, "export-chosen", _("Export the chosen rows"))
        return found

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """The admin's own checks, and those of its resource."""
        return [*super().check(**kwargs), *check_resource(self.export_resource)]

    def export_action(self, request: HttpRequest) -> HttpResponseBase:
        """GET asks for the format, POST gives the file. Filters stand in the address, chosen rows in the form."""
        if not self.has_export_permission(request):
            raise NotAllowed(_("Your role may not take this list away."))
        chosen = [pk for pk in request.POST.getlist(ACTION_CHECKBOX_NAME) if len(pk) <= 40]
        rows = self.get_export_queryset(request)
        return self.export_page(request, rows.filter(pk__in=chosen) if chosen else rows, chosen)

    def export_page(self, request: HttpRequest, rows: QuerySet[Any], chosen: Sequence[str]) -> HttpResponseBase:
        """The page that asks, or the file."""
        count = rows.order_by()[: MOST_ROWS + 1].count()
        is_answer = request.method == "POST" and "export" in request.POST
        form = AuditedExportForm(request.POST if is_answer else None)
        if is_answer and form.is_valid() and count <= MOST_ROWS:
            return export_response(
                self.export_resource(), rows, file_format=form.cleaned_data["file_format"], actor=_actor_of(request)
            )
        opts = self.opts
        context = {
            **self.admin_site.each_context(request),
            "title": _("Export"),
            "opts": opts,
            "form": form,
            "count": count,
            "most": MOST_ROWS,
            "too_many": count > MOST_ROWS,
            "columns": [column.heading for column in self.export_resource().columns()],
            "chosen": chosen,
            "checkbox_name": ACTION_CHECKBOX_NAME,
            "query": urlencode(sorted(request.GET.items())),
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return TemplateResponse(request, self.export_template_name, context, status=status)


def export_response(resource: AuditedResource, rows: QuerySet[Any], *, file_format: str, actor: Any) -> FileResponse:
    """The list as a download, written to the end before a byte leaves; its audit event stands with its SHA-256.

    Memory stays constant. The file's name holds the model and the day, nothing of the rows.
    """
    model = cast(type[Model], resource._meta.model)
    target = tempfile.SpooledTemporaryFile(max_size=SPOOLED)  # noqa: SIM115 - the response closes it
    counted = _Counted(rows.iterator(chunk_size=2_000))
    columns = resource.columns()
    if file_format == XLSX:
        exports.write_xlsx(cast(BinaryIO, target), columns, counted, sheet=model._meta.model_name or "list")
    else:
        target.writelines(exports.stream_csv(columns, counted, for_spreadsheets=True))
    target.seek(0)
    digest = hashlib.file_digest(cast(Any, target), "sha256").hexdigest()
    target.seek(0)
    with transaction.atomic():
        audit.record(
            AuditKind.EXPORT_LIST_MADE,
            actor=actor,
            about=f"export.list:{model._meta.label_lower}",
            facts={
                "model": model._meta.label_lower,
                "resource": type(resource).__name__,
                "format": file_format,
                "rows": counted.count,
                "fields": ",".join(column.heading for column in columns)[:500],
                "sha256": digest,
            },
            personal={},
        )
    name = f"{model._meta.model_name}-{clock.now():%Y-%m-%d}.{file_format}"
    return FileResponse(target, as_attachment=True, filename=name, content_type=TYPES[file_format])


def listed_response(
    name: str, label: str, columns: Sequence[exports.Column[Any]], rows: Sequence[Any], *, actor: Any
) -> HttpResponse:
    """A short list that is no model's, as CSV, with the audit event of an export. Neither name holds anything of the rows."""
    body = b"".join(exports.stream_csv(list(columns), rows, for_spreadsheets=True))
    with transaction.atomic():
        audit.record(
            AuditKind.EXPORT_LIST_MADE,
            actor=actor,
            about=f"export.list:{label}",
            facts={"model": label, "format": CSV, "rows": len(rows), "sha256": hashlib.sha256(body).hexdigest()},
            personal={},
        )
    answer = HttpResponse(body, content_type=TYPES[CSV])
    answer["Content-Disposition"] = f'attachment; filename="{name}-{clock.now():%Y-%m-%d}.csv"'
    return answer


class _Counted:
    def __init__(self, rows: Iterable[Any]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[Any]:
        for row in self._rows:
            self.count += 1
            yield row


def _export_chosen(modeladmin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponseBase:
    """The change list's action: asks for the format of the chosen rows."""
    if not modeladmin.has_export_permission(request):
        raise NotAllowed(_("Your role may not take this list away."))
    chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
    return cast(HttpResponseBase, modeladmin.export_page(request, queryset, chosen))


def _actor_of(request: HttpRequest) -> Any:
    return request.actor  # type: ignore[attr-defined]
