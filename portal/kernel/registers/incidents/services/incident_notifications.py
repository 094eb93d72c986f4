"""Reporting an incident: one person proposes the words or that there are none, another agrees, the proof is kept.

A duty's clock stops with its first report. What is not known yet may be left open in it, with an owner and a date
(``incident_follow_ups``); later reports (GDPR Art 33(4): in phases) go the same way.
"""

import hashlib
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import addresses, clock, date_format, pii_guard
from portal.kernel.core.actor import Actor
from portal.kernel.core.enqueue import enqueue
from portal.kernel.core.errors import IllegalMove, LostRace, Refused
from portal.kernel.core.state_transitions import move
from portal.kernel.law.choices import Channel, Ended
from portal.kernel.law.services import deadlines, late_reasons
from portal.kernel.outbox.services import post
from portal.kernel.people.choices import Answer
from portal.kernel.people.services import maker_checker
from portal.kernel.registers.base.permissions import Act
from portal.kernel.registers.incidents import rules
from portal.kernel.registers.incidents.choices import DUTY_MOVES, DutyState, IncidentStep
from portal.kernel.registers.incidents.models import Incident, IncidentDecision, IncidentDuty
from portal.kernel.registers.incidents.selectors import incident_gaps, incidents
from portal.kernel.registers.incidents.services import notification_proofs
from portal.kernel.registers.incidents.services.affected_people import TELL
from portal.kernel.registers.incidents.services.incidents import DECIDING, lock, lock_open

#: What a yes lets leave: a report, as opposed to none and to the end of the incident.
REPORTS = frozenset({IncidentStep.SEND, IncidentStep.FILE, IncidentStep.TELL})


def draft(duty: IncidentDuty, *, now: datetime) -> list[list[str]]:
    """The words of a report as they would be sent now: pairs of what the law asks for and the text, in the law's order;
    for people each part of the letter in each language. A field that is open has its date; without owner and date it is empty.
    """
    terms, known = rules.terms(duty.code), incidents.known(duty.incident)
    if terms.audience == rules.PEOPLE:
        kinds = rules.fact_kinds()
        return [[f"{kinds[code].label} ({language})", known.get(code, "")] for language, code in rules.letter_codes()]
    waits = incident_gaps.pending(duty, now=now)
    later = {
        code: _("Not known yet. Will follow by %(due)s.") % {"due": date_format.in_both(row.due_at)}
        for code, row in waits.items()
    }
    rows = [[says, known.get(code) or later.get(code, "")] for code, says in terms.fields]
    if incidents.is_late(duty, now=now):
        rows.append([rules.fact_kinds()["delay"].label, known.get("delay", "")])
    return rows


def missing(duty: IncidentDuty, *, now: datetime) -> list[str]:
    """What the words of the duty's report have to say, in words, where it is neither known nor open with owner and date."""
    known = {*incident_gaps.known_codes(duty.incident), *incident_gaps.pending(duty, now=now)}
    codes = rules.missing(rules.terms(duty.code), known, is_late=incidents.is_late(duty, now=now))
    labels = dict(rules.terms(duty.code).fields)
    kinds = rules.fact_kinds()
    return [labels.get(code) or f"{kinds[code].label} ({kinds[code].part})" for code in codes]


def propose_report(
    *, duty: IncidentDuty, step: IncidentStep | str, actor: Actor, now: datetime, to: str = ""
) -> IncidentDecision:
    """Propose to send the report by e-mail (``send``, with the address ``to``), to make it on the other side's own form
    (``file``), or to write to every affected person (``tell``). Nothing leaves before another person agrees. Fields that are
    open, with an owner and a date (``incident_follow_ups.set_pending``), leave as "not known yet".

    Raises NotAllowed; IllegalMove for a duty that is not due, a closed incident, and where the same waits already; Refused for
    fields that are neither known nor open (INCOMPLETE), a way that is none for this audience (WAY), nobody found to be
    told (NOBODY), a letter or a message to this address whose words were agreed to for this duty already (NOTHING_NEW), and
    an address that is none.
    """
    way = IncidentStep(step)
    terms = rules.terms(duty.code)
    allowed = {IncidentStep.TELL} if terms.audience == rules.PEOPLE else {IncidentStep.SEND, IncidentStep.FILE}
    if way not in allowed:
        raise Refused(_("This is no way to make this report."), code="WAY")
    if duty.incident.closed_at is not None or duty.state == DutyState.NOT_DUE:
        raise IllegalMove(_("Nothing has to be reported here."))
    if blank := missing(duty, now=now):
        raise Refused(
            _("Enter these fields, or set them to not known yet with an owner and a date: %(gaps)s.")
            % {"gaps": "; ".join(blank)},
            code="INCOMPLETE",
        )
    if way == IncidentStep.TELL and not duty.incident.people.exists():
        raise Refused(_("No affected person has been found yet. Search first."), code="NOBODY")
    words = draft(duty, now=now)
    if way == IncidentStep.TELL:
        _require_other_words(duty, words)
    address = addresses.normalise(addresses.EMAIL, to) if way == IncidentStep.SEND else ""
    if way == IncidentStep.SEND:
        _require_no_copy(duty, words, address)
    left_open = [[code, clock.stamp(row.due_at)] for code, row in incident_gaps.pending(duty, now=now).items()]
    return _propose(duty.incident, duty, way, actor=actor, now=now, words=words, to=address, open_fields=left_open)


