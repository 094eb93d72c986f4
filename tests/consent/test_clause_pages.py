"""The pages on which staff edit a draft, and the changes that stand before the two who publish."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from consent.base.choices import VersionState, Weight
from consent.base.selectors.notices import open_defects
from consent.models import NoticeVersion
from consent.notices.services import publication
from portal.kernel.core import actor, clock
from tests.consent.factories import law_is_loaded
from tests.consent.test_publishing import CLEAN, FAULTY, draft
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _law(db):
    law_is_loaded()


@pytest.fixture
def officer():
    return staff_client(StaffFactory(roles=["data_protection_officer"]))


@pytest.fixture
def administrator():
    return staff_client(StaffFactory(roles=["administrator"]))


def page(name, version, *more):
    return reverse(f"admin:consent_noticeversion_{name}", args=[version.pk, *more])


def place(version, number):
    return version.binding.clauses.get(number=number).position


def today(days=0):
    return clock.day(clock.now()) + timedelta(days=days)


def test_a_faulty_draft_is_mended_clause_by_clause(officer):
    version = draft(FAULTY)
    shown = officer.get(page("clauses", version, "en")).content.decode()
    assert "EMPTY_LIST" in shown
    assert "We use it for:" in shown
    change = page("clause", version, "en", place(version, "5"))
    form = officer.get(change).context["form"]
    entered = {**form.initial, "body": "We use it for:\n\n- delivery\n- repairs"}
    assert officer.post(change, entered).status_code == 302
    assert open_defects(version) == []
    assert "- repairs" in version.binding.text
    add = page("clause", version, "en", 0)
    entered = {"seen": version.binding.sha256, "number": "6", "title": "Cookies", "body": "None.", "promise": ""}
    officer.post(add, entered)
    assert version.binding.clauses.get(number="6").promise == "P6"
    for act in ("up", "remove"):
        url = page("clause_act", version, "en", place(version, "6"), act)
        assert officer.post(url, {"seen": version.binding.sha256}).status_code == 302
    assert [c.title for c in version.binding.clauses.all()][-1] == "Cookies"
    officer.post(page("through", version, "en"), {"seen": version.binding.sha256})
    assert version.binding.clauses.last().number == "5"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"number": "1"}, "There is a clause 1 already"),
        ({"title": "Ends with a stop."}, "Take the full stop away"),
        ({"title": ""}, "This field is required"),
        ({"seen": "0" * 64}, "Somebody else changed this text"),
    ],
)
def test_a_refused_edit_keeps_everything_that_was_entered(officer, wrong, words):
    version = draft(CLEAN)
    entered = {
        "seen": version.binding.sha256,
        "number": "9",
        "title": "New",
        "body": "A long text that nobody types twice.",
        **wrong,
    }
    answer = officer.post(page("clause", version, "en", 0), entered)
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert words in shown
    assert "A long text that nobody types twice." in shown
    assert "<title>Error:" in shown
    assert version.binding.revision == 1


def test_the_second_editor_sees_what_the_first_wrote(officer, administrator):
    version = draft(CLEAN)
    change = page("clause", version, "en", place(version, "1"))
    mine = {**officer.get(change).context["form"].initial, "body": "What I wrote."}
    theirs = {**officer.get(change).context["form"].initial, "body": "What they wrote."}
    officer.post(change, theirs)
    shown = officer.post(change, mine).content.decode()
    assert "What I wrote." in shown
    assert "What they wrote." in shown


def test_only_drafts_are_edited_and_only_by_whoever_may(officer, administrator):
    version = draft(CLEAN)
    assert administrator.get(page("clauses", version, "en")).status_code == 403
    assert administrator.get(page("changes", version)).status_code == 200
    act = page("clause_act", version, "en", 1, "down")
    assert officer.get(act).status_code == 405
    assert officer.post(page("clause_act", version, "en", 1, "burn")).status_code == 404
    assert officer.get(page("clauses", version, "ta")).status_code == 404
    NoticeVersion.objects.update(state=VersionState.DROPPED)
    assert officer.get(page("clauses", version, "en")).status_code == 404
    assert officer.post(act, {"seen": version.binding.sha256}).status_code == 404


def test_the_day_and_the_summary_are_changed_and_a_wrong_day_is_named(officer):
    version = draft(CLEAN)
    url = page("details", version)
    entered = {
        **officer.get(url).context["form"].initial,
        "effective_on": "2027-02-01",
        "what_changed": "One.\nTwo.",
        "purposes": ["analytics", "marketing"],
    }
    assert officer.post(url, entered).status_code == 302
    version.refresh_from_db()
    assert (str(version.effective_on), version.purposes) == ("2027-02-01", ["analytics", "marketing"])
    for wrong in ({"effective_on": "soon"}, {"purposes": ["nonsense"]}):
        answer = officer.post(url, {**entered, **wrong})
        assert answer.status_code == 422
        assert "Two." in answer.content.decode()


def test_the_second_save_of_the_details_does_not_undo_the_first_and_loses_nothing_that_was_typed(officer):
    version = draft(CLEAN)
    url = page("details", version)
    opened = officer.get(url).context["form"].initial
    theirs = {**opened, "effective_on": "2027-02-01", "what_changed": "What they wrote.", "summary_hi": "उनका।"}
    mine = {**opened, "effective_on": "2027-03-01", "what_changed": "What I wrote.", "summary_hi": "मेरा।"}
    assert officer.post(url, theirs).status_code == 302
    answer = officer.post(url, mine)
    assert answer.status_code == 422
    for words in (
        "Somebody else changed this text",
        "What I wrote.",
        "मेरा।",
        "What they wrote.",
        "उनका।",
        "2027-02-01",
    ):
        assert words in answer.text
    version.refresh_from_db()
    assert (version.what_changed, version.summaries["hi"]) == ("What they wrote.", "उनका।")
    assert officer.post(url, theirs).status_code == 302  # a double click: nothing of anybody's is lost
    assert officer.post(url, {**mine, "seen": officer.get(url).context["form"].initial["seen"]}).status_code == 302
    version.refresh_from_db()
    assert version.what_changed == "What I wrote."


def test_both_people_have_the_changes_before_them(officer, administrator):
    maker = actor.staff(StaffFactory(roles=["data_protection_officer"]).pk)
    checker = actor.staff(StaffFactory(roles=["administrator"]).pk)
    first = draft(CLEAN, on=today(-30))
    publication.answer(proposal=publication.propose(version=first, actor=maker), approve=True, actor=checker)
    version = draft(CLEAN.replace("for a year", "for two years"), on=today(30))
    propose = reverse("admin:consent_noticeversion_do_one", args=[version.pk, "propose-publication"])
    for url in (propose, page("changes", version)):
        shown = officer.get(url).content.decode()
        assert "2 changes:" in shown
        assert shown.count("<ins") == shown.count("<del") == 1
    officer.post(propose, {"answer": "1", "weight": "editorial"})
    proposal = version.proposals.get()
    answer = reverse("admin:consent_publicationproposal_do_one", args=[proposal.pk, "answer-proposal"])
    own = reverse("admin:consent_publicationproposal_change", args=[proposal.pk])
    for url in (answer, own):
        shown = administrator.get(url).content.decode()
        assert "two years" in shown
        assert "2 changes:" in shown
    administrator.post(answer, {"answer": "1", "decision": "approve", "reason": ""})
    version.refresh_from_db()
    assert (version.state, version.weight) == (VersionState.PUBLISHED, Weight.EDITORIAL)


def test_a_version_is_compared_with_any_earlier_one(officer):
    draft(CLEAN, on=today(-30))
    draft(CLEAN.replace("a year", "two years"), on=today(-20))
    third = draft(CLEAN.replace("a year", "three years"), on=today(30))
    NoticeVersion.objects.exclude(pk=third.pk).update(state=VersionState.PUBLISHED, published_at=clock.now())
    assert re.search(r"\btwo\b", officer.get(page("changes", third)).content.decode())
    shown = officer.get(page("changes", third), {"from": "1"}).content.decode()
    assert "version 1 against version 3" in shown
    assert not re.search(r"\btwo\b", shown)  # a word: the page's token is letters, too


def test_both_people_read_the_texts_by_language_and_every_dropped_clause(officer, administrator):
    first = draft(CLEAN + "\n5. Calls\n\nWe record no call.\n")
    by = actor.staff(StaffFactory(roles=["data_protection_officer"]).pk)
    by_another = actor.staff(StaffFactory(roles=["administrator"]).pk)
    publication.answer(proposal=publication.propose(version=first, actor=by), approve=True, actor=by_another)
    version = draft(CLEAN, on=today(60))
    shown = officer.get(page("changes", version)).content.decode()
    assert "Version 2 leaves out 1 clause of version 1" in shown
    assert "5 Calls" in shown
    override = publication.propose_override(defect=open_defects(version)[0], why="Calls are gone.", actor=by)
    publication.answer_override(override=override, approve=True, actor=by_another)
    proposal = publication.propose(version=version, actor=by)
    answer = reverse("admin:consent_publicationproposal_do_one", args=[proposal.pk, "answer-proposal"])
    for url in (answer, reverse("admin:consent_publicationproposal_change", args=[proposal.pk])):
        shown = administrator.get(url).content.decode()
        assert "Clauses left out: 5 Calls" in shown
        assert "texts: {" not in shown
        assert '<bdi lang="en" dir="ltr">English</bdi> (binding text)' in shown
        assert "We collect your name." in shown


def test_everything_that_is_wrong_with_a_clause_is_said_at_once_beside_its_field(officer):
    version = draft()
    add = page("clause", version, "en", 0)
    entered = {"seen": version.binding.sha256, "number": "2", "title": "Ends with a stop.", "body": "None."}
    answer = officer.post(add, entered)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"number", "title"}
    assert "There is a clause 2 already" in answer.text
    empty = officer.post(add, {"seen": version.binding.sha256, "number": "0.x", "title": " ", "body": "None."})
    assert set(empty.context["form"].errors) == {"number", "title"}
    assert version.binding.revision == 1


def test_the_page_of_an_act_on_a_first_version_counts_the_version_and_asks(officer):
    version = draft(CLEAN)
    page = officer.get(reverse("admin:consent_noticeversion_do_one", args=[version.pk, "drop-draft"])).text
    assert "This concerns 1 notice version" in page
    assert 'name="answer"' in page


def test_a_clause_is_removed_only_by_a_button_that_is_folded_away(officer):
    version = draft(CLEAN)
    shown = officer.get(page("clauses", version, "en")).text
    folded = re.findall(r"<details>.*?</details>", shown, re.DOTALL)
    assert shown.count("/remove/") > 0
    assert sum(part.count("/remove/") for part in folded) == shown.count("/remove/")


def test_the_page_of_a_version_leads_to_each_of_its_defects(officer):
    version = draft(FAULTY)
    shown = officer.get(reverse("admin:consent_noticeversion_change", args=[version.pk])).text
    defects = list(version.defects.all())
    assert defects
    for defect in defects:
        assert reverse("admin:consent_policydefect_change", args=[defect.pk]) in shown
