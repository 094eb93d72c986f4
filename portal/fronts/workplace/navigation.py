"""What a login finds where: its menu, the tabs of the page it is on, and the directory of everything it may open.

All of it is read from the places that models, queues and pages declare (``core.records``, ``core.queues``).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.fronts.workplace import pages, queues
from portal.fronts.workplace.permissions import Permission
from portal.kernel.core import access, answers, ports, records
from portal.kernel.core.queues import Queue
from portal.kernel.core.records import Place, Shown
from portal.kernel.people.login_roles import roles_held

#: Records that are begun from every page, with what the bar calls each.
NEW = (
    ("registers.Incident", _("Incident")),
    ("registers.AuthorityOrder", _("Order")),
    ("people.Customer", _("Customer")),
    ("jobs.ListImport", _("Import")),
)
#: Entries of a menu, its first page among them; parts that the open one unfolds; tabs of a bar, "More" among them.
MOST_ENTRIES, MOST_PARTS, MOST_TABS = 8, 4, 7


@dataclass(frozen=True)
class Link:
    """One way to a page; ``number`` says how much waits there, where that is known."""

    label: Any
    url: str
    is_here: bool = False
    number: str = ""


@dataclass(frozen=True)
class Entry(Link):
    """A line of the menu; open, it unfolds its parts."""

    is_open: bool = False
    parts: tuple[Link, ...] = ()


@dataclass(frozen=True)
class Spot:
    """A list, a queue or a page that this login may open. ``key`` is the model, the queue or the name of the address."""

    key: str
    label: Any
    url: str
    place: Place
    was: str = ""
    queue: Queue | None = None
    model: Any = None

    @property
    def renamed(self) -> str:
        """The name of earlier releases, where it was another."""
        return "" if self.was.casefold() == str(self.label).casefold() else self.was

    def has_name(self, words: str) -> bool:
        """Whether its name of today or of earlier releases has these words."""
        return words in str(self.label).casefold() or words in self.was.casefold()


class Navigation:
    """What one login sees of the workplace on one page. ``models`` are the site's dictionaries of registered models."""

    def __init__(self, request: HttpRequest, models: Iterable[Mapping[str, Any]]) -> None:
        self.request = request
        lists = {spot.key: spot for spot in self._lists(models)}
        found = (*lists.values(), *self._pages(), *self._queues(lists))
        self.spots = sorted(found, key=lambda one: pages.position(one.place))
        self.here = self._here()

    def _lists(self, models: Iterable[Mapping[str, Any]]) -> Iterator[Spot]:
        for each in models:
            model = each["model"]
            place = records.of(model).place
            if each.get("admin_url") and place is not None:
                was = str(each["name"])
                yield Spot(model._meta.label, records.list_name(model), each["admin_url"], place, was, model=model)

    def _pages(self) -> Iterator[Spot]:
        for page in ports.staff_pages:
            if access.allowed(self.request.user, page.permission):
                yield Spot(page.url_name, page.name, reverse(page.url_name), page.place, str(page.was))

    def _queues(self, lists: Mapping[str, Spot]) -> Iterator[Spot]:
        """Queues that are tabs of these lists. An auditor's login has none: it works on nothing."""
        user: Any = self.request.user
        if answers.reading_scope.ask(user) is not None:
            return
        for queue in ports.queues:
            tab, listed = queue.tab, lists.get(queue.model)
            if tab is not None and listed is not None and access.allowed(user, tab.permission):
                place = Place.tab(listed.place.page, tab.order)
                yield Spot(queue.code, tab.label, f"{listed.url}?{queue.query}", place, queue=queue)

    def _here(self) -> Spot | None:
        """Where the login is: the spot whose address says most of the present one; a queue only with its own filters."""
        path, asked = self.request.path, self.request.GET
        for one in self.spots:
            if one.queue is not None and one.url.partition("?")[0] == path and _asks(asked, one.queue.query):
                return one
        under = [one for one in self.spots if one.queue is None and path.startswith(one.url)]
        return max(under, key=lambda one: len(one.url), default=None)

    @cached_property
    def menu(self) -> list[Entry]:
        """The first page and what the roles of this login work on, counted; of no role: nothing."""
        here = self._open_entry
        planned = [one for entry in self._entries if (one := self._entry(entry, is_open=entry is here)) is not None]
        if not planned:
            return []
        index = reverse("admin:index")
        is_bound = answers.reading_scope.ask(self.request.user) is not None
        first = Entry(_("Auditors' room") if is_bound else _("Today"), index, self.request.path == index)
        return [first, *planned[: MOST_ENTRIES - 1]]

    @cached_property
    def _entries(self) -> list[pages.Entry]:
        """The entries of the login's roles; what an earlier one leads to is not repeated."""
        held = roles_held(self.request.user)
        seen: set[str] = set()
        found: list[pages.Entry] = []
        for role, entries in pages.MENUS.items():
            for entry in entries if role in held else ():
                parts = tuple(part for part in entry.parts if part not in seen)
                if parts:
                    seen.update(parts)
                    found.append(pages.Entry(entry.label, parts, entry.opens))
        return found

    @cached_property
    def _open_entry(self) -> pages.Entry | None:
        """The entry the login is in: the one that names this very list or page, else the one with its page."""
        if self.here is None:
            return None
        named = (one for key in (self.here.key, self.here.place.page) for one in self._entries if key in one.parts)
        return next(named, None)

    def _entry(self, entry: pages.Entry, *, is_open: bool) -> Entry | None:
        """None where this login may open nothing behind it."""
        parts = [one for part in entry.parts if (one := self._part(part)) is not None]
        if len(entry.parts) == 1:
            parts = [(one.label, one, one is self.here) for one in self._tabs_of(entry.parts[0])]
        if not parts:
            return None
        opens = next((spot for _label, spot, _is_here in parts if entry.opens and spot.key == entry.opens), parts[0][1])
        links = [Link(label, spot.url, is_here, self._number(spot)) for label, spot, is_here in parts[:MOST_PARTS]]
        shown = tuple(links) if is_open and len(links) > 1 else ()
        is_here = is_open and not any(one.is_here for one in shown)
        return Entry(entry.label, opens.url, is_here, self._number(opens), is_open, shown)

    def _part(self, part: str) -> tuple[Any, Spot, bool] | None:
        """A part with its name, the spot at which it opens, and whether the login is in it."""
        if part in pages.PAGES:
            first = next(iter(self._tabs_of(part)), None)
            is_here = self.here is not None and self.here.place.page == part
            return (pages.PAGES[part], first, is_here) if first else None
        spot = next((one for one in self.spots if one.key == part), None)
        return (spot.label, spot, spot is self.here) if spot else None

    def _tabs_of(self, page: str) -> list[Spot]:
        return [one for one in self.spots if one.place.page == page and one.place.shown is Shown.TAB]

    @cached_property
    def tabs(self) -> list[Link]:
        """The tabs of the page the login is on; none on the page of a record, which has its own."""
        if self.here is None or self.request.path != self.here.url.partition("?")[0]:
            return []
        tabs = self._tabs_of(self.here.place.page)
        return [self._link(one, self.here.key if self.here in tabs else self.here.place.of) for one in tabs]

    @property
    def first_tabs(self) -> list[Link]:
        """Those in the bar: all, or one fewer than fit, and "More"."""
        return self.tabs if len(self.tabs) <= MOST_TABS else self.tabs[: MOST_TABS - 1]

    @property
    def more_tabs(self) -> list[Link]:
        return self.tabs[len(self.first_tabs) :]

    @property
    def views(self) -> list[Link]:
        """The list the login is on, or whose view it is on, with all of its views; empty for a list without any."""
        if self.here is None or not self.tabs:
            return []
        main = self.here.place.of if self.here.place.shown is Shown.VIEW else self.here.key
        shown = [one for one in self.spots if one.place.shown is Shown.VIEW and one.place.of == main]
        first = [one for one in self.spots if one.key == main]
        return [self._link(one, self.here.key) for one in (*first, *shown)] if shown else []

    def _link(self, spot: Spot, here: str) -> Link:
        return Link(spot.label, spot.url, spot.key == here, self._number(spot))

    def _number(self, spot: Spot) -> str:
        return self._counted.get(spot.key, "")

    @cached_property
    def _counted(self) -> dict[str, str]:
        """How much waits in the queues whose number is in view: one statement for all of them."""
        here = self.here.place.page if self.here is not None else ""
        parts = {entry.parts[0] for entry in self._entries} | set(self._open_entry.parts if self._open_entry else ())
        shown = {tabs[0].key for part in parts if (tabs := self._tabs_of(part))}
        shown |= {entry.opens for entry in self._entries} | {one.key for one in self._tabs_of(here)}
        waiting = [one.queue for one in self.spots if one.queue is not None and one.key in shown]
        return {one.queue.code: one.number for one in queues.counted(self.request, waiting)} if waiting else {}

    @property
    def is_more_here(self) -> Any:
        """The name of the tab under "More" that the login is on."""
        return next((one.label for one in self.more_tabs if one.is_here), "")

    def places(self, words: str) -> list[Spot]:
        """Lists and pages with these words in their name, of today or of earlier releases, and those of a page so named."""
        asked = words.casefold()
        named = {code for code, name in pages.PAGES.items() if asked in str(name).casefold()}
        return [one for one in self.spots if one.queue is None and (one.has_name(asked) or one.place.page in named)]

    def only_place(self, words: str) -> str:
        """The address of the one place that is called exactly so; empty where there is none, or another."""
        asked = words.casefold()
        found = [one.url for one in self.spots if one.queue is None and asked == str(one.label).casefold()]
        return found[0] if len(found) == 1 else ""

    def acts(self, words: str) -> list[Link]:
        """New records that this login may make, by the words of the list they go to or of what is added: "add incident"."""
        asked = words.casefold().split()
        return [link for link, names in self._additions() if all(word in names for word in asked)]

    def _additions(self) -> Iterator[tuple[Link, str]]:
        """Each with all the words it is found by: the name of its list, what the record is called on its own page, and the title
        of its form, which says what is done: "stop" finds where messages are stopped for a person.
        """
        for one in self.spots:
            page: Any = admin.site.get_model_admin(one.model) if one.model is not None else None
            if page is not None and page.has_add_permission(self.request):
                single = _("Add %(what)s") % {"what": one.model._meta.verbose_name}
                label = _("Add to: %(list)s") % {"list": one.label} if one.renamed else single
                names = f"{label} {single} {getattr(page, 'create_title', '')}"
                yield Link(label, f"{one.url}add/"), names.casefold()

    @property
    def new(self) -> list[Link]:
        """What this login may begin from every page."""
        user, keys = self.request.user, {spot.key: spot for spot in self.spots}
        found = []
        if access.allowed(user, Permission.TICKET_FILE):
            found.append(Link(_("Grievance for a caller"), reverse("admin:grievances_ticket_new")))
        for model, label in NEW:
            spot = keys.get(model)
            if spot is not None and admin.site.get_model_admin(spot.model).has_add_permission(self.request):
                found.append(Link(label, f"{spot.url}add/"))
        return found

    @property
    def absences(self) -> str:
        """The address of the list of absences; empty to whom it is not open."""
        return next((one.url for one in self.spots if one.key == "people.Absence"), "")

    def directory(self) -> list[tuple[Any, list[Spot]]]:
        """Every list and page of this login, by page in their order."""
        found: dict[str, list[Spot]] = {}
        for one in self.spots:
            if one.queue is None:
                found.setdefault(one.place.page, []).append(one)
        return [(pages.PAGES[page], spots) for page, spots in found.items()]


def _asks(asked: QueryDict, query: str) -> bool:
    """Whether an address asks for exactly what a queue asks for."""
    return asked.dict() == QueryDict(query).dict()
