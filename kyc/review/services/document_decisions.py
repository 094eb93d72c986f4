"""Two people decide about a document: a maker proposes, a checker answers; what they saw is bound by its hash."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from kyc.base.choices import (
    DOCUMENT_MOVES,
    FINAL_REASONS,
    OUTCOME_MOVES,
    DecisionOutcome,
    DecisionReason,
    DocumentState,
)
from kyc.base.models.checks import Check
from kyc.base.models.decisions import Decision
from kyc.base.models.documents import Document
from kyc.base.permissions import Act, Permission
from kyc.cases.minor_guard import is_of_a_child
from kyc.cases.rules import document_checks
from kyc.cases.selectors import latest_checks
from kyc.cases.services import document_encryption
from kyc.cases.services.case_locks import CLAIMS
from kyc.cases.services.check_records import note_move
from kyc.outcomes.services import case_status, customer_notifications
from kyc.review.decision_basis import basis, seen
from kyc.review.review_appeals import is_appealed
from kyc.review.services import kyc_renewals
from kyc.review.services.work_allocation import let_go_when_done
from kyc.screening.services import screening
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import access, ids
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import IllegalMove, NotAllowed, PortalError, Refused
from portal.kernel.core.state_transitions import move
from portal.kernel.core.text import mask_identity_numbers
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import User
from portal.kernel.people.services import maker_checker
from portal.kernel.people.services.maker_checker import person_of


def shown(
    document: Document, *, outcome: str, reason_code: str, message: str, note: str, answered: str = ""
) -> Mapping[str, Any]:
    """What both people decide upon: the bytes, the checks, the proposal and its words."""
    return {
        **basis(document),
        "outcome": outcome,
        "reason_code": reason_code,
        "message": message,
        "note": note,
        "answered": answered,
    }


def to_answer(document: Document) -> list[Check]:
    """The checks that nobody may approve against without saying that they looked: see ``document_checks.MUST_BE_ANSWERED``."""
    return [check for check in latest_checks(document) if document_checks.must_be_answered(check.outcome, check.reason)]


def propose(
    document: Document,
    *,
    outcome: str,
    reason_code: str = "",
    message: str = "",
    note: str = "",
    answered: Iterable[str] = (),
    page_seen: str = "",
    actor: Actor,
    now: datetime,
) -> Decision:
    """Insert a maker's proposal and its audit event, in one transaction. Aadhaar and card numbers in the words are cut.

    ``answered`` names the checks of ``to_answer`` that the maker looked at; the note says what they saw.
    ``page_seen`` is the digest of the page on which they decided (``basis.seen``). A rejected document may be asked for
    again, once the customer has appealed (``review_appeals.is_appealed``); nothing else is decided about it any more.

    Raises NotAllowed when the maker's role does not carry the act; LostRace when a colleague has the case; IllegalMove
    when the document is not waiting for a decision or has an open proposal; Refused with a code: REASON (missing, or
    given with an approval), NO_APPEAL, MESSAGE (missing unless approved), CHECK_FAILED (an approval against a blocking check),
    FINAL (a rejection for a reason that can be mended), SEEN_CHANGED (the page shows what is no more),
    ANSWER (an approval that leaves open what only a person can answer), NOTE (that does not say how it was answered),
    FROZEN (the account of a child, or the papers of somebody who said to be one).
    """
    maker = person_of(actor)
    access.require(maker, Permission.CASE_DECIDE)
    CLAIMS.require_free_for(document.case, maker, now=now)
    message, note = mask_identity_numbers(message.strip())[0], mask_identity_numbers(note.strip())[0]
    _require_decidable(document, outcome, now)
    _require_seen(document, page_seen)
    _require_whole(document, outcome, reason_code, message)
    if outcome == DecisionOutcome.APPROVE:
        screening.require_clear(document.case, now=now)
    looked_at = _answered(document, outcome, set(answered), note)
    try:
        with transaction.atomic():
            decision = maker_checker.propose(
                Decision,
                act=Act.DECISION,
                maker=maker,
                shown=shown(
                    document,
                    outcome=outcome,
                    reason_code=reason_code,
                    message=message,
                    note=note,
                    answered=looked_at,
                ),
                now=now,
                reference=ids.new_reference("PR"),
                document=document,
                document_sha256=document.kept.sha256 if document.kept else "",
                outcome=outcome,
                reason_code=reason_code,
                answered=looked_at,
                message_sealed=_sealed(document, message),
                note_sealed=_sealed(document, note),
            )
            _note(AuditKind.KYC_DECISION_PROPOSED, decision, actor, now)
            let_go_when_done(document.case, maker, now=now)
    except IntegrityError as error:
        raise IllegalMove(_("This document has a proposal already. It waits for a second person.")) from error
    return decision


def answer(
    decision: Decision, *, approve: bool, reason: str = "", page_seen: str = "", actor: Actor, now: datetime
) -> None:
    """A second person says yes or no; a yes moves the document, tells the customer and settles the case, at once.

    Raises NotAllowed for the maker, for whoever brought the document in and for roles that may not answer, Refused when what the maker saw, or the page on
    which the checker decides (``page_seen``), has changed, or a no has no reason, IllegalMove or LostRace when it was answered already,
    IllegalMove for a yes about somebody who left; LostRace while a colleague other than the maker has the case, Refused (FROZEN) for a yes on the account of a child.
    """
    checker = person_of(actor)
    document = Document.objects.select_related("case__customer__subject", "party", "kept").get(pk=decision.document_id)
    message, note = words_of(decision)
    if approve:
        _require_here(document)
        _require_not_frozen(document, now)
        _require_seen(document, page_seen)
    if approve and decision.outcome == DecisionOutcome.APPROVE:
        screening.require_clear(document.case, now=now)
    _require_not_bringer(document, checker)
    if document.case.holder_id_at(now) != decision.made_by_id:  # the maker goes on with the other papers of the case
        CLAIMS.require_free_for(document.case, checker, now=now)
    with transaction.atomic():
        # In the turn of the document: what a provider tells now stands in what both saw, or comes after the answer.
        Document.objects.select_for_update(no_key=True).get(pk=document.pk)
        both_saw = shown(
            document,
            outcome=decision.outcome,
            reason_code=decision.reason_code,
            message=message,
            note=note,
            answered=decision.answered,
        )
        maker_checker.answer(decision, checker=checker, approve=approve, shown=both_saw, reason=reason, now=now)
        _note(AuditKind.KYC_DECISION_ANSWERED, decision, actor, now, answer=decision.answer, checker=actor.ref)
        if approve:
            _carry_out(decision, document, message, actor, now)
        let_go_when_done(document.case, checker, now=now)


def words_of(decision: Decision) -> tuple[str, str]:
    """The message to the customer and the internal note. Raises Shredded once they were erased."""
    found = [
        document_encryption.opened(decision.document, sealed) if sealed else ""
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


def why_none_waits(document: Document, user: Any) -> str:
    """Why there is no proposal to answer: the person's own first click answered it, or somebody else did."""
    last = document.decisions.exclude(answer=Answer.PENDING).order_by("-checked_at").first()
    if last is not None and last.checked_by_id == user.pk:
        return _("No proposal is pending: you have decided it, and that counts.")
    return _("No proposal is pending: it was decided meanwhile.")


