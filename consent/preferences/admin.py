"""What people told us to block ("do not disturb"): each telling with who said it and when. No clear number."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.base.choices import Way
from consent.base.labels import BLOCKED
from consent.base.permissions import Permission
from consent.records.models.preferences import PreferenceChange
from consent.records.selectors.preferences import holders
from consent.records.selectors.reachability import is_joined
from portal.kernel.core.admin import OpenedWithPurpose, ReadOnlyAdmin
from portal.kernel.core.admin.search import SearchedByPost, keys_in, reference_in, subject_in
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.people import selectors as people
from portal.kernel.people.labels import who_acted


class StandingFilter(admin.SimpleListFilter):
    """The last telling of a person holds; those before are its history."""

    title = gettext_lazy("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("now", gettext_lazy("In force now")), ("before", gettext_lazy("Replaced by a later one"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in {"now", "before"}:
            return queryset
        later = PreferenceChange.objects.filter(
            subject_ref=OuterRef("subject_ref"), pk__gt=OuterRef("pk"), receipt__isnull=False
        )
        replaced = Q(Exists(later)) | Q(pk__in=_replaced_under_another_reference())
        return queryset.filter(~replaced if self.value() == "now" else replaced)


def _replaced_under_another_reference() -> set[int]:
    """The last telling by each reference after which the same person told again, by another joined to theirs."""
    told = PreferenceChange.objects.filter(is_joined(), receipt__isnull=False)
    last = dict(told.order_by().values_list("subject_ref").annotate(Max("pk")))
    same = people.joined(set(last))
    return {pk for ref, pk in last.items() if any(last.get(other, 0) > pk for other in same[ref])}


class BlockedFilter(admin.SimpleListFilter):
    """What is blocked: anything of one of the four lists, or nothing any more."""

    title = gettext_lazy("blocked")
    parameter_name = "blocked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("categories", gettext_lazy("A category")),
            ("modes", gettext_lazy("A channel")),
            ("bands", gettext_lazy("Hours")),
            ("days", gettext_lazy("Days")),
            ("nothing", gettext_lazy("Nothing from now on")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "nothing":
            return queryset.filter(**{f"blocked_{name}": "" for name in BLOCKED})
        return queryset.exclude(**{f"blocked_{self.value()}": ""}) if self.value() in BLOCKED else queryset


@admin.register(PreferenceChange)
class BlockAdmin(SearchedByPost, AuditedExport, OpenedWithPurpose, ReadOnlyAdmin):
    """The changes of a person's wishes that are about blocking: those with a receipt."""

    reference_prefix = "CR"
    view_permission = Permission.STATE_VIEW
    export_permission = Permission.EVENT_EXPORT
    export_resource = resource_of(
        PreferenceChange,
        "id subject_ref receipt__reference blocked_categories blocked_modes blocked_bands blocked_days changed_at",
    )
    list_display = ("told", "person", "what", "who", "receipt")
    list_select_related = ("receipt", "entry__leaf", "entry__auditevent")
    list_filter = (StandingFilter, BlockedFilter, "changed_at")
    fields = (
        *("told", "person", "no_categories", "no_modes", "no_bands", "no_days"),
        *("who", "actor", "receipt", "place"),
    )
    readonly_fields = fields
    search_fields = ("pk",)
    search_help_text = gettext_lazy("A receipt number, a subject's reference, or a number in full")
    list_note = gettext_lazy(
        "What people asked us to block, the latest first. The last one of a person applies, no matter whose "
        "messages we send. An operator's own register of such preferences is not here."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(receipt__isnull=False)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (queryset.filter(_asked_for(term)) if term else queryset), False

    @admin.display(description=gettext_lazy("reported to us"), ordering="changed_at")
    def told(self, obj: PreferenceChange) -> str:
        return str(obj)

    @admin.display(description=gettext_lazy("person"))
    def person(self, obj: PreferenceChange) -> str:
        return str(obj.subject_ref)[:8]

    @admin.display(description=gettext_lazy("what is blocked"))
    def what(self, obj: PreferenceChange) -> str:
        said = [f"{label}: {words}" for name, (label, _words) in BLOCKED.items() if (words := _list(obj, name))]
        return "; ".join(said) or _("Nothing from now on")

    @admin.display(description=gettext_lazy("reported by, and how"))
    def who(self, obj: PreferenceChange) -> str:
        event = getattr(obj.entry, "auditevent", None)
        return str(Way(event.facts["way"]).label) if event is not None else "–"

    @admin.display(description=gettext_lazy("recorded by"))
    def actor(self, obj: PreferenceChange) -> str:
        event = getattr(obj.entry, "auditevent", None)
        return who_acted(event.actor_kind, event.actor_ref) if event is not None else "–"

    @admin.display(description=gettext_lazy("place in the ledger"))
    def place(self, obj: PreferenceChange) -> str:
        return "–" if obj.entry is None or obj.entry.index is None else str(obj.entry.index)

    @admin.display(description=BLOCKED["categories"][0])
    def no_categories(self, obj: PreferenceChange) -> str:
        return _list(obj, "categories") or "–"

    @admin.display(description=BLOCKED["modes"][0])
    def no_modes(self, obj: PreferenceChange) -> str:
        return _list(obj, "modes") or "–"

    @admin.display(description=BLOCKED["bands"][0])
    def no_bands(self, obj: PreferenceChange) -> str:
        return _list(obj, "bands") or "–"

    @admin.display(description=BLOCKED["days"][0])
    def no_days(self, obj: PreferenceChange) -> str:
        return _list(obj, "days") or "–"


def _list(obj: PreferenceChange, name: str) -> str:
    """The codes of one list in words."""
    words = BLOCKED[name][1]
    return ", ".join(str(words(code)) for code in getattr(obj, f"blocked_{name}").split())


def _asked_for(term: str) -> Q:
    """What a search stands for: a receipt, a subject, or whoever holds a number now."""
    if receipt := reference_in(term, "CR"):
        return Q(receipt__reference=receipt)
    refs: Iterable[UUID] = holders(keys_in(term))
    if subject := subject_in(term):
        refs = [subject]
    return Q(subject_ref__in=[one for ref in refs for one in people.refs_of(ref)])
