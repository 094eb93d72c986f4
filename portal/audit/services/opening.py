from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from portal.audit import rules
from portal.audit.kinds import AuditKind
from portal.audit.services.events import record
from portal.core.actor import Actor
from portal.core.errors import Refused


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
