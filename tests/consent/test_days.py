"""No text holds from a day before it is published, and none comes in between an announced change and its start."""

from datetime import datetime, time, timedelta

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent.base.choices import VersionState, Weight
from consent.base.selectors.notices import before, coming, in_force, open_defects, periods
from consent.models import NoticeVersion
from consent.notices.admin.publication import in_words
from consent.notices.services import draft_edits, policy_import, publication
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import NotFound, Refused
from tests.consent.factories import law_is_loaded
from tests.consent.test_publishing import CLEAN, LONGER, SUMMARIES, draft
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db
CHANGED = CLEAN.replace("for a year", "for two years")


@pytest.fixture(autouse=True)
def _law(db):
    law_is_loaded()


@pytest.fixture
def officer():
    return actor.staff(StaffFactory(roles=["data_protection_officer"]).pk)


@pytest.fixture
def administrator():
    return actor.staff(StaffFactory(roles=["administrator"]).pk)


@pytest.fixture
def publish(officer, administrator):
    """A text as two people publish it, for a day so many days from now."""

    def act(text=CLEAN, *, days=0, weight="", version=None):
        version = version or draft(text, on=far(days))
        proposal = publication.propose(version=version, weight=weight, actor=officer)
        publication.answer(proposal=proposal, approve=True, actor=administrator)
        version.refresh_from_db()
        return version

    return act


def far(days):
    return clock.day(clock.now()) + timedelta(days=days)


def on_day(version, days):
    """The draft with another day, past the form: as a row that was made before the form refused it."""
    NoticeVersion.objects.filter(pk=version.pk).update(effective_on=far(days))
    version.refresh_from_db()
    return version


def code_of(act):
    with pytest.raises(Refused) as refusal:
        act()
    return refusal.value.code


@pytest.mark.parametrize("weight", [Weight.EDITORIAL, Weight.MATERIAL])
def test_no_later_version_is_proposed_for_a_day_that_has_passed(publish, officer, weight):
    publish(days=-400)
    past = on_day(draft(CHANGED, on=far(30)), -1)
    assert code_of(lambda: publication.propose(version=past, weight=weight, actor=officer)) == "DAY_PASSED"
    assert publish(version=on_day(past, 0), weight=Weight.EDITORIAL).state == VersionState.PUBLISHED


def test_a_day_that_passes_before_the_approval_is_refused_with_what_to_do(publish, officer, administrator):
    publish(days=-400)
    version = draft(CHANGED, on=far(1))
    proposal = publication.propose(version=version, weight=Weight.EDITORIAL, actor=officer)
    in_time = clock.now() + timedelta(days=3)
    with pytest.raises(Refused, match=r"has passed\. Refuse the proposal") as refusal:
        publication.answer(proposal=proposal, approve=True, actor=administrator, now=in_time)
    assert refusal.value.code == "DAY_PASSED"
    proposal.refresh_from_db()
    assert proposal.answer == "pending"
    publication.answer(proposal=proposal, approve=False, reason="Too late.", actor=administrator, now=in_time)


def test_the_first_version_may_have_been_in_force_elsewhere_and_says_so(publish, officer):
    version = draft(on=far(-900))
    assert "Taken over: this text was in force elsewhere" in in_words(version, Weight.FIRST)
    publish(version=version)
    assert version.is_taken_over
    assert clock.day(version.published_at) == far(0)
    assert "Imported" not in in_words(draft(LONGER, on=far(40)), Weight.MATERIAL)


def test_a_first_version_whose_day_passed_while_it_waited_was_not_in_force_elsewhere(officer, administrator):
    proposal = publication.propose(version=draft(on=far(1)), actor=officer)
    later = clock.now() + timedelta(days=3)
    answered = {"proposal": proposal, "approve": True, "actor": administrator, "now": later}
    assert code_of(lambda: publication.answer(**answered)) == "DAY_PASSED"


def test_neither_the_import_nor_the_form_takes_a_day_that_has_passed(publish, officer):
    publish(days=-400)
    assert code_of(lambda: draft(CHANGED, on=far(-1))) == "DAY_PASSED"
    version = draft(CHANGED, on=far(30))
    asked = {"version": version, "seen": "", "what_changed": "x", "purposes": [], "actor": officer}
    assert code_of(lambda: draft_edits.change_details(effective_on=far(-1), **asked)) == "DAY_PASSED"
    client = staff_client(StaffFactory(roles=["data_protection_officer"]))
    page = reverse("admin:consent_noticeversion_details", args=[version.pk])
    answer = client.post(page, {"seen": "0", "effective_on": far(-1).isoformat(), "what_changed": "x"})
    assert answer.status_code == 422
    assert "Choose today or a later day" in str(answer.context["form"].errors["effective_on"])
    version.refresh_from_db()
    assert version.effective_on == far(30)


