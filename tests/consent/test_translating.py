"""A published text gets another language by two people, with its ledger entry; nobody is told or asked again."""

from datetime import timedelta

import pytest
from django.urls import reverse

from consent.base.selectors.notices import notices_for, old_texts
from consent.models import Announcement, NoticeText, TextReview, TranslationProposal
from consent.notices.services import publication, translations
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.ledger.models import Entry
from portal.kernel.ledger.services import payload_of
from tests.consent.factories import law_is_loaded, published_notice
from tests.consent.test_publishing import CLEAN, draft
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db
MARATHI = "1. व्याप्ती\n\nदुकान.\n\n2. काय\n\nनाव.\n\n3. हक्क\n\nमागे घ्या.\n\n4. संपर्क\n\nकाउंटर."


@pytest.fixture(autouse=True)
def _law(db):
    law_is_loaded()


@pytest.fixture
def maker():
    return actor.staff(StaffFactory(roles=["data_protection_officer"]).pk)


@pytest.fixture
def checker():
    return actor.staff(StaffFactory(roles=["administrator"]).pk)


@pytest.fixture
def version(maker, checker):
    today = clock.day(clock.now())
    made = draft(CLEAN, on=today - timedelta(days=3))
    publication.answer(proposal=publication.propose(version=made, actor=maker), approve=True, actor=checker)
    made.refresh_from_db()
    return made


def test_two_people_add_a_language_and_nobody_is_told_or_asked(version, maker, checker):
    proposal = translations.bring(version=version, language="mr", text=MARATHI, actor=maker)
    assert isinstance(proposal, TranslationProposal)
    assert not version.texts.filter(language="mr").exists()
    with pytest.raises(NotAllowed):
        translations.answer(proposal=proposal, approve=True, actor=maker)
    translations.answer(proposal=proposal, approve=True, speaks_it=True, actor=checker)
    text = version.texts.get(language="mr")
    assert text.is_reviewed
    assert TextReview.objects.get().reviewed_by == checker.ref
    payload = payload_of(Entry.objects.filter(kind="notice").order_by("-pk").first())
    assert (payload["lang"], payload["sha256"]) == ("mr", text.sha256)
    assert version.binding.sha256 in {payload_of(e)["sha256"] for e in Entry.objects.filter(kind="notice")}
    assert not Announcement.objects.exists()
    assert old_texts(on=clock.now().date() + timedelta(days=99)) == {}


def test_a_translation_nobody_has_checked_is_not_what_a_yes_is_asked_with(maker, checker):
    asked = published_notice(asks=["marketing"], text="May we?")
    proposal = translations.bring(version=asked, language="mr", text="पाठवू का?", actor=maker)
    translations.answer(proposal=proposal, approve=True, actor=checker)
    today = clock.now().date()
    assert notices_for(["marketing"], on=today, language="mr")["marketing"].language == "en"
    translations.review(text=asked.texts.get(language="mr"), actor=checker)
    assert notices_for(["marketing"], on=today, language="mr")["marketing"].language == "mr"
    with pytest.raises(Refused):
        translations.review(text=asked.texts.get(language="mr"), actor=checker)


@pytest.mark.parametrize(
    ("language", "text", "code"),
    [
        ("en", MARATHI, "NO_SUCH_LANGUAGE"),
        ("tlh", MARATHI, "NO_SUCH_LANGUAGE"),
        ("mr", " \n", "EMPTY"),
        ("mr", "1. व्याप्ती\n\nदुकान.", "OTHER_CLAUSES"),
        ("mr", MARATHI.replace("4.", "5."), "OTHER_CLAUSES"),
    ],
)
def test_what_is_no_translation_of_this_text_is_refused(version, maker, language, text, code):
    with pytest.raises(Refused) as refusal:
        translations.bring(version=version, language=language, text=text, actor=maker)
    assert refusal.value.code == code


def test_a_language_that_is_there_or_proposed_is_not_brought_again(version, maker, checker):
    proposal = translations.bring(version=version, language="mr", text=MARATHI, actor=maker)
    with pytest.raises(Refused) as refusal:
        translations.bring(version=version, language="mr", text=MARATHI, actor=maker)
    assert refusal.value.code == "PENDING"
    translations.answer(proposal=proposal, approve=False, reason="Two words are wrong.", actor=checker)
    proposal = translations.bring(version=version, language="mr", text=MARATHI, actor=maker)
    translations.answer(proposal=proposal, approve=True, actor=checker)
    with pytest.raises(Refused) as refusal:
        translations.bring(version=version, language="mr", text=MARATHI, actor=maker)
    assert refusal.value.code == "LANGUAGE_TAKEN"


def test_the_pages_of_translations(version):
    officer = staff_client(StaffFactory(roles=["data_protection_officer"]))
    administrator = staff_client(StaffFactory(roles=["administrator"]))
    bring = reverse("admin:consent_noticeversion_languages_one", args=[version.pk, "mr"])
    answer = officer.post(bring, {"text": "1. व्याप्ती"})
    assert answer.status_code == 422
    assert "The clauses are not those of the binding text" in str(answer.context["form"].errors["text"])
    assert officer.post(bring, {"text": MARATHI}).status_code == 302
    proposal = TranslationProposal.objects.get()
    own = administrator.get(reverse("admin:consent_translationproposal_change", args=[proposal.pk]))
    assert "व्याप्ती" in own.content.decode()
    answer = reverse("admin:consent_translationproposal_do_one", args=[proposal.pk, "answer-translation"])
    administrator.post(answer, {"answer": "1", "decision": "approve", "reason": ""})
    text = NoticeText.objects.get(language="mr")
    listed = officer.get(reverse("admin:consent_noticetext_changelist")).content.decode()
    assert "not read by a native speaker yet" in listed
    administrator.post(reverse("admin:consent_noticetext_do_one", args=[text.pk, "review"]), {"answer": "1"})
    shown = officer.get(reverse("admin:consent_noticetext_change", args=[text.pk])).content.decode()
    assert "read by a native speaker" in shown
    assert "मागे घ्या" in shown
