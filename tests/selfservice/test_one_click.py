"""The way out in a letter (RFC 8058): opening it changes nothing, a POST without a cookie stops, nobody else's link works."""

import re
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.test import Client

from consent.base.selectors import contact_rulebook
from consent.models import ConsentEvent
from consent.suppressions.services import one_click_unsubscribe
from portal.kernel.core import clock
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import delivery, message_content, post
from portal.kernel.people.models import Fiduciary
from tests.consent.factories import ASHA, law_is_loaded, person, published_notice, said
from tests.outbox.factories import KIND, use_template
from tests.people.factories import CustomerUserFactory, FiduciaryFactory
from tests.signin.people_who_sign_in import customer_client

pytestmark = pytest.mark.django_db
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture(autouse=True)
def world(db, monkeypatch):
    contact_rulebook.forget()
    law_is_loaded()
    published_notice()
    FiduciaryFactory(code="acme-bank", name="Acme Bank")
    use_template(monkeypatch)


@pytest.fixture
def asha(world):
    asha = person(email=None)
    CustomerUserFactory(email=ASHA, principal=asha)
    for channel in ("email", "sms"):
        said(asha, "given", channel=channel)
    said(asha, "given", channel="email", purpose="product_updates")
    said(asha, "given", channel="email", fiduciary="acme-bank")
    return asha


def letter(asha, *, purpose="marketing", fiduciary="onesetu", language="en") -> Message:
    return post(
        kind=KIND,
        subject_ref=asha.subject.ref,
        channel="email",
        address=ASHA,
        language=language,
        purpose=purpose,
        about=f"tests:{purpose}-{fiduciary}",
        context={"reference": "OS-GR-7K4M-9QX2"},
        fiduciary=fiduciary,
    )


def path(message: Message) -> str:
    return urlsplit(one_click_unsubscribe.url_for(reference=message.reference, category="promotional")).path


def answers(asha) -> dict[tuple[str, str, str], str]:
    events = ConsentEvent.objects.filter(subject_ref=asha.subject.ref, next=None)
    return {(e.fiduciary.code, e.purpose, e.channel): e.answer for e in events}


@pytest.mark.parametrize("method", ["get", "head"])
def test_opening_the_link_changes_nothing(asha, method):
    before = ConsentEvent.objects.count()
    page = getattr(Client(), method)(path(letter(asha)))
    assert page.status_code == 200
    assert ConsentEvent.objects.count() == before


def test_a_post_without_cookie_or_token_stops_these_messages_without_a_redirect_and_twice_is_harmless(asha):
    address, outsider = path(letter(asha)), Client(enforce_csrf_checks=True)
    for _time in range(2):
        answer = outsider.post(address, ONE_CLICK)
        assert (answer.status_code, answer.content) == (200, b"")
    stopped = answers(asha)
    assert stopped[("onesetu", "marketing", "email")] == "withdrawn"
    assert stopped[("onesetu", "marketing", "sms")] == "given"
    assert stopped[("onesetu", "product_updates", "email")] == "given"
    assert ConsentEvent.objects.filter(answer="withdrawn").count() == 1
    assert ConsentEvent.objects.get(answer="withdrawn").way == "email"


@pytest.mark.parametrize(
    "change", [lambda t: t[:-3] + "AAA", lambda t: t[:-1], lambda t: t.split(".")[0], lambda t: "x" + t]
)
def test_a_link_that_we_never_made_is_no_page_and_stops_nothing(asha, change):
    token = one_click_unsubscribe.token_of(letter(asha).reference)
    answer = Client().post(f"/privacy/out/{change(token)}/", ONE_CLICK)
    assert answer.status_code == 404
    assert ASHA not in answer.text
    assert not ConsentEvent.objects.filter(answer="withdrawn").exists()


def test_the_link_of_one_letter_is_no_link_of_another(asha):
    one, other = letter(asha), letter(asha, purpose="product_updates")
    mark = one_click_unsubscribe.token_of(one.reference).split(".")[1]
    assert Client().get(f"/privacy/out/{other.reference}.{mark}/").status_code == 404


def test_the_page_masks_the_address_and_names_whose_messages_they_are(asha):
    page = Client().get(path(letter(asha, fiduciary="acme-bank"))).text
    assert "Acme Bank" in page
    assert ASHA not in page
    assert "a••••@" in page


