"""A customer sends a document: judged at first sight, kept in quarantine, checked by a worker."""

import contextlib
import io
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, BinaryIO

from django.db import transaction
from django.utils.translation import gettext as _

from kyc import numbers
from kyc.base.choices import DOCUMENT_MOVES, REPLACEABLE, DocumentKind, DocumentState, Provenance
from kyc.base.models.cases import Case
from kyc.base.models.documents import Document
from kyc.base.models.parties import Party
from kyc.cases import check_plans, labels
from kyc.cases.outstanding_items import is_due_again, kinds_wanted
from kyc.cases.selectors import does_not_fit, has_unknown_signer, number_domain, present_documents
from kyc.cases.services import document_encryption
from kyc.cases.services.check_records import note_move
from kyc.numbers.result import NumberResult, Reason
from kyc.outcomes import retention_classes
from kyc.outcomes.services import case_status, deletion_requests
from kyc.review.services import aadhaar_consent, check_runs, customer_types, file_reuse, kyc_renewals, signed_documents
from kyc.review.services.document_decisions import open_proposal
from kyc.review.services.underage_detections import require_not_frozen
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import ciphers, clock, field_changes, ids, pii_guard
from portal.kernel.core.actor import Actor, ActorKind
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.enqueue import enqueue
from portal.kernel.core.errors import IllegalMove, Refused
from portal.kernel.core.state_transitions import move
from portal.kernel.people.models import Customer
from portal.kernel.people.services.authority import require_open
from portal.kernel.retention.services.erasure_blockers import require_not_ending
from portal.kernel.vault.choices import RetentionClass
from portal.kernel.vault.inspection import file_types
from portal.kernel.vault.inspection.client import LIMITS
from portal.kernel.vault.inspection.result import Fault, RefusedFileError
from portal.kernel.vault.services import files

#: So many bytes tell what a file is.
FIRST_LOOK = 4096


def open_case(*, customer: Customer, actor: Actor, now: datetime) -> Case:
    """The customer's case, made on first use, with its audit event. Safe to repeat."""
    with transaction.atomic():
        case, is_new = Case.objects.get_or_create(
            customer=customer,
            defaults={
                "reference": ids.new_reference("KY"),
                "subject_ref": customer.subject.ref,
                "opened_at": now,
                "customer_type": customer_types.known_type(customer),
            },
        )
        if is_new:
            record(
                AuditKind.KYC_CASE_OPENED,
                actor=actor,
                about=case.owner,
                subject_ref=case.subject_ref,
                facts={"type": customer.kind},
                at=now,
            )
    return case


@dataclass(frozen=True)
class Sent:
    """One document as it was sent in: what it is, whose, what was typed beside it, and how it came.

    ``number`` is empty for a kind that shows none; ``party`` is whose it is, where it is not the customer's own;
    ``declared`` is what else was typed (``ifsc``, ``name``, ``born_on``), for the checks to compare. ``share_code`` opens
    a file that proves itself and is kept nowhere. ``yes`` is the holder's consent, without which no document of Aadhaar is
    taken (``consenting``). ``reason`` says why staff brought it in, ``way`` how it had reached them.
    """

    customer: Customer
    kind: str
    number: str = ""
    extension: str = ""
    expires_on: date | None = None
    party: Party | None = None
    declared: Mapping[str, str] | None = None
    share_code: str = field(default="", repr=False)
    yes: aadhaar_consent.Yes | None = None
    provenance: str = Provenance.PAGE
    way: str = ""
    reason: str = ""
    #: The sender says that an account's number is one, though it has the digits of an Aadhaar number.
    is_account: bool = False


@dataclass(frozen=True)
class Judged:
    """A file that was looked at before anything is written: its number, and what goes into quarantine, piece by piece.

    ``verdict`` is that of a file which proves itself. ``earlier`` is the document given before whose kept copy is taken.
    ``bytes_of`` are the encrypted bytes, where they lie in the storage already (``encrypted``).
    """

    sent: Sent
    found: NumberResult | None
    content: BinaryIO = field(repr=False)
    verdict: bytes = field(default=b"", repr=False)
    earlier: Document | None = None
    bytes_of: files.Encrypted | None = None


def upload(*, customer: Customer, kind: str, stream: BinaryIO, actor: Actor, now: datetime, **given: Any) -> Document:
    """Take one document: looked at, then ``take``. ``given`` are the other fields of ``Sent``. Raises as the two."""
    return take(judge(Sent(customer, kind, **given), stream, now=now), actor=actor, now=now)


