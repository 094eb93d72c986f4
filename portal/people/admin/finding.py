"""Search by a whole address. It is posted, so that it stands in no address line, history or log on the way."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from portal.core.errors import BadReference, Refused
from portal.core.ids import parse_reference
from portal.people import selectors
from portal.people.states import ContactKind

#: More rows than one address can have.
MOST = 50


def reference_in(term: str) -> str:
    """The customer's reference that was typed; empty for anything else."""
    try:
        return parse_reference(term, "CU")
    except BadReference:
        return ""


def people_at(term: str) -> set[int]:
    """Persons at an exact address. Encrypted text cannot be searched in part."""
    for kind in (ContactKind.EMAIL, ContactKind.PHONE):
        try:
            return set(selectors.contacts_at(kind, term).values_list("principal", flat=True))
        except Refused:
            continue
    return set()


class FoundByAddress(admin.ModelAdmin):
    """Mixin for change lists. The answer to a search leads to opaque names of what was found: ``found_field``."""

    searched_by_post = True
    found_field: str

    def rows_of(self, people: set[int]) -> QuerySet[Any]:
        """What these persons have in this list."""
        raise NotImplementedError

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method != "POST" or "find" not in request.POST:
            return super().changelist_view(request, extra_context)
        if not self.has_view_permission(request):
            raise PermissionDenied
        term = request.POST["find"].strip()
        reference = reference_in(term)
        if reference or not term:
            return self._to({"q": reference} if reference else {})
        found = self.rows_of(people_at(term)).order_by("pk").values_list(self.found_field, flat=True)[:MOST]
        names = ",".join(str(name) for name in found)
        if not names:
            messages.warning(request, _("Nothing was found. Give a reference, or a whole address or number."))
        return self._to({f"{self.found_field}__in": names} if names else {})

    def _to(self, query: dict[str, str]) -> HttpResponseRedirect:
        return HttpResponseRedirect(f"?{urlencode(query)}")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By reference only: what stands in the address line is never an address of a person."""
        if not search_term.strip():
            return queryset, False
        return self.with_reference(queryset, reference_in(search_term.strip())), True

    def with_reference(self, queryset: QuerySet[Any], reference: str) -> QuerySet[Any]:
        """The rows of the customer with this reference."""
        raise NotImplementedError
