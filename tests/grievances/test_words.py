"""A sentence for every situation, for the person and for staff, in every language without an unfilled blank."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from grievances.base import labels
from grievances.base.rules import PersonAction, Situation, StaffAction, Standing, Turn

DUE = datetime(2026, 12, 9, 18, 29, 59, tzinfo=UTC)

NEVER_WITHOUT_A_DATE = {
    Situation.DUE_TODAY,
    Situation.LATE,
    Situation.WITH_YOU_LATE,
    Situation.WITH_YOU_PARTLY,
    Situation.WITH_YOU_PAUSED,
}


def standing(situation: Situation, *, due_at: datetime | None = DUE, left: int | None = 9) -> Standing:
    return Standing(situation, Turn.US, PersonAction.ADD, StaffAction.ANSWER, due_at, left)


@pytest.mark.parametrize("language", ["en", "hi", "mr"])
@pytest.mark.parametrize("situation", list(Situation))
def test_every_situation_has_a_whole_sentence_on_both_sides(situation: Situation, language: str) -> None:
    with translation.override(language):
        dateless = [] if situation in NEVER_WITHOUT_A_DATE else [(None, None)]
        for due_at, left in ((DUE, 9), *dateless):
            stands = standing(situation, due_at=due_at, left=left)
            said = labels.for_person(stands, officer="Meera Rao", other="OS-GR-7K4M-9QX2")
            for sentence in (said, labels.for_staff(stands)):
                assert sentence.rstrip().endswith((".", "।"))
                assert "%(" not in sentence
                assert " ." not in sentence
                assert "()" not in sentence


def test_the_due_date_stands_in_words_in_indian_time() -> None:
    sentence = labels.for_person(standing(Situation.WITH_US), officer="Meera Rao")
    assert (
        sentence == "We are checking your grievance. Meera Rao will reply by Wednesday 9 December 2026 (9 days left)."
    )


def test_person_and_staff_read_the_same_date() -> None:
    for situation in (Situation.RECEIVED, Situation.WITH_US, Situation.LATE, Situation.WITH_YOU):
        stands = standing(situation)
        assert labels.day(DUE) in labels.for_person(stands, officer="X")
        assert labels.day(DUE) in labels.for_staff(stands)


def test_days_are_counted_by_the_calendar_of_the_zone_not_by_hours() -> None:
    late_evening = datetime(2026, 12, 8, 18, 0, tzinfo=UTC)  # 23:30 IST on the 8th
    assert labels.days_between(late_evening, DUE) == 1
    assert labels.days_between(late_evening + timedelta(hours=1), DUE) == 0
    assert labels.days_between(late_evening + timedelta(days=2), DUE) == -1


def test_one_day_and_many_days_are_worded_apart() -> None:
    assert [labels.left(n) for n in (2, 1, 0, -1, -3)] == [
        "2 days left",
        "1 day left",
        "0 days left",
        "1 day late",
        "3 days late",
    ]
