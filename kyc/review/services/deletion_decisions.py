"""Answering a customer who wants one document gone.

What no law keeps is destroyed once two people say so, and the customer gets the proof.
"""

import hashlib
from datetime import datetime
from typing import Any

import rfc8785
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from kyc.base.choices import (
    DELETION_MOVES,
    DOCUMENT_MOVES,
    DecisionOutcome,
    DeletionRefusal,
    DeletionState,
    DocumentState,
)
from kyc.base.models.documents import Document
from kyc.base.permissions import Act, Permission
from kyc.cases.services.check_records import note_move
from kyc.outcomes import notices, retention_classes
from kyc.outcomes.models import DeletionProposal, DeletionRequest
from kyc.outcomes.services import case_status, customer_notifications
from kyc.outcomes.services.deletion_requests import erase_document, is_kept_by_a_hold, take_turn
from kyc.review.services.underage_detections import is_kept_by_law
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import access, clock
from portal.kernel.core.actor import Actor, staff
from portal.kernel.core.errors import IllegalMove, NotAllowed, NotFound, Refused
from portal.kernel.core.state_transitions import move
from portal.kernel.law.services import deadlines
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import User
from portal.kernel.people.services import maker_checker
from portal.kernel.people.services.maker_checker import person_of
from portal.kernel.retention.selectors import binding_laws, rule_for


def propose(request: DeletionRequest, *, why: str, actor: Actor, now: datetime) -> DeletionProposal:
    """A first person proposes to destroy the document, and says why nothing keeps it.

    With its audit event, in one transaction. Raises NotAllowed, Refused (REASON, NUMBER_IN_WORDS; KEPT, with the rule, where
    one keeps it), IllegalMove when the request was answered or a proposal waits.
    """
    maker = person_of(actor)
    access.require(maker, Permission.DELETION_ANSWER)
    if not why.strip():
        raise Refused(_("Write what you reviewed."), code="REASON")
    if request.state != DeletionState.ASKED:
        raise IllegalMove(_("It was answered already."))
    document = _document(request)
    _require_free(document, now)
    try:
        with transaction.atomic():
            made = maker_checker.propose(
                DeletionProposal,
                act=Act.DELETION,
                maker=maker,
                shown=_shown(request, document, why.strip()),
                now=now,
                request=request,
                why=why.strip(),
            )
            _note_proposal(AuditKind.KYC_DOCUMENT_DELETION_PROPOSED, made, document, actor, now)
    except IntegrityError as error:
        raise IllegalMove(_("A proposal to destroy it waits for a second person already.")) from error
    return made


def answer(proposal: DeletionProposal, *, approve: bool, reason: str = "", actor: Actor, now: datetime) -> None:
    """A second person says yes or no. A yes destroys the document at once and tells the customer; a no leaves the request.

    Raises what ``maker_checker.answer`` raises; NotAllowed also for who decided about the paper itself; Refused (KEPT), with
    the rule, where one keeps it by now.
    """
    checker = person_of(actor)
    access.require(checker, Permission.DELETION_ANSWER)
    request = proposal.request
    document = _document(request)
    with transaction.atomic():
        if approve:
            take_turn(document)
            _require_no_part(document, checker)
            _require_free(document, now)
        maker_checker.answer(
            proposal,
            checker=checker,
            approve=approve,
            shown=_shown(request, document, proposal.why),
            reason=reason,
            now=now,
        )
        _note_proposal(AuditKind.KYC_DOCUMENT_DELETION_CHECKED, proposal, document, actor, now)
        if approve:
            _carry_out(proposal, document, checker, actor, now)


