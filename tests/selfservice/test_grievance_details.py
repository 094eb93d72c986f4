"""Details a stranger stumbled over: which organisation, impossible dates, a message that was sent, month names."""

import re
from datetime import date, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation
from django.utils.formats import date_format

from grievances.base.choices import EntryKind
from grievances.models import Ticket, TicketEntry
from grievances.tickets.services import thread_access
from portal.kernel.core import clock
from tests.grievances.factories import ticket as make
from tests.grievances.pictures import png
from tests.grievances.test_admin import opened as opened_by_staff
from tests.people.factories import CustomerFactory, CustomerUserFactory
from tests.selfservice.test_grievances import NEW, answer
from tests.selfservice.test_track import opened
from tests.signin.people_who_sign_in import customer_client, staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]


def send(client) -> Ticket:
    """Answer the pages after the organisation's and send."""
    answer(client, "about", kind="billing")
    answer(client, "what-happened", what_happened="The parrot said Amsterdam.")
    client.post(f"{NEW}files/", {"continue": "1"})
    answer(client, "contact", email="asha@example.in", phone="", language="en")
    client.post(f"{NEW}check/")
    return Ticket.objects.get()


def test_a_stranger_writes_the_name_of_the_organisation_and_staff_read_it(client, officer) -> None:
    assert answer(client, "who", for_whom="organisation").headers["Location"] == f"{NEW}organisation/"
    assert "(optional)" not in client.get(f"{NEW}organisation/").text
    empty = answer(client, "organisation", organisation=" ")
    assert empty.status_code == 422
    assert "Enter the name of the organisation" in empty.text
    assert answer(client, "organisation", organisation=" Vindhya  Tea ").headers["Location"] == f"{NEW}about/"
    answer(client, "about", kind="billing")
    found = send(client)
    page = opened_by_staff(staff_client(officer), found)
    assert "Organisation: <bdi>Vindhya Tea</bdi>" in " ".join(page.split())
    assert "as the person wrote it" in page


def test_a_member_picks_an_organisation_they_act_for(officer) -> None:
    acme = CustomerFactory(name="Acme Traders")
    client = customer_client(CustomerUserFactory(member_of=acme))
    answer(client, "who", for_whom="organisation")
    page = client.get(f"{NEW}organisation/").text
    assert "Acme Traders" in page
    assert "Another organisation" in page
    assert "checked" not in page
    stolen = answer(client, "organisation", organisation_reference=CustomerFactory().reference)
    assert stolen.status_code == 422
    answer(client, "organisation", organisation_reference=acme.reference)
    assert re.search(rf'value="{acme.reference}"[^>]* checked', client.get(f"{NEW}organisation/").text)
    found = send(client)
    page = " ".join(opened_by_staff(staff_client(officer), found).split())
    assert f"Organisation: <bdi>Acme Traders</bdi>, {acme.reference} (the person acts for it)" in page


def test_nothing_is_sent_for_an_organisation_without_its_name(client) -> None:
    answer(client, "who", for_whom="organisation")
    answer(client, "about", kind="billing")
    answer(client, "what-happened", what_happened="The parrot said Amsterdam.")
    client.post(f"{NEW}files/", {"continue": "1"})
    answer(client, "contact", email="asha@example.in", phone="", language="en")
    assert client.get(f"{NEW}check/").headers["Location"] == f"{NEW}organisation/"
    answer(client, "organisation", organisation="Vindhya Tea")
    assert "Vindhya Tea" in client.get(f"{NEW}check/").text


def test_a_change_of_mind_about_whom_it_is_for_takes_the_organisation_along(client) -> None:
    answer(client, "who", for_whom="organisation")
    answer(client, "organisation", organisation="Vindhya Tea")
    changed = client.post(f"{NEW}who/?change=1", {"for_whom": "self"})
    assert changed.headers["Location"] == f"{NEW}check/"
    found = send(client)
    filed = thread_access.thread(found, internal=False)[0]
    assert "organisation" not in filed.texts
    again = client.post(f"{NEW}who/?change=1", {"for_whom": "organisation"})
    assert again.status_code == 302


