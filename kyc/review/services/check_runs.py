"""The checks on a document, run by a worker. Safe to kill and to repeat at any line.

1. Claim the document by a lease; a second worker finds it taken.
2. Each check of the plan writes one row and its audit event; a check that has a row is not run again. The first, the
   safety of the file, stores the kept copy in the same transaction as its row. Those that need no file take no time: they
   are asked one after the other and write their rows in one transaction; one that cannot be asked keeps no other from its
   row.
3. The last transaction moves the document on and ends the quarantine's key.
A worker that dies between leaves rows and a lease; when the lease has run out, the sweep nudges and the next run goes on.
While something is down the pauses grow; after ``MOST_TRIES`` runs the document is stalled, and a person sees to it.
"""

import io
import json
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F, Q
from django.db.utils import OperationalError

from kyc.base.check_outcomes import CheckOutcome
from kyc.base.choices import DOCUMENT_MOVES, DocumentState
from kyc.base.models.documents import Document
from kyc.base.permissions import Permission
from kyc.cases import check_plans
from kyc.cases.check_plans import PlannedCheck
from kyc.cases.rules import document_checks
from kyc.cases.rules.document_checks import Said
from kyc.cases.selectors import does_not_fit, done_checks, is_done, present_documents, waiting_to_check
from kyc.cases.services import document_encryption
from kyc.cases.services.case_locks import is_still_here, is_unjudged
from kyc.cases.services.check_records import WORKER, Ran, note_check, note_checks, note_move
from kyc.cases.services.declared_values import number_of
from kyc.outcomes.services import case_status, customer_notifications
from kyc.review.inspection import inspect
from kyc.review.services import ocr, provider_requests, signed_documents, underage_detections, value_checks
from kyc.signatures.result import Signed
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import access, clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.enqueue import enqueue
from portal.kernel.core.errors import Unavailable
from portal.kernel.core.state_transitions import move
from portal.kernel.outbox.delivery_rules import wait_before
from portal.kernel.people.services.maker_checker import person_of
from portal.kernel.vault.choices import RetentionClass
from portal.kernel.vault.inspection import client
from portal.kernel.vault.inspection.result import Fault, Verdict
from portal.kernel.vault.services import files, virus_scan
from portal.kernel.vault.services.keys import Shredded
from portal.kernel.vault.services.virus_scan import Scan, scan

log = structlog.get_logger(__name__)

#: Longer than one worker can be busy with a file, so that no second one begins the same work: reading, scanning, writing.
LEASE = timedelta(seconds=client.longest_wait() + virus_scan.CONNECT + virus_scan.WHOLE + 60)
#: The checks that open the file. Each takes its time, and writes what came of it in a transaction of its own.
OPENS_FILE = ("file_safety", "signature")
FIRST_PAUSE = timedelta(minutes=2)
#: Technical limits: with pauses that double up to the longest, an outage of about twenty hours is waited for.
MOST_TRIES = 12
LONGEST_PAUSE = timedelta(hours=4)
#: What "something is down" looks like: it ends this run, not the document.
OUTAGES = (Unavailable, OSError, OperationalError)


def run_plan(document_id: int, *, now: datetime) -> str:
    """Run what is left of the plan; returns the document's state, or "taken" when another worker has it.

    A fault of the file ends in ``refused`` and a letter; an outage is written down as UNAVAILABLE for the check that it met,
    what the others of the set said is written all the same, and the run is tried again after a
    pause; a document whose runs have all failed is ``stalled``. One that its owner let go meanwhile stays as it is.
    """
    document = _claim(document_id, now)
    if document is None:
        return "taken"
    if document.tries > MOST_TRIES:  # each run before was killed, or crashed
        _stall(document)
        return str(document.state)
    for part in _parts(document):
        done = done_checks(document)
        waiting = [planned for planned in part if planned.name not in done]
        if waiting and not _goes_on(document, waiting, now):
            return str(document.state)
    _finish(document)
    return str(document.state)


def sweep(*, now: datetime) -> int:
    """Nudge the checks of documents that nobody works on; returns how many."""
    waiting = list(waiting_to_check(now=now))
    for document_id in waiting:
        enqueue("kyc.tasks.check_document", document_id)
    return len(waiting)


def check_again(document: Document, *, actor: Actor, now: datetime) -> None:
    """Staff has seen to what was down: the checks of a stalled document start anew, in one transaction with the event.

    Raises NotAllowed without the permission, IllegalMove for a document that is not stalled.
    """
    access.require(person_of(actor), Permission.CASE_DECIDE)
    with access.acting(person_of(actor), Permission.CASE_DECIDE):
        move(document, DocumentState.RECEIVED, moves=DOCUMENT_MOVES, tries=0, leased_until=None)
        note_move(document, actor=actor, now=now)
        enqueue("kyc.tasks.check_document", document.pk)


def judge_sent(document: Document, *, now: datetime) -> None:
    """A document is checked and sent: it is held against the others, and whoever can say more about it is asked.

    Since its checks ran another customer may have sent the same number: that is asked once more. In the caller's
    transaction.
    """
    for planned in check_plans.checks_for(document.kind):
        if planned.name == "duplicate":
            _ask_again(document, planned)
    judge_together(document)
    provider_requests.start(document, now=now)


