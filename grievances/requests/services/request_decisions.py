"""Answering a request by two people: one writes the whole letter, another reads the same, and only then it goes out.

A refusal names its ground, the way to another officer, and who outside can help (GDPR Art 12(4), DPDP s.13).
"""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from grievances.base import encryption, request_labels, selectors
from grievances.base.choices import AppealOutcome
from grievances.base.labels import day
from grievances.base.models.data_copies import Bundle, RequestProposal
from grievances.base.models.requests import RightsRequest
from grievances.base.number_redaction import without_numbers
from grievances.base.permissions import Act, GrievancePermission
from grievances.base.request_choices import (
    BEFORE_PROOF,
    BUNDLED,
    CORRECTIONS,
    MOVES,
    BundleState,
    Outcome,
    RefusalGround,
    RequestState,
    Right,
)
from grievances.nominees.services import nominee_authority, nominee_claims
from grievances.requests import rules
from grievances.requests.services import corrections, data_copies, erasure_requests, processing_objections, repeats
from grievances.tickets.services import appeals, conversation, external_tasks, resolutions, thread_access
from grievances.tickets.services.work_allocation import CLAIMS
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import access, clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import IllegalMove, Refused
from portal.kernel.core.state_transitions import move
from portal.kernel.people.models import User
from portal.kernel.people.services import maker_checker
from portal.kernel.people.services.maker_checker import person_of
from portal.kernel.retention import selectors as retention
from portal.kernel.retention.retention_decisions import Decided

ACTS = {
    Outcome.GRANT: Act.REQUEST_GRANT,
    Outcome.PARTLY: Act.REQUEST_GRANT,
    Outcome.REFUSE: Act.REQUEST_REFUSE,
}
_BECOMES = {
    Outcome.GRANT: RequestState.GRANTED,
    Outcome.PARTLY: RequestState.PARTLY,
    Outcome.REFUSE: RequestState.REFUSED,
}


def propose(
    *,
    request: RightsRequest,
    outcome: str,
    words_to_person: str,
    ground: str = "",
    written: str = "",
    despite_tasks: str = "",
    actor: Actor,
    at: datetime,
) -> RequestProposal:
    """Propose an answer with its whole letter. Raises NotAllowed, on appeal also for who answered before; Refused
    (NOT_SHOWN, NOT_READY, GROUND, WORDS, WRITTEN, TASKS_OPEN, and as ``corrections.require_writable``); IllegalMove while another proposal waits. ``written`` is what
    the record says after a correction that is granted in part; the letter names it. ``despite_tasks`` (``DespiteTasks``) says
    why a task that a system outside has not done does not hold the answer up.

    Before it is shown who asks only a refusal for that very reason can be proposed. The request is locked, and what the answer
    rests on worked out in the same transaction.
    """
    maker = person_of(actor)
    access.require(maker, GrievancePermission.REQUEST_ANSWER)
    appeals.require_another(request.ticket, maker)
    CLAIMS.require_free_for(request.ticket, maker, now=at)
    chosen = Outcome(outcome)
    try:
        with transaction.atomic():
            data_copies.lock(request)
            plan = _require_may(request, chosen, ground, at)
            external_tasks.require_done(request, despite=despite_tasks)
            despite = despite_tasks if external_tasks.undone(request) else ""
            text = without_numbers(words_to_person.strip())[0]
            if not text:
                raise Refused(_("Write what the person reads."), code="WORDS")
            written = without_numbers(written.strip())[0]
            if written and not (request.right in CORRECTIONS and chosen is Outcome.PARTLY):
                raise Refused(_("Only of a correction granted in part you say what is written."), code="WRITTEN")
            corrections.require_writable(request, chosen, written=written)
            letter = letter_of(request, chosen, text, ground, plan=plan, at=at, written=written)
            made = maker_checker.propose(
                RequestProposal,
                act=ACTS[chosen],
                maker=maker,
                shown=_shown(request, chosen, ground, letter, plan, despite),
                now=at,
                request=request,
                outcome=chosen,
                ground=ground,
                despite_tasks=despite,
                letter_sealed=encryption.seal(
                    {"text": letter, "written": written}, subject_ref=request.ticket.subject_ref
                ),
            )
            _note(AuditKind.GRIEVANCES_REQUEST_ANSWER_PROPOSED, made, actor, at)
            conversation.begin_with(request.ticket, maker, actor=actor, at=at)
    except IntegrityError as error:
        raise IllegalMove(_("A decision about this request waits for a second person already.")) from error
    return made


