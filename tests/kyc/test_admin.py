"""The review desk: records opened with a reason, the document beside its checks, two people, numbers behind a reason."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kyc.erasure import KycDocuments
from kyc.models import Decision, Document
from kyc.review import decision_basis
from kyc.review.services import appeal_links
from kyc.review.services.check_runs import run_plan
from kyc.review.services.document_uploads import send
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.core.actor import SYSTEM
from portal.kernel.core.errors import Refused
from portal.kernel.core.ids import new_reference
from portal.kernel.people.models import User
from portal.kernel.vault.services import files
from portal.kernel.vault.services.keys import Shredded
from tests.kyc import documents
from tests.kyc.factories import answered, checked, proposed, uploaded
from tests.people.factories import CustomerFactory, CustomerUserFactory, StaffFactory
from tests.signin.people_who_sign_in import customer_client, staff_client
from tests.workplace.today import by_label

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("same_process")]
LIST = "/admin/kyc/document/"
REJECT = {"outcome": "reject", "reason_code": "altered", "message": "A letter differs.", "note": ""}
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


def propose(desk: Client, document: Document, given: dict[str, Any]) -> Any:
    """Posts a proposal about what the page shows now."""
    return desk.post(
        f"{LIST}{document.pk}/propose/",
        {"page_seen": decision_basis.seen(Document.objects.get(pk=document.pk)), **given},
    )


def answer(desk: Client, document: Document, **changes: str) -> Any:
    """Posts a yes to the proposal that waits, on what the page shows now."""
    waiting = Decision.objects.get(document=document, answer="pending").reference
    page_seen = decision_basis.seen(Document.objects.get(pk=document.pk))
    given = {"decision": "approve", "reason": "", "proposal": waiting, "page_seen": page_seen, **changes}
    return desk.post(f"{LIST}{document.pk}/answer/", given)


def test_an_answer_counts_for_the_proposal_that_stood_on_the_page(document, maker, checker) -> None:
    """A colleague refused that one meanwhile, and the maker proposed the opposite."""
    first = at_the_desk(maker, document)
    propose(first, document, REJECT)
    desk, colleague = at_the_desk(checker, document), at_the_desk(StaffFactory(roles=["kyc_checker"]), document)
    stood = Decision.objects.get().reference
    assert f'value="{stood}"' in desk.get(page_of(document)).text
    answer(colleague, document, decision="refuse", reason="It can be read.")
    assert propose(first, document, APPROVE).status_code == 303
    refused = answer(desk, document, proposal=stood, reason="Agreed by telephone.")
    assert refused.status_code == 422
    assert "Another proposal waits now" in refused.text
    assert "Agreed by telephone." in refused.text
    waiting = Decision.objects.get(answer="pending")
    assert f'value="{waiting.reference}"' in refused.text
    document.refresh_from_db()
    assert document.state == "checked"


def test_a_reason_with_somebodys_number_is_refused_beside_its_field_and_kept_on_the_page(
    document, maker, checker
) -> None:
    propose(at_the_desk(maker, document), document, APPROVE)
    said = "No: Aadhaar 2341 2341 2346, PAN ABCPE1234F differ"
    refused = answer(at_the_desk(checker, document), document, decision="refuse", reason=said)
    assert refused.status_code == 422
    assert "last four digits" in refused.text
    assert said in refused.text
    assert Decision.objects.filter(answer="pending", reason="").count() == 1


def test_an_answer_that_comes_after_anothers_is_told_so(document, maker, checker) -> None:
    propose(at_the_desk(maker, document), document, APPROVE)
    desk, colleague = at_the_desk(checker, document), at_the_desk(StaffFactory(roles=["kyc_checker"]), document)
    stood = Decision.objects.get().reference
    answer(colleague, document)
    said = desk.post(
        f"{LIST}{document.pk}/answer/", {"decision": "refuse", "reason": "No.", "proposal": stood}, follow=True
    )
    assert "it was decided meanwhile" in said.text
    again = colleague.post(f"{LIST}{document.pk}/answer/", {"decision": "approve", "proposal": stood}, follow=True)
    assert "you have decided it, and that counts" in again.text


def test_two_people_decide_at_the_desk(document, maker, checker) -> None:
    desk = at_the_desk(maker, document)
    shown = desk.get(page_of(document)).content.decode()
    assert "Propose a decision" in shown
    assert "Number typed against number in the file" in shown
    for table in re.findall(r"<table[^>]*>", shown[shown.index('<div class="desk">') :]):
        named = re.search(r'aria-labelledby="([^"]+)"', table)
        assert named is not None, table
        assert f'<h2 id="{named[1]}">' in shown
    assert propose(desk, document, APPROVE).status_code == 303
    second = at_the_desk(checker, document)
    assert "Decide and next" in second.get(page_of(document)).content.decode()
    answer(second, document)
    document.refresh_from_db()
    assert document.state == "approved"
    assert f"{maker.full_name} proposed: Approve. {checker.full_name} agreed, " in second.get(page_of(document)).text


def test_a_maker_cannot_answer_by_page_or_by_post(document) -> None:
    both = StaffFactory(roles=["kyc_maker", "kyc_checker"])
    desk = at_the_desk(both, document)
    propose(desk, document, APPROVE)
    shown = desk.get(page_of(document)).content.decode()
    assert "you proposed this yourself" in shown
    assert "/answer/" not in shown
    refused = answer(desk, document)
    assert refused.status_code == 422
    document.refresh_from_db()
    assert (document.state, Decision.objects.get().answer) == ("checked", "pending")


def test_one_key_says_yes_to_whichever_of_the_two_people_it_is(document, maker) -> None:
    assert 'href="#id_outcome_0" data-key="a"' in at_the_desk(maker, document).get(page_of(document)).text
    proposed(document, maker)
    assert 'data-key="a"' not in at_the_desk(maker, document).get(page_of(document)).text
    page = at_the_desk(StaffFactory(roles=["kyc_checker"]), document).get(page_of(document)).text
    assert ('href="#id_decision_0" data-key="a"' in page, 'href="#id_decision_1" data-key="r"' in page) == (True, True)


@pytest.mark.parametrize("role", ["support", "auditor", "administrator", "grievance_officer"])
def test_other_roles_can_neither_propose_nor_answer_nor_see_a_page(document, maker, role) -> None:
    proposed(document, maker)
    desk = at_the_desk(StaffFactory(roles=[role]), document)
    for name, data in (("propose", APPROVE), ("answer", {"decision": "approve"})):
        assert desk.post(f"{LIST}{document.pk}/{name}/", data).status_code in {403, 404, 422}
    assert desk.get(f"{LIST}{document.pk}/pages/1.png").status_code in {403, 404}
    assert desk.get(f"{LIST}{document.pk}/number/").status_code in {403, 404}
    assert Decision.objects.get().answer == "pending"


def test_the_search_of_the_desk_is_empty_until_somebody_searches(document, maker) -> None:
    """It was filled with what the page says about the search for Aadhaar numbers."""
    page = at_the_desk(maker, document).get(page_of(document)).text
    assert 'value=""' in re.search(r'<input[^>]*id="find-anything"[^>]*>', page)[0]
    assert "Searched for Aadhaar numbers" in page


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


def test_the_box_that_finds_anything_is_empty_at_the_desk(document, maker) -> None:
    """What the desk says about the document stands in its own places, and not as words that somebody looked for."""
    page = at_the_desk(maker, document).get(page_of(document)).text
    assert "Aadhaar numbers" in page
    assert re.search(r'<input[^>]*id="find-anything"[^>]*value=""', page)


def test_the_desk_shows_no_page_and_no_number_of_an_erased_document(
    document, maker, django_capture_on_commit_callbacks
) -> None:
    desk = at_the_desk(maker, document)
    assert desk.get(f"{LIST}{document.pk}/pages/1.png").headers["Content-Type"] == "image/png"
    with django_capture_on_commit_callbacks(execute=True):
        KycDocuments("kyc").erase(subject_ref=document.subject_ref, before=None)
    answer = desk.get(f"{LIST}{document.pk}/pages/1.png")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert documents.PAN not in desk.get(page_of(document)).content.decode()
    with pytest.raises(Shredded):
        files.open_stream(document.kept, actor=SYSTEM, reason="test")


def test_what_is_missing_in_a_proposal_is_said_at_its_field_and_nothing_is_lost(document, maker) -> None:
    given = {"outcome": "ask_again", "reason_code": "unreadable", "message": "", "note": "Too dark."}
    response = propose(at_the_desk(maker, document), document, given)
    shown = response.content.decode()
    assert response.status_code == 422
    assert "Write to the customer what to do now." in shown
    assert "Too dark." in shown
    assert not Decision.objects.exists()


def test_nobody_looks_at_a_file_that_was_only_uploaded(individual, maker) -> None:
    waiting = uploaded(individual)
    run_plan(waiting.pk, now=clock.now())
    desk = at_the_desk(maker, waiting)
    shown = desk.get(page_of(waiting)).text
    for page in ("number/", "clear/", "pages/1.png"):
        assert f"{LIST}{waiting.pk}/{page}" not in shown
        assert desk.get(f"{LIST}{waiting.pk}/{page}").status_code == 404
    send(Document.objects.get(pk=waiting.pk), actor=SYSTEM, now=clock.now())
    assert desk.get(f"{LIST}{waiting.pk}/pages/1.png").status_code == 200


def test_of_a_file_that_was_only_uploaded_staff_read_nothing_but_that_it_is_there(individual, maker) -> None:
    waiting = uploaded(individual)
    run_plan(waiting.pk, now=clock.now())
    Document.objects.filter(pk=waiting.pk).update(fault="CORRUPT", notices="BLURRED", expires_on=date(2031, 2, 3))
    auditor = staff_client(StaffFactory(roles=["auditor"]))

    def seen() -> str:
        page = at_the_desk(maker, waiting).get(page_of(waiting)).text
        export = auditor.post(
            f"{LIST}export/", {"file_format": "csv", "reason": "The audit of this year", "export": "yes"}
        )
        return page + staff_client(maker).get(LIST).text + b"".join(export.streaming_content).decode()

    shown = seen()
    assert shown.count(waiting.reference) > 2
    waiting.refresh_from_db()
    said = ("ABCPRXXXXK", "Passed", "CORRUPT", "SEARCHED", "blurred", "2031-02-03", waiting.kept.sha256)
    assert [word for word in said if word in shown] == []
    send(waiting, actor=SYSTEM, now=clock.now())
    shown = seen()
    assert [word for word in said if word not in shown] == []


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
    assert "Assign to me" in desk.get(page_of(document)).content.decode()
    Document.objects.update(state=state)
    assert "Assign to me" not in desk.get(page_of(document)).content.decode()
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
    assert by_label(client.get("/admin/"))["Documents that could not be checked"].tone == "err"
    at_the_desk(maker, document).post(f"{LIST}{document.pk}/do/check-again/", {"answer": "1"})
    document.refresh_from_db()
    assert document.state == "received"


def test_stale_bytes_are_refused_with_a_clear_line_and_the_difference(document, maker, checker) -> None:
    proposed(document, maker)
    type(document.kept).objects.filter(pk=document.kept.pk).update(sha256="0" * 64)
    desk = at_the_desk(checker, document)
    shown = desk.get(page_of(document)).text
    assert "This is not what the maker saw" in shown
    assert f"+ {'0' * 16}" in shown
    refused = answer(desk, document)
    assert "has changed since" in refused.text
    assert Decision.objects.get().answer == "pending"


def test_a_page_that_shows_what_is_no_more_decides_nothing(document, maker) -> None:
    desk = at_the_desk(maker, document)
    given = {**APPROVE, "page_seen": "0" * 64}
    refused = propose(desk, document, given)
    assert (refused.status_code, "have changed since you opened the page" in refused.text) == (422, True)
    unseen = propose(desk, document, {**APPROVE, "page_seen": ""})
    assert (unseen.status_code, "have changed since you opened the page" in unseen.text) == (422, True)
    page_seen = re.search(r'name="page_seen" value="(\w{64})"', desk.get(page_of(document)).text)[1]
    assert desk.post(f"{LIST}{document.pk}/propose/", {**APPROVE, "page_seen": page_seen}).status_code == 303


def test_a_preview_shows_the_letter_in_the_customers_language_and_decides_nothing(document, asha, maker) -> None:
    asha.principal.language = "hi"
    asha.principal.save(update_fields=["language"])
    given = {"outcome": "ask_again", "reason_code": "unreadable", "message": "Send a sharper photo.", "note": "secret"}
    shown = propose(at_the_desk(maker, document), document, {**given, "preview": "1"})
    letter = re.search(r'<div class="template-text" lang="hi".*?</div>', shown.text, re.DOTALL)[0]
    assert (shown.status_code, "Send a sharper photo." in letter, "secret" in letter) == (200, True, False)
    assert not Decision.objects.exists()


def test_a_letter_with_nothing_to_do_in_it_is_not_previewed(document, maker) -> None:
    given = {"outcome": "ask_again", "reason_code": "unreadable", "message": " ", "preview": "1"}
    asked = propose(at_the_desk(maker, document), document, given)
    assert asked.status_code == 422
    assert "Write what to do now." in asked.text
    assert "What to do:" not in asked.text


def test_what_is_demanded_in_some_cases_is_nowhere_called_optional(document, maker, checker) -> None:
    page = at_the_desk(maker, document).get(page_of(document)).text
    assert 'Reason <span class="hint">(needed unless you approve)</span>' in page
    proposed(document, maker)
    answering = at_the_desk(checker, document).get(page_of(document)).text
    assert 'Reason <span class="hint">(needed to send it back)</span>' in answering


def test_an_agreed_rejection_is_not_called_approved(document, maker, checker) -> None:
    proposed(document, maker, outcome="reject", reason_code="altered", message="Come to our office.")
    decision = Decision.objects.get()
    answered(decision, checker)
    page = staff_client(maker).get("/admin/kyc/decision/").text
    assert "Agreed: Reject for good; the customer may appeal" in page
    assert ">Approved<" not in page.partition("<table")[2]


def test_a_checkers_figures_count_no_work_of_makers(document, maker, checker) -> None:
    assert "Documents to review" in by_label(staff_client(maker).get("/admin/"))
    assert "Documents to review" not in by_label(staff_client(checker).get("/admin/"))


def test_what_was_typed_read_and_known_stands_side_by_side_with_a_sign_and_a_word(individual, maker) -> None:
    document = checked(individual, declared={"name": "Somebody Else"})
    shown = at_the_desk(maker, document).get(page_of(document)).text
    row = re.search(r'<th scope="row">Name</th>.*?</tr>', shown, re.DOTALL)[0]
    assert ("Somebody Else" in row, individual.name in row) == (True, True)
    assert re.search(r"≠</span> differs", row)
    number = re.search(r'<th scope="row">Number</th>.*?</tr>', shown, re.DOTALL)[0]
    assert re.search(r"the same number.*✓</span> fits", number, re.DOTALL)


def test_every_page_of_a_document_stands_on_the_page_once_and_is_turned_by_no_address(individual, maker) -> None:
    document = checked(individual, data=documents.pdf(pages=3))
    shown = at_the_desk(maker, document).get(page_of(document)).text
    assert re.findall(r'src="([^"]+\.png[^"]*)"', shown) == [f"{LIST}{document.pk}/pages/{n}.png" for n in (1, 2, 3)]
    assert re.findall(r'<a href="#page-(\d)">', shown) == ["1", "2", "3"]


def test_what_failed_or_could_not_run_comes_first_and_what_passed_is_folded_in_one_line(document, maker) -> None:
    shown = at_the_desk(maker, document).get(page_of(document)).text
    part = shown[shown.index('<h2 id="checks">') :]
    open_ones, folded = part[: part.index("<details>")], part[part.index("<details>") : part.index("</details>")]
    assert "Could not run" in open_ones
    assert "Passed" not in open_ones
    assert "Could not run" not in folded
    said = [folded.count(f"</span> {word}</span>") for word in ("Passed", "Does not apply")]
    assert re.search(rf"<summary>{said[0]} passed, {said[1]} do(es)? not apply</summary>", folded)


def test_the_other_documents_of_the_case_are_one_link_away(individual, maker) -> None:
    document, other = (
        checked(individual),
        checked(individual, kind="passport", number="A1234567", expires_on=date(2035, 1, 1)),
    )
    unsent = uploaded(individual, kind="driving_licence", number="MH1220110012345", expires_on=date(2035, 1, 1))
    shown = at_the_desk(maker, document).get(page_of(document)).text
    assert "1 other document of the case" in shown
    assert f'<a href="{page_of(other)}">' in shown
    assert unsent.reference not in shown


def test_single_keys_can_be_switched_off_and_each_key_is_a_link_or_a_button_too(document, maker) -> None:
    desk = at_the_desk(maker, document)
    shown = desk.get(page_of(document)).text
    assert "workplace/keys.js" in shown
    for key in re.findall(r'data-key="([^"]+)"', shown):
        assert re.search(rf'<(a|button|input|summary)[^>]*data-key="{re.escape(key)}"', shown), key
    desk.post(f"{LIST}{document.pk}/keys/")
    assert "workplace/keys.js" not in desk.get(page_of(document)).text
    desk.post(f"{LIST}{document.pk}/keys/")
    assert "workplace/keys.js" in desk.get(page_of(document)).text


@pytest.mark.parametrize("act", ["propose", "answer"])
def test_who_may_only_look_is_refused_before_anything_posted_is_read(document, act):
    desk = at_the_desk(StaffFactory(roles=["auditor"]), document)
    assert desk.get(f"/admin/kyc/document/{document.pk}/{act}/").status_code == 403
    assert desk.post(f"/admin/kyc/document/{document.pk}/{act}/", {}).status_code == 403


def test_a_check_of_what_was_typed_says_that_nobody_has_read_it(document, individual, maker) -> None:
    licence = checked(
        individual,
        kind="driving_licence",
        number="MH1220110012345",
        declared={"name": individual.name},
        expires_on=clock.day(clock.now()) + timedelta(days=400),
        data=documents.image(),
        extension="jpg",
    )
    assert {check.name for check in licence.checks.filter(outcome="PASS")} >= {"name", "expiry"}
    page = at_the_desk(maker, licence).get(page_of(licence)).text
    assert "Name on the document against" not in page
    assert "Name that was typed against the name we know" in page
    assert "Still valid, by the last day that was typed" in page
    assert page.count("Look whether the document says the same.") == 2


def test_a_rejected_document_is_decided_again_only_once_its_customer_asked(document, asha, maker, checker) -> None:
    again = {**REJECT, "outcome": "ask_again", "reason_code": "appeal"}
    appeal = {"documents": [document.reference], "subject_ref": asha.principal.subject.ref, "actor": SYSTEM}
    appeal_links.note(ticket=new_reference("GR"), **appeal, at=clock.now())
    answered(proposed(document, maker, **REJECT), checker)
    document.refresh_from_db()
    desk = at_the_desk(maker, document)
    page = desk.get(page_of(document)).text
    assert "rejected for good" in page
    assert "After an appeal" not in page
    with pytest.raises(Refused) as refused:
        proposed(document, maker, **again)
    assert refused.value.code == "NO_APPEAL"
    appeal_links.note(ticket=new_reference("GR"), **appeal, at=clock.now())
    page = desk.get(page_of(document)).text
    assert "rejected for good" not in page
    assert "After an appeal" in page
    assert proposed(document, maker, **again).reason_code == "appeal"


def test_after_a_proposal_the_next_document_opens_and_nothing_of_it_was_seen_before(document, maker) -> None:
    """None left: Today. The message names what was left and leads back to it."""
    following = checked(CustomerFactory(kind="individual"), number="ABCPR1234Z")
    views = AuditEvent.objects.filter(kind=AuditKind.ADMIN_RECORD_OPENED, subject_ref=following.subject_ref)
    desk = at_the_desk(maker, document)
    assert not views.exists()
    answer = propose(desk, document, APPROVE)
    assert (answer.status_code, answer.headers["Location"]) == (303, page_of(following))
    shown = desk.get(page_of(following)).text
    assert f"{document.reference}: Your proposal is recorded." in shown
    assert f'<a href="{page_of(document)}">Open again</a>' in shown
    assert propose(desk, following, APPROVE).headers["Location"] == "/admin/"
    assert "No other document waits for you." in desk.get("/admin/").text
