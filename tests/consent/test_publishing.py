"""A text is published by two people, once nothing is wrong with it or both said why it may stay."""

from datetime import timedelta

import pytest
from django.db import connection, utils
from django.test.utils import CaptureQueriesContext

from consent.base.choices import NoticeKind, VersionState
from consent.base.selectors.notices import before, open_defects
from consent.models import DefectOverride, NoticeVersion
from consent.notices.services import acknowledgements, draft_edits, policy_files, policy_import, publication
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import IllegalMove, NotAllowed, Refused
from portal.kernel.law import selectors as law
from portal.kernel.ledger.models import Entry
from portal.kernel.ledger.services import payload_of
from tests.consent.factories import law_is_loaded, person
from tests.people.factories import StaffFactory

pytestmark = pytest.mark.django_db
#: Days that stay ahead whenever the tests run, and time enough between them for people to be told.
SOON = clock.day(clock.now()) + timedelta(days=19)
LATER = SOON + timedelta(days=76)
CLEAN = """1. Scope

This is about the shop, which is the controller.

2. What we do

We collect your name. We use it for the purpose of delivering products, on the basis of your consent or of a
legitimate interest. We share it with nobody, protect it, keep it for a year and transfer it nowhere. Giving it is
voluntary. No decision about you is made by automated means.

3. Your rights

You may withdraw consent at any time, and complain, in the end to the Data Protection Board. Ask for your data with your
reference.

4. Contact

Grievance Officer: Meera Iyer, at the counter.
"""
#: What changed, for whoever reads our letters in another language than English.
SUMMARIES = {"hi": "इसमें और बातें हैं।", "mr": "यात आणखी गोष्टी आहेत."}
FAULTY = CLEAN + "\n5. Reasons\n\nWe use it for:\n"
#: What a consent notice says, before and after the DPDP Rules begin.
ASKING = """May we use your name and e-mail address to send you offers about our products?

What for: this purpose alone. What you get: news of our products. Nobody else receives it.

You can withdraw at any time on the page where you said yes. Your rights: see, correct or erase your data on the same page.
Write to help@shop.example, or complain to the Data Protection Board. Post: The Shop, 1 High Street, Nashik 422001.
"""


@pytest.fixture(autouse=True)
def _law(db):
    law_is_loaded()


@pytest.fixture
def officer():
    return actor.staff(StaffFactory(roles=["data_protection_officer"]).pk)


@pytest.fixture
def administrator():
    return actor.staff(StaffFactory(roles=["administrator"]).pk)


def draft(
    text=CLEAN,
    *,
    kind=NoticeKind.PRIVACY_POLICY,
    code="privacy-policy",
    purposes=(),
    on=None,
    what_changed="It says more.",
    summaries=SUMMARIES,
):
    notice = policy_import.notice(code=code, kind=kind, title="Policy")
    return policy_import.import_text(
        notice=notice,
        text=text,
        effective_on=on or SOON,
        purposes=purposes,
        what_changed=what_changed,
        summaries=summaries,
        actor=actor.SYSTEM,
    ).version


def test_a_clean_draft_is_published_by_two_people_and_stands_in_the_ledger(officer, administrator):
    version = draft()
    proposal = publication.propose(version=version, actor=officer)
    assert NoticeVersion.objects.get().state == VersionState.DRAFT
    publication.answer(proposal=proposal, approve=True, actor=administrator)
    version.refresh_from_db()
    assert version.state == VersionState.PUBLISHED
    payload = payload_of(Entry.objects.get(kind="notice"))
    assert (payload["id"], payload["version"], payload["sha256"]) == ("privacy-policy", 1, version.binding.sha256)


def test_nobody_publishes_alone(officer):
    proposal = publication.propose(version=draft(), actor=officer)
    with pytest.raises(NotAllowed):
        publication.answer(proposal=proposal, approve=True, actor=officer)
    assert NoticeVersion.objects.get().state == VersionState.DRAFT


