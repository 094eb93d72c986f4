import json
from io import StringIO

import pytest
from django.core.management import call_command

from portal.kernel.core import actor, clock
from portal.kernel.core.errors import Refused
from portal.kernel.retention import retention_decisions, selectors
from portal.kernel.retention.models import ErasureRun, RetentionRule
from portal.kernel.retention.rules import Term, over_before
from portal.kernel.retention.services import rule_loader
from tests.retention.factories import Shelf, only_eraser

pytestmark = pytest.mark.django_db
SYSTEM = actor.system("tests")


def printed(*args: str) -> str:
    out = StringIO()
    call_command(*args, stdout=out)
    return out.getvalue()


def test_the_rules_that_ship_load_once() -> None:
    printed("sync_rules")
    count = RetentionRule.objects.count()
    assert count == len(rule_loader.shipped()) > 1
    assert rule_loader.load_shipped(actor=SYSTEM) == 0


def test_every_rule_that_ships_names_periods_that_ship_too() -> None:
    printed("sync_rules")
    today = clock.day(clock.now())
    for rule in RetentionRule.objects.all():
        periods = [selectors.house_period(rule, on=today), *selectors.legal_periods(rule, on=today)]
        assert over_before(today, periods) < clock.now(), rule
        assert all(isinstance(term, Term) for term in retention_decisions.terms_of(rule, on=today))


def test_a_rule_edited_in_place_is_refused() -> None:
    (first, *_others) = rule_loader.shipped()
    rule_loader.sync([first], actor=SYSTEM)
    with pytest.raises(Refused, match="version and a date of its own"):
        rule_loader.sync([{**first, "house_rule": "shorter"}], actor=SYSTEM)
    assert rule_loader.sync([{**first, "version": 3, "house_rule": "shorter"}], actor=SYSTEM) == 1


def test_a_dry_run_prints_the_four_numbers_and_leaves_no_run() -> None:
    with only_eraser(Shelf()):
        answer = json.loads(printed("run_retention", "--dry-run", "--json"))
    assert answer == {"due": 0, "held": 0, "kept_by_law": 0, "to_erase": 0}
    assert not ErasureRun.objects.exists()


def test_a_run_names_its_certificate() -> None:
    with only_eraser(Shelf()):
        line = printed("run_retention")
    assert ErasureRun.objects.get().reference in line
