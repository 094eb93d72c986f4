"""Documents that reach us otherwise than by the customer's own pages: staff bring in what came by post, a program sends it.

Both go the customer's way: the same first look, quarantine, checks and two people. What differs is written on the document.
"""

from dataclasses import replace
from datetime import datetime
from typing import BinaryIO

from django.utils.translation import gettext as _

from kyc.base.choices import CameBy, Provenance
from kyc.base.models.documents import Document
from kyc.base.permissions import Permission
from kyc.outcomes.services import customer_notifications
from kyc.review.services import document_uploads
from kyc.review.services.document_uploads import Judged, Sent
from portal.kernel.core import access
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.errors import Refused
from portal.kernel.people.services.maker_checker import person_of


def by_staff(sent: Sent, stream: BinaryIO, *, actor: Actor, now: datetime) -> Document:
    """A document that came by post, by e-mail or in person, brought in and sent for checking; the customer is told.

    ``sent.way`` says how it came, ``sent.reason`` why it came that way: kept in the erasable part of the audit event.
    Raises NotAllowed without the permission; Refused without a way (WAY) or a reason (REASON); else as ``uploading``.
    """
    access.require(person_of(actor), Permission.DOCUMENT_BRING)
    if sent.way not in CameBy.values:
        raise Refused(_("Say how the document came."), code="WAY")
    if not sent.reason.strip():
        raise Refused(_("Write why the customer does not send it."), code="REASON")
    brought = replace(sent, provenance=Provenance.STAFF, reason=sent.reason.strip(), yes=None)
    with document_uploads.encrypted(document_uploads.judge(brought, stream, now=now)) as judged:
        return _bring_in(judged, actor=actor, now=now)


@retried
def _bring_in(judged: Judged, *, actor: Actor, now: datetime) -> Document:
    with access.acting(person_of(actor), Permission.DOCUMENT_BRING):
        document = document_uploads.take(judged, actor=actor, now=now)
        document_uploads.send(document, actor=actor, now=now)
        customer_notifications.document_brought(document)
    return document


def judged_for_program(sent: Sent, stream: BinaryIO, *, now: datetime) -> Judged:
    """What a program sends, looked at before the request is taken. Writes nothing. Raises as ``document_uploads.judge``."""
    return document_uploads.judge(replace(sent, provenance=Provenance.API, yes=None), stream, now=now)


def by_program(judged: Judged, *, actor: Actor, now: datetime) -> Document:
    """Take what a program sent, and send it for checking, in the caller's transaction. Raises as ``document_uploads.take``.

    The caller has encrypted its bytes before (``document_uploads.encrypted``).
    """
    document = document_uploads.take(judged, actor=actor, now=now)
    document_uploads.send(document, actor=actor, now=now)
    return document
