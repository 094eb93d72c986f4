"""Whoever owned an organisation before an insolvency order looks at its papers, and changes nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from kyc.models import Case, Document, Party
from kyc.outcomes.services.deletion_requests import ask_to_delete
from kyc.review.services import aadhaar_consent
from kyc.review.services.customer_types import say_type
from kyc.review.services.document_uploads import send
from kyc.review.services.related_parties import add_person, leave, own, say_nobody_else, set_shares
from portal.kernel.core import actor
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.people.choices import InsolvencyStep
from portal.kernel.people.models import Customer, User
from tests.kyc.factories import NOW, company_pan, gst, party_of
from tests.people import insolvencies
from tests.people.factories import CustomerUserFactory, StaffFactory
from tests.signin.people_who_sign_in import customer_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house", "same_process")]


@dataclass
class Papers:
    customer: Customer
    case: Case
    draft: Document
    partner: Party


@pytest.fixture
def director(organisation: Customer) -> User:
    found: User = CustomerUserFactory(member_of=organisation)
    return found


@pytest.fixture
def papers(organisation: Customer, director: User) -> Papers:
    draft = company_pan(organisation)
    return Papers(organisation, draft.case, draft, party_of(organisation))


def ordered(customer: Customer, step: InsolvencyStep = InsolvencyStep.BEGUN) -> Any:
    maker, checker = StaffFactory(roles=["kyc_checker"]), StaffFactory(roles=["data_protection_officer"])
    return insolvencies.agreed(customer, actor.staff(maker.pk), actor.staff(checker.pk), step)


ACTS: dict[str, Callable[[Papers, Actor], Any]] = {
    "send a file": lambda p, by: gst(p.customer, actor=by),
    "send it for checking": lambda p, by: send(p.draft, actor=by, now=NOW),
    "have it deleted": lambda p, by: ask_to_delete(p.draft, actor=by, now=NOW),
    "say what it is": lambda p, by: say_type(p.case, customer_type="partnership", actor=by, now=NOW),
    "name someone": lambda p, by: add_person(p.case, full_name="Meera", roles=["signatory"], actor=by, now=NOW),
    "take somebody off": lambda p, by: leave(p.partner, actor=by, now=NOW),
    "note a share": lambda p, by: own(p.partner, percent=Decimal(50), held=None, actor=by, now=NOW),
    "change shares": lambda p, by: set_shares(p.partner, {None: Decimal(50)}, actor=by, now=NOW),
    "say that nobody else owns it": lambda p, by: say_nobody_else(p.case, actor=by, now=NOW),
}


@pytest.mark.parametrize("act", ACTS)
def test_whoever_owned_it_does_nothing_in_its_name_until_the_proceedings_end(
    papers: Papers, director: User, act: str
) -> None:
    by = actor.customer(director.pk)
    ordered(papers.customer)
    with pytest.raises(Refused) as refused:
        ACTS[act](papers, by)
    assert refused.value.code == "SUSPENDED"
    ordered(papers.customer, InsolvencyStep.ENDED)
    ACTS[act](papers, by)


def test_the_professional_and_whoever_was_a_member_send_papers(papers: Papers) -> None:
    manager = CustomerUserFactory(member_of=papers.customer, member_of__role="member")
    professional = insolvencies.comes(ordered(papers.customer))
    assert gst(papers.customer, actor=actor.customer(professional.pk)).pk
    send(papers.draft, actor=actor.customer(manager.pk), now=NOW)
    assert papers.draft.sent_at == NOW


def test_the_pages_say_so_before_anything_is_filled_in(papers: Papers, director: User) -> None:
    ordered(papers.customer)
    browser = customer_client(director)
    said = "By an order you cannot act for this organisation now."
    assert said in browser.get(reverse("privacy:kyc")).text
    assert said in browser.get(reverse("privacy:kyc-upload", args=[papers.customer.reference, "gst_certificate"])).text


def test_whoever_cannot_act_for_it_still_takes_back_their_own_yes(papers: Papers, director: User) -> None:
    Document.objects.filter(pk=papers.draft.pk).update(kind="aadhaar_offline_ekyc", consent_ref="yes")
    ordered(papers.customer)
    aadhaar_consent.withdrawn(
        purpose=aadhaar_consent.PURPOSE, receipts=frozenset({"yes"}), actor=actor.customer(director.pk), at=NOW
    )
    papers.draft.refresh_from_db()
    assert papers.draft.deletion_asked_at == NOW
