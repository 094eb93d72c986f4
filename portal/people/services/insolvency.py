"""An organisation comes under insolvency: from two people's word on its professional acts, and nobody who acted before alone.

With the order the powers of the board pass to the professional (Insolvency and Bankruptcy Code ss.17, 23 and 34). Nothing is
erased by it and no time of keeping begins: the account goes on until the organisation is dissolved.
"""

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from portal.audit.kinds import AuditKind
from portal.audit.services import record
from portal.core import addresses, hooks, plain_words
from portal.core.actor import Actor
from portal.core.clock import day
from portal.core.errors import Refused
from portal.core.turns import retried
from portal.people.models import Customer, Insolvency, Invitation, Membership, Rest
from portal.people.permissions import Act
from portal.people.selectors import acts_elsewhere, contacts_at, insolvency_of
from portal.people.services import customers, four_eyes, rests
from portal.people.states import ContactKind, CustomerKind, CustomerState, InsolvencyStep, MemberRole

_DIGEST_LENGTH = 64


def propose(
    *,
    customer: Customer,
    step: InsolvencyStep | str,
    authority: str,
    order_number: str,
    ordered_on: date,
    paper_sha256: str,
    registration: str = "",
    email: str = "",
    actor: Actor,
    now: datetime,
) -> Insolvency:
    """Propose a step, with the order as proof. Nothing changes before another person agrees.

    Raises NotAllowed; Refused for what is no open organisation (NOT_AN_ORGANISATION), an end without a beginning
    (NOT_INSOLVENT), a step that waits (WAITS_ALREADY), a missing order, a day that lies ahead, and a beginning without its
    professional's registration and e-mail address.
    """
    at = InsolvencyStep(step)
    _require_fit(customer, at)
    if not (authority.strip() and order_number.strip()) or len(paper_sha256) != _DIGEST_LENGTH:
        raise Refused(_("Bring the order itself, with its number and who gave it."), code="NO_ORDER")
    if ordered_on > day(now):
        raise Refused(_("The day of the order lies ahead."), code="FUTURE")
    begins = at == InsolvencyStep.BEGUN
    if begins and not (registration.strip() and email.strip()):
        raise Refused(
            _("Give the professional's registration and the email address that the order names."),
            code="NO_PROFESSIONAL",
        )
    if any(plain_words.names_an_identity_number(text) for text in (authority, order_number, registration)):
        raise Refused(_("The number of an identity paper must not be kept here. Take it out."), code="NUMBER_IN_WORDS")
    fields: dict[str, Any] = {
        "customer": customer,
        "step": at,
        "authority": authority.strip(),
        "order_number": order_number.strip(),
        "ordered_on": ordered_on,
        "paper_sha256": paper_sha256,
        "registration": registration.strip() if begins else "",
        "email": addresses.normalise(ContactKind.EMAIL, email) if begins else "",
    }
    with transaction.atomic():
        try:
            with transaction.atomic():
                made = four_eyes.propose(
                    Insolvency,
                    act=Act.CUSTOMER_INSOLVENCY,
                    maker=four_eyes.person_of(actor),
                    shown=_shown(fields),
                    now=now,
                    **fields,
                )
        except IntegrityError as error:
            raise Refused(_("A step of this organisation waits for its answer."), code="WAITS_ALREADY") from error
        _record(AuditKind.PEOPLE_INSOLVENCY_PROPOSED, made, actor, now)
    return made


@retried
def answer(*, proposal: Insolvency, approve: bool, reason: str, actor: Actor, now: datetime) -> None:
    """Agree or refuse, as another person than the maker; what follows from a yes follows in the same transaction.

    It begins: owners become members, open invitations end, the professional is invited as the owner, nothing promotional
    goes to whoever acts for this organisation alone, and KYC and open grievances are told (``hooks.insolvency_changed``).
    It ends: who were owners are again and the professional acts no more; a dissolved organisation is closed, from which day
    what a law keeps is counted. Raises what ``four_eyes.answer`` raises, and Refused as ``propose``.
    """
    customer = proposal.customer
    with transaction.atomic():
        before = insolvency_of(customer)
        if approve:
            _require_fit(customer, InsolvencyStep(proposal.step))
        four_eyes.answer(
            proposal,
            checker=four_eyes.person_of(actor),
            approve=approve,
            shown=_shown({name: getattr(proposal, name) for name in _FIELDS}),
            reason=reason,
            now=now,
        )
        email = proposal.email
        proposal.email = ""
        proposal.save(update_fields=["email"])
        _record(AuditKind.PEOPLE_INSOLVENCY_ANSWERED, proposal, actor, now, answer=str(proposal.answer))
        if not approve:
            return
        if before is not None:
            _professional_leaves(before, actor, now)
        if proposal.step == InsolvencyStep.BEGUN:
            _begin(proposal, before, email, actor, now)
        else:
            _end(proposal, before, actor, now)
        for told in hooks.insolvency_changed:
            told(customer=customer.pk, actor=actor, at=now)