def judge_together(document: Document) -> None:
    """A document was checked and sent: what compares it with the others about the same customer or party is asked again on each of them.

    In the caller's transaction. A document whose answer has changed gets a new row; where they contradict each other the
    customer is told once, and may send either of them anew.
    """
    present = present_documents(document.case, document.party).values()
    for other in present:
        for planned in check_plans.checks_for(other.kind):
            if planned.name in document_checks.TOGETHER and other.state in {
                DocumentState.CHECKED,
                DocumentState.APPROVED,
            }:
                _ask_again(other, planned)
    if does_not_fit(document):
        sent = (other for other in present if other.pk != document.pk and other.sent_at is not None)
        others = [other for other in sent if does_not_fit(other)]
        customer_notifications.documents_do_not_fit(document, others)


def _ask_again(document: Document, planned: PlannedCheck) -> None:
    started = clock.now()
    said = value_checks.ask(planned.name, document, on=clock.day(started))
    last = document.checks.filter(name=planned.name).order_by("-attempt").first()
    if last is None or (last.outcome, last.reason) != (said.outcome, said.reason):
        note_check(document, planned, said, started)


def _put_off(document: Document, down: Sequence[PlannedCheck], now: datetime) -> None:
    with transaction.atomic():
        if down and is_still_here(document):
            for planned in down:
                note_check(document, planned, Said(CheckOutcome.UNAVAILABLE, "SERVICE_DOWN"), clock.now())
    if document.tries >= MOST_TRIES:
        _stall(document)
        return
    pause = wait_before(document.tries, first=FIRST_PAUSE, longest=LONGEST_PAUSE, jitter=1)
    Document.objects.filter(pk=document.pk, state=DocumentState.RECEIVED).update(leased_until=now + pause)


def _stall(document: Document) -> None:
    with transaction.atomic():
        if not is_still_here(document):
            return
        log.error("kyc.document_stalled", document=document.reference)
        move(document, DocumentState.STALLED, moves=DOCUMENT_MOVES, leased_until=None)
        note_move(document, actor=WORKER, now=clock.now())


def _claim(document_id: int, now: datetime) -> Document | None:
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    rows = Document.objects.filter(free, pk=document_id, state=DocumentState.RECEIVED)
    if rows.update(leased_until=now + LEASE, tries=F("tries") + 1) != 1:
        return None
    return Document.objects.select_related("case__customer", "party", "quarantined", "kept").get(pk=document_id)


def _parts(document: Document) -> list[list[PlannedCheck]]:
    """The plan in the parts that are written together: each check that opens the file, then all others."""
    own = check_plans.own_checks(document.kind)
    alone = [[planned] for planned in own if planned.name in OPENS_FILE]
    return [*alone, [planned for planned in own if planned.name not in OPENS_FILE]]


def _goes_on(document: Document, waiting: Sequence[PlannedCheck], now: datetime) -> bool:
    """Run a part of the plan; whether the next may follow: nothing was down, and the document still waits for it."""
    try:
        down = _run(document, waiting)
    except OUTAGES as error:  # of the writing: no check is to blame
        log.warning("kyc.checks_not_written", document=document.reference, error=type(error).__name__)
        _put_off(document, [], now)
        return False
    except Shredded:
        if is_still_here(document):  # nobody let it go: its key should be there
            raise
        return False
    if down:
        _put_off(document, down, now)
        return False
    return document.state == DocumentState.RECEIVED and document.erased_at is None


def _run(document: Document, waiting: Sequence[PlannedCheck]) -> list[PlannedCheck]:
    """Run a part of the plan; returns the checks that something was down for. What the others said is written all the same."""
    ran: list[Ran] = []
    down: list[PlannedCheck] = []
    for planned in waiting:
        try:
            if planned.name == "file_safety":
                _judge_file(document, planned, clock.now())
            elif planned.name == "signature":
                _prove(document, clock.now())
            else:
                ran.append(_asked(document, planned))
        except OUTAGES as error:
            log.warning("kyc.check_unavailable", check=planned.name, error=type(error).__name__)
            down.append(planned)
    if ran:
        _run_together(document, ran)
    return down


def _asked(document: Document, planned: PlannedCheck) -> Ran:
    started = clock.now()
    said = value_checks.ask(planned.name, document, on=clock.day(started))
    return Ran(planned, said, started, clock.now())


def _run_together(document: Document, ran: Sequence[Ran]) -> None:
    with transaction.atomic():
        if is_still_here(document):
            done = done_checks(document)  # another worker, to whom a lease that ran out gave it, was quicker
            note_checks(document, [one for one in ran if one.planned.name not in done])