def judge(sent: Sent, stream: BinaryIO, *, now: datetime) -> Judged:
    """Look at a document at first sight. Writes nothing.

    A file that its signature proves is read at once and only the verdict goes on. Raises Refused, whose code is the fault
    (TOO_LARGE, TYPE, TYPE_MISMATCH, EMPTY, ARCHIVE, SHARE_CODE_WRONG and the like, or NUMBER for a number that cannot be
    right, NUMBER_LIKE_AADHAAR, NUMBER_IN_NAME, EXPIRED, CONSENT_MISSING). A file that only the inspection can judge is refused later, by ``run_plan``.
    """
    if sent.kind not in DocumentKind.values:
        raise _not_wanted()
    aadhaar_consent.require(sent.kind, sent.yes, customer=sent.customer, party=sent.party, now=now)
    sent = _with_what_is_beside(sent, now)
    found = _number(sent, now)
    if sent.kind in signed_documents.AT_ONCE:
        verdict = signed_documents.read_at_once(
            stream, kind=sent.kind, customer=sent.customer, party=sent.party, share_code=sent.share_code, now=now
        )
        return Judged(sent, found, io.BytesIO(verdict), verdict)
    at_first_sight(stream, sent.extension)
    return Judged(sent, found, stream)


@contextlib.contextmanager
def encrypted(judged: Judged) -> Iterator[Judged]:
    """The same file with its bytes encrypted in the storage: for a caller that takes it in a transaction of its own.

    Nobody else has to wait while that goes on. Bytes that were not taken when the block ends are removed.
    """
    judged.content.seek(0)
    with files.encrypted(judged.content) as bytes_of:
        yield replace(judged, bytes_of=bytes_of)


def use_again(sent: Sent, earlier: Document, *, actor: Actor, now: datetime) -> Document:
    """Take the kept copy of a document that was given before in the place of a new file.

    The caller has decided that the person acts for the customer. The checks look at it anew, with what is typed now; what
    is kept has the SHA-256 of the earlier copy, and the document names the one it comes from. Raises
    Refused (NOT_REUSABLE) for a file of another customer or person, or one that does not fit; else as ``take``.
    """
    aadhaar_consent.require(sent.kind, sent.yes, customer=sent.customer, party=sent.party, now=now)
    case = customer_types.case_of(sent.customer, now=now)
    if earlier not in file_reuse.reusable(case, sent.party, sent.kind):
        raise Refused(_("This file cannot be used again. Send a new one."), code="NOT_REUSABLE")
    as_before = replace(
        _with_what_is_beside(sent, now), provenance=earlier.provenance, extension=file_reuse.EXTENSIONS[earlier.mime]
    )
    number = _number(sent, now)
    with file_reuse.opened(earlier, actor=actor) as copy, files.encrypted(copy) as bytes_of:
        return _write_down(Judged(as_before, number, copy, earlier=earlier), bytes_of, actor=actor, now=now)


def take(judged: Judged, *, actor: Actor, now: datetime) -> Document:
    """Write one document down: its file in quarantine, its row, its audit event, and the nudge to the checks, together.

    The bytes are encrypted before, unless they lie there already (``encrypted``). An earlier file in the same place is
    replaced where the table of states allows it. Raises Refused for a document that is not asked for (NOT_WANTED) or from
    somebody who cannot act for the customer now (SUSPENDED, CUSTOMER_CLOSED: ``authority.require_open``); Unavailable while the
    person is being erased; IllegalMove when the document is with us or approved. Nothing is written then.
    """
    if judged.bytes_of is not None:
        return _write_down(judged, judged.bytes_of, actor=actor, now=now)
    with encrypted(judged) as ready:
        return take(ready, actor=actor, now=now)


