"""The seven steps: each has an address, keeps what was entered, and sends one grievance however often it is pressed."""

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from grievances.models import Ticket, TicketDraft
from grievances.tickets.services import thread_access
from portal.kernel.core import clock
from portal.kernel.ledger.errors import NotSealed
from portal.kernel.people.models import Fiduciary
from tests.grievances.pictures import png
from tests.ledger.test_commands import run
from tests.people.factories import CustomerUserFactory
from tests.signin.people_who_sign_in import customer_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
NEW = "/privacy/grievances/new/"


def answer(client: Client, page: str, **data: str):
    return client.post(f"{NEW}{page}/", data)


def fill(client: Client, *, email: str = "asha@example.in", phone: str = "", kind: str = "billing"):
    answer(client, "who", for_whom="self")
    answer(client, "about", kind=kind)
    answer(client, "what-happened", what_happened="The parrot said Amsterdam.", wanted="Say sorry.")
    client.post(f"{NEW}files/", {"continue": "1"})
    return answer(client, "contact", email=email, phone=phone, language="en")


def text(response) -> str:
    return response.content.decode()


def test_the_start_page_names_the_day_by_which_we_reply(client) -> None:
    with time_machine.travel("2026-11-24T06:30:00Z", tick=False):
        page = text(client.get(NEW))
    assert "Sunday 29 November 2026" in page
    assert TicketDraft.objects.count() == 0


def test_a_grievance_goes_through_seven_pages_and_is_sent(client) -> None:
    assert fill(client).headers["Location"] == f"{NEW}check/"
    page = text(client.get(f"{NEW}check/"))
    for words in ("The parrot said Amsterdam.", "Say sorry.", "asha@example.in", "A bill or a payment"):
        assert words in page
    sent = client.post(f"{NEW}check/", follow=True)
    ticket = Ticket.objects.get()
    assert ticket.reference in text(sent)
    assert "The parrot" not in text(sent)


def test_pressing_send_twice_or_loading_the_page_again_makes_no_second_grievance(client) -> None:
    fill(client)
    first = client.post(f"{NEW}check/")
    again = client.post(f"{NEW}check/")
    assert first.headers["Location"] == again.headers["Location"]
    client.get(first.headers["Location"])
    client.get(first.headers["Location"])
    assert Ticket.objects.count() == 1


def test_an_empty_answer_comes_back_with_the_error_in_summary_and_field(client) -> None:
    response = answer(client, "who")
    page = text(response)
    assert response.status_code == 422
    assert page.count("Select who the grievance is for") == 2
    assert "<title>Error:" in page
    assert TicketDraft.objects.count() == 0


def test_what_was_entered_stays_when_another_part_is_wrong(client) -> None:
    fill(client)
    page = text(answer(client, "contact", email="asha@", phone="98765 43210", language="mr"))
    assert "98765 43210" in page
    assert 'value="asha@"' in page


def test_going_back_shows_what_was_answered(client) -> None:
    fill(client)
    assert "The parrot said Amsterdam." in text(client.get(f"{NEW}what-happened/"))
    assert "checked" in text(client.get(f"{NEW}who/"))


def test_a_change_leads_straight_back_to_the_check_page(client) -> None:
    fill(client)
    response = client.post(f"{NEW}what-happened/?change=1", {"what_happened": "Another bird."})
    assert response.headers["Location"] == f"{NEW}check/"
    assert "Another bird." in text(client.get(f"{NEW}check/"))


def test_unwanted_messages_are_asked_about_in_detail_and_a_change_to_them_asks_too(client) -> None:
    answer(client, "who", for_whom="self")
    assert answer(client, "about", kind="unwanted_messages").headers["Location"] == f"{NEW}message/"
    assert answer(client, "about", kind="other").headers["Location"] == f"{NEW}what-happened/"
    fill(client)
    response = client.post(f"{NEW}about/?change=1", {"kind": "unwanted_messages"})
    assert response.headers["Location"] == f"{NEW}message/?change=1"
    response = client.post(response.headers["Location"], {"sender": "AD-SHOUTY-P"})
    assert response.headers["Location"] == f"{NEW}check/"
    assert "AD-SHOUTY-P" in text(client.get(f"{NEW}check/"))


def test_nobody_jumps_over_the_first_question_and_a_gap_leads_to_its_page(client) -> None:
    assert client.get(f"{NEW}contact/").headers["Location"] == NEW
    answer(client, "who", for_whom="self")
    assert client.get(f"{NEW}check/").headers["Location"] == f"{NEW}about/"


