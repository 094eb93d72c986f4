"""The pages of questions and of what ends soon: what each answers, to whom."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.datastructures import MultiValueDict

from consent.models import ConsentEvent, HeldConsent, Meeting, Preference
from consent.selectors import rulebook
from consent.services import visiting
from portal.core import actor, clock
from portal.people.models import Protection, SubjectAlias
from portal.people.services import principals
from tests.consent.factories import ASHA, ASKED, law_is_loaded, person, published_notice, said
from tests.consent.test_renewing import yes_that_ends
from tests.people.factories import CustomerUserFactory
from tests.registers.factories import officer_in_office
from tests.signin.conftest import postbox
from tests.signin.people_who_sign_in import customer_client

__all__ = ["postbox"]

pytestmark = pytest.mark.django_db
QUESTIONS, RENEW = "/privacy/questions/", "/privacy/renew/"


@pytest.fixture(autouse=True)
def notice(db):
    rulebook.forget()
    law_is_loaded()
    return published_notice(text="What we ask.\n\nMay we?")


@pytest.fixture
def asha():
    asha = person(email=None)
    CustomerUserFactory(email=ASHA, principal=asha)
    return asha


@pytest.fixture
def her(asha):
    return customer_client(asha.user)


def shown(notice):
    return {f"notice_{code}": notice.binding.sha256 for code in ASKED}


def test_the_notice_stands_alone_with_its_fields_and_nothing_is_chosen(her, notice):
    officer = officer_in_office()
    page = her.get(QUESTIONS).content.decode()
    assert "checked" not in page
    assert "required" not in page
    for words in ("May we?", "Data used:", "How to withdraw", "Your rights", "How to complain",
                 "Data Protection Board of India", officer.full_name, officer.email):  # fmt: skip
        assert words in page, words
    buttons = re.findall(r'class="(btn[^"]*)"[^>]*>(Save my answers|Not now)', page)
    assert {classes for classes, _words in buttons} == {"btn"}
    assert len(buttons) == 2


def test_a_title_that_nobody_translated_is_marked_as_english(her, notice):
    title = notice.notice.title
    assert f'<span lang="en">{title}</span>' in her.get(QUESTIONS, headers={"accept-language": "hi"}).text
    assert f'<span lang="en">{title}</span>' not in her.get(QUESTIONS).text


def test_answers_are_recorded_under_one_receipt_and_the_person_goes_on(her, notice):
    answer = her.post(
        QUESTIONS,
        {
            **shown(notice),
            "marketing": "yes",
            "marketing-channels": ["sms"],
            "analytics": "no",
            "next": "/privacy/kyc/",
        },
    )
    assert answer.url == "/privacy/kyc/"
    assert set(ConsentEvent.objects.values_list("purpose", "answer")) == {
        ("marketing", "given"), ("analytics", "denied"),
    }  # fmt: skip
    assert ConsentEvent.objects.values("receipt").distinct().count() == 1


def test_a_yes_without_a_channel_is_named_beside_its_field_and_nothing_is_lost(her, notice):
    answer = her.post(QUESTIONS, {**shown(notice), "marketing": "yes", "analytics": "no"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.count("Choose at least one way in which we may write to you.") == 2
    assert len(re.findall(r"<input[^>]*checked", page)) == 2
    assert not ConsentEvent.objects.exists()


def test_nothing_answered_records_nothing(her, notice):
    assert her.post(QUESTIONS, shown(notice)).status_code == 302
    assert not ConsentEvent.objects.exists()


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_nobody_is_sent_to_another_site(her, elsewhere):
    page = her.get(QUESTIONS, {"next": elsewhere}).content.decode()
    assert "evil.example" not in page.split("<main")[1]
    assert "javascript:" not in page


def test_opening_the_page_writes_nothing(her):
    her.get(QUESTIONS)
    her.head(QUESTIONS)
    assert not ConsentEvent.objects.exists()
    assert not Meeting.objects.exists()


def sign_in(client, postbox, **more):
    client.post(reverse("privacy:sign-in"), {"email": ASHA, **more})
    code = postbox.last("signin.sign_in_code")["context"]["code"]
    return client.post(reverse("privacy:sign-in-code"), {"code": code})


def test_the_first_sign_in_meets_the_questions_once_and_leads_on(client, asha, postbox):
    first = sign_in(client, postbox, next="/privacy/account/")
    assert first.url == f"{QUESTIONS}?next=%2Fprivacy%2Faccount%2F"
    assert 'href="/privacy/account/"' in client.get(first.url).content.decode()
    assert not ConsentEvent.objects.exists()
    again = sign_in(Client(), postbox, next="/privacy/account/")
    assert again.url == "/privacy/account/"


def test_a_visitor_chooses_about_the_pages_and_keeps_it_on_signing_in(client, asha, notice, postbox):
    page = client.get(QUESTIONS).content.decode()
    assert 'name="marketing"' not in page
    client.post(QUESTIONS, {**shown(notice), "analytics": "no"})
    visitor = client.session[visiting.SESSION_KEY]
    assert 'name="analytics"' not in client.get(QUESTIONS).content.decode()
    sign_in(client, postbox)
    alias = SubjectAlias.objects.get()
    assert (str(alias.old_ref), alias.new_ref) == (visitor, asha.subject.ref)
    assert visiting.SESSION_KEY not in client.session
    assert "denied" in client.get("/privacy/consents/download.csv").getvalue().decode()


def test_a_visitor_cannot_answer_for_messages(client, notice):
    client.post(QUESTIONS, {**shown(notice), "marketing": "yes", "marketing-channels": ["dashboard"]})
    assert not ConsentEvent.objects.exists()


def test_visitors_of_one_network_are_limited(client, notice):
    for _each in range(25):
        answer = Client().post(QUESTIONS, {**shown(notice), "analytics": "no"})
    assert answer.status_code == 422
    assert ConsentEvent.objects.count() == 20


def test_what_ends_soon_is_renewed_by_its_owner(her, asha, notice):
    yes_that_ends(asha, notice, after=timedelta(days=3))
    page = her.get(RENEW).content.decode()
    assert "checked" not in page
    assert "Offers and news: may we go on?" in page
    answer = her.post(RENEW, {**shown(notice), "marketing": "yes"})
    assert answer.url.startswith("/privacy/consents/OS-CR-")
    assert ConsentEvent.objects.filter(answer="renewed").count() == 1
    assert "Nothing of what you agreed to ends" in her.get(RENEW).content.decode()


def test_a_stale_page_is_told_so(her, asha, notice):
    yes_that_ends(asha, notice, after=timedelta(days=3))
    answer = her.post(RENEW, {"notice_marketing": "0" * 64, "marketing": "yes"})
    assert answer.status_code == 422
    assert "has changed since you opened this page" in answer.content.decode()


def test_leaving_everything_open_changes_nothing(her, asha, notice):
    yes_that_ends(asha, notice, after=timedelta(days=3))
    assert her.post(RENEW, shown(notice)).url == RENEW
    assert ConsentEvent.objects.count() == 1


def test_a_stranger_is_sent_to_sign_in_and_back(client):
    assert client.get(RENEW).url == "/privacy/sign-in/?next=%2Fprivacy%2Frenew%2F"


def test_who_says_they_are_under_18_is_not_asked_for_promotion_and_their_yes_waits(her, asha, notice):
    assert her.post("/privacy/questions/guardian/", {"why": "child"}).status_code == 302
    page = her.get(QUESTIONS).content.decode()
    assert "A parent or guardian answers for you." in page
    assert 'name="marketing"' not in page
    assert 'name="analytics"' not in page
    answer = her.post(
        QUESTIONS,
        {**shown(notice), "product_updates": "yes", "product_updates-channels": ["sms"], "call_recording": "no"},
        follow=True,
    )
    assert "Your yes waits for your parent or guardian." in answer.content.decode()
    assert set(ConsentEvent.objects.values_list("purpose", "answer")) == {("call_recording", "denied")}
    held = HeldConsent.objects.get()
    assert (held.purpose, held.channels, held.state) == ("product_updates", ["sms"], "held")


def test_saying_it_twice_or_by_opening_a_page_makes_no_second_row(her):
    assert her.get("/privacy/questions/guardian/").headers["Location"] == "/privacy/questions/"
    for _each in range(2):
        her.post("/privacy/questions/guardian/", {"why": "guarded"})
    assert Protection.objects.get().kind == "guarded"


def test_a_californian_who_had_said_no_confirms_on_a_second_page_and_everything_entered_is_kept(her, asha, notice):
    principals.note_regime(principal=asha, regime="US-CA", ground="declared", actor=actor.SYSTEM, now=clock.now())
    said(asha, "withdrawn")
    form = {
        **shown(notice), "choices": ["marketing:sms"], "quiet_from": "21:00", "quiet_until": "10:00",
        "pace": "two_a_week", "language": "en", "paused_until": "", "was": "",
    }  # fmt: skip
    page = her.post("/privacy/preferences/", form).content.decode()
    assert "Do you want these again?" in page
    assert not ConsentEvent.objects.filter(answer="given").exists()
    entered = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.split("<main")[1])
    again = [(name, value) for name, value in entered if name != "csrfmiddlewaretoken"]
    answer = her.post("/privacy/preferences/", MultiValueDict({name: [value] for name, value in again}))
    assert answer.status_code == 302
    assert ConsentEvent.objects.get(answer="given").evidence.get().kind == "opt_in_request"
    assert Preference.objects.get().pace == "two_a_week"
