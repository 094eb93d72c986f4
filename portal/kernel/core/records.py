"""What a model says of itself, once: ``record = Record(...)`` in its class. Each room reads its own part when it is asked.

Nothing here imports a model, and no room below names a table of a room above: it asks who declared something.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error
from django.db.models import Model

#: No day belongs to it.
TIMELESS = ""


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

    ``page`` is a code of ``portal.fronts.workplace.pages``, which gives pages their names and puts them into menus. ``order`` is
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
    #: The kind in its references (``DI`` in OS-DI-7K4M-9QXN), which are in its column ``reference``.
    prefix: str = ""
    #: Whether its references are work: what staff may open a person's record for (``portal.kernel.core.work_references``).
    is_work: bool = False
    #: Of what stands for a person, the way from its row to their reference: that is what lists show of whoever points to it.
    person: str = ""
    #: Why no eraser ends its personal data, in one sentence.
    kept: str = ""
    #: The day to which a row belongs, as ``people.scopes`` reads it: a field, several with ``|`` for the first that is filled, or
    #: two with ``..`` between them for what lasts from one to the other; TIMELESS where no day does. None: what the model's
    #: ``register_days`` say, else no auditor's login sees a row.
    day: str | None = None
    #: How its page in the workplace differs from others of its kind: what its room's own function for pages is given.
    page: Mapping[str, Any] | None = None


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


@cache
def prefixes() -> frozenset[str]:
    """The kinds of all references that models declare."""
    return frozenset(record.prefix for record in declared().values() if record.prefix)


@cache
def work() -> Mapping[str, type[Model]]:
    """The models whose references are work, by kind."""
    return {record.prefix: model for model, record in declared().items() if record.is_work}


def of(model: type[Model]) -> Record:
    """What a model says of itself; of one that says nothing, nothing is so."""
    return declared().get(model) or Record()


def list_name(model: type[Model]) -> str:
    """What staff call the list of a model."""
    name = str(of(model).name or model._meta.verbose_name_plural)
    return name[:1].upper() + name[1:]


def check(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """core.E030: a declaration that contradicts itself, or names a model or a field that is not there."""
    labels = {model._meta.label for model in apps.get_models()}
    return [
        Error(f"{model._meta.label} {why}.", id="core.E030")
        for model, record in declared().items()
        for why in (
            *_wrong_place(model, record.place, labels),
            *_wrong_day(model, record.day),
            *_wrong_prefix(model, record),
            *_wrong_person(model, record.person),
        )
    ]


def _wrong_place(model: type[Model], place: Place | None, labels: set[str]) -> Iterator[str]:
    if place is None:
        return
    if place.of and place.of not in labels:
        yield f"is shown with {place.of}, which is no model"
    if place.of == model._meta.label:
        yield "is shown with itself"
    if place.shown is Shown.VIEW and not place.of:
        yield "is a view of no list"


def _wrong_day(model: type[Model], day: str | None) -> Iterator[str]:
    fields = {field.name for field in model._meta.get_fields()}
    for path in (day or "").replace("..", "|").split("|"):
        if path and path.partition("__")[0] not in fields:
            yield f"has no field {path} for its day"


def _wrong_person(model: type[Model], path: str) -> Iterator[str]:
    if path and path.partition("__")[0] not in {field.name for field in model._meta.get_fields()}:
        yield f"has no field {path} for its person"


def _wrong_prefix(model: type[Model], record: Record) -> Iterator[str]:
    if record.is_work and not record.prefix:
        yield "is work and its references have no kind"
    if record.prefix and "reference" not in {field.name for field in model._meta.get_fields()}:
        yield "has a kind of references and no column for them"
    for other, said in declared().items():
        if other is not model and said.prefix and said.prefix == record.prefix:
            yield f"has references of the kind {record.prefix}, as {other._meta.label} has"
