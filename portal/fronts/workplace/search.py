"""One search over every room, under the access rules of the lists; written down without the words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.fronts.workplace import pages, record_names
from portal.fronts.workplace.queues import open_to, url_of
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import ports, records
from portal.kernel.core.actor import Actor
from portal.kernel.core.admin import labels
from portal.kernel.core.admin.lists import counts, page_of
from portal.kernel.core.admin.record_access import pages_beside
from portal.kernel.core.search_api import Asked, Hits
from portal.kernel.people.name_columns import COMPANY, CONTACT

#: Rows that one kind of record shows; a longer list is better read as a list.
MOST = 10
#: Records that are a person's or an account's own: their other pages are linked, too.
OF_PERSONS = ("people.Customer", "people.Principal")
#: This page, as the events say of lists that showed names.
LISTED = "workplace.search"


@dataclass(frozen=True)
class Hit:
    """One row that was found: its words, whose it is or what it is about, its link, how it was found, and other pages about
    its person.
    """

    heading: str
    url: str
    because: Any
    sub: str = ""
    beside: list[tuple[Any, str]] = field(default_factory=list)


@dataclass
class Kind:
    """What was found of one model."""

    label: str
    rows: list[Hit] = field(default_factory=list)
    #: Lists with many rows: how many, the way to them, how they were found.
    lists: list[tuple[int, str, Any]] = field(default_factory=list)
    has_more: bool = False


def find(request: HttpRequest, text: str, *, actor: Actor) -> tuple[Asked, list[Kind]]:
    """What this login may see of what the text leads to, by kind of record in the order of the menu, with whose it is.

    Writes the audit event of the search, which says how the text was read and how much was found, never the text; and one more
    where names are shown.
    """
    asked = Asked(text.strip())
    found: dict[str, Kind] = {}
    read = _read(request, asked, found)
    total = sum(count for kind in found.values() for count, _url, _because in kind.lists)
    for model, hit in _in_words(request, read):
        found[model].rows.append(hit)
        total += 1
    for room in ports.page_finders:
        for one in room(asked, request) if asked.text else ():
            kind = found.setdefault(str(one.kind), Kind(str(one.kind)))
            kind.rows.append(Hit(one.heading, one.url, one.because))
            total += 1
    with transaction.atomic():
        record(
            AuditKind.ADMIN_SEARCH_DONE,
            actor=actor,
            about="admin:find",
            facts={"read_as": ",".join(_read_as(asked)), "count": total},
        )
    return asked, [kind for kind in found.values() if kind.rows or kind.lists]


def _read(request: HttpRequest, asked: Asked, found: dict[str, Kind]) -> dict[str, list[tuple[Any, Any]]]:
    """The first rows of each model, each with how it was found; of an address with many rows the list goes into ``found``."""
    read: dict[str, list[tuple[Any, Any]]] = {}
    for hits in sorted(_hits(request, asked), key=lambda one: pages.place_of(one.model)):
        page = page_of(hits.model)
        kind = found.setdefault(hits.model, Kind(records.list_name(page.model)))
        # What the list of this login holds, and nothing beside it.
        rows = page.get_queryset(request).filter(pk__in=hits.rows.order_by().values("pk")).order_by("-pk")
        if hits.query:
            if count := counts([rows])[0]:
                kind.lists.append((count, url_of(hits.model, hits.query), hits.because))
            continue
        seen = read.setdefault(hits.model, [])
        known = {row.pk for row, _because in seen}
        here = [row for row in rows[: MOST + 1] if row.pk not in known]
        kind.has_more = kind.has_more or len(here) > MOST
        seen += [(row, hits.because) for row in here[:MOST]]
    return read


def _in_words(request: HttpRequest, read: dict[str, list[tuple[Any, Any]]]) -> Iterator[tuple[str, Hit]]:
    """Each row that was read with whose it is: people and accounts by name, work by its reference, the name and the gist.

    A bounded number of statements for all of them, and one event where names are shown.
    """
    rows = [row for each in read.values() for row, _because in each]
    names = record_names.names_of(rows, user=request.user)
    gists = record_names.gists_of(rows, user=request.user)
    record_names.record_shown(request, LISTED, names)
    people = [row for row, _because in read.get("people.Principal", ())]
    contacts, companies = (column.say(people, request.user) for column in (CONTACT, COMPANY))
    for model, each in read.items():
        refs = _subjects_of([row for row, _because in each]) if model in OF_PERSONS else {}
        for row, because in each:
            key = record_names.key_of(row)
            name = names.get(key, "")
            heading = name if name and model in OF_PERSONS else labels.heading(row)
            said = [name, gists.get(key, ""), contacts.get(row.pk, ""), companies.get(row.pk, "")]
            if model != "people.Principal":
                said = [getattr(row, "reference", ""), *said[:2]]
            sub = " · ".join(one for one in said if one and one not in heading)
            beside = pages_beside(request, refs[row.pk]) if row.pk in refs else []
            yield model, Hit(heading, _page_of_row(row), because, sub, beside)


def _subjects_of(rows: Sequence[Any]) -> dict[Any, Any]:
    """The references under which the records of these persons or accounts are kept. One statement."""
    if not rows:
        return {}
    found = type(rows[0])._default_manager.filter(pk__in=[row.pk for row in rows])
    return dict(found.order_by().values_list("pk", "subject__ref"))


def only_record(asked: Asked, kinds: list[Kind]) -> str:
    """The page of the one record that a reference led to; empty where there is another find, or none."""
    rows = [row for kind in kinds for row in kind.rows]
    is_one = asked.reference and len(rows) == 1 and not any(kind.lists or kind.has_more for kind in kinds)
    return rows[0].url if is_one else ""


def _hits(request: HttpRequest, asked: Asked) -> Iterator[Hits]:
    """What the rooms find, of models whose list this login may see. Rows are asked for later, and only for those."""
    if not asked.text:
        return
    if asked.reference:
        for kind, model in records.work().items():
            if asked.reference.startswith(f"OS-{kind}-") and open_to(request, model._meta.label):
                yield Hits(
                    model._meta.label, _("by its reference"), model._default_manager.filter(reference=asked.reference)
                )
    for room in ports.finders:
        yield from (hits for hits in room(asked) if open_to(request, hits.model))


def _page_of_row(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def _read_as(asked: Asked) -> list[str]:
    """The ways in which the text was read, as codes."""
    ways = {"reference": asked.reference, "subject": asked.subject, "address": asked.address, "name": asked.name}
    return [way for way, is_meant in ways.items() if is_meant] or ["other"]
