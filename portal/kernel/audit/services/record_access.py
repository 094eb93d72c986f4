from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from portal.kernel.audit import rules
from portal.kernel.audit.facts import CHANGED
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.audit.services.events import CHANGES, personal_of, record
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused


def record_act(*, actor: Actor, about: str, subject_ref: UUID | None, act: str, changed: Mapping[str, object]) -> None:
    """Answer of the hook ``act_done``: an act of staff whose service wrote no event, with field, old and new values."""
    with transaction.atomic():
        record(
            AuditKind.ADMIN_ACT_DONE,
            actor=actor,
            about=about,
            facts={"act": act, CHANGED: rules.names(changed)},
            subject_ref=subject_ref,
            personal={CHANGES: changed},
        )


def record_opened(*, actor: Actor, about: str, subject_ref: UUID | None, purpose: str, ticket: str) -> None:
    """Answer of the hook ``record_opened``: one person's record was opened, why, and for which ticket or queue.

    The network address stands in the erasable part. Raises Refused when the ticket looks like a person's number.
    """
    if rules.looks_personal(ticket):
        raise Refused(_("Give the reference of a ticket or the name of a queue, not a person's number or address."))
    with transaction.atomic():
        record(
            AuditKind.ADMIN_RECORD_OPENED,
            actor=actor,
            about=about,
            facts={"purpose": purpose, "ticket": ticket},
            subject_ref=subject_ref,
            personal={},
        )


@dataclass(frozen=True)
class Revealed:
    """The personal part of an event, to be read: where the act came from, what it changed, what else was said."""

    address: str
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    others: dict[str, Any] = field(default_factory=dict)


def reveal(*, event: AuditEvent, reason: str, ticket: str, actor: Actor, now: datetime) -> Revealed | None:
    """Field, old and new value and the network address of an act; None when there are none or they were erased.

    The event of this look is written first, in the same transaction; its reason lies in its own erasable part.
    """
    with transaction.atomic():
        record(
            AuditKind.ADMIN_VALUE_REVEALED,
            actor=actor,
            about=f"audit.auditevent:{event.pk}",
            facts={"model": "audit.auditevent", "object": event.pk, "field": "personal", "ticket": ticket},
            subject_ref=event.subject_ref,
            personal={"reason": reason},
            at=now,
        )
        kept = personal_of(event)
    if kept is None:
        return None
    values = dict(kept["values"])
    told = {name: value for name, value in values.items() if isinstance(value, dict) and value.keys() == {"old", "new"}}
    changed = {**told, **values.pop(CHANGES, {})}
    return Revealed(
        kept["address"] or "",
        {name: (change["old"], change["new"]) for name, change in sorted(changed.items())},
        {name: value for name, value in values.items() if name not in told},
    )
