"""Two people decide about a document: a maker proposes, a checker answers; what they saw is bound by its hash."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from kyc import rules
from kyc.models import Decision, Document
from kyc.permissions import Act, Permission
from kyc.selectors import latest_checks
from kyc.services import settling, telling
from kyc.services.locking import require_free_for
from kyc.states import DOCUMENT_MOVES, OUTCOME_MOVES, DecisionOutcome, DecisionReason, DocumentState
from portal.audit.kinds import AuditKind
from portal.audit.services import record
from portal.core import access, ids
from portal.core.actor import Actor
from portal.core.errors import IllegalMove, PortalError, Refused
from portal.core.moves import move
from portal.core.text import mask_identity_numbers
from portal.people.models import User
from portal.people.services import four_eyes
from portal.people.services.four_eyes import person_of
from portal.people.states import Answer
from portal.vault.services import texts
from portal.vault.states import RetentionClass


def shown(document: Document, *, outcome: str, reason_code: str, message: str, note: str) -> Mapping[str, Any]:
    """What both people decide upon: the bytes, the checks, the proposal and its words."""
    return {
        "document": document.reference,
        "sha256": document.kept.sha256 if document.kept else "",
        "number": document.number_display,
        "checks": [[check.name, check.outcome, check.reason, check.attempt] for check in latest_checks(document)],
        "outcome": outcome,
        "reason_code": reason_code,
        "message": message,
        "note": note,
    }


def propose(
    document: Document,
    *,
    outcome: str,
    reason_code: str = "",
    message: str = "",
    note: str = "",
    actor: Actor,
    now: datetime,
) -> Decision:
    """Insert a maker's proposal and its audit event, in one transaction. Aadhaar and card numbers in the words are cut.

    Raises NotAllowed when the maker's role does not carry the act; LostRace when a colleague has the case; IllegalMove
    when the document is not waiting for a decision or has an open proposal; Refused with a code: REASON (missing, or
    given with an approval), MESSAGE (missing unless approved), CHECK_FAILED (an approval against a blocking check).
    """
    maker = person_of(actor)
    access.require(maker, Permission.CASE_DECIDE)
    require_free_for(document.case, maker, now=now)
    message, note = mask_identity_numbers(message.strip())[0], mask_identity_numbers(note.strip())[0]
    _require_decidable(document)
    _require_whole(document, outcome, reason_code, message)
    try:
        with transaction.atomic():
            decision = four_eyes.propose(
                Decision,
                act=Act.DECISION,
                maker=maker,
                shown=shown(document, outcome=outcome, reason_code=reason_code, message=message, note=note),
                now=now,
                reference=ids.new_reference("PR"),
                document=document,
                document_sha256=document.kept.sha256 if document.kept else "",
                outcome=outcome,
                reason_code=reason_code,
                message_sealed=_sealed(document, message),
                note_sealed=_sealed(document, note),
            )
            _note(AuditKind.KYC_DECISION_PROPOSED, decision, actor, now)
    except IntegrityError as error:
        raise IllegalMove(_("This document has a proposal already. It waits for a second person.")) from error
    return decision


def answer(decision: Decision, *, approve: bool, reason: str = "", actor: Actor, now: datetime) -> None:
    """A second person says yes or no; a yes moves the document, tells the customer and settles the case, at once.

    Raises NotAllowed for the maker and for roles that may not answer, Refused when what the maker saw has changed or a
    no has no reason, IllegalMove or LostRace when it was answered already.
    """
    checker = person_of(actor)
    document = Document.objects.select_related("case__customer__subject", "party", "kept").get(pk=decision.document_id)
    message, note = words_of(decision)
    seen = shown(document, outcome=decision.outcome, reason_code=decision.reason_code, message=message, note=note)
    with transaction.atomic():
        four_eyes.answer(decision, checker=checker, approve=approve, shown=seen, reason=reason, now=now)
        _note(AuditKind.KYC_DECISION_ANSWERED, decision, actor, now, answer=decision.answer, checker=actor.ref)
        if approve:
            _carry_out(decision, document, message, actor, now)


def words_of(decision: Decision) -> tuple[str, str]:
    """The message to the customer and the internal note. Raises Shredded once they were erased."""
    subject_ref = decision.document.subject_ref
    found = [
        texts.open(bytes(sealed), subject_ref=subject_ref, retention_class=RetentionClass.KYC) if sealed else ""
        for sealed in (decision.message_sealed, decision.note_sealed)
    ]
    return found[0], found[1]


def customer_words(document: Document) -> tuple[str, str]:
    """Reason code and message of the decision that the customer was told; empty where there is none or it was erased."""
    told = document.decisions.filter(answer=Answer.APPROVED).order_by("-checked_at").first()
    if told is None or told.message_sealed is None:
        return (told.reason_code if told else ""), ""
    return told.reason_code, words_of(told)[0]


def open_proposal(document: Document) -> Decision | None:
    """The proposal that waits for a second person."""
    return document.decisions.filter(answer=Answer.PENDING).select_related("made_by").first()


def why_not_checker(decision: Decision, user: User, *, now: datetime) -> str:
    """Why this person cannot answer; empty when they can."""
    try:
        four_eyes.require_checker(decision, user, now=now)
    except PortalError as error:
        return str(error)
    return ""


def why_not_maker(user: User, *, now: datetime) -> str:
    """Why this person cannot propose; empty when they can."""
    try:
        four_eyes.require_maker(user, Act.DECISION, now=now)
    except PortalError as error:
        return str(error)
    return ""


def _require_decidable(document: Document) -> None:
    if document.state != DocumentState.CHECKED or document.sent_at is None or document.kept is None:
        raise IllegalMove(_("This document is not waiting for a decision. Load the page again."))


def _require_whole(document: Document, outcome: str, reason_code: str, message: str) -> None:
    if outcome not in DecisionOutcome.values:
        raise Refused(_("Choose what you propose."), code="OUTCOME")
    if outcome == DecisionOutcome.APPROVE:
        if reason_code:
            raise Refused(_("An approval has no reason code. Clear it, or propose something else."), code="REASON")
        failed = [
            check for check in latest_checks(document) if rules.stands_against_approval(check.outcome, check.severity)
        ]
        if failed:
            raise Refused(
                _("A check stands against an approval. Ask the customer to send the document again, or reject it."),
                code="CHECK_FAILED",
            )
        return
    if reason_code not in DecisionReason.values:
        raise Refused(_("Choose the reason that the customer will read."), code="REASON")
    if not message:
        raise Refused(_("Write to the customer what to do now."), code="MESSAGE")


def _carry_out(decision: Decision, document: Document, message: str, actor: Actor, now: datetime) -> None:
    target = OUTCOME_MOVES[DecisionOutcome(decision.outcome)]
    move(document, target, moves=DOCUMENT_MOVES)
    record(
        AuditKind.KYC_DOCUMENT_MOVED,
        actor=actor,
        about=f"kyc.document:{document.reference}",
        subject_ref=document.subject_ref,
        facts={"case": document.case.reference, "to": str(target), "proposal": decision.reference},
        at=now,
    )
    if target == DocumentState.ASKED_AGAIN:
        telling.document_asked_again(document, reason_code=decision.reason_code, message=message)
    elif target == DocumentState.REJECTED:
        telling.document_rejected(document, reason_code=decision.reason_code, message=message)
    else:
        telling.document_approved(document)
    settling.settle(document.case, actor=actor, now=now)


def _sealed(document: Document, text: str) -> bytes | None:
    if not text:
        return None
    return texts.seal(text, subject_ref=document.subject_ref, retention_class=RetentionClass.KYC)


def _note(kind: AuditKind, decision: Decision, actor: Actor, now: datetime, **more: str) -> None:
    record(
        kind,
        actor=actor,
        about=f"kyc.decision:{decision.reference}",
        subject_ref=decision.document.subject_ref,
        facts={
            "document": decision.document.reference,
            "outcome": decision.outcome,
            "reason_code": decision.reason_code,
            "sha256": decision.document_sha256,
            "shown_sha256": decision.shown_sha256,
            **more,
        },
        at=now,
    )
