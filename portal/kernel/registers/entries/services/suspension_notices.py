"""Telling a customer that they may not use the service: why, from when, and where they can object (policy 4.3)."""

from datetime import datetime

from django.conf import settings
from django.utils import translation

from portal.kernel.core import date_format
from portal.kernel.core.actor import Actor
from portal.kernel.outbox.services import post
from portal.kernel.registers.base.choices import BlockReason
from portal.kernel.registers.base.models.security import AccountBlock
from portal.kernel.registers.base.services import contact_routes

#: What the letter tells of a block.
TELLS = ("customer_id", "why", "is_automated")


def tell(entry: AccountBlock, before: AccountBlock | None, actor: Actor, now: datetime) -> None:
    """A letter to each owner who can be reached, and ``told_at``, in the transaction of the second person's yes.

    Nobody is told again where ``before``, the row whose place this one takes, was told and said the same of the block.
    Nothing is written where the reason is an order of an authority: whether that binds us to silence stands in the order.
    """
    if entry.why == BlockReason.ORDER:
        return
    if before is not None and before.told_at and all(getattr(entry, one) == getattr(before, one) for one in TELLS):
        entry.told_at = before.told_at
        entry.save(update_fields=["told_at"])
        return
    told = 0
    for person in contact_routes.people_of(entry.customer.subject.ref):
        found = contact_routes.reach(person)
        if found is None:
            continue
        channel, address = found
        with translation.override(person.language):
            day = date_format.day(entry.starts_at)
        post(
            kind="registers.account_blocked",
            subject_ref=person.subject.ref,
            channel=channel,
            address=address,
            language=person.language,
            purpose="policy_and_security",
            about=f"registers.accountblock:{entry.pk}/told",
            context={
                "why": str(entry.why),
                "machine": "yes" if entry.is_automated else "",
                "day": day,
                "reference": entry.customer.reference,
                "url": f"{settings.SITE_URL}/privacy/grievances/",
            },
        )
        told += 1
    if told:
        entry.told_at = now
        entry.save(update_fields=["told_at"])
