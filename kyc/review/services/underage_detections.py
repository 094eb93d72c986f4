"""A verified date of birth shows a child: freeze at once, stop messages, erase what no law keeps, tell the contact.

Only a valid signature over a date of birth leads here (policy 12; DPDP Act 2023 s.9). A year alone that leaves it open, and
a date that somebody typed, go to a person at the review desk.
"""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from kyc.base.check_outcomes import CheckOutcome
from kyc.base.choices import DOCUMENT_MOVES, DocumentState
from kyc.base.models.cases import Case
from kyc.base.models.documents import Document
from kyc.base.models.parties import Party
from kyc.base.permissions import Act
from kyc.cases.minor_guard import TAKES_NONE, is_a_person, is_of_a_child
from kyc.cases.rules.document_checks import Said
from kyc.cases.services.check_records import note_move
from kyc.outcomes.services import case_status, customer_notifications
from kyc.outcomes.services.deletion_requests import (
    end_quarantine,
    erase_document,
    is_kept_by_a_hold,
    is_still_kept,
    take_turn,
)
from kyc.review.models.underage_detections import FreezeLift, MinorFound
from kyc.review.services import related_parties
from kyc.review.services.document_freezes import person_behind, thaw
from kyc.signatures import timestamps
from kyc.signatures.result import Signed
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import actor as actors
from portal.kernel.core import clock, pii_guard
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import IllegalMove, Refused
from portal.kernel.core.state_transitions import move
from portal.kernel.people.choices import CustomerState, ProtectionGround, ProtectionKind
from portal.kernel.people.models import User
from portal.kernel.people.selectors import own_accounts, refs_of
from portal.kernel.people.services import customers, freeze_release, freezes, guardianships, maker_checker, sessions
from portal.kernel.people.services.maker_checker import person_of
from portal.kernel.retention.selectors import binding_laws, rule_for

WORKER = actors.system("kyc.minors")
#: The fault of a document whose person is a child.
FAULT = "MINOR"


def is_minor(said: dict[str, Said]) -> bool:
    """Whether the signed date of birth alone says that the person is a child."""
    age = said.get("age")
    return age is not None and (age.outcome, age.reason) == (CheckOutcome.FAIL, "MINOR")


def found(document: Document, signed: Signed, *, found_at: datetime) -> MinorFound:
    """Everything that follows, in the caller's transaction, which wrote the check; the times are reported in one row.

    A person who is the customer freezes its case and closes its account; a person behind an organisation is taken off its
    list, and the organisation names another. Wherever else the child has an account or stands on a list the same follows.
    Documents that a law keeps (never those of a customer that was not verified
    yet) stay locked away until their time is over; a hold keeps them as well.
    """
    case, party = document.case, document.party
    person = person_behind(document)
    if person is not None:
        freezes.take_turn(person)
    frozen_at, closed = _freeze(document, case, party)
    if person is not None:
        born_on = timestamps.day(signed.fields.get("birth", ""))
        guardianships.note(
            subject_ref=person,
            kind=ProtectionKind.CHILD,
            ground=ProtectionGround.DOCUMENT,
            born_on=born_on,
            actor=WORKER,
            now=clock.now(),
        )
    stopped_at = clock.now()
    places = [(case, party)]
    if person is not None:
        places += _elsewhere(person, case, party)
        closed += _close_elsewhere(person, places[1:])
    counts = [_erase(*place) for place in places]
    erased, kept = sum(gone for gone, _left in counts), sum(left for _gone, left in counts)
    erased_at = clock.now()
    messages = customer_notifications.minor_found(document)
    row = MinorFound.objects.create(
        case=case,
        party=party,
        document=document,
        found_at=found_at,
        frozen_at=frozen_at,
        # Of who is nobody we know no message was stopped, and nobody is told where the account has no owner.
        stopped_at=stopped_at if person is not None else None,
        erased_at=erased_at,
        told_at=clock.now() if messages else None,
        erased=erased,
        kept=kept,
        messages=messages,
        closed_customers=closed,
    )
    record(
        AuditKind.KYC_MINOR_FOUND,
        actor=WORKER,
        about=case.owner,
        subject_ref=document.subject_ref,
        facts={
            "case": case.reference,
            "document": document.reference,
            "erased": erased,
            "kept": kept,
            "count": messages,
        },
        at=row.found_at,
    )
    return row


