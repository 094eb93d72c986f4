"""Orders of authorities: entered as they come, answered by two people, and told to whom they were about once that is lawful."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import advisory_locks, clock, field_changes, ids
from portal.kernel.core.actor import Actor, system
from portal.kernel.core.data_categories import DataCategory
from portal.kernel.core.errors import IllegalMove, Refused
from portal.kernel.core.pii_guard import require_no_number
from portal.kernel.core.state_transitions import move
from portal.kernel.law.choices import LawfulBasis, Regime
from portal.kernel.law.labels import LAWFUL_ORDER
from portal.kernel.law.models import Clock
from portal.kernel.law.services import deadlines, late_reasons
from portal.kernel.outbox.services import post, write_to_staff
from portal.kernel.people.models import Principal, Subject
from portal.kernel.people.services import maker_checker
from portal.kernel.registers.base.choices import ORDER_MOVES, OrderDecision, OrderKind, OrderState, Verified
from portal.kernel.registers.base.models.orders import AuthorityOrder, OrderAnswer
from portal.kernel.registers.base.permissions import Act, Permission
from portal.kernel.registers.base.services import contact_routes
from portal.kernel.registers.base.services.entry_fields import at_field, filled
from portal.kernel.registers.orders.selectors import may_speak, owners_of
from portal.kernel.registers.orders.services import non_disclosure
from portal.kernel.registers.recipients.models.disclosures import Disclosure

ZONE = "Asia/Kolkata"
TELLER = system("registers.orders")
#: Why no second answer is proposed beside one that nobody has answered.
WAITS = _("A response to this order waits for a second person already.")
_DIGEST_LENGTH = 64


def receive(
    *,
    kind: str,
    authority: str,
    officer_name: str,
    verified_how: str,
    power: str,
    order_number: str,
    paper_sha256: str,
    asked: str,
    asked_categories: Iterable[str],
    subject_refs: Sequence[UUID],
    received_at: datetime,
    wanted_by: datetime | None = None,
    undertaking_on: date | None = None,
    is_secret: bool = False,
    secret_until: date | None = None,
    actor: Actor,
    now: datetime,
) -> AuthorityOrder:
    """Enter an order and start its clock from its receipt, in one transaction with its audit event. Gives nothing away.

    Until it is answered nothing of the people it is about is erased (``orders.selectors.open_about``).

    Raises Refused for a field that is missing, a receipt that lies ahead, a silence that is over already, a person nobody
    knows, or a paper without its SHA-256; NotAllowed for who is no staff.
    """
    maker_checker.person_of(actor)
    categories = _categories(asked_categories, "asked_categories")
    if received_at > now:
        raise at_field("received_at", _("It cannot have come at a time that is still ahead."), code="RECEIVED_AHEAD")
    if len(paper_sha256) != _DIGEST_LENGTH:
        raise at_field(
            "paper", _("Upload the order itself: only a written order gets a response."), code="NO_WRITTEN_ORDER"
        )
    refs = sorted({str(ref) for ref in subject_refs})
    if not refs or Subject.objects.filter(ref__in=refs).count() != len(refs):
        raise at_field("subjects", _("Name each person or customer by a reference that we have."), code="NOBODY_KNOWN")
    if secret_until is not None and not is_secret:
        raise at_field("secret_until", _("A last day of silence needs the order to be silent."), code="NOT_SECRET")
    non_disclosure.require_ahead(secret_until, now=now)
    require_no_number(power, order_number)
    with transaction.atomic():
        named = {UUID(ref) for ref in refs}
        advisory_locks.take(*advisory_locks.of_keeping(named | owners_of(named, since=received_at)))
        order = AuthorityOrder.objects.create(
            reference=ids.new_reference("AO"),
            kind=OrderKind(kind),
            authority=filled(authority, str(_("Name the authority."))),
            officer_name=filled(officer_name, str(_("Name the officer who signed."))),
            verified_how=Verified(verified_how),
            power=filled(power, str(_("Name the law and section that it is based on."))),
            order_number=filled(order_number, str(_("Enter the number of the order."))),
            paper_sha256=paper_sha256,
            asked=filled(asked, str(_("Say what is asked."))),
            asked_categories=categories,
            subject_refs=refs,
            wanted_by=wanted_by,
            undertaking_on=undertaking_on,
            is_secret=is_secret,
            secret_until=secret_until,
            received_at=received_at,
        )
        field_changes.watch_created(order)
        deadlines.start(
            owner=order.owner,
            subject_ref=None,
            rule_keys=None,
            kind="takedown_order" if order.kind == OrderKind.TAKEDOWN else "order",
            started_at=received_at,
            zone=ZONE,
            regimes=(Regime.IN,),
            actor=actor,
            now=now,
        )
        _record(
            AuditKind.REGISTERS_ORDER_RECEIVED,
            order,
            actor,
            now,
            kind=str(order.kind),
            asked=" ".join(categories),
            count=len(refs),
            sha256=paper_sha256,
            secret=is_secret,
            received_at=clock.stamp(received_at),
        )
    return order


def propose(
    order: AuthorityOrder,
    *,
    decision: str,
    given_categories: Iterable[str],
    given: str,
    held_back: str,
    actor: Actor,
    now: datetime,
) -> OrderAnswer:
    """The first approver's word: what is given, what is held back and why. Nothing leaves before a second one agrees.

    Raises Refused for kinds of data that were not asked for (BEYOND_THE_ORDER), for a Government agency without its
    undertaking (SPDI Rules r.6), and for missing words; IllegalMove for an order that is answered or of which an answer
    waits already; NotAllowed.
    """
    if order.state != OrderState.RECEIVED:
        raise IllegalMove(_("This order is answered already."))
    chosen = OrderDecision(decision)
    categories = _categories(given_categories, "given_categories") if chosen == OrderDecision.GIVE else []
    _require_within(order, chosen, categories)
    try:
        with transaction.atomic():
            fields = {
                "decision": str(chosen),
                "given_categories": categories,
                "given": filled(given, str(_("Say what is given."))) if chosen == OrderDecision.GIVE else "",
                "held_back": filled(held_back, str(_("Say what is not given, and why. Write “nothing” if all is."))),
            }
            proposal = maker_checker.propose(
                OrderAnswer,
                act=Act.ORDER_ANSWER,
                maker=maker_checker.person_of(actor),
                shown=shown(order, fields),
                now=now,
                order=order,
                **fields,
            )
            _record(
                AuditKind.REGISTERS_ORDER_PROPOSED,
                order,
                actor,
                now,
                proposal=proposal.pk,
                decision=str(chosen),
                asked=" ".join(order.asked_categories),
                fields=" ".join(categories),
                shown_sha256=proposal.shown_sha256,
            )
    except IntegrityError as error:
        raise IllegalMove(WAITS) from error
    return proposal


def shown(order: AuthorityOrder, fields: Mapping[str, object]) -> dict[str, object]:
    """What both approvers see and are bound to; the paper of the order by its SHA-256, and whether the people may learn of it."""
    return {
        **fields,
        **non_disclosure.bound(order),
        "order": order.reference,
        "paper_sha256": order.paper_sha256,
        "about": list(order.subject_refs),
    }


def answer(
    proposal: OrderAnswer, *, approve: bool, reason: str, actor: Actor, now: datetime, late_because: str = ""
) -> list[Disclosure]:
    """The second approver's word, in one transaction: the disclosures it makes, the order's state, its clock stopped.

    One disclosure for each person, written before anything is handed over. A yes after the date says why it is late
    (``law.choices.LateReason``), which the clock keeps. Raises what ``maker_checker.answer`` and ``propose`` raise, and Refused
    (LATE_REASON).
    """
    made: list[Disclosure] = []
    order = proposal.order
    with transaction.atomic():
        fields = {name: getattr(proposal, name) for name in ("decision", "given_categories", "given", "held_back")}
        if approve:
            _require_within(order, OrderDecision(proposal.decision), proposal.given_categories)
            late_reasons.require_reason([order.owner], late_because=late_because, at=now)
        maker_checker.answer(
            proposal,
            checker=maker_checker.person_of(actor),
            approve=approve,
            shown=shown(order, fields),
            reason=reason,
            now=now,
        )
        if approve:
            is_given = proposal.decision == OrderDecision.GIVE
            target = OrderState.GIVEN if is_given else OrderState.REFUSED
            move(order, target, moves=ORDER_MOVES, answered_at=now)
            made = [_disclosed(order, UUID(ref), proposal, now) for ref in order.subject_refs] if is_given else []
            deadlines.stop(owner=order.owner, at=now, actor=actor, now=now, late_because=late_because)
        _record(
            AuditKind.REGISTERS_ORDER_ANSWERED,
            order,
            actor,
            now,
            proposal=proposal.pk,
            state=str(order.state),
            answered_at=clock.stamp(now) if approve else None,
            answer=str(proposal.answer),
            decision=str(proposal.decision),
            asked=" ".join(order.asked_categories),
            fields=" ".join(proposal.given_categories),
            count=len(made),
            shown_sha256=proposal.shown_sha256,
        )
    return made


def _require_within(order: AuthorityOrder, decision: OrderDecision, categories: Sequence[str]) -> None:
    if decision != OrderDecision.GIVE:
        return
    if not set(categories) <= set(order.asked_categories):
        said = _("The order does not ask for all of this. Give only what it covers.")
        raise at_field("given_categories", said, code="BEYOND_THE_ORDER")
    if order.kind == OrderKind.AGENCY and order.undertaking_on is None:
        said = _(
            "A Government agency states the purpose in writing and undertakes not to hand the data on. Ask for "
            "that first."
        )
        raise Refused(said, code="NO_UNDERTAKING")


def _disclosed(order: AuthorityOrder, subject_ref: UUID, proposal: OrderAnswer, now: datetime) -> Disclosure:
    return Disclosure.objects.create(
        reference=ids.new_reference("DI"),
        recipient_code=code_of(order.authority),
        subject_ref=subject_ref,
        fields=sorted(proposal.given_categories),
        purpose=LAWFUL_ORDER,
        basis=LawfulBasis.LEGAL_DUTY,
        about=order.owner,
        disclosed_at=now,
    )


def code_of(authority: str) -> str:
    """What stands for an authority in the book of disclosures: a mark, not its name, which the order has."""
    return f"authority-{hashlib.sha256(authority.casefold().encode()).hexdigest()[:12]}"


def tell_people(*, now: datetime) -> int:
    """Tell everybody whose data an authority got, once no silence binds us; returns of how many orders somebody was told.

    One transaction for each order: the letters, who was told, and the audit event; the day is written once nobody is left.
    Who cannot be reached yet is tried again in the next turn, and nobody is told twice.
    """
    told = 0
    waiting = AuthorityOrder.objects.filter(state=OrderState.GIVEN, person_told_at=None).order_by("pk")
    for pk in waiting.values_list("pk", flat=True):
        with transaction.atomic():
            order = waiting.select_for_update().filter(pk=pk).first()
            if order is None or not may_speak(order, at=now):
                continue
            reached = _tell(order)
            order.told_refs = sorted({*order.told_refs, *reached})
            left = {str(person.subject.ref) for person in whom_to_tell(order)} - {*order.told_refs}
            if order.told_refs and not left:
                order.person_told_at = now
            elif not reached:
                continue
            order.save(update_fields=["told_refs", "person_told_at"])
            _record(AuditKind.REGISTERS_ORDER_TOLD, order, TELLER, now, count=len(reached))
            told += 1
    return told


def whom_to_tell(order: AuthorityOrder) -> list[Principal]:
    """The people an order is about, and the owners of each customer it is about."""
    return list(
        {person.pk: person for ref in order.subject_refs for person in contact_routes.people_of(UUID(ref))}.values()
    )


def _tell(order: AuthorityOrder) -> list[str]:
    """One letter to each of them who was not told yet and can be reached; returns the references of those."""
    told: list[str] = []
    for person in whom_to_tell(order):
        found = contact_routes.reach(person)
        if found is None or str(person.subject.ref) in order.told_refs:
            continue
        channel, address = found
        post(
            kind="registers.order_answered",
            subject_ref=person.subject.ref,
            channel=channel,
            address=address,
            language=person.language,
            purpose="policy_and_security",
            about=f"{order.owner}/told",
            context={"url": f"{settings.SITE_URL}/privacy/who-has-my-data/", "reference": order.reference},
        )
        told.append(str(person.subject.ref))
    return told


def escalate(found: Clock, *, now: datetime) -> None:
    """An order is late: an audit event and a letter to everybody who may answer it, in law's transaction."""
    order = AuthorityOrder.objects.filter(reference=found.owner.partition(":")[2], state=OrderState.RECEIVED).first()
    if order is None:
        return
    late = {"kind": str(order.kind), "due_at": clock.stamp(found.due_at)}
    _record(AuditKind.REGISTERS_ORDER_LATE, order, TELLER, now, **late)
    _write(order, "registers.order_late", f"{order.owner}/late", now)


