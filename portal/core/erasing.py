"""How a room lets go of personal data. Rooms register an eraser in ``hooks.erasers``; ``portal.retention`` calls it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True)
class Kept:
    """How many records of one subject an eraser would end."""

    subject_ref: UUID
    count: int


class Eraser(Protocol):
    """Ends the personal data of one retention class in one room.

    ``name`` is stable and stands on certificates ("outbox.texts"); ``covers`` names models ("outbox.MessageBody"): a
    system check (retention.E001) finds personal models that no eraser covers. What an eraser ends is gone: rows are
    deleted, or their key is shredded; references, hashes and times stay.
    """

    name: str
    label: object
    retention_class: str
    covers: tuple[str, ...]

    def kept(self, *, before: datetime) -> Iterable[Kept]:
        """Subjects with records whose period began before ``before``, by the event that the class counts from.

        Reads only, in any order, without opening a transaction.
        """
        ...

    def erase(self, *, subject_ref: UUID, before: datetime | None) -> int:
        """End one subject's records, those that began before ``before`` or all; in the caller's transaction.

        Returns how many ended; 0 when it was done before (a run may be repeated).
        """
        ...
