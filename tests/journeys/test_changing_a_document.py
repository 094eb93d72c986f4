"""What somebody typed with a document is there when they go back to it, and what is left of a destroyed one fits a telephone."""

import pytest
from django.urls import reverse

from kyc.models import DeletionRequest, Document
from kyc.outcomes.services.deletion_requests import ask_to_delete
from kyc.review.services import deletion_decisions
from kyc.review.services.check_runs import run_plan
from portal.kernel.core import actor, clock
from tests.grievances.conftest import house
from tests.kyc import documents
from tests.kyc.conftest import asha, individual, same_process
from tests.kyc.factories import CUSTOMER, NOW, checked, rest_approved
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import customer_client

__all__ = ["asha", "house", "individual", "same_process"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("same_process")]


def test_a_number_is_changed_and_nothing_else_is_lost(window, asha, individual, scripts) -> None:
    person = window(narrow=True)
    person.signs_in_with(customer_client(asha))
    url = reverse("privacy:kyc-upload", args=[individual.reference, "driving_licence"])
    page = person.goes_to(url)
    page.get_by_label("Number of the driving licence").fill("MH12 20110012345")
    page.get_by_label("Name on the document").fill("Asha R. Rao")
    page.locator("#id_file").set_input_files(
        {"name": "a.pdf", "mimeType": "application/pdf", "buffer": documents.pdf()}
    )
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("Name you typed").first.wait_for()
    run_plan(Document.objects.get().pk, now=clock.now())
    person.looks()
    page.locator(f'dd.change a[href="{url}"]').first.click()
    page.get_by_label("Name on the document").wait_for()
    person.looks()
    number = page.get_by_label("Number of the driving licence")
    assert number.input_value() == "MH1220110012345"
    assert page.get_by_label("Name on the document").input_value() == "Asha R. Rao"
    assert page.get_by_label("Use the file you sent on").is_checked()
    number.fill("MH12 20110012346")
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("Asha R. Rao").wait_for()
    page.go_back()
    page.get_by_label("Name on the document").wait_for()
    assert page.get_by_label("Number of the driving licence").input_value().endswith("6")


def test_the_page_of_a_destroyed_document_fits_a_telephone(window, asha, individual, scripts) -> None:
    rest_approved(individual)
    document = checked(individual)
    ask_to_delete(document, actor=CUSTOMER, now=NOW)
    first, second = (actor.staff(StaffFactory(roles=["data_protection_officer"]).pk) for _person in range(2))
    made = deletion_decisions.propose(
        DeletionRequest.objects.get(), why="No law keeps it.", actor=first, now=clock.now()
    )
    deletion_decisions.answer(made, approve=True, actor=second, now=clock.now())
    person = window(narrow=True)
    person.signs_in_with(customer_client(asha))
    page = person.goes_to(reverse("privacy:kyc-document", args=[document.reference]))
    page.get_by_text("It is destroyed, as you asked.").wait_for()
    person.looks()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the certificate (JSON)").click()
    assert download.value.suggested_filename.endswith(".json")
