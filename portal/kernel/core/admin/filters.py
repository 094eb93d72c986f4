"""Filters of lists: of known values, and in words for what Django calls empty and not empty."""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any

from django.contrib.admin import ChoicesFieldListFilter, EmptyFieldListFilter, SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock

Pairs = Iterable[tuple[str, Any]]


def has_or_not(*, without: Any, having: Any) -> type[EmptyFieldListFilter]:
    """The filter of a field that may be empty, with a word for the rows ``without`` it and one for those ``having`` it."""

    class InTwoWords(EmptyFieldListFilter):
        def choices(self, changelist: Any) -> Iterator[Any]:
            both, *rest = super().choices(changelist)
            yield both
            yield from ({**choice, "display": word} for choice, word in zip(rest, (without, having), strict=True))

    return InTwoWords


def recent(column: str, *, unless: Callable[[], Q] | None = None) -> type[SimpleListFilter]:
    """The filter of rows whose instant in ``column`` is one of the last days, named ``period`` in the address; rows that are
    ``unless`` stay whatever their age.
    """

    class Recent(SimpleListFilter):
        title = _("period")
        parameter_name = "period"

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
            return [("7", _("Last 7 days")), ("30", _("Last 30 days")), ("90", _("Last 90 days"))]

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            days = dict(self.lookup_choices).keys() & {self.value()}
            if not days:
                return queryset
            since = Q(**{f"{column}__gte": clock.now() - timedelta(days=int(min(days)))})
            return queryset.filter(since if unless is None else since | unless())

    return Recent


def one_of(values: Pairs | Callable[[], Pairs]) -> type[ChoicesFieldListFilter]:
    """The filter of a field whose values are known, each with its word. For a field without choices Django reads through the
    whole table to see which values there are: over a million rows that took longer than the page.
    """

    class Known(ChoicesFieldListFilter):
        def choices(self, changelist: Any) -> Iterator[Any]:
            own = [self.lookup_kwarg, self.lookup_kwarg_isnull]
            chosen = [str(value) for value in self.lookup_val or ()]
            yield {"selected": not chosen, "query_string": changelist.get_query_string(remove=own), "display": _("All")}
            for value, word in values() if callable(values) else values:
                query = changelist.get_query_string({self.lookup_kwarg: value}, [self.lookup_kwarg_isnull])
                yield {"selected": str(value) in chosen, "query_string": query, "display": word}

    return Known
