from datetime import date
from typing import Any

from portal.core import actor, clock
from portal.people.models import User
from portal.registers.models import CompanyDetails, Officer
from portal.registers.services import company, officers
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
    return clock.now().astimezone(clock.IST).date()


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
