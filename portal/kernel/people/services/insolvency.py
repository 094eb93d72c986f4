"""An organisation comes under insolvency: from two people's word on its professional acts, and nobody who acted before alone.

With the order the powers of the board pass to the professional (Insolvency and Bankruptcy Code ss.17, 23 and 34). Nothing is
erased by it and no time of keeping begins: the account goes on until the organisation is dissolved.
"""

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import addresses, pii_guard, ports
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.clock import day
from portal.kernel.core.errors import Refused
from portal.kernel.people.choices import Answer, ContactKind, CustomerKind, CustomerState, InsolvencyStep, MemberRole
from portal.kernel.people.models import Customer, Insolvency, Invitation, Membership, Rest, User
from portal.kernel.people.permissions import Act
from portal.kernel.people.selectors import acts_elsewhere, contacts_at, insolvency_order
from portal.kernel.people.services import customers, incapacity, invitations, maker_checker, memberships

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
    language: str = "",
    actor: Actor,
    now: datetime,
) -> Insolvency:
    """Propose a step, with the order as proof. Nothing changes before another person agrees.

    Raises NotAllowed; Refused for what is no open organisation (NOT_AN_ORGANISATION), an end without a beginning
    (NOT_INSOLVENT) or a second one (DISSOLVED), a step that waits (WAITS_ALREADY), a missing order, a day that lies ahead, a beginning without its
    professional's registration and e-mail address, and an address of a staff login (EMAIL_TAKEN) or of whoever owned the
    organisation until the order (OWN_ADDRESS).
    """
    at = InsolvencyStep(step)
    _require_fit(customer, at)
    if not (authority.strip() and order_number.strip()) or len(paper_sha256) != _DIGEST_LENGTH:
        raise Refused(_("Upload the order itself, with its number and who gave it."), code="NO_ORDER")
    if ordered_on > day(now):
        raise Refused(_("The day of the order is in the future."), code="FUTURE")
    begins = at == InsolvencyStep.BEGUN
    if begins and not (registration.strip() and email.strip()):
        raise Refused(
            _("Give the professional's registration and the email address that the order names."),
            code="NO_PROFESSIONAL",
        )
    if begins:
        _require_outsider(customer, email)
    if any(pii_guard.names_an_identity_number(text) for text in (authority, order_number, registration)):
        raise Refused(
            _("The number of an identity document must not be kept here. Take it out."), code="NUMBER_IN_WORDS"
        )
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
                made = maker_checker.propose(
                    Insolvency,
                    act=Act.CUSTOMER_INSOLVENCY,
                    maker=maker_checker.person_of(actor),
                    shown=_shown(fields),
                    now=now,
                    language=language or "en",
                    **fields,
                )
        except IntegrityError as error:
            raise Refused(_("A step of this organisation waits for a decision."), code="WAITS_ALREADY") from error
        _record(AuditKind.PEOPLE_INSOLVENCY_PROPOSED, made, actor, now)
    return made


