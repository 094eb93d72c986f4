"""Rows of the books as somebody would enter them, by the model's name."""

from datetime import timedelta
from typing import Any

from portal.kernel.core import clock
from portal.kernel.registers.entries.services import register_entries
from portal.kernel.registers.models import BookEntry, Contract, Measure, ProcessingActivity
from portal.kernel.registers.senders.services import sender_entries
from tests.people.factories import CustomerFactory, StaffFactory
from tests.registers.factories import own, today, two_people

USUAL: dict[str, dict[str, Any]] = {
    "Training": {"kind": "yearly", "subject": "Handling personal data", "held_on": timedelta(days=-4), "attended": 12},
    "AccessReview": {
        "roles": ["administrator", "data_protection_officer"],
        "found": "Everybody still needs the role.",
        "to_end": 0,
    },
    "AccountBlock": {"why": "spam", "is_automated": True, "human_check": "The messages were read by a person."},
    "AuditFinding": {
        "audit": "Yearly audit of 2026",
        "severity": "high",
        "what": "Backups were not tried.",
        "state": "open",
        "due_on": timedelta(days=20),
    },
    "ContentAccess": {
        "what": "message",
        "which": "message 4711",
        "why": "The person says that the text was wrong.",
        "basis": "grievance",
        "basis_reference": "OS-GR-7K4M-9QX2",
    },
    "Contract": {
        "recipient_code": "host-one",
        "kind": "processing",
        "clauses": ["instructions", "confidentiality", "security", "sub_processors", "breaches", "erasure"],
        "signed_on": timedelta(days=-10),
        "evidence": "Binder 7",
    },
    "CountryRule": {
        "country": "KP",
        "law": "IN",
        "says": "denied",
        "source": "An order under s.16",
        "confidence": "U",
    },
    "Dataset": {
        "kind": "analytics",
        "form": "aggregated",
        "used_categories": ["device"],
        "purposes": ["analytics"],
        "basis": "consent",
        "opt_out": "In the preferences.",
        "left_out": ["children", "opted_out"],
    },
    "Dpia": {
        "about": "Counting how pages are used.",
        "risk": "low",
        "answer_to_risk": "Marks instead of names.",
        "done_on": timedelta(days=-3),
        "outcome": "go",
    },
    "ExternalLink": {"url": "https://cms.trai.gov.in/", "what_for": "People block calls there."},
    "Measure": {"control": "protection", "said": "Files are encrypted.", "is_published": True},
    "ProcessingActivity": {
        "role": "controller",
        "dpdp_role": "fiduciary",
        "what_is_done": "Messages are sent to who agreed.",
        "purposes": ["marketing"],
        "subjects": ["customers"],
        "used_categories": ["contact"],
        "retention_classes": ["consent_evidence"],
        "basis_in": "consent",
    },
    "Product": {"kind": "dashboard", "what_it_does": "Customers see their messages.", "country": "IN"},
    "RecipientCheck": {
        "recipient_code": "host-one",
        "service": "hosting",
        "region": "Mumbai",
        "sells_nothing": True,
        "training_use": "none",
        "allowed_categories": ["contact"],
        "checked_on": timedelta(days=-5),
        "outcome": "fit",
    },
    "Transfer": {
        "recipient_code": "host-one",
        "country": "SG",
        "used_categories": ["contact"],
        "mechanism": "contract",
        "assessed_on": timedelta(days=-5),
        "assessment": "The same level of protection.",
        "evidence": "Binder 7, page 3",
    },
}


def _day(value: Any) -> Any:
    return today() + value if isinstance(value, timedelta) else value


def proposed(model: type[BookEntry], maker: Any, **changes: Any) -> Any:
    """A row of the book that waits for a second person; what it rests on is agreed to before."""
    given = {
        "code": f"{model._meta.model_name}-one",
        "name": f"{model._meta.verbose_name} one",
        "owner": StaffFactory(roles=["data_protection_officer"]),
        "review_on": timedelta(days=90),
        **USUAL[model.__name__],
        **changes,
    }
    if model.__name__ == "ProcessingActivity" and "measures" not in given:
        given["measures"] = [measure().code]
    if model.__name__ == "Product" and "activities" not in given:
        given["activities"] = [activity().code]
    if model.__name__ == "AccountBlock":
        given.setdefault("customer", CustomerFactory())
    if model.__name__ == "ContentAccess":
        given.setdefault("reader", StaffFactory(roles=["support"]))
    if model.__name__ == "Transfer" and not Contract.objects.filter(recipient_code=given["recipient_code"]).exists():
        agreed(Contract, code=f"contract-{given['recipient_code']}", recipient_code=given["recipient_code"])
    now = given.pop("now", clock.now())
    starts_at = given.pop("starts_at", now)
    fields = {name: _day(value) for name, value in given.items()}
    return register_entries.propose(model, fiduciary=own(), starts_at=starts_at, actor=maker, now=now, **fields)


def agreed(model: type[BookEntry], **changes: Any) -> Any:
    """A row of the book that two people agreed to."""
    maker, checker = two_people()
    entry = proposed(model, maker, **changes)
    sender_entries.answer(entry, approve=True, reason="", actor=checker, now=clock.now())
    return entry


def measure() -> Any:
    return Measure.objects.filter(code="measure-one", answer="approved", ends_at=None).first() or agreed(Measure)


def activity() -> Any:
    held = ProcessingActivity.objects.filter(code="processingactivity-one", answer="approved", ends_at=None)
    return held.first() or agreed(ProcessingActivity)
