"""Laws that limit until when a claim may be brought, and the changes of rules that a release proposes about them."""

import tomllib
from datetime import date
from functools import cache
from typing import Any

from portal.kernel.core.data_files import data_of

FILE = data_of("portal.kernel.retention") / "limitation.toml"


@cache
def _content() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def keys() -> list[str]:
    """The keys of the laws that limit claims."""
    return [str(key) for key in _content()["keys"]]


def is_limitation(key: str) -> bool:
    """Whether the law with this key limits claims: a ground to keep for them, no duty."""
    return key in _content()["keys"]


def proposed_change(retention_class: str) -> dict[str, Any] | None:
    """The change that this release proposes for a class: what the version says otherwise, its day and its source."""
    found = (each for each in _content()["change"] if each["retention_class"] == retention_class)
    return next(found, None)


def classes_to_change() -> list[str]:
    """The classes for which this release proposes a change, in the order of the file."""
    return [str(each["retention_class"]) for each in _content()["change"]]


def first_day(change: dict[str, Any], *, today: date) -> date:
    """The day from which a change is to hold: its own, or tomorrow once that has come."""
    planned: date = change["effective_from"]
    return planned if planned > today else date.fromordinal(today.toordinal() + 1)