def propose_none(*, duty: IncidentDuty, why: str, actor: Actor, now: datetime) -> IncidentDecision:
    """Propose not to report what is owed. It goes on counting until another person agrees.

    Raises NotAllowed, IllegalMove for a duty that is not open, Refused without a reason or with a number in it.
    """
    if duty.state != DutyState.OPEN:
        raise IllegalMove(_("Nothing has to be reported here."))
    return _propose(duty.incident, duty, IncidentStep.DECLINE, actor=actor, now=now, why=_reason(why))


def propose_close(*, incident: Incident, why: str, actor: Actor, now: datetime) -> IncidentDecision:
    """Propose to close an incident, with what was learnt from it.

    Raises NotAllowed, IllegalMove for one that is closed, Refused while something is owed (OWED), a search is not done
    (SEARCHING) or somebody has not the letter that two people agreed to (UNTOLD), or without a reason.
    """
    _require_nothing_owed(incident)
    return _propose(incident, None, IncidentStep.CLOSE, actor=actor, now=now, why=_reason(why))


def answer(
    *, decision: IncidentDecision, approve: bool, reason: str, actor: Actor, now: datetime, late_because: str = ""
) -> None:
    """Agree to what was proposed or refuse it, as another person; what follows a yes is in the same transaction.

    A report by e-mail is promised to the outbox and its duty is reported when the message has left; for affected people a
    task writes their letters, to everybody again where the words are others than before; one on another's form waits for
    ``note_filed``. A yes to a report after its date says why it is late (``law.choices.LateReason``). Raises what
    ``maker_checker.answer`` raises: Refused (SHOWN_CHANGED) when the facts changed meanwhile, too; Refused (LATE_REASON), and
    (NOTHING_NEW) as ``propose_report``; and IllegalMove where the duty went on without it, or the incident was closed.
    """
    step = IncidentStep(decision.step)
    with transaction.atomic():
        if approve and step in REPORTS:
            _say_why_late(decision, late_because, at=now)
        if approve and step == IncidentStep.TELL:
            _before_a_letter(decision, now=now)
        if approve and step == IncidentStep.SEND:
            _before_a_message(decision)
        maker_checker.answer(
            decision,
            checker=maker_checker.person_of(actor),
            approve=approve,
            shown=shown(decision),
            reason=reason,
            now=now,
        )
        notification_proofs.record(
            AuditKind.REGISTERS_INCIDENT_ANSWERED, decision, actor, now, answer=str(decision.answer)
        )
        if not approve:
            return
        match step:
            case IncidentStep.SEND:
                _send(decision)
            case IncidentStep.TELL:
                enqueue(TELL, decision.pk)
            case IncidentStep.DECLINE:
                _decline(decision, actor=actor, now=now)
            case IncidentStep.CLOSE:
                _close(decision, actor=actor, now=now)


