"""How long a class is kept is changed by two people, from a day that is still to come."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from portal.kernel.core import actor, clock
from portal.kernel.core.errors import IllegalMove, NotAllowed, Refused
from portal.kernel.retention import selectors
from portal.kernel.retention.models import RetentionRule, RuleProposal
from portal.kernel.retention.services import rule_changes
from tests.people.factories import StaffFactory
from tests.retention.factories import house_rule, legal_rule, retention_rule
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def two() -> tuple[Any, Any]:
    house_rule("tests.period", 1, "year")
    house_rule("tests.longer", 2, "year")
    legal_rule("LAW-5Y", 5, "year")
    retention_rule()
    return tuple(actor.staff(StaffFactory(roles=["data_protection_officer"]).pk) for _ in range(2))


def proposed(who: Any, days: int = 2, **changes: Any) -> RuleProposal:
    now = clock.now()
    return rule_changes.propose(
        retention_class="shelf",
        changes=changes,
        effective_from=clock.day(now + timedelta(days=days)),
        why="Claims came late.",
        actor=who,
        now=now,
    )


def test_a_change_counts_from_its_day_once_a_second_person_agrees(two: tuple[Any, Any]) -> None:
    made = proposed(two[0], house_rule="tests.longer", legal_rules=["LAW-5Y"])
    with pytest.raises(NotAllowed):
        rule_changes.answer(proposal=made, approve=True, reason="", actor=two[0], now=clock.now())
    assert RetentionRule.objects.count() == 1
    rule_changes.answer(proposal=made, approve=True, reason="", actor=two[1], now=clock.now())
    today = clock.day(clock.now())
    now, then = selectors.rule_for("shelf", on=today), selectors.rule_for("shelf", on=made.effective_from)
    assert now is not None
    assert then is not None
    assert (now.version, then.version, then.house_rule, then.legal_rules) == (1, 2, "tests.longer", ["LAW-5Y"])
    assert (then.name, then.counts_from) == (now.name, now.counts_from)


def test_the_last_notice_rule_and_the_laws_that_ask_for_the_end_are_changed_on_the_page(two: tuple[Any, Any]) -> None:
    rule = RetentionRule.objects.get()
    RetentionRule.objects.update(notice_rules=["tests.longer"])
    page = reverse("admin:retention_retentionrule_do_one", args=[rule.pk, "propose-change"])
    said = {"answer": "1", "effective_from": clock.day(clock.now() + timedelta(days=2)), "why": "Claims came late."}
    client = staff_client(StaffFactory(roles=["data_protection_officer"]))
    both = client.post(page, {**said, "none_of": ["notice_rules"], "notice_rules": "tests.longer"})
    assert (both.status_code, RuleProposal.objects.exists()) == (422, False)
    client.post(page, {**said, "none_of": ["notice_rules"], "erasing_rules": "LAW-5Y"})
    assert RuleProposal.objects.get().content == {"notice_rules": [], "erasing_rules": ["LAW-5Y"]}


def test_a_refused_change_leaves_the_rule(two: tuple[Any, Any]) -> None:
    made = proposed(two[0], needs_approval=True)
    rule_changes.answer(proposal=made, approve=False, reason="Not needed.", actor=two[1], now=clock.now())
    assert RetentionRule.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"house_rule": "tests.none"}, "NO_SUCH_RULE"),
        ({"legal_rules": ["NO-LAW"]}, "NO_SUCH_RULE"),
        ({"notice_rules": ["no.rule"]}, "NO_SUCH_RULE"),
        ({"house_rule": "tests.period"}, "NOTHING_CHANGES"),
        ({"days": 0, "house_rule": "tests.longer"}, "PASSED"),
    ],
)
def test_what_cannot_be_a_rule_is_refused(two: tuple[Any, Any], changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refusal:
        proposed(two[0], **changes)
    assert refusal.value.code == code


def test_one_change_of_a_class_waits_at_a_time(two: tuple[Any, Any]) -> None:
    proposed(two[0], house_rule="tests.longer")
    with pytest.raises(IllegalMove):
        proposed(two[1], house_rule="tests.longer")