@pytest.mark.parametrize("role", ["support", "kyc_maker", "auditor"])
def test_other_roles_propose_nothing(role):
    with pytest.raises(NotAllowed):
        publication.propose(version=draft(), actor=actor.staff(StaffFactory(roles=[role]).pk))


def test_an_open_defect_keeps_the_text_from_being_published(officer):
    version = draft(FAULTY)
    assert [defect.code for defect in version.defects.all()] == ["EMPTY_LIST"]
    with pytest.raises(Refused) as refusal:
        publication.propose(version=version, actor=officer)
    assert refusal.value.code == "DEFECTS_OPEN"
    assert "EMPTY_LIST 5" in str(refusal.value)


def test_two_people_may_let_a_defect_stand_each_with_a_reason(officer, administrator):
    version = draft(FAULTY)
    defect = version.defects.get()
    override = publication.propose_override(defect=defect, why="The list follows in an annex.", actor=officer)
    with pytest.raises(Refused):
        publication.propose(version=version, actor=officer)
    with pytest.raises(NotAllowed):
        publication.answer_override(override=override, approve=True, actor=officer)
    publication.answer_override(override=override, approve=True, actor=administrator)
    proposal = publication.propose(version=version, actor=officer)
    publication.answer(proposal=proposal, approve=True, actor=administrator)
    assert NoticeVersion.objects.get().state == VersionState.PUBLISHED


def test_an_override_without_a_reason_is_refused(officer):
    with pytest.raises(Refused) as refusal:
        publication.propose_override(defect=draft(FAULTY).defects.get(), why="  ", actor=officer)
    assert refusal.value.code == "REASON_MISSING"
    assert not DefectOverride.objects.exists()


def test_what_changed_after_the_proposal_cannot_be_approved_with_it(officer, administrator):
    version = draft()
    proposal = publication.propose(version=version, actor=officer)
    policy_import.add_translation(
        version=version, language="hi", text="1. दायरा\n\nदुकान।", needs_native_review=True, actor=officer
    )
    with pytest.raises(Refused) as refusal:
        publication.answer(proposal=proposal, approve=True, actor=administrator)
    assert refusal.value.code == "SHOWN_CHANGED"


def test_the_words_of_a_published_version_cannot_be_changed(officer, administrator):
    version = draft()
    publication.answer(proposal=publication.propose(version=version, actor=officer), approve=True, actor=administrator)
    version.refresh_from_db()
    with pytest.raises(IllegalMove):
        policy_import.add_translation(version=version, language="hi", text="x", needs_native_review=True, actor=officer)
    with pytest.raises(IllegalMove):
        publication.drop(version=version, actor=officer)
    with pytest.raises(utils.IntegrityError, match="append-only"), connection.cursor() as cursor:
        cursor.execute("UPDATE consent_noticetext SET language = 'xx'")


def test_a_published_consent_notice_lets_its_purposes_be_asked_for(officer, administrator):
    now = clock.now()
    today = clock.day(now)
    assert not law.purpose("marketing", on=today).may_be_asked(now)
    version = draft(ASKING, kind=NoticeKind.CONSENT_NOTICE, code="consent", purposes=["marketing"], on=today)
    publication.answer(proposal=publication.propose(version=version, actor=officer), approve=True, actor=administrator)
    assert law.purpose("marketing", on=today).may_be_asked(clock.now())
    assert not law.purpose("analytics", on=today).may_be_asked(clock.now() + timedelta(days=9))


def test_reading_a_text_is_no_consent_and_is_kept_once(officer, administrator):
    from consent.models import Acknowledgement, ConsentEvent

    version = draft()
    with pytest.raises(Refused):
        acknowledgements.acknowledge(subject_ref=person().subject.ref, text=version.binding, actor=actor.SYSTEM)
    publication.answer(proposal=publication.propose(version=version, actor=officer), approve=True, actor=administrator)
    asha = person(email="asha2@acme.example")
    text = NoticeVersion.objects.get().binding
    for _time in range(2):
        acknowledgements.acknowledge(subject_ref=asha.subject.ref, text=text, actor=actor.SYSTEM)
    assert Acknowledgement.objects.count() == 1
    assert not ConsentEvent.objects.exists()


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00", b"a\x00b", b"x" * 600_000])
def test_a_file_that_is_no_text_is_refused_with_words(data):
    with pytest.raises(Refused, match=r"file"):
        policy_files.decode(data)


