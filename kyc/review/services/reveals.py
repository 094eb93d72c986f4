"""Reveal with a reason: a number in clear, or pages without the mark, for one person and one minute.

Each reveal is an audit event that the customer sees on its pages. Who reveals more than a house rule allows is told on.
"""

from datetime import datetime

from django.utils.translation import gettext as _

from kyc.base.choices import Revealed
from kyc.base.models.documents import Document
from kyc.base.permissions import Permission
from kyc.cases.access_relevance import is_about
from kyc.outcomes.services import customer_notifications
from kyc.review.services.protected_access import clear_number
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.audit.services import record
from portal.kernel.core import access, advisory_locks
from portal.kernel.core.actor import Actor
from portal.kernel.core.clock import day
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.law.selectors import house_rule
from portal.kernel.people.models import User
from portal.kernel.people.services import factor_ages
from portal.kernel.people.services.maker_checker import person_of

MOST = "kyc.reveals_most"
SPAN = "kyc.reveals_span"


def number_of(document: Document, *, reason_code: str, ticket: str, actor: Actor, now: datetime) -> str:
    """The clear number for one person's eyes, with the event of ``reveal``. Raises NotAllowed, NotFound, Shredded."""
    access.require(person_of(actor), Permission.DOCUMENT_OPEN)
    number = clear_number(document)
    reveal(document, what=Revealed.NUMBER, reason_code=reason_code, ticket=ticket, actor=actor, now=now)
    return number


def reveal(document: Document, *, what: str, reason_code: str, ticket: str, actor: Actor, now: datetime) -> None:
    """Write down who is shown what of a document, why and for which ticket or case, in one transaction.

    A reveal beyond the house rule raises an alarm: an audit event, and a letter to everybody who
    watches. Raises NotAllowed without the permission, NotFound for a file that was only uploaded, Refused
    (TICKET) for work about somebody else.
    """
    user = person_of(actor)
    access.require(user, Permission.DOCUMENT_OPEN)
    factor_ages.require(f"kyc.reveal.{what}", now=now)
    if document.sent_at is None:
        raise NotFound(_("The customer has not sent this file. It is not in review."))
    if not is_about(ticket, document.case):
        raise Refused(
            _("This work is about another person. Give the ticket or the case of this customer."), code="TICKET"
        )
    with access.acting(user, Permission.DOCUMENT_OPEN):
        advisory_locks.take(f"kyc.reveals:{actor.ref}")  # two of one person at once are counted one after the other
        record(
            AuditKind.ADMIN_VALUE_REVEALED,
            actor=actor,
            about=f"kyc.document:{document.reference}",
            subject_ref=document.subject_ref,
            facts={"model": "kyc.document", "field": str(what), "reason_code": reason_code, "ticket": ticket},
            at=now,
        )
        _raise_alarm(user, actor, now)


def reveals_of(actor_ref: str, *, now: datetime) -> int:
    """How often somebody revealed something of a document within the span of the house rule."""
    since = now - house_rule(SPAN, on=day(now)).duration
    shown = AuditEvent.objects.filter(kind=AuditKind.ADMIN_VALUE_REVEALED, actor_ref=actor_ref, at__gt=since)
    return shown.filter(about__startswith="kyc.document:").count()


def _raise_alarm(user: User, actor: Actor, now: datetime) -> None:
    """Above the number, once within the span of the house rule, however far above; the letter once a day for each person."""
    most = int(house_rule(MOST, on=day(now)).amount or 0)
    count = reveals_of(actor.ref, now=now)
    since = now - house_rule(SPAN, on=day(now)).duration
    raised = AuditEvent.objects.filter(kind=AuditKind.KYC_REVEALS_MANY, actor_ref=actor.ref, at__gt=since)
    if count <= most or raised.exists():
        return
    record(
        AuditKind.KYC_REVEALS_MANY,
        actor=actor,
        about=f"people.user:{user.pk}",
        facts={"count": count},
        at=now,
    )
    customer_notifications.many_reveals(user, count=count, now=now)
