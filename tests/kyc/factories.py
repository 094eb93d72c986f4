"""Documents in each state, made by the services that make them in life."""

import io
import uuid
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from kyc.cases.outstanding_items import needs_of
from kyc.cases.services import document_encryption
from kyc.models import Case, Decision, Document, Holding, Party
from kyc.outcomes import retention_classes
from kyc.review.services import type_changes
from kyc.review.services.aadhaar_consent import PURPOSE, Yes, holder_of
from kyc.review.services.check_runs import run_plan
from kyc.review.services.customer_types import say_type
from kyc.review.services.document_decisions import answer, propose
from kyc.review.services.document_uploads import open_case, send, upload
from portal.kernel.core import actor, answers, clock, ids
from portal.kernel.law.request_cache import remembering
from portal.kernel.people.models import Customer, Fiduciary, User
from portal.kernel.retention.models import Hold
from portal.kernel.retention.services import holds
from portal.kernel.vault.services import files
from tests.consent.factories import published_notice
from tests.kyc import documents
from tests.people.factories import CustomerFactory, PrincipalFactory, StaffFactory

NOW = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)
CUSTOMER = actor.customer(1, via="page")


def uploaded(customer: Customer, **changes: Any) -> Document:
    """A good PAN card as PDF, in quarantine; ``data`` and ``extension`` for another file."""
    data = changes.pop("data", None)
    given = {
        "kind": "pan_card",
        "number": documents.PAN,
        "extension": "pdf",
        "actor": CUSTOMER,
        "now": NOW,
        **changes,
    }
    return upload(customer=customer, stream=io.BytesIO(documents.pdf() if data is None else data), **given)


def agreed(customer: Customer, *, language: str = "en", **changes: Any) -> Yes:
    """The box that the owner ticked below the published notice about Aadhaar."""
    Fiduciary.objects.get_or_create(
        code="onesetu", defaults={"name": "Onesetu", "is_self": True, "created_at": clock.now()}
    )
    if answers.consent_question.ask(purpose=PURPOSE, language=language, at=clock.now()) is None:
        published_notice(asks=[PURPOSE], code="aadhaar-consent", text="May we verify your Aadhaar document?")
    text = answers.consent_question.ask(purpose=PURPOSE, language=language, at=clock.now())
    given = {"text_sha256": text.sha256, "language": text.language, "asked_in": "I agree."}
    return Yes(**{**given, "said_by": holder_of(customer, None), **changes})


def gst(customer: Customer, **changes: Any) -> Document:
    number = changes.pop("number", documents.GSTIN)
    given = {"kind": "gst_certificate", "number": number, "data": documents.pdf(f"GSTIN {number}"), **changes}
    return uploaded(customer, **given)


def company_pan(customer: Customer, **changes: Any) -> Document:
    number = changes.pop("number", documents.COMPANY_PAN)
    return uploaded(customer, **{"number": number, "data": documents.pdf(number), **changes})


@remembering()
def checked(customer: Customer, **changes: Any) -> Document:
    """Uploaded, checked by the plan, and sent by the customer; as in a request, each rule is read once."""
    make = changes.pop("make", uploaded)
    document = make(customer, **changes)
    run_plan(document.pk, now=clock.now())
    document.refresh_from_db()
    if document.state == "checked":
        send(document, actor=CUSTOMER, now=NOW)
    return document


@remembering()
def proposed(document: Document, maker: User, **changes: Any) -> Decision:
    given = {"outcome": "approve", "actor": actor.staff(maker.pk), "now": clock.now(), **changes}
    return propose(document, **given)


@remembering()
def answered(decision: Decision, checker: User, **changes: Any) -> Decision:
    answer(decision, **{"approve": True, "actor": actor.staff(checker.pk), "now": clock.now(), **changes})
    decision.refresh_from_db()
    decision.document.refresh_from_db()
    return decision


def firm(customer_type: str = "partnership", **changes: Any) -> Customer:
    """An organisation that has said what it is."""
    customer = CustomerFactory(kind="organisation", **changes)
    case = open_case(customer=customer, actor=actor.SYSTEM, now=NOW)
    say_type(case, customer_type=customer_type, actor=actor.SYSTEM, now=NOW)
    return customer


def rest_approved(customer: Customer, *, but: Collection[str] = ("pan_card",)) -> None:
    """Whatever a case needs besides the customer's own papers of these kinds is there and approved, people included."""
    case = open_case(customer=customer, actor=CUSTOMER, now=NOW)
    if needs_of(case, now=NOW).lacking:
        Holding.objects.create(owner=party_of(customer, is_director=True), percent=100, since=NOW)
    for task in needs_of(case, now=NOW).tasks:
        is_left = task.party is None and not set(but).isdisjoint(task.need.kinds)
        if task.document is None and not task.need.is_optional and not is_left:
            paper(case, task.need.kinds[-1], party=task.party)


def paper(case: Case, kind: str, **changes: Any) -> Document:
    """An approved document of a kind, as it is in the end."""
    given = {
        "state": "approved",
        "sent_at": NOW,
        "uploaded_at": NOW,
        "extension": "pdf",
        "key_ref": uuid.uuid4(),
        "retention_class": retention_classes.class_of(case.relation, kind),
        **changes,
    }
    document = Document(reference=ids.new_reference("DO"), case=case, kind=kind, **given)
    with files.encrypted(io.BytesIO(b"%PDF-1.7")) as copy:
        document.kept = document.quarantined = document_encryption.keep(document, copy, actor=CUSTOMER)
    document.save()
    return document


def party_of(customer: Customer, **changes: Any) -> Party:
    """A signatory of the customer; ``principal=None`` and a ``name`` for an organisation."""
    changes.setdefault("is_signatory", True)
    case = open_case(customer=customer, actor=CUSTOMER, now=NOW)
    principal = changes.pop("principal") if "principal" in changes else PrincipalFactory(full_name="Ravi Kumar")
    return Party.objects.create(
        reference=ids.new_reference("PA"), case=case, principal=principal, added_at=NOW, **changes
    )


def reclassified(case: Case, **changes: Any) -> Case:
    """Two people of staff agree that the customer counts as something else."""
    maker, checker = (StaffFactory(roles=[role]) for role in ("kyc_maker", "kyc_checker"))
    given = {"relation": "vendor", "customer_type": "individual", "reason": "He sells us paper.", **changes}
    made = type_changes.propose(case, **given, actor=actor.staff(maker.pk), now=clock.now())
    type_changes.answer(made, approve=True, actor=actor.staff(checker.pk), now=clock.now())
    case.refresh_from_db()
    return case


def held_by_order(subject_ref: uuid.UUID) -> Hold:
    """The data protection officer has placed a hold on everything of a subject."""
    return holds.place(
        subject_ref=subject_ref,
        retention_class="",
        order_reference="CS 1/2026",
        why="A suit.",
        actor=actor.staff(StaffFactory(roles=["data_protection_officer"]).pk),
    )
