"""Asha chooses her messages in one table: what she takes out counts at once, what is new is asked with its whole notice."""

from typing import Any

import pytest
from django.conf import settings
from django.utils import translation

from consent.base.choices import Answer
from consent.models import ConsentEvent, ConsentReceipt
from tests.consent.factories import ASHA, ASKED, law_is_loaded, person, published_notice, said, translated
from tests.people.factories import CustomerUserFactory
from tests.registers.factories import officer_in_office
from tests.signin.people_who_sign_in import customer_client

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGE = "/privacy/preferences/"
LANGUAGES = ("en", "hi", "mr")
#: The width of a window, how high the whole page may be in it, and how low its first box.
SIZES = [(320, 2500, 560), (390, 2500, 560), (1280, 1700, 560)]
TEXTS = {
    "en": (settings.BASE_DIR / "portal/demo/data/consent_notice.en.txt").read_text(),
    "hi": "क्या हम आपका डेटा इन कामों के लिए इस्तेमाल कर सकते हैं?",
    "mr": "आम्ही तुमचा डेटा या कामांसाठी वापरू का?",
}


@pytest.fixture
def asha(transactional_db: None) -> Any:
    law_is_loaded()
    officer_in_office()
    version = published_notice(asks=[*ASKED, "kyc_verification"], text=TEXTS["en"])
    translated(version, "hi", text=TEXTS["hi"])
    translated(version, "mr", text=TEXTS["mr"], is_reviewed=False)
    asha = person(email=None)
    CustomerUserFactory(email=ASHA, principal=asha)
    said(asha, "given")
    said(asha, "given", channel="email")
    said(asha, "denied", channel="rcs")
    return asha


@pytest.fixture
def reader(window, asha) -> Any:
    """Opens the page in a language."""

    def reads(language: str = "en", *, narrow: bool = True) -> Any:
        client = customer_client(asha.user)
        client.cookies["django_language"] = language
        her = window(narrow=narrow)
        her.signs_in_with(client)
        her.goes_to(PAGE)
        return her

    return reads


def box(page: Any, value: str) -> Any:
    return page.locator(f'[name="choices"][value="{value}"]')


def word(page: Any, value: str) -> str:
    """What the cell says that a reader can see."""
    cell = page.locator("label", has=box(page, value))
    return str(cell.locator(".was:visible, .will:visible").inner_text()).strip()


