"""One search over every room, under the access rules of the lists; written down without the words."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.fronts.workplace import pages
from portal.fronts.workplace.queues import open_to, url_of
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import ports, records
from portal.kernel.core.actor import Actor
from portal.kernel.core.admin import labels
from portal.kernel.core.admin.lists import counts, page_of
from portal.kernel.core.admin.record_access import pages_beside
from portal.kernel.core.search_api import Asked, Hits

#: Rows that one kind of record shows; a longer list is better read as a list.
MOST = 10
#: Records that are a person's or an account's own: their other pages are linked, too.
OF_PERSONS = ("people.Customer", "people.Principal")


@dataclass
class Kind:
    """What was found of one model: each row with its words, its link, how it was found, and other pages about its person."""

    label: str
    rows: list[tuple[str, str, Any, list[tuple[Any, str]]]] = field(default_factory=list)
    #: Lists with many rows: how many, the way to them, how they were found.
    lists: list[tuple[int, str, Any]] = field(default_factory=list)
    has_more: bool = False


def find(request: HttpRequest, text: str, *, actor: Actor) -> tuple[Asked, list[Kind]]:
    """What this login may see of what the text leads to, by kind of record in the order of the menu.

    Writes the audit event of the search, which says how the text was read and how much was found, never the text.
    """
    asked = Asked(text.strip())
    found: dict[str, Kind] = {}
    total = 0
    seen: set[tuple[str, Any]] = set()
    for hits in sorted(_hits(request, asked), key=lambda one: pages.place_of(one.model)):
        page = page_of(hits.model)
        kind = found.setdefault(hits.model, Kind(records.list_name(page.model)))
        # What the list of this login holds, and nothing beside it.
        rows = page.get_queryset(request).filter(pk__in=hits.rows.order_by().values("pk")).order_by("-pk")
        if hits.query:
            [count] = counts([rows])
            total += count
            if count:
                kind.lists.append((count, url_of(hits.model, hits.query), hits.because))
            continue
        here = [row for row in rows[: MOST + 1] if (hits.model, row.pk) not in seen]
        kind.has_more = kind.has_more or len(here) > MOST
        for row in here[:MOST]:
            seen.add((hits.model, row.pk))
            beside = pages_beside(request, row.subject.ref) if hits.model in OF_PERSONS else []
            kind.rows.append((labels.heading(row), _page_of_row(row), hits.because, beside))
        total += len(here[:MOST])
    for room in ports.page_finders:
        for hit in room(asked, request) if asked.text else ():
            kind = found.setdefault(str(hit.kind), Kind(str(hit.kind)))
            kind.rows.append((hit.heading, hit.url, hit.because, []))
            total += 1
    with transaction.atomic():
        record(
            AuditKind.ADMIN_SEARCH_DONE,
            actor=actor,
            about="admin:find",
            facts={"read_as": ",".join(_read_as(asked)), "count": total},
        )
    return asked, [kind for kind in found.values() if kind.rows or kind.lists]


def only_record(asked: Asked, kinds: list[Kind]) -> str:
    """The page of the one record that a reference led to; empty where there is another find, or none."""
    rows = [row for kind in kinds for row in kind.rows]
    is_one = asked.reference and len(rows) == 1 and not any(kind.lists or kind.has_more for kind in kinds)
    return rows[0][1] if is_one else ""


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