@pytest.mark.parametrize(
    ("day", "month", "year", "says"),
    [
        ("31", "2", "2026", "This day does not exist"),
        ("0", "13", "2026", "This day does not exist"),
        ("1", "1", "1800", "Enter a date in the year 2000 or later"),
        ("1", "1", "2999", "Enter a date that is not in the future"),
        ("first", "1", "2026", "Enter the date as three numbers"),
        ("1", "", "2026", "Enter the date as three numbers"),
    ],
)
def test_a_wrong_date_is_named_for_what_is_wrong(client, day, month, year, says) -> None:
    answer(client, "who", for_whom="self")
    answer(client, "about", kind="unwanted_messages")
    page = answer(client, "message", day=day, month=month, year=year)
    assert page.status_code == 422
    assert says in page.text


def test_the_check_page_writes_the_date_in_words(client) -> None:
    answer(client, "who", for_whom="self")
    answer(client, "about", kind="unwanted_messages")
    answer(client, "message", sender="AD-SHOPXX", day="24", month="3", year="2026")
    answer(client, "what-happened", what_happened="The parrot said Amsterdam.")
    client.post(f"{NEW}files/", {"continue": "1"})
    answer(client, "contact", email="asha@example.in", phone="", language="en")
    page = client.get(f"{NEW}check/").text
    assert "24 March 2026" in page
    assert "2026-03-24" not in page


def test_a_message_is_confirmed_and_headed_as_ones_own(client) -> None:
    where = opened(client, make(at=clock.now()))
    page = client.post(f"{where}message/", {"message": "Again.", "once": str(uuid4())}, follow=True).text
    assert "Your message is sent." in page
    assert "<strong>Your message</strong>" in page
    assert "Message from the person" not in page


def test_the_same_words_within_a_minute_are_one_message(client) -> None:
    where = opened(client, make(at=clock.now()))

    def say(text: str, **more: object):
        return client.post(f"{where}message/", {"message": text, "once": str(uuid4()), **more}, follow=True).text

    with time_machine.travel(clock.now(), tick=False) as moment:
        say("It is 4111 1111 1111 1111.")
        assert "We have this message already" in say("It is 4111 1111 1111 1111.")
        assert TicketEntry.objects.filter(kind=EntryKind.MESSAGE).count() == 1
        say("Another thing.")
        say("Another thing.", file=SimpleUploadedFile("a.png", png()))
        assert TicketEntry.objects.filter(kind=EntryKind.MESSAGE).count() == 3
        assert "We have this message already" in say("Another thing.", file=SimpleUploadedFile("a.png", png()))
        moment.shift(timedelta(minutes=1))
        say("Another thing.", file=SimpleUploadedFile("a.png", png()))
        assert TicketEntry.objects.filter(kind=EntryKind.MESSAGE).count() == 4


MONTHS = {
    "hi": "जनवरी फ़रवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर",
    "mr": "जानेवारी फेब्रुवारी मार्च एप्रिल मे जून जुलै ऑगस्ट सप्टेंबर ऑक्टोबर नोव्हेंबर डिसेंबर",
}
DAYS = {
    "hi": "सोमवार मंगलवार बुधवार गुरुवार शुक्रवार शनिवार रविवार",
    "mr": "सोमवार मंगळवार बुधवार गुरुवार शुक्रवार शनिवार रविवार",
}


@pytest.mark.parametrize("language", ["hi", "mr"])
def test_months_and_days_are_spelt_as_people_write_them(client, language: str) -> None:
    with translation.override(language):
        assert [date_format(date(2026, month, 1), "F") for month in range(1, 13)] == MONTHS[language].split()
        assert [date_format(date(2026, 6, day), "l") for day in range(1, 8)] == DAYS[language].split()


def test_a_hindi_page_names_the_day_as_people_write_it(client) -> None:
    client.cookies["django_language"] = "hi"
    with time_machine.travel("2026-11-25T06:30:00Z", tick=False):
        assert "सोमवार 30 नवंबर 2026" in client.get(NEW).text