def _judge_file(document: Document, planned: PlannedCheck, started: datetime) -> None:
    with files.open_stream(document.quarantined, actor=WORKER, reason="file_safety") as stream:
        data = stream.read()
    if document.kind in signed_documents.AT_ONCE:
        _keep_record(document, planned, started, Signed.from_json(json.loads(data)))
        return
    scanned = scan(data)
    verdict, kept = inspect(data, extension=document.extension, kind=document.kind)
    if scanned is Scan.INFECTED:
        verdict = Verdict(fault=Fault.MALWARE)
    elif verdict.is_accepted and signed_documents.holds_another_code(data, kind=document.kind, at=started):
        verdict = Verdict(fault=Fault.NO_CODE)
    if not verdict.is_accepted:
        _refuse(document, verdict, planned, started)
        return
    # A copy that was written anew before is kept as it is, unless something had to be covered in it now.
    copy = data if document.reused_from_id is not None and not verdict.hidden else kept
    evidence: dict[str, str | int] = {
        "mime": verdict.mime,
        "pages": verdict.pages,
        "width": verdict.width,
        "height": verdict.height,
        "searched": str(verdict.search),
        "hidden": verdict.hidden,
        "scanned": scanned.value,
        "notices": " ".join(verdict.notices),
    }
    outcome = CheckOutcome.WARN if verdict.notices else CheckOutcome.PASS
    with files.encrypted(io.BytesIO(copy)) as encrypted, transaction.atomic():
        if not is_unjudged(document):
            return
        document.scanned = scanned.value
        _keep(document, verdict, encrypted)
        note_check(document, planned, Said(outcome, next(iter(verdict.notices), ""), evidence), started)


def _keep_record(document: Document, planned: PlannedCheck, started: datetime, signed: Signed) -> None:
    """The file was read when it came, and never stored: what is kept is what its signature proved, masked."""
    masked = io.BytesIO(signed_documents.record_of(signed, document.kind))
    with files.encrypted(masked) as encrypted, transaction.atomic():
        if not is_unjudged(document):
            return
        document.kept = document_encryption.keep(document, encrypted, actor=WORKER)
        document.mime = signed_documents.RECORD
        document.save(update_fields=["kept", "mime"])
        note_check(document, planned, Said(CheckOutcome.PASS, "", {"mime": signed_documents.RECORD}), started)


def _prove(document: Document, started: datetime) -> None:
    """Read the signature, and write every check that follows from it in one transaction: the verdict is not kept between."""
    with files.open_stream(document.quarantined, actor=WORKER, reason="signature") as stream:
        data = stream.read()
    said, signed = signed_documents.judged(document, data, at=started)
    with transaction.atomic():
        is_here = is_still_here(document)
        for planned in check_plans.checks_for(document.kind) if is_here else ():
            if planned.name in said and not is_done(document, planned.name):
                note_check(document, planned, said[planned.name], started)
        if is_here and underage_detections.is_minor(said):
            underage_detections.found(document, signed, found_at=started)


def _keep(document: Document, verdict: Verdict, copy: files.Encrypted) -> None:
    """Keep the copy written anew, and what was read of it; the numbers themselves are not kept."""
    document.kept = document_encryption.keep(document, copy, actor=WORKER)
    read = verdict.numbers.get(check_plans.number_type(document.kind), [])
    document.number_in_text = document_checks.match_in_text(number_of(document), found=read).value
    document.mime, document.pages = verdict.mime, verdict.pages
    document.searched, document.hidden = str(verdict.search), verdict.hidden
    document.notices = " ".join(verdict.notices)
    seen = ("mime", "pages", "searched", "hidden", "scanned", "notices")
    document.save(update_fields=["kept", "number_in_text", *seen])


def _refuse(document: Document, verdict: Verdict, planned: PlannedCheck, started: datetime) -> None:
    with transaction.atomic():
        if not is_unjudged(document):
            return
        note_check(document, planned, Said(CheckOutcome.FAIL, str(verdict.fault)), started)
        move(document, DocumentState.REFUSED, moves=DOCUMENT_MOVES, fault=str(verdict.fault), leased_until=None)
        record(
            AuditKind.KYC_DOCUMENT_REFUSED,
            actor=WORKER,
            about=f"kyc.document:{document.reference}",
            subject_ref=document.subject_ref,
            facts={"case": document.case.reference, "reason_code": str(verdict.fault)},
        )
        _end_quarantine(document)
        customer_notifications.document_refused(document)
        case_status.settle(document.case, actor=WORKER, now=clock.now())


def _finish(document: Document) -> None:
    now = clock.now()
    with transaction.atomic():
        if not is_still_here(document):
            return
        move(document, DocumentState.CHECKED, moves=DOCUMENT_MOVES, checked_at=now, leased_until=None)
        record(
            AuditKind.KYC_DOCUMENT_CHECKED,
            actor=WORKER,
            about=f"kyc.document:{document.reference}",
            subject_ref=document.subject_ref,
            facts={"case": document.case.reference, "sha256": document.kept.sha256 if document.kept else ""},
            at=now,
        )
        _end_quarantine(document)
        ocr.start(document)
        if document.sent_at is not None:
            judge_sent(document, now=now)
        case_status.settle(document.case, actor=WORKER, now=now)


def _end_quarantine(document: Document) -> None:
    files.shred(subject_ref=document.quarantine_ref, retention_class=RetentionClass.QUARANTINE, actor=WORKER)
