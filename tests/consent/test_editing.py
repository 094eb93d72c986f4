"""A draft is edited clause by clause; its defects follow; two editors lose nothing; a published text stays."""

from datetime import date, timedelta

import pytest

from consent.base.choices import NoticeKind, VersionState, Weight
from consent.base.rules import policy_parser
from consent.base.selectors.notices import clauses_of, open_defects, periods
from consent.models import NoticeText, NoticeVersion, PolicyDefect
from consent.notices.services import draft_edits, policy_import, publication
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import IllegalMove, LostRace, NotFound, Refused
from tests.consent.factories import law_is_loaded, published_notice
from tests.consent.test_publishing import CLEAN, FAULTY, draft
from tests.people.factories import StaffFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _law(db):
    law_is_loaded()


@pytest.fixture
def officer():
    return actor.staff(StaffFactory(roles=["data_protection_officer"]).pk)


@pytest.fixture
def administrator():
    return actor.staff(StaffFactory(roles=["administrator"]).pk)


def edit(version, act, who, **more):
    return act(version=version, language="en", seen=version.binding.sha256, actor=who, **more)


def place_of(version, number):
    return version.binding.clauses.get(number=number).position


def mend(version, who):
    """Give the empty list of clause 5 its entries."""
    return edit(
        version,
        draft_edits.change_clause,
        who,
        place=place_of(version, "5"),
        number="5",
        title="Reasons",
        body="We use it for:\n\n- delivery\n- repairs",
    )


def publish(version, maker, checker, **kwargs):
    proposal = publication.propose(version=version, actor=maker, **kwargs)
    publication.answer(proposal=proposal, approve=True, actor=checker)
    version.refresh_from_db()
    return version


def test_an_edit_is_another_revision_and_what_stood_before_is_kept(officer):
    version = draft(FAULTY)
    before = version.binding
    after = mend(version, officer)
    assert (after.revision, version.binding.pk) == (2, after.pk)
    assert list(NoticeText.objects.all()) == [after]
    assert NoticeText.every.get(pk=before.pk).text == before.text
    assert policy_parser.parse(after.text) == [c for c in policy_parser.parse(after.text) if c.title]
    assert "- delivery" in after.text
    event = AuditEvent.objects.get(kind=AuditKind.NOTICES_DRAFT_EDITED)
    assert event.facts["act"] == "changed"
    assert event.facts["clause"] == "5"
    assert event.facts["defects"] == 0


def test_a_mended_defect_is_marked_and_one_that_stays_keeps_what_two_people_said(officer, administrator):
    version = draft(FAULTY + "\n6. More\n\nAlso for:\n")
    first, second = version.defects.order_by("pk")
    override = publication.propose_override(defect=second, why="An annex follows.", actor=officer)
    publication.answer_override(override=override, approve=True, actor=administrator)
    mend(version, officer)
    assert PolicyDefect.objects.get(pk=first.pk).mended.text_sha256 == version.binding.sha256
    assert open_defects(version) == []
    edit(version, draft_edits.remove_clause, officer, place=place_of(version, "5"))
    assert [defect.code for defect in open_defects(version)] == ["MISSING_CLAUSE"]
    assert PolicyDefect.objects.get(pk=second.pk).overrides.get().answer == "approved"


def test_a_defect_that_comes_back_is_a_new_one(officer):
    version = draft(CLEAN)
    for _time in range(2):
        edit(version, draft_edits.add_clause, officer, number="5", title="Reasons", body="We use it for:")
        assert [d.code for d in open_defects(version)] == ["EMPTY_LIST"]
        edit(version, draft_edits.remove_clause, officer, place=place_of(version, "5"))
        assert open_defects(version) == []
    assert version.defects.count() == 2


def test_the_second_of_two_editors_is_told_and_overwrites_nothing(officer, administrator):
    version = draft(CLEAN)
    seen = version.binding.sha256
    mine = {"version": version, "language": "en", "seen": seen, "title": "New", "body": "x"}
    draft_edits.add_clause(**mine, number="5", actor=officer)
    with pytest.raises(LostRace):
        draft_edits.add_clause(**mine, number="6", actor=administrator)
    assert version.binding.revision == 2


def test_an_edit_that_changes_nothing_writes_nothing(officer):
    version = draft(CLEAN)
    clause = version.binding.clauses.get(number="1")
    edit(
        version, draft_edits.change_clause, officer, place=clause.position, number="1", title=clause.title,
        body=bytes(clause.body).decode() + "  \r\n", promise=clause.promise,
    )  # fmt: skip
    assert version.binding.revision == 1
    assert not AuditEvent.objects.filter(kind=AuditKind.NOTICES_DRAFT_EDITED).exists()


def test_moving_numbering_and_promises(officer):
    version = draft(CLEAN)
    edit(version, draft_edits.move_clause, officer, place=place_of(version, "1"), down=True)
    moved = clauses_of(version.binding)
    assert [(c.number, c.title, c.promise) for c in moved[:2]] == [("1", "What we do", "P2"), ("2", "Scope", "P1")]
    edit(version, draft_edits.remove_clause, officer, place=place_of(version, "1"))
    edit(version, draft_edits.number_through, officer)
    assert [c.number for c in clauses_of(version.binding)] == ["1", "2", "3"]
    assert not [d for d in open_defects(version) if d.code == "MISSING_CLAUSE"]