def warn(found: Clock, *, percent: int, now: datetime) -> None:
    """A share of the time is gone: a letter to everybody who may answer it, in law's transaction."""
    order = AuthorityOrder.objects.filter(reference=found.owner.partition(":")[2], state=OrderState.RECEIVED).first()
    if order is not None:
        _write(order, "registers.order_due", f"{order.owner}/{percent}", now)


def _write(order: AuthorityOrder, kind: str, about: str, now: datetime) -> None:
    url = f"{settings.SITE_URL}/admin/registers/authorityorder/{order.pk}/change/"
    context = {"reference": order.reference, "url": url}
    write_to_staff(kind=kind, permission=Permission.ORDER_ANSWER, about=about, context=context, now=now)


def _categories(given: Iterable[str], field: str) -> list[str]:
    chosen = sorted({str(each) for each in given})
    known = {str(each) for each in DataCategory if each != DataCategory.NONE}
    if not chosen or not set(chosen) <= known:
        raise at_field(field, _("Choose which kinds of data."), code="CHOICE_MISSING")
    return chosen


def _record(
    event: AuditKind, order: AuthorityOrder, actor: Actor, now: datetime, **more: str | int | bool | None
) -> None:
    facts: dict[str, str | int | bool | None] = {"order": order.reference, **more}
    audit.record(event, actor=actor, about=order.owner, facts=facts, at=now)