def _carry_out(proposal: DeletionProposal, document: Document, person: User, actor: Actor, now: datetime) -> None:
    """Destroy the document, and tell the customer with the certificate; the case follows."""
    request = proposal.request
    certificate = _certificate(proposal, document, actor, now)
    digest = hashlib.sha256(_canonical(certificate)).hexdigest()
    move(
        request,
        DeletionState.ERASED,
        moves=DELETION_MOVES,
        answered_at=now,
        answered_by=person,
        certificate=certificate,
        certificate_sha256=digest,
    )
    move(document, DocumentState.DESTROYED, moves=DOCUMENT_MOVES)
    note_move(document, actor=actor, now=now)
    erase_document(document, actor=actor, now=now)
    _note(request, document, actor, now, certificate=digest)
    customer_notifications.deletion_answered(request)
    case_status.settle(document.case, actor=actor, now=now)


#: Nobody has decided about it yet, and somebody may still approve it.
UNDECIDED = frozenset({DocumentState.RECEIVED, DocumentState.STALLED, DocumentState.CHECKED})


def what_keeps(document: Document, *, now: datetime) -> DeletionRefusal | None:
    """What stands against the customer's wish: a law that binds us, or a hold or an order; None when nothing does.

    A law is named before a hold, so that who has a silent order about them reads what everybody reads.
    A law keeps a paper that people approved, also before the rest of its case is: from then on we relied on it. What nobody
    decided upon is kept of a customer that was verified. Our own period alone keeps nothing.
    """
    if _a_law_keeps(document, now):
        return DeletionRefusal.LAW
    return DeletionRefusal.HOLD if is_kept_by_a_hold(document) else None


def _a_law_keeps(document: Document, now: datetime) -> bool:
    if is_kept_by_law(document, now=now):
        return True
    rule = rule_for(document.retention_class, on=clock.day(now))
    return _was_approved(document) and (rule is None or bool(binding_laws(rule, on=clock.day(now))))


def until(document: Document, *, now: datetime) -> str:
    """Until when it is kept and because of what, in the reader's language: a law is named only where one keeps it by now.

    The same words with a hold or an order and without one.
    """
    found = retention_classes.kept(document.case, document.retention_class, now=now)
    if found is None or _a_law_keeps(document, now):
        return notices.until(document.case, document.retention_class, now=now)
    if document.state in UNDECIDED:
        return notices.until_approved(document.case, document.retention_class, now=now)
    return notices.until_asked(found)


def said_to_keep(document: Document, *, now: datetime) -> str:
    """What keeps the document, with its rule and time, for staff; empty when nothing does."""
    found = what_keeps(document, now=now)
    if found is None:
        return ""
    if found == DeletionRefusal.HOLD:
        return str(_("A legal hold or a duty of law."))
    return notices.until_for_staff(document.case, document.retention_class, now=now)


def decided_about(document: Document, user_id: int) -> bool:
    """Whether this person proposed or answered a decision about the paper itself."""
    return document.decisions.filter(Q(made_by=user_id) | Q(checked_by=user_id)).exists()


def _was_approved(document: Document) -> bool:
    if document.state == DocumentState.REFUSED:
        return False
    if document.state in {DocumentState.APPROVED, DocumentState.EXPIRED}:
        return True
    return document.decisions.filter(outcome=DecisionOutcome.APPROVE, answer=Answer.APPROVED).exists()


def _require_free(document: Document, now: datetime) -> None:
    if said := said_to_keep(document, now=now):
        raise Refused(_("It is kept. %(why)s Refuse the request, and say which.") % {"why": said}, code="KEPT")


def _require_no_part(document: Document, checker: User) -> None:
    if decided_about(document, checker.pk):
        raise NotAllowed(_("You decided about this document: another person must decide now."))


def _shown(request: DeletionRequest, document: Document, why: str) -> dict[str, Any]:
    return {
        "request": request.reference,
        "document": document.reference,
        "sha256": document.kept.sha256 if document.kept else None,
        "why": why,
    }


