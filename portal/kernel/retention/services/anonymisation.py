"""What stays of people who were erased is made coarse: several of them, by a rule, share each combination of kept columns."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count

from portal.kernel.people.models import Principal
from portal.kernel.people.signin_limits import number
from portal.kernel.retention.k_anonymity import Row, coarsened, k_of

#: Rows in one statement.
SET = 1_000
#: House rule: how many of them share a combination at least.
MEASURE = "retention.anonymity"
#: The instants that coarse rows stand at: the first of a year; this one for "no year".
NO_YEAR = datetime(1970, 1, 1, tzinfo=UTC)


def persons(*, now: datetime) -> dict[str, Any]:
    """Make the kept columns of erased persons coarse, in the caller's transaction; the measure over all of them.

    Kept are the year in which a person became known and the language they read. Safe to repeat: coarse rows stay.
    """
    least = number(MEASURE, now=now, otherwise=5)
    erased = Principal.objects.exclude(subject__erased_at=None)
    coarse = [NO_YEAR, *(_year(year) for year in range(NO_YEAR.year, now.year + 1))]
    known = _groups(erased.filter(created_at__in=coarse))
    new = erased.exclude(created_at__in=coarse).values_list("pk", "created_at", "language")
    ladders: dict[int, list[Row]] = {pk: [(at.year, language or None), (at.year, None)] for pk, at, language in new}
    alike: dict[Row, list[int]] = {}
    for pk, row in coarsened(ladders, known, k=least).items():
        alike.setdefault(row, []).append(pk)
    for (year, language), pks in alike.items():
        for start in range(0, len(pks), SET):
            Principal.objects.filter(pk__among=frozenset(pks[start : start + SET])).update(
                created_at=_year(year) if isinstance(year, int) else NO_YEAR, language=language or ""
            )
    groups = _groups(erased)
    return {
        "model": "people.Principal",
        "columns": ["created_at", "language"],
        "rows": sum(groups.values()),
        "emptied": groups[(None, None)],
        "k": k_of(groups),
        "k_at_least": least,
    }


def _year(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=UTC)


def _groups(rows: Any) -> Counter[Row]:
    """Erased persons by what is kept of them; only coarse rows have a whole year."""
    found: Counter[Row] = Counter()
    for at, language, count in rows.values_list("created_at", "language").annotate(Count("pk")).order_by():
        row: Row = (None, None) if at == NO_YEAR and not language else (at.year, language or None)
        found[row] += count
    return found
