"""A customer sends a document: judged at first sight, kept in quarantine, checked by a worker."""

import io
import json
import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import BinaryIO

from django.db import transaction
from django.utils.translation import gettext as _

from kyc import numbers, plans, words
from kyc.models import Case, Document, Party
from kyc.needs import kinds_wanted
from kyc.numbers.result import NumberResult
from kyc.selectors import does_not_fit, number_domain, present_documents
from kyc.services import checking, describing, proving, settling
from kyc.services.deciding import open_proposal
from kyc.states import DOCUMENT_MOVES, REPLACEABLE, DocumentKind, DocumentState
from portal.audit.kinds import AuditKind
from portal.audit.services import record
from portal.core import ciphers, clock, ids
from portal.core.actor import Actor
from portal.core.enqueue import enqueue
from portal.core.errors import IllegalMove, Refused
from portal.core.moves import move
from portal.people.models import Customer
from portal.vault.inspection import kinds
from portal.vault.inspection.process import LIMITS
from portal.vault.inspection.verdict import Fault, RefusedFileError
from portal.vault.services import files, texts
from portal.vault.states import RetentionClass


def open_case(*, customer: Customer, actor: Actor, now: datetime) -> Case:
    """The customer's case, made on first use, with its audit event. Safe to repeat."""
    with transaction.atomic():
        case, is_new = Case.objects.get_or_create(
            customer=customer,
            defaults={
                "reference": ids.new_reference("KY"),
                "subject_ref": customer.subject.ref,
                "opened_at": now,
                "customer_type": describing.known_type(customer),
            },
        )
        if is_new:
            record(
                AuditKind.KYC_CASE_OPENED,
                actor=actor,
                about=settling.owner_of(case),
                subject_ref=case.subject_ref,
                facts={"type": customer.kind},
                at=now,
            )
    return case


def upload(
    *,
    customer: Customer,
    kind: str,
    number: str,
    stream: BinaryIO,
    extension: str,
    actor: Actor,
    now: datetime,
    expires_on: date | None = None,
    party: Party | None = None,
    declared: Mapping[str, str] | None = None,
    share_code: str = "",
) -> Document:
    """Take one document: encrypted into quarantine, its row, its audit event, and the nudge to the checks, together.

    ``number`` is empty for a kind that shows none; ``party`` is whose it is, where it is not the customer's own;
    ``declared`` is what else was typed (``ifsc``, ``name``, ``born_on``), for the checks to compare.
    A file that its signature proves is read at once and only the verdict is stored; ``share_code`` opens it and is kept
    nowhere.
    An earlier file in the same place is replaced where the table of states allows it. Raises Refused, whose code is the
    fault (TOO_LARGE, TYPE, TYPE_MISMATCH, EMPTY, ARCHIVE, SHARE_CODE_WRONG and the like, or NUMBER for a number that cannot
    be right); IllegalMove when
    the document is with us or approved. Nothing is written then. A file that only the inspection can judge is refused
    later, by ``run_plan``.
    """
    found = _number(kind, number, now)
    if kind in proving.AT_ONCE:
        data = proving.read_at_once(stream, kind=kind, customer=customer, party=party, share_code=share_code, now=now)
    else:
        data = at_first_sight(stream, extension)
    quarantine_ref = uuid.uuid4()
    with transaction.atomic():
        case = open_case(customer=customer, actor=actor, now=now)
        _require_wanted(case, kind, party, now)
        subject_ref = party.subject_ref if party else case.subject_ref
        _replace_earlier(case, kind, party, actor, now)
        quarantined = files.store(
            io.BytesIO(data),
            subject_ref=quarantine_ref,
            retention_class=RetentionClass.QUARANTINE,
            kind="kyc.upload",
            actor=actor,
        )
        document = Document.objects.create(
            reference=ids.new_reference("DO"),
            case=case,
            party=party,
            kind=kind,
            number_sealed=_sealed(found.normal, subject_ref) if found else None,
            number_index=ciphers.blind_index(found.normal, domain=number_domain(kind)) if found else None,
            number_display=found.display if found else "",
            declared_sealed=_sealed(json.dumps(dict(declared), sort_keys=True), subject_ref) if declared else None,
            expires_on=expires_on,
            extension=extension.lower().lstrip("."),
            quarantine_ref=quarantine_ref,
            quarantined=quarantined,
            uploaded_at=now,
        )
        record(
            AuditKind.KYC_DOCUMENT_UPLOADED,
            actor=actor,
            about=f"kyc.document:{document.reference}",
            subject_ref=subject_ref,
            facts={"case": case.reference, "type": kind, "size": quarantined.size, "sha256": quarantined.sha256},
            at=now,
        )
        enqueue("kyc.tasks.check_document", document.pk)
    return document