def test_a_clients_letter_stops_that_client_only(asha):
    Client().post(path(letter(asha, fiduciary="acme-bank")), {"act": "all"})
    found = answers(asha)
    assert found[("acme-bank", "marketing", "email")] == "withdrawn"
    assert found[("onesetu", "marketing", "email")] == "given"


def test_stop_all_from_a_letter_can_be_undone_in_that_browser_only(asha):
    address, hers, other = path(letter(asha)), Client(), Client()
    before = answers(asha)
    page = hers.post(address, {"act": "all"}, follow=True).text
    assert "Undo" in page
    assert answers(asha)[("onesetu", "marketing", "sms")] == "withdrawn"
    other.post(address, {"act": "undo"})
    assert answers(asha)[("onesetu", "marketing", "sms")] == "withdrawn"
    assert "Undone" in hers.post(address, {"act": "undo"}, follow=True).text
    assert {place: answer for place, answer in answers(asha).items() if answer == "given"} == before


def test_the_page_of_a_link_says_that_everything_is_stopped_already(asha):
    address = path(letter(asha))
    assert "Stopped already" not in Client().get(address).text
    Client().post(address, {"act": "all"})
    assert "Stopped already, since " in Client().get(address).text


def test_only_letters_that_may_be_stopped_carry_the_way_out(asha, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    offer, news, bill = (letter(asha, purpose=p) for p in ("marketing", "product_updates", "account_service"))
    for message in (offer, news, bill):
        assert (one_click_unsubscribe.url_for(reference=message.reference, category=message.category) != "") is (
            message is not bill
        )
        has_line = "/privacy/out/" in message_content.text_of(message).body
        assert has_line is (message is not bill)
    delivery.deliver(news.pk, now=clock.now())
    delivery.deliver(bill.pk, now=clock.now())
    (with_way, without) = mail.outbox
    address = re.fullmatch(r"<(https?://[^>]+/privacy/out/[^>]+/)>", with_way.extra_headers["List-Unsubscribe"])
    assert with_way.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert ASHA not in address.group(1)
    assert "List-Unsubscribe" not in without.extra_headers


def test_a_link_works_under_a_new_lookup_key(asha, settings):
    address = path(letter(asha))
    settings.LOOKUP_KEYS_OLD = [settings.LOOKUP_KEY]
    settings.LOOKUP_KEY = "another lookup key of more than thirty-two characters"
    assert Client().get(address).status_code == 200


def test_a_clients_page_shows_and_changes_its_choices_only(asha):
    her = customer_client(asha.user)
    mark = one_click_unsubscribe.mark_of(Fiduciary.objects.get(code="acme-bank"))
    page = her.get("/privacy/preferences/", {"for": mark}).text
    assert "Choose your messages from Acme Bank" in page
    assert 'value="marketing:email" checked' in page
    assert 'value="marketing:sms" checked' not in page
    answer = her.post("/privacy/preferences/stop/", {"for": mark})
    assert "for=acme-bank" in answer.url
    found = answers(asha)
    assert found[("acme-bank", "marketing", "email")] == "withdrawn"
    assert found[("onesetu", "marketing", "email")] == "given"


@pytest.mark.parametrize("sent", [{}, {"accept-language": "en"}, {"accept-language": "mr"}])
def test_the_link_speaks_the_language_of_its_letter_whatever_the_browser_sends(asha, sent):
    answer = Client().get(path(letter(asha, language="hi")), headers=sent)
    assert '<html lang="hi"' in answer.text
    assert answer["Content-Language"] == "hi"
    done = Client().post(path(letter(asha, language="hi")), {"act": "all"}, headers=sent, follow=True)
    assert '<html lang="hi"' in done.text


def test_the_language_that_was_chosen_in_this_browser_comes_before_that_of_the_letter(asha):
    chosen = Client()
    chosen.post("/privacy/language/", {"language": "mr"})
    assert '<html lang="mr"' in chosen.get(path(letter(asha, language="hi"))).text
    assert '<html lang="en"' in Client().get("/privacy/stop/").text


@pytest.mark.parametrize("mark", ["acme-bank", "acme-bank.AAAA", "nobody"])
def test_nobody_learns_by_guessing_who_our_clients_are(asha, mark):
    assert customer_client(asha.user).get("/privacy/preferences/", {"for": mark}).status_code == 404
