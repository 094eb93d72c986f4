"""How a list opens: with the filters of its work, where nobody asked for others, and what an empty one says."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.views.main import ALL_VAR, ChangeList
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from portal.kernel.core import answers

#: The query of a list without any filter: an empty one opens it as its work wants it.
WHOLE = {ALL_VAR: "1"}


@dataclass(frozen=True)
class Nothing:
    """What an empty list says: what would be in it (``text``), and the way on, where there is one, as its ``label`` and the list
    of ``model`` with ``query``, or the form of a new row where the act ``adds`` one.
    """

    text: Any
    label: Any = ""
    model: str = ""
    query: str = ""
    adds: bool = False

    def url(self, request: HttpRequest) -> str:
        """The way on; empty where there is none for this login."""
        if not self.model:
            return ""
        page = admin.site.get_model_admin(apps.get_model(self.model))
        name = f"admin:{page.opts.app_label}_{page.opts.model_name}"
        if self.adds:
            return reverse(f"{name}_add") if page.has_add_permission(request) else ""
        listed = reverse(f"{name}_changelist")
        return (f"{listed}?{self.query}" if self.query else listed) if page.has_view_permission(request) else ""


def opened(request: HttpRequest, opens_with: Mapping[str, str]) -> None:
    """Has a list that was asked for without any filter answer as if ``opens_with`` had been asked for.

    Every link and form of the page then carries these filters. A login that is bound to days and areas reads all of them:
    its days are seldom the last ones.
    """
    if opens_with and not request.GET and answers.reading_scope.ask(request.user) is None:
        request.GET = QueryDict(urlencode(opens_with))


class OpenedList(ChangeList):
    """A list whose links to everything lead past the filters it opens with."""

    def get_query_string(self, new_params: Any = None, remove: Iterable[str] | None = None) -> str:
        found: str = super().get_query_string(new_params, remove)
        return self.whole if found == "?" else found

    @property
    def whole(self) -> str:
        """The query of all rows."""
        return f"?{urlencode(WHOLE)}" if getattr(self.model_admin, "opens_with", None) else "?"

    @property
    def is_as_opened(self) -> bool:
        """Whether exactly the filters narrow it with which it opens, in whatever order."""
        asked = {name: values[-1] for name, values in self.get_filters_params().items()}
        return bool(asked) and asked == dict(getattr(self.model_admin, "opens_with", {}))

    def nothing_for(self, request: HttpRequest) -> Nothing | None:
        """What the list says while it is empty as it opens; None where what was searched or chosen may be why, or the days and
        areas to which a login is bound.
        """
        is_narrowed = bool(self.query) or (bool(self.get_filters_params()) and not self.is_as_opened)
        if is_narrowed or answers.reading_scope.ask(request.user) is not None:
            return None
        return getattr(self.model_admin, "nothing", None)
