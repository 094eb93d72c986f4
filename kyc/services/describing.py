"""Saying what a customer is: its form in law, and its relation to us. The list of papers follows from both."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from kyc import requirements
from kyc.models import Case
from kyc.permissions import Permission
from kyc.services import settling
from kyc.states import CaseState, CustomerType, Relation
from portal.audit.kinds import AuditKind
from portal.audit.services import record
from portal.core import access
from portal.core.actor import Actor
from portal.core.errors import IllegalMove, LostRace, Refused
from portal.people.models import Customer
from portal.people.services.four_eyes import person_of
from portal.people.states import CustomerKind


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
    known = requirements.types_of(relation)
    return [one for one in known if one in persons] if is_person else [one for one in known if one != "individual"]


def may_say_type(case: Case) -> bool:
    """Whether the customer itself may still say what it is: until its first document was sent."""
    if case.pk is None:
        return True
    return case.state == CaseState.OPEN and not case.documents.filter(sent_at__isnull=False).exists()


def say_type(case: Case, *, customer_type: str, actor: Actor, now: datetime) -> None:
    """The customer says what it is, and may say it anew until its first document was sent.

    Raises Refused (TYPE) for a type that its account cannot be, IllegalMove once documents are with us: then staff
    change it.
    """
    if customer_type not in types_for(case.customer, case.relation):
        raise Refused(_("Choose what describes you."), code="TYPE")
    if not may_say_type(case):
        raise IllegalMove(_("Your documents are with us already. Write to us, and we change it."))
    _change(case, case.relation, customer_type, "", actor, now)


def reclassify(case: Case, *, relation: str, customer_type: str, reason: str, actor: Actor, now: datetime) -> None:
    """Staff change the relation or the type, and write why; the case is settled by the new list at once.

    In one transaction with the audit event, whose erasable part holds the reason. Raises NotAllowed without the
    permission, Refused without a reason (REASON) or for a pair that has no list (TYPE).
    """
    access.require(person_of(actor), Permission.CASE_DECIDE)
    if not reason.strip():
        raise Refused(_("Write why you change it."), code="REASON")
    if relation not in Relation.values or customer_type not in requirements.types_of(relation):
        raise Refused(_("There is no list of documents for this relation and type."), code="TYPE")
    _change(case, relation, customer_type, reason.strip(), actor, now)


def _change(case: Case, relation: str, customer_type: str, reason: str, actor: Actor, now: datetime) -> None:
    old_relation, old_type = case.relation, case.customer_type
    if (relation, customer_type) == (old_relation, old_type):
        return
    with transaction.atomic():
        rows = Case.objects.filter(pk=case.pk, relation=old_relation, customer_type=old_type)
        if rows.update(relation=relation, customer_type=customer_type) != 1:
            raise LostRace(_("Somebody changed this a moment ago. Load the page again."))
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
        settling.settle(case, actor=actor, now=now)
