"""Who is owed the late notice, as people: whoever is known by several references is one, and is read set-wise as the rest."""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Min, Q, QuerySet

from consent.notices.models.notifications import LateNotice
from consent.records.models.state import ConsentState
from consent.records.selectors.reachability import has_principal, is_joined, is_reached, kinds_that_reach
from portal.kernel.people import selectors as people

#: People read at once.
PAGE: Final = 500


class Group(StrEnum):
    """There is a way to tell them; they are known and there is none; nobody is known by any of their references."""

    REACHED = "reached"
    WITHOUT_A_WAY = "without_a_way"
    UNKNOWN = "unknown"


#: The DISTINCT says to PostgreSQL, which takes a recursion for ten times its beginning, that there are not so many.
#: A person is named by the last reference that theirs were joined to. ``single``: who has one reference only.
_PEOPLE: Final = """
WITH RECURSIVE
owed (ref, purpose, since) AS ({joined}),
above (ref, top) AS (
    SELECT ref, ref FROM owed
    UNION
    SELECT above.ref, a.new_ref FROM above JOIN people_subjectalias a ON a.old_ref = above.top
),
person (ref, top) AS (
    SELECT ref, top FROM above WHERE NOT EXISTS (SELECT 1 FROM people_subjectalias a WHERE a.old_ref = above.top)
),
same (top, ref) AS (
    SELECT DISTINCT top, top FROM person
    UNION
    SELECT same.top, a.old_ref FROM same JOIN people_subjectalias a ON a.new_ref = same.ref
),
given (top, purpose) AS (
    SELECT same.top, n.purpose FROM same JOIN consent_latenotice n ON n.subject_ref = same.ref
),
known (top, principal) AS (
    SELECT same.top, p.id
      FROM same JOIN people_subject s ON s.ref = same.ref JOIN people_principal p ON p.subject_id = s.id
     WHERE s.erased_at IS NULL
),
reached (top) AS (
    SELECT top FROM known
     WHERE EXISTS (SELECT 1 FROM people_user u WHERE u.principal_id = known.principal AND u.is_active)
        OR EXISTS (SELECT 1 FROM people_contactpoint c
                    WHERE c.principal_id = known.principal AND c.left_at IS NULL AND c.verified_at IS NOT NULL
                      AND c.kind IN ({kinds}))
),
waits (ref, since) AS (
    {single}
    UNION ALL
    SELECT person.top, MIN(owed.since)
      FROM owed JOIN person ON person.ref = owed.ref
     WHERE {group}
       AND NOT EXISTS (SELECT 1 FROM given WHERE given.top = person.top AND given.purpose = owed.purpose)
     GROUP BY person.top
)
"""
_KNOWN: Final = "EXISTS (SELECT 1 FROM known WHERE known.top = person.top)"
_REACHED: Final = "EXISTS (SELECT 1 FROM reached WHERE reached.top = person.top)"
_OF_GROUP: Final = {
    Group.REACHED: _REACHED,
    Group.WITHOUT_A_WAY: f"{_KNOWN} AND NOT {_REACHED}",
    Group.UNKNOWN: f"NOT {_KNOWN}",
}
_FIRST: Final = "SELECT since, ref FROM waits ORDER BY since, ref LIMIT %s"
_BEYOND: Final = "SELECT since, ref FROM waits WHERE (since, ref) > (%s, %s) ORDER BY since, ref LIMIT %s"


def count(owed: QuerySet[ConsentState], group: Group) -> int:
    """How many people of the group hold one of the states. One statement."""
    return int(_rows(owed, group, "SELECT COUNT(*) FROM waits")[0][0])


def page(owed: QuerySet[ConsentState], group: Group, *, start: int, most: int) -> list[UUID]:
    """So many people of the group from a place on, the earliest yes first. One statement."""
    rows = _rows(owed, group, "SELECT ref FROM waits ORDER BY since, ref LIMIT %s OFFSET %s", most, start)
    return [_reference(ref) for (ref,) in rows]


def everybody(owed: QuerySet[ConsentState], group: Group) -> Iterator[UUID]:
    """All of the group, the earliest yes first: page by page, so that whoever cannot be told keeps nobody waiting."""
    after: Sequence[Any] = ()
    while True:
        rows = _rows(owed, group, _BEYOND if after else _FIRST, *after, PAGE)
        for _since, ref in rows:
            yield _reference(ref)
        if len(rows) < PAGE:
            return
        after = rows[-1]


def of_each(owed: QuerySet[ConsentState], shown: Iterable[UUID]) -> dict[UUID, list[ConsentState]]:
    """The states for which each of the people is owed the notice, the earliest first. A few statements for all of them."""
    asked = list(shown)
    same = people.joined(asked)
    person_of = {ref: one for one in asked for ref in same.get(one, (one,))}
    among = frozenset(person_of)
    notices = LateNotice.objects.filter(subject_ref__among=among).values_list("subject_ref", "purpose")
    given = {(person_of[ref], purpose) for ref, purpose in notices}
    found: dict[UUID, list[ConsentState]] = {one: [] for one in asked}
    for state in owed.filter(subject_ref__among=among).order_by("occurred_at", "pk"):
        one = person_of[state.subject_ref]
        if (one, state.purpose) not in given:
            found[one].append(state)
    return found


def _rows(owed: QuerySet[ConsentState], group: Group, ask: str, *values: Any) -> Sequence[Any]:
    joined, joined_values = _sql(owed.filter(is_joined()).values_list("subject_ref", "purpose", "occurred_at"))
    alone = owed.filter(~is_joined(), _alone(group)).values("subject_ref").annotate(since=Min("occurred_at"))
    single, single_values = _sql(alone)
    kinds = kinds_that_reach()
    people_of = _PEOPLE.format(
        joined=joined, single=single, group=_OF_GROUP[group], kinds=", ".join(["%s"] * len(kinds)) or "NULL"
    )
    with connection.cursor() as cursor:
        cursor.execute(people_of + ask, [*joined_values, *kinds, *single_values, *values])
        found: Sequence[Any] = cursor.fetchall()
        return found


def _alone(group: Group) -> Q:
    if group is Group.REACHED:
        return is_reached()
    return ~has_principal() if group is Group.UNKNOWN else has_principal() & ~is_reached()


def _sql(rows: QuerySet[ConsentState, Any]) -> tuple[str, Sequence[Any]]:
    statement, values = rows.order_by().query.sql_with_params()
    return statement, values


def _reference(value: Any) -> UUID:
    reference: UUID = ConsentState._meta.get_field("subject_ref").to_python(value)
    return reference