def note_filed(
    *,
    decision: IncidentDecision,
    filed_at: datetime,
    reference: str,
    proof: bytes,
    actor: Actor,
    now: datetime,
    late_because: str = "",
) -> None:
    """Note that a report was made on the other side's own form: when, under which number, and the hash of what it gave back.

    The duty is reported from ``filed_at``. The acknowledgement itself stays with whoever filed it; its SHA-256 proves it.
    Raises NotAllowed, IllegalMove for what was not agreed to or is noted already, Refused for a time before the agreement or
    in the future (TIMES), without the number or the acknowledgement (NO_PROOF), and where it was filed after its date and
    neither this nor the agreement says why (LATE_REASON).
    """
    maker_checker.require_maker(maker_checker.person_of(actor), Act.INCIDENT_DECIDE, now=now)
    if decision.step != IncidentStep.FILE or decision.answer != Answer.APPROVED:
        raise IllegalMove(_("No report on the authority's form was approved."))
    if not reference.strip() or not proof:
        raise Refused(_("Enter the number that the authority gave, and upload what it sent."), code="NO_PROOF")
    pii_guard.require_plain(reference)
    if filed_at > now or (decision.checked_at is not None and filed_at < decision.checked_at):
        raise Refused(_("It was filed after the second person agreed, and not in the future."), code="TIMES")
    with transaction.atomic():
        _say_why_late(decision, late_because or decision.late_because, at=filed_at)
        noted = IncidentDecision.objects.filter(pk=decision.pk, done_at=None).update(
            done_at=filed_at,
            filed_reference=reference.strip(),
            proof_sha256=hashlib.sha256(proof).hexdigest(),
            noted_by=maker_checker.person_of(actor),
        )
        if noted != 1:
            raise LostRace(_("This was noted already."))
        decision.refresh_from_db()
        notification_proofs.reported(decision, at=filed_at, actor=actor, now=now)


def _say_why_late(decision: IncidentDecision, late_because: str, *, at: datetime) -> None:
    """Kept with the decision until its report has left. Nothing for a duty that was reported, or whose date has not passed."""
    assert decision.duty is not None  # noqa: S101 - a constraint of the table says so
    if late_reasons.late_owners([decision.duty.owner], at=at):
        late_reasons.require_word(late_because)
        IncidentDecision.objects.filter(pk=decision.pk).update(late_because=late_because)
        decision.late_because = late_because


def _before_a_letter(decision: IncidentDecision, *, now: datetime) -> None:
    """The letters before it that have all left were made then, and not when this one leaves."""
    assert decision.duty is not None  # noqa: S101 - a constraint of the table says so
    lock_open(decision.incident)
    _require_other_words(decision.duty, decision.words)
    notification_proofs.settle(now=now, incident=decision.incident)


def _before_a_message(decision: IncidentDecision) -> None:
    assert decision.duty is not None  # noqa: S101 - a constraint of the table says so
    lock_open(decision.incident)
    _require_no_copy(decision.duty, decision.words, decision.to)


def _require_no_copy(duty: IncidentDuty, words: list[list[str]], to: str) -> None:
    """An authority gets the same words at the same address once, unless the first did not arrive."""
    sent = duty.decisions.filter(step=IncidentStep.SEND, answer=Answer.APPROVED, undelivered_at=None)
    if any(one.words == words and one.to == to for one in sent):
        said = _("This report goes to this address already. Add something new, or choose another address.")
        raise Refused(said, code="NOTHING_NEW")


def _require_other_words(duty: IncidentDuty, words: list[list[str]]) -> None:
    """The same letter under another law is no second one: nobody gets it twice, and that duty is reported with it."""
    letter = incidents.letter_of(duty.incident)
    if letter is None or letter.words != words:
        return
    since = incidents.tellings(duty.incident).filter(checked_at__gte=letter.checked_at)
    if since.filter(duty=duty).exists():
        said = _(
            "Everyone gets this notice already, including people found later. Change its words to write to all again."
        )
        raise Refused(said, code="NOTHING_NEW")


def shown(decision: IncidentDecision) -> dict[str, Any]:
    """What both people are bound to. The words are drawn up anew: changed facts need a new proposal. Not to report is bound
    to what decided that it was owed: it may have turned out graver since.
    """
    waits = decision.duty is not None and decision.answer == Answer.PENDING and bool(decision.words)
    words = _words_of(decision) if waits else decision.words
    return _shown(decision.incident, decision.duty, decision.step, words, decision.why, decision.to)


def _words_of(decision: IncidentDecision) -> list[list[str]]:
    assert decision.duty is not None  # noqa: S101 - a constraint of the table says so
    return draft(decision.duty, now=clock.now())


def _shown(
    incident: Incident, duty: IncidentDuty | None, step: str, words: list[list[str]], why: str, to: str
) -> dict[str, Any]:
    owed = duty.owner if duty is not None else ""
    bound: dict[str, Any] = {
        "incident": incident.reference,
        "duty": owed,
        "step": str(step),
        "words": words,
        "why": why,
        "to": to,
    }
    if step == IncidentStep.CLOSE and (without := incidents.given_up(incident)):
        bound["given_up"] = without
    if step == IncidentStep.DECLINE:
        stands = Incident.objects.values(*DECIDING).get(pk=incident.pk)
        bound["decides"] = {name: value if name == "regimes" else str(value) for name, value in stands.items()}
    return bound