def test_a_kind_asks_its_own_questions_and_staff_read_the_answers(client, officer) -> None:
    answer(client, "who", for_whom="self")
    assert answer(client, "about", kind="billing").headers["Location"] == f"{NEW}details/"
    page = client.get(f"{NEW}details/").text
    assert "Do you want money back?" in page
    assert "When did you pay?" in page
    wrong = answer(client, "details", day="31", month="2", year="2026")
    assert wrong.status_code == 422
    given = {"bill_number": "INV 7", "bill_amount": "300", "day": "1", "month": "2", "year": "2026"}
    assert answer(client, "details", **given, refund_wanted="yes").headers["Location"] == f"{NEW}what-happened/"
    answer(client, "what-happened", what_happened="You billed me twice.")
    client.post(f"{NEW}files/", {"continue": "1"})
    answer(client, "contact", email="asha@example.in", phone="", language="en")
    checked = client.get(f"{NEW}check/").text
    assert "INV 7" in checked
    assert "1 February 2026" in checked
    client.post(f"{NEW}check/")
    found = Ticket.objects.get()
    texts = thread_access.thread(found, internal=False)[0].texts
    assert (texts["bill_amount"], texts["paid_on"], texts["refund_wanted"]) == ("300", "2026-02-01", "yes")
    staff_page = opened_by_staff(staff_client(officer), found)
    assert "How much is it about, in rupees?" in staff_page
    assert "INV 7" in staff_page
    assert "1 February 2026" in staff_page
    assert "2026-02-01" not in staff_page
    with translation.override("hi"):
        assert "1 फ़रवरी 2026" in str(thread_access.thread(found, internal=False)[0].facts)


@pytest.mark.parametrize("said", ["-12,00.5abc", "about 300", "12..5", "1.234", "-300"])
def test_what_is_no_amount_is_said_beside_the_box(client, said) -> None:
    answer(client, "who", for_whom="self")
    answer(client, "about", kind="billing")
    wrong = answer(client, "details", bill_amount=said)
    assert wrong.status_code == 422
    assert "Enter an amount of rupees in digits" in wrong.text


@pytest.mark.parametrize("said", ["300", "₹ 1,200.50", "Rs. 12,00,000/-", "३००", "300 rupees"])
def test_an_amount_is_kept_as_it_was_written(client, said) -> None:
    answer(client, "who", for_whom="self")
    answer(client, "about", kind="billing")
    assert answer(client, "details", bill_amount=said).headers["Location"] == f"{NEW}what-happened/"
    assert f'value="{said}"' in client.get(f"{NEW}details/").text


def test_another_language_in_the_middle_of_a_page_keeps_what_was_typed(client) -> None:
    """Nothing is checked or kept by the choice; the page comes again in the language, and stays in it."""
    answer(client, "who", for_whom="self")
    answer(client, "about", kind="billing")
    page = client.get(f"{NEW}details/").text
    assert page.count('name="in_language"') == page.count('form="answers" name="in_language"') == 3
    assert page.index('<button form="answers" hidden>') < page.index('name="in_language"')
    given = {"bill_number": "INV 7", "bill_amount": "xyz", "day": "31", "month": "2", "refund_wanted": "yes"}
    again = answer(client, "details", **given, in_language="mr")
    assert again.status_code == 200
    assert '<html lang="mr"' in again.text
    for typed in ("INV 7", "xyz", "31"):
        assert f'value="{typed}"' in again.text
    assert re.search(r'value="yes"[^>]* checked', again.text)
    later = client.get(f"{NEW}details/").text
    assert '<html lang="mr"' in later
    assert "INV 7" not in later
    same = answer(client, "details", **given, in_language="xx")
    assert same.status_code == 422


def test_another_language_in_a_request_keeps_what_was_typed(client) -> None:
    client.post("/privacy/requests/new/", {"right": "correction"})
    page = "/privacy/requests/new/details/"
    given = {"capacity": "self", "field": "name", "should_be": "Asha Rao", "words": "Since birth."}
    again = client.post(page, {**given, "in_language": "hi"}).text
    assert '<html lang="hi"' in again
    for typed in ('value="Asha Rao"', ">\nSince birth.</textarea>"):
        assert typed in again
    assert re.search(r'value="name"[^>]* checked', again)


def test_answers_about_another_kind_are_left_out_after_a_change_of_mind(client) -> None:
    answer(client, "who", for_whom="self")
    answer(client, "about", kind="billing")
    answer(client, "details", bill_number="INV 7")
    assert answer(client, "about", kind="other").headers["Location"] == f"{NEW}what-happened/"
    assert client.get(f"{NEW}details/").headers["Location"] == NEW
    answer(client, "what-happened", what_happened="Something.")
    client.post(f"{NEW}files/", {"continue": "1"})
    answer(client, "contact", email="asha@example.in", phone="", language="en")
    client.post(f"{NEW}check/")
    assert "bill_number" not in thread_access.thread(Ticket.objects.get(), internal=False)[0].texts
