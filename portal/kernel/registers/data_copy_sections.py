"""Who was told what about a person, for the bundle of their own data."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock
from portal.kernel.law.labels import PurposeNames
from portal.kernel.registers.base.labels import values
from portal.kernel.registers.orders import selectors
from portal.kernel.registers.recipients.models.instructions import Instruction, Telling
from portal.kernel.registers.recipients.selectors import recipients


class RecipientSection:
    """Registered in ``ports.sections``."""

    name = "recipients"
    label = _("Whom we informed of your choices")
    covers = ("registers.Instruction", "registers.Telling")

    def collect(self, *, subject_refs: Iterable[UUID]) -> list[dict[str, Any]]:
        """One record per word to a recipient, the oldest first, with the steps of what it was instructed to do."""
        told = Telling.objects.filter(subject_ref__in=list(subject_refs)).select_related("recipient").order_by("pk")
        given = recipients.with_standing(Instruction.objects.filter(telling__in=told))
        steps = {instruction.telling_id: instruction for instruction in given}
        return [_record(each, steps.get(each.pk)) for each in told]


class DisclosureSection:
    """Registered in ``ports.sections``."""

    name = "disclosures"
    label = _("Whom we gave your data")
    covers = ("registers.Disclosure",)

    def collect(self, *, subject_refs: Iterable[UUID]) -> list[dict[str, Any]]:
        """One record per request that carried the person's data to a third party, the oldest first.

        What an order binds us to be silent about is left out until that has ended.
        """
        rows = list(selectors.disclosures_to_show(subject_refs, at=clock.now()).order_by("pk"))
        authorities = selectors.authority_of(rows)
        names, purposes = recipients.names_of(row.recipient_code for row in rows), PurposeNames()
        return [
            {
                "reference": row.reference,
                "to": authorities.get(row.about, names[row.recipient_code]),
                "what": values(row.fields),
                "purpose": purposes(row.purpose),
                "basis": str(row.get_basis_display()),
                "receipt": row.receipt,
                "about": row.about,
                "at": row.disclosed_at.isoformat(),
            }
            for row in rows
        ]


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
