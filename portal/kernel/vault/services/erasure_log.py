"""What was erased, kept in the key database apart from the main one: a dump of that which is older does not know it."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from portal.kernel.vault.models import ErasureMark


def leave(
    *,
    subject_ref: UUID,
    eraser: str,
    before: datetime | None,
    fields: list[str] | None = None,
    spared: list[str] | None = None,
    because: str,
    at: datetime,
) -> ErasureMark:
    """Note, after the commit of an erasure, that one subject's records in one room ended, and ``fields`` of those that stay;
    ``spared`` are labels of records that stayed. Safe to repeat.
    """
    mark, _is_new = ErasureMark.objects.get_or_create(
        subject_ref=subject_ref,
        eraser=eraser,
        because=because,
        defaults={"before": before, "fields": fields, "spared": spared, "erased_at": at},
    )
    return mark


def of(eraser: str) -> Iterator[ErasureMark]:
    """All marks of one eraser, the oldest first."""
    return ErasureMark.objects.filter(eraser=eraser).order_by("pk").iterator(chunk_size=1_000)
