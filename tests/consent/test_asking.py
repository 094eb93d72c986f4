"""Notice and questions: put once, may be left open, and each answer keeps what was asked."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent.base.selectors import contact_rulebook
from consent.decisions.services.contact_decisions import may_process
from consent.models import ConsentEvent, ConsentEvidence, HeldConsent, Meeting, NoticeVersion, ShownText
from consent.prompts import selectors
from consent.prompts.services import consent_prompts, visitor_choices
from consent.prompts.services.consent_prompts import Answered
from consent.suppressions.services.undos import undo_stop
from consent.suppressions.services.withdrawals import stop_all_promotional
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import Refused
from portal.kernel.law.services import purposes
from portal.kernel.ledger.services import payload_of
from portal.kernel.outbox.models import Message
from portal.kernel.people.models import SubjectAlias
from portal.kernel.people.selectors import refs_of
from portal.kernel.people.services import people, subjects
from tests.consent.factories import ASKED, person, published_notice, said
from tests.consent.test_who_may_not import protect
from tests.people.factories import FiduciaryFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
DAY = timedelta(days=1)


@pytest.fixture
def notice(law):
    return published_notice()


@pytest.fixture
def asha(notice):
    return person()


def open_ones(who, **kwargs):
    return {q.purpose.code: q for q in consent_prompts.questions(who.subject.ref, at=clock.now(), **kwargs)}


def answer(who, notice, **answers):
    return consent_prompts.answer(
        subject_ref=who.subject.ref, answers=answers, shown=dict.fromkeys(answers, notice.binding.sha256),
        actor=actor.SYSTEM,
    )  # fmt: skip


def meet(who):
    return consent_prompts.meet(subject_ref=who.subject.ref, language="en", actor=actor.SYSTEM, now=clock.now())


def test_a_new_person_is_asked_for_each_purpose_with_its_text_its_data_and_reachable_channels(asha, notice):
    asked = open_ones(asha)
    assert set(asked) == set(ASKED)
    assert asked["marketing"].notice == notice.binding
    assert "email" in asked["marketing"].channels
    assert asked["analytics"].channels == ()
    assert "Your email address and phone number" in asked["marketing"].data


def test_who_has_no_number_is_not_offered_what_needs_one(notice):
    assert "sms" not in open_ones(person(phone=None))["marketing"].channels


def test_a_purpose_whose_notice_is_not_published_is_not_asked_for(law):
    published_notice(asks=["analytics"])
    assert set(open_ones(person())) == {"analytics"}


def test_a_yes_counts_on_the_chosen_channels_only_and_keeps_the_question_and_the_text(asha, notice):
    done = answer(asha, notice, marketing=Answered(is_yes=True, channels=frozenset({"sms"})))
    (event,) = done.events
    assert (event.purpose, event.channel, event.answer, event.way) == ("marketing", "sms", "given", "page")
    assert event.notice_sha256 == notice.binding.sha256
    kept = ConsentEvidence.objects.get(event=event)
    assert kept.kind == "question"
    assert "Offers and news" in ShownText.objects.get(sha256=kept.sha256).text
    assert payload_of(event.entry)["evidence"] == [{"type": "question", "sha256": kept.sha256}]


def test_a_no_counts_on_every_channel_and_an_open_question_leaves_nothing(asha, notice):
    done = answer(asha, notice, marketing=Answered(is_yes=False), analytics=Answered(is_yes=True))
    said_there = {(e.purpose, e.channel, e.answer) for e in done.events}
    assert ("marketing", "whatsapp", "denied") in said_there
    assert ("analytics", "none", "given") in said_there
    assert set(open_ones(asha)) == set(ASKED) - {"marketing", "analytics"}
    assert answer(asha, notice).receipt is None


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({"marketing": Answered(is_yes=True)}, "NO_CHANNEL"),
        ({"marketing": Answered(is_yes=True, channels=frozenset({"pigeon"}))}, "NO_CHANNEL"),
        ({"billing": Answered(is_yes=True)}, "NOT_OPEN"),
    ],
)
def test_what_cannot_be_an_answer_is_refused_and_leaves_nothing(asha, notice, answers, code):
    with pytest.raises(Refused) as refusal:
        answer(asha, notice, **answers)
    assert refusal.value.code == code
    assert not ConsentEvent.objects.exists()


def test_a_text_that_changed_meanwhile_is_not_agreed_to(asha, notice):
    published_notice(text="Other words.")
    with pytest.raises(Refused) as refusal:
        answer(asha, notice, analytics=Answered(is_yes=True))
    assert refusal.value.code == "NOTICE_CHANGED"


def test_the_questions_are_put_once_with_proof_and_without_any_consent(asha, notice):
    assert meet(asha) == len(ASKED)
    assert meet(asha) == 0
    assert not ConsentEvent.objects.exists()
    row = Meeting.objects.get(purpose="marketing")
    assert (row.notice_version, row.text_sha256) == (notice, notice.binding.sha256)
    assert AuditEvent.objects.filter(kind="consent.questions.put").count() == 1


def test_a_new_meaning_is_a_new_question_but_only_after_its_own_notice(asha, notice):
    meet(asha)
    said(asha, "given", channel="none", purpose="analytics", occurred_at=clock.now() - 40 * DAY)
    today = clock.day(clock.now())
    purposes.adopt(
        code="analytics", fields={"descriptions": {"en": "Counting visits and following them."}}, effective_from=today,
        made_by_ref="user:1", checked_by_ref="user:2", shown_sha256="a" * 64,
    )  # fmt: skip
    assert "analytics" not in open_ones(asha)
    purposes.notice_published(code="analytics", at=clock.now())
    assert "analytics" in open_ones(asha)
    assert meet(asha) == 1


def test_after_a_no_nobody_asks_again_before_the_rule_allows_not_even_about_a_new_meaning(asha, notice):
    said(asha, "denied", channel="none", purpose="analytics", occurred_at=clock.now() - 40 * DAY)
    today = clock.day(clock.now())
    purposes.adopt(
        code="analytics", fields={"descriptions": {"en": "Something else."}}, effective_from=today,
        made_by_ref="user:1", checked_by_ref="user:2", shown_sha256="a" * 64,
    )  # fmt: skip
    purposes.notice_published(code="analytics", at=clock.now())
    assert "analytics" not in open_ones(asha)
    later = consent_prompts.questions(asha.subject.ref, at=clock.now() + 60 * DAY)
    assert "analytics" in {q.purpose.code for q in later}


def test_california_is_left_in_peace_for_longer(asha):
    at = clock.now()
    india = selectors.may_be_asked_from(at, subject_ref=asha.subject.ref)
    assert 90 * DAY < india - at < 92 * DAY
    people.note_regime(principal=asha, regime="US-CA", ground="declared", actor=actor.SYSTEM, now=at)
    assert selectors.may_be_asked_from(at, subject_ref=asha.subject.ref) - at > 360 * DAY


def test_who_stopped_everything_is_not_asked_for_promotion(asha):
    stop_all_promotional(subject_ref=asha.subject.ref, actor=actor.SYSTEM)
    assert "marketing" not in open_ones(asha)


def answer_as_visitor(notice, **answers):
    visitor = visitor_choices.new_visitor(now=clock.now())
    consent_prompts.answer(
        subject_ref=visitor, answers={code: Answered(is_yes=yes) for code, yes in answers.items()},
        shown=dict.fromkeys(answers, notice.binding.sha256), actor=actor.SYSTEM, known=False,
    )  # fmt: skip
    return visitor


def join(visitor, who, *, since=None):
    return visitor_choices.join(
        visitor=visitor, since=since or clock.now() - DAY, subject_ref=who.subject.ref, actor=actor.SYSTEM,
        language="en", now=clock.now(),
    )  # fmt: skip


def may_count(who) -> bool:
    return may_process(subject=who.subject.ref, purpose="analytics", at=clock.now()).allowed


def test_a_visitor_is_asked_about_the_pages_only(notice):
    visitor = visitor_choices.new_visitor(now=clock.now())
    asked = consent_prompts.questions(visitor, at=clock.now(), known=False)
    assert [q.purpose.code for q in asked] == ["analytics"]
    for code in set(ASKED) - {"analytics"}:
        for is_yes in (True, False):
            with pytest.raises(Refused) as refusal:
                answer_as_visitor(notice, **{code: is_yes})
            assert refusal.value.code == "NOT_OPEN"
    assert not ConsentEvent.objects.exists()


@pytest.mark.parametrize("is_yes", [True, False])
def test_what_a_visitor_chose_becomes_the_own_answer_of_who_never_answered(asha, notice, is_yes):
    visitor = answer_as_visitor(notice, analytics=is_yes)
    assert visitor_choices.visitor_of(str(visitor)) == visitor
    joined = join(visitor, asha)
    own = ConsentEvent.objects.get(subject_ref=asha.subject.ref)
    before = ConsentEvent.objects.get(subject_ref=visitor)
    assert joined.receipts == (own.receipt.reference,)
    assert (own.answer, own.occurred_at, own.expires_at) == (before.answer, before.occurred_at, before.expires_at)
    assert own.notice_sha256 == before.notice_sha256
    assert own.evidence.get(kind="visitor").reference == before.receipt.reference
    assert own.evidence.get(kind="question").sha256 == before.evidence.get(kind="question").sha256
    assert "analytics" not in open_ones(asha)
    assert may_count(asha) is is_yes
    assert not SubjectAlias.objects.exists()
    assert Message.objects.filter(kind="consent.confirmed", subject_ref=asha.subject.ref).exists()
    assert not join(visitor, asha)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    own=st.lists(st.sampled_from(["given", "denied", "withdrawn", "expired"]), min_size=1, max_size=3),
    visitors=st.lists(st.booleans(), min_size=1, max_size=3),
)
def test_no_word_of_a_visitor_changes_what_the_person_has_said(asha, notice, own, visitors):
    with transaction.atomic():
        for place, word in enumerate(own):
            said(asha, word, purpose="analytics", channel="none", occurred_at=clock.now() - (9 - place) * DAY)
        before = may_count(asha)
        for is_yes in visitors:
            assert not join(answer_as_visitor(notice, analytics=is_yes), asha)
        assert may_count(asha) is before
        assert ConsentEvent.objects.filter(subject_ref__in=refs_of(asha.subject.ref)).count() == len(own)
        transaction.set_rollback(True)


@pytest.mark.parametrize("kind", ["child", "guarded"])
def test_a_visitor_brings_no_yes_to_who_cannot_answer_alone(asha, notice, kind):
    visitor = answer_as_visitor(notice, analytics=True)
    protect(asha, kind=kind)
    joined = join(visitor, asha)
    assert not joined.receipts
    assert not ConsentEvent.objects.filter(subject_ref__in=refs_of(asha.subject.ref)).exists()
    assert joined.held == (() if kind == "child" else ("analytics",))
    assert [held.purpose for held in HeldConsent.objects.all()] == list(joined.held)
    assert not may_count(asha)


def test_what_another_session_of_the_browser_chose_or_an_older_text_asked_is_not_joined(asha, notice):
    visitor = answer_as_visitor(notice, analytics=True)
    assert not join(visitor, asha, since=clock.now() + DAY)
    published_notice(text="Other words.")
    assert not join(visitor, asha)


def test_a_visitor_that_was_joined_to_somebody_is_nobodys_any_more(asha, notice):
    visitor = answer_as_visitor(notice, analytics=False)
    subjects.join(old_ref=visitor, new_ref=asha.subject.ref, actor=actor.SYSTEM, now=clock.now())
    assert visitor_choices.visitor_of(visitor) is None


def test_a_late_no_withdraws_the_yes_of_another_window_and_a_late_yes_is_refused(asha, notice):
    stale = {"marketing": Answered(is_yes=False), "analytics": Answered(is_yes=False)}
    answer(asha, notice, marketing=Answered(is_yes=True, channels=frozenset({"sms", "email"})))
    done = answer(asha, notice, **stale)
    assert {(e.purpose, e.channel, e.answer) for e in done.events} == {
        ("marketing", "sms", "withdrawn"), ("marketing", "email", "withdrawn"), ("analytics", "none", "denied"),
    }  # fmt: skip
    assert answer(asha, notice, **stale).receipt is None
    with pytest.raises(Refused) as refusal:
        answer(asha, notice, analytics=Answered(is_yes=True))
    assert refusal.value.code == "NOT_OPEN"


@pytest.mark.parametrize("kept", [None, "", "no reference", "00000000-0000-0000-0000-000000000000"])
def test_what_is_no_visitor_is_none(law, kept):
    assert visitor_choices.visitor_of(kept) is None


def aadhaar_notice(text="May we?"):
    version = published_notice(asks=["aadhaar_verification"], code="aadhaar-consent", text=text)
    NoticeVersion.objects.filter(pk=version.pk).update(weight="material")
    contact_rulebook.forget()
    return version


def test_what_is_asked_where_it_is_needed_is_no_question_after_signing_in(asha):
    aadhaar_notice()
    assert set(open_ones(asha)) == set(ASKED)


def test_a_yes_from_where_it_was_needed_that_holds_no_more_is_asked_for_again_and_answered(asha):
    text = aadhaar_notice()
    said(asha, "given", purpose="aadhaar_verification", channel="none", notice_version=text)
    assert set(open_ones(asha)) == set(ASKED)
    newer = aadhaar_notice("May we, in other words?")
    assert set(open_ones(asha)) == {*ASKED, "aadhaar_verification"}
    answer(asha, newer, aadhaar_verification=Answered(is_yes=False))
    assert set(open_ones(asha)) == set(ASKED)


def test_no_client_puts_a_question_that_is_ours_alone(asha):
    FiduciaryFactory(code="acme")
    published_notice(asks=["kyc_verification"], code="kyc-consent")
    assert set(open_ones(asha)) - set(open_ones(asha, fiduciary="acme")) == {"kyc_verification"}


def test_what_was_open_before_a_stop_that_was_undone_is_asked_again(asha):
    stop = stop_all_promotional(subject_ref=asha.subject.ref, actor=actor.SYSTEM).receipt
    undo_stop(receipt=stop, actor=actor.SYSTEM)
    assert set(open_ones(asha)) == set(ASKED)