def why_not_checker(decision: Decision, user: User, *, now: datetime) -> str:
    """Why this person cannot answer; empty when they can."""
    try:
        maker_checker.require_checker(decision, user, now=now)
        _require_not_bringer(decision.document, user)
    except PortalError as error:
        return str(error)
    return ""


def why_not_maker(user: User, *, now: datetime) -> str:
    """Why this person cannot propose; empty when they can."""
    try:
        maker_checker.require_maker(user, Act.DECISION, now=now)
    except PortalError as error:
        return str(error)
    return ""


def _require_not_bringer(document: Document, checker: User) -> None:
    """Who brought a document in may propose, but is never the other pair of eyes on it."""
    if document.brought_by_id == checker.pk:
        raise NotAllowed(_("Another person must decide: you uploaded this document."))


def _require_decidable(document: Document, outcome: str, now: datetime) -> None:
    is_waiting = document.state == DocumentState.CHECKED and document.sent_at is not None
    is_appeal = document.state == DocumentState.REJECTED and outcome == DecisionOutcome.ASK_AGAIN
    if document.kept is None or document.erased_at is not None or not (is_waiting or is_appeal):
        raise IllegalMove(_("This document is not waiting for a decision. Load the page again."))
    _require_here(document)
    _require_not_frozen(document, now)


