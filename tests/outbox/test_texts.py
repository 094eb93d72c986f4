import hashlib
import re
from pathlib import Path

import pytest
from django.conf import settings

from portal.kernel.outbox import templates
from portal.kernel.outbox.templates import TemplateFault

SOURCE = "Subject: A notice\nOpens: nothing\n\nHello {{ who }}.\n"


def test_a_template_is_named_by_the_hash_of_its_file() -> None:
    template = templates.parse("tests.notice", "en", SOURCE)
    assert template.sha256 == hashlib.sha256(SOURCE.encode()).hexdigest()
    assert (template.subject, template.body, template.category) == ("A notice", "Hello {{ who }}.", "")


@pytest.mark.parametrize(
    "source",
    [
        "Hello\n\nthere",
        "Subject:\nOpens: nothing\n\nbody",
        "Subject: x\nOpens: nothing\nTo: y\n\nbody",
        "Subject: x\nOpens: nothing\n\n  \n",
        "Subject: x\nOpens: nothing",
        "Subject: x\n\nbody",
        "Subject: x\nOpens:\n\nbody",
    ],
)
def test_a_file_without_subject_or_body_or_with_another_header_is_a_fault(source: str) -> None:
    with pytest.raises(TemplateFault):
        templates.parse("tests.notice", "en", source)


def test_a_value_is_text_and_never_markup_or_template_code() -> None:
    _subject, body = templates.render(
        templates.parse("tests.notice", "en", SOURCE), {"who": "<b>{{ x }} & Co"}, footer=""
    )
    assert body == "Hello <b>{{ x }} & Co.\n"


def test_a_value_cannot_add_a_header() -> None:
    template = templates.parse("tests.notice", "en", "Subject: About {{ who }}\nOpens: nothing\n\nbody")
    subject, _body = templates.render(template, {"who": "x\r\nBcc: all@example.com"}, footer="")
    assert subject == "About x Bcc: all@example.com"


def test_a_forgotten_value_is_a_fault_that_names_it() -> None:
    with pytest.raises(TemplateFault, match=r"needs values it was not given: who\."):
        templates.render(templates.parse("tests.notice", "en", SOURCE), {}, footer="")


def test_the_footer_stands_below_the_text() -> None:
    _subject, body = templates.render(templates.parse("tests.notice", "en", SOURCE), {"who": "you"}, footer="Onesetu")
    assert body == "Hello you.\n\nOnesetu\n"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "templates" / "messages"
    folder.mkdir(parents=True)
    monkeypatch.setattr(settings, "BASE_DIR", tmp_path)
    templates._engine.cache_clear()
    yield folder
    templates._engine.cache_clear()


def test_a_missing_language_falls_back_to_its_base_and_then_to_english(files: Path) -> None:
    (files / "tests.notice.en.txt").write_text("Subject: Notice\nOpens: nothing\n\nHello")
    (files / "tests.notice.hi.txt").write_text("Subject: सूचना\nOpens: nothing\n\nनमस्ते")
    assert templates.load("tests.notice", "hi-IN").language == "hi"
    assert templates.load("tests.notice", "mr").language == "en"


def test_a_kind_without_a_file_is_a_fault(files: Path) -> None:
    with pytest.raises(TemplateFault, match=r"no template messages/tests\.other\.en\.txt"):
        templates.load("tests.other", "en")


@pytest.mark.parametrize("kind", ["../secrets", "notice", "Tests.Notice", "a.b/c"])
def test_a_kind_cannot_walk_out_of_the_folder(kind: str) -> None:
    with pytest.raises(TemplateFault, match="not a kind"):
        templates.load(kind, "en")


def test_every_message_file_can_be_read_and_names_no_person_in_its_subject() -> None:
    for path in (settings.BASE_DIR / "templates" / "messages").glob("*.txt"):
        kind, language, _txt = path.name.rsplit(".", 2)
        template = templates.parse(kind, language, path.read_text())
        assert not [value for value in VALUE.findall(template.subject) if "name" in value], path.name
        assert templates.load(kind, "en").language == "en", f"{path.name} has no English text to fall back to"


