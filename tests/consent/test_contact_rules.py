"""May this message go? The decision from plain values."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.base.rules import contact
from consent.base.rules.contact import NO_WISHES, Reason, Verdict, Wishes, Word
from consent.base.rules.hours import Hours
from portal.kernel.law.category_order import STRICTEST_FIRST, strictest
from portal.kernel.law.choices import MESSAGE_CHANNELS

IST = ZoneInfo("Asia/Kolkata")
PERMITTED = Hours(time(10), time(21), IST)
NIGHT = Hours(time(21), time(10), IST)
NOON = datetime(2026, 11, 25, 12, 0, tzinfo=IST)
YES = Word("given", verified=True, expires_at=None)


def ask(**changes):
    usual = {
        "category": "promotional",
        "channel": "sms",
        "needs_consent": True,
        "word": YES,
        "wishes": NO_WISHES,
        "window": PERMITTED,
        "at": NOON,
    }
    return contact.may_contact(**{**usual, **changes})


def clock_time(hour, minute=0):
    return NOON.replace(hour=hour, minute=minute)


def test_a_confirmed_yes_within_the_hours_allows_until_they_close():
    verdict = ask()
    assert verdict.allowed
    assert verdict.reason is Reason.ALLOWED_BY_CONSENT
    assert verdict.valid_until == clock_time(21)


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        (None, Reason.NO_CONSENT),
        (Word("unanswered", verified=True, expires_at=None), Reason.NO_CONSENT),
        (Word("denied", verified=True, expires_at=None), Reason.CONSENT_DENIED),
        (Word("withdrawn", verified=True, expires_at=None), Reason.CONSENT_WITHDRAWN),
        (Word("expired", verified=True, expires_at=None), Reason.CONSENT_EXPIRED),
        (Word("given", verified=True, expires_at=NOON), Reason.CONSENT_EXPIRED),
        (Word("given", verified=False, expires_at=None), Reason.ADDRESS_UNVERIFIED),
        (Word("a word that nobody knows", verified=True, expires_at=None), Reason.CONSENT_EXPIRED),
    ],
)
def test_anything_but_a_confirmed_living_yes_stops_promotion(word, reason):
    verdict = ask(word=word)
    assert not verdict.allowed
    assert verdict.reason is reason


@pytest.mark.parametrize("category", ["transactional", "policy_and_security"])
def test_what_is_owed_goes_out_at_night_during_a_pause_and_after_a_withdrawal(category):
    no = Word("withdrawn", verified=True, expires_at=None)
    verdict = ask(
        category=category,
        word=no,
        wishes=Wishes(quiet=NIGHT, quiet_for_service=True, paused_until=NOON + timedelta(days=9)),
        at=clock_time(23),
    )
    assert verdict.allowed
    assert verdict.reason is Reason.ALLOWED_ESSENTIAL


@pytest.mark.parametrize(
    ("hour", "minute", "allowed", "edge"),
    [(9, 59, False, (10, 0)), (10, 0, True, (21, 0)), (20, 59, True, (21, 0)), (21, 0, False, None)],
)
def test_promotion_keeps_to_the_permitted_hours_to_the_minute(hour, minute, allowed, edge):
    verdict = ask(at=clock_time(hour, minute))
    assert verdict.allowed is allowed
    assert verdict.valid_until == (clock_time(*edge) if edge else clock_time(10) + timedelta(days=1))


def test_the_hours_are_those_of_india_wherever_the_server_stands():
    assert not ask(at=clock_time(22).astimezone(ZoneInfo("America/New_York"))).allowed
    assert ask(at=clock_time(12).astimezone(ZoneInfo("UTC"))).allowed


def test_a_person_narrows_the_hours_and_cannot_widen_them():
    lunch = Wishes(quiet=Hours(time(12), time(14), IST))
    assert ask(wishes=lunch).reason is Reason.QUIET_HOURS
    assert ask(wishes=lunch).valid_until == clock_time(14)
    assert ask(wishes=lunch, at=clock_time(15)).allowed
    never_quiet = Wishes(quiet=Hours(time(3), time(3, 1), IST))
    assert ask(wishes=never_quiet, at=clock_time(22)).reason is Reason.OUTSIDE_HOURS


def test_quiet_hours_hold_for_service_updates_only_where_the_person_says_so():
    late = {"category": "service", "at": clock_time(23)}
    assert ask(**late, wishes=Wishes(quiet=NIGHT)).allowed
    assert ask(**late, wishes=Wishes(quiet=NIGHT, quiet_for_service=True)).reason is Reason.QUIET_HOURS


def test_a_pause_ends_by_itself():
    wishes = Wishes(paused_until=NOON + timedelta(hours=1))
    assert ask(wishes=wishes).reason is Reason.PAUSED
    assert ask(wishes=wishes).valid_until == wishes.paused_until
    assert ask(wishes=wishes, at=NOON + timedelta(hours=1)).allowed


def test_a_notice_in_the_dashboard_waits_for_no_hour():
    assert ask(channel="dashboard", at=clock_time(23)).allowed


def test_without_a_rule_about_hours_nothing_promotional_leaves():
    assert ask(window=None).reason is Reason.RULES_MISSING


def test_a_purpose_on_another_ground_is_stopped_by_a_no_and_not_by_silence():
    other = {"category": "service", "needs_consent": False}
    assert ask(**other, word=None).reason is Reason.ALLOWED_NO_OBJECTION
    assert ask(**other, word=Word("withdrawn", verified=False, expires_at=None)).reason is Reason.CONSENT_WITHDRAWN


def test_promotion_rests_on_consent_whatever_the_purpose_claims():
    assert ask(needs_consent=False, word=None).reason is Reason.NO_CONSENT


def test_the_answer_is_no_longer_valid_than_the_consent():
    ends = NOON + timedelta(hours=2)
    assert ask(word=Word("given", verified=True, expires_at=ends)).valid_until == ends


@pytest.mark.parametrize("sent", [2, 3])
def test_more_than_the_wished_pace_is_too_often(sent):
    wishes = Wishes(pace_most=2, pace_days=7)
    assert contact.paced(ask(), wishes=wishes, sent=sent).reason is Reason.TOO_OFTEN
    assert contact.paced(ask(), wishes=wishes, sent=1).allowed


def test_the_silent_channels_are_channels_of_messages():
    assert set(contact.SILENT_CHANNELS) < {str(channel) for channel in MESSAGE_CHANNELS}


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        (["transactional", "promotional"], "promotional"),
        (["transactional", "service"], "service"),
        (["policy_and_security", "transactional"], "transactional"),
        (["transactional", "no such category"], "promotional"),
    ],
)
def test_the_strictest_category_wins_and_an_unknown_one_is_promotional(named, expected):
    assert strictest(named) == expected


P, S, T, POLICY = "promotional", "service", "transactional", "policy_and_security"


HEADER, TEMPLATE = Reason.HEADER_CATEGORY, Reason.TEMPLATE_CATEGORY


@pytest.mark.parametrize(
    ("purpose", "templates", "carries", "category", "refusal"),
    [
        (T, {T}, {S, T}, T, None),
        (T, None, {S, T}, T, None),
        (T, {T}, None, T, None),
        (P, None, {P, S}, P, None),
        (P, {P}, {P}, P, None),
        (POLICY, {T}, {T}, POLICY, None),
        (POLICY, {S}, None, POLICY, None),
        # Something stricter than the purpose is named: that counts.
        (T, {P}, None, P, None),
        (T, {P}, {P, S, T}, P, None),
        (T, {S}, {S, T}, S, None),
        (T, None, {P}, P, None),
        (T, None, {P, S}, P, None),
        (S, None, {P}, P, None),
        (T, {T, P}, None, P, None),
        (POLICY, {P}, {P}, P, None),
        (POLICY, None, {P}, P, None),
        # Header or template is not registered for what the message is.
        (P, None, {T}, P, HEADER),
        (P, None, {S, T}, P, HEADER),
        (P, {T}, {S, T}, P, TEMPLATE),
        (P, {S}, None, P, TEMPLATE),
        (P, {P}, {S, T}, P, HEADER),
        (P, {P, T}, {P}, P, TEMPLATE),
        (S, None, {T}, S, HEADER),
        (S, {T}, {S, T}, S, TEMPLATE),
        (T, {P}, {S, T}, T, HEADER),
        (T, {T}, {P}, T, HEADER),
        (POLICY, {S}, {T}, POLICY, HEADER),
        (POLICY, {P}, {T}, POLICY, HEADER),
        ("whatever", None, {S, T}, "whatever", HEADER),
    ],
)
def test_purpose_template_and_header_go_together_or_are_refused(purpose, templates, carries, category, refusal):
    assert contact.agreed_category(purpose, templates=frozen(templates), carries=frozen(carries)) == (category, refusal)


def frozen(categories):
    return None if categories is None else frozenset(categories)


categories_or_none = st.none() | st.frozensets(st.sampled_from([P, S, T]), min_size=1)


@given(st.sampled_from([P, S, T, POLICY]), categories_or_none, categories_or_none)
def test_no_header_and_no_template_makes_a_purpose_milder_or_carries_what_it_is_not_registered_for(
    purpose, templates, carries
):
    category, refusal = contact.agreed_category(purpose, templates=templates, carries=carries)
    if refusal:
        return
    order = STRICTEST_FIRST.index
    assert order(category) <= order(purpose)
    registered_as = {S, T} if category == POLICY else {category}
    assert carries is None or registered_as & carries
    if templates is not None:
        assert all(order(each) <= order(purpose) for each in templates)
        assert carries is None or templates <= carries
        assert order(category) <= min(order(each) for each in templates) or category == POLICY


words = st.one_of(
    st.none(),
    st.builds(Word, st.sampled_from(["given", "denied", "withdrawn", "expired", "renewed"]), st.booleans(), st.none()),
)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(IST))
times = st.times().map(lambda t: t.replace(second=0, microsecond=0))
wishes_of_anybody = st.builds(
    Wishes,
    st.one_of(st.none(), st.builds(Hours, times, times, st.just(IST))),
    st.booleans(),
    st.one_of(st.none(), moments),
)


@given(words, moments, wishes_of_anybody)
def test_a_wish_never_turns_a_no_into_a_yes(word, at, wishes):
    if ask(word=word, at=at, wishes=wishes).allowed:
        assert ask(word=word, at=at).allowed


@given(moments, wishes_of_anybody)
def test_an_answer_holds_until_the_instant_it_names(at, wishes):
    verdict = ask(at=at, wishes=wishes)
    assert verdict.valid_until is None or verdict.valid_until > at
    if verdict.valid_until is not None:
        later = at + (verdict.valid_until - at) / 2
        assert ask(at=later, wishes=wishes).allowed is verdict.allowed


def test_a_stricter_category_never_allows_what_a_milder_one_forbids():
    no = Word("withdrawn", verified=True, expires_at=None)
    for word, hour in product((None, YES, no), (3, 12, 22)):
        answers = [ask(category=category, word=word, at=clock_time(hour)).allowed for category in STRICTEST_FIRST]
        assert answers == sorted(answers)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"said_on": date(2026, 1, 1), "meaning_since": date(2026, 6, 1)}, Reason.PURPOSE_CHANGED),
        ({"said_on": None, "meaning_since": date.min, "is_text_old": True}, Reason.NOTICE_CHANGED),
        ({"said_on": None, "meaning_since": date.min}, Reason.OUTSIDE_HOURS),
    ],
)
def test_what_no_morning_mends_is_named_before_the_hour(changes, reason):
    late = Verdict(allowed=False, reason=Reason.OUTSIDE_HOURS, valid_until=datetime(2027, 1, 2, 4, 30, tzinfo=UTC))
    verdict = contact.as_meant(late, **changes)
    assert verdict.reason is reason
    assert (verdict.valid_until is None) is (reason is not Reason.OUTSIDE_HOURS)


@pytest.mark.parametrize("first", [0, 1])
def test_of_noes_that_last_as_long_the_same_is_named_whoever_is_looked_at_first(first):
    noes = [Verdict(allowed=False, reason=Reason.TOO_OFTEN), Verdict(allowed=False, reason=Reason.CHILD)]
    assert contact.of_several([noes[first], noes[1 - first]]).reason is Reason.CHILD


@pytest.mark.parametrize("reason", Reason)
def test_what_tells_of_a_refusal_is_a_refusal_or_the_lack_of_consent(reason):
    told = {"CONSENT_DENIED", "CONSENT_UNPROVED", "CONSENT_WITHDRAWN", "SUPPRESSED", "NO_CONSENT"}
    assert contact.is_of_a_no(reason) is (str(reason) in told)