def answer(
    *,
    proposal: RequestProposal,
    approve: bool,
    reason: str = "",
    late_because: str = "",
    on_appeal: AppealOutcome | None = None,
    actor: Actor,
    at: datetime,
) -> None:
    """A second person says yes or no. A yes sends the letter, gives a copy out, or ends it with a refusal, and stops the
    clocks; a no leaves all.

    A yes to a late answer says why it is late, one to an appeal what becomes of the first answer (``on_appeal``). Raises what
    ``maker_checker.answer`` raises; NotAllowed for a yes of who answered before an appeal; Refused where the copy is not ready
    any more (NOT_READY), where who proposed it is kept from the appeal (OWN_APPEAL), and as ``resolutions.propose`` does
    (LATE_REASON, NO_OUTCOME).
    """
    checker = person_of(actor)
    access.require(checker, GrievancePermission.REQUEST_ANSWER)
    request = RightsRequest.objects.select_related("ticket__fiduciary").get(pk=proposal.request_id)
    chosen, letter = Outcome(proposal.outcome), letter_text(proposal)
    with transaction.atomic():
        data_copies.lock(
            request
        )  # before the proposal, as who proposes does: two that wait for each other would be ended
        plan: list[Decided] = []  # a no is compared with nothing
        if approve:
            plan = _require_may(request, chosen, proposal.ground, at)
            external_tasks.require_done(request, despite=proposal.despite_tasks)
            _require_others(request, proposal, checker)
            corrections.require_writable(request, chosen, written=_written(proposal))
        maker_checker.answer(
            proposal,
            checker=checker,
            approve=approve,
            shown=_shown(request, chosen, proposal.ground, letter, plan, proposal.despite_tasks),
            reason=reason,
            now=at,
        )
        _note(AuditKind.GRIEVANCES_REQUEST_ANSWER_CHECKED, proposal, actor, at)
        if not approve:
            return
        move(request, _BECOMES[chosen], moves=MOVES, decided_at=at)
        external_tasks.answered(request, despite=proposal.despite_tasks, actor=actor, at=at)
        bundle = Bundle.objects.filter(request=request).first()
        if bundle is not None and chosen is Outcome.REFUSE:
            data_copies.end(bundle=bundle, at=at)
        elif bundle is not None and bundle.state == BundleState.READY:
            data_copies.release(bundle=bundle, actor=actor, at=at)
        if request.right in CORRECTIONS and chosen is not Outcome.REFUSE:
            written = _written(proposal) if chosen is Outcome.PARTLY else None
            corrections.carry_out(request, actor=actor, at=at, written=written)
        if _erases(request, chosen):
            erasure_requests.carry_out(request, decided=plan, proposal=proposal, actor=actor, at=at)
        if request.right == Right.CLAIM:
            nominee_claims.decided(request, is_granted=chosen is Outcome.GRANT, actor=actor, at=at)
        if chosen is not Outcome.REFUSE:
            processing_objections.granted(request, actor=actor, at=at)
        resolutions.send_agreed(
            ticket=request.ticket,
            letter=letter,
            by=checker,
            actor=actor,
            at=at,
            outcome=on_appeal,
            late_because=late_because,
        )


def letter_text(proposal: RequestProposal) -> str:
    """The letter of a proposal. The caller answers for who may read it; Shredded once the request was erased."""
    return encryption.unseal(proposal.letter_sealed, subject_ref=proposal.request.ticket.subject_ref)["text"]


