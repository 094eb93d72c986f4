"""Who sent me this? Anybody asks, and learns what is registered and nothing about anybody's clients."""

import logging
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.fronts.selfservice import limits
from portal.kernel.core import clock
from portal.kernel.core.ids import new_reference
from portal.kernel.outbox.choices import MessageState
from portal.kernel.outbox.models import Message
from portal.kernel.registers.models import Sender
from portal.kernel.registers.senders.rules.sender_search import is_text_of, read, words_of
from tests.consent.factories import law_is_loaded
from tests.outbox.factories import MessageFactory
from tests.people.factories import FiduciaryFactory
from tests.registers.factories import agreed_template, listed_target, own, registered_sender
from tests.signin.people_who_sign_in import work_of

pytestmark = pytest.mark.django_db
PAGE, RESULT, COMPLAIN = "/privacy/who/", "/privacy/who/result/", "/privacy/who/complain/"
TEXT = "Your Onesetu code is {#numeric#}. Tell nobody."


@pytest.fixture
def world(db):
    cache.clear()
    law_is_loaded()
    client = FiduciaryFactory(code="acme-bank", name="Acme Bank")
    header = registered_sender("ONESTU", carries=["service", "transactional", "promotional"])
    registered_sender("1234567", kind="short_code", fiduciary=client, carries=["service"])
    registered_sender("650025", fiduciary=client, carries=["promotional"])
    agreed_template(text=TEXT, senders=[header])
    listed_target("https://shop.example/offers", fiduciary=client)
    return client


def asked(typed):
    answer = Client().post(PAGE, {"typed": typed}, follow=True)
    assert answer.redirect_chain[-1][1] == 302
    return answer.text


@pytest.mark.parametrize(
    "typed", ["AD-ONESTU-P", "ad-onestu-p", "ONESTU", "AD ONESTU P", "AD–ONESTU–P", "ADONESTU", " VM - ONESTU - S "]
)
def test_a_header_is_known_however_it_is_written(world, typed):
    said = asked(typed)
    assert f"ONESTU is {own().name}." in said
    assert "In use" in said


def test_a_header_of_figures_is_known_in_devanagari(world):
    assert "650025 is Acme Bank." in asked("AD-६५००२५-P")


def test_the_letter_at_the_end_says_what_kind_it_is(world):
    assert "Kind: Promotional</p>" in asked("AD-ONESTU-P")
    assert "government" in asked("AD-ONESTU-G")


@pytest.mark.parametrize(
    "typed", ["1234567", "१२३४५६७", "12345 67", "shop.example/offers", "https://shop.example/offers/x"]
)
def test_a_clients_number_or_address_names_nobody(world, typed):
    said = asked(typed)
    assert "This is a business that sends through Onesetu." in said
    assert "Acme Bank" not in said
    assert "acme-bank" not in said


def test_our_own_pages_and_letters_are_known(world, settings):
    settings.SITE_URL, settings.DEFAULT_FROM_EMAIL = "https://onesetu.example", "Onesetu <privacy@onesetu.example>"
    for typed in ("https://onesetu.example/privacy/out/MQ:abc", "privacy@onesetu.example"):
        assert f"This address belongs to {own().name}." in asked(typed)


def test_an_ended_header_is_said_to_have_ended(world):
    Sender.objects.filter(value="ONESTU").update(
        ends_at=clock.now() - timedelta(days=3), ended_by=Sender.objects.get(value="ONESTU").made_by
    )
    assert "A later message is not theirs" in asked("AD-ONESTU-P")


def test_a_whole_text_is_known_with_its_sender_or_without(world):
    own_text = "Your Onesetu  code is 123456. Tell nobody."
    assert f"This is a text of {own().name}." in asked(own_text)
    assert "one of their registered texts" in asked(f"AD-ONESTU-T\n{own_text}")
    assert "the text is not one of theirs" in asked(f"AD-ONESTU-T:\n{own_text} Click http://evil.example/x")
    assert "not registered" in asked("Your Onesetu code is")
    assert "not registered" in asked("Nobody ever registered this text with us, and it is long")


