"""What a kind of import is: the columns of its file, who may bring one, and what becomes of a row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from portal.kernel.core import ports
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import NotFound
from portal.kernel.jobs.choices import RowOutcome


@dataclass(frozen=True)
class ImportColumn:
    """A column of the file: how its heading is spelled, and what to write below it."""

    name: str
    help: Any = ""
    is_required: bool = False


@dataclass(frozen=True)
class Taken:
    """What a row did. ``places`` are what no second row of the same file may stand for."""

    outcome: RowOutcome
    places: tuple[str, ...] = ()


class ImportKind(Protocol):
    """Registered in ``ports.import_kinds`` by the room whose list it is."""

    #: The list that the rows go into, as ``room.Model``.
    name: str
    label: Any
    permission: str
    columns: Sequence[ImportColumn]
    #: What follows from taking a file in, for whoever is about to do it.
    means: Any

    def take(self, cells: Mapping[str, str], *, actor: Actor, now: datetime) -> Taken:
        """Do what one row says, in the caller's transaction, through the services that a form calls.

        The trial calls it too and takes everything back. Raises PortalError with words for whoever mends the row;
        ``fields`` says which column they belong to. Neither words nor columns repeat what stood in the row.
        """
        ...


def import_kind(name: str) -> ImportKind:
    """Raises NotFound for a list that no file goes into."""
    for kind in ports.import_kinds:
        if kind.name == name:
            found: ImportKind = kind
            return found
    raise NotFound("No file goes into this list.", code="NO_SUCH_IMPORT")


def name_of_import(name: str) -> str:
    """What rows of that kind are called; its name where no room has it any more."""
    return next((str(kind.label) for kind in ports.import_kinds if kind.name == name), name)
