"""One row goes through the services: for good, or taken back at once."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from django.db import DataError, IntegrityError, transaction
from django.utils.translation import gettext as _

from portal.kernel.core import field_changes
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import PortalError
from portal.kernel.jobs.choices import RowOutcome
from portal.kernel.jobs.import_types import ImportKind, Taken
from portal.kernel.jobs.models import ImportFault
from portal.kernel.jobs.services.imports.file_reader import Read
from portal.kernel.vault.router import KEY_DATABASE

#: A column and what to do there; an empty column is the whole row.
Faults = Sequence[tuple[str, str]]
LONGEST: Final = int(ImportFault._meta.get_field("message").max_length or 0)


class _AsItWas(Exception):
    """Ends the savepoint of a row that changed nothing: nothing is told of it."""

    def __init__(self, found: Taken) -> None:
        super().__init__()
        self.found = found


def taken(kind: ImportKind, read: Read, *, actor: Actor, now: datetime) -> Taken | Faults:
    """What the row did, or why it did nothing. In a savepoint of the caller's transaction.

    The row is an act of its own: its audit event says what stood in it, in the part that can be erased.
    """
    if read.faults:
        return merged([*read.faults, *_others(kind, read, actor=actor, now=now)])
    return _taken(kind, read, actor=actor, now=now)


def _others(kind: ImportKind, read: Read, *, actor: Actor, now: datetime) -> Faults:
    """What else is wrong with a row of which some cells cannot be read, so that it is mended once. Nothing of it stays.

    A sentence about the whole row may come from the cell that was not read: it is left for the mended row.
    """
    unread = {"", *(column for column, _said in read.faults)}
    with transaction.atomic(), _undone():
        found = _taken(kind, read, actor=actor, now=now)
    return [] if isinstance(found, Taken) else [(column, said) for column, said in found if column not in unread]


def _taken(kind: ImportKind, read: Read, *, actor: Actor, now: datetime) -> Taken | Faults:
    try:
        with transaction.atomic(), field_changes.watching(actor, "import", entered=read.cells):
            found = kind.take(read.cells, actor=actor, now=now)
            if found.outcome == RowOutcome.SAME:
                raise _AsItWas(found)
            return found
    except _AsItWas as same:
        return same.found
    except PortalError as refused:
        return faults_of(refused)
    except (DataError, IntegrityError):
        return [("", _("This cannot be saved in its present state, or someone else entered the same a moment ago."))]


def would_be(kind: ImportKind, read: Read, *, actor: Actor, now: datetime) -> Taken | Faults:
    """What the row would do. Everything is taken back, keys too."""
    with transaction.atomic(), _undone():
        return taken(kind, read, actor=actor, now=now)


@contextmanager
def _undone() -> Iterator[None]:
    """The key database has a transaction of its own; always within that of the main one, as services have it."""
    with transaction.atomic(using=KEY_DATABASE):
        yield
        transaction.set_rollback(True, using=KEY_DATABASE)
    transaction.set_rollback(True)


def faults_of(refused: PortalError) -> Faults:
    """The sentences beside their columns; the one sentence where a service names none."""
    named = [(column, str(said)) for column, all_said in refused.fields.items() for said in all_said]
    return merged(named or [("", str(refused))])


def merged(faults: Faults) -> Faults:
    """One sentence for each column."""
    found: dict[str, list[str]] = {}
    for column, said in faults:
        found.setdefault(column, []).append(said)
    return [(column, " ".join(dict.fromkeys(said))[:LONGEST]) for column, said in found.items()]
