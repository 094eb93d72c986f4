"""The pages of lists from elsewhere: brought, looked at, answered, with how far each is."""

from http import HTTPStatus

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.urls import reverse

from consent.base import upload_limits
from consent.consent_imports.services import file_reader
from consent.models import ConsentEvent, ConsentList
from portal.kernel.core import clock
from portal.kernel.core.middleware import RequestSize
from portal.kernel.jobs.services import runner
from portal.kernel.people.models import Fiduciary
from tests.consent.test_lists import as_csv, line
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
ADD = "admin:consent_consentlist_add"


@pytest.fixture
def clients():
    return [staff_client(StaffFactory(roles=["data_protection_officer"])) for _ in range(2)]


def upload(client, rows, **changes):
    file = SimpleUploadedFile("list.csv", as_csv(rows))
    given = {"fiduciary": Fiduciary.objects.get(code="onesetu").pk, "collected_by": "Shop of 2024", "file": file}
    return client.post(reverse(ADD), {**given, **changes})


def page(client, row):
    return client.get(reverse("admin:consent_consentlist_change", args=[row.pk])).content.decode()


def act(client, row, name, **answer):
    path = reverse("admin:consent_consentlist_do_one", args=[row.pk, name])
    return client.post(path, {"answer": "1", **answer}).content.decode()


def at_work():
    runner.run(ConsentList.objects.get().job_id, now=clock.now())
    return ConsentList.objects.get()


#: The button of a second person.
DECISION = 'name="decision" value="approve"'


def test_a_list_is_brought_by_one_and_goes_in_by_the_yes_of_another(clients):
    first, second = clients
    assert "proof_sha256" in first.get(reverse(ADD)).content.decode()
    assert upload(first, [line(1), line(2)]).status_code == 302
    row = ConsentList.objects.get()
    assert "being checked" in page(first, row)
    row = at_work()
    shown = page(second, row)
    assert "2 lines were checked, and all are in order" in shown
    assert row.job.reference in shown
    assert DECISION in shown
    assert DECISION not in page(first, row)
    assert "The rows are being imported" in act(second, row, "answer-list", decision="approve", reason="")
    assert "0 of 2 lines are in" in page(first, row)
    at_work()
    assert "All 2 lines are in" in page(first, row)
    assert ConsentEvent.objects.count() == 2


def test_the_page_names_each_fault_with_its_line_and_what_to_do(clients):
    upload(clients[0], [line(1), line(2, answer="maybe")])
    shown = page(clients[1], at_work())
    assert "1 of 2 lines has a fault" in shown
    assert "Line 3, answer: Write given, denied or withdrawn." in shown
    assert DECISION not in shown
    assert "give-up" in shown


WAITS = "Waiting for a second person"


def test_only_a_list_that_can_be_answered_is_said_to_wait_for_a_second_person(clients):
    upload(clients[0], [line(1), line(2, answer="maybe")])
    faulty = ConsentList.objects.get()
    assert "Not yet: the file is checked first" in page(clients[1], faulty)
    faulty = at_work()
    shown, listed = page(clients[1], faulty), clients[1].get(reverse("admin:consent_consentlist_changelist")).text
    for text in (shown, listed):
        assert "Has faults: fix the file and upload it again; discard this one" in text
        assert WAITS not in text
    assert "None: a list with faults cannot be approved" in shown
    act(clients[0], faulty, "give-up")
    shown = page(clients[1], faulty)
    assert "None: it was discarded before" in shown
    assert WAITS not in shown
    assert DECISION not in shown
    assert "This list has ended already" in act(clients[1], faulty, "answer-list", decision="approve", reason="")
    upload(clients[0], [line(1), line(2)])
    runner.run(ConsentList.objects.latest("pk").job_id, now=clock.now())
    assert WAITS in page(clients[1], ConsentList.objects.latest("pk"))


def test_a_job_that_stopped_is_gone_on_with_from_the_page(clients, monkeypatch):
    upload(clients[0], [line(1)])
    with monkeypatch.context() as patch:
        patch.setattr("consent.consent_imports.services.dry_run._conclude", lambda *given: 1 / 0)
        row = at_work()
    assert "The job has stopped before its end" in page(clients[0], row)
    assert "Has stopped before its end: resume it" in page(clients[0], row)
    assert "Done" in act(clients[0], row, "carry-on")
    assert at_work().state == "checked"


def test_what_the_service_refuses_stands_above_the_form_with_what_was_entered(clients):
    answer = upload(clients[0], [line(1)], file=SimpleUploadedFile("list.pdf", b"x"))
    assert answer.status_code == 422
    assert "Choose a CSV or an XLSX file" in answer.content.decode()
    assert "Shop of 2024" in answer.content.decode()


def test_no_file_is_said_beside_its_field(clients):
    assert upload(clients[0], [], file="").status_code == 422
    assert not ConsentList.objects.exists()


def test_a_list_is_offered_for_an_answer_only_when_it_was_checked_and_is_whole(clients):
    waiting = reverse("admin:approvals")
    upload(clients[0], [line(1), line(2, answer="maybe")])
    row = ConsentList.objects.get()
    assert row.reference not in clients[1].get(waiting).content.decode()
    at_work()
    assert row.reference not in clients[1].get(waiting).content.decode()
    act(clients[0], row, "give-up")
    upload(clients[0], [line(1), line(2)])
    whole = ConsentList.objects.exclude(pk=row.pk).get()
    runner.run(whole.job_id, now=clock.now())
    shown = clients[1].get(waiting).content.decode()
    assert whole.reference in shown
    assert row.reference not in shown


def test_the_largest_list_passes_the_door_and_nothing_larger(rf):
    assert (reverse(ADD), reverse("admin:consent_answerset_scrub")) == (upload_limits.LISTS, upload_limits.SCRUB)
    assert max(file_reader.MOST_BYTES.values()) < upload_limits.LARGEST_LIST
    door = RequestSize(lambda _request: HttpResponse())
    for address in (upload_limits.LISTS, upload_limits.SCRUB):
        assert door(rf.post(address, CONTENT_LENGTH=str(upload_limits.LARGEST_LIST))).status_code == HTTPStatus.OK
        too_large = door(rf.post(address, CONTENT_LENGTH=str(upload_limits.LARGEST_LIST + 1)))
        assert too_large.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
