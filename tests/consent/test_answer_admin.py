"""Auditors read what systems asked and what we answered."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from consent.decisions.services.bulk_decisions import Question
from consent.decisions.services.decision_responses import answer_many, answer_one
from consent.models import AnswerSet, GivenAnswer
from portal.kernel.core import actor, clock
from portal.kernel.jobs.choices import JobState
from portal.kernel.jobs.models import Job
from portal.kernel.jobs.services import runner
from tests.consent.factories import ASHA_PHONE, person, published_notice, said
from tests.consent.worlds import at_hour
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
STRANGE = "+919811112222"


@pytest.fixture
def asked(law):
    published_notice()
    said(person(), "given")
    question, system = Question("marketing", "sms", at_hour(12)), actor.interface(1)
    answer_one(question, address=ASHA_PHONE, actor=system, now=clock.now())
    return answer_many(question, addresses=[ASHA_PHONE, "12"], actor=system, now=clock.now()).kept


@pytest.fixture
def auditor():
    return staff_client(StaffFactory(roles=["auditor"]))


def test_an_auditor_finds_the_answers_about_an_address(asked, auditor):
    for name, shown in (("answerset", asked.reference), ("givenanswer", "ALLOWED_BY_CONSENT")):
        url = reverse(f"admin:consent_{name}_changelist")
        assert shown in auditor.post(url, {"find": ASHA_PHONE}, follow=True).content.decode(), name
        assert shown not in auditor.post(url, {"find": STRANGE}, follow=True).content.decode(), name
        assert ASHA_PHONE[-10:] not in auditor.get(url).content.decode(), name


def test_a_search_leaves_no_address_in_the_url_and_keeps_the_filters(asked, auditor):
    url = reverse("admin:consent_answerset_changelist")
    led = auditor.post(url, {"find": ASHA_PHONE, "channel__exact": "sms"})["Location"]
    assert ASHA_PHONE[-10:] not in led
    assert "channel__exact=sms" in led
    assert asked.reference in auditor.get(url + led).content.decode()
    assert asked.reference not in auditor.get(url, {"q": ASHA_PHONE}).content.decode()


def test_a_set_is_found_by_its_reference_and_says_whether_its_answers_are_as_sealed(asked, auditor):
    url = reverse("admin:consent_answerset_changelist")
    assert asked.reference in auditor.post(url, {"find": asked.reference.lower()}, follow=True).content.decode()
    page = auditor.get(reverse("admin:consent_answerset_change", args=[asked.pk])).content.decode()
    assert "Yes: the person agreed. (ALLOWED_BY_CONSENT) 1" in page
    assert str(asked.entry.event_id) in page


def test_one_answer_shows_its_deciding_entry_and_a_part_of_the_hash(asked, auditor):
    answer = GivenAnswer.objects.get()
    page = auditor.get(reverse("admin:consent_givenanswer_change", args=[answer.pk])).content.decode()
    assert str(answer.entry_ref) in page
    assert bytes(answer.address_key).hex() not in page


def test_support_has_no_use_for_them(asked):
    support = staff_client(StaffFactory(roles=["support"]))
    assert support.get(reverse("admin:consent_answerset_changelist")).status_code in {403, 404}
    assert AnswerSet.objects.count() == 1


@pytest.fixture
def officer():
    return staff_client(StaffFactory(roles=["data_protection_officer"]))


def asked_on_page(officer, **changes):
    usual = {
        "fiduciary": "onesetu",
        "purpose": "marketing",
        "channel": "sms",
        "send_at": "",
        "header": "",
        "template": "",
    }
    file = SimpleUploadedFile("list.csv", f"{ASHA_PHONE}\n12\n".encode())
    return officer.post(reverse("admin:consent_answerset_scrub"), {**usual, "file": file, **changes})


def test_a_list_that_an_officer_brings_becomes_a_job(asked, officer):
    answer = asked_on_page(officer, send_at=f"{at_hour(12):%d-%m-%Y %H:%M}")
    job = Job.objects.get(kind="consent.scrub")
    assert answer["Location"] == reverse("admin:jobs_job_change", args=[job.pk])
    assert runner.run(job.pk, now=clock.now()) == JobState.DONE
    kept = AnswerSet.objects.get(answered_as="scrub")
    assert (kept.total, kept.allowed, kept.invalid) == (2, 1, 1)
    assert "Scrub a list" in officer.get(reverse("admin:consent_answerset_changelist")).content.decode()


def test_a_question_that_is_refused_is_said_on_the_page_and_keeps_no_file(asked, officer):
    answer = asked_on_page(officer, header="AD-NOBODY-P")
    assert answer.status_code == 422
    assert "UNKNOWN_HEADER" in answer.content.decode()
    assert not Job.objects.exists()


def test_a_time_that_has_passed_is_said_beside_its_field(asked, officer):
    page = asked_on_page(officer, send_at="01-01-2020 10:00")
    assert page.status_code == 422
    assert "This time has passed." in page.text
    assert "NO_SUCH_PURPOSE" not in page.text


def test_a_file_that_is_no_list_is_said_at_once(asked, officer):
    page = asked_on_page(officer, file=SimpleUploadedFile("picture.png", b"\x89PNG\r\n\x1a\n\x00"))
    assert page.status_code == 422
    assert "This file is no list" in page.text
    assert not Job.objects.exists()


def test_nothing_is_chosen_for_whoever_brings_a_list(asked, officer):
    page = officer.get(reverse("admin:consent_answerset_scrub")).text
    assert page.count('<option value="" selected>') == 3
    assert asked_on_page(officer, purpose="").status_code == 422


def test_an_auditor_scrubs_nothing(asked, auditor):
    assert auditor.get(reverse("admin:consent_answerset_scrub")).status_code == 403
    assert "Scrub a list" not in auditor.get(reverse("admin:consent_answerset_changelist")).content.decode()
