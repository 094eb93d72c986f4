"""A document that a grievance names, tied to it by an officer: the portal knows by itself only of whoever was signed in."""

from datetime import datetime

from django.utils.translation import gettext as _

from grievances.base.choices import OPEN_STATES
from grievances.base.models.ticket import Ticket
from grievances.base.permissions import GrievancePermission
from grievances.tickets.services import appeals, conversation, thread_access, thread_entries
from grievances.tickets.services.work_allocation import CLAIMS
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import access
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.people import selectors as people
from portal.kernel.people.models import User


def tie_document(*, ticket: Ticket, document: str, why: str, by: User, actor: Actor, at: datetime) -> None:
    """Say that a document which the person named is of an account for which they act, in one transaction with its audit event.

    Whoever keeps it learns of it as of the moment at which they wrote it. Of somebody who is known here the portal looks
    itself whose it is; of anybody else the officer answers for it. ``why`` is kept as an internal note. Raises NotAllowed;
    LostRace while a colleague works on it; Refused without a reason (REASON_MISSING), for what is answered or closed
    (NOT_OPEN), a document that the person did not name (NOT_NAMED) and one that is not tied by it (NOT_TIED).
    """
    access.require(by, GrievancePermission.TICKET_ANSWER)
    appeals.require_another(ticket, by)
    if not why.strip():
        raise Refused(_("Say how you know that they act for its account."), code="REASON_MISSING")
    with access.acting(by, GrievancePermission.TICKET_ANSWER):
        fresh = Ticket.objects.select_for_update().get(pk=ticket.pk)  # two ties at once are made one after the other
        CLAIMS.require_free_for(fresh, by, now=at)
        if fresh.state not in OPEN_STATES:
            raise Refused(_("It is answered or closed."), code="NOT_OPEN")
        named_at = thread_access.named_at(thread_access.thread(fresh, internal=False), document)
        if named_at is None:
            raise Refused(_("Its person did not write the reference of this document in it."), code="NOT_NAMED")
        whose = fresh.subject_ref if people.known_people(fresh.subject_ref) else None
        if not thread_entries.tell_of_documents(fresh, [document], subject_ref=whose, actor=actor, at=named_at):
            raise Refused(
                _(
                    "Nothing was tied. It is tied already, it was never sent to us, it was rejected after they named it, or the "
                    "person who is known here does not act for its account."
                ),
                code="NOT_TIED",
            )
        conversation.note(ticket=fresh, text=why, by=by, actor=actor, at=at)
        record(
            AuditKind.GRIEVANCES_DOCUMENT_TIED,
            actor=actor,
            about=fresh.about,
            facts={"reference": fresh.reference, "document": document},
            subject_ref=fresh.subject_ref,
            at=at,
        )