def test_a_link_that_nobody_listed_makes_another_text():
    template = "Pay your bill of {#numeric#} at {#url#} by Friday evening."
    text = words_of("Pay your bill of 300 at pay.shop.example/1 by Friday evening.")
    assert is_text_of(template, text, links=["https://pay.shop.example"])
    assert not is_text_of(template, text)
    assert not is_text_of("Hello {#alphanumeric#}", "hello you")
    assert not is_text_of(template, words_of("Pay your bill of 300 by Friday evening."))


@pytest.mark.parametrize(
    "value",
    [
        "http://1.2.3.4/pay",
        "1.2.3.4",
        "https://онесету.рф/pay",
        "онесету.рф",
        "evil。com/pay",
        "evil．com",
        "https://pay.shop.example@evil.com/",
        "pay.shop.example.evil.com",
        "call 9876543210 now",
        "98765 43210",
        "+91-98765-43210",
    ],
)
def test_what_leads_elsewhere_in_the_place_of_a_variable_makes_another_text(value):
    template = "Your parcel could not be delivered: {#alphanumeric#}. Have a nice day."
    text = words_of(f"Your parcel could not be delivered: {value}. Have a nice day.")
    assert not is_text_of(template, text, links=["https://pay.shop.example"], numbers=["+911234567890"])


@pytest.mark.parametrize(
    "value", ["nobody at home", "order 12345678", "rs.500.00", "18:30", "pay.shop.example/7", "123 456 7890", "1-2-3"]
)
def test_what_leads_nowhere_or_to_what_is_listed_leaves_the_text_as_it_is(value):
    template = "Your parcel could not be delivered: {#alphanumeric#}. Have a nice day."
    text = words_of(f"Your parcel could not be delivered: {value}. Have a nice day.")
    assert is_text_of(template, text, links=["https://pay.shop.example"], numbers=["+911234567890"])


@pytest.mark.parametrize(
    "typed",
    [
        "https://onesetu.example:x@evil.com/",
        "https://onesetu.example@evil.com/",
        "onesetu.example:x@evil.com",
        "https://onesetu.example.evil.com/",
        "https://shop.example/other",
        "https://shop.example/offers/../other",
        "http://other.example/https://onesetu.example",
    ],
)
def test_an_address_that_only_looks_like_a_known_one_is_not_known(world, settings, typed):
    settings.SITE_URL, settings.DEFAULT_FROM_EMAIL = "https://onesetu.example", "Onesetu <privacy@onesetu.example>"
    assert "not registered" in asked(typed)


def test_a_reference_of_ours_is_known_alone_and_says_nothing_of_a_text_that_quotes_it(world):
    message = MessageFactory(reference=new_reference("MS"))
    typed = message.reference.lower().replace("-", " ")
    assert "not registered" in asked(typed), "it has not left yet"
    Message.objects.filter(pk=message.pk).update(state=MessageState.SENT, sent_at=clock.now())
    assert "A message with this reference was sent" in asked(typed)
    assert "not registered" in asked(f"Your account is closed, pay now. Ref {message.reference}")
    assert "the text is not one of theirs" in asked(f"AD-ONESTU-T\nPay now. Ref {message.reference}")


def test_a_text_whose_first_line_is_one_word_is_looked_up_whole(world):
    header = Sender.objects.get(value="ONESTU")
    agreed_template(
        text="Hello\nYour Onesetu bill of {#numeric#} was paid. Thank you.",
        senders=[header],
        template_id="1107160000000000002",
    )
    assert f"This is a text of {own().name}." in asked("Hello\nYour Onesetu bill of 300 was paid. Thank you.")


def test_nothing_that_is_typed_can_match_a_sender_kept_without_a_value():
    assert read("Dear customer, come and see us").values == frozenset()


def test_known_and_unknown_take_the_same_work_and_give_pages_of_one_length(world):
    typed = ["AD-ONESTU-P", "AD-NOBODY-P", "1234567", "7654321", "a@shop.example", "a@none.example", "OS-MS-7K4M-9QXK"]

    def work_and_length(text):
        client, found = Client(), []
        work = work_of(lambda: found.append(client.post(PAGE, {"typed": text}, follow=True)))
        url = found[0].redirect_chain[-1][0]
        body = found[0].content
        ticket = url.partition("?t=")[2].encode()
        return work, len(url), len(body.replace(ticket, b""))

    work_and_length("warm up")
    first, *others = [work_and_length(text) for text in typed]
    assert others == [first] * len(others)