def test_a_page_that_does_not_exist_is_not_found(client) -> None:
    answer(client, "who", for_whom="self")
    assert client.get(f"{NEW}astrology/").status_code == 404


def test_the_draft_survives_a_sign_out_and_a_day_but_not_a_week() -> None:
    user = CustomerUserFactory()
    client = customer_client(user)
    answer(client, "who", for_whom="self")
    answer(client, "about", kind="billing")
    answer(client, "what-happened", what_happened="You billed me twice.", wanted="My money back.")
    assert client.post("/privacy/sign-out/").status_code == 302
    assert client.get("/privacy/account/").status_code == 302
    now = clock.now()
    with time_machine.travel(now + timedelta(hours=24)):
        assert "checked" in text(client.get(f"{NEW}who/"))
        assert "You billed me twice." in text(client.get(f"{NEW}what-happened/"))
        assert "My money back." in text(client.get(f"{NEW}what-happened/"))
    with time_machine.travel(now + timedelta(days=7, seconds=5)):
        assert "checked" not in text(client.get(f"{NEW}who/"))


def test_another_browser_sees_no_draft(client) -> None:
    fill(client)
    assert Client().get(f"{NEW}check/").headers["Location"] == NEW


def test_the_cookie_of_a_draft_is_closed_to_scripts_and_to_other_sites(client) -> None:
    answer(client, "who", for_whom="self")
    cookie = client.cookies["grievance_draft"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/privacy/grievances/"


def test_files_are_added_one_by_one_and_removed(client) -> None:
    fill(client)
    picture = png()
    for name in ("one.png", "two.png"):
        client.post(f"{NEW}files/", {"add": "1", "file": _upload(name, picture)})
    page = text(client.get(f"{NEW}files/"))
    assert "one.png" in page
    assert "two.png" in page
    kept = TicketDraft.objects.get().files.first()
    client.post(f"{NEW}files/", {"remove": str(kept.pk)})
    assert "one.png" not in text(client.get(f"{NEW}files/"))


def test_a_file_chosen_before_continue_is_not_lost(client) -> None:
    fill(client)
    client.post(f"{NEW}files/", {"continue": "1", "file": _upload("one.png", png())})
    assert TicketDraft.objects.get().files.count() == 1


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.pdf", b"", "This file is empty"),
        ("a.pdf", b"MZ program", "The file must be a PDF, JPG or PNG"),
        ("a.png", b"\x89PNG\r\n\x1a\n broken", "The file is damaged"),
    ],
)
def test_a_file_that_is_refused_says_what_to_do_and_keeps_the_others(client, name, content, words) -> None:
    fill(client)
    client.post(f"{NEW}files/", {"add": "1", "file": _upload("good.png", png())})
    response = client.post(f"{NEW}files/", {"add": "1", "file": _upload(name, content)})
    assert response.status_code == 422
    assert words in text(response)
    assert "good.png" in text(response)


def test_adding_without_a_file_says_so(client) -> None:
    fill(client)
    assert "Choose a file to add" in text(client.post(f"{NEW}files/", {"add": "1"}))


def test_a_person_with_a_phone_only_sees_the_tracking_key_once(client) -> None:
    fill(client, email="", phone="9876543210")
    where = client.post(f"{NEW}check/").headers["Location"]
    key = TicketDraft.objects.get().tracking_key
    shown = text(client.get(where))
    assert "Your tracking key" in shown
    assert f"{key[:4]} {key[4:8]} {key[8:12]} {key[12:]}" in shown
    assert "Your tracking key" not in text(client.get(where))


