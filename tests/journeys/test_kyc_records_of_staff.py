"""Staff's pages of one KYC record of each kind, with the acts on it: opened, checked with axe, read by somebody tired."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from kyc.models import (
    Case,
    DeletionRequest,
    Draw,
    Likeness,
    MinorFound,
    Renewal,
    RiskProposal,
    SecondLook,
    TakeOver,
    TypeProposal,
)
from kyc.outcomes.services.deletion_requests import ask_to_delete
from kyc.qa_reviews.services import qa_reviews
from kyc.review.services import type_changes
from kyc.review.services.document_uploads import open_case
from kyc.review.services.kyc_renewals import ask_again
from kyc.risk.services import risk_ratings
from kyc.screening.services import sanctions_matches, screening
from portal.kernel.core import actor, clock
from portal.kernel.people.models import User
from tests.grievances.conftest import house
from tests.journeys.browsing import Person
from tests.journeys.test_pages_have_no_axe_violations import EVERY_ROLE, person, visit
from tests.kyc.conftest import checker, maker, same_process
from tests.kyc.factories import CUSTOMER, NOW, answered, checked, firm, party_of, proposed, rest_approved, uploaded
from tests.kyc.signatures import vectors
from tests.kyc.test_proving import ekyc, offline, pinned, read_here
from tests.kyc.test_screening import NOTE, OTHER, ZORAN, imported
from tests.kyc.test_second_looks import sealed
from tests.kyc.test_taking_over import archive, brought, pan, worked
from tests.people.factories import CustomerFactory, CustomerUserFactory, StaffFactory
from tests.registers.factories import company_in_force, officer_in_office
from tests.signin.people_who_sign_in import staff_client

__all__ = ["checker", "house", "maker", "person", "pinned", "read_here", "same_process"]

# One browser on some forty pages.
pytestmark = [
    pytest.mark.browser, pytest.mark.crawl, pytest.mark.full, pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("same_process", "pinned", "read_here"),
]  # fmt: skip
#: Codes that once stood where a sentence can.
CODES = ("AUTO", "REVIEW", "SAME_WORDS", "TWICE", "NOT_WANTED", "CONSENT_MISSING", "Not empty", " None ")


@pytest.fixture
def records(house: None, maker: User, checker: User) -> list[tuple[str, Model]]:
    """A likeness that nobody and one that somebody has answered, and one record of each other kind."""
    officer_in_office()
    company_in_force()
    now = clock.now()
    open_case(customer=CustomerFactory(kind="individual", name=ZORAN["name"]), actor=CUSTOMER, now=NOW)
    foods = CustomerFactory(kind="organisation", name="Acme Foods")
    open_case(customer=foods, actor=CUSTOMER, now=NOW)
    party_of(foods, principal=None, name=OTHER["name"])
    imported(ZORAN, OTHER)
    screening.screen_round(now=now)
    one, other = Likeness.objects.order_by("party")
    sanctions_matches.propose_somebody_else(one, note=NOTE, actor=actor.staff(maker.pk), now=now)
    case = approved("ABCPR1214Z", maker, checker)
    sealed(now + timedelta(days=1))
    qa_reviews.draw_due(now=now + timedelta(days=1))
    ask_again(case, reason="complaints", why="Many complaints.", actor=actor.staff(maker.pk), now=now)
    wanted = CustomerFactory(kind="individual")
    rest_approved(wanted)
    ask_to_delete(checked(wanted, number="ABCPR7774Z"), actor=CUSTOMER, now=NOW)
    child = CustomerFactory(kind="individual")
    CustomerUserFactory(member_of=child, email="child@acme.example")
    uploaded(child)
    offline(child, ekyc(dob=vectors.age_dates(now)["eighteen_tomorrow"]))
    old = CustomerFactory(kind="individual")
    worked(brought(StaffFactory(roles=["data_protection_officer"]), archive(pan(old), pan(old), pan(old, kind="x"))))
    Case.objects.filter(customer=firm("trust")).update(relation="reseller")
    reseller = Case.objects.get(relation="reseller")
    risk_ratings.propose(reseller, level="low", why="supervised", actor=actor.staff(maker.pk), now=now)
    given = {"relation": "vendor", "customer_type": "trust", "reason": "A supplier."}
    type_changes.propose(reseller, **given, actor=actor.staff(maker.pk), now=now)
    single = (Renewal, DeletionRequest, MinorFound, TakeOver, SecondLook, RiskProposal, TypeProposal)
    found = [one, other, reseller, *(model.objects.get() for model in single), Draw.objects.latest("day")]
    return [(row._meta.model_name or "", row) for row in found]


def approved(number: str, maker: User, checker: User) -> Case:
    customer = CustomerFactory(kind="individual")
    CustomerUserFactory(member_of=customer, email="asha@acme.example")
    rest_approved(customer)
    return answered(proposed(checked(customer, number=number), maker), checker).document.case


def opened(desk: Client, model: str, row: Any) -> str:
    """The page of a record, after saying why."""
    url = reverse(f"admin:kyc_{model}_change", args=[row.pk])
    desk.post(url, {"open_record": "1", "purpose": "kyc_review", "ticket": "review queue"})
    return url


def test_each_record_and_each_act_on_it_is_in_words_and_fits(person: Person, records: list[tuple[str, Model]]) -> None:
    desk = staff_client(StaffFactory(roles=EVERY_ROLE))
    person.signs_in_with(desk)
    acts = 0
    for model, row in records:
        url = opened(desk, model, row)
        links = visit(person, url)
        says(person, url)
        for act in dict.fromkeys(link for link in links if link.startswith(url.removesuffix("change/") + "do/")):
            visit(person, act)
            says(person, act)
            acts += 1
    assert acts >= len(records)
    visit(person, reverse("admin:kyc_takeover_add"))
    assert "\n".join(person.problems) == ""


def says(person: Person, path: str) -> None:
    text = person.page.inner_text("main")
    person.problems.extend(f"{code} at {path}" for code in CODES if code in text)