def test_a_draft_is_compared_with_what_is_in_force_until_its_day_not_with_an_announced_one(publish):
    publish(LONGER)
    announced = publish(LONGER.replace("for a year", "for two years"), days=30)
    tomorrow = draft(CHANGED, on=far(1))
    assert before(tomorrow).number == 1
    assert publication.shown(tomorrow, Weight.EDITORIAL)["compared_with"]["version"] == 1
    found = {(defect.code, defect.clause): defect.message for defect in open_defects(tomorrow)}
    assert set(found) == {("DROPPED_CLAUSE", "5"), ("UNDONE_LATER", "whole text")}
    assert f"Version 2 is announced for {far(30).isoformat()}" in found["UNDONE_LATER", "whole text"]
    assert before(draft(CHANGED, on=far(31))) == announced
    assert before(announced).number == 1


def let_stand(version, officer, administrator):
    for defect in open_defects(version):
        override = publication.propose_override(defect=defect, why="It is meant so.", actor=officer)
        publication.answer_override(override=override, approve=True, actor=administrator)


def test_an_announced_change_is_not_brought_forward_as_editorial(publish, officer, administrator):
    publish()
    publish(CHANGED, days=30)
    version = draft(CHANGED.replace("the shop", "our shop"), on=far(1))
    with pytest.raises(Refused, match="UNDONE_LATER"):
        publication.propose(version=version, weight=Weight.EDITORIAL, actor=officer)
    let_stand(version, officer, administrator)
    for weight, code in ((Weight.EDITORIAL, "CHANGE_ANNOUNCED"), (Weight.MATERIAL, "TOO_SOON")):
        asked = {"version": version, "weight": weight, "actor": officer}
        assert code_of(lambda asked=asked: publication.propose(**asked)) == code
    details = {"effective_on": far(30), "what_changed": "x", "purposes": [], "actor": officer}
    draft_edits.change_details(version=version, seen=draft_edits.details_digest(version), **details)
    version.refresh_from_db()
    assert open_defects(version) == []
    assert publish(version=version, weight=Weight.EDITORIAL).state == VersionState.PUBLISHED
    assert in_force("privacy-policy", on=far(30)) == version
    assert coming("privacy-policy", on=far(0)) == version  # and not the one that it replaces before it ever held
    assert (
        "Version 3 is announced" in {d.code: d.message for d in open_defects(draft(CLEAN, on=far(2)))}["UNDONE_LATER"]
    )


def test_a_material_version_before_an_announced_one_needs_two_people_who_know_it_is_undone(
    publish, officer, administrator
):
    publish()
    publish(CHANGED, days=90)
    version = draft(CLEAN.replace("the shop", "our shop"), on=far(40))
    assert code_of(lambda: publication.propose(version=version, actor=officer)) == "DEFECTS_OPEN"
    let_stand(version, officer, administrator)
    assert publish(version=version).state == VersionState.PUBLISHED


def test_a_version_announced_while_a_proposal_waits_stands_in_its_way(publish, officer, administrator):
    publish()
    soon = draft(CLEAN.replace("the shop", "our shop"), on=far(2))
    proposal = publication.propose(version=soon, weight=Weight.EDITORIAL, actor=officer)
    publish(CHANGED, days=30)
    answered = {"proposal": proposal, "approve": True, "actor": administrator}
    assert code_of(lambda: publication.answer(**answered)) == "DEFECTS_OPEN"


def test_a_draft_never_holds_beside_a_later_number_of_the_same_day(publish, officer, administrator):
    publish()
    older = draft(CLEAN.replace("the shop", "our shop"), on=far(30))
    publish(CHANGED, days=30)
    let_stand(older, officer, administrator)
    assert code_of(lambda: publication.propose(version=older, actor=officer)) == "NEVER_HOLDS"


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tries=st.lists(
        st.tuples(st.integers(-3, 40), st.sampled_from([Weight.EDITORIAL, Weight.MATERIAL]), st.booleans()),
        max_size=6,
    )
)
def test_publishing_never_changes_which_text_was_in_force_on_a_day_before(officer, administrator, tries):
    """Whatever is tried, day after day: a day's text, once the day has begun, stays; so does the archive's word of it."""
    NoticeVersion.objects.update(state=VersionState.DROPPED)
    # Tomorrow: whoever publishes has had their role since this moment, which may be after today's noon.
    now = datetime.combine(far(1), time(12), tzinfo=clock.IST)
    held = {}
    for passed, (days, weight, is_let_stand) in enumerate(tries):
        at = now + timedelta(days=passed * 7)
        today = clock.day(at)
        try:
            version = policy_import.import_text(
                notice=policy_import.notice(code="privacy-policy", kind="privacy_policy", title="Policy"),
                text=CLEAN.replace("the shop", f"the shop {passed}"),
                effective_on=today + timedelta(days=days if held else max(days, 0)),
                what_changed="x",
                summaries=SUMMARIES,
                actor=actor.SYSTEM,
                now=at,
            ).version
            if is_let_stand:
                let_stand(version, officer, administrator)
            proposal = publication.propose(version=version, weight=weight, actor=officer, now=at)
            publication.answer(proposal=proposal, approve=True, actor=administrator, now=at)
        except Refused:
            pass
        for day, number in held.items():
            assert in_force("privacy-policy", on=day).number == number
            assert [row.version.number for row in periods("privacy-policy") if row.holds_on(day)] == [number]
        for day in (today - timedelta(days=passed) for passed in range(1, 8)):
            try:
                held.setdefault(day, in_force("privacy-policy", on=day).number)
            except NotFound:
                continue