def published(officer, administrator, text=CLEAN, **given):
    """A version that counts now."""
    version = draft(text, **given)
    publication.answer(proposal=publication.propose(version=version, actor=officer), approve=True, actor=administrator)
    version.refresh_from_db()
    return version


def defects_of(version):
    return {(defect.code, defect.clause) for defect in open_defects(version)}


LONGER = CLEAN + "\n5. Calls\n\nWe record no call.\n"


def test_a_clause_that_a_draft_drops_is_named_and_needs_two_people_and_a_reason(officer, administrator):
    published(officer, administrator, LONGER)
    version = draft(CLEAN, on=LATER)
    assert defects_of(version) == {("DROPPED_CLAUSE", "5")}
    assert publication.shown(version, "material")["dropped"] == ["5 Calls"]
    with pytest.raises(Refused, match="DROPPED_CLAUSE 5"):
        publication.propose(version=version, actor=officer)
    override = publication.propose_override(defect=open_defects(version)[0], why="Calls are gone.", actor=officer)
    with pytest.raises(Refused, match="DROPPED_CLAUSE 5"):
        publication.propose(version=version, actor=officer)
    publication.answer_override(override=override, approve=True, actor=administrator)
    assert publication.propose(version=version, actor=officer).pk


def test_a_draft_is_weighed_anew_when_another_version_is_published_before_it(officer, administrator):
    published(officer, administrator, CLEAN.replace("for a year", "for a day"), on=SOON)
    waiting = draft(CLEAN.replace("for a year", "for a day").replace("about the shop", "about our shop"), on=LATER)
    assert defects_of(waiting) == set()
    published(officer, administrator, LONGER, on=SOON + timedelta(days=48))
    assert defects_of(waiting) == {("DROPPED_CLAUSE", "5"), ("OLDER_WORDS", "2")}
    assert before(waiting).number == 3


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_two_drafts_of_a_notice_are_answered_one_after_the_other(officer, administrator):
    proposal = publication.propose(version=draft(CLEAN), actor=officer)
    with CaptureQueriesContext(connection) as seen:
        publication.answer(proposal=proposal, approve=True, actor=administrator)
    locks = [query["sql"] for query in seen if "FOR UPDATE" in query["sql"]]
    assert locks[0].startswith('SELECT "consent_notice"."id"')


def test_a_changed_policy_says_what_changed_in_each_language_in_which_it_is_read_or_written_of(officer, administrator):
    """Letters go out in English, Hindi and Marathi whatever the text is translated into."""
    published(officer, administrator, what_changed="", summaries={})
    version = draft(LONGER, on=LATER, what_changed="", summaries={})
    policy_import.add_translation(
        version=version, language="ta", text="1. a\n\nb.\n", needs_native_review=False, actor=officer
    )
    assert [d.message for d in open_defects(version)] == [
        f"Nothing says in {name} what changed." for name in ("English (en)", "हिन्दी (hi)", "मराठी (mr)", "தமிழ் (ta)")
    ]
    details = {"effective_on": LATER, "what_changed": "Calls.", "purposes": [], "actor": officer}
    details["seen"] = draft_edits.details_digest(version)
    draft_edits.change_details(version=version, summaries={"hi": "कॉल।", "mr": "कॉल.", "ta": "அழைப்பு."}, **details)
    assert defects_of(version) == set()
    version.refresh_from_db()
    assert [version.summary_in(language) for language in ("en", "hi", "mr", "bn")] == [
        ("Calls.", "en"),
        ("कॉल।", "hi"),
        ("कॉल.", "mr"),
        ("Calls.", "en"),
    ]
