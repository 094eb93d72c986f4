"""Asha signs in for the first time: she is asked once, says yes and no, withdraws, and renews before the end."""

from datetime import timedelta

import pytest

from consent.base.choices import NoticeKind, VersionState
from consent.models import ConsentEvent
from consent.notices.services.policy_import import add_translation, import_text, notice
from portal.kernel.core import actor, clock
from portal.kernel.law.services import purposes
from tests.consent.factories import ASHA, law_is_loaded, person
from tests.consent.test_renewing import yes_that_ends
from tests.people.factories import CustomerUserFactory
from tests.registers.factories import officer_in_office
from tests.signin.people_who_sign_in import customer_client

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TEXTS = {
    "en": "May we use your data for what stands beside each question?",
    "hi": "क्या हम आपका डेटा हर सवाल के साथ लिखे काम के लिए इस्तेमाल कर सकते हैं?",
    "mr": "प्रत्येक प्रश्नासोबत लिहिलेल्या कामासाठी आम्ही तुमचा डेटा वापरू का?",
}
WORDS = {
    "en": ("Our questions to you", "Save my answers", "Not now", "Withdraw this consent", "What ends soon"),
    "hi": ("आपसे हमारे सवाल", "मेरे उत्तर सहेजें", "अभी नहीं", "यह सहमति वापस लें", "जल्द समाप्त होने वाली सहमतियाँ"),
    "mr": ("तुम्हाला आमचे प्रश्न", "माझी उत्तरे जतन करा", "आत्ता नाही", "ही संमती मागे घ्या", "लवकरच संपणाऱ्या संमती"),
}


@pytest.fixture
def text(transactional_db):
    """A consent notice in three languages, as two people have published it."""
    law_is_loaded()
    officer_in_office()
    asked = ["marketing", "product_updates", "analytics"]
    version = import_text(
        notice=notice(code="asks", kind=NoticeKind.CONSENT_NOTICE, title="What we ask"), text=TEXTS["en"],
        effective_on=clock.now().date() - timedelta(days=400), purposes=asked, actor=actor.SYSTEM,
    ).version  # fmt: skip
    for language in ("hi", "mr"):
        add_translation(
            version=version, language=language, text=TEXTS[language], needs_native_review=False, actor=actor.SYSTEM
        )
    type(version).objects.filter(pk=version.pk).update(state=VersionState.PUBLISHED, published_at=clock.now())
    version.refresh_from_db()
    for code in asked:
        purposes.notice_published(code=code, at=clock.now() - timedelta(days=400))
    return version


@pytest.fixture
def asha(text):
    asha = person(email=None)
    CustomerUserFactory(email=ASHA, principal=asha)
    return asha


def answers(channel=None):
    found = ConsentEvent.objects.order_by("pk")
    return [(e.purpose, e.answer) for e in (found.filter(channel=channel) if channel else found)]


@pytest.mark.parametrize("language", ["en", "hi", "mr"])
def test_give_deny_withdraw_and_renew(window, asha, text, language):
    title, save, not_now, withdraw, ends_soon = WORDS[language]
    her = window(narrow=language != "en")
    her.signs_in_with(customer_client(asha.user))
    if language != "en":
        page = her.goes_to("/privacy/")
        page.locator(f"footer form.languages button[value={language}]").click()
    page = her.goes_to("/privacy/questions/")
    assert title in page.locator("h1").inner_text()
    assert TEXTS[language] in page.locator("blockquote").inner_text()
    assert page.locator("input:checked").count() == 0
    sizes = [page.get_by_role(role, name=name).bounding_box() for role, name in (("button", save), ("link", not_now))]
    assert sizes[0]["height"] == pytest.approx(sizes[1]["height"], abs=1)

    page.get_by_role("link", name=not_now).click()
    her.looks()
    assert answers() == []

    page = her.goes_to("/privacy/questions/")
    page.locator("input[name=marketing][value=yes]").check()
    page.get_by_role("button", name=save).click()
    her.looks()
    assert page.locator("#errors").count() == 1
    assert page.locator("input[name=marketing][value=yes]").is_checked()
    page.locator("input[name=marketing-channels][value=sms]").check()
    page.locator("input[name=analytics][value=no]").check()
    page.get_by_role("button", name=save).click()
    her.looks()
    assert sorted(answers()) == [("analytics", "denied"), ("marketing", "given")]
    event = ConsentEvent.objects.get(purpose="marketing")
    assert (event.notice_language, event.notice_sha256) == (language, text.texts.get(language=language).sha256)

    page = her.goes_to(f"/privacy/consents/{event.receipt.reference}/")
    page.get_by_role("button", name=withdraw).first.click()
    her.looks()
    assert answers("sms") == [("marketing", "given"), ("marketing", "withdrawn")]

    yes_that_ends(asha, text, after=timedelta(days=3), channel="whatsapp")
    page = her.goes_to("/privacy/renew/")
    assert ends_soon in page.locator("h1").inner_text()
    assert page.locator("input:checked").count() == 0
    page.locator("input[name=marketing][value=yes]").check()
    page.get_by_role("button", name=save).click()
    her.looks()
    assert answers("whatsapp") == [("marketing", "given"), ("marketing", "renewed")]
    page = her.goes_to("/privacy/renew/")
    assert page.locator("fieldset").count() == 0
