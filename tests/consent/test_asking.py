"""Notice and questions: put once, may be left open, and each answer keeps what was asked."""

from datetime import timedelta

import pytest

from consent.models import ConsentEvent, ConsentEvidence, Meeting, ShownText
from consent.selectors import asking as selectors
from consent.services import asking, stop_all_promotional, visiting
from consent.services.asking import Answered
from portal.audit.models import AuditEvent
from portal.core import actor, clock
from portal.core.errors import Refused
from portal.law.services import purposes
from portal.ledger.services import payload_of
from portal.people.models import SubjectAlias
from portal.people.services import principals
from tests.consent.factories import ASKED, PROCESSING, person, published_notice, said

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
DAY = timedelta(days=1)


@pytest.fixture
def notice(law):
    return published_notice()


@pytest.fixture
def asha(notice):
    return person()


def open_ones(who, **kwargs):
    return {q.purpose.code: q for q in asking.questions(who.subject.ref, at=clock.now(), **kwargs)}


def answer(who, notice, **answers):
    return asking.answer(
        subject_ref=who.subject.ref, answers=answers, shown=dict.fromkeys(answers, notice.binding.sha256),
        actor=actor.SYSTEM,
    )  # fmt: skip


def meet(who):
    return asking.meet(subject_ref=who.subject.ref, language="en", actor=actor.SYSTEM, now=clock.now())


def test_a_new_person_is_asked_for_each_purpose_with_its_text_its_data_and_reachable_channels(asha, notice):
    asked = open_ones(asha)
    assert set(asked) == set(ASKED)
    assert asked["marketing"].notice == notice.binding
    assert "email" in asked["marketing"].channels
    assert asked["analytics"].channels == ()
    assert "Your e-mail address and telephone number" in asked["marketing"].data


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
    later = asking.questions(asha.subject.ref, at=clock.now() + 60 * DAY)
    assert "analytics" in {q.purpose.code for q in later}


def test_california_is_left_in_peace_for_longer(asha):
    at = clock.now()
    india = selectors.may_be_asked_from(at, subject_ref=asha.subject.ref)
    assert 90 * DAY < india - at < 92 * DAY
    principals.note_regime(principal=asha, regime="US-CA", ground="declared", actor=actor.SYSTEM, now=at)
    assert selectors.may_be_asked_from(at, subject_ref=asha.subject.ref) - at > 360 * DAY


def test_who_stopped_everything_is_not_asked_for_promotion(asha):
    stop_all_promotional(subject_ref=asha.subject.ref, actor=actor.SYSTEM)
    assert "marketing" not in open_ones(asha)


def test_what_a_visitor_chose_is_theirs_once_they_sign_in(asha, notice):
    visitor = visiting.new_visitor(now=clock.now())
    asked = asking.questions(visitor, at=clock.now(), messages=False)
    assert {q.purpose.code for q in asked} == set(PROCESSING)
    asking.answer(
        subject_ref=visitor, answers={"analytics": Answered(is_yes=False)},
        shown={"analytics": notice.binding.sha256}, actor=actor.SYSTEM,
    )  # fmt: skip
    assert visiting.visitor_of(str(visitor)) == visitor
    assert visiting.join(visitor=visitor, subject_ref=asha.subject.ref, actor=actor.SYSTEM, now=clock.now())
    assert not visiting.join(visitor=visitor, subject_ref=asha.subject.ref, actor=actor.SYSTEM, now=clock.now())
    assert "analytics" not in open_ones(asha)
    assert SubjectAlias.objects.get().old_ref == visitor
    assert ConsentEvent.objects.get().subject_ref == visitor


@pytest.mark.parametrize("kept", [None, "", "no reference", "00000000-0000-0000-0000-000000000000"])
def test_what_is_no_visitor_is_none(law, kept):
    assert visiting.visitor_of(kept) is None
