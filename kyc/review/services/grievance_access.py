"""A document that a grievance is about is opened by whoever answers the grievance: for that ticket, and it is written down."""

from django.utils.translation import gettext as _

from kyc.base.models.documents import Document
from kyc.base.permissions import Permission
from portal.kernel.core import access, answers
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.people.services.maker_checker import person_of

#: Why, as the audit event says it and the customer reads it.
PURPOSE = "grievance"


def open_for_grievance(reference: str, *, ticket: str, actor: Actor) -> Document:
    """Write down who opens a document for which grievance; gives the document. The customer reads of it on its pages.

    Raises NotAllowed without the permission, Refused (NOT_NAMED) where there is no such document that was sent, or the
    grievance is closed, does not name it in its person's own words, or is not this login's to answer.
    """
    user = person_of(actor)
    access.require(user, Permission.DOCUMENT_LOOK)
    found = Document.objects.filter(reference=reference, sent_at__isnull=False)
    document = found.select_related("case__customer__subject", "party", "kept").first()
    if document is None or not answers.named_in_grievance.ask(ticket=ticket, reference=reference, user=user):
        said = _("No open grievance that is yours to answer names this document in its person's own words.")
        raise Refused(said, code="NOT_NAMED")
    answers.record_opened.ask(
        actor=actor,
        about=f"kyc.document:{document.reference}",
        subject_ref=document.subject_ref,
        purpose=PURPOSE,
        ticket=ticket,
    )
    return document
