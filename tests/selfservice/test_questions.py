"""The pages of questions and of what ends soon: what each answers, to whom."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from consent.base.selectors import contact_rulebook
from consent.decisions.services.contact_decisions import may_contact, may_process
from consent.prompts.services import visitor_choices
from consent.records.models.events import ConsentEvent
from consent.records.models.guardians import HeldConsent
from consent.records.models.prompts import Meeting
from consent.suppressions.services import one_click_unsubscribe
from grievances.models import TicketDraft
from portal.kernel.core import actor, clock
from portal.kernel.outbox.models import Message
from portal.kernel.people.models.guardianships import Protection
from portal.kernel.people.services import people
from tests.consent.factories import ASHA, ASHA_PHONE, ASKED, law_is_loaded, person, published_notice, said
from tests.consent.test_renewing import yes_that_ends
from tests.consent.test_who_may_not import protect
from tests.people.factories import CustomerUserFactory, FiduciaryFactory
from tests.registers.factories import officer_in_office
from tests.signin.conftest import postbox
from tests.signin.people_who_sign_in import customer_client

__all__ = ["postbox"]

pytestmark = pytest.mark.django_db
QUESTIONS, RENEW = "/privacy/questions/", "/privacy/renew/"
GUARDIAN = "/privacy/questions/guardian/"
MISTAKE = f"{GUARDIAN}mistake/"


@pytest.fixture(autouse=True)
def notice(db):
    contact_rulebook.forget()
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


@pytest.mark.parametrize("errand", ["/privacy/account/", "/privacy/preferences/", "/privacy/requests/new/"])
def test_whoever_signs_in_goes_on_to_their_errand_whatever_is_unanswered(client, asha, postbox, errand):
    assert sign_in(client, postbox, next=errand).url == errand
    assert not ConsentEvent.objects.exists()
    assert not Meeting.objects.exists()


def test_what_is_open_is_one_line_at_the_end_of_the_first_page_until_it_is_sent_away(her):
    line = re.compile(r"[1-9]\d* optional questions?")
    page = her.get("/privacy/").text
    assert line.search(page)
    main = page.split("</main>")[0]
    assert main.rindex("optional question") > max(main.rfind("</section>"), main.rindex("</ul>"))
    her.get(QUESTIONS)
    assert line.search(her.get("/privacy/").text)
    assert her.post(QUESTIONS, {"later": "1"}).url == "/privacy/"
    assert not line.search(her.get("/privacy/").text)
    assert not ConsentEvent.objects.exists()
    assert 'name="marketing"' in her.get(QUESTIONS).text


def test_whoever_sends_the_page_and_leaves_all_open_is_not_told_of_it_again(her, notice):
    her.post(QUESTIONS, shown(notice))
    assert "optional question" not in her.get("/privacy/").text


def test_a_visitor_chooses_about_the_pages_and_sees_it_on_signing_in(client, asha, notice, postbox):
    page = client.get(QUESTIONS).text
    assert re.findall(r'<input type="radio" name="([^"]+)"', page) == ["analytics", "analytics"]
    client.post(QUESTIONS, {**shown(notice), "analytics": "yes"})
    assert 'name="analytics"' not in client.get(QUESTIONS).text
    there = QUESTIONS
    assert sign_in(client, postbox, next=there).url == there
    assert "is now your own answer" in client.get("/privacy/account/").text
    assert visitor_choices.SESSION_KEY not in client.session
    page = client.get(there).text
    assert "Answered in this browser before you signed in" in page
    own = ConsentEvent.objects.get(subject_ref=asha.subject.ref)
    assert own.answer == "given"
    told = Message.objects.filter(kind="consent.confirmed", subject_ref=asha.subject.ref)
    assert {message.about for message in told} == {f"consent.receipt:{own.receipt.reference}"}
    take_back = re.search(r'action="([^"]+/withdraw/)"', page).group(1)
    client.post(take_back)
    assert ConsentEvent.objects.filter(subject_ref=asha.subject.ref).latest("pk").answer == "withdrawn"
    assert "Answered in this browser" not in client.get(QUESTIONS).text


@pytest.mark.parametrize("own", ["given", "denied"])
def test_a_yes_or_no_of_a_visitor_never_replaces_the_word_of_who_signs_in_next(client, asha, notice, postbox, own):
    said(asha, own, purpose="analytics", channel="none")
    client.post(QUESTIONS, {**shown(notice), "analytics": "no" if own == "given" else "yes"})
    page = client.get(sign_in(client, postbox).url).text
    assert "Answered in this browser" not in page
    assert may_process(subject=asha.subject.ref, purpose="analytics", at=clock.now()).allowed is (own == "given")
    assert ConsentEvent.objects.filter(subject_ref=asha.subject.ref).count() == 1


@pytest.mark.parametrize("kind", ["child", "guarded"])
def test_no_yes_of_a_visitor_gets_past_the_protection_of_who_signs_in(client, asha, notice, postbox, kind):
    protect(asha, kind=kind)
    client.post(QUESTIONS, {**shown(notice), "analytics": "yes"})
    page = client.get(sign_in(client, postbox).url).text
    assert ("Your consent waits for your parent or guardian." in page) is (kind == "guarded")
    assert HeldConsent.objects.count() == (1 if kind == "guarded" else 0)
    assert not may_process(subject=asha.subject.ref, purpose="analytics", at=clock.now()).allowed


def test_the_next_one_who_signs_in_gets_nothing_of_what_was_taken_over_already(client, asha, notice, postbox):
    client.post(QUESTIONS, {**shown(notice), "analytics": "yes"})
    sign_in(client, postbox)
    client.post(reverse("privacy:sign-out"))
    ravi = CustomerUserFactory(email="ravi@acme.example")
    client.post(reverse("privacy:sign-in"), {"email": ravi.email})
    code = postbox.last("signin.sign_in_code")["context"]["code"]
    client.post(reverse("privacy:sign-in-code"), {"code": code})
    assert not ConsentEvent.objects.filter(subject_ref=ravi.principal.subject.ref).exists()


@pytest.mark.parametrize("code", ["marketing", "ai_tools", "call_recording", "content_reading"])
@pytest.mark.parametrize("word", ["yes", "no"])
def test_a_forged_form_of_a_visitor_about_anything_but_the_pages_is_refused(client, notice, code, word):
    answer = client.post(QUESTIONS, {**shown(notice), code: word, "analytics": "yes"})
    assert answer.status_code == 422
    assert "Nothing is saved yet" in answer.text
    assert not ConsentEvent.objects.exists()


def test_a_no_of_a_window_that_is_behind_withdraws_the_yes_of_the_other(her, asha, notice):
    her.post(QUESTIONS, {**shown(notice), "analytics": "yes"})
    her.post(QUESTIONS, {**shown(notice), "analytics": "no", "call_recording": "no"})
    assert not may_process(subject=asha.subject.ref, purpose="analytics", at=clock.now()).allowed
    assert ConsentEvent.objects.get(purpose="analytics", next=None).answer == "withdrawn"
    assert ConsentEvent.objects.get(purpose="call_recording").answer == "denied"
    page = her.post(QUESTIONS, {**shown(notice), "analytics": "no"}, follow=True).text
    assert "You had refused this already" in page


def test_a_no_of_a_visitors_window_that_is_behind_counts_too(client, notice):
    client.post(QUESTIONS, {**shown(notice), "analytics": "yes"})
    client.post(QUESTIONS, {**shown(notice), "analytics": "no"})
    assert ConsentEvent.objects.get(next=None).answer == "withdrawn"


def test_a_yes_of_a_window_that_is_behind_is_told_what_stands_and_the_same_form_sent_twice_is_no_error(her, notice):
    for _each in range(2):
        assert her.post(QUESTIONS, {**shown(notice), "call_recording": "yes"}).status_code == 302
    her.post(QUESTIONS, {**shown(notice), "analytics": "no"})
    answer = her.post(QUESTIONS, {**shown(notice), "analytics": "yes"})
    assert answer.status_code == 422
    assert "Understanding how our pages are used: No" in answer.text
    assert ConsentEvent.objects.count() == 2


def test_visitors_of_one_network_are_limited(client, notice):
    for _each in range(25):
        answer = Client().post(QUESTIONS, {**shown(notice), "analytics": "no"})
    assert answer.status_code == 422
    assert ConsentEvent.objects.count() == 20


def test_what_ends_soon_is_renewed_by_its_owner(her, asha, notice):
    yes_that_ends(asha, notice, after=timedelta(days=3))
    page = her.get(RENEW).content.decode()
    assert "checked" not in page
    assert "Offers and news: do you agree to continue?" in page
    answer = her.post(RENEW, {**shown(notice), "marketing": "yes"})
    assert answer.url.startswith("/privacy/consents/OS-CR-")
    assert ConsentEvent.objects.filter(answer="renewed").count() == 1
    assert "Nothing of what you agreed to ends" in her.get(RENEW).content.decode()


def test_a_no_from_a_window_that_was_open_before_the_renewal_is_not_lost(her, asha, notice):
    yes_that_ends(asha, notice, after=timedelta(days=3))
    her.post(RENEW, {**shown(notice), "marketing": "yes"})
    assert her.post(RENEW, {**shown(notice), "marketing": "no"}).url.startswith("/privacy/consents/OS-CR-")
    assert not may_contact(address=ASHA_PHONE, purpose="marketing", channel="sms", at=clock.now()).allowed
    assert ConsentEvent.objects.latest("pk").answer == "withdrawn"
    assert her.post(RENEW, {**shown(notice), "marketing": "no"}).url == RENEW
    assert ConsentEvent.objects.filter(answer="withdrawn").count() == 1


def test_who_renews_twice_is_not_told_that_nothing_was_answered(her, asha, notice):
    yes_that_ends(asha, notice, after=timedelta(days=3))
    for status in (302, 422):
        answer = her.post(RENEW, {**shown(notice), "marketing": "yes"})
        assert answer.status_code == status
    assert "One of these was answered already, or has ended." in answer.text
    assert ConsentEvent.objects.filter(answer="renewed").count() == 1


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
    assert her.post(GUARDIAN, {"why": "child", "confirmed": "yes"}).status_code == 302
    page = her.get(QUESTIONS).content.decode()
    assert "A parent or guardian decides for you." in page
    assert 'name="marketing"' not in page
    assert 'name="analytics"' not in page
    answer = her.post(
        QUESTIONS,
        {**shown(notice), "product_updates": "yes", "product_updates-channels": ["sms"], "call_recording": "no"},
        follow=True,
    )
    assert "Your consent waits for your parent or guardian." in answer.content.decode()
    assert set(ConsentEvent.objects.values_list("purpose", "answer")) == {("call_recording", "denied")}
    held = HeldConsent.objects.get()
    assert (held.purpose, held.channels, held.state) == ("product_updates", ["sms"], "held")


def test_one_press_on_i_am_under_18_says_what_will_happen_and_changes_nothing(her, asha):
    said(asha, "given")
    page = her.post(GUARDIAN, {"why": "child"}).text
    assert "Nothing is saved yet." in page
    assert "<li>Offers and news, SMS (Onesetu)</li>" in page
    assert 'href="/privacy/questions/">No, go back' in page
    assert not Protection.objects.exists()
    assert not ConsentEvent.objects.exclude(answer="given").exists()
    entered = dict(re.findall(r'<input type="hidden" name="(why|confirmed)" value="([^"]+)">', page))
    her.post(GUARDIAN, entered)
    assert Protection.objects.get().kind == "child"
    assert ConsentEvent.objects.latest("pk").answer == "expired"


def test_a_guardian_is_confirmed_too_and_what_was_agreed_to_stays(her, asha):
    said(asha, "given")
    page = her.post(GUARDIAN, {"why": "guarded"}).text
    assert "What you agreed to before stays" in page
    assert "Offers and news" not in page.split("<main")[1]
    assert not Protection.objects.exists()
    her.post(GUARDIAN, {"why": "guarded", "confirmed": "yes"})
    assert not ConsentEvent.objects.exclude(answer="given").exists()


def test_who_has_no_open_question_can_still_say_it(her, notice):
    her.post(QUESTIONS, {**shown(notice), **dict.fromkeys(ASKED, "no")})
    page = her.get(QUESTIONS).text
    assert "There is no open question." in page
    assert "I am under 18" in page


def test_what_neither_button_says_notes_nobody(her):
    for confirmed in ({}, {"confirmed": "yes"}):
        assert her.post(GUARDIAN, {"why": "nonsense", **confirmed}).status_code == 400
    assert not Protection.objects.exists()


def test_saying_it_twice_or_by_opening_a_page_makes_no_second_row(her):
    assert her.get(GUARDIAN).headers["Location"] == "/privacy/questions/"
    for _each in range(2):
        her.post(GUARDIAN, {"why": "guarded", "confirmed": "yes"})
    assert Protection.objects.get().kind == "guarded"


@pytest.mark.parametrize(
    ("why", "words"), [("child", "that I am under 18"), ("guarded", "that a lawful guardian answers")]
)
def test_a_mistake_is_corrected_by_a_person_of_ours_and_ends_by_no_press(her, why, words):
    assert "Is this a mistake?" not in her.get(QUESTIONS).text
    her.post(GUARDIAN, {"why": why, "confirmed": "yes"})
    assert f'action="{MISTAKE}"' in her.get(QUESTIONS).text
    answer = her.post(MISTAKE)
    assert answer.url == "/privacy/grievances/new/what-happened/"
    assert f"You have noted {words}" in her.get(answer.url).text
    assert Protection.objects.get().ended_at is None
    assert TicketDraft.objects.count() == 1


def test_who_answers_alone_has_nothing_to_correct(her):
    assert "there is nothing to correct" in her.post(MISTAKE, follow=True).text
    assert not TicketDraft.objects.exists()


PREFERENCES = "/privacy/preferences/"


def lives_in_california(who):
    people.note_regime(principal=who, regime="US-CA", ground="declared", actor=actor.SYSTEM, now=clock.now())


def test_a_californian_who_had_refused_confirms_on_the_page_of_the_notice(her, asha, notice, still):
    lives_in_california(asha)
    said(asha, "withdrawn")
    there = her.post(PREFERENCES, {"choices": ["marketing:sms"], "was": ""}).url
    assert "California law asks you to confirm your consent" in her.get(there).text
    assert not ConsentEvent.objects.filter(answer="given").exists()
    still.shift(1)
    assert "receipt=" in her.post(there, {**shown(notice), "answer": "yes"}).url
    assert ConsentEvent.objects.get(answer="given").evidence.get().kind == "opt_in_request"


def test_the_second_step_is_no_act_of_its_own_at_the_instant_of_the_first(her, asha, notice, still):
    lives_in_california(asha)
    said(asha, "withdrawn")
    there = her.post(PREFERENCES, {"choices": ["marketing:sms"], "was": ""}).url
    page = her.post(there, {**shown(notice), "answer": "yes"}, follow=True).text
    assert "Choose again and save" in page
    assert not ConsentEvent.objects.filter(answer="given").exists()


def test_a_californian_who_leaves_the_second_step_has_withdrawn_all_the_same(her, asha, notice, still):
    lives_in_california(asha)
    said(asha, "given")
    said(asha, "withdrawn", channel="whatsapp")
    there = her.post(PREFERENCES, {"choices": ["marketing:whatsapp"], "was": "marketing:sms"}).url
    told = her.get(there).text.split("<main")[1]
    assert "is saved and counts from now on" in told
    receipt = ConsentEvent.objects.latest("pk").receipt
    assert receipt.reference in told
    assert [(e.channel, e.answer) for e in receipt.events.all()] == [("sms", "withdrawn")]
    still.shift(1)
    assert her.post(there, {**shown(notice), "answer": "yes"}).status_code == 302
    latest = ConsentEvent.objects.latest("pk")
    assert (latest.channel, latest.answer) == ("whatsapp", "given")


def test_the_second_step_on_a_clients_page_is_about_that_client_and_ends(her, asha, notice, still):
    lives_in_california(asha)
    mark = one_click_unsubscribe.mark_of(FiduciaryFactory(code="acme-bank"))
    said(asha, "withdrawn", fiduciary="acme-bank")
    there = her.post(PREFERENCES, {"choices": ["marketing:sms"], "was": "", "for": mark}).url
    assert f'href="/privacy/preferences/?for={mark}"' in her.get(there).text
    still.shift(1)
    assert f"for={mark}" in her.post(there, {**shown(notice), "answer": "yes"}).url
    latest = ConsentEvent.objects.latest("pk")
    assert (latest.fiduciary.code, latest.answer) == ("acme-bank", "given")


def test_a_notice_that_is_not_translated_says_so_in_the_readers_language(her):
    said_so = "हिन्दी में अभी अनुवाद नहीं हुआ है"
    assert said_so in her.get(QUESTIONS, headers={"accept-language": "hi"}).text
    assert "Not yet translated" not in her.get(QUESTIONS).text
