"""The pages of a request about one's data: short, without an account, one request however often it is sent."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from grievances.base.request_choices import Proof, RequestState, Right
from grievances.models import Bundle, ProofPaper, RightsRequest, TicketDraft, TrackingCode
from grievances.requests.services import data_copies
from grievances.tickets.services import drafts
from portal.kernel.core import actor, clock
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import message_content
from portal.kernel.people.models import OneTimeCode
from tests.grievances.pictures import png
from tests.people.factories import CustomerUserFactory
from tests.signin.people_who_sign_in import confirmed, customer_client, staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
NEW = "/privacy/requests/new/"


def text(response) -> str:
    return response.content.decode()


def fill(client: Client, *, right: str = "access", capacity: str = "self", email: str = "asha@example.in", **details):
    client.post(NEW, {"right": right})
    client.post(f"{NEW}details/", {"capacity": capacity, **details})
    return client.post(f"{NEW}contact/", {"email": email, "phone": "", "language": "en"})


def send(client: Client, **answers: str) -> RightsRequest:
    fill(client, **answers)
    client.post(f"{NEW}check/")
    return RightsRequest.objects.latest("pk")


def code() -> str:
    body = message_content.text_of(Message.objects.filter(kind="grievances.request_code").latest("pk")).body
    return re.search(r"\b\d{6}\b", body).group()


def test_the_first_page_of_all_leads_to_the_requests(client) -> None:
    assert NEW in text(client.get("/privacy/"))


def test_a_stranger_asks_shows_the_address_and_reads_the_request(client) -> None:
    assert fill(client).headers["Location"] == f"{NEW}check/"
    page = text(client.get(f"{NEW}check/"))
    assert "See my data" in page
    assert "asha@example.in" in page
    sent = client.post(f"{NEW}check/", follow=True)
    found = RightsRequest.objects.get()
    assert found.ticket.reference in text(sent)
    assert "a••••@example.in" in text(sent)
    opened = client.post(f"/privacy/requests/{found.ticket.reference}/sent/", {"code": code()}, follow=True)
    assert opened.redirect_chain[-1][0] == f"/privacy/track/{found.ticket.reference}/"
    assert "To be answered" in text(opened)
    found.refresh_from_db()
    assert found.state == RequestState.SHOWN


def test_each_right_says_what_one_gets_and_by_when(client) -> None:
    for right in set(Right) - {Right.NOMINATION, Right.CLAIM, Right.WITHDRAWAL}:
        client.post(NEW, {"right": right})
        page = text(client.get(f"{NEW}details/"))
        assert "we answer by" in page


def test_a_wrong_code_says_so_and_opens_nothing(client) -> None:
    found = send(client)
    wrong = f"{(int(code()) + 1) % 10**6:06d}"
    page = client.post(f"/privacy/requests/{found.ticket.reference}/sent/", {"code": wrong})
    assert page.status_code == 422
    assert "This code is not right" in text(page)


def test_sending_twice_makes_one_request(client) -> None:
    fill(client)
    first = client.post(f"{NEW}check/")
    again = client.post(f"{NEW}check/")
    assert first.headers["Location"] == again.headers["Location"]
    assert RightsRequest.objects.count() == 1


def test_the_page_of_a_sent_request_is_nobody_elses(client) -> None:
    found = send(client)
    for page in ("sent", "papers"):
        answer = Client().get(f"/privacy/requests/{found.ticket.reference}/{page}/")
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/privacy/track/")


def test_a_signed_in_person_is_not_asked_where_to_reach_them(still) -> None:
    client = customer_client(CustomerUserFactory())
    client.post(NEW, {"right": "objection"})
    answer = client.post(f"{NEW}details/", {"capacity": "self", "words": "My calls for training."})
    assert answer.headers["Location"] == f"{NEW}check/"
    client.post(f"{NEW}check/")
    assert RightsRequest.objects.get().proof == Proof.SESSION


def test_a_signed_in_person_takes_a_consent_back_where_it_was_given(still) -> None:
    client = customer_client(CustomerUserFactory())
    assert client.post(NEW, {"right": "withdrawal"}).headers["Location"] == "/privacy/consents/"


def test_no_page_says_that_a_code_was_sent_which_was_not(still) -> None:
    """The limit is of the address: who asks once more from a fresh browser reads the same truth."""
    for _time in range(20):
        client = Client()
        found = send(client)
        page = f"/privacy/requests/{found.ticket.reference}/sent/"
        if not OneTimeCode.objects.filter(about=found.ticket.about).exists():
            break
        assert "We have sent a six-digit code" in client.get(page).text
    else:
        pytest.fail("the codes of an address have no limit")
    for said in (client.get(page).text, client.post(page, {"again": "1"}).text):
        assert "We have sent a six-digit code" not in said
        assert "No code that works is on its way" in said
    assert "No more codes can be sent within this hour." in said
    still.shift(3601)
    said = client.post(page, {"again": "1"}).text
    assert "We have sent a six-digit code" in said


def test_no_page_asks_for_a_code_that_wrong_ones_have_ended(client) -> None:
    found = send(client)
    page = f"/privacy/requests/{found.ticket.reference}/sent/"
    wrong = f"{(int(code()) + 1) % 10**6:06d}"
    for _time in range(5):
        assert "We have sent a six-digit code" in text(client.get(page))
        client.post(page, {"code": wrong})
    said = text(client.get(page))
    assert "We have sent a six-digit code" not in said
    assert "a wrong one was entered too often" in said
    client.post(page, {"again": "1"})
    assert "We have sent a six-digit code" in text(client.get(page))


def test_for_somebody_else_a_name_is_asked_and_a_paper(client) -> None:
    client.post(NEW, {"right": "access"})
    page = client.post(f"{NEW}details/", {"capacity": "child"})
    assert page.status_code == 422
    assert "Enter the name of the person it is for" in text(page)
    found = send(client, capacity="child", person_name="Little One")
    proved = client.post(f"/privacy/requests/{found.ticket.reference}/sent/", {"code": code()})
    papers = f"/privacy/requests/{found.ticket.reference}/papers/"
    assert proved.headers["Location"] == papers
    upload = SimpleUploadedFile("birth.png", png(), "image/png")
    client.post(papers, {"file": upload})
    assert ProofPaper.objects.get().request == found
    assert "waits for review" in text(client.get(papers))


def test_a_correction_asks_what_it_should_be(client) -> None:
    client.post(NEW, {"right": "correction"})
    page = client.post(f"{NEW}details/", {"capacity": "self", "field": "name"})
    assert "Write how it should be" in text(page)


@pytest.mark.parametrize(
    ("field", "should_be", "said"),
    [
        ("language", "Klingon", "Write one of these languages"),
        ("zone", "Mars/Base", "Write the zone as continent and city"),
        ("email", "nowhere", "like name@example.com"),
        ("phone", "12", "with its country code"),
    ],
)
def test_a_correction_that_no_record_could_hold_is_said_beside_the_question(client, field, should_be, said) -> None:
    client.post(NEW, {"right": "correction"})
    page = client.post(f"{NEW}details/", {"capacity": "self", "field": field, "should_be": should_be})
    assert page.status_code == 422
    assert said in text(page)
    assert should_be in page.text


def test_an_objection_says_against_which_use(client) -> None:
    client.post(NEW, {"right": "objection"})
    page = client.post(f"{NEW}details/", {"capacity": "self", "words": " "})
    assert page.status_code == 422
    assert "Write which use you do not want" in text(page)
    assert client.post(f"{NEW}details/", {"capacity": "self", "words": "My calls for training."}).status_code == 302


def test_a_language_is_kept_by_its_code_whatever_it_was_called(client) -> None:
    fill(client, right="correction", field="language", should_be="Hindi")
    assert "हिन्दी" in client.get(f"{NEW}check/").text
    assert drafts.answers_of(TicketDraft.objects.get())["should_be"] == "hi"


def test_pages_in_the_middle_lead_to_the_beginning(client) -> None:
    for page in ("details", "contact", "check"):
        assert client.get(f"{NEW}{page}/").headers["Location"] == NEW


def test_staff_see_the_request_and_what_is_due(officer) -> None:
    found = send(Client())
    page = text(staff_client(officer).get("/admin/grievances/rightsrequest/?queue=open"))
    assert found.ticket.reference in page
    assert "Waits for proof of who asks" in page


def released(found: RightsRequest, officer) -> tuple[Bundle, str]:
    """The copy that the request asks for, ready, and its address."""
    found.refresh_from_db()
    bundle = data_copies.collect(request=found, by=officer, actor=actor.staff(officer.pk), at=clock.now())
    data_copies.run(bundle, progress=lambda done, total: None)
    bundle.refresh_from_db()
    data_copies.release(bundle=bundle, actor=actor.staff(officer.pk), at=clock.now())
    return bundle, f"/privacy/requests/{found.ticket.reference}/copy.zip"


def test_a_view_opened_longer_ago_hands_out_no_copy(client, officer) -> None:
    found = send(client)
    client.post(f"/privacy/requests/{found.ticket.reference}/sent/", {"code": code()})
    bundle, url = released(found, officer)
    TrackingCode.objects.update(used_at=clock.now() - timedelta(minutes=15))
    refused = client.post(url)
    assert refused.status_code == 403
    assert found.ticket.reference in text(refused)
    bundle.refresh_from_db()
    assert bundle.downloads == 0
    TrackingCode.objects.update(used_at=clock.now() - timedelta(minutes=14))
    assert client.post(url).headers["Content-Type"] == "application/zip"


def test_a_session_of_an_hour_ago_gets_no_copy_without_a_code(still, officer) -> None:
    user = CustomerUserFactory()
    client = customer_client(user, proven=False)
    client.post(NEW, {"right": "access"})
    client.post(f"{NEW}details/", {"capacity": "self"})
    client.post(f"{NEW}check/")
    found = RightsRequest.objects.get()
    client.post(f"/privacy/requests/{found.ticket.reference}/sent/", {"code": code()})
    bundle, url = released(found, officer)
    later = customer_client(user, proven=False)
    assert "Prove it is you" in text(later.post(url))
    bundle.refresh_from_db()
    assert bundle.downloads == 0
    assert confirmed(later, url).headers["Content-Type"] == "application/zip"


def test_a_copy_is_counted_by_a_press_and_never_by_a_look_at_its_address(client, officer) -> None:
    found = send(client)
    client.post(f"/privacy/requests/{found.ticket.reference}/sent/", {"code": code()})
    bundle, url = released(found, officer)
    page = text(client.get(f"/privacy/track/{found.ticket.reference}/"))
    assert f'<form method="post" action="{url}">' in page
    for look in (client.get, client.head):
        assert look(url).headers["Location"] == f"/privacy/track/{found.ticket.reference}/"
    bundle.refresh_from_db()
    assert bundle.downloads == 0
    assert client.post(url).headers["Content-Type"] == "application/zip"
    bundle.refresh_from_db()
    assert bundle.downloads == 1
    Bundle.objects.filter(pk=bundle.pk).update(downloads=3)
    said = text(client.get(f"/privacy/track/{bundle.request.ticket.reference}/"))
    assert "as often as it can be downloaded" in said
    assert "its key is destroyed" not in said


def sent_with_a_phone_only(client: Client) -> str:
    """The address of the confirmation, not looked at yet."""
    fill(client)
    client.post(f"{NEW}contact/", {"email": "", "phone": "9876543210", "language": "en"})
    return client.post(f"{NEW}check/").headers["Location"]


def test_a_person_with_a_phone_only_sees_the_tracking_key_once(client) -> None:
    where = sent_with_a_phone_only(client)
    assert "Your tracking key" in text(client.get(where))
    assert "Your tracking key" not in text(client.get(where))


@pytest.mark.parametrize("how", [{"method": "HEAD"}, {"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}])
def test_a_page_that_nobody_sees_does_not_use_up_the_tracking_key(client, how) -> None:
    where = sent_with_a_phone_only(client)
    unseen = client.head(where) if "method" in how else client.get(where, headers=how)
    assert TicketDraft.objects.get().tracking_key not in unseen.content.decode()
    assert "Your tracking key" in text(client.get(where))


def test_a_page_that_could_not_be_made_does_not_use_up_the_tracking_key(client, monkeypatch) -> None:
    where = sent_with_a_phone_only(client)
    with monkeypatch.context() as broken:
        broken.setattr("portal.fronts.selfservice.views.requests.render", _broken)
        with pytest.raises(RuntimeError):
            client.get(where)
    assert "Your tracking key" in text(client.get(where))


def _broken(*args: object, **kwargs: object) -> str:
    raise RuntimeError


def check_page(client: Client, language: str = "en") -> str:
    client.cookies["django_language"] = language
    client.post(NEW, {"right": "erasure"})
    client.post(f"{NEW}details/", {"capacity": "self"})
    return text(client.get(f"{NEW}check/"))


def test_who_asks_again_is_offered_the_first_request_and_refused_nothing() -> None:
    user = CustomerUserFactory(email="asha@example.in")
    client = customer_client(user)
    with time_machine.travel(datetime(2026, 11, 24, 6, 30, tzinfo=UTC), tick=True) as moment:
        assert "You have asked for this before" not in check_page(client)
        client.post(f"{NEW}check/")
        first = RightsRequest.objects.get()
        page = check_page(client)
        assert "We have not answered yet" in page
        assert f"/privacy/track/{first.ticket.reference}/" in page
        client.post(f"{NEW}check/")
        assert RightsRequest.objects.count() == 2, "a repeat is lawful"
        RightsRequest.objects.exclude(pk=first.pk).delete()
        RightsRequest.objects.filter(pk=first.pk).update(decided_at=clock.now(), state="refused")
        assert "We answered on" in check_page(client)
        moment.shift(timedelta(days=31))
        assert "You have asked for this before" not in check_page(customer_client(user))


def test_who_asks_again_is_led_to_the_request_within_which_the_first_repeat_is_answered() -> None:
    client = customer_client(CustomerUserFactory(email="asha@example.in"))
    check_page(client)
    client.post(f"{NEW}check/")
    check_page(client)
    client.post(f"{NEW}check/")
    repeat, first = RightsRequest.objects.order_by("-pk")
    RightsRequest.objects.filter(pk=repeat.pk).update(
        state="joined", joined_to=first, joined_because="same", decided_at=clock.now()
    )
    page = check_page(client)
    assert "We have not answered yet" in page
    assert f"The answer is in your request {first.ticket.reference}." in page
    assert f'href="/privacy/track/{first.ticket.reference}/"' in page
    assert f'href="/privacy/track/{repeat.ticket.reference}/"' not in page
    RightsRequest.objects.filter(pk=first.pk).update(decided_at=clock.now(), state="granted")
    assert "We answered on" in check_page(client)


def test_steps_are_counted_from_the_path_that_is_taken(client) -> None:
    known = customer_client(CustomerUserFactory(email="asha@example.in"))
    for browser, steps in ((known, 3), (client, 4)):
        assert f"Step 1 of {steps}" in text(browser.get(NEW))
        browser.post(NEW, {"right": "erasure"})
        assert f"Step 2 of {steps}" in text(browser.get(f"{NEW}details/"))
        after = browser.post(f"{NEW}details/", {"capacity": "self"}).url
        assert f"Step 3 of {steps}" in text(browser.get(after))
    client.post(f"{NEW}contact/", {"email": "ravi@example.in", "phone": "", "language": "en"})
    assert "Step 4 of 4" in text(client.get(f"{NEW}check/"))
    assert "Step 3 of 4" in text(known.get(f"{NEW}contact/")), "one more where the address is changed"


def test_who_is_not_signed_in_reads_nothing_of_earlier_requests(client) -> None:
    send(client, right="erasure")
    fill(client, right="erasure")
    assert "You have asked for this before" not in text(client.get(f"{NEW}check/"))
