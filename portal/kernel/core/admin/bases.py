from collections.abc import Callable, Mapping
from functools import cached_property
from http import HTTPStatus
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.admin.views.main import ALL_VAR, ORDER_VAR, PAGE_VAR
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import access, answers, field_changes, time_range
from portal.kernel.core.admin.actions import ActionPages, ServiceAction, actions_of, keys_of, waits_for
from portal.kernel.core.admin.labels import RowTextsShown, SaysInWords, Worded
from portal.kernel.core.admin.lookup_allowlist import allowed_lookups, reaches_credential
from portal.kernel.core.admin.opening_view import Nothing, OpenedList, opened
from portal.kernel.core.admin.search import whole_reference_in
from portal.kernel.core.errors import NotAllowed, NotFound, PortalError
from portal.kernel.core.pii_guard import PlainWords
from portal.kernel.core.requests import actor_of

#: What a list and a form of the admin need: the count of chosen rows, and the pop-ups of a field that names a row.
SCRIPTS = (
    "admin/js/vendor/jquery/jquery.min.js",
    "admin/js/jquery.init.js",
    "admin/js/core.js",
    "admin/js/admin/RelatedObjectLookups.js",
    "admin/js/actions.js",
)


#: Parts of an address that only say which page of a list is shown, and how it is ordered.
PAGING = frozenset({ALL_VAR, ORDER_VAR, PAGE_VAR})
#: Of the session: single keys are switched off.
KEYS_OFF = "single_keys_off"


class CappedPaginator(Paginator):
    """Counts at most 10,001 rows: an exact count over a large table costs more than the page."""

    CAP = 10_001

    @cached_property
    def count(self) -> int:
        if isinstance(self.object_list, QuerySet):
            return self.object_list.order_by()[: self.CAP].count()
        return len(self.object_list)


def require_years_of_ours(query: QueryDict) -> None:
    """Raises IncorrectLookupParameters (the list without filters) for a year in the address that no date has.

    Django counts on from it, or makes a date of it only when the rows are counted.
    """
    asked = (name for name in query if {"year", "iso_year"} & set(name.split("__")[1:]) and "isnull" not in name)
    years = (year for name in asked for values in query.getlist(name) for year in values.split(","))
    if not all(
        year.isdecimal() and time_range.EARLIEST.year <= int(year[:5]) <= time_range.LATEST.year for year in years
    ):
        raise IncorrectLookupParameters


