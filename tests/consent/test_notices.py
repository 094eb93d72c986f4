"""A yes holds for the text it was said to: a material version of that text asks again, in every form of the gate."""

import io
from datetime import datetime, time, timedelta

import pytest
from django.db.models import F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent.base.choices import Way, Weight
from consent.base.selectors import contact_rulebook
from consent.base.selectors.notices import old_texts
from consent.collection.services import client_consents, consent_expiry
from consent.decisions.selectors import point_in_time
from consent.decisions.services import list_scrub
from consent.decisions.services.bulk_decisions import Question, decide_all
from consent.decisions.services.contact_decisions import may_contact, may_process
from consent.models import ConsentEvent, ConsentState, Meeting, NoticeVersion
from consent.preferences.services import preference_options, preference_updates
from consent.prompts.services import consent_prompts
from consent.records.selectors import history
from consent.records.services.projection import rebuild as rebuild_consent_state
from consent.suppressions.services.undos import undo_stop
from consent.suppressions.services.withdrawals import stop_all_promotional
from portal.kernel.core import actor, clock
from portal.kernel.people.services import subjects
from tests.consent.factories import ASHA_PHONE, ASKED, person, published_notice, said
from tests.consent.worlds import at_hour

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]


def day(days: int):
    return clock.day(clock.now()) + timedelta(days=days)


def version(weight: Weight, *, days: int, asks=ASKED, code="consent") -> NoticeVersion:
    made = published_notice(effective_on=day(days), asks=asks, code=code, text=f"{code} {weight} {days}")
    NoticeVersion.objects.filter(pk=made.pk).update(weight=weight)
    contact_rulebook.forget()
    return made


@pytest.fixture
def first(law):
    return version(Weight.FIRST, days=-900)


def answers(at, purpose="marketing"):
    """What each form of the gate says of Asha's number."""
    question = Question(purpose, "sms", at)
    scrub = list_scrub.Scrub(question)
    (line,) = b"".join(scrub.lines(io.BytesIO(ASHA_PHONE.encode()))).decode().split("\r\n")[1:-1]
    (many,) = decide_all(question, [ASHA_PHONE])
    one = may_contact(address=ASHA_PHONE, purpose=purpose, channel="sms", at=at)
    return {str(one.reason), str(many.reason), line.rsplit(",", 1)[1]}


def test_a_material_change_asks_again_from_its_first_day_in_every_form_of_the_gate(first):
    who = person()
    said(who, "given", notice_version=first)
    changed = version(Weight.MATERIAL, days=2)
    assert answers(at_hour(12)) == {"ALLOWED_BY_CONSENT"}
    in_force = datetime.combine(changed.effective_on, time(12), tzinfo=clock.IST)
    assert answers(in_force) == {"NOTICE_CHANGED"}
    decision = may_contact(address=ASHA_PHONE, purpose="marketing", channel="sms", at=in_force)
    assert not decision.allowed
    assert "Ask again" in decision.sentence
    then = point_in_time.of_person(who.subject.ref, in_force)
    assert [str(each.verdict.reason) for each in then] == ["NOTICE_CHANGED"]
    assert history.standing_of(ConsentEvent.objects.get(), at=in_force) == "expired"
    assert history.standing_of(ConsentEvent.objects.get(), at=at_hour(12)) == "given"


@pytest.mark.parametrize(
    ("weight", "asks", "code"),
    [
        (Weight.EDITORIAL, ASKED, "consent"),
        (Weight.MATERIAL, ["analytics"], "consent"),
        (Weight.MATERIAL, ASKED, "another"),
    ],
    ids=["editorial", "other purposes", "another notice"],
)
def test_other_words_other_purposes_and_another_notice_stop_nothing(first, weight, asks, code):
    said(person(), "given", notice_version=first)
    version(weight, days=-1, asks=asks, code=code)
    assert answers(at_hour(12)) == {"ALLOWED_BY_CONSENT"}
    assert consent_expiry.end_what_is_over(now=clock.now()).ended == 0


def test_a_yes_that_a_client_tells_of_was_said_to_a_text_of_its_own(first):
    said(
        person(), "given", notice_version=None, way=Way.API, evidence=[{"type": "web_form", "sha256": "a" * 64}]
    )  # fmt: skip
    version(Weight.MATERIAL, days=-1)
    assert answers(at_hour(12)) == {"ALLOWED_BY_CONSENT"}


def test_a_version_that_was_published_late_stopped_nothing_before(first):
    who = person()
    said(who, "given", notice_version=first, occurred_at=clock.now() - timedelta(days=9))
    changed = version(Weight.MATERIAL, days=-5)
    applies = old_texts(on=day(0))["marketing"][first.pk]
    assert applies == NoticeVersion.objects.get(pk=changed.pk).published_at


def test_of_two_drafts_the_text_that_holds_last_counts_whichever_was_begun_first(first):
    begun_first, begun_later = version(Weight.MATERIAL, days=-5), version(Weight.MATERIAL, days=-50)
    assert begun_first.number < begun_later.number
    who = person()
    said(who, "given", notice_version=begun_later, occurred_at=clock.now() - timedelta(minutes=9))
    assert answers(at_hour(12)) == {"NOTICE_CHANGED"}
    said(who, "given", notice_version=begun_first)
    assert answers(at_hour(12)) == {"ALLOWED_BY_CONSENT"}


def test_a_use_that_is_no_message_is_asked_again_too(first):
    who = person()
    said(who, "given", notice_version=first, purpose="analytics", channel="none")
    at = clock.now()
    assert may_process(subject=who.subject.ref, purpose="analytics", at=at).allowed
    version(Weight.MATERIAL, days=-1)
    assert may_process(subject=who.subject.ref, purpose="analytics", at=clock.now()).reason == "NOTICE_CHANGED"


