"""What the lists of the workplace say of themselves: how many rows, and what narrows them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django import template
from django.contrib.admin.views.main import SEARCH_VAR
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.kernel.core.admin.bases import CappedPaginator
from portal.kernel.core.admin.search import keys_in

register = template.Library()

#: A time as ``core.date_format`` writes it.
_ZONE: Final = re.compile(r"(\d{4}, \d\d:\d\d) IST\b")
#: A cell of plain text. The admin escapes quotation marks in it.
_TEXT: Final = re.compile(r'(?P<tag><t[dh])(?P<more>[^>]*)>(?P<text>[^<>"]*)(?P<end></t[dh]>)')
#: So many characters fill two lines of a column.
_LONG: Final = 40


@dataclass(frozen=True)
class Chosen:
    """One filter that narrows a list, and the choice that stands in it."""

    title: str
    choice: str


@register.filter
def chosen(changelist: Any) -> Iterator[Chosen]:
    """The filters that narrow this list. A value that is none of the choices narrows too, and is named as such."""
    for spec in changelist.filter_specs:
        if any(name in changelist.filter_params for name in spec.expected_parameters()):
            picked = [str(choice["display"]) for choice in spec.choices(changelist) if choice["selected"]]
            yield Chosen(str(spec.title), ", ".join(picked) or _("another value"))


@register.filter
def is_narrowed(changelist: Any) -> bool:
    """Whether a search, a filter or a link of another page leaves rows out, so that there is more to show."""
    narrowing = {name for name in changelist.get_filters_params() if name != SEARCH_VAR}
    return bool(changelist.query or narrowing)


@register.filter
def kept_in_search(changelist: Any) -> Iterator[tuple[str, Any]]:
    """What a search keeps: the order, and filters that somebody chose. Those with which the list opened would hide what is looked for."""
    left_out = dict(changelist.model_admin.opens_with) if changelist.is_as_opened else {}
    return ((name, given) for name, given in changelist.filter_params.items() if name not in left_out)


@register.filter
def typed(changelist: Any) -> str:
    """What stands in the search box of a list: what was typed, and nothing where an address led to keyed hashes."""
    return "" if is_by_address(changelist) else str(changelist.query)


@register.filter
def is_by_address(changelist: Any) -> bool:
    """Whether the list shows what was found by an address, which is in no address line and cannot be shown again."""
    return bool(keys_in(changelist.query))


@register.filter
def results(changelist: Any) -> str:
    """How many rows the list has, as far as they were counted."""
    count = changelist.result_count
    if count >= CappedPaginator.CAP:
        return _("More than %(number)s results") % {"number": f"{CappedPaginator.CAP - 1:,}"}
    return ngettext("%(number)s result", "%(number)s results", count) % {"number": f"{count:,}"}


@register.filter
def one(opts: Any) -> str:
    """What a single row of the book is called in a count."""
    return str(getattr(opts.model, "counted_as", (opts.verbose_name, ""))[0])


@register.filter
def many(opts: Any) -> str:
    """What rows of the book are called in a count: the name of a book, such as "register", is no name of its rows."""
    return str(getattr(opts.model, "counted_as", ("", opts.verbose_name_plural))[1])


@register.filter
def rows_in_words(changelist: Any) -> str:
    """The count below a list: "3 exports"."""
    count, opts = changelist.result_count, changelist.opts
    if count >= CappedPaginator.CAP:
        return _("More than %(number)s %(many)s") % {"number": f"{CappedPaginator.CAP - 1:,}", "many": many(opts)}
    return f"{count:,} {one(opts) if count == 1 else many(opts)}"


@dataclass(frozen=True)
class Row:
    """One row of a list: its cells as they are written into the page, and the form of its own where it has one."""

    cells: list[SafeString]
    form: Any


@dataclass(frozen=True)
class Rows:
    """The rows of a list, and whether a time stands in one of them: the head then says once in which zone they are."""

    rows: list[Row]
    has_times: bool


@register.filter
def laid_out(results: Iterable[Any], headers: Iterable[Mapping[str, Any]]) -> Rows:
    """The rows of a change list as its table shows them.

    Each cell has the name of its column: on a narrow screen a row is a card. A longer text is cut by the style sheet on a wide
    screen; the whole of it is in its title, and for whoever does not see it in the cell.
    """
    names = ["" if "action-checkbox" in header.get("class_attrib", "") else str(header["text"]) for header in headers]
    rows = [(list(result), getattr(result, "form", None)) for result in results]
    has_times = any(_ZONE.search(cell) for cells, _form in rows for cell in cells)
    return Rows([Row([*map(_labelled, cells, names)], form) for cells, form in rows], has_times)


def _labelled(cell: SafeString, name: str) -> SafeString:
    """The compact cell with the name of its column."""
    compact = _compact(cell)
    if not name or not compact.startswith("<td"):
        return compact
    # Both parts are safe: the cell was made by the admin, the name is escaped here.
    return SafeString(f'<td data-label="{conditional_escape(capfirst(name))}"{compact[3:]}')


def _compact(cell: SafeString) -> SafeString:
    """The cell without the zone behind its times, and a longer text in a part that the style sheet can cut."""
    short = SafeString(_ZONE.sub(r"\1", cell))
    found = _TEXT.fullmatch(short)
    if found is None or len(found["text"]) < _LONG:
        return short
    # Its parts are safe as the cell was: what stands between two tags has no quotation mark that could end a title.
    return SafeString(
        f'{found["tag"]} title="{found["text"]}"{found["more"]}><span class="cut">{found["text"]}</span>{found["end"]}'
    )
