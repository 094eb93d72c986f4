"""Whose a header is and what it may carry, from plain values."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.registers.senders.rules import senders
from portal.kernel.registers.senders.rules.senders import Header, Registered, Sending, Template, parse_header, settle
from tests.law.shipped import shipped_rows

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
OWN, ACME = 1, 2
T = frozenset({"transactional"})
ST = frozenset({"service", "transactional"})


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("AD-ONESTU-P", Header("ONESTU", "P")),
        (" vm-onestu-s ", Header("ONESTU", "S")),
        ("ONESTU-T", Header("ONESTU", "T")),
        ("VM-ONESTU", Header("ONESTU")),
        ("ONESTU", Header("ONESTU")),
        ("AD-GOVT-G", Header("GOVT", "G")),
        ("56767", Header("56767")),
        ("", Header("")),
    ],
)
def test_a_header_is_taken_apart(text, header):
    assert parse_header(text) == header
    assert parse_header(text).is_governments is (header.suffix == "G")


@given(st.text(max_size=30))
def test_any_text_can_be_taken_apart(text):
    assert len(parse_header(text).suffix) <= 1


def row(number: int, fiduciary: int, **changes) -> Registered:
    return Registered(number, fiduciary, **{"carries": ST, "starts_at": NOW - timedelta(days=1), **changes})


def text(number: int, fiduciary: int = OWN, **changes) -> Template:
    usual = {"category": "transactional", "is_usable": True, "senders": frozenset(), "starts_at": NOW}
    return Template(number, fiduciary, **{**usual, **changes})


def ask(**changes) -> Sending:
    return settle(**{"fiduciary": OWN, "at": NOW, "suffix": None, "senders": (), "templates": None, **changes})


def test_nothing_asked_is_nothing_said():
    assert ask() == Sending()


@pytest.mark.parametrize(
    ("rows", "suffix", "said"),
    [
        ([], "", "UNKNOWN_HEADER"),
        ([row(1, ACME)], "", "HEADER_OF_ANOTHER"),
        ([row(1, OWN, ends_at=NOW)], "", "HEADER_ENDED"),
        ([row(1, OWN, starts_at=NOW + timedelta(days=1))], "", "HEADER_ENDED"),
        ([row(1, ACME, ends_at=NOW)], "", "UNKNOWN_HEADER"),
        ([row(1, OWN, ends_at=NOW), row(2, ACME)], "", "HEADER_OF_ANOTHER"),
        ([row(1, ACME, ends_at=NOW), row(2, OWN)], "", ""),
        ([row(1, OWN)], "P", "HEADER_CATEGORY"),
        ([row(1, OWN)], "X", "HEADER_CATEGORY"),
        ([row(1, OWN)], "T", ""),
    ],
)
def test_a_header_must_be_the_fiduciarys_at_that_instant_and_carry_its_suffix(rows, suffix, said):
    assert ask(senders=rows, suffix=suffix).refusal == said


def test_a_suffix_names_one_category_and_no_suffix_all_it_is_registered_for():
    assert ask(senders=[row(1, OWN)], suffix="T").carries == T
    assert ask(senders=[row(1, OWN)], suffix="").carries == ST


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ([], "TEMPLATE_NOT_APPROVED"),
        ([text(1, ACME)], "TEMPLATE_OF_ANOTHER"),
        ([text(1, ACME, ends_at=NOW)], "TEMPLATE_NOT_APPROVED"),
        ([text(1, is_usable=False)], "TEMPLATE_NOT_APPROVED"),
        ([text(1, ends_at=NOW)], "TEMPLATE_ENDED"),
        ([text(1, senders=frozenset({9}))], "TEMPLATE_NOT_FOR_HEADER"),
        ([text(1, senders=frozenset({5}))], ""),
        ([text(1, ACME), text(2)], ""),
    ],
)
def test_a_template_must_be_agreed_to_usable_and_for_that_header(texts, said):
    assert ask(senders=[row(5, OWN)], suffix="", templates=texts).refusal == said


def test_of_one_name_in_several_languages_every_category_counts():
    found = ask(templates=[text(1), text(2, category="promotional")])
    assert (found.categories, found.template) == ({"transactional", "promotional"}, 2)


instants = st.integers(-3, 3).map(lambda days: NOW + timedelta(days=days))


@given(
    st.lists(
        st.tuples(st.sampled_from([OWN, ACME]), instants, st.none() | instants, st.sampled_from([T, ST])), max_size=4
    ),
    st.sampled_from(["", "P", "S", "T"]),
    instants,
)
def test_no_header_passes_that_does_not_hold_for_the_fiduciary_then(rows, suffix, at):
    registered = [
        Registered(number, whose, carries, start, end) for number, (whose, start, end, carries) in enumerate(rows, 1)
    ]
    found = ask(senders=registered, suffix=suffix, at=at)
    if not found.refusal:
        chosen = registered[found.sender - 1]
        assert chosen.fiduciary == OWN
        assert chosen.holds(at)
        assert found.carries is not None
        assert found.carries <= chosen.carries
        assert suffix in {"", *(s for s, c in senders.CATEGORY_OF_SUFFIX.items() if c in chosen.carries)}


SERIES = senders.series_of(shipped_rows()["IN-TRAI-SERIES"]["values"])


def test_the_series_are_read_from_the_rule_as_it_ships():
    assert {"140": frozenset({"promotional"}), "1600": ST} == SERIES


@pytest.mark.parametrize(
    ("digits", "carries", "fits"),
    [
        ("1401234567", {"promotional"}, True),
        ("1401234567", {"promotional", "service"}, False),
        ("1600123456", {"service", "transactional"}, True),
        ("1600123456", {"promotional"}, False),
        ("911600123456", {"service"}, True),
        ("9876543210", {"service"}, False),
        ("919876543210", {"service"}, False),
        ("18001234567", {"service"}, True),
        ("02532345678", {"service"}, True),
    ],
)
def test_a_voice_number_carries_what_its_series_allows(digits, carries, fits):
    assert senders.fits_series(digits, carries, SERIES) is fits


def test_without_the_rule_no_series_is_known():
    assert senders.fits_series("9876543210", {"service"}, {})
