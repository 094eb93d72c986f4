"""The rows of a list of the admin, without its page: what a queue, a figure or a kept view counts."""

from collections.abc import Sequence
from copy import copy
from typing import Any, cast

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict

from portal.kernel.core.admin.bases import CappedPaginator, require_years_of_ours


def page_of(model: str) -> Any:
    """The admin page of ``room.Model``. Raises LookupError for no model, NotRegistered for one without a page."""
    room, _dot, name = model.partition(".")
    return admin.site.get_model_admin(apps.get_model(room, name))


def rows_of(request: HttpRequest, model: str, query: str) -> QuerySet[Any]:
    """What the list of ``model`` shows to this login under ``query``: the list's own filters and search decide.

    Asks nothing of the database. Raises IncorrectLookupParameters for a query that the list does not understand.
    """
    page = page_of(model)
    asked = copy(request)
    asked.method = "GET"
    asked.GET = QueryDict(query)
    require_years_of_ours(asked.GET)
    # Filters that are no lookups themselves; the others would ask which values there are only to show their choices.
    filters = [one for one in page.list_filter if _is_asked(one, asked.GET)]
    try:
        return cast(QuerySet[Any], _Rows(asked, page, filters).queryset)
    except DisallowedModelAdminLookup as refused:
        raise IncorrectLookupParameters from refused


def _is_asked(one: Any, query: QueryDict) -> bool:
    """Whether a filter that reads the query in its own way is named there."""
    if isinstance(one, tuple):
        return any(name.partition("__")[0] == one[0] for name in query)
    return isinstance(one, type) and str(getattr(one, "parameter_name", "")) in query


class _Rows(ChangeList):
    """A list that is never shown."""

    def __init__(self, request: HttpRequest, page: Any, filters: list[Any]) -> None:
        super().__init__(
            request,
            page.model,
            ["__str__"],
            (),
            filters,
            None,
            page.get_search_fields(request),
            False,
            page.list_per_page,
            0,
            (),
            page,
            None,
            "",
        )

    def get_results(self, request: HttpRequest) -> None:
        """None are fetched."""


def counts(lists: Sequence[QuerySet[Any]]) -> list[int]:
    """How many rows each list has, in one question to the database; none is counted beyond what a list counts itself."""
    parts: list[str] = []
    values: list[Any] = []
    for rows in lists:
        try:
            sql, given = rows.order_by().values("pk")[: CappedPaginator.CAP].query.sql_with_params()
        except EmptyResultSet:
            parts.append("0")
            continue
        parts.append(f"(SELECT COUNT(*) FROM ({sql}) AS counted)")  # noqa: S608 - a statement that the ORM wrote
        values += given
    if not parts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", values)
        return [int(number) for number in cursor.fetchone()]
