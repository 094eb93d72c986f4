"""The registers of the company: form, list, page, export and acts of each come from its model (``base.models.register_entries.book``)."""

from typing import Any, ClassVar, cast

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock, records
from portal.kernel.core.admin import service_action
from portal.kernel.core.errors import NotAllowed
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import resource_of
from portal.kernel.registers.base.models.register_entries import BookEntry, CodesField, every_book
from portal.kernel.registers.base.permissions import Permission
from portal.kernel.registers.entries.forms.register_entries import ReviewForm, form_of
from portal.kernel.registers.entries.services import register_entries
from portal.kernel.registers.senders.admin.sender_entries import ENTRY, EntryAdmin, holds_no_more

#: In the address of the form: the row that a proposal corrects.
CORRECTS = "corrects"
#: So many has the greatest number of a row at most: Python reads no number of thousands of digits.
DIGITS = 18
REVIEWED = ("reviewed_at", "reviewed_by")


def not_to_review(entry: BookEntry, user: Any) -> str:
    """Why this person cannot look at this row; empty when they can."""
    if why := holds_no_more(entry, user):
        return why
    try:
        register_entries.require_another(entry, user)
    except NotAllowed as refusal:
        return str(refusal)
    return ""


class BookPage(EntryAdmin):
    """One book. ``book`` is its model; what differs between books stands there."""

    book: type[BookEntry]
    view_permission = Permission.BOOK_VIEW
    add_permission = Permission.BOOK_PROPOSE
    end_permission = Permission.BOOK_END
    end_means = _("It is no longer valid from now on, and stays in the register.")
    list_select_related: ClassVar[tuple[str, ...]] = ("fiduciary", "owner")
    search_fields = ("code", "name")
    date_hierarchy = "starts_at"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the way to a correction of a row that holds: what it says is never edited."""
        row = self.get_object(request, object_id) if self.has_add_permission(request) else None
        beside: list[tuple[Any, str]] = []
        if row is not None and not holds_no_more(row, request.user):
            add = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_add")
            beside = [(_("Propose a correction"), f"{add}?{CORRECTS}={row.pk}")]
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "beside": beside})

    def initial_of(self, request: HttpRequest) -> dict[str, Any]:
        """Of a correction what the row says now, but for what only a review moves and for the evidence: empty, that stays too."""
        number = request.GET.get(CORRECTS, "")
        is_number = number.isascii() and number.isdecimal() and len(number) <= DIGITS
        row = self.get_queryset(request).filter(pk=number).first() if is_number else None
        if row is None or holds_no_more(row, request.user):
            return {}
        words = {name: getattr(row, name) for name in self.book.SHOWN if name not in self.book.BESIDE}
        return {"fiduciary": row.fiduciary_id, **words}

    def create(self, request: HttpRequest, entered: dict[str, Any]) -> int:
        entry = register_entries.propose(self.book, **entered, actor=actor_of(request), now=clock.now())
        return int(entry.pk)

    @service_action(permission=Permission.BOOK_REVIEW, ask=ReviewForm, label=_("Record a review"), skip=not_to_review)
    def review(self, request: HttpRequest, obj: Any, answer: dict[str, Any]) -> None:
        register_entries.review(obj, **answer, actor=actor_of(request), now=clock.now())


def _said(field: CodesField) -> Any:
    """A list of codes in words."""

    def say(page: Any, obj: Any) -> str:
        known = dict(field.known())
        return ", ".join(str(known.get(code, code)) for code in getattr(obj, field.name))

    say.short_description = field.verbose_name  # type: ignore[attr-defined]
    return say


def register(
    model: type[BookEntry],
    *,
    title: Any,
    shows: tuple[str, ...] = (),
    filters: tuple[str, ...] = (),
    also: tuple[str, ...] = (),
    end_means: Any = None,
) -> None:
    """Give a book its page. ``shows`` are columns of its list, ``also`` what the machine wrote beside what was entered."""
    columns = " ".join((*model.SHOWN, *REVIEWED, *also))
    lists = {name: field for name in model.OWN if isinstance(field := model._meta.get_field(name), CodesField)}
    page = {
        "book": model,
        "create_form": form_of(model),
        "create_title": title,
        "export_resource": resource_of(model, f"{ENTRY} {columns}"),
        "list_display": ("name", *shows, "fiduciary", "owner", "review_on", "answer", "holds_from", "ends_at"),
        "list_filter": ("answer", *filters),
        "own_fields": (*(f"said_{name}" if name in lists else name for name in model.SHOWN), *REVIEWED, *also),
        "readonly_fields": tuple(f"said_{name}" for name in lists),
        **{f"said_{name}": _said(field) for name, field in lists.items()},
    }
    if end_means is not None:
        page["end_means"] = end_means
    admin.register(model)(cast(Any, type(f"{model.__name__}Page", (BookPage,), page)))


for model in every_book():
    register(model, **(records.of(model).page or {}))
