"""The pages of a parent or guardian: whom they answer for, what waits and what was agreed to; shut to everybody else."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from consent.base.selectors import contact_rulebook
from consent.models import ConsentEvent, GuardianAnswer, StandingEnded
from consent.prompts.services import consent_prompts
from consent.prompts.services.consent_prompts import Answered
from portal.kernel.core import actor
from tests.consent.factories import law_is_loaded, person, published_notice
from tests.consent.test_answering_for import answered_on_paper, protect
from tests.people.factories import CustomerUserFactory, StaffFactory
from tests.signin.people_who_sign_in import customer_client, staff_client

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/privacy/answering-for/"


@pytest.fixture
def notice(db):
    contact_rulebook.forget()
    law_is_loaded()
    return published_notice(asks=["marketing", "product_updates", "call_recording"])


@pytest.fixture
def mother(notice):
    return CustomerUserFactory(
        email="meera@acme.example", principal=person(email=None, phone="+919811110000", full_name="Meera")
    )


@pytest.fixture
def child(notice):
    child = person(full_name="Ravi")
    protect(child)
    consent_prompts.answer(
        subject_ref=child.subject.ref,
        answers={"product_updates": Answered(is_yes=True, channels=frozenset({"sms"}))},
        shown={"product_updates": notice.binding.sha256},
        actor=actor.SYSTEM,
    )
    return child


@pytest.fixture
def page(child, mother, notice):
    """The address of the child's page."""
    return reverse("privacy:ward", args=[answered_on_paper(child, mother.principal, notice).reference])


def test_the_list_names_whom_one_answers_for_and_says_how_somebody_comes_onto_it(mother, notice):
    empty = customer_client(mother).get(LIST).text
    assert "We know of no one for whom you decide." in empty
    assert "two members of our team check it" in empty


def test_a_parent_finds_the_child_agrees_and_withdraws(page, mother, child, notice):
    her = customer_client(mother)
    assert f'href="{page}"' in her.get(LIST).text
    shown = her.get(page).text
    assert "Answers for Ravi" in shown
    assert "Waiting for your consent" in shown
    assert "marketing" not in shown
    form = {
        "product_updates": "yes",
        "product_updates-channels": "sms",
        "notice_product_updates": notice.binding.sha256,
    }
    done = her.post(page, form, follow=True).text
    event = ConsentEvent.objects.get(purpose="product_updates")
    assert f"Recorded under receipt {event.receipt.reference}." in done
    assert "Waiting for your consent" not in done
    back = f"{page}{event.pk}/withdraw/"
    assert f'action="{back}"' in done
    again = her.post(back, follow=True).text
    assert ConsentEvent.objects.filter(previous=event, answer="withdrawn", way="guardian").exists()
    assert back not in again
    assert "nothing was changed" in her.post(back, follow=True).text


def test_a_no_from_another_window_takes_back_what_was_agreed_to_there(page, mother, notice):
    her = customer_client(mother)
    asked = {"product_updates-channels": "sms", "notice_product_updates": notice.binding.sha256}
    her.post(page, {**asked, "product_updates": "yes"})
    event = ConsentEvent.objects.get(purpose="product_updates", way="guardian")
    again = her.post(page, {**asked, "product_updates": "yes"})
    assert again.status_code == 422
    assert "was answered already" in again.text
    told = her.post(page, {**asked, "product_updates": "no"}, follow=True).text
    assert ConsentEvent.objects.filter(previous=event, answer="withdrawn", way="guardian").exists()
    assert "Recorded under receipt" in told


def test_a_wrong_form_is_named_and_changes_nothing(page, mother, notice):
    her = customer_client(mother)
    before = ConsentEvent.objects.count()
    no_channel = her.post(page, {"product_updates": "yes", "notice_product_updates": notice.binding.sha256})
    assert no_channel.status_code == 422
    assert "Choose at least one way" in no_channel.text
    changed = her.post(page, {"product_updates": "no", "notice_product_updates": "an older text"})
    assert changed.status_code == 422
    assert re.search(r"text .* has changed", changed.text)
    assert ConsentEvent.objects.count() == before


def test_nobody_else_opens_it_the_child_included(page, child, notice):
    hers = CustomerUserFactory(email="other@acme.example", principal=person(email=None, phone="+919811110009"))
    own = CustomerUserFactory(email="ravi@acme.example", principal=child)
    event = ConsentEvent.objects.latest("pk")
    for client in (customer_client(hers), customer_client(own)):
        assert client.get(page).status_code == 404
        assert client.post(page, {"product_updates": "no"}).status_code == 404
        assert client.post(f"{page}{event.pk}/withdraw/").status_code == 404
    assert Client().get(page).url.startswith("/privacy/sign-in/")
    assert not ConsentEvent.objects.filter(answer="withdrawn").exists()


def test_a_parent_stops_answering_with_one_press_and_keeps_the_proof(page, mother):
    her = customer_client(mother)
    assert "Stop answering for this person" in her.get(page).text
    told = her.post(f"{page}end/", follow=True)
    assert "You no longer decide for this person" in told.text
    assert her.get(page).status_code == 404
    again = her.post(f"{page}end/", follow=True)
    assert again.redirect_chain == told.redirect_chain
    assert StandingEnded.objects.count() == 1
    listed = her.get("/privacy/consents/").text
    assert f">{StandingEnded.objects.get().receipt.reference}<" in listed
    assert "You no longer decide for this person" in listed
    file = re.search(r'href="(/privacy/consents/[^"]+/standing/receipt.tlog-proof)"', told.text)
    proof = SimpleUploadedFile("r.tlog-proof", her.get(file[1]).content)
    checked = Client().post("/privacy/check/", {"receipt": proof}).text
    assert "This receipt is genuine" in checked
    assert "someone stopped deciding for another person" in checked
    assert her.get(file[1].replace("tlog-proof", "pdf")).content.startswith(b"%PDF")
    assert her.get(file[1].replace("tlog-proof", "json")).json()["status"]["freshness"] == "latest"


def test_who_never_answered_for_somebody_cannot_end_it(page, notice):
    other = CustomerUserFactory(email="other@acme.example", principal=person(email=None, phone="+919811110009"))
    assert customer_client(other).post(f"{page}end/").status_code == 404


def test_staff_come_from_the_answer_of_a_guardian_to_both_people(page, mother, child):
    last = GuardianAnswer.objects.latest("pk")
    shown = staff_client(StaffFactory(roles=["support"])).post(
        reverse("admin:consent_guardiananswer_change", args=[last.pk]),
        {"open_record": "1", "purpose": "support", "ticket": "review queue"},
        follow=True,
    )
    for somebody in (mother.principal, child):
        assert reverse("admin:people_principal_change", args=[somebody.pk]) in shown.text


def test_staff_end_a_standing_with_a_reason(page, mother):
    staff = staff_client(StaffFactory(roles=["support"]))
    last = GuardianAnswer.objects.latest("pk")
    address = reverse("admin:consent_guardiananswer_do_one", args=[last.pk, "end-standing"])
    staff.post(address, {"reason": "", "answer": "1"})
    assert customer_client(mother).get(page).status_code == 200
    staff.post(address, {"reason": "A court gave the child into other hands.", "answer": "1"})
    assert customer_client(mother).get(page).status_code == 404
    assert StandingEnded.objects.get().by == "staff"
