from copy import deepcopy
from datetime import date, timedelta

import pytest

from portal.kernel.audit.models import AuditEvent
from portal.kernel.law.choices import BASES_OF_REGIME, Confidence, Regime
from portal.kernel.law.models import HouseRule, LegalRule, OrganisationProfile, Purpose
from portal.kernel.law.services import rule_loader
from portal.kernel.law.terms import COUNTING_WORDS, Counting, Roll, RuleKind, Unit
from tests.law.shipped import shipped_rows


def test_every_rule_and_promise_is_loaded_once(rules, actor, now):
    again = rule_loader.sync(actor=actor, now=now + timedelta(days=1))
    assert (rules.rules, LegalRule.objects.count()) == (194, 194)
    assert HouseRule.objects.count() == rules.house_rules
    assert again.changed == 0
    assert AuditEvent.objects.filter(kind="law.rules.synced").count() == 1


def test_a_changed_row_becomes_a_new_version_and_the_old_one_stays(rules, actor, now, monkeypatch):
    real = rule_loader.read

    def changed(name):
        data = deepcopy(real(name))
        for row in data.get("rule", []):
            if row["key"] == "IN-IT-RES":
                row.update(amount=3, effective_from=date(2027, 1, 1))
        return data

    monkeypatch.setattr(rule_loader, "read", changed)
    done = rule_loader.sync(actor=actor, now=now)
    assert (done.added, done.superseded) == (0, 1)
    assert list(LegalRule.objects.filter(key="IN-IT-RES").order_by("version").values_list("version", "amount")) == [
        (1, 7),
        (2, 3),
    ]


def test_a_rule_that_was_loaded_cannot_be_edited(rules):
    rule = LegalRule.objects.get(key="IN-IT-RES")
    rule.amount = 15
    with pytest.raises(TypeError, match="superseded"):
        rule.save()


def test_reordering_the_fields_of_a_row_is_no_change():
    assert rule_loader.fingerprint({"a": 1, "b": date(2026, 1, 1)}) == rule_loader.fingerprint(
        {"b": date(2026, 1, 1), "a": 1}
    )
    assert rule_loader.fingerprint({"a": 1}) != rule_loader.fingerprint({"a": 2})


@pytest.mark.parametrize("row", shipped_rows().values(), ids=lambda row: row["key"])
def test_each_rule_that_ships_is_written_in_the_closed_words(row):
    assert Counting(row["counting"]) in COUNTING_WORDS
    assert Unit(row["unit"])
    assert RuleKind(row["kind"])
    assert Roll(row["roll"])
    assert row["jurisdiction"] in Regime.values
    assert row["confidence"] in Confidence.values
    assert row["source"]
    assert row.get("switch", "intermediary") in OrganisationProfile.SWITCHES
    if row["roll"] == Roll.NEXT_WORKING_OUTER or row["unit"] == Unit.BUSINESS_DAY:
        assert rule_loader.calendar(row["calendar"]).holidays
    assert row.get("same_as", "EU-12-1M") in shipped_rows()


def test_no_clock_of_a_law_pauses():
    assert [row["key"] for row in shipped_rows().values() if row.get("pauses")] == []


def test_every_period_of_a_law_says_how_it_is_counted():
    silent = {Counting.NONE, Counting.NO_NUMBER}
    assert [
        row["key"]
        for row in shipped_rows().values()
        if row["unit"] != Unit.NONE and Counting(row["counting"]) in silent
    ] == []


def test_promises_carry_a_source_and_a_reason(rules):
    assert HouseRule.objects.filter(source="").count() + HouseRule.objects.filter(note="").count() == 0


def test_the_purposes_that_ship_rest_on_a_basis_of_each_regime(rules):
    assert Purpose.objects.count() == 14
    for purpose in Purpose.objects.all():
        for regime in Regime:
            assert purpose.basis(regime) in BASES_OF_REGIME[regime]
        if purpose.validity_rule:
            assert HouseRule.objects.filter(key=purpose.validity_rule).exists()


def test_a_purpose_that_two_people_changed_is_not_reset_by_a_sync(rules, actor, now):
    Purpose.objects.filter(code="marketing").update(effective_to=date(2026, 12, 31))
    rule_loader.sync(actor=actor, now=now)
    assert Purpose.objects.filter(code="marketing").count() == 1