def to_be_written(proposal: RequestProposal) -> str:
    """What the record says once this is approved, of a correction; nothing for anything else. Shredded once it was erased."""
    if proposal.request.right not in CORRECTIONS or proposal.outcome == Outcome.REFUSE:
        return ""
    if proposal.outcome == Outcome.PARTLY:
        return _written(proposal)
    return thread_access.details_of(proposal.request).get("should_be", "")


def _written(proposal: RequestProposal) -> str:
    kept = encryption.unseal(proposal.letter_sealed, subject_ref=proposal.request.ticket.subject_ref)
    return str(kept.get("written", ""))


def _lines_of_erasure(request: RightsRequest, plan: list[Decided], *, at: datetime) -> list[str]:
    reply_on = selectors.reply_on(request.ticket)
    return erasure_requests.letter_lines(plan, language=request.ticket.language, closes_on=reply_on, at=at)


def letter_of(
    request: RightsRequest,
    outcome: Outcome,
    text: str,
    ground: str,
    *,
    plan: list[Decided],
    at: datetime,
    written: str = "",
) -> str:
    """The whole letter in the person's language: what is granted, or the ground, the appeal and who else can help.

    ``plan``: what ends with an erasure and what stays (``erasure_requests.plan``).
    """
    ticket = request.ticket
    with translation.override(ticket.language):
        pieces = [text]
        if outcome is Outcome.REFUSE:
            # To who is no nominee everybody's words are the same: what an officer wrote could say whom we know.
            own = [] if ground == RefusalGround.NOT_NOMINEE else [text]
            pieces = [_("We cannot do what you asked."), *filter(None, [_refusal(request, ground)]), *own]
        elif outcome is Outcome.PARTLY:
            pieces = [_("We do a part of what you asked."), text]
            if written:
                pieces.append(_("Our record now says: %(value)s") % {"value": written})
        if _erases(request, outcome):
            pieces.append("\n".join(_lines_of_erasure(request, plan, at=at)))
        if outcome is not Outcome.REFUSE:
            pieces += processing_objections.letter_lines(request)
        if request.right == Right.CLAIM and outcome is not Outcome.REFUSE:
            pieces += nominee_claims.letter_lines(request, at=at)
        if request.right in BUNDLED and outcome is not Outcome.REFUSE:
            days = selectors.promise(data_copies.LIFE, at=at).days
            pieces.append(
                _("You can fetch your copy on this page for %(days)d days, at most %(times)d times.")
                % {"days": days, "times": data_copies.most_downloads(at)}
            )
        if outcome is not Outcome.GRANT:
            pieces.append(
                _("If you disagree you can appeal to another officer on this page. Who refused does not decide.")
            )
            pieces += [body.said(ticket.language) for body in selectors.outside_bodies(at=at, ticket=ticket)]
    return "\n\n".join(pieces)


def _refusal(request: RightsRequest, ground: str) -> str:
    """The ground as the person reads it; of a repeat with the days of the last one, so that they know which is meant."""
    said = str(request_labels.REFUSALS[ground])
    if ground != RefusalGround.REPEATED:
        return said
    last, zone = repeats.answered_before(request).first(), selectors.zone_of(request.ticket)
    if last is None or last.decided_at is None:  # the one that was counted has been erased since
        return ""
    return said % {"asked": day(last.ticket.received_at, zone), "answered": day(last.decided_at, zone)}