def button(page: Any, language: str, text: str) -> Any:
    with translation.override(language):
        return page.get_by_role("button", name=translation.gettext(text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_short_and_its_first_box_is_near(reader, language):
    page = reader(language).page
    for width, most, lowest in SIZES:
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollHeight") <= most, width
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator('[name="choices"]').first.bounding_box()["y"] <= lowest, width


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_number_that_is_not_confirmed_makes_the_page_no_longer(reader, asha, language):
    asha.contact_points.filter(kind="phone").update(verified_at=None)
    page = reader(language).page
    for width, most, _lowest in SIZES:
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollHeight") <= most, width
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_save_is_in_view_at_every_place_and_covers_nothing_that_has_the_focus(reader, width):
    page = reader().page
    page.set_viewport_size({"width": width, "height": 700})
    save, end = button(page, "en", "Save my choices"), page.evaluate("document.documentElement.scrollHeight")
    for at in range(0, end, 200):
        page.evaluate(f"scrollTo(0, {at})")
        place = save.bounding_box()
        assert place["y"] >= 0, at
        assert place["y"] + place["height"] <= 700, at
    page.evaluate("scrollTo(0, 0)")
    for _step in range(70):
        page.keyboard.press("Tab")
        bar = page.locator(".savebar").bounding_box()["y"]
        focus = page.evaluate(
            "(() => {const e = document.activeElement, r = e.getBoundingClientRect();"
            " return [e.closest('.choosing') !== null && e.closest('.savebar') === null, r.bottom, e.outerHTML]})()"
        )
        assert not focus[0] or focus[1] <= bar + 1, focus[2]


def test_each_cell_says_what_is_saved_and_what_a_save_would_make_of_it(reader):
    page = reader().page
    cells = ("marketing:sms", "marketing:rcs", "marketing:voice")
    assert [word(page, value) for value in cells[:2]] == ["Yes", "No"]
    assert word(page, cells[2]).startswith("–")
    unsaved = page.get_by_text("Not saved yet")
    assert not unsaved.is_visible()
    box(page, cells[0]).uncheck()
    box(page, cells[2]).check()
    assert [word(page, value) for value in cells] == ["Will be no", "No", "Will be yes"]
    assert unsaved.is_visible()
    box(page, cells[0]).check()
    box(page, cells[2]).uncheck()
    assert not unsaved.is_visible()


@pytest.mark.parametrize("language", ["en", "hi"])
def test_refusals_count_at_once_and_a_new_consent_is_asked_with_its_whole_notice(reader, language):
    her = reader(language)
    page = her.page
    before = ConsentReceipt.objects.count()
    box(page, "marketing:sms").uncheck()
    box(page, "product_updates:email").check()
    button(page, language, "Save my choices").click()
    her.looks()
    assert ConsentReceipt.objects.count() == before + 1
    assert ConsentEvent.objects.latest("pk").answer == Answer.WITHDRAWN
    shown = " ".join(page.locator("blockquote").inner_text().split())
    for line in TEXTS[language].split("\n\n"):
        assert " ".join(line.split()) in shown
    yes, no = (button(page, language, text) for text in ("Yes, send me these", "No, leave it as it was"))
    looks = [
        one.evaluate("e => { const s = getComputedStyle(e); return [s.backgroundColor, s.color, s.fontSize] }")
        for one in (yes, no)
    ]
    assert looks[0] == looks[1]
    yes.click()
    her.looks()
    event = ConsentEvent.objects.latest("pk")
    assert (event.purpose, event.channel, event.answer, event.notice_language) == (
        "product_updates", "email", "given", language,
    )  # fmt: skip
    assert ConsentReceipt.objects.count() == before + 2
    assert event.receipt.reference in page.locator(".note.ok").inner_text()
    assert box(page, "product_updates:email").is_checked()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_never_answered_is_refused_in_a_fold_and_reads_no_afterwards(reader, language):
    her = reader(language)
    page = her.page
    with translation.override(language):
        page.locator("summary", has_text=translation.gettext("Refuse unanswered choices")).click()
    her.looks()
    for width in (320, 390, 1280):
        page.set_viewport_size({"width": width, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    no = page.locator('[name="refused"][value="marketing:voice"]')
    no.focus()
    page.keyboard.press("Space")
    assert no.is_checked()
    assert page.locator(".unsaved").is_visible()
    button(page, language, "Save my choices").click()
    her.looks()
    event = ConsentEvent.objects.latest("pk")
    assert (event.purpose, event.channel, event.answer) == ("marketing", "voice", Answer.DENIED)
    assert no.count() == 0
    if language == "en":
        assert word(page, "marketing:voice") == "No"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_button_that_stops_is_not_green(reader, scheme):
    page = reader().page
    page.emulate_media(color_scheme=scheme)
    red, green, blue = button(page, "en", "Stop all promotional messages").evaluate(
        "e => getComputedStyle(e).backgroundColor.match(/[0-9]+/g).slice(0, 3).map(Number)"
    )
    assert blue > green > red


def test_a_no_to_the_notice_records_nothing(reader):
    her = reader()
    page, known = her.page, ConsentEvent.objects.count()
    box(page, "analytics:none").check()
    button(page, "en", "Save my choices").click()
    her.looks()
    button(page, "en", "No, leave it as it was").click()
    her.looks()
    assert not box(page, "analytics:none").is_checked()
    assert ConsentEvent.objects.count() == known


def test_without_a_notice_in_the_language_there_is_no_box_for_a_new_consent_and_unticking_works(reader):
    her = reader("mr")
    page = her.page
    assert [one.get_attribute("value") for one in page.locator('[name="choices"]').all()] == [
        "marketing:sms", "marketing:email",
    ]  # fmt: skip
    assert page.get_by_text("ही सूचना अजून मराठीत नाही, म्हणून आम्ही विचारत नाही.").count() > 0
    box(page, "marketing:sms").uncheck()
    button(page, "mr", "Save my choices").click()
    her.looks()
    assert ConsentEvent.objects.latest("pk").answer == Answer.WITHDRAWN
    button(page, "mr", "Read and answer in English").click()
    her.looks()
    assert page.locator("html").get_attribute("lang") == "en"
    assert box(page, "marketing:sms").count() == 1


def test_a_stop_of_everything_and_its_undo_leave_each_word_as_it_was(reader):
    her = reader()
    page = her.page
    cells = ("marketing:sms", "marketing:email", "marketing:rcs", "marketing:voice")
    before = [word(page, value) for value in cells]
    button(page, "en", "Stop all promotional messages").click()
    her.looks()
    assert [word(page, value) for value in cells] == ["Withdrawn", "Withdrawn", "No", "No"]
    assert button(page, "en", "Stop all promotional messages").count() == 0
    button(page, "en", "Undo").click()
    her.looks()
    assert [word(page, value) for value in cells] == before
