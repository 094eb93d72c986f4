"""For what staff open a record: the reference of a ticket or other work, or one of the named queues. Nothing typed freely."""

import re
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Model

from portal.kernel.core import records
from portal.kernel.core.errors import BadReference
from portal.kernel.core.ids import KINDS, parse_reference

#: Work that has no reference of its own. Codes, not words: they stand in audit events for years.
QUEUES: Final = (
    "approvals",
    "audit",
    "grievance queue",
    "retention queue",
    "review queue",
    "security watch",
    "support desk",
    "yearly audit",
)


@dataclass(frozen=True)
class Reason:
    """Why somebody opens a record, as a room knows it: the words of a button, and the purpose and ticket that it writes down."""

    label: Any
    purpose: str
    ticket: str

    @property
    def value(self) -> str:
        return f"{self.purpose} {self.ticket}"


_KIND = re.compile(r"OS[ -]?([A-Z]{2})(?:[ -]?\w{4}){2,3}", re.ASCII)


def parse_ticket(text: str) -> str:
    """The ticket in one spelling: a reference with its hyphens, or a queue in small letters.

    Raises BadReference for anything else, with the code CHECK_CHARACTER where a reference has one wrong character or two
    swapped ones; a name that somebody typed is not kept. Whether there is such work, ``kind_of`` and ``exists`` say.
    """
    plain = " ".join(text.split())
    if plain.lower() in QUEUES:
        return plain.lower()
    found = _KIND.fullmatch(plain.upper())
    if found is None or found[1] not in KINDS:
        raise BadReference("This is neither a reference nor the name of a queue.")
    return parse_reference(plain, found[1])


def is_of_work(ticket: str) -> bool:
    """Whether a parsed ticket is a queue, or a reference of the kind that names work: an account or a party is none."""
    return ticket in QUEUES or _model_of(ticket) is not None


def exists(ticket: str) -> bool:
    """Whether a parsed ticket is a queue, or the reference of a row that is there. One query."""
    model = _model_of(ticket)
    return ticket in QUEUES or (model is not None and model._default_manager.filter(reference=ticket).exists())


def subject_of(ticket: str) -> UUID | None:
    """Whom the work of a parsed ticket is about, by the reference on its row; None for a queue, for work about nobody in
    particular, and where there is none. One query, and those of a row that has to ask another.
    """
    model = _model_of(ticket)
    row = model._default_manager.filter(reference=ticket).first() if model is not None else None
    found: UUID | None = getattr(row, "subject_ref", None)
    return found


def _model_of(ticket: str) -> type[Model] | None:
    """Whose reference a parsed ticket is, among the models of work."""
    return next((model for kind, model in records.work().items() if ticket.startswith(f"OS-{kind}-")), None)
