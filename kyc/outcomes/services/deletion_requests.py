"""A customer asks to delete one document."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from kyc.base.choices import DELETION_MOVES, DOCUMENT_MOVES, GONE, DeletionState, DocumentState
from kyc.base.models.checks import CheckEvidence
from kyc.base.models.decisions import Decision
from kyc.base.models.documents import Document
from kyc.cases.services import document_encryption
from kyc.cases.services.check_records import note_move
from kyc.outcomes.models import DeletionRequest
from kyc.outcomes.services import case_status
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import actor as actors
from portal.kernel.core import ids
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import IllegalMove
from portal.kernel.core.state_transitions import move
from portal.kernel.law.services import deadlines
from portal.kernel.people.choices import Answer
from portal.kernel.people.selectors import regimes_of
from portal.kernel.people.services.authority import require_powers
from portal.kernel.retention import retention_decisions
from portal.kernel.retention.retention_decisions import is_held
from portal.kernel.vault.choices import RetentionClass
from portal.kernel.vault.services import files

RELEASED = actors.system("kyc.released")
UNDECIDED_STATES = frozenset({DocumentState.RECEIVED, DocumentState.STALLED, DocumentState.CHECKED})
#: Files that nobody has decided about: not sent yet, or still waiting for the checks or for a person.
UNDECIDED = Q(sent_at=None) | Q(state__in=UNDECIDED_STATES)


def ask_to_delete(document: Document, *, actor: Actor, now: datetime) -> None:
    """Note that the customer wants one document gone, with its audit event, in one transaction.

    A file that was never sent is let go at once. One that was sent is with us for a decision or kept by a rule: staff see the
    request beside it and answer it. Raises IllegalMove when it was asked for before or is gone, Refused (SUSPENDED) for somebody who cannot act for the organisation now.
    """
    with transaction.atomic():
        require_powers(document.case.customer, actor, at=now)
        ask_as_holder(document, actor=actor, now=now)


def ask_as_holder(document: Document, *, actor: Actor, now: datetime) -> None:
    """The same because the holder took back the yes that it stands on: nobody needs power for that."""
    if document.deletion_asked_at is not None or not is_said_kept(document):
        raise IllegalMove(_("You have asked for this already. We write to you about it."))
    with transaction.atomic():
        rows = Document.objects.filter(pk=document.pk, deletion_asked_at=None)
        if rows.update(deletion_asked_at=now) != 1:
            raise IllegalMove(_("You have asked for this already. We write to you about it."))
        document.refresh_from_db()
        take_turn(document)
        at_once = document.sent_at is None
        record(
            AuditKind.KYC_DOCUMENT_DELETION_ASKED,
            actor=actor,
            about=f"kyc.document:{document.reference}",
            subject_ref=document.subject_ref,
            facts={"case": document.case.reference, "to": "let_go" if at_once else "asked"},
            at=now,
        )
        if not at_once:
            _ask(document, actor, now)
        else:
            let_go(document, actor=actor, now=now)
            case_status.settle(document.case, actor=actor, now=now)


def is_kept_by_a_hold(document: Document) -> bool:
    """Whether a hold or a named legal claim has to end before anybody, or any rule, may end the file."""
    return is_held(document.subject_ref, document.retention_class, about=label_of(document))


def label_of(document: Document) -> str:
    """Its label among the records of a person, by which a legal claim names it."""
    return f"kyc.document:{document.reference}"


def take_turn(document: Document) -> None:
    """No hold that would keep the file is placed before the caller's transaction ends: then ask, and end it."""
    retention_decisions.take_turn(document.subject_ref)


def is_still_kept(document: Document) -> bool:
    """Whether anything of the file is here: of one that ended before it was sent or decided about only what a hold kept then is."""
    if document.erased_at is not None or document.state == DocumentState.DESTROYED:
        return False
    return not _ended_early(document) or document.kept_id is not None or document.quarantined.shredded_at is None


def is_said_kept(document: Document) -> bool:
    """The same as its customer reads it: what nothing but a hold can have kept reads as gone, with a hold and without one.

    Of an order that is secret nobody learns from what a page says, offers or shows.
    """
    return not _ended_early(document) and is_still_kept(document)


def _ended_early(document: Document) -> bool:
    """Removed, or replaced before it was sent: its keys ended then, unless a hold kept them."""
    is_replaced = document.state == DocumentState.REPLACED and document.sent_at is None
    return is_replaced or document.state == DocumentState.REMOVED


def _ask(document: Document, actor: Actor, now: datetime) -> None:
    """The request stands in the queue, with the clocks of every rule about requests."""
    request = DeletionRequest.objects.create(reference=ids.new_reference("DL"), document=document, asked_at=now)
    deadlines.start(
        owner=request.owner,
        subject_ref=document.subject_ref,
        rule_keys=None,
        kind="request",
        started_at=now,
        zone=case_status.ZONE,
        regimes=regimes_of(document.subject_ref),
        actor=actor,
        now=now,
    )


def let_go(document: Document, *, actor: Actor, now: datetime) -> None:
    """End a file that nobody has decided about, in the caller's transaction, and what was kept of it with it.

    A customer's open request to delete it ends with it, as "removed": nobody could answer that any more. Of one that a hold
    keeps nothing else ends but its place: it looks to everybody outside as if it had, and ``end_what_was_held`` ends it once
    the hold is released.
    """
    take_turn(document)
    move(document, DocumentState.REMOVED, moves=DOCUMENT_MOVES)
    note_move(document, actor=actor, now=now)
    _end_request(document, DeletionState.REMOVED, actor, now)
    keep_nothing(document, actor=actor)


