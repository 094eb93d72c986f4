"""Reads that cross rooms or decide access."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from kyc.base.check_outcomes import CheckOutcome
from kyc.base.choices import GONE, CaseState, DocumentState, LikenessState, Standing
from kyc.base.models.cases import Case
from kyc.base.models.checks import Check
from kyc.base.models.decisions import Decision
from kyc.base.models.documents import Document
from kyc.base.models.parties import Party
from kyc.base.models.renewals import Renewal
from kyc.base.models.sanctions import Likeness, SanctionsList, Screening
from kyc.cases import check_plans
from kyc.cases.minor_guard import is_of_a_child, not_of_children
from kyc.cases.rules import document_checks
from portal.kernel.core import ciphers
from portal.kernel.core.clock import IST
from portal.kernel.core.errors import BadReference, NotFound
from portal.kernel.core.ids import parse_reference
from portal.kernel.law.selectors import due_at
from portal.kernel.people.choices import Answer, CustomerState
from portal.kernel.people.models import Customer, Fiduciary, User
from portal.kernel.people.selectors import customers_of, refs_of
from portal.kernel.registers.senders.selectors import senders


def party_of(case: Case, reference: str) -> Party:
    """Somebody who stands behind this customer now. Raises NotFound for everybody else."""
    found = Party.objects.filter(case=case.pk, reference=reference, ended_at=None).first() if case.pk else None
    if found is None:
        raise NotFound("Person not found.")
    return found


def present_documents(case: Case, party: Party | None = None) -> dict[str, Document]:
    """The document of each kind that counts now: the customer's own, or those about one party of the case."""
    rows = case.documents.filter(party=party).exclude(state__in=GONE)
    return {row.kind: row for row in rows.select_related("case", "party", "kept")}


def sent_beside(document: Document) -> dict[str, Document]:
    """The document itself and what its customer has sent about the same customer or party: what it is held against.

    What was uploaded and not sent may still be another file tomorrow: nobody's answer rests on it.
    """
    present = present_documents(document.case, document.party)
    return {kind: row for kind, row in present.items() if row.sent_at is not None or row.pk == document.pk}


def documents_of(user: Any) -> QuerySet[Document]:
    """The documents of the customers that a signed-in person acts for; nobody else's."""
    return Document.objects.filter(case__customer__in=customers_of(user)).select_related(
        "case__customer", "party", "kept"
    )


def document_for(user: Any, reference: str) -> Document:
    """Raises NotFound for everybody but the customer's own people."""
    found = documents_of(user).filter(reference=reference).first()
    if found is None:
        raise NotFound("Document not found.")
    return found


def customer_of_fiduciary(code: str, reference: str, *, at: datetime) -> Customer:
    """The customer that a fiduciary's system may speak for: our own systems for every one, a client's for the customer that
    its registration as sender names. Raises NotFound for every other.
    """
    try:
        canonical = parse_reference(reference, "CU")
    except BadReference:
        canonical = ""
    found = Customer.objects.select_related("subject").filter(reference=canonical).first()
    fiduciary = Fiduciary.objects.filter(code=code).first()
    if found is None or fiduciary is None:
        raise NotFound("Customer not found.")
    if not fiduciary.is_self:
        entity = senders.entity_of(fiduciary, at=at)
        if entity is None or entity.customer_id != found.pk:
            raise NotFound("Customer not found.")
    return found


def document_of_fiduciary(code: str, reference: str, *, at: datetime) -> Document:
    """A document of a customer that the fiduciary's system may speak for. Raises NotFound for every other."""
    found = Document.objects.select_related("case__customer").filter(reference=reference).first()
    missing = NotFound("Document not found.")
    if found is None:
        raise missing
    try:
        customer_of_fiduciary(code, found.case.customer.reference, at=at)
    except NotFound:  # in the same words: a client learns nothing of others' documents
        raise missing from None
    return found


def versions_of(document: Document) -> list[Document]:
    """The other files that stood or stand in the same place, newest first."""
    same = Document.objects.filter(case=document.case_id, party=document.party_id, kind=document.kind)
    return list(same.exclude(pk=document.pk).order_by("-uploaded_at", "-pk"))