class StaffModelAdmin(SaysInWords, ActionPages, admin.ModelAdmin):
    """Shows rows by role and asks for acts; services act. People and codes are said in words (``speaking``).

    ``view_permission`` is a code of the room's ``permissions.py``. ``add_permission`` and ``change_permission`` are None
    where rows come only from services. Nothing is ever deleted here.
    """

    view_permission: str
    add_permission: str | None = None
    change_permission: str | None = None
    #: The act of two people that adding a row proposes, where it does: the page says beforehand who may answer.
    proposes: str = ""
    #: Look-ups of links that lead to this list and that none of its filters offers (``lookup_allowlist``).
    linked_lookups: tuple[str, ...] = ()
    #: The filters with which the list opens, by their names in the address; empty: with all rows.
    opens_with: ClassVar[Mapping[str, str]] = {}
    #: What the list says while it is empty; None: that nothing is in it.
    nothing: Nothing | None = None

    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 0
    actions_selection_counter = True
    formfield_overrides = time_range.OF_MODELS

    @property
    def media(self) -> forms.Media:
        """Django's scripts without those that make an address out of a title: no form of ours asks for that."""
        return forms.Media(js=SCRIPTS)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows of the list and of every page beside it; to an auditor's login, those of its days."""
        return access.within_scope(request.user, super().get_queryset(request))

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return access.allowed(request.user, self.view_permission)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.add_permission is not None and access.allowed(request.user, self.add_permission)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.change_permission is not None and access.allowed(request.user, self.change_permission)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_list_display(self, request: HttpRequest) -> Any:
        return tuple(self.column(request, name) for name in super().get_list_display(request))

    def get_list_filter(self, request: HttpRequest) -> Any:
        return tuple(self.filter_in_words(name) for name in super().get_list_filter(request))

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Only what this list's filters and links ask; Django itself would answer about any column of the table."""
        filters = self.list_filter if request is None else self.get_list_filter(request)
        return lookup in allowed_lookups(self, filters)

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        return not reaches_credential(self.model, to_field) and super().to_field_allowed(request, to_field)

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        links = super().get_list_display_links(request, list_display)
        return links and [self.column(request, name) for name in links]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[OpenedList]:
        return OpenedList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        opened(request, self.opens_with)
        shown: HttpResponse = super().changelist_view(request, extra_context)
        return shown

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list with everything looked up at once that its rows say in words."""
        require_years_of_ours(request.GET)
        shown: Any = super().get_changelist_instance(request)
        shown.nothing = shown.nothing_for(request)
        shown.way_on = shown.nothing.url(request) if shown.nothing is not None else ""
        for column in shown.list_display:
            if isinstance(column, Worded | RowTextsShown):
                column.prime(shown.result_list)
        self._record_listed(request, [one for one in shown.list_display if isinstance(one, RowTextsShown)])
        return shown

    def _record_listed(self, request: HttpRequest, columns: list[RowTextsShown]) -> None:
        """That the page shows whose its rows are, and of how many; a chosen act shows a page of its own."""
        count = max((len(one.texts) for one in columns), default=0)
        if count and request.method == "GET":
            names = {name.partition("__")[0] for name in request.GET if name not in PAGING}
            answers.names_listed.ask(request=request, listed=self.opts.label, filters=names, count=count)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A whole reference is looked up by its index; only a piece of one is looked for in every row."""
        fields = self.get_search_fields(request)
        found = whole_reference_in(search_term) if all(name.endswith("reference") for name in fields) else ""
        if fields and found:
            return queryset.filter(Q(*((name, found) for name in fields), _connector=Q.OR)), False
        return super().get_search_results(request, queryset, search_term)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return self.names_in_words(request, super().get_readonly_fields(request, obj))

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """A record's fields in words, where they cannot be edited."""
        sets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return sets
        return [(title, {**one, "fields": self.names_in_words(request, one["fields"])}) for title, one in sets]

    # Django's own admin log stays empty: our audit event is the trace.
    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None:  # type: ignore[override]
        return None

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> None:  # type: ignore[override]
        return None

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        raise Http404

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """The service actions that this login's roles allow."""
        found: dict[str, Any] = dict(super().get_actions(request))
        found.pop("delete_selected", None)
        for action in actions_of(self):
            if access.allowed(request.user, action.permission):
                found[action.name] = (self.start_action(action), action.name, str(action.label))
        return found

    def start_action(self, action: ServiceAction) -> Callable[..., HttpResponseBase]:
        """The change list's action function: it only opens the action page."""

        def start(modeladmin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponseBase:
            return self.action_page(request, action, queryset)

        return start

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:  # type: ignore[override]
        """What is done with the chosen rows. Raises Http404 for a key that no row can have."""
        keys_of(self.model, request.POST.getlist(ACTION_CHECKBOX_NAME))
        return super().response_action(request, queryset)

    def get_urls(self) -> list[URLPattern]:
        info = self.opts.app_label, self.opts.model_name
        wrap = self.admin_site.admin_view
        own = [
            path("do/<slug:name>/", wrap(self.action_view), name="{}_{}_do".format(*info)),
            path("<path:object_id>/do/<slug:name>/", wrap(self.action_view), name="{}_{}_do_one".format(*info)),
        ]
        return own + super().get_urls()

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row of a page; when the page acts, its fields are watched."""
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            field_changes.watch_row(row)
        return row

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:  # noqa: FBT001
        """What was entered for the row is told by the audit event of the service that ``save_model`` calls."""
        field_changes.watch_entered({} if change else form.cleaned_data)
        return super().save_form(request, form, change)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        return refusable(request, super().get_form(request, obj, change, **kwargs))

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """A service's refusal stands above the form, with everything that was entered; nothing else changes."""
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        try:
            with field_changes.watching(actor_of(request), "change" if object_id else "add") as watch:
                request.watch = watch  # type: ignore[attr-defined]
                return super().changeform_view(request, object_id, form_url, extra_context)
        except (NotAllowed, NotFound):
            raise
        except PortalError as refusal:
            request.refusal = refusal  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def second_people(self, request: HttpRequest) -> str:
        """Who may answer what adding a row proposes; empty where it proposes nothing."""
        return str(answers.second_people.ask(act=self.proposes, user=request.user)) if self.proposes else ""

    def message_user(self, request: HttpRequest, message: Any, *args: Any, **kwargs: Any) -> None:
        """Of a row that waits for a second person it is not said that it was added, but that it waits, and for whom."""
        watch = getattr(request, "watch", None)
        waits = waits_for(request, watch) if watch is not None else ""
        super().message_user(request, f"{gettext('Proposed.')} {waits}" if waits else message, *args, **kwargs)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Adds the row's possible acts, as links, to its page. A form with errors answers 422."""
        obj = kwargs.get("obj")
        context["row_actions"] = self.row_actions(request, obj) if obj is not None else []
        context["second_people"] = self.second_people(request) if obj is None else ""
        response = super().render_change_form(request, context, *args, **kwargs)
        if context.get("errors"):
            response.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
        return response


def refusable(request: HttpRequest, form: type[Any]) -> type[Any]:
    """The form with the refusal of this request's service, if there was one, as its error."""
    refusal: Any = getattr(request, "refusal", None)
    if refusal is None:
        return form

    class Refused(form):
        def clean(self) -> Any:
            super().clean()
            raise forms.ValidationError(str(refusal), code=refusal.code)

    return Refused


class ReadOnlyAdmin(StaffModelAdmin):
    """A register that is read: no field can be edited, no row added."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class RowsBeside(SaysInWords, admin.TabularInline):
    """Rows beside a record: shown to whoever may see the record, never edited there."""

    template = "admin/includes/rows.html"
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return access.within_scope(request.user, super().get_queryset(request))

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        sets = super().get_fieldsets(request, obj)
        return [(title, {**one, "fields": self.names_in_words(request, one["fields"])}) for title, one in sets]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """All of them: what is said in words is no field of a form."""
        return flatten_fieldsets(self.get_fieldsets(request, obj))

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReasonForm(forms.Form):
    """The least that an act by staff says: why."""

    reason = PlainWords(
        label=_("Reason"),
        help_text=_("One sentence that an auditor will understand in five years. No names, numbers or addresses."),
        max_length=500,
    )