#: Letters that only staff get: the workplace is in English.
STAFF_ONLY = {
    "consent.broadcast_test",
    "consent.staff_review_due",
    "consent.staff_review_late",
    "grievances.staff_appealed",
    "grievances.staff_due_soon",
    "grievances.staff_late",
    "grievances.staff_no_word",
    "kyc.staff_answer_late",
    "kyc.staff_deletion_late",
    "kyc.staff_late",
    "kyc.staff_nobody_told",
    "kyc.staff_reveals_many",
    "registers.incident_due_soon",
    "registers.incident_fact_pending",
    "registers.incident_late",
    "registers.incident_opened",
    "registers.incident_returned",
    # To authorities and companies.
    "registers.incident_report",
    "registers.book_tasks",
    "registers.instruction_late",
    "retention.child_freeze_due",
    "retention.child_reported",
    "retention.owner_missing",
    "registers.order_due",
    "registers.order_late",
    "signin.company_bound",
    "signin.company_released",
    "signin.factor_added",
    "signin.factor_removed",
    "signin.factor_reset",
    "signin.passkey_added",
    "signin.passkey_removed",
    "signin.password_changed",
    "signin.password_reset",
    "signin.recovery_codes_made",
    "signin.staff_invitation",
    "workplace.export_failed",
    "workplace.export_ready",
    "workplace.staff_digest",
    "workplace.staff_health",
}
FOLDER = settings.BASE_DIR / "templates" / "messages"
CUSTOMER_KINDS = sorted({path.name.removesuffix(".en.txt") for path in FOLDER.glob("*.en.txt")} - STAFF_ONLY)
#: A frame around words that two people agree to each time, in each language.
FRAMES = {"consent.broadcast"}
WORDED_KINDS = [kind for kind in CUSTOMER_KINDS if kind not in FRAMES]
LANGUAGES = sorted(code for code, _name in settings.LANGUAGES)
VALUE = re.compile(r"\{\{ (\w+) \}\}")
REVIEW = "NEEDS NATIVE REVIEW"


def test_customers_are_written_to_in_three_languages() -> None:
    assert LANGUAGES == ["en", "hi", "mr"]
    assert len(CUSTOMER_KINDS) > 15


@pytest.mark.parametrize("kind", CUSTOMER_KINDS)
def test_a_customers_letter_says_the_same_in_every_language(kind: str) -> None:
    english = templates.load(kind, "en")
    for language in LANGUAGES:
        letter = templates.load(kind, language)
        assert letter.language == language, f"{kind} has no text in {language}"
        assert letter.category == english.category
        assert set(VALUE.findall(letter.subject)) == set(VALUE.findall(english.subject)), language
        assert sorted(set(VALUE.findall(letter.body))) == sorted(set(VALUE.findall(english.body))), language


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", CUSTOMER_KINDS)
def test_a_customers_letter_shows_every_value_and_nothing_of_its_making(kind: str, language: str) -> None:
    letter = templates.load(kind, language)
    context = {name: f"<{name}>" for name in VALUE.findall(letter.source)}
    subject, body = templates.render(letter, context, footer="")
    assert all(value in subject + body for value in context.values())
    assert not re.search(r"[{}]|#\}|%", subject + body)
    assert REVIEW not in subject + body
    assert body == body.lstrip()


@pytest.mark.parametrize("language", ["hi", "mr"])
@pytest.mark.parametrize("kind", WORDED_KINDS)
def test_a_draft_letter_says_in_its_file_that_nobody_has_reviewed_it(kind: str, language: str) -> None:
    letter = templates.load(kind, language)
    assert REVIEW in letter.source
    assert re.search("[\u0900-\u097f]", letter.subject)
    assert re.search("[\u0900-\u097f]", letter.body)


@pytest.mark.parametrize("kind", WORDED_KINDS)
def test_a_subject_holds_no_value_but_the_reference(kind: str) -> None:
    for language in LANGUAGES:
        assert set(VALUE.findall(templates.load(kind, language).subject)) <= {"reference"}, language
