"""A mother whom two of our people saw once reads what her son agreed to, agrees in his place, and takes it back."""

import pytest
from django.utils import translation

from consent.models import ConsentEvent
from consent.prompts.services import consent_prompts
from consent.prompts.services.consent_prompts import Answered
from portal.kernel.core import actor
from tests.consent.factories import law_is_loaded, person, published_notice
from tests.consent.test_answering_for import answered_on_paper, protect
from tests.people.factories import CustomerUserFactory
from tests.signin.people_who_sign_in import customer_client

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LANGUAGES = {"en": "English", "hi": "हिन्दी", "mr": "मराठी"}


@pytest.fixture
def mother(transactional_db):
    law_is_loaded()
    notice = published_notice(asks=["product_updates", "call_recording"], text="May we send you news?")
    mother = CustomerUserFactory(email="meera@acme.example", principal=person(email=None, phone="+919811110000"))
    child = person(full_name="Ravi")
    protect(child)
    consent_prompts.answer(
        subject_ref=child.subject.ref,
        answers={"product_updates": Answered(is_yes=True, channels=frozenset({"sms"}))},
        shown={"product_updates": notice.binding.sha256},
        actor=actor.SYSTEM,
    )
    answered_on_paper(child, mother.principal, notice)
    return mother


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mother_agrees_for_her_son_and_takes_it_back(window, mother, language):
    def says(text: str) -> str:
        with translation.override(language):
            return translation.gettext(text)

    her = window(narrow=True)
    her.signs_in_with(customer_client(mother))
    page = her.goes_to("/privacy/answering-for/")
    page.get_by_role("button", name=LANGUAGES[language]).click()
    her.looks()
    page.get_by_role("link", name="Ravi").click()
    her.looks()
    assert says("Waiting for your consent. Nothing is done before you agree:") in page.inner_text("main")
    page.locator("input[name=product_updates][value=yes]").check()
    page.get_by_role("button", name=says("Save my answers")).click()
    her.looks()
    assert page.locator("#errors").is_visible()
    page.locator("input[name=product_updates-channels][value=sms]").check()
    page.get_by_role("button", name=says("Save my answers")).click()
    her.looks()
    given = ConsentEvent.objects.get(purpose="product_updates")
    assert (given.answer, given.way) == ("given", "guardian")
    assert given.receipt.reference in page.inner_text("main")
    page.locator(f"form[action*='/{given.pk}/withdraw/'] button").click()
    her.looks()
    assert ConsentEvent.objects.filter(previous=given, answer="withdrawn", way="guardian").exists()