def test_what_was_typed_leaves_no_trace(world, caplog):
    typed = "Secret words about my illness, and AD-ONESTU-P"
    client = Client()
    with caplog.at_level(logging.DEBUG), CaptureQueriesContext(connection) as seen:
        answer = client.post(PAGE, {"typed": typed}, follow=True)
    assert "illness" not in " ".join(query["sql"] for query in seen)
    assert "illness" not in caplog.text
    assert "illness" not in "".join(url for url, _status in answer.redirect_chain)
    assert "illness" not in answer.text
    assert not any(query["sql"].lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")) for query in seen)


def test_the_pages_set_no_cookie_and_read_no_session(world):
    client = Client()
    client.get(PAGE)
    client.post(PAGE, {"typed": "AD-ONESTU-P"}, follow=True)
    client.post(PAGE, {"typed": "x"})
    assert not client.cookies


def test_what_is_too_short_is_asked_again_and_kept(world):
    answer = Client().post(PAGE, {"typed": "AD"})
    assert answer.status_code == 422
    assert "Enter at least 5 characters" in answer.text
    assert ">\nAD</textarea>" in answer.text


def test_the_twenty_first_question_in_an_hour_is_refused_with_a_way_on(world):
    client = Client()
    for _time in range(limits.LIMITS["who.ask"][0]):
        assert client.post(PAGE, {"typed": "AD-ONESTU-P"}).status_code == 302
    answer = client.post(PAGE, {"typed": "AD-ONESTU-P"})
    assert answer.status_code == 429
    assert answer["Retry-After"] == "3600"
    assert 'href="/privacy/' in answer.text


def test_a_ticket_that_is_no_ticket_leads_to_the_question(world):
    assert Client().get(RESULT, {"t": "nothing"}).url == PAGE
    assert Client().get(RESULT).url == PAGE


def test_a_result_is_open_for_an_hour(world, still):
    client = Client()
    url = client.post(PAGE, {"typed": "AD-ONESTU-P"}).url
    still.shift(3601)
    assert client.get(url).url == PAGE


def test_a_complaint_begins_with_the_sender_and_its_business(world):
    client = Client()
    url = client.post(PAGE, {"typed": "AD-ONESTU-P"}).url
    answer = client.post(COMPLAIN, {"t": url.partition("?t=")[2]}, follow=True)
    assert answer.redirect_chain[-1][0] == "/privacy/grievances/new/message/"
    assert f'value="ONESTU-P ({own().name})"' in answer.text


def test_a_complaint_does_not_replace_one_that_is_being_written(world):
    client = Client()
    url = client.post(PAGE, {"typed": "AD-ONESTU-P"}).url
    ticket = url.partition("?t=")[2]
    client.post(COMPLAIN, {"t": ticket})
    written = {name: cookie.value for name, cookie in client.cookies.items()}
    answer = client.post(COMPLAIN, {"t": ticket})
    assert answer.url == "/privacy/grievances/new/"
    assert not answer.cookies
    assert {name: cookie.value for name, cookie in client.cookies.items()} == written


def test_a_complaint_without_a_ticket_begins_nothing(world):
    client = Client()
    assert client.post(COMPLAIN, {"t": "nothing"}).url == PAGE
    assert not client.cookies


def test_the_result_leads_to_the_bodies_outside(world):
    said = asked("AD-NOBODY-P")
    for url in ("tel:1909", "tel:1930", "https://sancharsaathi.gov.in/"):
        assert f'href="{url}"' in said


def test_every_result_reads_in_hindi_and_marathi_and_fits_its_length(world):
    for language in ("hi", "mr"):
        client = Client(headers={"accept-language": language})
        lengths = set()
        for typed in ("AD-ONESTU-P", "AD-NOBODY-P", "1234567", "AD-ONESTU-T\nsomething else"):
            answer = client.post(PAGE, {"typed": typed}, follow=True)
            ticket = answer.redirect_chain[-1][0].partition("?t=")[2].encode()
            lengths.add(len(answer.content.replace(ticket, b"")))
            assert "A true name" not in answer.text
        assert len(lengths) == 1
