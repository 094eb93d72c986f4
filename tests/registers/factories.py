import base64
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.kernel.core import actor, clock, webhook_signatures
from portal.kernel.core.data_categories import DataCategory
from portal.kernel.people.models import Customer, Fiduciary, User
from portal.kernel.people.services import fiduciaries
from portal.kernel.registers.base.choices import Clause
from portal.kernel.registers.entries.services import company, consent_managers, officers
from portal.kernel.registers.incidents import rules as incident_rules
from portal.kernel.registers.incidents.services import incidents
from portal.kernel.registers.models import (
    AuthorityOrder,
    CompanyDetails,
    ConsentManager,
    ContentTemplate,
    Contract,
    DatedEntry,
    Incident,
    ListedTarget,
    Officer,
    Recipient,
    RecipientCheck,
    RecipientSecret,
    Sender,
    Transfer,
)
from portal.kernel.registers.recipients.services import recipients
from portal.kernel.registers.senders.selectors import senders as sender_selectors
from portal.kernel.registers.senders.services import message_templates, sender_entries, senders
from tests.people.factories import StaffFactory

#: Breaches are not yet reported under the DPDP Act, which requires it from 13 May 2027.
BEFORE_DPDP = datetime(2026, 12, 2, 6, 30, tzinfo=UTC)
OFFICER = {
    "kind": "grievance_officer",
    "full_name": "Meera Kulkarni",
    "title": "Head of Compliance",
    "email": "Officer@Onesetu.example",
    "phone": "98765 43210",
    "postal_address": "7 Example Park, Nashik 422007",
}
COMPANY = {
    "legal_name": "Onesetu Example Private Limited",
    "trade_name": "Onesetu",
    "email": "support@onesetu.example",
    "phone": "+91 98765 00000",
    "postal_address": "7 Example Park, Nashik 422007",
}


def today() -> date:
    return clock.day(clock.now())


def as_actor(user: User) -> actor.Actor:
    return actor.staff(user.pk)


def proposed_officer(maker: User, **changes: Any) -> Officer:
    """An appointment that waits for a second person."""
    return officers.propose(**{**OFFICER, "effective_from": today(), **changes}, actor=as_actor(maker))


def officer_in_office(**changes: Any) -> Officer:
    """An appointment made by two people."""
    maker, checker = StaffFactory(roles=["administrator"]), StaffFactory(roles=["data_protection_officer"])
    officer = proposed_officer(maker, **changes)
    officers.answer(officer=officer, approve=True, reason="", actor=as_actor(checker))
    return officer


def company_in_force(**changes: Any) -> CompanyDetails:
    """Details entered by two people."""
    maker, checker = StaffFactory(roles=["administrator"]), StaffFactory(roles=["data_protection_officer"])
    details = company.propose(**{**COMPANY, "effective_from": today(), **changes}, actor=as_actor(maker))
    company.answer(details=details, approve=True, reason="", actor=as_actor(checker))
    return details


def two_people() -> tuple[Any, Any]:
    """A maker and a checker of what is registered about senders."""
    maker, checker = StaffFactory(roles=["administrator"]), StaffFactory(roles=["data_protection_officer"])
    return as_actor(maker), as_actor(checker)


def registered_manager(**changes: Any) -> ConsentManager:
    """A consent manager in our book, entered by two people."""
    maker, checker = two_people()
    key = base64.b64encode(Ed25519PrivateKey.generate().public_key().public_bytes_raw()).decode()
    usual = {"board_number": "DPB/CM/0007", "name": "Sahmati Example", "public_key": key, "starts_at": clock.now()}
    entry = consent_managers.propose(fiduciary=own(), actor=maker, now=clock.now(), **{**usual, **changes})
    sender_entries.answer(entry, approve=True, reason="", actor=checker, now=clock.now())
    return aged(entry)


def own() -> Fiduciary:
    return fiduciaries.ensure_own(actor=actor.SYSTEM, now=clock.now())


def since() -> datetime:
    """When the entries of these factories that two people agreed to began to hold."""
    return clock.now() - timedelta(days=30)


E = TypeVar("E", bound=DatedEntry)


def aged(entry: E, **changes: Any) -> E:
    """The agreed entry as it stands a month later, where its start was not given. Nobody can enter such a start."""
    if "starts_at" not in changes:
        entry.starts_at = since()
        entry.save(update_fields=["starts_at"])
        sender_selectors.forget()
    return entry


