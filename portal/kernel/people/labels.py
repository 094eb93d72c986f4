"""People and acts as staff read them: staff by name, customers by their reference, acts in plain words.

For pages of staff only: names never go into audit facts, logs, task arguments or addresses, which keep ``user:12``.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock, date_format
from portal.kernel.core.actor import ActorKind
from portal.kernel.people.choices import Answer, AuditArea, InsolvencyStep
from portal.kernel.people.models import Customer, Insolvency, Membership, Principal, User
from portal.kernel.people.selectors import insolvency_order, own_accounts

#: What is done by two people, by the act of the table of two-person rules.
ACTS: Mapping[str, Any] = {
    "consent.answer.take": _("Record an offline consent (paper or phone)"),
    "consent.broadcast.send": _("Send a broadcast"),
    "consent.defect.override": _("Request a policy exception"),
    "consent.list.take_in": _("Approve a consent import"),
    "consent.notice.publish": _("Publish a text"),
    "consent.translation.add": _("Add a translation"),
    "evidence.file.sign": _("Sign off the bundle of a person's file"),
    "grievances.request.grant": _("Do what a person asked about their data"),
    "grievances.request.refuse": _("Refuse what a person asked about their data"),
    "kyc.decision": _("Decide about a document"),
    "kyc.deletion.carry_out": _("Destroy a document at its customer's request"),
    "kyc.freeze.lift": _("End the freeze of a person who was found to be under age"),
    "kyc.likeness.answer": _("Say that a person is not the one on a sanctions list"),
    "kyc.risk.set": _("Set the risk of a customer against its points"),
    "kyc.signer.trust": _("Trust a signer's certificate, or end that"),
    "kyc.type.change": _("Change what a customer counts as"),
    "law.profile.change": _("Change the company profile"),
    "law.purpose.adopt": _("Adopt a purpose"),
    "jobs.list.unmask": _("Take a list away unmasked"),
    "ledger.anomaly.explain": _("Explain ledger entries out of order"),
    "ledger.key.rotate": _("Change the signing key"),
    "people.api_key.issue": _("Issue an API key"),
    "people.customer.insolvency": _("Note that an organisation is insolvent, or that it ended"),
    "people.mfa.reset": _("Reset a second factor"),
    "people.principal.merge": _("Merge two records of one person"),
    "people.role.change": _("Give or end a role"),
    "registers.book.enter": _("Enter or end a register entry"),
    "registers.company.change": _("Change the company details"),
    "registers.incident.decide": _("Send what is written about an incident, or decide not to report it"),
    "registers.manager.register": _("Register a consent manager"),
    "registers.officer.appoint": _("Appoint an officer"),
    "registers.order.answer": _("Respond to an authority order"),
    "registers.order.speak": _("End the silence that an order binds us to"),
    "registers.recipient.register": _("Register a recipient"),
    "registers.sender.register": _("Register a sender"),
    "registers.template.agree": _("Agree to a template"),
    "retention.child.decide": _("Decide about a report of a child"),
    "retention.claim.decide": _("Decide on a legal claim"),
    "retention.hold.release": _("End a legal hold"),
    "retention.rule.change": _("Change how long something is kept"),
    "retention.run.carry_out": _("Carry out a plan of erasure"),
}
#: Who acts, by the kind of an actor.
ACTORS: Mapping[str, Any] = {
    ActorKind.STAFF: _("Staff"),
    ActorKind.CUSTOMER: _("A signed-in customer"),
    ActorKind.STRANGER: _("Unauthenticated visitor"),
    ActorKind.SYSTEM: _("The portal itself"),
    ActorKind.CONSENT_MANAGER: _("A consent manager"),
    ActorKind.INTERFACE: _("A connected system"),
}
_LOGIN = re.compile(r"(?:[a-z_]+:)?user:(\d+)")


def subject_name(subject_ref: UUID) -> str:
    """What staff call the person or account behind an opaque reference: as its record is headed, of a person with the accounts
    that are theirs alone. The reference itself where nobody is known.
    """
    principal = Principal.objects.filter(subject__ref=subject_ref).first()
    if principal is not None:
        accounts = own_accounts(subject_ref)
        return ", ".join([str(principal), *(account.reference for account in accounts)])
    account = Customer.objects.filter(subject__ref=subject_ref).first()
    return account.reference if account is not None else str(subject_ref)


class LoginNames:
    """Says logins by their number: a speaker of the admin (``core.admin.labels``)."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}

    def prime(self, values: Collection[Any]) -> None:
        """Two queries, however many logins: of staff the name, of customers the reference."""
        logins = User.objects.filter(pk__in={number for value in values if (number := self.number_in(value))})
        of_customers: dict[int, int] = {}
        for login in logins.only("pk", "full_name", "email", "is_staff", "principal_id"):
            self._names[login.pk] = (
                (login.full_name or login.email) if login.is_staff else f"Person {login.principal_id}"
            )
            if login.principal_id is not None:
                of_customers[login.principal_id] = login.pk
        members = Membership.objects.filter(principal__in=of_customers, ended_at=None).order_by("-pk")
        for principal, reference in members.values_list("principal", "customer__reference"):
            self._names[of_customers[principal]] = reference

    def number_in(self, value: Any) -> int | None:
        """The login that a value names; None where it names none."""
        return int(value)

    def __call__(self, value: Any) -> str:
        number = self.number_in(value)
        if number is None:
            return str(value)
        if number not in self._names:
            self.prime([value])
        return self._names.get(number, f"login {number}")


