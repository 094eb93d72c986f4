"""What a person blocks: each list is a no of its own, hours are India's, and a band ends where the next begins."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.base.rules import contact
from consent.base.rules.contact import Reason, Wishes, Word
from consent.base.rules.dnd_rules import NOTHING_BLOCKED, WEEKDAYS, Blocks, from_codes
from portal.kernel.law.choices import MESSAGE_CHANNELS
from tests.consent.test_contact_rules import IST, NIGHT, NOON, PERMITTED, ask, clock_time
from tests.law.shipped import shipped_rows

BANDS = shipped_rows()["IN-TRAI-PREF-BANDS"]["values"]


def blocks(categories="", modes="", bands="", days=""):
    return from_codes(categories, modes, bands, days)


def under(found, **changes):
    return ask(wishes=Wishes(blocks=found), **changes)


@pytest.mark.parametrize(
    ("found", "subjects", "reason"),
    [
        (blocks("food"), {"food"}, Reason.DND_BLOCKED),
        (blocks("food"), {"health", "food"}, Reason.DND_BLOCKED),
        (blocks("food"), {"health"}, Reason.ALLOWED_BY_CONSENT),
        (blocks("food"), set(), Reason.DND_BLOCKED),
        (blocks(modes="sms"), {"health"}, Reason.DND_BLOCKED),
        (blocks(modes="voice rcs"), {"health"}, Reason.ALLOWED_BY_CONSENT),
        (blocks(bands="12:00-14:00"), {"health"}, Reason.DND_HOURS),
        (blocks(bands="10:00-12:00"), {"health"}, Reason.ALLOWED_BY_CONSENT),
        (blocks(days="wed"), {"health"}, Reason.DND_HOURS),
        (blocks(days="sun holiday"), {"health"}, Reason.ALLOWED_BY_CONSENT),
        (NOTHING_BLOCKED, set(), Reason.ALLOWED_BY_CONSENT),
    ],
)
def test_any_of_the_lists_stops_promotion_and_an_unknown_subject_is_taken_for_a_blocked_one(found, subjects, reason):
    assert NOON.weekday() == 2
    assert under(found, subjects=subjects).reason is reason


def test_a_public_holiday_is_blocked_as_a_holiday_and_ends_at_midnight_in_india():
    day = datetime(2027, 1, 26, 12, tzinfo=IST)
    no = under(blocks(days="holiday"), at=day, is_holiday=lambda date: f"{date:%m-%d}" == "01-26")
    assert (no.reason, no.valid_until) == (Reason.DND_HOURS, clock_time(21).replace(2027, 1, 26))
    service = under(
        blocks(days="holiday"), at=day, category="service", is_holiday=lambda date: f"{date:%m-%d}" == "01-26"
    )
    assert (service.reason, service.valid_until) == (Reason.DND_HOURS, datetime(2027, 1, 27, tzinfo=IST))


@pytest.mark.parametrize(
    ("hour", "minute", "reason"),
    [(11, 59, "ALLOWED_BY_CONSENT"), (12, 0, "DND_HOURS"), (13, 59, "DND_HOURS"), (14, 0, "ALLOWED_BY_CONSENT")],
)
def test_a_band_holds_its_first_instant_and_not_its_last(hour, minute, reason):
    assert under(blocks(bands="12:00-14:00"), at=clock_time(hour, minute)).reason == reason


def test_the_last_band_of_the_day_ends_at_midnight():
    late = {"at": clock_time(23, 59), "category": "service"}
    no = under(blocks(bands="21:00-24:00"), **late)
    assert (no.reason, no.valid_until) == (Reason.DND_HOURS, clock_time(0) + timedelta(days=1))
    assert under(blocks(bands="21:00-24:00"), at=clock_time(0), category="service").allowed


def test_news_that_needs_a_yes_is_blocked_too_and_what_needs_none_or_is_owed_never():
    everything = blocks("food", "sms voice", " ".join(BANDS), " ".join(WEEKDAYS))
    assert under(everything, category="service").reason is Reason.DND_BLOCKED
    assert under(everything, category="service", needs_consent=False).allowed
    for category in ("transactional", "policy_and_security"):
        assert under(everything, category=category).reason is Reason.ALLOWED_ESSENTIAL


@pytest.mark.parametrize("channel", [str(channel) for channel in MESSAGE_CHANNELS])
def test_only_channels_that_reach_a_number_are_blocked(channel):
    found = blocks("food", bands=" ".join(BANDS), days=" ".join(WEEKDAYS))
    is_number = channel in {"sms", "voice", "whatsapp", "rcs"}
    assert under(found, channel=channel).reason == ("DND_BLOCKED" if is_number else "ALLOWED_BY_CONSENT")


def test_a_no_of_the_person_is_named_first_and_the_law_s_hours_before_their_own():
    found = Wishes(blocks=blocks("food", bands="21:00-24:00"), paused_until=NOON + timedelta(days=2))
    assert ask(word=Word("denied", verified=True, expires_at=None), wishes=found).reason is Reason.CONSENT_DENIED
    assert ask(wishes=found).reason is Reason.DND_BLOCKED
    timed = Wishes(quiet=NIGHT, blocks=blocks(bands="21:00-24:00 12:00-14:00"))
    assert ask(wishes=timed, at=clock_time(22)).reason is Reason.OUTSIDE_HOURS
    assert ask(wishes=timed).reason is Reason.DND_HOURS


def test_the_bands_of_the_rule_are_one_day_without_a_gap():
    assert BANDS[0].startswith("00:00-")
    assert BANDS[-1].endswith("-24:00")
    assert [band[6:] for band in BANDS[:-1]] == [band[:5] for band in BANDS[1:]]


@given(
    bands=st.sets(st.sampled_from(BANDS)),
    days=st.sets(st.sampled_from([*WEEKDAYS, "holiday"])),
    minutes=st.integers(0, 14 * 24 * 60),
    zone=st.sampled_from(["Asia/Kolkata", "UTC", "America/Los_Angeles"]),
)
def test_between_two_edges_nothing_changes_and_a_minute_by_minute_reading_agrees(bands, days, minutes, zone):
    found = Blocks(bands=frozenset(bands), days=frozenset(days))
    at = (datetime(2027, 1, 20, tzinfo=IST) + timedelta(minutes=minutes)).astimezone(ZoneInfo(zone))

    def is_holiday(date):
        return (date.month, date.day) == (1, 26)

    def plainly(instant):
        local = instant.astimezone(IST)
        day = local.strftime("%a").lower() in days or ("holiday" in days and is_holiday(local))
        return day or any(int(band[:2]) <= local.hour < int(band[6:8]) for band in bands)

    assert found.hold(at, is_holiday) == plainly(at)
    if found != NOTHING_BLOCKED:
        edge = found.next_edge(at)
        assert at < edge <= at + timedelta(days=1)
        steps = int((edge - at).total_seconds() // 3600)
        assert {plainly(at + timedelta(hours=step)) for step in range(steps)} <= {plainly(at)}


def test_what_time_changes_is_told_with_the_time():
    allowed = under(blocks(bands="14:00-16:00"))
    assert (allowed.allowed, allowed.valid_until) == (True, clock_time(14))
    assert under(blocks("food")).valid_until is None
    assert contact.asks_wishes("promotional", ask(window=PERMITTED, at=clock_time(22)))