def refuse(request: DeletionRequest, *, refusal: str, why: str, actor: Actor, now: datetime) -> None:
    """Say what keeps the document, and until when; the customer is told, in one transaction.

    ``why`` goes to the erasable part of the audit event. Raises NotAllowed without the permission, Refused without words
    (REASON), for a reason that is none (REFUSAL), or where nothing keeps the document that is said to (NOT_KEPT);
    IllegalMove while a proposal to destroy it waits; IllegalMove or LostRace when it was answered already.
    """
    person = person_of(actor)
    access.require(person, Permission.DELETION_ANSWER)
    if refusal not in DeletionRefusal.values:
        raise Refused(_("Choose what keeps it."), code="REFUSAL")
    if not why.strip():
        raise Refused(_("Write what you reviewed."), code="REASON")
    if request.proposals.filter(answer=Answer.PENDING).exists():
        raise IllegalMove(_("A proposal to destroy it waits for a second person. Decide that first."))
    document = _document(request)
    if refusal not in {DeletionRefusal.CLAIM, what_keeps(document, now=now)}:
        raise Refused(_("This does not keep the document. Choose what does, or destroy it."), code="NOT_KEPT")
    found = retention_classes.kept(document.case, document.retention_class, now=now)
    with access.acting(person, Permission.DELETION_ANSWER):
        move(
            request,
            DeletionState.REFUSED,
            moves=DELETION_MOVES,
            refusal=refusal,
            kept_by=found.by.key if found and refusal == DeletionRefusal.LAW else "",
            answered_at=now,
            answered_by=person,
        )
        _note(request, document, actor, now, why=why.strip(), reason_code=refusal)
        customer_notifications.deletion_answered(request)


def _document(request: DeletionRequest) -> Document:
    rows = Document.objects.select_related("case__customer__subject", "party__principal__subject")
    return rows.get(pk=request.document_id)


def _certificate(proposal: DeletionProposal, document: Document, actor: Actor, now: datetime) -> dict[str, Any]:
    """What was destroyed, how, under which rule, by whom and when: no name, no number, no reference to a person."""
    request, maker = proposal.request, staff(proposal.made_by_id)
    rule = rule_for(document.retention_class, on=clock.day(now))
    return {
        "v": 1,
        "request": request.reference,
        "document": document.reference,
        "sha256": document.kept.sha256 if document.kept else None,
        "asked_at": clock.stamp(request.asked_at),
        "erased_at": clock.stamp(now),
        "proposed_by": f"{maker.kind}:{maker.ref}",
        "erased_by": actor.label,
        "class": document.retention_class,
        "rule": rule.version if rule else None,
        "rule_sha256": rule.sha256 if rule else None,
        "method": "texts deleted; the document's own key destroyed",
    }


def _canonical(certificate: dict[str, Any]) -> bytes:
    """RFC 8785: the same facts are the same bytes everywhere."""
    return rfc8785.dumps(certificate)


def certificate_bytes(request: DeletionRequest) -> bytes:
    """The certificate as a file: its SHA-256 is ``certificate_sha256``. Raises NotFound where nothing was destroyed."""
    if not request.certificate:
        raise NotFound(_("There is no certificate."))
    return _canonical(request.certificate)


def _note(
    request: DeletionRequest, document: Document, actor: Actor, now: datetime, why: str = "", **facts: str
) -> None:
    record(
        AuditKind.KYC_DOCUMENT_DELETION_ANSWERED,
        actor=actor,
        about=request.owner,
        subject_ref=document.subject_ref,
        facts={
            "case": document.case.reference,
            "document": document.reference,
            "state": str(request.state),
            **facts,
        },
        personal={"reason": {"new": why}} if why else None,
        at=now,
    )
    deadlines.stop(owner=request.owner, at=now, actor=actor, now=now)


def _note_proposal(
    kind: AuditKind, proposal: DeletionProposal, document: Document, actor: Actor, now: datetime
) -> None:
    record(
        kind,
        actor=actor,
        about=proposal.request.owner,
        subject_ref=document.subject_ref,
        facts={
            "proposal": proposal.pk,
            "case": document.case.reference,
            "document": document.reference,
            "answer": proposal.answer,
            "shown_sha256": proposal.shown_sha256,
        },
        at=now,
    )