def _require_may(request: RightsRequest, outcome: Outcome, ground: str, at: datetime) -> list[Decided]:
    """What such an answer erases and what it keeps: worked out here, once for each act; nothing where it erases nothing."""
    if (outcome is Outcome.REFUSE) != (ground in set(RefusalGround)):
        raise Refused(_("A refusal names its ground; an answer that grants has none."), code="GROUND")
    if ground == RefusalGround.NOT_NAMED and nominee_authority.of_request(request, any_right=True) is None:
        # To anybody but a nominee who may act this would say that there is a nomination.
        raise Refused(_("This ground is for a nominee who may act. Choose another one."), code="GROUND")
    waits = request.state == RequestState.ASKED and ground in BEFORE_PROOF
    if request.state != RequestState.SHOWN and not waits:
        raise Refused(_("It is not shown yet who asks, or the request was answered."), code="NOT_SHOWN")
    _require_lawful(request, ground, at)
    if request.right in BUNDLED and outcome is not Outcome.REFUSE:
        bundle = Bundle.objects.filter(request=request).first()
        if bundle is None or bundle.state != BundleState.READY:
            raise Refused(_("The copy is not put together yet, or a part of it failed."), code="NOT_READY")
    if request.right == Right.CLAIM:
        nominee_claims.require_may(request, outcome, ground)
    if rules.needs_standing(right=request.right, capacity=request.capacity) and outcome is not Outcome.REFUSE:
        data_copies.data_refs(request)
    if outcome is not Outcome.REFUSE:
        processing_objections.require_known(request)
    if not _erases(request, outcome):
        return []
    plan = erasure_requests.plan(request, at=at)
    if erasure_requests.is_partial(plan) != (outcome is Outcome.PARTLY):
        raise Refused(_("Grant it in part where a law keeps a part, and whole where nothing is kept."), code="PART")
    return plan


def _require_lawful(request: RightsRequest, ground: str, at: datetime) -> None:
    """Raises Refused for a repeat that no confirmed rule lets us refuse (NO_LIMIT), and for an erasure that is refused because of
    a legal claim that two people have not named (NO_CLAIM).
    """
    if ground == RefusalGround.REPEATED and not repeats.may_be_refused(request, at=at):
        said = _("No confirmed rule that names a number lets us refuse this repeat. Answer it.")
        raise Refused(said, code="NO_LIMIT")
    for_claim = ground == RefusalGround.CLAIM and request.right == Right.ERASURE
    if for_claim and not retention.claims_of(data_copies.data_refs(request), on=clock.day(at)):
        said = _("No legal claim about this person is in force. Have one decided under Legal claims first.")
        raise Refused(said, code="NO_CLAIM")


def _require_others(request: RightsRequest, proposal: RequestProposal, checker: User) -> None:
    """On appeal neither of the two may be one who answered before."""
    appeals.require_another(request.ticket, checker)
    if selectors.is_kept_out(request.ticket, proposal.made_by_id):
        said = _("It is on appeal, and who proposed this had it before. Refuse it: then another officer can propose.")
        raise Refused(said, code="OWN_APPEAL")


def _erases(request: RightsRequest, outcome: Outcome) -> bool:
    return request.right == Right.ERASURE and outcome is not Outcome.REFUSE


def _shown(
    request: RightsRequest, outcome: Outcome, ground: str, letter: str, plan: list[Decided], despite: str
) -> dict[str, Any]:
    """What both people answer for: request, outcome, letter, the very file that goes out, the very plan of what ends, and
    why a task outside does not hold it up.
    """
    bundle = Bundle.objects.select_related("file").filter(request=request).first()
    return {
        "request": request.ticket.reference,
        "right": str(request.right),
        "outcome": str(outcome),
        "ground": str(ground),
        "letter": letter,
        "plan": erasure_requests.in_short(plan),
        "despite_tasks": str(despite),
        "file": bundle.file.sha256 if bundle is not None and bundle.file is not None else None,
    }


def _note(kind: AuditKind, proposal: RequestProposal, actor: Actor, at: datetime) -> None:
    ticket = proposal.request.ticket
    record(
        kind,
        actor=actor,
        about=ticket.about,
        facts={
            "reference": ticket.reference,
            "request": proposal.request.right,
            "proposal": proposal.pk,
            "kind": proposal.outcome,
            "answer": proposal.answer,
            "reason_code": proposal.ground,
            "shown_sha256": proposal.shown_sha256,
        },
        subject_ref=ticket.subject_ref,
        at=at,
    )