def latest_checks(document: Document) -> list[Check]:
    """The last run of each check, in the order of the plan."""
    runs = sorted(document.checks.all(), key=lambda check: check.attempt)  # without a query where they were read ahead
    latest: dict[str, Check] = {check.name: check for check in runs}
    return [latest[planned.name] for planned in check_plans.checks_for(document.kind) if planned.name in latest]


def does_not_fit(document: Document) -> bool:
    """Whether the document, as it counts now, contradicts another of the same case; the customer sends one of them anew."""
    if document.state not in {DocumentState.CHECKED, DocumentState.APPROVED}:
        return False
    return any(
        check.name in document_checks.TOGETHER
        and document_checks.stands_against_approval(check.outcome, check.severity)
        for check in latest_checks(document)
    )


def known_name(document: Document) -> str:
    """The name that we know whoever the document is about by: the customer's, or the party's."""
    if document.party is None:
        return document.case.customer.name
    return document.party.full_name


def has_unknown_signer(document: Document) -> bool:
    """Whether the last look found a signature that no trusted certificate made: nobody says that it is forged."""
    last = document.checks.filter(name="signature").order_by("-attempt").first()
    return last is not None and last.reason == "UNKNOWN_SIGNER"


def is_done(document: Document, name: str) -> bool:
    """Whether a check has given its answer. One that was unavailable has not."""
    last = document.checks.filter(name=name).order_by("-attempt").first()
    return last is not None and last.outcome != CheckOutcome.UNAVAILABLE


def done_checks(document: Document) -> set[str]:
    """The names of the checks that have given their answer, as ``is_done`` says of one."""
    last = dict(document.checks.order_by("attempt").values_list("name", "outcome"))
    return {name for name, outcome in last.items() if outcome != CheckOutcome.UNAVAILABLE}


def number_domain(kind: str) -> str:
    """The domain of the lookup hashes of numbers on documents of this kind."""
    return f"kyc.number.{check_plans.number_type(kind)}"


def others_with_number(document: Document, number: str) -> QuerySet[Document]:
    """Documents of any kind that other customers have sent with the same number: by keyed hash, under every lookup key.

    ``number`` is the document's own in clear: its stored hash was made under one key, a row of long ago under another.
    """
    hashes = ciphers.blind_indexes(number, domain=number_domain(document.kind))
    kinds = check_plans.kinds_with_number(check_plans.number_type(document.kind))
    same = Document.objects.filter(kind__in=kinds, number_index__in=hashes, sent_at__isnull=False)
    return same.exclude(case__customer_id=document.case.customer_id).exclude(state__in=GONE)


def waiting_to_check(*, now: datetime) -> Iterable[int]:
    """Documents whose checks nobody is running."""
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    return (
        Document.objects.filter(free, state=DocumentState.RECEIVED, erased_at=None)
        .order_by("uploaded_at")
        .values_list("pk", flat=True)
    )


def proposed(*, by: User | None = None) -> Exists:
    """Of documents: whether a proposal (of this maker) waits for a second person."""
    waiting = Decision.objects.filter(document=OuterRef("pk"), answer=Answer.PENDING)
    return Exists(waiting.filter(made_by=by) if by is not None else waiting)


def in_queue(documents: QuerySet[Document]) -> QuerySet[Document]:
    """Documents with ``due_at``, the end of the running promise of their case, and ``is_proposed``."""
    return documents.annotate(due_at=due_at(Case.OWNER, "case__reference"), is_proposed=proposed())


#: In a queue: what is due first, then who has waited longest.
SOONEST = (F("due_at").asc(nulls_last=True), F("sent_at").asc(nulls_last=True), "pk")


def to_review(*, at: datetime) -> QuerySet[Document]:
    """What the desk works on: checked by machine and sent by the customer, oldest first. Nothing of a frozen case, and
    nothing of somebody who is known as a child at ``at``.
    """
    is_waiting = Q(state=DocumentState.CHECKED, sent_at__isnull=False)
    is_appeal = Q(proposed(), state=DocumentState.REJECTED)
    is_here = Q(party=None) | Q(party__ended_at=None)
    return (
        Document.objects.filter(is_here & (is_waiting | is_appeal), case__frozen_at=None, erased_at=None)
        .filter(not_of_children(at=at))
        .select_related("case__customer", "case__locked_by", "party", "kept")
        .order_by("sent_at")
    )