@retried
def answer(*, proposal: Insolvency, approve: bool, reason: str, actor: Actor, now: datetime) -> None:
    """Agree or refuse, as another person than the maker; what follows from a yes follows in the same transaction.

    It begins: owners become members, open invitations end, the professional is invited as the owner, nothing promotional
    goes to whoever acts for this organisation alone, and KYC and open grievances are told (``ports.insolvency_changed``).
    It passes on or ends: the professional of before acts no more, and nobody who came to own it meanwhile owns it.
    It ends: who were owners are again. It is dissolved: nobody owns it, and it is closed, from which day what a law keeps is
    counted; a later step opens it again. Raises what ``maker_checker.answer`` raises, and Refused as ``propose``.
    """
    customer = proposal.customer
    with transaction.atomic():
        memberships.take_turn(customer)
        before = insolvency_order(customer)
        if approve:
            _require_fit(customer, InsolvencyStep(proposal.step))
            if proposal.email:  # whose it is may have changed since
                _require_outsider(customer, proposal.email)
        maker_checker.answer(
            proposal,
            checker=maker_checker.person_of(actor),
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
        if before is not None and before.step == InsolvencyStep.DISSOLVED:
            customers.reopen(customer=customer, agreed=proposal, actor=actor, now=now)
        # First: whoever opens one at this moment is seen below, or comes too late.
        Invitation.objects.filter(customer=customer, accepted_at=None, cancelled_at=None).update(cancelled_at=now)
        if proposal.step == InsolvencyStep.BEGUN:
            _begin(proposal, before, email, actor, now)
        else:
            _end(proposal, before, actor, now)
        for told in ports.insolvency_changed:
            told(customer=customer.pk, actor=actor, at=now)


def came(*, invitation: Invitation, user: User) -> None:
    """Somebody opened an invitation, in the caller's transaction: one of a step is the professional's, who acts from now on."""
    joined = Membership.objects.filter(customer=invitation.customer, principal=user.principal, ended_at=None)
    Insolvency.objects.filter(invitation=invitation).update(acting=joined.values("pk")[:1])


_FIELDS = ("customer", "step", "authority", "order_number", "ordered_on", "paper_sha256", "registration", "email")


def _require_fit(customer: Customer, step: InsolvencyStep) -> None:
    held = insolvency_order(customer)
    dissolved = held is not None and held.step == InsolvencyStep.DISSOLVED
    fit = Customer.objects.filter(pk=customer.pk, kind=CustomerKind.ORGANISATION, subject__erased_at=None)
    if not (fit if dissolved else fit.filter(state=CustomerState.ACTIVE)).exists():
        raise Refused(_("Only an organisation whose account is open can be insolvent."), code="NOT_AN_ORGANISATION")
    if step != InsolvencyStep.BEGUN and held is None:
        raise Refused(_("This organisation is under no insolvency here."), code="NOT_INSOLVENT")
    if step == InsolvencyStep.DISSOLVED and dissolved:
        raise Refused(_("This organisation is dissolved already."), code="DISSOLVED")


def _require_outsider(customer: Customer, email: str) -> None:
    """The powers pass to somebody else: neither to our own people nor back to whoever loses them."""
    invitations.require_no_staff(email)
    held = insolvency_order(customer)
    owners = Membership.objects.filter(customer=customer, ended_at=None)
    owners = owners.filter(role=MemberRole.OWNER) if held is None else owners.filter(pk__in=held.suspended)
    if held is not None and held.acting is not None:
        owners = owners.exclude(pk=held.acting.pk)
    if owners.filter(principal__contact_points__in=contacts_at(ContactKind.EMAIL, email)).exists():
        said = _(
            "This is the address of a person who owned the organisation until the order. Enter the professional's."
        )
        raise Refused(said, code="OWN_ADDRESS")


def _begin(proposal: Insolvency, before: Insolvency | None, email: str, actor: Actor, now: datetime) -> None:
    customer = proposal.customer
    live = _live(customer)
    known = live.filter(principal__contact_points__in=contacts_at(ContactKind.EMAIL, email)).order_by("pk").first()
    owners = [owner.pk for owner in live.filter(role=MemberRole.OWNER).order_by("pk")]
    proposal.suspended = owners if before is None else before.suspended
    _nobody_acts(customer, before, known, actor, now)
    for member in live.select_related("principal__subject").order_by("pk"):
        if not acts_elsewhere(member):
            incapacity.note(
                subject_ref=member.principal.subject.ref, cause="", because=_label(customer), actor=actor, now=now
            )
    if known is None:
        proposal.invitation = customers.invite(
            customer=customer,
            address=email,
            role=MemberRole.OWNER,
            language=proposal.language,
            agreed=proposal,
            actor=actor,
            now=now,
        )
    else:  # who acts already, as a member or by an earlier step, needs no letter
        _give(known, MemberRole.OWNER, actor, now)
        proposal.acting = known
    proposal.save(update_fields=["suspended", "invitation", "acting"])


def _end(proposal: Insolvency, before: Insolvency | None, actor: Actor, now: datetime) -> None:
    customer = proposal.customer
    suspended = before.suspended if before is not None else []
    _nobody_acts(customer, before, None, actor, now)
    for row in Rest.objects.filter(because=_label(customer), lifted_at=None).order_by("pk"):
        incapacity.lift(row=row, actor=actor, now=now)
    if proposal.step == InsolvencyStep.ENDED:
        for member in _live(customer).filter(pk__in=suspended).order_by("pk"):
            _give(member, MemberRole.OWNER, actor, now)
        return
    proposal.suspended = suspended  # should the end be set aside
    proposal.save(update_fields=["suspended"])
    customers.close(customer=customer, agreed=proposal, actor=actor, now=now)


def _nobody_acts(
    customer: Customer, before: Insolvency | None, but: Membership | None, actor: Actor, now: datetime
) -> None:
    """The professional of before leaves, or is a member again as before the proceedings; whoever owns it owns it no more."""
    if before is not None:
        before.refresh_from_db(fields=["acting"])  # the invitation may have been opened until a moment ago
        came = before.acting
        if came is not None and came != but and came.joined_at >= _began_at(before):
            _remove(came, actor, now)
    for owner in _live(customer).filter(role=MemberRole.OWNER).order_by("pk"):
        if owner != but:
            _give(owner, MemberRole.MEMBER, actor, now)


def _remove(membership: Membership, actor: Actor, now: datetime) -> None:
    """Not by ``customers.remove_member``, which keeps the last owner."""
    if Membership.objects.filter(pk=membership.pk, ended_at=None).update(ended_at=now):
        _note(AuditKind.PEOPLE_MEMBER_REMOVED, membership, actor, now)


def _began_at(step: Insolvency) -> datetime:
    """When the first professional of these proceedings was agreed to."""
    agreed = Insolvency.objects.filter(customer=step.customer, answer=Answer.APPROVED, pk__lte=step.pk).order_by("pk")
    ended = agreed.filter(step=InsolvencyStep.ENDED).last()
    first = agreed.filter(pk__gt=ended.pk).first() if ended is not None else agreed.first()
    return (first or step).checked_at or step.made_at


def _live(customer: Customer) -> QuerySet[Membership]:
    return Membership.objects.select_for_update(of=("self",)).filter(customer=customer, ended_at=None)


def _give(membership: Membership, role: MemberRole, actor: Actor, now: datetime) -> None:
    """Not by ``customers.change_role``: until the professional has accepted nobody is the owner."""
    old = str(membership.role)
    if old == role:
        return
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
