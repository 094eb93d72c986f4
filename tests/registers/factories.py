from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from portal.core import actor, clock, signed_messages
from portal.people.models import Customer, Fiduciary, User
from portal.people.services import fiduciaries
from portal.registers.models import (
    CompanyDetails,
    ContentTemplate,
    ListedTarget,
    Officer,
    Recipient,
    RecipientSecret,
    Sender,
)
from portal.registers.services import company, entries, officers, recipients, senders, templates
from tests.people.factories import StaffFactory

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


def own() -> Fiduciary:
    return fiduciaries.ensure_own(actor=actor.SYSTEM, now=clock.now())


def since() -> datetime:
    """When the entries of these factories began to hold."""
    return clock.now() - timedelta(days=30)


def proposed_sender(maker: Any, value: str = "ONESTU", **changes: Any) -> Sender:
    usual = {"kind": "sms_header", "carries": ["service", "transactional"], "starts_at": since(), "now": clock.now()}
    fiduciary = changes.pop("fiduciary", None) or own()
    return senders.propose_sender(fiduciary=fiduciary, value=value, actor=maker, **{**usual, **changes})


def registered_sender(value: str = "ONESTU", **changes: Any) -> Sender:
    """A sender that two people agreed to, by default Onesetu's header for service and transactional messages."""
    maker, checker = two_people()
    sender = proposed_sender(maker, value, **changes)
    entries.answer(sender, approve=True, reason="", actor=checker, now=clock.now())
    return sender


def listed_target(value: str, **changes: Any) -> ListedTarget:
    """A link (or ``kind="number"``) that two people agreed to."""
    maker, checker = two_people()
    usual = {
        "kind": "link",
        "starts_at": since(),
        "now": clock.now(),
        "fiduciary": changes.pop("fiduciary", None) or own(),
    }
    target = senders.propose_target(value=value, actor=maker, **{**usual, **changes})
    entries.answer(target, approve=True, reason="", actor=checker, now=clock.now())
    return target


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
        starts_at=since(),
        actor=maker,
        now=clock.now(),
    )
    entries.answer(entity, approve=True, reason="", actor=checker, now=clock.now())
    return entity


def proposed_template(maker: Any, **changes: Any) -> ContentTemplate:
    """A clean transactional SMS text; give ``senders`` to change where it is sent from."""
    usual = {
        "fiduciary": changes.pop("fiduciary", None) or own(),
        "channel": "sms",
        "template_id": "1107160000000000001",
        "category": "transactional",
        "language": "en",
        "text": "Your Onesetu code is {#numeric#}. Tell nobody.",
        "starts_at": since(),
        "now": clock.now(),
    }
    return templates.propose(actor=maker, **{**usual, **changes})


def agreed_template(**changes: Any) -> ContentTemplate:
    maker, checker = two_people()
    template = proposed_template(maker, **changes)
    templates.answer(template=template, approve=True, actor=checker, now=clock.now())
    return template


def consent_template(maker: Any, **changes: Any) -> Any:
    """A proposed consent template; ``short_code`` is a registered one."""
    usual = {
        "fiduciary": own(),
        "template_id": "1307",
        "language": "en",
        "scope": "Offers and news by SMS and calls.",
        "revocation_text": "Reply STOP to 56767 at any time.",
        "starts_at": since(),
        "now": clock.now(),
    }
    return templates.propose_consent(actor=maker, **{**usual, **changes})


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
        "starts_at": since(),
        "now": clock.now(),
    }
    fiduciary = changes.pop("fiduciary", None) or own()
    return recipients.propose(fiduciary=fiduciary, actor=maker, **{**usual, **changes})


def registered_recipient(code: str = "dialer-one", *, secret: str = "", **changes: Any) -> Recipient:
    """A recipient that two people agreed to, with a secret."""
    maker, checker = two_people()
    recipient = proposed_recipient(maker, code, **changes)
    entries.answer(recipient, approve=True, reason="", actor=checker, now=clock.now())
    RecipientSecret.objects.create(
        recipient_code=code, secret=secret or signed_messages.new_secret(), made_at=clock.now()
    )
    return recipient
