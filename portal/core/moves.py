"""The one function that moves a row from state to state."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from portal.core.errors import IllegalMove, LostRace


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
            _("This cannot be done as it stands now. Load the page again and look at it as it is now."),
            without_page=f"{type(row).__name__}: {current} -> {target}",
        )
    still = {"pk": row.pk, "state": current, **(only_if or {})}
    updated = type(row)._default_manager.filter(**still).update(state=target, **changes)
    if updated != 1:
        raise LostRace(
            _("Somebody else changed this a moment ago. Load the page again and look at it as it is now."),
            without_page="Somebody else changed this a moment ago. Nothing was done: ask how it stands now.",
        )
    if read_again:
        row.refresh_from_db()
        return
    for name, value in {"state": str(target), **changes}.items():
        setattr(row, name, value)
