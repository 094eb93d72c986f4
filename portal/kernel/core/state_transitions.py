"""The one function that moves a row from state to state."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, TypeVar

from django.db.models import Model
from django.utils.translation import gettext as _

from portal.kernel.core.errors import IllegalMove, LostRace

RowT = TypeVar("RowT", bound=Model)


def move(
    row: Model,
    target: str,
    *,
    moves: Mapping[Any, AbstractSet[Any]],
    only_if: Mapping[str, Any] | None = None,
    read_again: bool = True,
    **changes: Any,
) -> None:
    """Set ``row.state`` to ``target`` by a conditional UPDATE, together with ``changes``, in the caller's transaction.

    ``only_if`` names fields that must still hold these values, a lease for instance. ``read_again=False`` spares the
    reading of the row afterwards where nobody else can have changed it, because the caller holds it by a lock or a
    lease; ``changes`` are then plain values. Raises IllegalMove when the table has no such move, LostRace when the row
    has left its state (or what ``only_if`` says) meanwhile.
    """
    current = row.state  # type: ignore[attr-defined]
    if target not in moves.get(current, frozenset()):
        raise IllegalMove(
            _("This cannot be done in its present state. Load the page again and check it."),
            without_page=f"{type(row).__name__}: {current} -> {target}",
        )
    still = {"pk": row.pk, "state": current, **(only_if or {})}
    updated = type(row)._default_manager.filter(**still).update(state=target, **changes)
    if updated != 1:
        raise LostRace(
            _("Someone else changed this a moment ago. Load the page again and check its present state."),
            without_page="Someone else changed this a moment ago. Nothing was done: ask for its present state.",
        )
    if read_again:
        row.refresh_from_db()
        return
    for name, value in {"state": str(target), **changes}.items():
        setattr(row, name, value)


def move_all(
    rows: Sequence[RowT],
    target: str,
    *,
    moves: Mapping[Any, AbstractSet[Any]],
    only_if: Mapping[str, Any] | None = None,
    **changes: Any,
) -> list[RowT]:
    """``move`` for many rows of one model, without reading them again: those that moved, in the order given.

    Whoever left the state meanwhile, has no such move or is not what ``only_if`` says stays as it is and is left out. The
    rows are locked in the order of their keys, as everybody does who locks several of them. In the caller's transaction.
    """
    if not rows:
        return []
    manager = type(rows[0])._default_manager
    locked = manager.select_for_update(of=("self",)).filter(pk__in=[row.pk for row in rows], **(only_if or {}))
    states = dict(locked.order_by("pk").values_list("pk", "state"))
    moved = [row for row in rows if states.get(row.pk) == row.state and target in moves.get(row.state, frozenset())]  # type: ignore[attr-defined]
    if moved:
        manager.filter(pk__in=[row.pk for row in moved]).update(state=target, **changes)
    for row in moved:
        for name, value in {"state": str(target), **changes}.items():
            setattr(row, name, value)
    return moved
