"""The review desk: records opened with a reason, the document beside its checks, two people, numbers behind a reason."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kyc.erasers import KycDocuments
from kyc.models import Decision, Document
from portal.audit.models import AuditEvent
from portal.core.actor import SYSTEM
from portal.people.models import User
from portal.vault.services import files
from portal.vault.services.keys import Shredded
from tests.kyc import documents
from tests.kyc.factories import checked, proposed, uploaded
from tests.people.factories import CustomerFactory, CustomerUserFactory, StaffFactory
from tests.signin.people_who_sign_in import customer_client, staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("same_process")]
LIST = "/admin/kyc/document/"
APPROVE = {"outcome": "approve", "reason_code": "", "message": "", "note": ""}


@pytest.fixture
def document(individual) -> Document:
    return checked(individual)


def page_of(document: Document) -> str:
    return f"{LIST}{document.pk}/change/"


def at_the_desk(user: User, document: Document) -> Client:
    """A browser of this person that has said why it opens the record."""
    client = staff_client(user)
    client.post(page_of(document), {"open_record": "1", "purpose": "kyc_review", "ticket": "review queue"})
    return client


def test_two_people_decide_at_the_desk(document, maker, checker) -> None:
    desk = at_the_desk(maker, document)
    shown = desk.get(page_of(document)).content.decode()
    assert "Propose a decision" in shown
    assert "Number typed against number in the file" in shown
    assert desk.post(f"{LIST}{document.pk}/propose/", APPROVE).status_code == 302
    second = at_the_desk(checker, document)
    assert "Answer" in second.get(page_of(document)).content.decode()
    second.post(f"{LIST}{document.pk}/answer/", {"decision": "approve", "reason": ""})
    document.refresh_from_db()
    assert document.state == "approved"
    assert f"{maker.full_name} proposed: Approve. {checker.full_name} agreed, " in second.get(page_of(document)).text


def test_a_maker_cannot_answer_by_page_or_by_post(document) -> None:
    both = StaffFactory(roles=["kyc_maker", "kyc_checker"])
    desk = at_the_desk(both, document)
    desk.post(f"{LIST}{document.pk}/propose/", APPROVE)
    shown = desk.get(page_of(document)).content.decode()
    assert "you proposed this yourself" in shown
    assert "/answer/" not in shown
    refused = desk.post(f"{LIST}{document.pk}/answer/", {"decision": "approve"})
    assert refused.status_code == 422
    document.refresh_from_db()
    assert (document.state, Decision.objects.get().answer) == ("checked", "pending")


@pytest.mark.parametrize("role", ["support", "auditor", "administrator", "grievance_officer"])
def test_other_roles_can_neither_propose_nor_answer_nor_see_a_page(document, maker, role) -> None:
    proposed(document, maker)
    desk = at_the_desk(StaffFactory(roles=[role]), document)
    for name, data in (("propose", APPROVE), ("answer", {"decision": "approve"})):
        assert desk.post(f"{LIST}{document.pk}/{name}/", data).status_code in {403, 404, 422}
    assert desk.get(f"{LIST}{document.pk}/pages/1.png").status_code in {403, 404}
    assert desk.get(f"{LIST}{document.pk}/number/").status_code in {403, 404}
    assert Decision.objects.get().answer == "pending"


def test_nothing_opens_without_a_reason(document, maker) -> None:
    client = staff_client(maker)
    assert "Why do you open this record?" in client.get(page_of(document)).content.decode()
    for name in ("pages/1.png", "number/", "propose/", "answer/"):
        assert client.get(f"{LIST}{document.pk}/{name}").status_code == 404


def test_a_customer_finds_no_desk(document) -> None:
    client = customer_client(CustomerUserFactory(member_of=CustomerFactory()))
    for name in ("", f"{document.pk}/change/", f"{document.pk}/pages/1.png", f"{document.pk}/number/"):
        assert client.get(f"{LIST}{name}").status_code in {302, 403, 404}


def test_a_page_is_a_picture_and_each_look_is_recorded(document, maker) -> None:
    response = at_the_desk(maker, document).get(f"{LIST}{document.pk}/pages/1.png")
    assert (response.status_code, response["Content-Type"]) == (200, "image/png")
    event = AuditEvent.objects.filter(kind="vault.file.opened", facts__reason="review").get()
    assert event.actor_ref == f"user:{maker.pk}"


def test_the_desk_shows_no_page_and_no_number_of_an_erased_document(
    document, maker, django_capture_on_commit_callbacks
) -> None:
    desk = at_the_desk(maker, document)
    assert desk.get(f"{LIST}{document.pk}/pages/1.png").headers["Content-Type"] == "image/png"
    with django_capture_on_commit_callbacks(execute=True):
        KycDocuments().erase(subject_ref=document.subject_ref, before=None)
    answer = desk.get(f"{LIST}{document.pk}/pages/1.png")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert documents.PAN not in desk.get(page_of(document)).content.decode()
    with pytest.raises(Shredded):
        files.open_stream(document.kept, actor=SYSTEM, reason="test")


def test_a_number_shows_for_a_minute_after_a_reason_that_is_kept(document, maker) -> None:
    desk = at_the_desk(maker, document)
    assert documents.PAN not in desk.get(page_of(document)).content.decode()
    url = f"{LIST}{document.pk}/number/"
    assert documents.PAN not in desk.get(url).content.decode()
    assert desk.post(url, {"reason_code": "kyc_review", "ticket": ""}).status_code == 422
    shown = desk.post(url, {"reason_code": "kyc_review", "ticket": "review queue"})
    assert documents.PAN in shown.content.decode()
    assert shown["Refresh"].startswith("60;")
    assert "no-store" in shown["Cache-Control"]
    event = AuditEvent.objects.get(kind="admin.value.revealed")
    assert (event.facts["field"], event.facts["reason_code"]) == ("number", "kyc_review")


def test_what_is_missing_in_a_proposal_is_said_at_its_field_and_nothing_is_lost(document, maker) -> None:
    given = {"outcome": "ask_again", "reason_code": "unreadable", "message": "", "note": "Too dark."}
    response = at_the_desk(maker, document).post(f"{LIST}{document.pk}/propose/", given)
    shown = response.content.decode()
    assert response.status_code == 422
    assert "Write to the customer what to do now." in shown
    assert "Too dark." in shown
    assert not Decision.objects.exists()


def test_the_queues_hold_what_waits_for_whom(document, maker, checker) -> None:
    waiting = uploaded(CustomerFactory(kind="individual"), number="ABCPR1234Z")
    desk = staff_client(maker)
    assert document.reference in desk.get(f"{LIST}?queue=review").content.decode()
    assert waiting.reference not in desk.get(f"{LIST}?queue=review").content.decode()
    proposed(document, maker)
    assert document.reference not in desk.get(f"{LIST}?queue=review").content.decode()
    assert document.reference in desk.get(f"{LIST}?queue=second").content.decode()


def test_in_a_queue_who_has_waited_longest_stands_first(document, maker) -> None:
    other = checked(CustomerFactory(kind="individual"), number="ABCPR1234Z")
    Document.objects.filter(pk=other.pk).update(sent_at=document.sent_at - timedelta(days=1))
    Document.objects.filter(pk=document.pk).update(uploaded_at=document.uploaded_at - timedelta(days=2))
    rows = staff_client(maker).get(f"{LIST}?queue=review").context["cl"].result_list
    assert [row.pk for row in rows] == [other.pk, document.pk]


def test_taking_a_case_shows_it_to_colleagues(document, maker) -> None:
    desk = at_the_desk(maker, document)
    desk.post(f"{LIST}{document.pk}/do/take/", {"_selected_action": document.pk, "answer": "1"})
    document.case.refresh_from_db()
    assert document.case.locked_by == maker
    assert document.reference in desk.get(f"{LIST}?queue=mine").content.decode()


@pytest.mark.parametrize("state", ["approved", "asked_again", "rejected", "refused", "replaced"])
def test_nobody_takes_a_document_about_which_nothing_is_left_to_decide(document, maker, state: str) -> None:
    desk = at_the_desk(maker, document)
    assert "Take it" in desk.get(page_of(document)).content.decode()
    Document.objects.update(state=state)
    assert "Take it" not in desk.get(page_of(document)).content.decode()
    desk.post(f"{LIST}{document.pk}/do/take/", {"_selected_action": document.pk, "answer": "1"})
    document.case.refresh_from_db()
    assert document.case.locked_by is None


def test_lists_show_masked_numbers_in_a_bounded_number_of_queries(document, maker) -> None:
    desk = staff_client(maker)
    desk.get(LIST)
    with CaptureQueriesContext(
        connection,
    ) as few:
        shown = desk.get(LIST).content.decode()
    assert documents.PAN not in shown
    assert "ABCPRXXXXK" in shown
    for number in range(3):
        checked(CustomerFactory(kind="individual"), number=f"ABCPR12{number}4Z")
    with CaptureQueriesContext(connection) as more:
        desk.get(LIST)
    assert len(more) == len(few)


def test_an_auditor_takes_the_list_away_masked(document) -> None:
    desk = staff_client(StaffFactory(roles=["auditor"]))
    for app in ("document", "case", "decision"):
        assert desk.get(f"/admin/kyc/{app}/").status_code == 200
    assert desk.get(f"{LIST}export/").status_code == 200


def test_what_could_not_be_checked_has_a_queue_and_a_way_out(document, maker) -> None:
    Document.objects.update(state="stalled")
    client = staff_client(maker)
    assert client.get(f"{LIST}?queue=stalled").context["cl"].result_count == 1
    figures = {figure.label: figure for figure in client.get("/admin/").context["figures"]}
    assert figures["KYC checks that stopped"].tone == "err"
    at_the_desk(maker, document).post(f"{LIST}{document.pk}/do/check-again/", {"answer": "1"})
    document.refresh_from_db()
    assert document.state == "received"