def propose_lift(row: MinorFound, *, why: str, actor: Actor, now: datetime) -> FreezeLift:
    """Say why a freeze ends: it was a mistake, or the child is of age. Nothing opens before another person agrees.

    The proposal and its audit event in one transaction. Raises NotAllowed, Refused without words or with a person in them
    (REASON, NUMBER_IN_WORDS), IllegalMove when it was lifted before or a proposal waits.
    """
    if not why.strip():
        raise Refused(_("Write why the freeze ends."), code="REASON")
    pii_guard.require_plain(why)
    if row.lifted_at is not None:
        raise IllegalMove(_("This freeze has ended already."))
    try:
        with transaction.atomic():
            made = maker_checker.propose(
                FreezeLift,
                act=Act.FREEZE_LIFT,
                maker=person_of(actor),
                shown=_shown(row, why.strip()),
                now=now,
                minor=row,
                why=why.strip(),
            )
            _note(AuditKind.KYC_FREEZE_PROPOSED, made, actor, now)
    except IntegrityError as error:
        raise IllegalMove(_("A proposal to end this freeze waits for a second person already.")) from error
    return made


def answer_lift(proposal: FreezeLift, *, approve: bool, reason: str = "", actor: Actor, now: datetime) -> None:
    """A second person agrees or not. A yes opens the account again, and papers are asked for; what was erased stays erased.
    While another freeze of the person stands nothing opens before that one ends (``freeze_release.end``).

    All in one transaction with the audit events. Raises what ``maker_checker.answer`` raises, and IllegalMove when the freeze has
    ended meanwhile.
    """
    with transaction.atomic():
        row = MinorFound.objects.select_related("document").get(pk=proposal.minor_id)
        person = person_behind(row.document)
        if person is not None:
            freezes.take_turn(person)
        maker_checker.answer(
            proposal,
            checker=person_of(actor),
            approve=approve,
            shown=_shown(row, proposal.why),
            reason=reason,
            now=now,
        )
        _note(AuditKind.KYC_FREEZE_ANSWERED, proposal, actor, now)
        if approve:
            _lift(row, why=proposal.why, actor=actor, now=now)


def _shown(row: MinorFound, why: str) -> dict[str, str]:
    """What both people see and are bound to."""
    return {"case": row.case.reference, "document": row.document.reference, "why": why}


def _note(kind: AuditKind, proposal: FreezeLift, actor: Actor, now: datetime) -> None:
    row = proposal.minor
    record(
        kind,
        actor=actor,
        about=row.case.owner,
        subject_ref=row.document.subject_ref,
        facts={
            "case": row.case.reference,
            "document": row.document.reference,
            "proposal": proposal.pk,
            "answer": str(proposal.answer),
            "shown_sha256": proposal.shown_sha256,
        },
        at=now,
    )


def _lift(row: MinorFound, *, why: str, actor: Actor, now: datetime) -> None:
    """The freeze ends, in the caller's transaction, with its audit event; ``why`` names nobody (``propose_lift``)."""
    if MinorFound.objects.filter(pk=row.pk, lifted_at=None).update(lifted_at=now) != 1:
        raise IllegalMove(_("This freeze has ended already."))
    row.refresh_from_db()
    case = Case.objects.select_related("customer__subject").get(pk=row.case_id)
    record(
        AuditKind.KYC_MINOR_LIFTED,
        actor=actor,
        about=case.owner,
        subject_ref=case.subject_ref,
        facts={"case": case.reference, "document": row.document.reference},
        personal={"reason": {"new": why.strip()}},
        at=now,
    )
    person = person_behind(row.document)
    if person is not None:
        taken = freezes.Taken(customers=tuple(row.closed_customers), is_noted=True)
        freeze_release.end(subject_ref=person, taken=taken, actor=actor, now=now)
    elif row.party_id is None:  # an account of nobody: nothing else can freeze it
        customers.open_again(row.closed_customers, actor=actor, now=now)
        thaw(case, actor=actor, now=now)