def _require_here(document: Document) -> None:
    if document.person_left:
        raise IllegalMove(
            _("The person is no longer a related party of this customer: nothing is decided about their documents.")
        )


def _require_not_frozen(document: Document, now: datetime) -> None:
    if document.case.frozen_at is not None:
        raise Refused(
            _("This account is frozen: nothing is decided about its documents. End the freeze first."), code="FROZEN"
        )
    if is_of_a_child(document.case, document.party, at=now):
        raise Refused(
            _("The person is known as under 18: nothing is decided about their documents while that note is active."),
            code="FROZEN",
        )


def _require_seen(document: Document, page_seen: str) -> None:
    if page_seen and page_seen != seen(document):
        raise Refused(
            _("The document or its checks have changed since you opened the page. Look again, then decide."),
            code="SEEN_CHANGED",
        )


def _require_whole(document: Document, outcome: str, reason_code: str, message: str) -> None:
    if outcome not in DecisionOutcome.values:
        raise Refused(_("Choose what you propose."), code="OUTCOME")
    if outcome == DecisionOutcome.APPROVE:
        if reason_code:
            raise Refused(_("An approval has no reason code. Clear it, or propose something else."), code="REASON")
        checks = latest_checks(document)
        if any(check.reason == "UNKNOWN_SIGNER" for check in checks):
            raise Refused(
                _("No certificate that we trust has signed this document: it proves nothing. Ask for another one."),
                code="CHECK_FAILED",
            )
        if any(check.reason in document_checks.PROVES_NOBODY for check in checks):
            raise Refused(
                _(
                    "The document is genuine and does not say whose it is. Ask for the offline e-KYC file or the "
                    "QR code of the card."
                ),
                code="CHECK_FAILED",
            )
        if any(document_checks.stands_against_approval(check.outcome, check.severity) for check in checks):
            raise Refused(
                _("A check prevents an approval. Ask the customer to send the document again, or reject it."),
                code="CHECK_FAILED",
            )
        return
    if reason_code not in DecisionReason.values:
        raise Refused(_("Choose the reason that the customer will read."), code="REASON")
    if outcome == DecisionOutcome.REJECT and reason_code not in FINAL_REASONS:
        raise Refused(
            _("The customer can fix this: request resubmission. A rejection is for good."),
            code="FINAL",
        )
    if (reason_code == DecisionReason.APPEAL) != (document.state == DocumentState.REJECTED):
        raise Refused(_("This reason is for a rejected document that is reviewed again."), code="REASON")
    if reason_code == DecisionReason.APPEAL and not is_appealed(document):
        raise Refused(
            _(
                "The customer has not asked for another review: no grievance of theirs names it since the "
                "rejection. For one that came by phone, post or email its officer says first whose it is, on its "
                "page."
            ),
            code="NO_APPEAL",
        )
    if not message:
        raise Refused(_("Write to the customer what to do now."), code="MESSAGE")


def _answered(document: Document, outcome: str, answered: set[str], note: str) -> str:
    """The names of the checks that were answered, in the order of the plan; of an approval only."""
    if outcome != DecisionOutcome.APPROVE:
        return ""
    asked = [check.name for check in to_answer(document)]
    if not answered.issuperset(asked):
        raise Refused(_("Say of each check that needs a person's decision that you reviewed it."), code="ANSWER")
    if asked and not note:
        raise Refused(_("Write in the note what you saw: the machine could not read it."), code="NOTE")
    return " ".join(asked)


def _carry_out(decision: Decision, document: Document, message: str, actor: Actor, now: datetime) -> None:
    target = OUTCOME_MOVES[DecisionOutcome(decision.outcome)]
    move(document, target, moves=DOCUMENT_MOVES)
    note_move(document, actor=actor, now=now, proposal=decision.reference)
    if target == DocumentState.ASKED_AGAIN:
        customer_notifications.document_asked_again(document, reason_code=decision.reason_code, message=message)
    elif target == DocumentState.REJECTED:
        customer_notifications.document_rejected(document, reason_code=decision.reason_code, message=message)
    else:
        customer_notifications.document_approved(document)
        kyc_renewals.number_changed(document, actor=actor, now=now)
    case_status.settle(document.case, actor=actor, now=now)


def _sealed(document: Document, text: str) -> bytes | None:
    if not text:
        return None
    return document_encryption.seal(document, text)


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
