"""Lists that auditors take away from the admin: named columns, masked, formulae escaped, and a trace of each export.

``AuditedResource`` names what leaves; ``AuditedExport`` is the mixin that stands first in an admin's bases.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar, cast
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG
from django.core.checks import CheckMessage, Error
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from import_export import resources
from import_export.admin import ExportMixin

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import access, answers, clock
from portal.kernel.core.actor import spell
from portal.kernel.core.admin.actions import keys_of
from portal.kernel.core.admin.bases import require_years_of_ours
from portal.kernel.core.data_categories import DataCategory
from portal.kernel.core.errors import NotAllowed, PortalError
from portal.kernel.core.logins import Logins
from portal.kernel.core.pii_guard import PlainWords
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs import export_columns
from portal.kernel.jobs.list_writer import CSV, FORMATS, TYPES
from portal.kernel.jobs.permissions import Permission
from portal.kernel.jobs.services import exports
from portal.kernel.jobs.services.exports import Wish
from portal.kernel.jobs.sql_columns import field_at, is_actor, is_label, is_login, path_of

#: More rows than this are written by a worker.
AT_ONCE = 10_000


class AuditedResource(resources.ModelResource):
    """What of a model leaves the portal. ``Meta.fields`` names every column; nothing is added by a new model field.

    ``masks`` gives, by field name, what a value must pass before it leaves: required for each field that is declared
    to hold personal data (system checks jobs.E010 and E011).
    """

    masks: ClassVar[Mapping[str, Callable[[str], str]]] = {}

    class Meta:
        clean_model_instances = True
        use_transactions = True

    def columns(self) -> list[export_columns.Column[Any]]:
        """The columns in the order of ``Meta.fields``."""
        return [self._column(field) for field in self.get_export_fields()]

    def paths(self) -> list[str]:
        """For each column the field it is read from (``case__reference``); empty where the resource works it out itself."""
        names = [self._name_of(field) for field in self.get_export_fields()]
        return ["" if hasattr(self, f"dehydrate_{name}") else path_of(self._meta.model, name) for name in names]

    def words(self) -> list[tuple[str, str]]:
        """For each column its heading, which programs go by and which stays, and in words what it holds."""
        names = [self._name_of(field) for field in self.get_export_fields()]
        return [(heading_of(name), _in_words(self._meta.model, name)) for name in names]

    @property
    def hides(self) -> bool:
        """Whether an unmasked list would say more. ``str`` as a mask says that the value was masked when it was written."""
        return any(mask is not str for mask in self.masks.values())

    def _name_of(self, field: Any) -> str:
        """As ``Meta.fields`` names it: the library calls a foreign key by its column."""
        given = str(field.column_name)
        return given if field_at(self._meta.model, given) is not None else str(field.attribute or given)

    def _column(self, field: Any) -> export_columns.Column[Any]:
        name = self._name_of(field)
        shown = getattr(self, f"dehydrate_{name}", None)
        read = _reader(self._meta.model, name, field)

        def value(row: Any) -> export_columns.Cell:
            found = shown(row) if callable(shown) else read(row)
            if isinstance(found, bytes | memoryview):
                return bytes(found).hex()
            return cast(export_columns.Cell, found)

        return export_columns.Column(heading_of(name), value, self.masks.get(name))


def _in_words(model: type[Model], path: str) -> str:
    """The names of the fields on the way, as the admin has them; what is no field by the words of its own name."""
    said: list[str] = []
    at: Any = model
    for name in path.split("__"):
        field = next((one for one in at._meta.get_fields() if one.name == name), None) if at is not None else None
        said.append(str(getattr(field, "verbose_name", name)).replace("_", " "))
        at = getattr(field, "related_model", None)
    return ": ".join(said)


#: Fields by whose value a row of another table is known: the column is called as the relation to it.
KEYS = frozenset({"code", "number", "reference", "template_id", "value"})


def heading_of(path: str) -> str:
    """A column is called as its field; ``fiduciary__code`` as what it names, ``previous__entry__event_id`` as the relation."""
    *steps, last = path.split("__")
    if not steps:
        return "actor" if path == "actor_ref" else path
    if last == "event_id" and steps[-1] == "entry":
        return steps[-2] if len(steps) > 1 else last
    return steps[-1] if last in KEYS else f"{steps[-1]}_{last}"


def _reader(model: type[Model], name: str, field: Any) -> Callable[[Any], Any]:
    """How a column is read from a row. Of a foreign key the number leaves, of a login and a person the one name they have."""
    found = field_at(model, name)
    if found is None:
        return cast("Callable[[Any], Any]", field.get_value)
    path = path_of(model, name)
    if path != name:
        return lambda row: _read(row, path)
    *steps, last = name.split("__")
    key = "__".join([*steps, found.attname if found.is_relation else last])
    if is_login(found):
        logins = Logins()
        return lambda row: logins.spell_login(_read(row, key))
    if is_actor(found):
        return lambda row: spell(_read(row, key.removesuffix("actor_ref") + "actor_kind"), _read(row, key))
    if is_label(found):
        return lambda row: str(_read(row, key) or "").replace(":user:", ":")
    return lambda row: _read(row, key)


def _read(row: Any, path: str) -> Any:
    for name in path.split("__"):
        row = getattr(row, name, None)  # None as well where no row of the other table stands there
    return row


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
    """In which form the list is wanted, and why."""

    file_format = forms.ChoiceField(label=_("File format"), choices=FORMATS, widget=forms.RadioSelect, initial=CSV)
    reason = PlainWords(
        label=_("Reason"),
        help_text=_(
            "Who needs it and what for. It is recorded in the register of exports. No names or numbers of people."
        ),
        max_length=500,
    )
    is_unmasked = forms.BooleanField(
        label=_("Show masked values in full"),
        help_text=_("Another person has to approve it first. A worker makes the file then."),
        required=False,
    )

    def __init__(self, *args: Any, may_ask_unmasked: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_ask_unmasked:
            del self.fields["is_unmasked"]


class AuditedExport(ExportMixin):
    """Mixin for admins whose list may be taken away. It stands before the other bases.

    Names ``export_resource``, and an ``export_permission`` of its own where the general one is too wide. The list's
    button exports what is filtered, its action what is chosen. A short list is given at once; a long one is a job that
    keeps the filters. Each file is a row of the register of exports and an audit event with its SHA-256.
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
        try:
            require_years_of_ours(request.GET)
            rows = self.get_export_queryset(request)
        except (DisallowedModelAdminLookup, IncorrectLookupParameters):
            # As the list itself answers an address that it does not understand: the whole list, and nothing is taken away.
            listed = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
            return HttpResponseRedirect(f"{listed}?{ERROR_FLAG}=1")
        chosen_rows = rows.filter(pk__in=keys_of(self.model, chosen)) if chosen else rows
        return self.export_page(request, chosen_rows, chosen)

    def export_page(self, request: HttpRequest, rows: QuerySet[Any], chosen: Sequence[str]) -> HttpResponseBase:
        """The page that asks, or what follows from its answer: the file, a job, or a proposal to another person."""
        count = rows.order_by()[: AT_ONCE + 1].count()
        resource = self.export_resource()
        # What a worker does keeps the filters, and words that somebody searched for may name a person.
        is_searched = bool(chosen or self._is_searched(request))
        may_ask = resource.hides and not is_searched and answers.may_unmask.ask(user=request.user)
        is_answer = request.method == "POST" and "export" in request.POST
        form = AuditedExportForm(request.POST if is_answer else None, may_ask_unmasked=bool(may_ask))
        cannot = count > AT_ONCE and is_searched
        if is_answer and form.is_valid() and not cannot:
            try:
                return self._exported(request, rows, form.cleaned_data, chosen, is_long=count > AT_ONCE)
            except PortalError as refusal:
                form.add_error(None, str(refusal))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Export"),
            "opts": self.opts,
            "form": form,
            "count": count,
            "most": AT_ONCE,
            "is_long": count > AT_ONCE,
            "cannot": cannot,
            "columns": resource.words(),
            "chosen": chosen,
            "checkbox_name": ACTION_CHECKBOX_NAME,
            "query": urlencode(sorted(request.GET.items())),
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return TemplateResponse(request, self.export_template_name, context, status=status)

    def _is_searched(self, request: HttpRequest) -> bool:
        return bool(request.GET.get("q") or exports.told_by(request.GET, self.model))

    def _exported(
        self,
        request: HttpRequest,
        rows: QuerySet[Any],
        said: Mapping[str, Any],
        chosen: Sequence[str],
        *,
        is_long: bool,
    ) -> HttpResponseBase:
        actor, wish = _actor_of(request), self._wish(request, said, chosen)
        if said.get("is_unmasked"):
            proposal = answers.unmasked_export.ask(wish=wish, actor=actor)
            messages.success(request, _("Proposed. The file is made when another person has approved it."))
            return HttpResponseRedirect(reverse("admin:workplace_unmaskedexport_change", args=[proposal.pk]))
        if not is_long:
            return export_response(wish, rows, actor=actor)
        row = exports.ask(wish, actor=actor)
        return HttpResponseRedirect(reverse("admin:jobs_job_change", args=[row.job_id]))

    def _wish(self, request: HttpRequest, said: Mapping[str, Any], chosen: Sequence[str]) -> Wish:
        """The register says that rows were chosen or searched for, never which or by what words."""
        told = exports.told_by(request.GET, self.model)
        parts = [exports.filters_of(request.GET, without=told), f"chosen={len(chosen)}" if chosen else ""]
        parts.append("searched=yes" if self._is_searched(request) else "")
        return Wish(self.export_resource(), said["file_format"], "&".join(filter(None, parts)), said["reason"])


