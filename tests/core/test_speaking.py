"""The admin says people and codes in words, in a bounded number of statements; what is searched stays the code."""

import pytest
from django.urls import reverse

from consent.models import ConsentEvent
from portal.kernel.core.admin import labels
from tests.consent.factories import law_is_loaded, person, published_notice, said
from tests.jobs.factories import JobFactory
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor():
    return staff_client(StaffFactory(roles=["auditor"]))


@pytest.fixture
def officer():
    return staff_client(StaffFactory(roles=["data_protection_officer"]))


def test_a_purpose_is_said_by_its_name_in_lists_and_records(auditor):
    law_is_loaded()
    published_notice()
    said(person(), "given")
    shown = auditor.get(reverse("admin:consent_consentevent_changelist")).text
    assert "Offers and news" in shown
    assert ">marketing<" not in shown
    assert ConsentEvent.objects.get().purpose == "marketing"


def test_who_started_a_job_is_said_by_name_in_as_many_statements_for_many_as_for_one(
    officer, django_assert_max_num_queries
):
    jobs = [JobFactory(started_by=f"staff:user:{StaffFactory(full_name=f'Asha {n}').pk}") for n in range(6)]
    with django_assert_max_num_queries(25):
        shown = officer.get(reverse("admin:jobs_job_changelist")).text
    assert all(f"Asha {n} (user:" in shown for n in range(6))
    opened = officer.get(reverse("admin:jobs_job_change", args=[jobs[0].pk])).text
    assert "Asha 0 (user:" in opened


def test_a_record_of_staff_stands_under_the_persons_name_and_the_title_of_the_page_names_nobody(officer):
    member = StaffFactory(full_name="Asha Rao")
    page = officer.get(reverse("admin:people_user_change", args=[member.pk])).text
    title = page[page.index("<title>") : page.index("</title>")]
    assert "<h1>Asha Rao</h1>" in page
    assert "Asha" not in title
    assert f"login {member.pk}" not in page


def test_a_row_of_which_nobody_registered_a_heading_speaks_for_itself():
    assert labels.heading(JobFactory.build(reference="OS-JB-7K4M-9QX2")) == "OS-JB-7K4M-9QX2"
