"""No key, code or unit of the law room is left to be read by people."""

import tomllib

import pytest
from django.utils import translation

from portal.kernel.law import labels
from portal.kernel.law.models import HouseRule, LegalRule
from portal.kernel.law.services.rule_loader import DATA, read
from portal.kernel.law.terms import RuleKind, Unit


def rule(model, key):
    name = "legal_rules.toml" if model is LegalRule else "house_rules.toml"
    row = next(row for row in read(name)["rule"] if row["key"] == key)
    fields = {field.name for field in model._meta.concrete_fields}
    return model(**{name: value for name, value in row.items() if name in fields})


def test_every_rule_of_the_files_and_every_kind_of_work_has_a_title_and_no_title_is_left_over():
    titles = tomllib.loads((DATA / "titles.toml").read_text(encoding="utf-8"))
    assert set(titles["legal"]) == {row["key"] for row in read("legal_rules.toml")["rule"]}
    assert set(titles["house"]) == {row["key"] for row in read("house_rules.toml")["rule"]}
    assert set(titles["plan"]) == {row["kind"] for row in read("clock_plans.toml")["plan"]}
    assert not [title for group in titles.values() for title in group.values() if "_" in title or "." in title]


@pytest.mark.parametrize(
    ("amount", "unit", "said"),
    [
        (12, "month", "12 months"),
        (1, "month", "1 month"),
        (10, "business_day", "10 working days"),
        (7, "calendar_day", "7 days"),
        (90, "minute", "90 minutes"),
        (26_600_000, "none", "26,600,000"),
        (50, "percent", "50%"),
    ],
)
def test_a_period_is_said_in_words(amount, unit, said):
    assert labels.period(amount, unit) == said


@pytest.mark.parametrize("language", ["hi", "mr"])
def test_no_unit_of_time_is_left_in_english(language):
    for unit in Unit:
        for amount in (1, 5):
            with translation.override(language):
                assert not [letter for letter in labels.period(amount, unit) if letter.isascii() and letter.isalpha()]


def test_a_rule_is_named_by_its_title_and_source():
    assert labels.rule_in_words(rule(LegalRule, "IN-IT-RES")) == (
        "Resolve a complaint (IT (Intermediary Guidelines) Rules 2021, r.3(2)(a)(i))"
    )
    assert labels.rule_in_words(rule(HouseRule, "grievances.answer")) == "Answer a grievance (our own promise)"


def test_what_a_rule_counts_and_from_when_is_said_in_words():
    ours = rule(HouseRule, "consent.opt_in_confirm")
    assert (labels.amount(ours), labels.starts(ours)) == ("30 minutes", "opt in requested")
    without = rule(LegalRule, "IN-DPDP-PROOF")
    assert (labels.amount(without), labels.starts(without)) == ("", "")


def test_every_kind_of_rule_has_a_word():
    assert set(labels.KINDS) == set(RuleKind)
