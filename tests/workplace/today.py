"""What the page "Today" shows, as its tests read it."""

from typing import Any


def by_label(answer: Any) -> dict[str, Any]:
    """Every figure of a page by its label, whichever band shows it."""
    bands = answer.context["bands"]
    return {str(one.label): one for one in (*bands.large, *bands.small, *bands.nothing, *bands.in_order)}


def listed(answer: Any) -> list[Any]:
    """The worklist of a page: the leading deadline of each record, group after group."""
    return [row.lead for group in answer.context["worklist"] for row in group.rows]