def proposed_sender(maker: Any, value: str = "ONESTU", **changes: Any) -> Sender:
    usual = {
        "kind": "sms_header",
        "carries": ["service", "transactional"],
        "starts_at": clock.now(),
        "now": clock.now(),
    }
    fiduciary = changes.pop("fiduciary", None) or own()
    return senders.propose_sender(fiduciary=fiduciary, value=value, actor=maker, **{**usual, **changes})


def registered_sender(value: str = "ONESTU", **changes: Any) -> Sender:
    """A sender that two people agreed to, by default Onesetu's header for service and transactional messages."""
    maker, checker = two_people()
    sender = proposed_sender(maker, value, **changes)
    sender_entries.answer(sender, approve=True, reason="", actor=checker, now=clock.now())
    return aged(sender, **changes)


def listed_target(value: str, **changes: Any) -> ListedTarget:
    """A link (or ``kind="number"``) that two people agreed to."""
    maker, checker = two_people()
    usual = {
        "kind": "link",
        "starts_at": clock.now(),
        "now": clock.now(),
        "fiduciary": changes.pop("fiduciary", None) or own(),
    }
    target = senders.propose_target(value=value, actor=maker, **{**usual, **changes})
    sender_entries.answer(target, approve=True, reason="", actor=checker, now=clock.now())
    return aged(target, **changes)


def entity_of(
    fiduciary: Fiduciary,
    *,
    customer: Customer | None = None,
    entity_id: str = "1101234567890123456",
    advertises: Sequence[str] = (),
) -> Any:
    """A DLT entity that two people agreed to."""
    maker, checker = two_people()
    entity = senders.propose_entity(
        fiduciary=fiduciary,
        entity_id=entity_id,
        customer=customer,
        advertises=advertises,
        starts_at=clock.now(),
        actor=maker,
        now=clock.now(),
    )
    sender_entries.answer(entity, approve=True, reason="", actor=checker, now=clock.now())
    return aged(entity)


def proposed_template(maker: Any, **changes: Any) -> ContentTemplate:
    """A clean transactional SMS text; give ``senders`` to change where it is sent from."""
    usual = {
        "fiduciary": changes.pop("fiduciary", None) or own(),
        "channel": "sms",
        "template_id": "1107160000000000001",
        "category": "transactional",
        "language": "en",
        "text": "Your Onesetu code is {#numeric#}. Tell nobody.",
        "starts_at": clock.now(),
        "now": clock.now(),
    }
    return message_templates.propose(actor=maker, **{**usual, **changes})


def agreed_template(**changes: Any) -> ContentTemplate:
    maker, checker = two_people()
    template = proposed_template(maker, **changes)
    message_templates.answer(template=template, approve=True, actor=checker, now=clock.now())
    return aged(template, **changes)


def consent_template(maker: Any, **changes: Any) -> Any:
    """A proposed consent template; ``short_code`` is a registered one."""
    usual = {
        "fiduciary": own(),
        "template_id": "1307",
        "language": "en",
        "scope": "Offers and news by SMS and calls.",
        "revocation_text": "Reply STOP to 56767 at any time.",
        "starts_at": clock.now(),
        "now": clock.now(),
    }
    return message_templates.propose_consent(actor=maker, **{**usual, **changes})


def proposed_recipient(maker: Any, code: str = "dialer-one", **changes: Any) -> Recipient:
    """A sending system for marketing by SMS and WhatsApp. The law of tests.consent has to be loaded."""
    usual = {
        "code": code,
        "name": code.replace("-", " ").title(),
        "kind": "sender",
        "purposes": ["marketing"],
        "channels": ["sms", "whatsapp"],
        "used_categories": ["contact"],
        "country": "IN",
        "contact": f"privacy@{code}.example",
        "url": f"https://{code}.example/webhooks",
        "starts_at": clock.now(),
        "now": clock.now(),
    }
    fiduciary = changes.pop("fiduciary", None) or own()
    return recipients.propose(fiduciary=fiduciary, actor=maker, **{**usual, **changes})