class ActorNames(LoginNames):
    """Says the references of actors (``user:12``, ``staff:user:12``) with the name before the reference, by which one
    searches; tasks and commands are said as they are called.
    """

    def number_in(self, value: Any) -> int | None:
        found = _LOGIN.fullmatch(str(value))
        return int(found[1]) if found else None

    def __call__(self, value: Any) -> str:
        number = self.number_in(value)
        return str(value) if number is None else f"{super().__call__(value)} (user:{number})"


def who_acted(kind: str, ref: str) -> str:
    """An actor in words: staff and customers with their name or reference, everything else by what it is."""
    said = ActorNames()(ref)
    return str(ACTORS.get(kind, kind)) if said == ref else f"{ACTORS.get(kind, kind)}: {said}"


class ActNames:
    """Says the acts of two-person rules: a speaker of the admin."""

    def __call__(self, value: Any) -> str:
        return str(ACTS.get(value, value))


class AreaNames:
    """Says the areas of an auditor's scope: a speaker of the admin."""

    def __call__(self, value: Any) -> str:
        names = dict(AuditArea.choices)
        return ", ".join(str(names.get(area, area)) for area in value)


class ActorKinds:
    """Says kinds of actors: a speaker of the admin."""

    def __call__(self, value: Any) -> str:
        return str(ACTORS.get(value, value))


def order_line(customer: Customer) -> str:
    """What the order says that holds of an organisation: who acts for it, or that it was dissolved; empty for any other customer."""
    step = insolvency_order(customer)
    if step is None:
        return ""
    dissolved = step.step == InsolvencyStep.DISSOLVED
    return _filled(_DISSOLVED if dissolved else _ACTS, step)


def insolvency_line(customer: Customer) -> str:
    """The same as it stands now: whether who is named has come, and that a proposed step waits."""
    step = insolvency_order(customer)
    lines = [_filled(_standing_of(step), step)] if step is not None else []
    if Insolvency.objects.filter(customer=customer, answer=Answer.PENDING).exists():
        lines.append(str(_("A step of its insolvency is proposed and waits for a second person.")))
    return " ".join(lines)


_DISSOLVED = _("{customer} was dissolved, by order {order} of {day} ({authority}).")
_ACTS = _("Insolvent. {registration} acts for it, by order {order} of {day} ({authority}).")
_INVITED = _(
    "Insolvent, by order {order} of {day} ({authority}). {registration} is invited to act for it and has not come yet."
)
_NOBODY = _(
    "Insolvent, by order {order} of {day} ({authority}). No one acts for it: the invitation of {registration} has "
    "ended. Propose the step again."
)


def _standing_of(step: Insolvency) -> Any:
    """Nobody acts before they have come, and nobody comes by an invitation that has ended."""
    if step.step == InsolvencyStep.DISSOLVED:
        return _DISSOLVED
    if step.acting is not None and step.acting.ended_at is None:
        return _ACTS
    link = step.invitation
    is_open = link is not None and link.accepted_at is None and link.cancelled_at is None
    return _INVITED if link is not None and is_open and link.expires_at > clock.now() else _NOBODY


def _filled(said: Any, step: Insolvency) -> str:
    return str(said).format(
        customer=step.customer.reference,
        registration=step.registration,
        order=step.order_number,
        day=date_format.day(step.ordered_on),
        authority=step.authority,
    )