@retried
def _write_down(judged: Judged, bytes_of: files.Encrypted, *, actor: Actor, now: datetime) -> Document:
    sent, party = judged.sent, judged.sent.party
    quarantine_ref = uuid.uuid4()
    with transaction.atomic():
        aadhaar_consent.take_turn(sent.kind, customer=sent.customer, party=party)
        case = open_case(customer=sent.customer, actor=actor, now=now)
        subject_ref = party.subject_ref if party else case.subject_ref
        require_not_ending(subject_ref)  # first: the account is read as the end of its person leaves it
        require_not_frozen(case, party, at=now)
        require_open(sent.customer, actor, at=now)
        _require_wanted(case, sent.kind, party, now)
        receipt = aadhaar_consent.receipt_for(
            sent.kind, judged.verdict, sent.yes, case=case, party=party, actor=actor, now=now
        )
        replaced = _replace_earlier(case, sent.kind, party, actor, now)
        quarantined = files.keep(
            bytes_of,
            subject_ref=quarantine_ref,
            retention_class=RetentionClass.QUARANTINE,
            kind="kyc.upload",
            actor=actor,
        )
        found, declared = judged.found, sent.declared
        document = Document(
            reference=ids.new_reference("DO"),
            case=case,
            party=party,
            kind=sent.kind,
            retention_class=retention_classes.class_of(case.relation, sent.kind),
            number_index=ciphers.blind_index(found.normal, domain=number_domain(sent.kind)) if found else None,
            number_display=found.display if found else "",
            expires_on=sent.expires_on,
            extension=sent.extension.lower().lstrip("."),
            quarantine_ref=quarantine_ref,
            quarantined=quarantined,
            reused_from=judged.earlier,
            provenance=sent.provenance,
            brought_by_id=_brought_by(judged, actor),
            consent_ref=receipt,
            uploaded_at=now,
        )
        document.number_sealed = document_encryption.seal(document, found.normal) if found else None
        document.declared_sealed = (
            document_encryption.seal(document, json.dumps(dict(declared), sort_keys=True)) if declared else None
        )
        document.save(force_insert=True)
        field_changes.watch_created(document)
        record(
            AuditKind.KYC_DOCUMENT_UPLOADED,
            actor=actor,
            about=f"kyc.document:{document.reference}",
            subject_ref=subject_ref,
            facts={
                "case": case.reference,
                "type": sent.kind,
                "size": quarantined.size,
                "sha256": quarantined.sha256,
                "consent": receipt,
                "provenance": str(sent.provenance),
                "way": str(sent.way),
                "document": judged.earlier.reference if judged.earlier else "",
            },
            personal={"reason": {"new": sent.reason}} if sent.reason else None,
            at=now,
        )
        if replaced is not None and replaced.sent_at is None:
            # Last: its file may be the one that is used again.
            deletion_requests.keep_nothing(replaced, actor=actor)
        enqueue("kyc.tasks.check_document", document.pk)
    return document


def _brought_by(judged: Judged, actor: Actor) -> int | None:
    """The member of staff whose hands the file came through; a copy used again came through those of before."""
    if actor.kind == ActorKind.STAFF:
        return actor.user_id
    return judged.earlier.brought_by_id if judged.earlier else None


def send(document: Document, *, actor: Actor, now: datetime) -> None:
    """The customer has looked at what they uploaded and sends it for checking. Safe to repeat.

    Raises IllegalMove for a file that was refused or replaced meanwhile, or whose person left; Refused (FROZEN) for the
    account of a child, and as ``authority.require_open``.
    """
    if document.sent_at is not None:
        return
    with transaction.atomic():
        document.case.refresh_from_db(fields=["frozen_at"])
        require_not_frozen(document.case, document.party, at=now)
        require_open(document.case.customer, actor, at=now)
        open_states = (DocumentState.RECEIVED, DocumentState.STALLED, DocumentState.CHECKED)
        rows = Document.objects.filter(pk=document.pk, sent_at=None, state__in=open_states)
        rows = rows.exclude(party__ended_at__isnull=False)
        if rows.update(sent_at=now) != 1:
            raise IllegalMove(
                _("This file can no longer be sent. Load the page again: it says what is missing."),
                without_page="This file can no longer be sent: the state of the document says why.",
            )
        document.refresh_from_db()
        note_move(document, actor=actor, now=now, to="sent")
        if document.state == DocumentState.CHECKED:
            check_runs.judge_sent(document, now=now)
        case_status.settle(document.case, actor=actor, now=now)