def send(document: Document, *, actor: Actor, now: datetime) -> None:
    """The customer has looked at what they uploaded and sends it for checking. Safe to repeat.

    Raises IllegalMove for a file that was refused or replaced meanwhile.
    """
    if document.sent_at is not None:
        return
    with transaction.atomic():
        open_states = (DocumentState.RECEIVED, DocumentState.STALLED, DocumentState.CHECKED)
        rows = Document.objects.filter(pk=document.pk, sent_at=None, state__in=open_states)
        if rows.update(sent_at=now) != 1:
            raise IllegalMove(_("This file can no longer be sent. Look at the page again: it says what is missing."))
        document.refresh_from_db()
        record(
            AuditKind.KYC_DOCUMENT_MOVED,
            actor=actor,
            about=f"kyc.document:{document.reference}",
            subject_ref=document.subject_ref,
            facts={"case": document.case.reference, "to": "sent"},
            at=now,
        )
        if document.state == DocumentState.CHECKED:
            checking.judge_together(document)
        settling.settle(document.case, actor=actor, now=now)


def at_first_sight(stream: BinaryIO, extension: str) -> bytes:
    """The bytes of an upload, if their number and first bytes are right. Raises Refused with the fault as code."""
    data = stream.read(LIMITS.size + 1)
    try:
        if len(data) > LIMITS.size:
            raise RefusedFileError(Fault.TOO_LARGE)
        kinds.sniff(data, extension)
    except RefusedFileError as refused:
        raise Refused(words.FAULTS[refused.fault], code=refused.fault) from refused
    return data


def _number(kind: str, number: str, now: datetime) -> NumberResult | None:
    """The number in its normal form; None for a kind of document that shows none. Raises Refused (NUMBER)."""
    number_type = plans.number_type(kind)
    if not number_type:
        return None
    found = numbers.check(number_type, number, this_year=clock.day(now).year)
    if not found.is_valid:
        raise Refused(words.number_fault(found.type, str(found.reason or "")), code="NUMBER")
    return found


def _sealed(text: str, subject_ref: uuid.UUID) -> bytes:
    return texts.seal(text, subject_ref=subject_ref, retention_class=RetentionClass.KYC)


def _require_wanted(case: Case, kind: str, party: Party | None, now: datetime) -> None:
    if party is not None and (party.case_id != case.pk or party.ended_at is not None):
        raise Refused(_("This person does not belong to this customer."), code="NOT_WANTED")
    if kind not in kinds_wanted(case, party, now=now):
        raise Refused(_("We do not ask this customer for such a document."), code="NOT_WANTED")


def _replace_earlier(case: Case, kind: str, party: Party | None, actor: Actor, now: datetime) -> None:
    earlier = present_documents(case, party).get(kind)
    if earlier is None:
        return
    if why := why_not_now(earlier, now=now):
        raise IllegalMove(why)
    move(earlier, DocumentState.REPLACED, moves=DOCUMENT_MOVES)
    files.shred(subject_ref=earlier.quarantine_ref, retention_class=RetentionClass.QUARANTINE, actor=actor)
    record(
        AuditKind.KYC_DOCUMENT_MOVED,
        actor=actor,
        about=f"kyc.document:{earlier.reference}",
        subject_ref=earlier.subject_ref,
        facts={"case": case.reference, "to": DocumentState.REPLACED},
        at=now,
    )
    settling.settle(case, actor=actor, now=now)


def why_not_now(earlier: Document, *, now: datetime) -> str:
    """Why the customer cannot send another file in the place of this one; empty when they can."""
    is_unsent = earlier.state == DocumentState.CHECKED and earlier.sent_at is None
    if earlier.state not in REPLACEABLE and not is_unsent and not _is_due_again(earlier, now):
        said = _("Your %(document)s is with us or approved already. You need not send it again.")
        return said % {"document": DocumentKind(earlier.kind).label}
    if earlier.state == DocumentState.RECEIVED and earlier.sent_at is not None:
        return _("Your file is being checked. Wait a minute and load the page again.")
    return ""


def _is_due_again(earlier: Document, now: datetime) -> bool:
    """It does not fit another document, and nobody decides about it now; or it is approved and its re-KYC has come.

    The day begins at midnight in India, where the customer and the promise are.
    """
    if does_not_fit(earlier):
        return open_proposal(earlier) is None
    day = earlier.case.rekyc_on
    if earlier.state != DocumentState.APPROVED or day is None:
        return False
    return clock.day(earlier.uploaded_at) < day <= clock.day(now)
