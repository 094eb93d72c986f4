"""Reads that cross rooms or decide access."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from kyc import plans, rules
from kyc.models import Case, Check, Document, Party
from kyc.outcomes import CheckOutcome
from kyc.states import CaseState, DocumentState
from portal.core import ciphers
from portal.core.errors import NotFound
from portal.people.models import Customer
from portal.people.selectors import customers_of, refs_of


def party_of(case: Case, reference: str) -> Party:
    """Somebody who stands behind this customer now. Raises NotFound for everybody else."""
    found = Party.objects.filter(case=case.pk, reference=reference, ended_at=None).first() if case.pk else None
    if found is None:
        raise NotFound("There is no such person.")
    return found


def present_documents(case: Case, party: Party | None = None) -> dict[str, Document]:
    """The document of each kind that counts now: the customer's own, or those about one party of the case."""
    rows = case.documents.filter(party=party).exclude(state=DocumentState.REPLACED)
    return {row.kind: row for row in rows.select_related("case", "party", "kept")}


def documents_of(user: Any) -> QuerySet[Document]:
    """The documents of the customers that a signed-in person acts for; nobody else's."""
    return Document.objects.filter(case__customer__in=customers_of(user)).select_related(
        "case__customer", "party", "kept"
    )


def document_for(user: Any, reference: str) -> Document:
    """Raises NotFound for everybody but the customer's own people."""
    found = documents_of(user).filter(reference=reference).first()
    if found is None:
        raise NotFound("There is no such document.")
    return found


def versions_of(document: Document) -> list[Document]:
    """The other files that stood or stand in the same place, newest first."""
    same = Document.objects.filter(case=document.case_id, party=document.party_id, kind=document.kind)
    return list(same.exclude(pk=document.pk).order_by("-uploaded_at", "-pk"))


def latest_checks(document: Document) -> list[Check]:
    """The last run of each check, in the order of the plan."""
    runs = sorted(document.checks.all(), key=lambda check: check.attempt)  # without a query where they were read ahead
    latest: dict[str, Check] = {check.name: check for check in runs}
    return [latest[planned.name] for planned in plans.checks_for(document.kind) if planned.name in latest]


def does_not_fit(document: Document) -> bool:
    """Whether the document, as it counts now, contradicts another of the same case; the customer sends one of them anew."""
    if document.state not in {DocumentState.CHECKED, DocumentState.APPROVED}:
        return False
    return any(
        check.name in rules.TOGETHER and rules.stands_against_approval(check.outcome, check.severity)
        for check in latest_checks(document)
    )


def known_name(document: Document) -> str:
    """The name that we know whoever the document is about by: the customer's, or the party's."""
    if document.party is None:
        return document.case.customer.name
    return document.party.full_name


def is_done(document: Document, name: str) -> bool:
    """Whether a check has given its answer. One that was unavailable has not."""
    last = document.checks.filter(name=name).order_by("-attempt").first()
    return last is not None and last.outcome != CheckOutcome.UNAVAILABLE


def number_domain(kind: str) -> str:
    """The domain of the lookup hashes of numbers on documents of this kind."""
    return f"kyc.number.{plans.number_type(kind)}"


def others_with_number(document: Document, number: str) -> QuerySet[Document]:
    """Documents of other customers with the same number: found by keyed hash, under every lookup key.

    ``number`` is the document's own in clear: its stored hash was made under one key, a row of long ago under another.
    """
    hashes = ciphers.blind_indexes(number, domain=number_domain(document.kind))
    same = Document.objects.filter(kind=document.kind, number_index__in=hashes)
    return same.exclude(case__customer_id=document.case.customer_id).exclude(state=DocumentState.REPLACED)


def waiting_to_check(*, now: datetime) -> Iterable[int]:
    """Documents whose checks nobody is running."""
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    return (
        Document.objects.filter(free, state=DocumentState.RECEIVED).order_by("uploaded_at").values_list("pk", flat=True)
    )


def to_review() -> QuerySet[Document]:
    """What the desk works on: checked by machine and sent by the customer, oldest first."""
    return (
        Document.objects.filter(state=DocumentState.CHECKED, sent_at__isnull=False)
        .select_related("case__customer", "case__locked_by", "party", "kept")
        .order_by("sent_at")
    )


@dataclass(frozen=True)
class SenderState:
    """Whether a customer may use the network, as far as KYC goes."""

    is_verified: bool
    state: str
    rekyc_on: date | None


def sender_state(*, subject_ref: UUID, on: date) -> SenderState:
    """Answers ``hooks.sender_state`` for a customer by its subject, under any reference of it. Never opened, or due again: not verified."""
    customers = Customer.objects.filter(subject__ref__in=refs_of(subject_ref))
    cases = Case.objects.filter(customer__in=customers).order_by("pk")
    case = min(cases, key=lambda one: one.subject_ref != subject_ref, default=None)
    if case is None:
        return SenderState(is_verified=False, state="none", rekyc_on=None)
    is_in_time = case.rekyc_on is None or on <= case.rekyc_on
    return SenderState(case.state == CaseState.APPROVED and is_in_time, case.state, case.rekyc_on)
