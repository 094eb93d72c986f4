"""How well what stays of erased people hides each of them: plain values in, no database.

A row is anonymous among the k rows that share all of its kept columns. Columns are made coarser until at least k rows
share each combination; what cannot reach that is emptied, and then says nothing.
"""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

#: A combination of kept columns; None in every place says nothing of anybody.
Row = tuple[Hashable | None, ...]
Key = TypeVar("Key", bound=Hashable)


def k_of(rows: Counter[Row]) -> int | None:
    """The size of the smallest group, of rows that say anything; None where none does."""
    return min((count for row, count in rows.items() if says_something(row)), default=None)


def says_something(row: Row) -> bool:
    return any(value is not None for value in row)


def coarsened(ladders: Mapping[Key, Sequence[Row]], known: Counter[Row], *, k: int) -> dict[Key, Row]:
    """For each new row, by its key, the finest step of its ladder (fine to coarse) that at least ``k`` rows share.

    ``known`` counts the rows that are coarse already; they are joined, never changed. A row that shares no step with
    enough others gets the empty row.
    """
    chosen: dict[Key, Row] = {}
    waiting = dict(ladders)
    groups = Counter(known)
    for step in range(max((len(ladder) for ladder in ladders.values()), default=0)):
        here = {key: ladder[step] for key, ladder in waiting.items() if step < len(ladder)}
        sizes = Counter(here.values())
        for key, row in here.items():
            if groups[row] + sizes[row] >= k:
                chosen[key] = row
                del waiting[key]
        groups.update(row for key, row in here.items() if key in chosen)
    empty: dict[Key, Row] = {key: (None,) * len(ladders[key][0]) for key in waiting}
    return {**chosen, **empty}
