"""A teacher reports a child without a login; two people decide; the child's data is erased and the case shows the times."""

import pytest
from django.core.cache import cache
from django.utils import translation

from portal.kernel.core import clock
from portal.kernel.people import selectors as people
from portal.kernel.retention.choices import ChildState
from portal.kernel.retention.models import ChildReport
from portal.kernel.retention.tasks import carry_on, look_at_reports
from tests.consent.factories import law_is_loaded, published_notice
from tests.people.factories import CustomerFactory, CustomerUserFactory, StaffFactory
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import customer_client, staff_client

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LANGUAGES = {"en": "English", "hi": "हिन्दी", "mr": "मराठी"}


@pytest.fixture
def kid(transactional_db):
    cache.clear()
    every_rule()
    law_is_loaded()
    published_notice()
    return CustomerUserFactory(email="kid@acme.example", member_of=CustomerFactory(kind="individual"), of_age=False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_teacher_reports_a_child_and_two_people_erase_it(window, kid, language):
    def says(text: str) -> str:
        with translation.override(language):
            return translation.gettext(text)

    teacher = window(narrow=True)
    page = teacher.goes_to("/privacy/report-a-child/")
    page.get_by_role("button", name=LANGUAGES[language]).click()
    teacher.looks()
    page.get_by_role("button", name=says("Send the report")).click()
    teacher.looks()
    assert page.locator("#errors").is_visible()
    page.get_by_label(says("I teach or look after the child")).check()
    page.get_by_label(says("Email address or mobile number of the child")).fill("kid@acme.example")
    page.get_by_role("button", name=says("Send the report")).click()
    teacher.looks()
    row = ChildReport.objects.get()
    assert row.reference in page.inner_text("main")
    look_at_reports()
    row.refresh_from_db()
    assert (row.state, row.language) == (ChildState.FROZEN, language)
    assert people.is_child(kid.principal.subject.ref, at=clock.now())
    first, second = (window() for _who in range(2))
    first.signs_in_with(staff_client(StaffFactory(roles=["grievance_officer"])))
    page = first.goes_to(f"/admin/retention/childreport/{row.pk}/do/propose-decision/")
    page.get_by_label("A child: erase what no law keeps").check()
    page.get_by_label("Why").fill("The school confirmed it.")
    page.locator("input[name=answer]").click()
    first.looks()
    decision = row.decisions.get()
    second.signs_in_with(staff_client(StaffFactory(roles=["data_protection_officer"])))
    page = second.goes_to(f"/admin/retention/childdecision/{decision.pk}/do/answer-decision/")
    page.get_by_label("Approve").check()
    page.locator("input[name=answer]").click()
    second.looks()
    carry_on()
    row.refresh_from_db()
    assert row.state == ChildState.ERASED
    assert row.reported_at <= row.frozen_at <= row.erased_at
    assert row.kept, "what a law keeps stands in the case with the law"


def test_whoever_is_of_age_says_so_with_one_press(window, kid):
    her = window(narrow=True)
    her.signs_in_with(customer_client(kid))
    page = her.goes_to("/privacy/age/")
    page.get_by_role("button", name="Yes, I am 18 or older").click()
    her.looks()
    assert page.url.endswith("/privacy/")