def standing_of(case: Case, *, on: date) -> Standing:
    """What the KYC of a case is worth on a day. While it is renewed, the verification of before stands until it is due.

    Nothing is, while somebody of it was found to stand on a sanctions list, or the customer is known as a child.
    """
    found = _standing_of(case, on=on)
    end_of_day = datetime.combine(on, time.max, tzinfo=IST)
    is_verified = found in {Standing.VERIFIED, Standing.EXPIRING}
    return Standing.NONE if is_verified and is_of_a_child(case, None, at=end_of_day) else found


def _standing_of(case: Case, *, on: date) -> Standing:
    if case.state == CaseState.REJECTED or is_listed(case):
        return Standing.NONE
    if case.rekyc_on is not None and on > case.rekyc_on:
        return Standing.EXPIRED
    if case.state == CaseState.APPROVED:
        return Standing.VERIFIED
    return Standing.EXPIRING if renewals_of(case) else Standing.NONE


def renewals_of(case: Case) -> list[Renewal]:
    """Why the case is being renewed, oldest first; empty where it is not."""
    rows = Renewal.objects.filter(case=case, closed_at=None) if case.pk else Renewal.objects.none()
    return list(rows.order_by("opened_at", "pk"))


def current_editions() -> QuerySet[SanctionsList]:
    """The edition of each sanctions list that counts."""
    return SanctionsList.objects.filter(superseded_at=None).order_by("source")


def unscreened_cases(edition: SanctionsList, *, version: str) -> QuerySet[Case]:
    """Cases of customers who are with us and were not held against the edition by this version of comparing, oldest first."""
    done = Screening.objects.filter(case=OuterRef("pk"), party=None, edition=edition, names_version=version)
    rows = Case.objects.filter(~Exists(done), customer__state=CustomerState.ACTIVE)
    return rows.select_related("customer").order_by("pk")


def unscreened_parties(edition: SanctionsList, *, version: str) -> QuerySet[Party]:
    """The people behind them likewise."""
    done = Screening.objects.filter(party=OuterRef("pk"), edition=edition, names_version=version)
    rows = Party.objects.filter(
        ~Exists(done), ended_at=None, erased_at=None, case__customer__state=CustomerState.ACTIVE
    )
    return rows.select_related("case__customer", "principal").order_by("pk")


def against_approval(case: Case) -> QuerySet[Likeness]:
    """Likenesses of the customer or its people that nobody has answered, or that were found to be right."""
    here = Q(party=None) | Q(party__ended_at=None)
    return Likeness.objects.filter(here, case=case).exclude(state=LikenessState.SOMEBODY_ELSE)


def is_listed(case: Case) -> bool:
    """Whether the customer or one of its people was found to be who a sanctions list names."""
    return case.pk is not None and against_approval(case).filter(state=LikenessState.SAME).exists()


@dataclass(frozen=True)
class SenderState:
    """Whether a customer may use the network, as far as KYC goes."""

    is_verified: bool
    state: str
    rekyc_on: date | None
    standing: Standing = Standing.NONE

    @property
    def is_lapsed(self) -> bool:
        """It was verified once, and the day for renewing it is over."""
        return self.standing == Standing.EXPIRED


def sender_state(*, subject_ref: UUID, on: date) -> SenderState:
    """Answers ``answers.sender_state`` for a customer by its subject, under any reference of it. Never opened, or due again: not verified."""
    customers = Customer.objects.filter(subject__ref__in=refs_of(subject_ref))
    cases = Case.objects.filter(customer__in=customers).order_by("pk")
    case = min(cases, key=lambda one: one.subject_ref != subject_ref, default=None)
    if case is None:
        return SenderState(is_verified=False, state="none", rekyc_on=None)
    standing = standing_of(case, on=on)
    is_verified = standing in {Standing.VERIFIED, Standing.EXPIRING}
    return SenderState(is_verified, case.state, case.rekyc_on, standing)
