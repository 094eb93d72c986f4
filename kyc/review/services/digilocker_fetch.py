"""A document that the holder lets us fetch from DigiLocker, taken in as if they had sent the file."""

import io
from datetime import datetime

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from kyc.base.choices import DocumentKind
from kyc.base.models.documents import Document
from kyc.base.models.parties import Party
from kyc.cases.providers import registry
from kyc.cases.providers.digilocker import DOCTYPES, DigiLocker, Errand
from kyc.cases.providers.interface import Unanswered
from kyc.review.services import document_uploads
from kyc.review.services.document_uploads import Sent
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import NotFound, Refused, Unavailable
from portal.kernel.people.models import Customer

log = structlog.get_logger(__name__)
KIND = str(DocumentKind.DIGILOCKER_XML)


def is_set_up() -> bool:
    """Whether this installation can fetch anything."""
    return registry.digilocker() is not None


def begin(errand: Errand, *, back: str) -> str:
    """Where the holder's browser goes. Writes nothing. Raises NotFound where DigiLocker is not set up."""
    return _digilocker().where_to_sign_in(errand, back=back)


def fetch(
    doctype: str,
    *,
    code: str,
    errand: Errand,
    back: str,
    customer: Customer,
    party: Party | None,
    actor: Actor,
    now: datetime,
) -> Document:
    """Fetch the document with the code that the holder brought back, and take it in as an upload.

    Nothing of the person leaves: what we tell DigiLocker is its own code, which the holder had it make. So this is no
    disclosure; the audit event that we asked is committed before the request. Raises Refused (DOCTYPE, NOTHING_ISSUED,
    or the fault of the document), Unavailable where no answer came that could be read, IllegalMove as ``take`` does.
    """
    if doctype not in DOCTYPES:
        raise Refused(_("We fetch no such document."), code="DOCTYPE")
    locker = _digilocker()
    with transaction.atomic(durable=True):
        record(
            AuditKind.KYC_DOCUMENT_FETCHED,
            actor=actor,
            about=f"kyc.customer:{customer.reference}",
            subject_ref=party.subject_ref if party else customer.subject.ref,
            facts={"recipient": locker.recipient, "type": doctype},
            at=now,
        )
    try:
        data = locker.fetch(doctype, code=code, errand=errand, back=back)
    except Unanswered as fault:
        log.warning("kyc.digilocker_unanswered", code=fault.code)
        said = _("DigiLocker did not give us the document. Try again later, or send the file yourself.")
        raise Unavailable(said, code=fault.code) from None
    if data is None:
        said = _(
            "You have no such document in DigiLocker. Fetch it there from its issuer first, or send the file yourself."
        )
        raise Refused(said, code="NOTHING_ISSUED")
    sent = Sent(customer=customer, kind=KIND, party=party, extension="xml")
    return document_uploads.take(document_uploads.judge(sent, io.BytesIO(data), now=now), actor=actor, now=now)


def _digilocker() -> DigiLocker:
    found = registry.digilocker()
    if found is None:
        raise NotFound("Documents are not fetched here.")
    return found
