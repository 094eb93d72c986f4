"""Documents in each state, made by the services that make them in life."""

import io
from datetime import UTC, datetime
from typing import Any

from kyc.models import Decision, Document, Party
from kyc.services import answer, open_case, propose, run_plan, send, upload
from portal.core import actor, clock, ids
from portal.people.models import Customer, User
from tests.kyc import documents
from tests.people.factories import PrincipalFactory

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


def gst(customer: Customer, **changes: Any) -> Document:
    number = changes.pop("number", documents.GSTIN)
    given = {"kind": "gst_certificate", "number": number, "data": documents.pdf(f"GSTIN {number}"), **changes}
    return uploaded(customer, **given)


def company_pan(customer: Customer, **changes: Any) -> Document:
    number = changes.pop("number", documents.COMPANY_PAN)
    return uploaded(customer, **{"number": number, "data": documents.pdf(number), **changes})


def checked(customer: Customer, **changes: Any) -> Document:
    """Uploaded, checked by the plan, and sent by the customer."""
    make = changes.pop("make", uploaded)
    document = make(customer, **changes)
    run_plan(document.pk, now=clock.now())
    document.refresh_from_db()
    if document.state == "checked":
        send(document, actor=CUSTOMER, now=NOW)
    return document


def proposed(document: Document, maker: User, **changes: Any) -> Decision:
    given = {"outcome": "approve", "actor": actor.staff(maker.pk), "now": clock.now(), **changes}
    return propose(document, **given)


def answered(decision: Decision, checker: User, **changes: Any) -> Decision:
    answer(decision, **{"approve": True, "actor": actor.staff(checker.pk), "now": clock.now(), **changes})
    decision.refresh_from_db()
    decision.document.refresh_from_db()
    return decision


def party_of(customer: Customer, **changes: Any) -> Party:
    """A person behind the customer; ``principal=None`` and a ``name`` for an organisation."""
    case = open_case(customer=customer, actor=CUSTOMER, now=NOW)
    principal = changes.pop("principal") if "principal" in changes else PrincipalFactory(full_name="Ravi Kumar")
    return Party.objects.create(
        reference=ids.new_reference("PA"), case=case, principal=principal, added_at=NOW, **changes
    )