def _propose(
    incident: Incident,
    duty: IncidentDuty | None,
    step: IncidentStep,
    *,
    actor: Actor,
    now: datetime,
    words: list[list[str]] | None = None,
    why: str = "",
    to: str = "",
    open_fields: list[list[str]] | None = None,
) -> IncidentDecision:
    with transaction.atomic():
        lock_open(incident)
        if incident.decisions.filter(duty=duty, step=step, answer=Answer.PENDING).exists():
            raise IllegalMove(_("The same proposal waits for a second person already."))
        decision = maker_checker.propose(
            IncidentDecision,
            act=Act.INCIDENT_DECIDE,
            maker=maker_checker.person_of(actor),
            shown=_shown(incident, duty, step, words or [], why, to),
            now=now,
            incident=incident,
            duty=duty,
            step=step,
            words=words or [],
            why=why,
            to=to,
            open_fields=open_fields or [],
        )
        notification_proofs.record(AuditKind.REGISTERS_INCIDENT_PROPOSED, decision, actor, now)
    return decision


def _reason(why: str) -> str:
    if not why.strip():
        raise Refused(_("Say why."), code="REASON_MISSING")
    pii_guard.require_plain(why)
    return why.strip()


def _send(decision: IncidentDecision) -> None:
    duty = decision.duty
    assert duty is not None  # noqa: S101 - a constraint of the table says so
    post(
        kind=notification_proofs.REPORT,
        subject_ref=decision.incident.subject_ref,
        channel=Channel.EMAIL,
        address=decision.to,
        language="en",
        purpose="policy_and_security",
        about=notification_proofs.about_report(decision),
        context={
            "reference": decision.incident.reference,
            "head": "\n".join(incident_gaps.report_head(decision)),
            "words": "\n\n".join(f"{says}:\n{text}" for says, text in decision.words),
        },
        only_here=True,
    )


def _decline(decision: IncidentDecision, *, actor: Actor, now: datetime) -> None:
    assert decision.duty is not None  # noqa: S101 - a constraint of the table says so
    move(decision.duty, DutyState.DECLINED, moves=DUTY_MOVES)
    # Nothing was reported: a clock that says "met" would say that something was.
    deadlines.stop(owner=decision.duty.owner, at=now, actor=actor, now=now, ended=Ended.WITHDRAWN)


def _close(decision: IncidentDecision, *, actor: Actor, now: datetime) -> None:
    lock(decision.incident)
    _require_nothing_owed(decision.incident)
    if Incident.objects.filter(pk=decision.incident_id, closed_at=None).update(closed_at=now) != 1:
        raise LostRace(_("This incident is closed."))
    _decline_what_waits(decision, actor=actor, now=now)
    audit.record(
        AuditKind.REGISTERS_INCIDENT_CLOSED,
        actor=actor,
        about=decision.incident.about,
        facts={"incident": decision.incident.reference, "closed_at": clock.stamp(now)},
        at=now,
    )


def _decline_what_waits(closing: IncidentDecision, *, actor: Actor, now: datetime) -> None:
    """Nothing more is decided about a closed incident: what waits is refused by one of the two who closed it."""
    for waiting in closing.incident.decisions.filter(answer=Answer.PENDING).exclude(pk=closing.pk):
        is_own = waiting.made_by_id == closing.checked_by_id
        refused = IncidentDecision.objects.filter(pk=waiting.pk, answer=Answer.PENDING).update(
            answer=Answer.REFUSED,
            checked_by=closing.made_by_id if is_own else closing.checked_by_id,
            checked_at=now,
            reason=_("The incident was closed."),
        )
        if not refused:  # somebody answered it at this moment
            continue
        waiting.refresh_from_db()
        notification_proofs.record(
            AuditKind.REGISTERS_INCIDENT_ANSWERED, waiting, actor, now, answer=str(waiting.answer)
        )


def _require_nothing_owed(incident: Incident) -> None:
    if incident.closed_at is not None:
        raise IllegalMove(_("This incident is closed."))
    owed = [rules.terms(duty.code).label for duty in incidents.open_duties(incident)]
    if owed:
        raise Refused(_("First report, or decide not to: %(owed)s.") % {"owed": "; ".join(owed)}, code="OWED")
    if incidents.is_searched(incident):
        raise Refused(
            _("A search for affected people is not done yet. Close the incident when it is."), code="SEARCHING"
        )
    letter = incidents.letter_of(incident)
    if letter is not None and incidents.untold(letter).exists():
        said = _("Not every affected person has been notified yet. The notices continue by themselves: close it then.")
        raise Refused(said, code="UNTOLD")
