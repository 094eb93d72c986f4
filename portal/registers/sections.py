"""Who was told what about a person, for the bundle of their own data."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from portal.registers.models import Instruction, Telling
from portal.registers.selectors import recipients as book


class RecipientSection:
    """Registered in ``hooks.sections``."""

    name = "recipients"
    label = _("Whom we told of your choices")

    def collect(self, *, subject_refs: Iterable[UUID]) -> list[dict[str, Any]]:
        """One record per word to a recipient, the oldest first, with the steps of what it was instructed to do."""
        told = Telling.objects.filter(subject_ref__in=list(subject_refs)).select_related("recipient").order_by("pk")
        given = book.with_standing(Instruction.objects.filter(telling__in=told))
        steps = {instruction.telling_id: instruction for instruction in given}
        return [_record(each, steps.get(each.pk)) for each in told]


def _record(told: Telling, instruction: Any) -> dict[str, Any]:
    record: dict[str, Any] = {
        "recipient": told.recipient.name,
        "country": told.recipient.country,
        "of": told.kind,
        "because_of": told.about,
        "at": told.told_at.isoformat(),
    }
    if instruction is not None:
        record["instruction"] = instruction.get_kind_display()
        for step in ("delivered", "acknowledged", "acted"):
            at = getattr(instruction, f"{step}_at")
            record[step] = at.isoformat() if at else None
    return record