def export_response(wish: Wish, rows: QuerySet[Any], *, actor: Any) -> FileResponse:
    """The list as a download, written to the end before a byte leaves.

    The file's name holds the model and the day, nothing of the rows.
    """
    _row, stream = exports.at_once(wish, rows, actor=actor)
    name = f"{wish.resource._meta.model._meta.model_name}-{clock.now():%Y-%m-%d}.{wish.file_format}"
    return FileResponse(stream, as_attachment=True, filename=name, content_type=TYPES[wish.file_format])


def short_response(wish: Wish, rows: Sequence[Any], *, actor: Any) -> HttpResponse:
    """A short list that is no model's as a download, with its row of the register of exports. Its name holds its own name
    and the day.
    """
    _row, body = exports.short(wish, rows, actor=actor)
    name = f"{wish.resource._meta.model._meta.model_name}-{clock.now():%Y-%m-%d}.{wish.file_format}"
    answer = HttpResponse(body, content_type=TYPES[wish.file_format])
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def listed_response(
    name: str, label: str, columns: Sequence[export_columns.Column[Any]], rows: Sequence[Any], *, actor: Any
) -> HttpResponse:
    """A short list that is no model's, as CSV, with the audit event of an export. Neither name holds anything of the rows."""
    body = b"".join(export_columns.stream_csv(list(columns), rows, for_spreadsheets=True))
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


def _export_chosen(modeladmin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponseBase:
    """The change list's action: asks for the format of the chosen rows."""
    if not modeladmin.has_export_permission(request):
        raise NotAllowed(_("Your role may not take this list away."))
    # "Select all" names the rows of one page and means the whole list.
    is_all = request.POST.get("select_across") == "1"
    chosen = [] if is_all else request.POST.getlist(ACTION_CHECKBOX_NAME)
    return cast(HttpResponseBase, modeladmin.export_page(request, queryset, chosen))


def _actor_of(request: HttpRequest) -> Any:
    return actor_of(request)
