"""What the page "Today" shows, as its tests read it."""

from typing import Any


def by_label(answer: Any) -> dict[str, Any]:
    """Every figure of a page by its label, whichever band shows it."""
    bands = answer.context["bands"]
    return {str(one.label): one for one in (*bands.large, *bands.rest, *bands.nothing, *bands.in_order)}


def listed(answer: Any) -> list[Any]:
    """The rows of the worklist of a page, group after group."""
    return [row for group in answer.context["worklist"].groups for row in group.rows]


def grouped(answer: Any) -> list[tuple[str, list[str]]]:
    """The groups of a page by code, each with the references of its rows."""
    return [(one.code, [row.reference for row in one.rows]) for one in answer.context["worklist"].groups]