def papers_for(
    code: str, *, country: str = "IN", categories: Sequence[str] = tuple(DataCategory), **changes: Any
) -> None:
    """Contract and check of a recipient, and a transfer where it is abroad, as two people agreed to them a year ago."""
    maker, checker = StaffFactory(roles=["administrator"]), StaffFactory(roles=["data_protection_officer"])
    before = clock.now() - timedelta(days=300)
    usual = {
        "fiduciary": own(),
        "act": "registers.book.enter",
        "made_by": maker,
        "made_at": before,
        "checked_by": checker,
        "checked_at": before,
        "answer": "approved",
        "starts_at": before,
        "owner": maker,
        "review_on": today() + timedelta(days=60),
        "evidence": "Binder 7",
        "recipient_code": code,
    }
    kinds = [category for category in categories if category != DataCategory.NONE]
    Contract.objects.create(
        **usual,
        code=f"contract-{code}"[:40],
        name=f"Contract with {code}",
        kind="processing",
        clauses=[str(clause) for clause in Clause.values],
        signed_on=clock.day(before),
        valid_until=changes.get("valid_until"),
    )
    RecipientCheck.objects.create(
        **usual,
        code=f"check-{code}"[:40],
        name=f"Check of {code}",
        service="desk",
        region="Mumbai",
        sells_nothing=True,
        training_use="none",
        allowed_categories=[str(kind) for kind in kinds],
        checked_on=clock.day(before),
        outcome="fit",
    )
    if country != "IN":
        Transfer.objects.create(
            **usual,
            code=f"transfer-{code}"[:40],
            name=f"Transfer to {code}",
            country=country,
            used_categories=[str(kind) for kind in kinds],
            mechanism="contract",
            assessed_on=clock.day(before),
            assessment="The same level of protection.",
        )


def registered_recipient(code: str = "dialer-one", *, secret: str = "", **changes: Any) -> Recipient:
    """A recipient that two people agreed to, with a secret."""
    maker, checker = two_people()
    recipient = proposed_recipient(maker, code, **changes)
    if not Contract.objects.filter(recipient_code=code).exists():
        papers_for(code, country=recipient.country)
    sender_entries.answer(recipient, approve=True, reason="", actor=checker, now=clock.now())
    aged(recipient, **changes)
    RecipientSecret.objects.create(
        recipient_code=code, secret=secret or webhook_signatures.new_secret(), made_at=clock.now()
    )
    return recipient


def service_in_the_book(*codes: str) -> None:
    """Services that keep or check data, with their papers, as two people agreed to them a year ago."""
    for code in codes:
        papers_for(code)
        paper = Contract.objects.get(recipient_code=code)
        Recipient.objects.create(
            fiduciary=paper.fiduciary,
            act="registers.recipient.register",
            made_by=paper.made_by,
            made_at=paper.made_at,
            checked_by=paper.checked_by,
            checked_at=paper.checked_at,
            answer="approved",
            starts_at=paper.starts_at,
            code=code,
            name=code,
            kind="service",
            purposes=["kyc_verification"],
            channels=["none"],
            used_categories=["name", "identity_document", "financial"],
            country="IN",
            contact=f"privacy@{code}.example",
            url="",
            address_form="plain",
        )


def opened_incident(maker: Any, **changes: Any) -> Incident:
    """A cyber incident of our own processing with personal data, noticed and known an hour ago."""
    now = clock.now()
    usual = {
        "headline": "A mailbox of the support desk was read",
        "role": "fiduciary",
        "regimes": [],
        "is_cyber": True,
        "is_telecom": False,
        "has_personal_data": True,
        "risk": "unknown",
        "noticed_at": now - timedelta(hours=1),
        "aware_at": now - timedelta(hours=1),
        "now": now,
    }
    return incidents.open_incident(actor=maker, **{**usual, **changes})


def told_everything(incident: Incident, maker: Any, **changes: str) -> None:
    """Every fact that a form may ask for is told."""
    words = {code: f"{code} told" for code in incident_rules.fact_kinds()}
    incidents.tell(incident=incident, words={**words, **changes}, actor=maker, now=clock.now())


def order_about(subject_ref: UUID, **changes: Any) -> AuthorityOrder:
    """An order of an authority that waits for its answer and binds us to silence."""
    number = AuthorityOrder.objects.count() + 1
    given = {
        "reference": f"OS-AO-TEST-{number:04}",
        "kind": "court",
        "authority": "Sessions Court, Nashik",
        "officer_name": "R. Deshmukh",
        "verified_how": "court_seal",
        "power": "BNSS s.94",
        "order_number": f"Cr. {number}/2026",
        "paper_sha256": "a" * 64,
        "asked": "Name of the holder.",
        "asked_categories": ["name"],
        "subject_refs": [str(subject_ref)],
        "is_secret": True,
        "received_at": clock.now(),
        **changes,
    }
    return AuthorityOrder.objects.create(**given)
