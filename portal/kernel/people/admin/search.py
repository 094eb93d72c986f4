"""Search persons, and what is theirs, by a whole address."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from portal.kernel.core.admin.search import SearchedByPost, reference_in
from portal.kernel.core.errors import Refused
from portal.kernel.people import selectors
from portal.kernel.people.choices import ContactKind

#: More rows than one address can have.
MOST = 50


def people_at(term: str) -> set[int]:
    """Persons at an exact address. Encrypted text cannot be searched in part."""
    for kind in (ContactKind.EMAIL, ContactKind.PHONE):
        try:
            return set(selectors.contacts_at(kind, term).values_list("principal", flat=True))
        except Refused:
            continue
    return set()


class FoundByAddress(SearchedByPost):
    """Mixin for change lists. The answer to a search leads to opaque names of what was found: ``found_field``."""

    found_field: str
    reference_prefix = "CU"
    #: What these persons have in this list.
    rows_of: Callable[[set[int]], QuerySet[Any]]
    #: Of some rows those of the customer with this reference.
    with_reference: Callable[[QuerySet[Any], str], QuerySet[Any]]

    def query_of(self, request: HttpRequest, term: str) -> dict[str, str]:
        reference = reference_in(term, self.reference_prefix)
        if reference:
            return {"q": reference}
        found = self.rows_of(people_at(term)).order_by("pk").values_list(self.found_field, flat=True)[:MOST]
        names = ",".join(str(name) for name in found)
        return {f"{self.found_field}__in": names} if names else {}

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By reference only: what stands in the address line is never an address of a person."""
        if not search_term.strip():
            return queryset, False
        return self.with_reference(queryset, reference_in(search_term.strip(), self.reference_prefix)), True
