"""Saying what a customer is: its form in law, and its relation to us. The list of papers follows from both."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from kyc.base.choices import CaseState, CustomerType, Relation
from kyc.base.models.cases import Case
from kyc.cases import document_requirements
from kyc.outcomes.services import case_status
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import IllegalMove, LostRace, Refused
from portal.kernel.people.choices import CustomerKind
from portal.kernel.people.models import Customer
from portal.kernel.people.services.authority import require_open


def known_type(customer: Customer) -> str:
    """What follows from the account alone: a person is one. An organisation says itself what it is."""
    return str(CustomerType.INDIVIDUAL) if customer.kind == CustomerKind.INDIVIDUAL else ""


def case_of(customer: Customer, *, now: datetime) -> Case:
    """The customer's case; one that is not in the database yet, to look at, where nothing was sent so far."""
    found = Case.objects.filter(customer=customer).select_related("customer").first()
    return found or Case(customer=customer, customer_type=known_type(customer), opened_at=now)


def types_for(customer: Customer, relation: str = Relation.CUSTOMER) -> list[str]:
    """The types that the account may say it is, in the order of the lists."""
    is_person = customer.kind == CustomerKind.INDIVIDUAL
    persons = {CustomerType.INDIVIDUAL, CustomerType.PROPRIETOR}
    known = document_requirements.types_of(relation)
    return [one for one in known if one in persons] if is_person else [one for one in known if one != "individual"]


def may_say_type(case: Case) -> bool:
    """Whether the customer itself may still say what it is: until its first document was sent."""
    if case.pk is None:
        return True
    return case.state == CaseState.OPEN and not case.documents.filter(sent_at__isnull=False).exists()


def say_type(case: Case, *, customer_type: str, actor: Actor, now: datetime) -> None:
    """The customer says what it is, and may say it anew until its first document was sent.

    Raises Refused (TYPE) for a type that its account cannot be, and as ``authority.require_open``; IllegalMove once documents are with us: then staff change it (``reclassifying``).
    """
    with transaction.atomic():
        require_open(case.customer, actor, at=now)
        if customer_type not in types_for(case.customer, case.relation):
            raise Refused(_("Choose what describes you."), code="TYPE")
        if not may_say_type(case):
            raise IllegalMove(_("Your documents are with us already. Write to us, and we change it."))
        change(case, relation=case.relation, customer_type=customer_type, actor=actor, now=now)


def change(case: Case, *, relation: str, customer_type: str, reason: str = "", actor: Actor, now: datetime) -> None:
    """The case counts as this from now on, and is settled by the new list, in one transaction with the audit event. The
    reason names nobody (``reclassifying``). Raises LostRace when it counts as something else by now.
    """
    old_relation, old_type = case.relation, case.customer_type
    if (relation, customer_type) == (old_relation, old_type):
        return
    with transaction.atomic():
        rows = Case.objects.filter(pk=case.pk, relation=old_relation, customer_type=old_type)
        if rows.update(relation=relation, customer_type=customer_type) != 1:
            raise LostRace(_("Someone changed this a moment ago. Load the page again."))
        case.refresh_from_db()
        record(
            AuditKind.KYC_CASE_CHANGED,
            actor=actor,
            about=case.owner,
            subject_ref=case.subject_ref,
            facts={
                "from": f"{old_relation}/{old_type}",
                "to": f"{relation}/{customer_type}",
            },
            personal={"reason": {"new": reason}} if reason else None,
            at=now,
        )
        case_status.settle(case, actor=actor, now=now)
