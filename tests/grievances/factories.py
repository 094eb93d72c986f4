"""Grievances for tests, made by the services that make them in life."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from django.db import transaction

from grievances.base.choices import ForWhom, TicketKind
from grievances.models import Ticket
from grievances.tickets.services import intake
from portal.kernel.core import actor
from portal.kernel.outbox.models import Message
from portal.kernel.people.services import subjects

RECEIVED = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
STRANGER = actor.stranger(via="page")


def story(**changes: Any) -> intake.Story:
    return intake.Story(
        **{
            "kind": TicketKind.UNWANTED_MESSAGES,
            "for_whom": ForWhom.SELF,
            "what_happened": "They wrote to me at night.",
            **changes,
        }
    )


def filed(
    *, at: datetime = RECEIVED, email: str = "asha@example.in", phone: str = "", is_told: bool = True, **changes: Any
) -> intake.Filed:
    """One grievance of a stranger, received at ``at``; its acknowledgement was handed over then, unless ``is_told`` is off."""
    reach = intake.Reach(language=changes.pop("language", "en"), email=email, phone=phone)
    principal = changes.pop("principal", None)
    done = intake.file_ticket(
        filing_key=changes.pop("filing_key", None) or uuid4(),
        subject_ref=subjects.new("stranger", now=at).ref,
        story=story(**changes),
        reach=reach,
        principal=principal,
        actor=STRANGER,
        at=at,
    )
    if is_told and done.is_new and email:
        acknowledged(done.ticket, at=at)
    return done


def ticket(**changes: Any) -> Ticket:
    return filed(**changes).ticket


def acknowledged(found: Ticket, *, at: datetime = RECEIVED) -> Ticket:
    """The letter that acknowledges it was handed over at ``at``."""
    letter = Message.objects.get(about=f"{found.about}/acknowledged")
    letter.sent_at = at
    with transaction.atomic():
        intake.letters_sent(messages=[letter])
    found.refresh_from_db()
    return found
