"""Following: the same words for a right, a wrong and an unknown pair; every change is a POST and shows at once."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from grievances.base import selectors
from grievances.base.choices import ClosedBecause, EntryKind, TicketState
from grievances.models import TicketEntry, TrackingCode
from grievances.tickets.services import conversation, public_tracking, resolutions
from portal.fronts.selfservice.templatetags.text_format import in_groups
from portal.kernel.core import actor, clock
from portal.kernel.core.ids import new_reference
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import message_content
from tests.grievances.factories import filed
from tests.grievances.factories import ticket as make
from tests.grievances.pictures import png
from tests.grievances.requests import shown
from tests.people.factories import CustomerUserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
ASK = "/privacy/track/"


@pytest.fixture
def ticket():
    return make(at=clock.now() - timedelta(hours=1))


def text(response) -> str:
    return response.content.decode()


def opened(client: Client, ticket, address: str = "asha@example.in") -> str:
    """Track the grievance in this browser; its address."""
    client.post(ASK, {"reference": ticket.reference, "address": address})
    row = TrackingCode.objects.latest("pk")
    public_tracking.send_code(code_id=row.pk, at=clock.now())
    message = Message.objects.filter(kind="grievances.tracking_code").latest("pk")
    body = message_content.text_of(message).body
    code = next(part for part in body.replace(".", " ").split() if part.isdigit() and len(part) == 6)
    return client.post(f"{ASK}code/", {"code": code}).headers["Location"]


def test_a_right_a_wrong_and_an_unknown_pair_get_the_same_answer(ticket) -> None:
    answers = []
    for reference, address in (
        (ticket.reference, "asha@example.in"),
        (ticket.reference, "other@example.in"),
        (new_reference("GR"), "asha@example.in"),
    ):
        client = Client()
        asked = client.post(ASK, {"reference": reference, "address": address})
        page = client.get(asked.headers["Location"])
        wrong = client.post(f"{ASK}code/", {"code": "12345"})
        answers.append((asked.status_code, asked.headers["Location"], _plain(page), wrong.status_code, _plain(wrong)))
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][3] == 422


def _plain(response) -> str:
    """The page without the tokens that differ in every answer."""
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", text(response))


def test_the_code_opens_the_page_with_the_sentence_the_date_and_the_thread(client, ticket) -> None:
    page = text(client.get(opened(client, ticket)))
    assert "We have your grievance." in page
    assert "How we got this date" in page
    assert "They wrote to me at night." in page
    assert "With us" in page


def test_the_view_ends_after_half_an_hour(client, ticket) -> None:
    where = opened(client, ticket)
    with time_machine.travel(clock.now() + timedelta(minutes=31)):
        assert client.get(where).headers["Location"] == f"{ASK}?reference={ticket.reference}"


def test_another_browser_is_asked_for_a_code_and_can_change_nothing(client, ticket) -> None:
    where = opened(client, ticket)
    other = Client()
    for path, data in (
        ("", None),
        ("message/", {"message": "Hi", "once": uuid4()}),
        ("settle/", {"settled": "yes"}),
        ("withdraw/", {}),
    ):
        if data is None:
            assert other.get(where).headers["Location"].startswith(f"{ASK}?reference=")
        else:
            assert other.post(where + path, data).status_code == 403
    ticket.refresh_from_db()
    assert ticket.state == TicketState.RECEIVED


def test_a_view_of_one_grievance_opens_no_other(client, ticket) -> None:
    other = make(email="ravi@example.in", at=clock.now())
    opened(client, ticket)
    assert client.get(f"{ASK}{other.reference}/").status_code == 302


def test_a_message_is_added_once_however_often_it_is_sent(client, ticket) -> None:
    where, once = opened(client, ticket), str(uuid4())
    for _ in range(2):
        client.post(where + "message/", {"message": "One more thing.", "once": once})
    assert TicketEntry.objects.filter(kind=EntryKind.MESSAGE).count() == 1
    assert "One more thing." in text(client.get(where))


def test_another_message_from_an_old_page_is_taken(client, ticket) -> None:
    where, once = opened(client, ticket), str(uuid4())
    client.post(where + "message/", {"message": "One more thing.", "once": once})
    page = client.post(where + "message/", {"message": "And the bill.", "once": once}, follow=True).text
    assert "Your message is sent." in page
    assert "And the bill." in page


def test_a_second_press_says_that_it_is_so_already(client, ticket, officer) -> None:
    where = opened(client, ticket)
    resolutions.propose(ticket=ticket, text="We stopped it.", by=officer, actor=actor.staff(officer.pk), at=clock.now())
    for said in ("", "This grievance is closed already."):
        page = client.post(where + "settle/", {"settled": "yes"}, follow=True)
        assert page.status_code == 200
        assert said in page.text
    for said in ("", "This grievance is open already."):
        page = client.post(where + "reopen/", {"message": "It came again."}, follow=True)
        assert page.status_code == 200
        assert said in page.text
    assert "What you wrote is not sent." not in page.text
    assert TicketEntry.objects.filter(kind=EntryKind.REOPENED).count() == 1
    empty = client.post(where + "reopen/", {"message": ""}, follow=True)
    assert empty.status_code == 200
    assert "This grievance is open already." in empty.text
    other = client.post(where + "reopen/", {"message": "From another number."}).text
    assert "What you wrote is not sent." in other
    assert "From another number.</textarea>" in other
    for said in ("", "This grievance is closed already."):
        assert said in client.post(where + "withdraw/", follow=True).text


def test_an_empty_message_says_what_to_do(client, ticket) -> None:
    response = client.post(opened(client, ticket) + "message/", {"message": " ", "once": str(uuid4())})
    assert response.status_code == 422
    assert text(response).count("Write your message") == 2
    assert "<title>Error:" in text(response)


def test_an_answer_asks_if_it_settles_the_grievance_and_a_yes_closes_it(client, ticket, officer) -> None:
    resolutions.propose(ticket=ticket, text="We stopped it.", by=officer, actor=actor.staff(officer.pk), at=clock.now())
    where = opened(client, ticket)
    page = text(client.get(where))
    assert "We stopped it." in page
    assert "Does this settle your grievance?" in page
    assert not re.search(r"<input[^>]* checked", page)
    client.post(where + "settle/", {"settled": "yes"})
    ticket.refresh_from_db()
    assert ticket.closed_because == ClosedBecause.SETTLED
    assert "You confirmed that this is resolved." in text(client.get(where))


def test_a_no_wants_to_know_what_is_wrong_and_opens_it_again(client, ticket, officer) -> None:
    resolutions.propose(ticket=ticket, text="We stopped it.", by=officer, actor=actor.staff(officer.pk), at=clock.now())
    where = opened(client, ticket)
    assert client.post(where + "settle/", {"settled": "no"}).status_code == 422
    client.post(where + "settle/", {"settled": "no", "why": "It went on."})
    ticket.refresh_from_db()
    assert (ticket.state, ticket.round) == (TicketState.WITH_US, 2)


def test_withdrawing_asks_first_and_changes_nothing_by_looking(client, ticket) -> None:
    where = opened(client, ticket)
    assert client.get(where + "withdraw/").status_code == 200
    ticket.refresh_from_db()
    assert ticket.state == TicketState.RECEIVED
    client.post(where + "withdraw/")
    ticket.refresh_from_db()
    assert ticket.closed_because == ClosedBecause.WITHDRAWN
    client.post(where + "reopen/", {"message": "I changed my mind."})
    ticket.refresh_from_db()
    assert ticket.state == TicketState.WITH_US


def test_a_late_grievance_says_so_and_can_be_reminded_of(client) -> None:
    ticket = make(at=clock.now() - timedelta(days=6))
    where = opened(client, ticket)
    page = text(client.get(where))
    assert "We are late." in page
    assert "Remind us" in page
    once = page.split('name="once" value="')[1].split('"')[0]
    client.post(where + "remind/", {"once": once})
    client.post(where + "remind/", {"once": once})
    assert TicketEntry.objects.filter(kind=EntryKind.REMINDED).count() == 1
    page = text(client.get(where))
    assert "You have reminded us. You can do so again from" in page
    assert ">Remind us<" not in page
    refused = client.post(where + "remind/", {"once": str(uuid4())})
    assert refused.status_code == 400
    assert "You can do so again from" in text(refused)
    assert TicketEntry.objects.filter(kind=EntryKind.REMINDED).count() == 1


def test_internal_notes_never_reach_the_page(client, ticket, officer) -> None:
    conversation.note(ticket=ticket, text="Secret note.", by=officer, actor=actor.staff(officer.pk), at=clock.now())
    assert "Secret note." not in text(client.get(opened(client, ticket)))


def test_no_change_happens_by_get(client, ticket) -> None:
    where = opened(client, ticket)
    for path in ("message/", "remind/", "reopen/", "settle/"):
        assert client.get(where + path).headers["Location"] == where


@pytest.mark.parametrize("written", [str, in_groups], ids=["in one", "as the page showed it"])
def test_a_phone_only_person_gets_in_with_the_tracking_key(client, written) -> None:
    result = filed(email="", phone="+919876543210", at=clock.now())
    client.post(ASK, {"reference": result.ticket.reference, "address": "98765 43210"})
    public_tracking.send_code(code_id=TrackingCode.objects.get().pk, at=clock.now())
    response = client.post(f"{ASK}code/", {"code": written(result.tracking_key)})
    assert response.headers["Location"] == f"{ASK}{result.ticket.reference}/"


@pytest.mark.parametrize("typed", ["os-gr-{}-{}", "  OS GR {} {}", "gr{}{}"])
def test_a_reference_is_read_as_people_write_it(client, ticket, typed: str) -> None:
    first, second = ticket.reference.split("-")[2:]
    client.post(ASK, {"reference": typed.format(first, second).lower(), "address": "asha@example.in"})
    assert TrackingCode.objects.get().reference == ticket.reference


def test_a_mistyped_reference_is_named_before_anything_is_asked(client) -> None:
    response = client.post(ASK, {"reference": "OS-GR-0000-0001", "address": "asha@example.in"})
    assert response.status_code == 422
    assert not TrackingCode.objects.exists()


def test_the_code_box_takes_a_pasted_code(client) -> None:
    page = text(client.get(f"{ASK}code/"))
    assert 'autocomplete="one-time-code"' in page
    assert 'inputmode="numeric"' in page


def test_asking_again_and_again_about_one_grievance_is_put_off_for_right_and_wrong_alike(ticket) -> None:
    for reference in (ticket.reference, new_reference("GR")):
        statuses = [
            Client(REMOTE_ADDR=f"198.51.100.{n}")
            .post(ASK, {"reference": reference, "address": "asha@example.in"})
            .status_code
            for n in range(6)
        ]
        assert statuses == [302] * 5 + [429]


def test_leaving_closes_the_view_for_the_next_person_at_the_computer(client, ticket) -> None:
    where = opened(client, ticket)
    client.post(f"{ASK}leave/")
    assert client.get(where).status_code == 302


def test_titles_and_addresses_name_no_person(client, ticket) -> None:
    where = opened(client, ticket)
    title = text(client.get(where)).split("<title>")[1].split("</title>")[0]
    assert "asha" not in (where + title).lower()


def test_a_file_comes_with_a_message_and_a_bad_one_changes_nothing(client, ticket) -> None:
    where = opened(client, ticket)
    bad = {"message": "See here.", "once": str(uuid4()), "file": SimpleUploadedFile("a.pdf", b"MZ program")}
    response = client.post(where + "message/", bad)
    assert response.status_code == 422
    assert text(response).count("The file must be a PDF, JPG or PNG") == 2
    assert "See here." in text(response)
    assert not TicketEntry.objects.filter(kind=EntryKind.MESSAGE).exists()
    client.post(where + "message/", bad | {"once": str(uuid4()), "file": SimpleUploadedFile("a.png", png())})
    page = text(client.get(where))
    assert "<bdi>a.png</bdi> (PNG" in page
    file = client.get(_link(page, "/files/"))
    assert file.headers["Content-Disposition"].startswith("attachment;")
    assert b"".join(file.streaming_content).startswith(b"\x89PNG")


def _link(page: str, part: str) -> str:
    return next(href for href in re.findall(r'href="([^"]+)"', page) if part in href)


def test_the_signed_in_person_sees_all_their_grievances_and_nobody_elses(client) -> None:
    user = CustomerUserFactory()
    mine = make(principal=user.principal, at=clock.now())
    other = make(at=clock.now())
    client.force_login(user)
    page = text(client.get("/privacy/grievances/"))
    assert mine.reference in page
    assert other.reference not in page
    assert client.get(f"{ASK}{mine.reference}/").status_code == 200
    assert Client().get("/privacy/grievances/").headers["Location"] == ASK


@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "\x00"])
def test_nobody_turns_the_words_of_the_page_around(client, ticket, officer, mark: str) -> None:
    page = opened(client, ticket)
    once = re.search(r'name="once" value="([^"]+)"', text(client.get(page))).group(1)  # type: ignore[union-attr]
    picture = SimpleUploadedFile(f"bill{mark}gnp.png", png())
    sent = client.post(f"{page}message/", {"once": once, "message": f"I paid{mark} 500", "file": picture}, follow=True)
    assert mark not in text(sent)
    assert '<div dir="auto"><p>I paid 500</p></div>' in text(sent)
    assert "<bdi>billgnp.png</bdi>" in text(sent)
    assert mark not in text(client.get(f"{ASK}?reference={mark}OS"))


def answered_by(officer, ticket, *, at=None) -> None:
    resolutions.propose(ticket=ticket, text="No.", by=officer, actor=actor.staff(officer.pk), at=at or clock.now())


def test_the_person_appeals_from_the_question_if_it_is_settled(client, ticket, officer) -> None:
    answered_by(officer, ticket)
    where = opened(client, ticket)
    assert "No, let another officer review it" in text(client.get(where))
    assert client.post(where + "settle/", {"settled": "appeal", "why": ""}).status_code == 422
    page = text(client.post(where + "settle/", {"settled": "appeal", "why": "Nobody looked."}, follow=True))
    assert f"{ticket.reference}-A1" in page
    assert "Another officer will reply by" in page
    assert "Grievance Appellate Committee" in page


def test_a_closed_grievance_leads_to_the_page_of_the_appeal(client, ticket, officer) -> None:
    answered_by(officer, ticket)
    resolutions.accept(ticket=ticket, actor=actor.stranger(via="page"), at=clock.now())
    where = opened(client, ticket)
    assert f"{where}appeal/" in text(client.get(where))
    assert "the answer comes by" in text(client.get(where + "appeal/"))
    assert client.post(where + "appeal/", {"why": " "}).status_code == 422
    assert client.post(where + "appeal/", {"why": "It came back."}).status_code == 302
    again = text(client.post(where + "appeal/", {"why": "It came back."}, follow=True))
    assert "This grievance is open already" in again
    assert ticket.appeals.count() == 1


def test_before_an_answer_nothing_leads_to_an_appeal(client, ticket) -> None:
    where = opened(client, ticket)
    assert "appeal/" not in text(client.get(where))
    assert client.get(where + "appeal/").headers["Location"] == where
    client.post(where + "appeal/", {"why": "Now."})
    assert not ticket.appeals.exists()


def test_an_appeal_that_comes_too_late_is_said_not_to_be_made_and_its_words_stay(client, ticket, officer) -> None:
    answered_by(officer, ticket)
    ends = selectors.appeal_until(ticket)
    with time_machine.travel(ends + timedelta(days=1)):
        where = opened(client, ticket)
        for path, more in (("settle/", {"settled": "appeal"}), ("appeal/", {})):
            page = client.post(where + path, {"why": "Nobody <b>looked</b>.", **more}, follow=True).text
            assert "No appeal was made. The time to appeal ended on" in page
            assert "What you wrote is not sent." in page
            assert "Nobody &lt;b&gt;looked&lt;/b&gt;.</textarea>" in page
            assert "No, let another officer review it" not in page
    assert not ticket.appeals.exists()


def test_an_appeal_before_an_answer_is_said_not_to_be_made_and_its_words_stay(client, ticket) -> None:
    page = client.post(opened(client, ticket) + "appeal/", {"why": "You are slow."}, follow=True).text
    assert "No appeal was made. You can appeal when we have answered, or when our answer is late." in page
    assert "You are slow.</textarea>" in page


def test_a_second_appeal_with_other_words_is_said_not_to_be_made(client, ticket, officer) -> None:
    answered_by(officer, ticket)
    where = opened(client, ticket)
    client.post(where + "settle/", {"settled": "appeal", "why": "Nobody looked."})
    page = client.post(where + "settle/", {"settled": "appeal", "why": "And the bill."}, follow=True).text
    assert "No appeal was made. You have appealed already." in page
    assert "And the bill.</textarea>" in page
    again = client.post(where + "appeal/", {"why": "Nobody looked."}, follow=True).text
    assert "No appeal was made" not in again


def test_words_to_a_grievance_that_opens_no_more_stand_there_to_be_copied(client, ticket, officer) -> None:
    answered_by(officer, ticket)
    resolutions.accept(ticket=ticket, actor=actor.stranger(via="page"), at=clock.now())
    with time_machine.travel(clock.now() + timedelta(days=400)):
        where = opened(client, ticket)
        assert "reopen/" not in client.get(where).text
        page = client.post(where + "appeal/", {"why": "It came back."}, follow=True).text
    assert "No appeal was made." in page
    assert "It is below, for you to copy." in page
    assert "It came back.</textarea>" in page


def test_withdrawing_a_request_calls_it_a_request(client) -> None:
    where = opened(client, shown(at=clock.now()).ticket)
    page = client.get(where + "withdraw/").text
    assert "Withdraw your request" in page
    assert "grievance" not in page.split("<main")[1].split("</main>")[0].lower()
    for said in ("", "This request is closed already."):
        assert said in client.post(where + "withdraw/", follow=True).text
