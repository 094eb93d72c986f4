"""The customers' pages of the policy: any two versions, any day, any language; and that reading may be put off."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from consent.base.choices import NoticeKind, VersionState, Weight
from consent.models import Acknowledgement, ConsentEvent, NoticeVersion, TextReview
from consent.notices.services import policy_import
from portal.kernel.core import actor, clock
from tests.consent.factories import ASHA, law_is_loaded, person
from tests.people.factories import CustomerUserFactory
from tests.signin.people_who_sign_in import customer_client

pytestmark = pytest.mark.django_db

ONE = "1. Scope\n\nWe keep your name for one year.\n\n2. Contact\n\nWrite to us."
HINDI = {"one": "1. दायरा\n\nनाम एक साल रखते हैं।", "two": "1. दायरा\n\nनाम दो साल रखते हैं।"}


@pytest.fixture(autouse=True)
def _law(db):
    law_is_loaded()


@pytest.fixture
def her():
    asha = person(email=None)
    CustomerUserFactory(email=ASHA, principal=asha)
    return customer_client(asha.user)


def day(days):
    return clock.day(clock.now()) + timedelta(days=days)


def policy(text, days, weight=Weight.MATERIAL, hindi="", **kwargs):
    notice = policy_import.notice(code="privacy-policy", kind=NoticeKind.PRIVACY_POLICY, title="Privacy policy")
    then = clock.now() + timedelta(days=min(days, 0))
    version = policy_import.import_text(
        notice=notice, text=text, effective_on=day(days), actor=actor.SYSTEM, now=then, **kwargs
    ).version
    if hindi:
        policy_import.add_translation(
            version=version, language="hi", text=hindi, needs_native_review=True, actor=actor.SYSTEM
        )
    NoticeVersion.objects.filter(pk=version.pk).update(state=VersionState.PUBLISHED, published_at=then, weight=weight)
    version.refresh_from_db()
    return version


def page(path, reads="en", client=None, **query):
    return (client or Client()).get(path, query, headers={"accept-language": reads}).content.decode()


def test_any_two_versions_are_compared_in_the_readers_language_or_in_the_binding_one():
    policy(ONE, -30, hindi=HINDI["one"])
    policy(ONE.replace("one", "two"), -20, hindi=HINDI["two"])
    policy(ONE.replace("one", "three"), -10)
    shown = page("/privacy/policies/2/changes/", "hi")
    assert "<ins" in shown
    assert "दो" in shown
    assert "यहाँ अनुवादों की तुलना है" in shown
    assert "one year" not in shown
    assert 'lang="hi" dir="ltr"' in shown
    assert "one" in page("/privacy/policies/2/changes/", "hi", language="en")
    # Around a text in another language the words of the page say which language they are.
    mixed = page("/privacy/policies/2/changes/", "hi", language="en")
    mixed = mixed[mixed.index('<div lang="en"') : mixed.index("</main>")]
    for words in ("जोड़ा गया:", "नहीं बदला"):
        assert words in mixed
        assert all('lang="hi"' in before[before.rindex("<") :] for before in mixed.split(words)[:-1]), words
    # The third has no Hindi text: both are shown in English.
    assert "two" in page("/privacy/policies/3/changes/", "hi")
    shown = page("/privacy/policies/3/changes/", **{"from": "1"})
    assert "one" in shown
    assert "two" not in shown
    assert Client().get("/privacy/policies/1/changes/").status_code == 404


def test_a_version_is_compared_with_what_held_before_it_whatever_their_numbers():
    policy(ONE.replace("one", "seven"), -30)
    policy(ONE.replace("one", "nine"), -10)
    policy(ONE.replace("one", "eight"), -20)  # written last, and in force before the second

    def words(number):
        shown = page(f"/privacy/policies/{number}/changes/")
        return {word for word in ("seven", "eight", "nine") if word in shown}

    assert (words(2), words(3)) == ({"eight", "nine"}, {"seven", "eight"})
    assert "?from=2" not in page("/privacy/policies/3/changes/")
    assert page("/privacy/policies/2/changes/").index("?from=3") < page("/privacy/policies/2/changes/").index("?from=1")
    assert Client().get("/privacy/policies/1/changes/").status_code == 404
    earlier = policy(ONE.replace("one", "no"), -40)  # nothing held before it: nothing is offered for comparison
    assert Client().get(f"/privacy/policies/{earlier.number}/changes/").status_code == 404
    assert "/changes/" not in page(f"/privacy/policies/{earlier.number}/")


def test_the_text_of_any_day_is_found_and_a_wrong_day_is_named():
    policy(ONE, -30)
    policy(ONE.replace("one", "two"), -10)
    policy(ONE.replace("one", "three"), 20)
    path = "/privacy/policies/archive/"
    for days, number in ((-30, 1), (-11, 1), (-10, 2), (0, 2), (20, 3)):
        asked = day(days).strftime("%d-%m-%Y")
        said = {0: f"version {number} is in force", 20: f"version {number} will be in force"}
        assert said.get(days, f"version {number} was in force") in page(path, on=asked), days
    assert "no version was in force" in page(path, on=day(-31).strftime("%d-%m-%Y"))
    answer = Client().get(path, {"on": "31-02-2026"})
    assert answer.status_code == 422
    assert "Enter a date like 28-12-2026." in answer.content.decode()
    assert page(path).count("<tr>") == 4


@pytest.mark.parametrize(("reads", "said"), [("en", "published here on"), ("hi", "को प्रकाशित"), ("mr", "रोजी प्रकाशित")])
def test_a_text_that_was_in_force_elsewhere_says_since_when_it_stands_here(reads, said):
    version = policy(ONE, -30)
    path = "/privacy/policies/archive/"
    asked = day(-20).strftime("%d-%m-%Y")
    shown = (path, f"/privacy/policies/{version.number}/")
    assert all(said not in page(url, reads, on=asked) for url in shown)
    NoticeVersion.objects.update(published_at=clock.now())
    assert all(said in page(url, reads, on=asked) for url in shown)
    assert f'datetime="{day(0)}"' in page(path, reads)


def test_every_language_of_the_law_has_its_place_and_says_where_there_is_no_text():
    version = policy(ONE, -1, hindi=HINDI["one"])
    shown = page("/privacy/policies/")
    slots = shown[shown.index('<details class="slots">') :].split("</details>")[0]
    assert slots.count("<li>") == 23
    assert slots.count("not yet translated") == 21
    assert slots.count("binding text") == 1
    for code in ("ur", "sd", "ks"):
        assert f'<bdi lang="{code}" dir="rtl">' in slots
    missing = page("/privacy/policies/", language="ta")
    assert "Not yet translated into தமிழ்" in missing
    assert "one year" in missing
    assert "मराठी में अभी अनुवाद नहीं हुआ है" in page("/privacy/policies/", "hi", language="mr")
    assert "मध्ये अजून भाषांतर झालेले नाही" in page("/privacy/policies/", "mr")
    assert "अभी अनुवाद नहीं हुआ है" not in page("/privacy/policies/", "hi")
    translated = page("/privacy/policies/", language="hi")
    assert "This translation is a draft" in translated
    TextReview.objects.create(text=version.texts.get(language="hi"), reviewed_by="staff:1", reviewed_at=clock.now())
    translated = page("/privacy/policies/", language="hi")
    assert "checked the translation on" in translated
    assert "This translation is a draft" not in translated


def test_a_text_that_is_written_from_right_to_left_is_shown_so():
    version = policy(ONE, -1)
    NoticeVersion.objects.update(state=VersionState.DRAFT)
    version.refresh_from_db()
    policy_import.add_translation(
        version=version, language="ur", text="1. دائرہ\n\nنام۔", needs_native_review=True, actor=actor.SYSTEM
    )
    NoticeVersion.objects.update(state=VersionState.PUBLISHED)
    assert '<div lang="ur" dir="rtl">' in page("/privacy/policies/", language="ur")


@pytest.mark.parametrize("language", ["en", "hi", "mr"])
def test_the_first_page_says_what_changes_until_it_was_read_and_not_now_costs_nothing(her, language):
    policy(ONE, -30)
    changed = policy(ONE.replace("one", "two"), 20)
    link = f'href="/privacy/policies/{changed.number}/read/"'
    assert link in page("/privacy/", language, her)
    assert link not in page("/privacy/", language)
    NoticeVersion.objects.filter(pk=changed.pk).update(what_changed="Invoices are kept for eight years.")
    read = page(f"/privacy/policies/{changed.number}/read/", language, her)
    assert '<ul lang="en"><li>Invoices are kept' in read
    assert '<ul lang="en"><li>Invoices are kept' in page(f"/privacy/policies/{changed.number}/", language, her)
    assert re.search(r'class="btn" href="/privacy/"', read)
    for path in ("/privacy/", "/privacy/preferences/", "/privacy/messages/", "/privacy/account/"):
        assert her.get(path).status_code == 200
    assert not Acknowledgement.objects.exists()
    her.post(f"/privacy/policies/{changed.number}/read/", {"seen": "on"})
    assert link not in page("/privacy/", language, her)
    assert not ConsentEvent.objects.exists()


def test_other_words_are_no_errand_on_the_first_page(her):
    policy(ONE, -30)
    policy(ONE.replace("one", "1"), 20, weight=Weight.EDITORIAL)
    assert "/read/" not in page("/privacy/", "en", her)


def test_new_purposes_are_named_and_asked_elsewhere_one_by_one(her):
    policy(ONE, -30)
    policy(ONE.replace("one", "two"), 20, purposes=["analytics", "call_recording"])
    read = page("/privacy/policies/2/read/", "en", her)
    assert "Understanding how our pages are used" in read
    assert "Recording calls" in read
    assert read.count('type="checkbox"') == 1
    assert "checked" not in read
