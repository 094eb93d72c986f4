"""Grievances that others bring for a person: staff after a call or a letter, a connected system for its own people."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from grievances.base.choices import Door, TicketKind
from grievances.base.models.ticket import Ticket
from grievances.base.permissions import GrievancePermission
from grievances.tickets.services import intake, uploads
from grievances.tickets.services.intake import Filed, Reach, Story
from grievances.tickets.services.uploads import ReadyFile, SafeFile
from portal.kernel.core import access
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import LostRace, NotFound, Refused
from portal.kernel.people.choices import SubjectKind
from portal.kernel.people.models import User
from portal.kernel.people.services import subjects

#: Names of requests of connected systems in it are filing keys.
_REQUESTS: Final = UUID("3f0f8f0e-6f6b-4a0e-9f43-6a3c5f1c7d52")
#: As ``consent.collection.services.client_consents`` says it of a request that it remembers.
REUSED: Final = "IDEMPOTENCY_KEY_REUSED"
BY_STAFF: Final = frozenset({Door.PHONE, Door.POST})


def by_staff(
    *,
    filing_key: UUID,
    story: Story,
    reach: Reach,
    received_at: datetime,
    by: User,
    actor: Actor,
    now: datetime,
    files: Iterable[tuple[SafeFile, str]] = (),
) -> Filed:
    """File what a person said on the telephone or wrote by post; the clocks run from when anybody here got it first.

    In one transaction; the same ``filing_key`` again files nothing. The tracking key of a person without an e-mail address
    comes back once, for whoever tells it to them. Raises NotAllowed for a role that may not file, Refused for another door or
    a receipt to come.
    """
    access.require(by, GrievancePermission.TICKET_FILE)
    if reach.door not in BY_STAFF:
        raise Refused(_("Choose phone or post."), code="NO_DOOR")
    if received_at > now:
        raise Refused(_("Enter when it came in: a time that has passed."), code="RECEIVED_IN_FUTURE")
    with uploads.encrypted(files) as ready:
        return file_with_files(
            filing_key=filing_key, story=story, reach=reach, actor=actor, at=received_at, now=now, files=ready
        )


def by_system(
    *,
    fiduciary: str,
    request_key: str,
    story: Story,
    reach: Reach,
    received_at: datetime,
    actor: Actor,
    now: datetime,
) -> Filed:
    """File what a connected system took for its fiduciary, once per ``request_key`` of that system, in one transaction.

    Two systems of one fiduciary number their requests each by themselves: the key of the ``actor`` is part of the name.
    Raises LostRace (IDEMPOTENCY_KEY_REUSED) where something was filed under it already; the caller, which remembers
    requests with their answers, tells a repeated request from another: what is given back here would be taken for filed.
    """
    with transaction.atomic():
        filed = file_with_files(
            filing_key=uuid5(_REQUESTS, f"{fiduciary}:{actor.label}:{request_key}"),
            story=story,
            reach=reach,
            actor=actor,
            at=received_at,
            now=now,
            fiduciary=fiduciary,
        )
        if not filed.is_new:
            raise LostRace(_("This Idempotency-Key was used for another request. Use a new one."), code=REUSED)
    return filed


def of_fiduciary(fiduciary: str, reference: str) -> Ticket:
    """A grievance that is about this fiduciary or was passed to it. Raises NotFound for every other, as for an unknown one."""
    of_it = Q(fiduciary__code=fiduciary) | Q(client__code=fiduciary)
    found = Ticket.objects.filter(of_it, reference=reference).first()
    if found is None:
        raise NotFound(_("Grievance not found."))
    return found


def file_with_files(
    *,
    filing_key: UUID,
    story: Story,
    reach: Reach,
    actor: Actor,
    at: datetime,
    now: datetime,
    files: Iterable[ReadyFile] = (),
    fiduciary: str = "onesetu",
) -> Filed:
    """File a grievance of a stranger with files that were made safe and encrypted before, under a subject of its own; in one transaction.

    Raises Refused (REQUEST) for a request about data: only its own pages ask what it needs.
    """
    if story.kind == TicketKind.REQUEST:
        raise Refused(_("Ask for data on the pages for it: /privacy/requests/new/."), code="REQUEST")
    with transaction.atomic():
        there = Ticket.objects.filter(filing_key=filing_key).first()
        if there is not None:
            return Filed(there, is_new=False)
        subject = subjects.new(SubjectKind.STRANGER, now=now)
        kept = [uploads.keep(file, subject_ref=subject.ref, actor=actor) for file in files]
        return intake.file_ticket(
            filing_key=filing_key,
            subject_ref=subject.ref,
            story=story,
            reach=reach,
            actor=actor,
            at=at,
            now=now,
            files=kept,
            fiduciary=fiduciary,
        )
