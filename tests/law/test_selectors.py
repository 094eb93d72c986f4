from datetime import date

import pytest

from portal.kernel.core.errors import NotFound
from portal.kernel.law import selectors
from tests.law.factories import HouseRuleFactory, LegalRuleFactory, ProfileFactory, PurposeFactory

TODAY = date(2026, 11, 24)
pytestmark = pytest.mark.django_db


def test_the_version_in_force_is_the_newest_that_has_begun():
    LegalRuleFactory(key="R", version=1, amount=15)
    LegalRuleFactory(key="R", version=2, amount=7, effective_from=date(2026, 2, 20))
    LegalRuleFactory(key="R", version=3, amount=3, effective_from=date(2027, 1, 1))
    assert [selectors.legal_rule("R", on=day).amount for day in (date(2026, 2, 19), TODAY, date(2027, 1, 1))] == [
        15,
        7,
        3,
    ]


def test_a_rule_not_yet_in_force_says_when_it_starts():
    LegalRuleFactory(key="R", effective_from=date(2027, 5, 13))
    with pytest.raises(selectors.NotInForce) as refused:
        selectors.legal_rule("R", on=TODAY)
    assert refused.value.starts == date(2027, 5, 13)


def test_a_rule_holds_on_its_last_day_and_no_longer():
    LegalRuleFactory(key="R", effective_to=TODAY)
    assert selectors.legal_rule("R", on=TODAY)
    with pytest.raises(selectors.NotInForce) as refused:
        selectors.legal_rule("R", on=date(2026, 11, 25))
    assert refused.value.ended == TODAY


def test_a_rule_without_a_date_is_in_force_and_unconfirmed():
    LegalRuleFactory(key="R", effective_from=None)
    rule = selectors.legal_rule("R", on=TODAY)
    assert rule.is_confirmed is False
    assert LegalRuleFactory(key="S").is_confirmed is True


@pytest.mark.parametrize("confidence", ["M", "U"])
def test_what_nobody_read_is_unconfirmed(confidence):
    assert LegalRuleFactory(confidence=confidence).is_confirmed is False


def test_an_unknown_key_is_named():
    with pytest.raises(NotFound, match="NO-SUCH-RULE"):
        selectors.legal_rule("NO-SUCH-RULE", on=TODAY)


def test_a_promise_changes_from_its_own_date_on():
    HouseRuleFactory(key="p", version=1, amount=5)
    HouseRuleFactory(key="p", version=2, amount=3, effective_from=date(2027, 1, 1))
    assert selectors.house_rule("p", on=TODAY).duration.days == 5
    assert selectors.house_rule("p", on=date(2027, 1, 1)).duration.days == 3


def test_before_anybody_decided_the_stricter_rule_applies():
    profile = selectors.profile(on=TODAY)
    assert profile.pk is None
    assert profile.applies("intermediary") is True
    assert profile.is_decided("intermediary") is False


def test_the_profile_of_a_day_is_the_last_adopted_one():
    ProfileFactory(intermediary="yes")
    ProfileFactory(intermediary="no", effective_from=date(2027, 1, 1))
    assert selectors.profile(on=TODAY).applies("intermediary") is True
    assert selectors.profile(on=date(2027, 1, 1)).applies("intermediary") is False


def test_rules_for_us_leave_out_other_regimes_rules_for_others_and_switches_that_say_no():
    rows = [
        LegalRuleFactory(key="ours"),
        LegalRuleFactory(key="eu", jurisdiction="EU"),
        LegalRuleFactory(key="theirs", binds="others"),
        LegalRuleFactory(key="switched", switch="intermediary"),
        LegalRuleFactory(key="undecided", switch="cloud_provider"),
    ]
    profile = ProfileFactory(intermediary="no")
    found = selectors.rules_for_us([row.key for row in rows], on=TODAY, regimes=["IN"], profile=profile)
    assert {rule.key for rule in found} == {"ours", "undecided"}


def test_a_purpose_is_the_version_of_the_day():
    PurposeFactory(code="p", version=1, effective_to=date(2026, 12, 31))
    PurposeFactory(code="p", version=2, effective_from=date(2027, 1, 1))
    assert selectors.purpose("p", on=TODAY).version == 1
    assert selectors.purpose("p", on=date(2027, 6, 1)).version == 2
    assert [(row.code, row.version) for row in selectors.purposes_in_force(on=TODAY)] == [("p", 1)]
    with pytest.raises(NotFound):
        selectors.purpose("p", on=date(2020, 1, 1))