@pytest.mark.parametrize("how", [{"method": "HEAD"}, {"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}])
def test_a_page_that_nobody_sees_does_not_use_up_the_tracking_key(client, how) -> None:
    fill(client, email="", phone="9876543210")
    where = client.post(f"{NEW}check/").headers["Location"]
    unseen = client.head(where) if "method" in how else client.get(where, headers=how)
    assert TicketDraft.objects.get().tracking_key not in unseen.content.decode()
    assert "Your tracking key" in text(client.get(where))
    assert "Your tracking key" not in text(client.get(where))


def test_a_page_that_could_not_be_made_does_not_use_up_the_tracking_key(client, monkeypatch) -> None:
    fill(client, email="", phone="9876543210")
    where = client.post(f"{NEW}check/").headers["Location"]
    with monkeypatch.context() as broken:
        broken.setattr("grievances.base.labels.day", _broken)
        with pytest.raises(RuntimeError):
            client.get(where)
    assert "Your tracking key" in text(client.get(where))


def _broken(*args: object) -> str:
    raise RuntimeError


def test_a_bookmark_of_the_confirmation_asks_another_browser_for_a_code(client) -> None:
    fill(client)
    where = client.post(f"{NEW}check/").headers["Location"]
    reference = Ticket.objects.get().reference
    assert Client().get(where).headers["Location"] == f"/privacy/track/?reference={reference}"


def test_a_signed_in_person_starts_with_their_own_address_and_finds_the_grievance_as_theirs(client) -> None:
    user = CustomerUserFactory()
    client.force_login(user)
    answer(client, "who", for_whom="self")
    assert user.email in text(client.get(f"{NEW}contact/"))
    fill(client, email=user.email)
    client.post(f"{NEW}check/")
    reference = Ticket.objects.get().reference
    elsewhere = Client()
    elsewhere.force_login(user)
    assert elsewhere.get(f"/privacy/track/{reference}/").status_code == 200
    stranger = Client()
    stranger.force_login(CustomerUserFactory())
    assert stranger.get(f"/privacy/track/{reference}/").status_code == 302


def test_files_travel_with_the_grievance(client) -> None:
    fill(client)
    client.post(f"{NEW}files/", {"continue": "1", "file": _upload("one.png", png())})
    client.post(f"{NEW}check/")
    assert [file.name for file in thread_access.thread(Ticket.objects.get(), internal=False)[0].files] == ["one.png"]


@pytest.mark.django_db(transaction=True)
def test_the_receipt_is_a_proof_that_names_nobody(client, house) -> None:
    fill(client)
    client.post(f"{NEW}check/")
    ticket = Ticket.objects.get()
    response = client.get(f"/privacy/grievances/{ticket.reference}/receipt/")
    assert response.status_code == 200
    assert "c2sp.org/tlog-proof" in text(response)
    assert "asha" not in text(response)
    assert ticket.reference in response.headers["Content-Disposition"]


@pytest.mark.django_db(transaction=True)
def test_the_command_writes_the_same_receipt_by_the_grievances_reference(client, house, tmp_path) -> None:
    fill(client)
    client.post(f"{NEW}check/")
    ticket = Ticket.objects.get()
    proof = client.get(f"/privacy/grievances/{ticket.reference}/receipt/").content
    out = tmp_path / "mine.tlog-proof"
    assert run("receipt", ticket.reference, out=out)[0] == 0
    assert out.read_bytes() == proof


def test_a_receipt_that_is_not_sealed_yet_says_when_to_ask_again(client, house, monkeypatch) -> None:
    def not_yet(**kwargs: object) -> None:
        raise NotSealed("Wait.")

    fill(client)
    client.post(f"{NEW}check/")
    monkeypatch.setattr(thread_access.ledger, "seal_now", not_yet)
    response = client.get(f"/privacy/grievances/{Ticket.objects.get().reference}/receipt/")
    assert response.status_code == 503
    assert "Ask for the receipt again in a minute." in text(response)


def test_too_many_new_grievances_from_one_address_are_put_off() -> None:
    for _ in range(30):
        Client(REMOTE_ADDR="198.51.100.7").post(f"{NEW}who/", {"for_whom": "self"})
    response = Client(REMOTE_ADDR="198.51.100.7").post(f"{NEW}who/", {"for_whom": "self"})
    assert response.status_code == 429
    assert Client(REMOTE_ADDR="198.51.100.8").post(f"{NEW}who/", {"for_whom": "self"}).status_code == 302


def test_many_other_addresses_do_not_make_the_count_of_one_forgotten() -> None:
    for _ in range(30):
        Client(REMOTE_ADDR="198.51.100.9").post(f"{NEW}who/", {"for_whom": "self"})
    for number in range(2_000):
        cache.set(f"another:{number}", 1)
    assert Client(REMOTE_ADDR="198.51.100.9").post(f"{NEW}who/", {"for_whom": "self"}).status_code == 429


def test_every_grievance_says_whose_matter_it_is(client) -> None:
    fill(client)
    client.post(f"{NEW}check/")
    assert Ticket.objects.get().fiduciary == Fiduciary.objects.get(is_self=True)


def _upload(name: str, content: bytes):
    return SimpleUploadedFile(name, content)
