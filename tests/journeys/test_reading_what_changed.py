"""Asha learns that the policy changes, reads what changes word by word, and says "Not now": her account works as before."""

from datetime import timedelta

import pytest

from consent.base.choices import NoticeKind, VersionState, Weight
from consent.base.selectors.notices import clauses_of
from consent.models import Acknowledgement, ConsentEvent, NoticeVersion
from consent.notices.rules import text_diff
from consent.notices.services import policy_import
from portal.kernel.core import actor, clock
from tests.consent.factories import law_is_loaded, person, published_notice
from tests.people.factories import CustomerUserFactory, StaffFactory
from tests.signin.people_who_sign_in import customer_client, staff_client

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TEXTS = {
    "en": "1. Scope\n\nWe keep your name for {} year.\n\n2. Contact\n\nWrite to us.",
    "hi": "1. दायरा\n\nहम आपका नाम {} साल रखते हैं।\n\n2. संपर्क\n\nहमें लिखें।",
    "mr": "1. व्याप्ती\n\nआम्ही तुमचे नाव {} वर्ष ठेवतो.\n\n2. संपर्क\n\nआम्हाला लिहा.",
}
HOMES = {"en": "English", "hi": "हिन्दी", "mr": "मराठी"}
WORDS = {
    "en": ("Read what changes", "Show every change in words", "Not now", "Added:"),
    "hi": ("क्या बदलता है, पढ़ें", "हर बदलाव शब्दों में दिखाएँ", "अभी नहीं", "जोड़ा गया:"),
    "mr": ("काय बदलते ते वाचा", "प्रत्येक बदल शब्दांत दाखवा", "आत्ता नाही", "जोडले:"),
}


@pytest.fixture
def asha(transactional_db):
    law_is_loaded()
    published_notice()
    notice = policy_import.notice(code="privacy-policy", kind=NoticeKind.PRIVACY_POLICY, title="Privacy policy")
    today = clock.day(clock.now())
    for days, weight, years in ((-30, Weight.FIRST, 1), (20, Weight.MATERIAL, 2)):
        version = policy_import.import_text(
            notice=notice,
            text=TEXTS["en"].format(years),
            effective_on=today + timedelta(days=days),
            actor=actor.SYSTEM,
            what_changed="Names are kept for longer.",
        ).version
        for language in ("hi", "mr"):
            policy_import.add_translation(
                version=version,
                language=language,
                text=TEXTS[language].format(years),
                needs_native_review=True,
                actor=actor.SYSTEM,
            )
        NoticeVersion.objects.filter(pk=version.pk).update(
            state=VersionState.PUBLISHED, weight=weight, published_at=clock.now()
        )
    asha = person(email=None)
    CustomerUserFactory(email="asha@acme.example", principal=asha)
    return asha


@pytest.mark.parametrize("language", ["en", "hi", "mr"])
def test_she_reads_every_changed_word_and_says_not_now(window, asha, language):
    her = window(narrow=True)
    her.signs_in_with(customer_client(asha.user))
    read, show, not_now, added = WORDS[language]
    page = her.goes_to("/privacy/")
    page.get_by_role("button", name=HOMES[language], exact=True).click()
    assert page.locator("html").get_attribute("lang") == language

    page.get_by_role("link", name=read).click()
    her.looks()
    page.get_by_role("link", name=show).click()
    her.looks()
    old, new = (
        NoticeVersion.objects.get(notice__code="privacy-policy", number=number).texts.get(language=language)
        for number in (1, 2)
    )
    count = text_diff.changes(text_diff.compare(clauses_of(old), clauses_of(new)))
    assert page.locator("ins, del").count() == count == 2
    said = page.locator("ins").first.text_content() or ""
    assert added in said
    assert "2" in said

    page.goto("/privacy/policies/2/read/")
    her.looks()
    page.get_by_role("link", name=not_now).click()
    her.looks()
    assert page.url.endswith("/privacy/")
    for path in ("/privacy/preferences/", "/privacy/messages/", "/privacy/account/"):
        assert page.goto(path).status == 200
    assert not Acknowledgement.objects.exists()
    assert not ConsentEvent.objects.exists()

    page.goto("/privacy/policies/archive/")
    her.looks()
    page.goto("/privacy/policies/?language=ur")
    her.looks()


def test_staff_read_the_changes_word_by_word_on_a_telephone(window, asha):
    officer = window(narrow=True)
    officer.signs_in_with(staff_client(StaffFactory(roles=["data_protection_officer"])))
    version = NoticeVersion.objects.get(notice__code="privacy-policy", number=2)
    page = officer.goes_to(f"/admin/consent/noticeversion/{version.pk}/changes/")
    officer.looks()
    heights = page.eval_on_selector_all(
        "#content summary, #content a:not([class])", "targets => targets.map(one => one.getBoundingClientRect().height)"
    )
    assert min(heights) >= 24