def test_a_yes_to_an_old_text_is_recorded_as_ended_once_and_the_question_is_put_again(first):
    who = person()
    ref = who.subject.ref
    asked = {"language": "en", "actor": actor.SYSTEM, "now": clock.now()}
    assert consent_prompts.meet(subject_ref=ref, **asked) > 0
    said(who, "given", notice_version=first)
    assert "marketing" not in {q.purpose.code for q in consent_prompts.questions(ref, at=clock.now())}
    second = version(Weight.MATERIAL, days=-1)
    at = clock.now()
    open_ones = {q.purpose.code: q for q in consent_prompts.questions(ref, at=at)}
    assert open_ones["marketing"].notice.version == second
    assert consent_prompts.meet(subject_ref=ref, **{**asked, "now": at}) == len(open_ones)
    assert Meeting.objects.filter(purpose="marketing").count() == 2
    assert consent_expiry.end_what_is_over(now=at).ended == 1
    assert consent_expiry.end_what_is_over(now=at).ended == 0
    assert ConsentState.objects.get().answer == "expired"
    assert rebuild_consent_state(actor=actor.SYSTEM).mended == 0


def test_a_no_stays_a_no_whatever_becomes_of_the_text(first):
    who = person()
    said(who, "denied", notice_version=first)
    version(Weight.MATERIAL, days=-1)
    assert answers(at_hour(12)) == {"CONSENT_DENIED"}
    assert "marketing" not in {q.purpose.code for q in consent_prompts.questions(who.subject.ref, at=clock.now())}


@pytest.mark.parametrize("swept", [False, True])
def test_the_page_shows_no_tick_but_the_question_and_a_tick_there_agrees_to_the_new_text(first, swept):
    who = person()
    said(who, "given", notice_version=first)
    second = version(Weight.MATERIAL, days=-1)
    if swept:
        consent_expiry.end_what_is_over(now=clock.now())
    group = next(
        g for g in preference_options.offer(who.subject.ref, at=clock.now()).groups if g.purpose.code == "marketing"
    )
    box = next(each for each in group.boxes if each.channel == "sms")
    assert (box.ticked, box.asks_again) == (False, True)
    preference_updates.agree(
        subject_ref=who.subject.ref, wanted=frozenset([box.value]),
        shown={"marketing": second.binding.sha256}, actor=actor.SYSTEM, asked_at=clock.now(),
    )  # fmt: skip
    assert answers(at_hour(12)) == {"ALLOWED_BY_CONSENT"}
    assert ConsentState.objects.get().notice_version == second


def test_a_tick_taken_out_of_a_page_from_before_the_change_is_a_withdrawal(first):
    who = person()
    said(who, "given", notice_version=first)
    version(Weight.MATERIAL, days=-1)
    kept = preference_updates.save(
        subject_ref=who.subject.ref, ticked=frozenset(), was_ticked=frozenset({"marketing:sms"}),
        actor=actor.SYSTEM,
    )  # fmt: skip
    assert kept.receipt is not None
    assert ConsentState.objects.get().answer == "withdrawn"
    assert answers(at_hour(12)) == {"CONSENT_WITHDRAWN"}


def test_an_undone_stop_gives_a_yes_back_to_the_text_it_was_said_to(first):
    who = person()
    said(who, "given", notice_version=first)
    receipt = stop_all_promotional(subject_ref=who.subject.ref, actor=actor.SYSTEM).receipt
    undo_stop(receipt=receipt, actor=actor.SYSTEM)
    assert answers(at_hour(12)) == {"ALLOWED_BY_CONSENT"}
    version(Weight.MATERIAL, days=-1)
    assert answers(at_hour(12)) == {"NOTICE_CHANGED"}


def test_a_system_reads_a_yes_to_an_old_text_as_ended(first):
    said(person(), "given", notice_version=first)
    version(Weight.MATERIAL, days=-1)
    (found,) = client_consents.states_at(fiduciary="onesetu", kind="phone", address=ASHA_PHONE, at=clock.now())
    assert found.answer == "expired"


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    said_to=st.lists(
        st.tuples(st.integers(0, 1), st.sampled_from(["given", "renewed", "denied", "withdrawn"]), st.integers(0, 2)),
        min_size=1,
        max_size=6,
    ),
    joined=st.booleans(),
)
def test_the_text_that_the_state_names_is_that_of_the_deciding_answer_kept_and_rebuilt(first, emptied, said_to, joined):
    with emptied():
        texts = [first, version(Weight.MATERIAL, days=-700), version(Weight.EDITORIAL, days=-600)]
        people = [person(), person(email=None)]
        if joined:
            old, new = (who.subject.ref for who in people)
            subjects.join(old_ref=old, new_ref=new, actor=actor.SYSTEM, now=clock.now())
        for minutes, (who, answer, text) in enumerate(said_to):
            at = clock.now() - timedelta(minutes=90 - minutes)
            said(people[who], answer, notice_version=texts[text], occurred_at=at)
        kept = list(ConsentState.objects.values())
        assert not ConsentState.objects.exclude(event__notice_version=F("notice_version")).exists()
        ConsentState.objects.update(notice_version=None)
        assert rebuild_consent_state(actor=actor.SYSTEM).mended == len(kept)
        assert list(ConsentState.objects.values()) == kept
        state = ConsentState.objects.get()
        if state.answer in {"given", "renewed"}:
            is_old = state.notice_version == first
            assert answers(at_hour(12)) == {"NOTICE_CHANGED" if is_old else "ALLOWED_BY_CONSENT"}
