"""What a model says of itself, once: ``record = Record(...)`` in its class. Each room reads its own part when it is asked.

Nothing here imports a model, and no room below names a table of a room above: it asks who declared something.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error
from django.db.models import Model


class Shown(Enum):
    """How staff come to a list. Each list has an address of its own whichever it is."""

    #: The list is a tab of its page; the first tab is where the page opens.
    TAB = "tab"
    #: The list is a view of another list, and is offered beside it.
    VIEW = "view"
    #: Its rows are read on the page of another record.
    SECTION = "section"
    #: Its rows are proposals: one row in Approvals, one on the record they are about.
    APPROVAL = "approval"
    #: A link on another page leads to it.
    LINK = "link"


@dataclass(frozen=True)
class Place:
    """The place of a list in the workplace: one page, and how it is shown there.

    ``page`` is a code of ``portal.workplace.pages``, which gives pages their names and puts them into menus. ``order`` is
    sparse (10, 20, 30), so that a new list fits between two. ``of`` is the ``room.Model`` that shows the rows.
    """

    page: str
    shown: Shown
    order: int = 0
    of: str = ""

    @classmethod
    def entry(cls, page: str) -> "Place":
        """The main list of a page."""
        return cls(page, Shown.TAB)

    @classmethod
    def tab(cls, page: str, order: int) -> "Place":
        """A tab of a page; tabs that do not fit in the bar are under its last one, "More"."""
        return cls(page, Shown.TAB, order)

    @classmethod
    def view(cls, page: str, of: str) -> "Place":
        """Merged: a view of the list ``of``."""
        return cls(page, Shown.VIEW, of=of)

    @classmethod
    def section(cls, page: str, of: str = "") -> "Place":
        """A section of the page of each ``of``; empty for a section of a page that is no record."""
        return cls(page, Shown.SECTION, of=of)

    @classmethod
    def approval(cls, page: str, of: str = "") -> "Place":
        """Proposals, answered in Approvals and shown on the record ``of``."""
        return cls(page, Shown.APPROVAL, of=of)

    @classmethod
    def link(cls, page: str, of: str = "") -> "Place":
        """Reached by a link on the page of ``of``, and from the directory."""
        return cls(page, Shown.LINK, of=of)


@dataclass(frozen=True, kw_only=True)
class Record:
    """One declaration a model. What is left out is not so."""

    #: The name of its list, wherever staff read it; empty: the model's own plural.
    name: Any = ""
    place: Place | None = None
    #: Why no eraser ends its personal data, in one sentence.
    kept: str = ""


@dataclass(frozen=True)
class StaffPage:
    """A page of the workplace that is no list of a model: its place, its name, and who may open it. ``was`` is the name of
    earlier releases, by which it is found too.
    """

    place: Place
    name: Any
    url_name: str
    permission: str
    was: Any = ""


@cache
def declared() -> Mapping[type[Model], Record]:
    """Every model that says something of itself. Raises AppRegistryNotReady before the models are loaded."""
    said = ((model, vars(model).get("record")) for model in apps.get_models())
    return {model: record for model, record in said if isinstance(record, Record)}


@cache
def by_label() -> Mapping[str, Record]:
    """The same by ``room.Model``."""
    return {model._meta.label: record for model, record in declared().items()}


def of(model: type[Model]) -> Record:
    """What a model says of itself; of one that says nothing, nothing is so."""
    return declared().get(model) or Record()


def list_name(model: type[Model]) -> str:
    """What staff call the list of a model."""
    name = str(of(model).name or model._meta.verbose_name_plural)
    return name[:1].upper() + name[1:]


def check(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """core.E030: a declaration that contradicts itself or names a model that is not there."""
    labels = {model._meta.label for model in apps.get_models()}
    found: list[CheckMessage] = []
    for model, record in declared().items():
        place = record.place
        if place is None:
            continue
        wrong = [
            *([f"is shown with {place.of}, which is no model"] if place.of and place.of not in labels else []),
            *(["is a view of no list"] if place.shown is Shown.VIEW and not place.of else []),
            *(["is shown with itself"] if place.of == model._meta.label else []),
        ]
        found += [Error(f"{model._meta.label} {why}.", id="core.E030") for why in wrong]
    return found
