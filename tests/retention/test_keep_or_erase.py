"""Which rule wins for a record, until when: the table, and the law that the days obey."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.retention.rules import Facts, Period, Says, Term, Verdict, Why, due_on, kept_through, verdict

OWN = Term("own", Why.PROMISE, period=Period(1, "year"))
COMPANIES = Term("IN-CO", Why.LAW, "Companies Act, s.128(5)", Period(8, "year"), "financial_year_end", False)
GST = Term("IN-GST", Why.LAW, "CGST Act, s.36", Period(72, "month"), "annual_return_due")
LOGS = Term("IN-CERT-180", Why.LAW, "CERT-In Directions", Period(180, "calendar_day"), "log_written")
CALIFORNIA = Term("CA-REC", Why.LAW, "11 CCR 7101", Period(24, "month"), "request_closed")
A_YEAR = Term("IN-DPDP-MIN1Y", Why.LAW, "DPDP Rules 2025, r.8(3)", Period(1, "year"), "processed")
ASKED = Term("EU-17", Why.WISH, "GDPR, Art 17")
PURPOSE_OVER = Term("IN-DPDP-ERASE", Why.OVER, "DPDP Act 2023, s.8(7)")
INACTIVE = Term("IN-DPDP-3Y", Why.OVER, "DPDP Rules 2025, r.8(1)", Period(3, "year"))
YEAR_OF_2026 = {"financial_year_end": date(2027, 3, 31), "annual_return_due": date(2027, 12, 31)}


def decided(facts: Facts, *terms: Term, today: date) -> Verdict:
    return verdict(facts, (OWN, *terms), today=today)


@pytest.mark.parametrize(
    ("term", "event", "last"),
    [
        pytest.param(A_YEAR, date(2028, 2, 29), date(2029, 3, 1), id="25 a log of the leap day"),
        pytest.param(LOGS, date(2026, 11, 24), date(2027, 5, 23), id="26 CERT-In"),
        pytest.param(GST, YEAR_OF_2026["annual_return_due"], date(2033, 12, 31), id="27 GST"),
        pytest.param(COMPANIES, YEAR_OF_2026["financial_year_end"], date(2035, 3, 31), id="28 Companies Act"),
        pytest.param(CALIFORNIA, date(2026, 11, 24), date(2028, 11, 24), id="30 California"),
    ],
)
def test_the_worked_examples_of_the_law_page_keep_through_their_day(term: Term, event: date, last: date) -> None:
    facts, own = Facts(event, events={term.counts_from: event}), Term("own", Why.PROMISE, period=Period(1, "month"))
    on_the_day, a_day_later = (verdict(facts, (own, term), today=last + timedelta(days=days)) for days in (0, 1))
    assert (on_the_day.winner.key, on_the_day.kept_through) == (term.key, last)
    assert on_the_day.erase_on == last + timedelta(days=1)
    assert not a_day_later.is_kept


def test_each_law_counts_from_its_own_event_and_the_longest_wins() -> None:
    facts = Facts(date(2026, 6, 1), events=YEAR_OF_2026, asked_on=date(2030, 1, 1))
    found = decided(facts, GST, COMPANIES, ASKED, today=date(2030, 1, 2))
    assert (found.winner.key, found.kept_through, found.erase_on) == ("IN-CO", date(2035, 3, 31), date(2035, 4, 1))
    assert [one.key for one in found.keeps[:2]] == ["IN-CO", "IN-GST"]
    assert [one.key for one in found.erases] == ["own", "EU-17"]


def test_a_wish_ends_what_only_we_wanted_to_keep() -> None:
    facts = Facts(date(2026, 6, 1), asked_on=date(2026, 7, 1))
    found = decided(facts, ASKED, today=date(2026, 7, 1))
    assert (found.winner.says, found.winner.key, found.erase_on) == (Says.ERASE, "EU-17", date(2026, 7, 1))
    assert decided(Facts(date(2026, 6, 1)), ASKED, today=date(2026, 7, 1)).winner.why is Why.PROMISE


def test_a_wish_of_a_customer_who_is_still_with_us_starts_the_time_of_the_law() -> None:
    found = decided(Facts(None, asked_on=date(2026, 7, 1)), ASKED, LOGS, today=date(2026, 7, 1))
    assert (found.winner.key, found.kept_through) == ("IN-CERT-180", date(2026, 12, 28))


def test_a_customer_who_is_with_us_is_kept_without_an_end() -> None:
    found = decided(Facts(None), COMPANIES, today=date(2026, 7, 1))
    assert (found.is_kept, found.kept_through, found.erase_on) == (True, None, None)


@pytest.mark.parametrize(("held", "disputed", "why"), [(True, True, Why.HOLD), (False, True, Why.DISPUTE)])
def test_a_hold_and_a_dispute_stop_every_end(held: bool, disputed: bool, why: Why) -> None:
    facts = Facts(date(2016, 1, 1), asked_on=date(2026, 7, 1), is_held=held, is_disputed=disputed)
    found = decided(facts, ASKED, A_YEAR, today=date(2026, 7, 1))
    assert (found.winner.why, found.erase_on) == (why, None)


def test_when_our_own_time_is_over_the_law_that_asks_for_the_end_is_named() -> None:
    found = decided(Facts(date(2024, 1, 1)), PURPOSE_OVER, today=date(2026, 7, 1))
    assert (found.winner.key, found.winner.on) == ("IN-DPDP-ERASE", date(2025, 1, 2))


def test_the_longest_time_of_a_law_ends_what_is_in_use_and_no_duty_to_keep() -> None:
    facts = Facts(None, events={}, began_early_on=date(2023, 7, 1))
    assert decided(facts, INACTIVE, today=date(2026, 6, 30)).winner.why is Why.IN_USE
    assert decided(facts, INACTIVE, today=date(2026, 7, 1)).winner.key == "IN-DPDP-3Y"
    kept = Facts(date(2026, 6, 1), date(2023, 7, 1))
    assert decided(kept, INACTIVE, A_YEAR, today=date(2026, 7, 1)).winner.key == "IN-DPDP-MIN1Y"


def test_of_two_that_last_equally_long_the_confirmed_one_is_named() -> None:
    doubtful = Term("A-FIRST", Why.LAW, "Some Act", COMPANIES.period, COMPANIES.counts_from, is_confirmed=False)
    sure = Term("Z-LAST", Why.LAW, "Sure Act", COMPANIES.period, COMPANIES.counts_from)
    assert decided(Facts(date(2026, 1, 1)), doubtful, sure, today=date(2026, 7, 1)).winner.key == "Z-LAST"


def test_a_class_without_a_period_of_our_own_is_an_error() -> None:
    with pytest.raises(ValueError, match="period of its own"):
        verdict(Facts(date(2026, 1, 1)), [GST], today=date(2026, 7, 1))


def test_a_deadline_on_the_leap_day_is_due_a_day_before_what_must_be_kept_ends() -> None:
    assert (due_on(date(2028, 2, 29), Period(1, "year")), kept_through(date(2028, 2, 29), Period(1, "year"))) == (
        date(2029, 2, 28),
        date(2029, 3, 1),
    )
    with pytest.raises(ValueError, match="number of hour"):
        due_on(date(2026, 1, 1), Period(48, "hour"))


days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
maybe = st.none() | days
lengths = st.builds(Period, st.integers(1, 40), st.sampled_from(["calendar_day", "month"]))
events = st.dictionaries(st.sampled_from(["log_written", "request_closed"]), days, max_size=2)
laws = st.builds(
    Term,
    st.text("abc", min_size=1, max_size=2),
    st.just(Why.LAW),
    st.just("A law"),
    lengths,
    st.sampled_from(["", "log_written"]),
)
enders = st.sampled_from([ASKED, PURPOSE_OVER]) | st.builds(
    Term, st.just("max"), st.just(Why.OVER), st.just("A law"), lengths
)
cases = st.builds(Facts, maybe, st.none(), events, maybe, st.just(False), st.just(False))
rules = st.lists(laws | enders, max_size=4)


@given(cases, rules, days)
def test_what_is_kept_today_goes_on_the_day_the_verdict_names_and_not_before(
    facts: Facts, terms: list[Term], today: date
) -> None:
    found = decided(facts, *terms, today=today)
    assert found.is_kept == (found.erase_on is None or today < found.erase_on)
    if found.erase_on is not None:
        before, then = (decided(facts, *terms, today=found.erase_on - timedelta(days=days)) for days in (1, 0))
        assert before.is_kept
        assert not then.is_kept


@given(cases, rules, days)
def test_nothing_that_a_law_keeps_goes_whoever_asks(facts: Facts, terms: list[Term], today: date) -> None:
    found = decided(facts, *terms, today=today)
    for term in terms:
        began = facts.events.get(term.counts_from) or facts.began_on or facts.asked_on
        if (
            term.why is Why.LAW
            and term.period is not None
            and (began is None or kept_through(began, term.period) >= today)
        ):
            assert found.is_kept


@given(cases, rules, laws, days)
def test_one_more_law_never_shortens_the_time(facts: Facts, terms: list[Term], more: Term, today: date) -> None:
    before, after = decided(facts, *terms, today=today), decided(facts, *terms, more, today=today)
    assert after.is_kept or not before.is_kept
    assert after.erase_on is None or (before.erase_on is not None and before.erase_on <= after.erase_on)


@given(cases, rules, days, st.booleans())
def test_a_hold_keeps_everything(facts: Facts, terms: list[Term], today: date, disputed: bool) -> None:
    held = Facts(facts.began_on, facts.began_early_on, facts.events, facts.asked_on, True, disputed)
    found = decided(held, *terms, today=today)
    assert (found.is_kept, found.winner.why, found.erase_on) == (True, Why.HOLD, None)
