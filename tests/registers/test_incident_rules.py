"""Who has to be told of an incident, decided from plain values; and that the file of duties fits the law's files."""

import tomllib
from itertools import product
from typing import Any

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.law.services import deadlines
from portal.kernel.registers.incidents import rules
from portal.kernel.registers.incidents.choices import IncidentRisk, IncidentRole, NotDue
from portal.kernel.registers.incidents.selectors import incidents
from tests.people.factories import StaffFactory
from tests.registers.factories import as_actor, officer_in_office, opened_incident
from tests.shipped import every_rule

LAW = settings.BASE_DIR / "portal/kernel/law/data"
EVERY = frozenset({"IN", "EU", "US-CA"})
WORST: dict[str, Any] = {
    "role": "both",
    "regimes": EVERY,
    "is_cyber": True,
    "is_telecom": True,
    "has_personal_data": True,
    "risk": "high",
}


def due(**changes: Any) -> set[str]:
    told = rules.Told(**{**WORST, **changes})
    return {code for code, duty in rules.duties().items() if not rules.not_due(duty, told)}


def in_file(name: str) -> set[str]:
    return {row["key"] for row in tomllib.loads((LAW / name).read_text())["rule"]}


def test_the_worst_incident_is_owed_to_everybody() -> None:
    assert due() == set(rules.duties())
    assert len(due()) == 10


@pytest.mark.parametrize(
    ("changes", "left"),
    [
        ({"has_personal_data": False}, {"cert_in", "telecom_first", "telecom_details"}),
        ({"has_personal_data": False, "is_cyber": False}, set()),
        ({"is_telecom": False, "has_personal_data": False}, {"cert_in"}),
        ({"role": "processor"}, {"cert_in", "telecom_first", "telecom_details", "client"}),
        (
            {"role": "fiduciary", "regimes": {"IN"}, "is_cyber": False},
            {"board_first", "board_details", "people"},
        ),
        ({"regimes": {"EU"}, "role": "fiduciary", "risk": "unlikely"}, set()),
        ({"regimes": {"EU"}, "role": "fiduciary", "risk": "risk"}, {"eu_authority"}),
        ({"regimes": {"EU"}, "role": "fiduciary", "risk": "high"}, {"eu_authority", "eu_people"}),
        ({"regimes": {"US-CA"}, "role": "fiduciary"}, {"ca_people"}),
    ],
)
def test_facts_decide_who_has_to_be_told(changes: dict[str, Any], left: set[str]) -> None:
    assert due(**changes) == left


def test_a_risk_that_nobody_knows_counts_as_the_highest() -> None:
    assert due(risk="unknown") == due(risk="high")


def test_indias_duties_know_no_threshold_of_risk() -> None:
    """DPDP Rules r.7 has none: every breach is told, to the Board and to each person."""
    assert due(regimes={"IN"}, role="fiduciary", is_cyber=False, risk="unlikely") == {
        "board_first",
        "board_details",
        "people",
    }


@given(
    st.fixed_dictionaries(
        {
            "role": st.sampled_from(IncidentRole.values),
            "regimes": st.frozensets(st.sampled_from(sorted(EVERY))),
            "is_cyber": st.booleans(),
            "is_telecom": st.booleans(),
            "has_personal_data": st.booleans(),
            "risk": st.sampled_from(IncidentRisk.values),
        }
    )
)
def test_more_is_never_less(told: dict[str, Any]) -> None:
    """Whatever is known to be worse takes no duty away; and every "no" has a reason that stands in the list."""
    worse = {**told, "is_cyber": True, "is_telecom": True, "has_personal_data": True, "regimes": EVERY, "risk": "high"}
    assert due(**told) <= due(**worse) <= due(**{**worse, "role": "both"})
    reasons = {rules.not_due(duty, rules.Told(**told)) for duty in rules.duties().values()}
    assert reasons <= {"", *NotDue.values}


def test_every_rule_of_a_duty_stands_in_the_plan_and_in_the_law() -> None:
    ruled = {duty.rule for duty in rules.duties().values()}
    assert {*ruled, rules.FOLLOW_UP_RULE} == set(deadlines.plans()["incident"]["rules"])
    laws, own = in_file("legal_rules.toml"), in_file("house_rules.toml")
    assert ruled <= laws | own
    assert {duty.law for duty in rules.duties().values() if duty.audience != rules.CLIENT} <= laws
    assert {duty.phases for duty in rules.duties().values() if duty.phases} <= laws
    assert {duty.rest for duty in rules.duties().values() if duty.rest} <= set(rules.duties())


def test_every_clock_starts_with_the_event_that_its_rule_names() -> None:
    rows = [*tomllib.loads((LAW / "legal_rules.toml").read_text())["rule"]]
    rows += tomllib.loads((LAW / "house_rules.toml").read_text())["rule"]
    starts = {row["key"]: row["start_event"] for row in rows}
    for duty in rules.duties().values():
        # California's start is not stated: the earlier event of the two that count is when it was known.
        assert starts[duty.rule] in {duty.starts, "not_stated"}, duty.code


@pytest.mark.django_db
def test_every_field_of_a_form_is_a_fact_that_somebody_can_tell_or_that_is_worked_out() -> None:
    every_rule()
    officer_in_office()
    incident = opened_incident(as_actor(StaffFactory(roles=["data_protection_officer"])))
    known = set(rules.fact_kinds()) | set(incidents.known(incident))
    assert {code for duty in rules.duties().values() for code, _says in duty.fields} <= known


def test_the_board_hears_what_the_rule_names() -> None:
    """r.7(2)(a): five things; r.7(2)(b): six, the intimations to people among them."""
    first = [code for code, _says in rules.duties()["board_first"].fields]
    assert first[:5] == ["nature", "extent", "timing", "location", "impact"]
    details = {code for code, _says in rules.duties()["board_details"].fields}
    assert {"cause", "measures", "who", "remedy", "people_told"} <= details


@pytest.mark.parametrize("code", ["people", "eu_people", "ca_people"])
def test_a_letter_to_people_needs_every_part_in_every_language(code: str) -> None:
    duty = rules.duties()[code]
    every = [f"letter_{part}_{language}" for language, part in product(("en", "hi", "mr"), rules.LETTER)]
    assert rules.missing(duty, [], is_late=False) == every
    assert rules.missing(duty, every[:-1], is_late=False) == [every[-1]]


def test_a_late_report_to_an_authority_says_why_it_is_late() -> None:
    duty = rules.duties()["eu_authority"]
    told = [code for code, _says in duty.fields]
    assert rules.missing(duty, told, is_late=False) == []
    assert rules.missing(duty, told, is_late=True) == ["delay"]


def test_each_language_gets_its_own_words_and_another_language_the_english_ones() -> None:
    words = [[f"{code} {language}", f"{code} said"] for language, code in rules.letter_codes()]
    assert rules.letter_of(words, "hi")["steps"] == "letter_steps_hi said"
    assert rules.letter_of(words, "mr")["nature"] == "letter_nature_mr said"
    assert rules.letter_of(words, "ta") == rules.letter_of(words, "en")