@pytest.mark.parametrize(
    ("code", "words"), [("READS_OTHERWISE", {"body": "7. A heading\n\nx"}), ("NUMBER_TAKEN", {"number": "1"})]
)
def test_an_edit_that_cannot_be_made_says_why_and_changes_nothing(officer, code, words):
    version = draft(CLEAN)
    with pytest.raises(Refused) as refusal:
        edit(version, draft_edits.add_clause, officer, **{"number": "9", "title": "New", "body": "x", **words})
    assert refusal.value.code == code
    assert version.binding.revision == 1


def test_a_translation_of_a_draft_is_edited_too_and_has_no_defects_of_its_own(officer):
    version = draft(CLEAN)
    hindi = policy_import.add_translation(
        version=version, language="hi", text="1. दायरा\n\nदुकान।", needs_native_review=True, actor=officer
    )
    draft_edits.add_clause(
        version=version, language="hi", seen=hindi.sha256, number="2", title="संपर्क", body="लिखें:", actor=officer
    )
    assert version.texts.get(language="hi").needs_native_review
    assert open_defects(version) == []
    with pytest.raises(NotFound):
        draft_edits.number_through(version=version, language="ta", seen="", actor=officer)


def test_a_published_text_is_edited_by_nobody(officer, administrator):
    version = publish(draft(CLEAN), officer, administrator)
    with pytest.raises(IllegalMove):
        edit(version, draft_edits.add_clause, officer, number="9", title="New", body="x")
    with pytest.raises(IllegalMove):
        draft_edits.change_details(
            version=version, seen="", effective_on=date(2027, 1, 1), what_changed="", purposes=[], actor=officer
        )


def test_another_day_has_other_rules(officer):
    version = draft("May we?", kind=NoticeKind.CONSENT_NOTICE, code="consent", on=date(2026, 12, 1))
    assert all("IN-SPDI" in defect.message for defect in open_defects(version))
    details = {"effective_on": date(2027, 6, 1), "what_changed": " One. \n\nTwo.", "purposes": ["marketing"]}
    draft_edits.change_details(version=version, seen=draft_edits.details_digest(version), **details, actor=officer)
    version.refresh_from_db()
    assert (version.what_changed, version.purposes) == ("One.\nTwo.", ["marketing"])
    assert any("IN-DPDP-NOTICE" in defect.message for defect in open_defects(version))
    with pytest.raises(NotFound):
        draft_edits.change_details(version=version, seen="", **{**details, "purposes": ["nonsense"]}, actor=officer)


def far(days=30):
    return clock.day(clock.now()) + timedelta(days=days)


def test_two_people_say_what_kind_of_change_it_is_and_are_bound_to_the_comparison(officer, administrator):
    first = publish(draft(CLEAN, on=far(-30)), officer, administrator)
    assert first.weight == Weight.FIRST
    changed = draft(CLEAN.replace("the shop", "the shops"), on=far())
    proposal = publication.propose(version=changed, weight=Weight.EDITORIAL, actor=officer)
    shown = publication.shown(changed, Weight.EDITORIAL)
    assert shown["compared_with"] == {"version": 1, "sha256": first.binding.sha256}
    assert (shown["changes"], shown["weight"]) == (2, "editorial")
    type(proposal).objects.filter(pk=proposal.pk).update(weight=Weight.MATERIAL)
    proposal.refresh_from_db()
    with pytest.raises(Refused) as refusal:
        publication.answer(proposal=proposal, approve=True, actor=administrator)
    assert refusal.value.code == "SHOWN_CHANGED"


def test_a_material_change_leaves_people_their_time(officer, administrator):
    publish(draft(CLEAN, on=far(-30)), officer, administrator)
    soon = draft(CLEAN.replace("shop", "store"), on=far(14))
    with pytest.raises(Refused) as refusal:
        publication.propose(version=soon, actor=officer)
    assert refusal.value.code == "TOO_SOON"
    assert far(15).isoformat() in str(refusal.value)
    assert publish(soon, officer, administrator, weight=Weight.EDITORIAL).state == VersionState.PUBLISHED
    late = draft(CLEAN.replace("shop", "stall"), on=far(15))
    assert publish(late, officer, administrator).weight == Weight.MATERIAL


def test_an_edit_between_proposal_and_answer_needs_another_proposal(officer, administrator):
    version = draft(CLEAN)
    proposal = publication.propose(version=version, actor=officer)
    edit(version, draft_edits.add_clause, officer, number="5", title="More", body="Something.")
    with pytest.raises(Refused) as refusal:
        publication.answer(proposal=proposal, approve=True, actor=administrator)
    assert refusal.value.code == "SHOWN_CHANGED"
    assert NoticeVersion.objects.get(pk=version.pk).state == VersionState.DRAFT


def test_the_periods_of_the_archive_agree_with_what_is_in_force_on_each_day():
    from consent.base.selectors.notices import in_force

    for days in (-30, -20, -25, 3):
        published_notice(effective_on=far(days))
    rows = periods("consent")
    for days in range(-35, 8):
        day = far(days)
        holding = [row.version for row in rows if row.holds_on(day)]
        if days < -30:
            assert holding == []
        else:
            assert holding == [in_force("consent", on=day)]