def at_first_sight(stream: BinaryIO, extension: str) -> None:
    """Whether an upload's length and first bytes are right. Raises Refused with the fault as code; leaves it at its start."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    try:
        if size > LIMITS.size:
            raise RefusedFileError(Fault.TOO_LARGE)
        file_types.sniff(stream.read(FIRST_LOOK), extension)
    except RefusedFileError as refused:
        raise Refused(labels.file_fault(refused.fault, refused.detail), code=refused.fault) from refused
    stream.seek(0)


def _number(sent: Sent, now: datetime) -> NumberResult | None:
    """The number in its normal form; None for a kind of document that shows none. Raises Refused: NUMBER, and
    NUMBER_LIKE_AADHAAR for an account's that nobody has said to be one.
    """
    number_type = check_plans.number_type(sent.kind)
    if not number_type:
        return None
    found = numbers.check(number_type, sent.number, this_year=clock.day(now).year)
    if found.is_valid and found.reason == Reason.AADHAAR and not sent.is_account:
        raise Refused(labels.number_fault(found.type, found.reason), code="NUMBER_LIKE_AADHAAR")
    if not found.is_valid:
        raise Refused(labels.number_fault(found.type, str(found.reason or "")), code="NUMBER")
    return found


def _with_what_is_beside(sent: Sent, now: datetime) -> Sent:
    """The numbers typed beside the document's own, in their normal form. Raises Refused with the type as code (IFSC, TAN),
    NUMBER_IN_NAME for a name that holds a number (names are shown whole), and EXPIRED for a last day that has passed.
    """
    typed = dict(sent.declared or {})
    pii_guard.require_name(typed.get("name", ""))
    if sent.expires_on is not None and sent.expires_on < clock.day(now):
        raise Refused(_("This day has passed. Send a document that is valid today."), code="EXPIRED")
    for number_type in check_plans.declares(sent.kind):
        if not typed.get(number_type):
            continue
        found = numbers.check(number_type, typed[number_type], this_year=clock.day(now).year)
        if not found.is_valid:
            raise Refused(labels.number_fault(number_type, str(found.reason or "")), code=number_type.upper())
        typed[number_type] = found.normal
    return replace(sent, declared=typed)


def _require_wanted(case: Case, kind: str, party: Party | None, now: datetime) -> None:
    if party is not None and (party.case_id != case.pk or party.ended_at is not None):
        raise Refused(_("This person does not belong to this customer."), code="NOT_WANTED")
    if kind not in kinds_wanted(case, party, now=now):
        raise _not_wanted()


def _not_wanted() -> Refused:
    return Refused(_("We do not ask this customer for such a document."), code="NOT_WANTED")


def _replace_earlier(case: Case, kind: str, party: Party | None, actor: Actor, now: datetime) -> Document | None:
    """The document whose place the new one takes, if there is one."""
    earlier = present_documents(case, party).get(kind)
    if earlier is None:
        return None
    if why := why_not_now(earlier, now=now):
        without_page = f"The document that has this place is {earlier.state}: no other is taken for it now."
        raise IllegalMove(why, without_page=without_page)
    kyc_renewals.begin(case, actor=actor, now=now)
    move(earlier, DocumentState.REPLACED, moves=DOCUMENT_MOVES)
    if earlier.sent_at is not None:
        deletion_requests.end_upload(earlier, actor=actor)
    note_move(earlier, actor=actor, now=now)
    case_status.settle(case, actor=actor, now=now)
    return earlier


def why_not_now(earlier: Document, *, now: datetime) -> str:
    """Why the customer cannot send another file in the place of this one; empty when they can."""
    if earlier.state == DocumentState.REJECTED:
        return _("We rejected it for good. If you think that this is wrong, request a review.")
    is_unsent = earlier.state == DocumentState.CHECKED and earlier.sent_at is None
    if earlier.state not in REPLACEABLE and not is_unsent and not _is_due_again(earlier, now):
        said = _("Your %(document)s is with us or approved already. You do not need to send it again.")
        return said % {"document": labels.within(earlier.kind)}
    if earlier.state == DocumentState.RECEIVED and earlier.sent_at is not None:
        return _("Your file is being checked. Wait a minute and load the page again.")
    return ""


def _is_due_again(earlier: Document, now: datetime) -> bool:
    """It does not fit another document or nobody knew its signer, and nobody decides about it now; or it is approved and
    to be shown anew.
    """
    is_unknown = (
        earlier.state == DocumentState.CHECKED
        and earlier.kind in signed_documents.AT_ONCE
        and has_unknown_signer(earlier)
    )
    if does_not_fit(earlier) or is_unknown:
        return open_proposal(earlier) is None
    return is_due_again(earlier, now=now)
