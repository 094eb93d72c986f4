"""The pages of one version: how far it is, what is wrong beside each clause with its acts, and how far its languages are."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from consent.base.selectors.notices import open_defects, standing_defects
from consent.models import NoticeText, NoticeVersion, TextReview
from consent.notices.admin.studio import status_of
from consent.notices.selectors.translation_progress import Standing, progress
from consent.notices.services import draft_edits, policy_import, publication
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from tests.consent.documents import as_word
from tests.consent.factories import law_is_loaded
from tests.consent.test_publishing import CLEAN, FAULTY, draft
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db

SEED = (settings.BASE_DIR / "portal/demo/data/policy.en.txt").read_text(encoding="utf-8")
TEXT = "Before.\n\n1. Scope\n\nAll of it.\n\n2. Contact\n\nWrite to us.\n"
HINDI = "पहले।\n\n1. दायरा\n\nसब।\n\n2. संपर्क\n\nहमें लिखें।\n"


@pytest.fixture(autouse=True)
def _law(db):
    law_is_loaded()


@pytest.fixture
def maker():
    return StaffFactory(roles=["data_protection_officer"])


@pytest.fixture
def officer(maker):
    return staff_client(maker)


def page(version, name="clauses", *more):
    return reverse(f"admin:consent_noticeversion_{name}", args=[version.pk, *more])


def change(version, language, number, at, **said):
    """Other words for a clause, at a time."""
    text = version.texts.get(language=language)
    clause = text.clauses.get(number=number)
    draft_edits.change_clause(
        version=version,
        language=language,
        seen=text.sha256,
        place=clause.position,
        **{"number": number, "title": clause.title, "body": bytes(clause.body).decode(), **said},
        actor=actor.SYSTEM,
        now=at,
    )


def standings(version, language="hi"):
    (found,) = (one for one in progress(version) if one.language.code == language)
    return {row.binding.number: row.standing for row in found.rows}


@pytest.fixture
def translated():
    version = draft(TEXT)
    policy_import.add_translation(
        version=version, language="hi", text=HINDI, needs_native_review=True, actor=actor.SYSTEM, now=clock.now()
    )
    return version


def test_a_clause_whose_binding_words_changed_is_stale_until_its_own_are_changed(translated):
    assert set(standings(translated).values()) == {Standing.CURRENT}
    later = clock.now() + timedelta(minutes=1)
    change(translated, "en", "2", later, body="Write or call.")
    assert standings(translated) == {
        "introduction": Standing.CURRENT,
        "1": Standing.CURRENT,
        "2": Standing.STALE,
    }
    assert "hi 1 of 2" in status_of(translated)
    change(translated, "hi", "1", later + timedelta(minutes=1), body="पूरा।")
    assert standings(translated)["2"] == Standing.STALE
    change(translated, "hi", "2", later + timedelta(minutes=2), body="लिखें या फ़ोन करें।")
    assert set(standings(translated).values()) == {Standing.CURRENT}
    assert "hi 2 of 2" in status_of(translated)


def test_a_stale_clause_is_current_when_somebody_has_read_the_translation_since(translated):
    change(translated, "en", "2", clock.now() + timedelta(minutes=1), body="Write  or call.")
    text = translated.texts.get(language="hi")
    assert standings(translated)["2"] == Standing.STALE
    TextReview.objects.create(text=text, reviewed_by="staff:1", reviewed_at=clock.now() + timedelta(minutes=2))
    assert standings(translated)["2"] == Standing.CURRENT


def test_a_clause_that_no_translation_has_is_missing(translated):
    text = translated.binding
    draft_edits.add_clause(
        version=translated,
        language="en",
        seen=text.sha256,
        number="3",
        title="More",
        body="It.",
        actor=actor.SYSTEM,
    )
    assert standings(translated)["3"] == Standing.MISSING
    assert set(standings(translated, "mr").values()) == {Standing.MISSING}
    assert status_of(translated).endswith("hi 2 of 3, mr 0 of 3")


def test_the_line_about_a_version_counts_its_issues_and_those_that_must_be_fixed(officer, maker):
    version = draft(FAULTY)
    count = standing_defects(version).count()
    assert count == 1
    assert f"{count} policy issue, 1 must be fixed, hi 0 of" in officer.get(page(version, "clauses", "en")).text
    override = publication.propose_override(
        defect=version.defects.get(), why="The list follows.", actor=actor.staff(maker.pk)
    )
    publication.answer_override(
        override=override, approve=True, actor=actor.staff(StaffFactory(roles=["administrator"]).pk)
    )
    shown = officer.get(page(version, "clauses", "en")).text
    assert f"{count} policy issue, 0 must be fixed" in shown
    assert "may stay: two people agreed" in shown


def test_each_issue_has_its_acts_beside_its_clause(officer, maker):
    version = draft(FAULTY)
    (defect,) = open_defects(version)
    place = version.binding.clauses.get(number=defect.clause).position
    shown = officer.get(page(version, "clauses", "en")).text
    section = shown.split(f'aria-labelledby="clause-{place}"')[1].split("</section>")[0]
    ask = reverse("admin:consent_policydefect_do_one", args=[defect.pk, "propose-override"])
    assert f'href="{page(version, "clause", "en", place)}"' in section
    assert f'href="{ask}"' in section
    publication.propose_override(defect=defect, why="The list follows.", actor=actor.staff(maker.pk))
    shown = officer.get(page(version, "clauses", "en")).text
    assert ask not in shown
    assert "waits for a second person" in shown


def test_a_missing_clause_is_added_and_a_missing_summary_is_written_where_the_issue_leads(officer):
    draft(CLEAN, on=clock.day(clock.now()) - timedelta(days=30))
    NoticeVersion.objects.update(state="published", published_at=clock.now())
    version = draft(CLEAN.replace("2. ", "7. ", 1), what_changed="", summaries={})
    shown = officer.get(page(version, "clauses", "en")).text
    codes = {defect.code for defect in open_defects(version)}
    assert {"NO_SUMMARY", "MISSING_CLAUSE"} <= codes
    elsewhere = shown.split('id="elsewhere"')[1].split("</section>")[0]
    assert f'href="{page(version, "details")}"' in elsewhere
    assert f'href="{page(version, "clause", "en", 0)}"' in elsewhere


def test_the_page_of_the_policy_of_the_company_is_no_heavier_than_sixty_kilobytes_beside_its_words(officer):
    version = draft(SEED)
    answer = officer.get(page(version, "clauses", "en"))
    assert len(answer.content) - len(SEED.encode()) < 60_000
    assert answer.text.count("csrfmiddlewaretoken") <= 6


def test_the_pages_of_a_version_lead_to_each_other_as_far_as_the_login_may_open_them(officer):
    version = draft(CLEAN)
    names = [("change",), ("clauses", "en"), ("changes",), ("languages",), ("details",)]
    for name in names:
        shown = officer.get(page(version, *name))
        tabs = [tab.url for tab in shown.context["studio"]["tabs"]]
        assert tabs == [page(version, *one) for one in names]
        assert [tab.url for tab in shown.context["studio"]["tabs"] if tab.is_here] == [page(version, *name)]
    auditor = staff_client(StaffFactory(roles=["administrator"]))
    shown = auditor.get(page(version, "changes"))
    assert [tab.url for tab in shown.context["studio"]["tabs"]] == [
        page(version, name) for name in ("change", "changes", "languages")
    ]


def checks_on(answer):
    return {check.label: (check.is_met, check.must, url) for check, url in answer.context["checks"]}


def test_the_checklist_of_a_draft_says_what_is_met_and_leads_to_what_is_not(officer):
    draft(CLEAN, on=clock.day(clock.now()) - timedelta(days=30))
    NoticeVersion.objects.update(state="published", published_at=clock.now())
    tomorrow = clock.day(clock.now()) + timedelta(days=1)
    version = draft(FAULTY, on=tomorrow, what_changed="", summaries={})
    shown = officer.get(page(version, "change"))
    found = checks_on(shown)
    assert found["No open policy issues"] == (False, True, page(version, "clauses", "en"))
    assert found["What changed, in every language of our messages"] == (False, True, page(version, "details"))
    assert found[f"In force from {tomorrow:%d-%m-%Y}"] == (False, True, page(version, "details"))
    assert found["Translation: हिन्दी"][:2] == (False, False)
    assert "may take effect on" in shown.text
    assert "■ Not met" in shown.text
    assert 'type="checkbox"' not in shown.text.split('id="checks-title"')[1].split("</section>")[0]


def test_the_checklist_of_a_draft_that_can_be_published_is_met_on_the_pages_of_both_people(officer, maker):
    version = draft(CLEAN)
    propose = reverse("admin:consent_noticeversion_do_one", args=[version.pk, "propose-publication"])
    proposal = publication.propose(version=draft(CLEAN, code="other"), actor=actor.staff(maker.pk))
    administrator = staff_client(StaffFactory(roles=["administrator"]))
    row = reverse("admin:consent_publicationproposal_change", args=[proposal.pk])
    for shown in (officer.get(propose), administrator.get(row)):
        assert all(is_met for is_met, must, _url in checks_on(shown).values() if must)
        assert [url for _is_met, _must, url in checks_on(shown).values() if "clauses" in url] == []  # nothing to fix
    officer.post(propose, {"answer": "1"})
    publication.answer(
        proposal=version.proposals.get(), approve=True, actor=actor.staff(StaffFactory(roles=["administrator"]).pk)
    )
    assert officer.get(page(version, "change")).context["checks"] == []


def test_an_exception_by_two_people_meets_the_checklist_and_is_counted(officer, maker):
    version = draft(FAULTY)
    override = publication.propose_override(
        defect=version.defects.get(), why="The list follows.", actor=actor.staff(maker.pk)
    )
    publication.answer_override(
        override=override, approve=True, actor=actor.staff(StaffFactory(roles=["administrator"]).pk)
    )
    shown = officer.get(page(version, "change"))
    assert checks_on(shown)["No open policy issues"][0]
    assert "0 must be fixed, 1 exception by two people" in shown.text


def test_the_approver_lands_on_the_changed_words_and_on_the_clauses_that_moved(officer, maker):
    old = "1. Scope\n\nAll.\n\n2. Names\n\nKept for one year.\n\n3. Contact\n\nWrite to Asha Rao, the Grievance Officer.\n"
    new = "1. Scope\n\nAll.\n\n2. Contact\n\nWrite to Asha Rao, the Grievance Officer.\n\n3. Names\n\nKept for two years.\n"
    draft(old, kind="cookie_notice", code="cookies", on=clock.day(clock.now()) - timedelta(days=30))
    NoticeVersion.objects.update(state="published", published_at=clock.now())
    version = draft(new, kind="cookie_notice", code="cookies")
    proposal = publication.propose(version=version, actor=actor.staff(maker.pk))
    administrator = staff_client(StaffFactory(roles=["administrator"]))
    shown = administrator.get(reverse("admin:consent_publicationproposal_change", args=[proposal.pk])).text
    main = shown.split("<h1")[1]
    assert main.index('id="changes-title"') < main.index('id="approval-title"')
    for number, words in enumerate(("one year.", "two years."), 1):
        mark = "del" if number == 1 else "ins"
        assert f"<{mark}" in main
        assert words.split()[0] in main
    assert main.count("1 part not changed") == 1
    assert "2 clauses have another number:" in main
    assert "3 is now 2:" in main
    assert "2 is now 3:" in main


def languages_page(version, language="hi"):
    return page(version, "languages_one", language)


def test_the_clauses_of_a_translation_stand_beside_the_binding_text_with_those_first_that_need_work(
    officer, translated
):
    whole = officer.get(languages_page(translated)).text
    assert "2 of 2 clauses are current." in whole
    assert whole.count("✓ Current") == 3
    change(translated, "en", "2", clock.now() + timedelta(minutes=1), body="Write or call.")
    shown = officer.get(page(translated, "languages_one", "hi"))
    assert [row.binding.number for row in shown.context["rows"]] == ["2"]
    assert "Stale, because the binding words changed: 2." in shown.text
    assert "Write or call." in shown.text
    assert "हमें लिखें।" in shown.text
    assert f'href="{page(translated, "clause", "hi", 3)}"' in shown.text
    assert officer.get(languages_page(translated) + "?all").text.count("✓ Current") == 2


def test_a_translated_file_replaces_the_translation_of_a_draft_and_the_earlier_text_is_kept(officer, translated):
    old = translated.texts.get(language="hi")
    words = HINDI.replace("सब।", "पूरा।")
    file = SimpleUploadedFile("hi.docx", as_word(words))
    assert officer.post(languages_page(translated), {"seen": old.sha256, "file": file}).status_code == 302
    text = translated.texts.get(language="hi")
    assert (text.revision, text.text, text.needs_native_review) == (2, words, True)
    assert NoticeText.every.get(pk=old.pk).text == HINDI
    event = AuditEvent.objects.filter(kind=AuditKind.NOTICES_VERSION_DRAFTED).latest("pk")
    assert event.facts["sha256"] == text.sha256
    assert officer.get(languages_page(translated)).context["shown"].current == 2


@pytest.mark.parametrize(
    ("sent", "field", "words"),
    [
        ({"text": ""}, "text", "no words"),
        ({"text": "1. दायरा\n\nसब।\n"}, "text", "not those of the binding text"),
        ({"text": HINDI}, "text", "has these words already"),
        ({"text": HINDI.replace("सब", "ABCPE1234F")}, "text", "a PAN"),
        ({"file": ("hi.pdf", b"%PDF")}, "file", "ends in .txt"),
        ({"file": ("hi.txt", b"ABCPE1234F")}, "file", "a PAN"),
        ({"text": HINDI.replace("सब", "पूरा"), "seen": "0" * 64}, "__all__", "Somebody else changed this translation"),
    ],
)
def test_a_translation_that_cannot_be_taken_is_refused_with_what_was_entered(officer, translated, sent, field, words):
    given = {"seen": translated.texts.get(language="hi").sha256, **sent}
    if "file" in sent:
        given["file"] = SimpleUploadedFile(*sent["file"])
    answer = officer.post(languages_page(translated), given)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert words in str(answer.context["form"].errors[field])
    if sent.get("text"):
        assert answer.context["form"]["text"].value().strip() == sent["text"].strip()
    assert translated.texts.get(language="hi").revision == 1


def test_words_of_a_file_with_other_clauses_stay_in_the_box(officer, translated):
    file = SimpleUploadedFile("mr.txt", "1. व्याप्ती\n".encode())
    answer = officer.post(languages_page(translated, "mr"), {"file": file})
    assert answer.status_code == 422
    assert answer.context["form"]["text"].value() == "1. व्याप्ती\n"
    assert not translated.texts.filter(language="mr").exists()


def test_a_stale_translation_is_read_again_by_somebody_whose_name_is_shown(translated):
    reader = StaffFactory(roles=["data_protection_officer"], full_name="Sunita Joshi")
    reads = staff_client(reader)
    text = translated.texts.get(language="hi")
    ask = reverse("admin:consent_noticetext_do_one", args=[text.pk, "review"])
    assert ask in reads.get(languages_page(translated)).text
    reads.post(ask, {"answer": "1"})
    shown = reads.get(languages_page(translated)).text
    assert "Read by Sunita Joshi" in shown
    assert ask not in shown
    change(translated, "en", "2", clock.now(), body="Write or call.")
    assert ask in reads.get(languages_page(translated)).text
    reads.post(ask, {"answer": "1"})
    assert standings(translated)["2"] == Standing.CURRENT
    assert ask not in reads.get(languages_page(translated)).text


def test_only_who_may_propose_brings_a_translation_and_a_published_text_is_not_replaced(officer, translated):
    support = staff_client(StaffFactory(roles=["support"]))
    url = languages_page(translated)
    assert support.get(url).context["form"] is None
    assert support.post(url, {"text": HINDI}).status_code == 403
    assert officer.get(languages_page(translated, "en")).status_code == 404
    assert officer.get(languages_page(translated, "tlh")).status_code == 404
    assert officer.get(languages_page(translated, "ta")).text.count("Add a translation") == 1
    NoticeVersion.objects.update(state="published", published_at=clock.now())
    assert officer.get(url).context["form"] is None
    refused = officer.post(url, {"text": HINDI.replace("सब", "पूरा")})
    assert refused.status_code == 422
    assert translated.texts.get(language="hi").revision == 1