_FIELDS = ("customer", "step", "authority", "order_number", "ordered_on", "paper_sha256", "registration", "email")


def _require_fit(customer: Customer, step: InsolvencyStep) -> None:
    is_open = Customer.objects.filter(
        pk=customer.pk, kind=CustomerKind.ORGANISATION, state=CustomerState.ACTIVE
    ).exists()
    if not is_open:
        raise Refused(_("Only an organisation whose account is open can be insolvent."), code="NOT_AN_ORGANISATION")
    if step != InsolvencyStep.BEGUN and insolvency_of(customer) is None:
        raise Refused(_("This organisation is under no insolvency here."), code="NOT_INSOLVENT")


def _begin(proposal: Insolvency, before: Insolvency | None, email: str, actor: Actor, now: datetime) -> None:
    customer = proposal.customer
    live = Membership.objects.select_for_update().filter(customer=customer, ended_at=None)
    owners = list(live.filter(role=MemberRole.OWNER).order_by("pk"))
    for owner in owners:
        _give(owner, MemberRole.MEMBER, actor, now)
    Invitation.objects.filter(customer=customer, accepted_at=None, cancelled_at=None).update(cancelled_at=now)
    for member in live.select_related("principal__subject").order_by("pk"):
        if not acts_elsewhere(member):
            rests.note(
                subject_ref=member.principal.subject.ref, cause="", because=_label(customer), actor=actor, now=now
            )
    proposal.suspended = sorted({owner.pk for owner in owners} | set(before.suspended if before else ()))
    known = live.filter(principal__contact_points__in=contacts_at(ContactKind.EMAIL, email)).first()
    if known is None:
        proposal.invitation = customers.invite(
            customer=customer, address=email, role=MemberRole.OWNER, actor=actor, now=now
        )
    else:  # who acted already, say as a manager, needs no letter
        _give(known, MemberRole.OWNER, actor, now)
    proposal.save(update_fields=["suspended", "invitation"])


def _end(proposal: Insolvency, before: Insolvency | None, actor: Actor, now: datetime) -> None:
    customer = proposal.customer
    suspended = before.suspended if before is not None else []
    for member in Membership.objects.filter(pk__in=suspended, ended_at=None, role=MemberRole.MEMBER).order_by("pk"):
        _give(member, MemberRole.OWNER, actor, now)
    for row in Rest.objects.filter(because=_label(customer), lifted_at=None).order_by("pk"):
        rests.lift(row=row, actor=actor, now=now)
    if proposal.step == InsolvencyStep.DISSOLVED:
        customers.close(customer=customer, actor=actor, now=now)


def _professional_leaves(before: Insolvency, actor: Actor, now: datetime) -> None:
    """Whoever came by the invitation of that step acts no more, and it lets nobody in."""
    if before.invitation is None:
        return
    Invitation.objects.filter(pk=before.invitation.pk, accepted_at=None, cancelled_at=None).update(cancelled_at=now)
    at = contacts_at(ContactKind.EMAIL, before.invitation.address)
    held = Membership.objects.filter(customer=before.customer, ended_at=None, principal__contact_points__in=at)
    for membership in held.exclude(pk__in=before.suspended).order_by("pk"):
        Membership.objects.filter(pk=membership.pk, ended_at=None).update(ended_at=now)
        _note(AuditKind.PEOPLE_MEMBER_REMOVED, membership, actor, now)


def _give(membership: Membership, role: MemberRole, actor: Actor, now: datetime) -> None:
    """Not by ``customers.change_role``: until the professional has accepted nobody is the owner."""
    old = str(membership.role)
    Membership.objects.filter(pk=membership.pk, ended_at=None).update(role=role)
    _note(AuditKind.PEOPLE_MEMBER_ROLE_CHANGED, membership, actor, now, old=old, new=str(role))


def _label(customer: Customer) -> str:
    return f"people.customer:{customer.reference}/insolvency"


def _shown(fields: dict[str, Any]) -> dict[str, Any]:
    return {**fields, "customer": fields["customer"].reference, "ordered_on": fields["ordered_on"].isoformat()}


def _note(kind: AuditKind, membership: Membership, actor: Actor, now: datetime, **facts: str) -> None:
    customer = membership.customer
    record(
        kind,
        actor=actor,
        about=f"people.customer:{customer.reference}",
        facts={"customer": customer.reference, "member": membership.pk, **facts},
        subject_ref=customer.subject.ref,
        at=now,
    )


def _record(kind: AuditKind, proposal: Insolvency, actor: Actor, now: datetime, **more: str) -> None:
    record(
        kind,
        actor=actor,
        about=f"people.customer:{proposal.customer.reference}",
        subject_ref=proposal.customer.subject.ref,
        facts={
            "proposal": proposal.pk,
            "customer": proposal.customer.reference,
            "state": str(proposal.step),
            "shown_sha256": proposal.shown_sha256,
            **more,
        },
        at=now,
    )
