"""Who is told of a deadline, at which share of its time, on which day."""

from datetime import datetime, timedelta

import pytest
import time_machine

from portal.kernel.core import actor
from portal.kernel.core.clock import IST
from portal.kernel.law.rules import told_at
from portal.kernel.law.services.rule_loader import read
from portal.kernel.people.services import absences
from portal.kernel.registers.base.choices import OfficerKind
from portal.kernel.registers.base.selectors.escalation import to_tell
from tests.law.factories import HouseRuleFactory
from tests.people.factories import StaffFactory
from tests.registers.factories import officer_in_office
from tests.shipped import every_rule

TUESDAY = datetime(2026, 11, 24, 12, tzinfo=IST)
SUNDAY = datetime(2026, 11, 29, 12, tzinfo=IST)
REPUBLIC_DAY = datetime(2027, 1, 26, 12, tzinfo=IST)


@pytest.fixture
def world(db):
    every_rule()
    with time_machine.travel(
        TUESDAY - timedelta(days=30), tick=False
    ):  # who held which role on the days of these tests
        return {
            "owner": StaffFactory(full_name="Owner"),
            "deputy": StaffFactory(full_name="Deputy", email="deputy@onesetu.test"),
            "officer": StaffFactory(full_name="Officer", roles=["grievance_officer"]),
            "protector": StaffFactory(full_name="Protector", roles=["data_protection_officer"]),
        }


def told(world, percent, *, now=TUESDAY, owner="owner"):
    found = to_tell(owner=world.get(owner), others=[world["officer"]], percent=percent, now=now)
    return [user.full_name for user in found]


def test_who_is_told_is_data_and_each_share_includes_the_earlier_ones():
    assert told_at(["80 owner", "80 deputy", "100 boss"], 79) == []
    assert told_at(["80 owner", "80 deputy", "100 boss"], 80) == ["owner", "deputy"]
    assert told_at(["80 owner", "80 deputy", "100 boss"], 100) == ["owner", "deputy", "boss"]


def test_every_share_at_which_somebody_is_told_is_one_at_which_we_look():
    rows = {row["key"]: row for row in read("house_rules.toml")["rule"]}
    looked_at = set(rows["clocks.reminders"]["values"])
    assert {value.split()[0] for value in rows["clocks.told"]["values"]} <= looked_at


@pytest.mark.parametrize(
    ("percent", "names"),
    [(50, []), (80, ["Owner"]), (100, ["Owner", "Officer", "Protector"])],
)
def test_first_the_owner_then_the_officer_and_the_data_protection_officer(world, percent, names):
    assert told(world, percent) == names


def test_what_nobody_has_is_told_to_those_who_may_give_it_out(world):
    assert told(world, 80, owner="nobody") == ["Officer"]
    world["owner"].is_active = False
    assert told(world, 80) == ["Officer"]


def test_while_the_owner_is_away_the_deputy_hears_of_it_too(world):
    absences.note(
        user=world["owner"],
        deputy=world["deputy"],
        starts_on=TUESDAY.date(),
        ends_on=TUESDAY.date(),
        actor=actor.staff(world["owner"].pk),
        now=TUESDAY,
    )
    assert told(world, 80) == ["Owner", "Deputy"]
    assert told(world, 80, now=TUESDAY + timedelta(days=1)) == ["Owner"]


@pytest.mark.parametrize("now", [SUNDAY, REPUBLIC_DAY])
def test_on_a_day_off_the_deputy_of_the_register_hears_of_it_and_no_date_moves(world, now):
    with time_machine.travel(TUESDAY - timedelta(days=30), tick=False):
        officer_in_office(kind=OfficerKind.DEPUTY, email="deputy@onesetu.test")
    assert told(world, 80, now=now) == ["Owner", "Deputy"]
    assert told(world, 80) == ["Owner"]


def test_a_new_version_of_the_house_rule_tells_others(world):
    HouseRuleFactory(
        key="clocks.told",
        version=2,
        kind="review_interval",
        unit="percent",
        counting="none",
        values=["50 data_protection_officer"],
    )
    assert told(world, 50) == ["Protector"]
    assert told(world, 100) == ["Protector"]
