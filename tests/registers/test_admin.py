import pytest
from django.urls import reverse

from portal.kernel.people.choices import Answer
from portal.kernel.registers.models import CompanyDetails, Officer
from tests.people.factories import StaffFactory
from tests.registers.factories import COMPANY, OFFICER, officer_in_office, proposed_officer, today
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def maker():
    return StaffFactory(roles=["administrator"])


@pytest.fixture
def checker():
    return StaffFactory(roles=["data_protection_officer"])


def answer_url(officer: Officer) -> str:
    return reverse("admin:registers_officer_do_one", args=[officer.pk, "answer-officer"])


def test_an_officer_is_proposed_and_approved_through_the_pages(maker, checker) -> None:
    form = {**OFFICER, "effective_from": today().isoformat()}
    assert staff_client(maker).post(reverse("admin:registers_officer_add"), form).status_code == 302
    officer = Officer.objects.get()
    assert (officer.answer, officer.made_by) == (Answer.PENDING, maker)
    staff_client(checker).post(answer_url(officer), {"answer": "1", "decision": "approve"})
    officer.refresh_from_db()
    assert (officer.answer, officer.checked_by) == (Answer.APPROVED, checker)


def test_the_maker_is_told_that_somebody_else_must_answer(maker) -> None:
    officer = proposed_officer(maker)
    page = staff_client(maker).post(answer_url(officer), {"answer": "1", "decision": "approve"})
    assert "another person must decide" in page.content.decode()
    officer.refresh_from_db()
    assert officer.answer == Answer.PENDING


def test_a_refusal_without_a_reason_is_asked_again(maker, checker) -> None:
    officer = proposed_officer(maker)
    page = staff_client(checker).post(answer_url(officer), {"answer": "1", "decision": "refuse"})
    assert page.status_code == 422
    officer.refresh_from_db()
    assert officer.answer == Answer.PENDING


def test_a_wrong_number_is_named_and_nothing_entered_is_lost(maker) -> None:
    form = {**OFFICER, "effective_from": today().isoformat(), "phone": "12"}
    page = staff_client(maker).post(reverse("admin:registers_officer_add"), form).content.decode()
    assert "Enter a phone number with its country code" in page
    assert "Meera Kulkarni" in page
    assert not Officer.objects.exists()


def test_a_day_in_the_past_is_named_on_the_form(maker) -> None:
    officer_in_office()
    form = {**OFFICER, "effective_from": "2020-01-01"}
    page = staff_client(maker).post(reverse("admin:registers_officer_add"), form)
    assert "today or a later day" in page.content.decode()
    assert "Meera Kulkarni" in page.content.decode()
    assert Officer.objects.count() == 1


def test_the_auditor_reads_and_changes_nothing() -> None:
    officer = officer_in_office()
    client = staff_client(StaffFactory(roles=["auditor"]))
    assert client.get(reverse("admin:registers_officer_changelist")).status_code == 200
    assert client.get(reverse("admin:registers_officer_add")).status_code == 403
    assert client.post(answer_url(officer), {"answer": "1", "decision": "approve"}).status_code == 403


def test_support_does_not_see_the_books() -> None:
    client = staff_client(StaffFactory(roles=["support"]))
    assert client.get(reverse("admin:registers_companydetails_changelist")).status_code == 403


def test_the_companys_details_are_proposed_through_the_page(maker) -> None:
    form = {**COMPANY, "website": "", "effective_from": today().isoformat()}
    assert staff_client(maker).post(reverse("admin:registers_companydetails_add"), form).status_code == 302
    assert CompanyDetails.objects.get().answer == Answer.PENDING


def test_nobody_edits_an_entry(maker) -> None:
    officer = officer_in_office()
    page = reverse("admin:registers_officer_change", args=[officer.pk])
    staff_client(maker).post(page, {**OFFICER, "full_name": "Somebody Else", "effective_from": today().isoformat()})
    officer.refresh_from_db()
    assert officer.full_name == "Meera Kulkarni"