def remove_of_who_left(*, now: datetime) -> int:
    """Give the state "removed" to undecided documents that a hold kept as they were before that state came: of people who
    left since, and unsent ones whose deletion was asked for. Each in a transaction of its own, with its audit event;
    returns how many. Safe to repeat: now that both end as removed, there are none.
    """
    approved = Decision.objects.filter(document=OuterRef("pk"), answer=Answer.APPROVED)
    left = Q(UNDECIDED, ~Exists(approved), party__ended_at__isnull=False)
    asked = Q(sent_at=None, deletion_asked_at__isnull=False)
    rows = Document.objects.filter(left | asked, erased_at=None).exclude(state__in=GONE)
    removed = 0
    for document in rows.select_related("case", "party", "quarantined").order_by("pk"):
        with transaction.atomic():
            let_go(document, actor=RELEASED, now=now)
        removed += 1
    return removed


def keep_nothing(document: Document, *, actor: Actor) -> None:
    """Of a file that ended undecided, in the caller's transaction: the upload's key and the document's own end, and with
    them the kept copy, what was typed beside it, what the checks saw, and the words of a proposal that waits. Of one that
    a hold keeps nothing ends.
    """
    take_turn(document)
    if is_kept_by_a_hold(document):
        return
    document.kept = document.number_sealed = document.number_index = document.declared_sealed = None
    document.number_display = ""
    document.save(update_fields=["kept", "number_sealed", "number_index", "number_display", "declared_sealed"])
    end_quarantine(document, actor=actor)
    CheckEvidence.objects.filter(check_run__document=document).delete()
    document.decisions.filter(answer=Answer.PENDING).update(message_sealed=None, note_sealed=None)
    document_encryption.shred(document, actor=actor)


def end_upload(document: Document, *, actor: Actor) -> None:
    """A newer file was sent in its place, in the caller's transaction: the upload's key ends, unless the upload is the
    only copy of what a hold keeps.
    """
    take_turn(document)
    if document.kept_id is not None or not is_kept_by_a_hold(document):
        end_quarantine(document, actor=actor)


def end_what_was_held(*, now: datetime) -> int:
    """End what only a hold, released since, had kept: removed files, unsent files and uploads that newer ones replaced. Each in
    a transaction of its own; returns how many. Safe to repeat.
    """
    approved = Decision.objects.filter(document=OuterRef("pk"), answer=Answer.APPROVED)
    upload, copy = Q(quarantined__shredded_at=None), Q(kept__isnull=False)
    removed = Q(~Exists(approved), state=DocumentState.REMOVED) & (upload | copy)
    replaced = Q(state=DocumentState.REPLACED) & (upload | copy & Q(sent_at=None))
    ended = 0
    rows = Document.objects.filter(removed | replaced, erased_at=None).select_related("case", "party", "quarantined")
    for document in rows.order_by("pk"):
        with transaction.atomic():
            take_turn(document)
            if is_kept_by_a_hold(document):
                continue
            if _ended_early(document):
                keep_nothing(document, actor=RELEASED)
            else:
                end_quarantine(document, actor=RELEASED)
        ended += 1
    return ended


def _end_request(document: Document, state: DeletionState, actor: Actor, now: datetime) -> None:
    """The document ends without the two people of ``deleting``, who make a certificate: by its time, as a child's, or as it is
    removed.
    """
    request = DeletionRequest.objects.filter(document=document, state=DeletionState.ASKED).first()
    if request is None:
        return
    move(request, state, moves=DELETION_MOVES, answered_at=now)
    record(
        AuditKind.KYC_DOCUMENT_DELETION_ANSWERED,
        actor=actor,
        about=request.owner,
        subject_ref=document.subject_ref,
        facts={"case": document.case.reference, "document": document.reference, "state": str(request.state)},
        at=now,
    )
    deadlines.stop(owner=request.owner, at=now, actor=actor, now=now)


def end_quarantine(document: Document, *, actor: Actor) -> None:
    """End the upload's key, in the caller's transaction."""
    files.shred(subject_ref=document.quarantine_ref, retention_class=RetentionClass.QUARANTINE, actor=actor)


def erase_document(document: Document, *, actor: Actor, now: datetime) -> None:
    """End everything personal about one document, in the caller's transaction: its keys are shredded, its texts deleted.

    That there was one, what the checks and two people said of it, and when, stays. A customer's open request to delete it
    is carried out with it, and its clocks stop. Its place is free: what is gone proves nothing any more, and another may
    be sent. One that was refused keeps its fault; its place is free as it is.
    """
    if document.state not in {DocumentState.REFUSED, *GONE}:
        move(document, DocumentState.DESTROYED, moves=DOCUMENT_MOVES, read_again=False, leased_until=None)
        note_move(document, actor=actor, now=now)
    _end_request(document, DeletionState.ERASED, actor, now)
    end_quarantine(document, actor=actor)
    CheckEvidence.objects.filter(check_run__document=document).delete()
    document.decisions.update(message_sealed=None, note_sealed=None, reason="")
    Document.objects.filter(pk=document.pk).update(
        number_sealed=None, number_index=None, number_display="", declared_sealed=None, erased_at=now
    )
    document_encryption.shred(document, actor=actor)
