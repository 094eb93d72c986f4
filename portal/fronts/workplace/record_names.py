"""Whose records of any kind are, by the short names that a login may see: for pages that show many kinds in one list."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final
from uuid import UUID

from django.db.models import ForeignKey, Model
from django.http import HttpRequest

from grievances.base import ticket_summaries
from grievances.base.models.ticket import Ticket
from portal.kernel.core import records as declarations
from portal.kernel.core.requests import actor_of
from portal.kernel.people import short_names

#: ``(room.Model, key)`` of a record.
Key = tuple[str, Any]
#: Foreign keys that lead to whose a record is, from the nearest on; never those to whoever made or decided it.
_WAYS: Final = (
    "ticket",
    "document",
    "case",
    "request",
    "likeness",
    "minor",
    "hold",
    "report",
    "old",
    "new",
    "principal",
    "customer",
)
#: Steps from a record to whose it is.
_FAR: Final = 3


def key_of(record: Model) -> Key:
    """The name of a record in what ``names_of`` answers."""
    return (record._meta.label, record.pk)


def names_of(records: Iterable[Model], *, user: Any) -> dict[Key, str]:
    """Whose each record is ("Harsh D."); to a login that may not see names the reference of the account.

    A record about two persons has both, and one about nobody is not in the answer. One statement for each kind of record, and
    a bounded number for the names. Writes nothing: the page that shows them calls ``record_shown``.
    """
    kinds: dict[type[Model], list[Any]] = defaultdict(list)
    for record in records:
        kinds[type(record)].append(record)
    tickets = kinds.pop(Ticket, [])
    of_tickets = ticket_summaries.people_of(tickets, user=user) if tickets else {}
    said = {(Ticket._meta.label, pk): name for pk, name in of_tickets.items()}
    refs: dict[Key, list[UUID]] = {}
    for model, rows in kinds.items():
        refs |= _refs_of(model, [row.pk for row in rows])
    every = {ref for found in refs.values() for ref in found}
    names = short_names.of_subjects(every, user=user) if every else {}
    for key, found in refs.items():
        if known := [names[ref] for ref in found if ref in names]:
            said[key] = " = ".join(known)
    return said


def gists_of(records: Iterable[Model], *, user: Any) -> dict[Key, str]:
    """How the grievances among these records begin, to a login that may read grievances."""
    tickets = [one for one in records if isinstance(one, Ticket)]
    return {(Ticket._meta.label, pk): gist for pk, gist in ticket_summaries.gists_of(tickets, user=user).items()}


def record_shown(request: HttpRequest, listed: str, said: Mapping[Key, str], *, filters: Iterable[str] = ()) -> None:
    """One event of a page that showed names: which page, by which kinds of filter, how many; never whose."""
    if said and short_names.may_see_names(request.user):
        short_names.record_listed(actor=actor_of(request), listed=listed, filters=list(filters), count=len(said))


def _refs_of(model: type[Model], keys: list[Any]) -> dict[Key, list[UUID]]:
    paths = _paths(model)
    if not paths:
        return {}
    rows = model._default_manager.filter(pk__in=keys).values_list("pk", *paths)
    return {(model._meta.label, pk): [ref for ref in refs if ref is not None] for pk, *refs in rows.order_by()}


@cache
def _paths(model: type[Model], far: int = _FAR) -> tuple[str, ...]:
    """The columns of a kind of record that say whose it is; two where it is about two persons, none where about nobody."""
    if person := declarations.of(model).person:
        return (person,)
    fields = {field.name: field for field in model._meta.get_fields()}
    if "subject_ref" in fields:
        return ("subject_ref",)
    found: list[str] = []
    for name in _WAYS if far else ():
        field = fields.get(name)
        if not isinstance(field, ForeignKey) or (found and name != "new"):
            continue
        found += [f"{name}__{path}" for path in _paths(field.remote_field.model, far - 1)]
    return tuple(found)
