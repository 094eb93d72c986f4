"""The books of the company, each with one line: its form, list, page, export and acts come from its model."""

from typing import Any, ClassVar, cast

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.core import clock
from portal.core.admin import service_action
from portal.core.errors import NotAllowed
from portal.jobs.audited_export import resource_of
from portal.registers.admin.entries import ENTRY, EntryAdmin, holds_no_more
from portal.registers.forms.entered import ReviewForm, form_of
from portal.registers.models import (
    AccessReview,
    AccountBlock,
    AuditFinding,
    BookEntry,
    CodesField,
    ContentAccess,
    Contract,
    CountryRule,
    Dataset,
    Dpia,
    ExternalLink,
    Measure,
    ProcessingActivity,
    Product,
    RecipientCheck,
    Training,
    Transfer,
)
from portal.registers.permissions import Permission
from portal.registers.services import books

REVIEWED = ("reviewed_at", "reviewed_by")


def not_to_review(entry: BookEntry, user: Any) -> str:
    """Why this person cannot look at this row; empty when they can."""
    if why := holds_no_more(entry, user):
        return why
    try:
        books.require_another(entry, user)
    except NotAllowed as refusal:
        return str(refusal)
    return ""


class BookPage(EntryAdmin):
    """One book. ``book`` is its model; what differs between books stands there."""

    book: type[BookEntry]
    view_permission = Permission.BOOK_VIEW
    add_permission = Permission.BOOK_PROPOSE
    end_permission = Permission.BOOK_END
    end_means = _("It holds no more from now on, and stays in the book.")
    list_select_related: ClassVar[tuple[str, ...]] = ("fiduciary", "owner")
    search_fields = ("code", "name")
    date_hierarchy = "starts_at"

    def create(self, request: HttpRequest, entered: dict[str, Any]) -> int:
        entry = books.propose(self.book, **entered, actor=request.actor, now=clock.now())  # type: ignore[attr-defined]
        return int(entry.pk)

    @service_action(
        permission=Permission.BOOK_REVIEW, ask=ReviewForm, label=_("Note that it was looked at"), skip=not_to_review
    )
    def review(self, request: HttpRequest, obj: Any, answer: dict[str, Any]) -> None:
        books.review(obj, **answer, actor=request.actor, now=clock.now())  # type: ignore[attr-defined]


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


register(ProcessingActivity, title=_("Propose a record of processing"), shows=("role",), filters=("role",))
register(
    Product,
    title=_("Propose a system or product"),
    shows=("kind",),
    filters=("kind",),
    end_means=_("It is not live from now on: switch it off first."),
)
register(Contract, title=_("Propose a contract"), shows=("recipient_code", "valid_until"), filters=("kind",))
register(
    RecipientCheck,
    title=_("Propose a check of a recipient"),
    shows=("service", "outcome"),
    filters=("service", "outcome"),
)
register(Transfer, title=_("Propose a transfer abroad"), shows=("recipient_code", "country"), filters=("mechanism",))
register(CountryRule, title=_("Propose a rule about a country"), shows=("country", "says"), filters=("says", "law"))
register(Measure, title=_("Propose a security measure"), shows=("control", "evidence_on"), filters=("control",))
register(Training, title=_("Propose a training"), shows=("kind", "held_on", "attended"), filters=("kind",))
register(AuditFinding, title=_("Propose an audit finding"), shows=("severity", "due_on"), filters=("severity", "state"))
register(
    AccessReview,
    title=_("Propose a review of role access"),
    shows=("grants", "to_end"),
    also=("grants", "grants_sha256"),
)
register(ContentAccess, title=_("Propose access to contents"), shows=("what", "reader"), filters=("what", "basis"))
register(
    AccountBlock,
    title=_("Propose the block of an account"),
    shows=("customer", "why", "is_automated"),
    filters=("why",),
    also=("told_at",),
    end_means=_("The customer may use the service again from now on."),
)
register(Dataset, title=_("Propose a dataset"), shows=("kind", "form"), filters=("kind",))
register(Dpia, title=_("Propose an impact assessment"), shows=("risk", "outcome"), filters=("risk", "outcome"))
register(
    ExternalLink,
    title=_("Propose an external link"),
    shows=("host", "answered"),
    also=("host", "looked_at", "answered", "dead_since"),
    end_means=_("The exit page leads there no more."),
)