def _freeze(document: Document, case: Case, party: Party | None) -> tuple[datetime, list[str]]:
    """The document is refused; the customer's case is rejected and its account closed, or the party taken off the list.
    Returns when, and the references of the accounts it closed.
    """
    now = clock.now()
    move(document, DocumentState.REFUSED, moves=DOCUMENT_MOVES, fault=FAULT, leased_until=None)
    note_move(document, actor=WORKER, now=now)
    if party is not None:
        if party.ended_at is None:
            related_parties.leave(party, actor=WORKER, now=now)
        return now, []
    Case.objects.filter(pk=case.pk).update(frozen_at=now)
    case_status.settle(case, actor=WORKER, now=now)
    if not is_a_person(case) or case.customer.state != CustomerState.ACTIVE:
        return now, []
    customers.close_at_once(customer=case.customer, actor=WORKER, now=now)
    return now, [case.customer.reference]


def _elsewhere(person: UUID, case: Case, party: Party | None) -> list[tuple[Case, Party | None]]:
    """The other places of the child: the cases of their own accounts, and the lists on which they stand."""
    own = Case.objects.filter(customer__in=own_accounts(person)).exclude(pk=case.pk).select_related("customer__subject")
    listed = Party.objects.filter(principal__subject__ref__in=refs_of(person), ended_at=None)
    if party is not None:
        listed = listed.exclude(pk=party.pk)
    found: list[tuple[Case, Party | None]] = [(one, None) for one in own.order_by("pk")]
    return found + [(one.case, one) for one in listed.select_related("case__customer__subject").order_by("pk")]


def _close_elsewhere(person: UUID, places: list[tuple[Case, Party | None]]) -> list[str]:
    """Their other accounts are closed, their sessions end, and they are on no list any more. The references of the accounts."""
    now = clock.now()
    for _case, party in places:
        if party is not None:
            related_parties.leave(party, actor=WORKER, now=now)
    closed = own_accounts(person)
    for customer in closed:
        customers.close_at_once(customer=customer, actor=WORKER, now=now)
    for login in User.objects.filter(principal__subject__ref__in=refs_of(person)).order_by("pk"):
        sessions.end_all(user=login, actor=WORKER, now=now)
    return [customer.reference for customer in closed]


def _erase(case: Case, party: Party | None) -> tuple[int, int]:
    """How many documents about the child were erased now, and how many something keeps."""
    now = clock.now()
    erased = kept = 0
    for document in Document.objects.filter(case=case, party=party, erased_at=None).select_related("case", "party"):
        take_turn(document)
        if is_kept(document, now=now):
            kept += is_still_kept(document)  # what was let go before is not here, whatever would keep it
            if document.state == DocumentState.REFUSED:  # the kept copy is held, not the upload with all in clear
                end_quarantine(document, actor=WORKER)
            continue
        erase_document(document, actor=WORKER, now=now)
        erased += 1
    return erased, kept


def is_kept(document: Document, *, now: datetime) -> bool:
    """Whether a law in force, or a hold, keeps a document: our own period alone keeps nothing of a child.

    Laws keep what belongs to a relation that there was: of a customer that was never verified they keep nothing.
    """
    return is_kept_by_a_hold(document) or is_kept_by_law(document, now=now)


def is_kept_by_law(document: Document, *, now: datetime) -> bool:
    """The same of laws alone."""
    on = clock.day(now)
    rule = rule_for(document.retention_class, on=on)
    was_verified = document.case.verified_at is not None and document.state != DocumentState.REFUSED
    return was_verified and (rule is None or bool(binding_laws(rule, on=on)))


def require_not_frozen(case: Case, party: Party | None = None, *, at: datetime) -> None:
    """Raises Refused (FROZEN) for the case of a child, and for papers about somebody who said that they are one."""
    if case.pk is not None and case.frozen_at is not None:
        raise Refused(
            _("This account is frozen: we take no documents for it. Ask a person if this is wrong."), code="FROZEN"
        )
    if is_of_a_child(case, party, at=at):
        raise Refused(TAKES_NONE, code="FROZEN")
