"""A limitation period requires nothing: it keeps for claims, and what a release proposes instead waits for two people."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from portal.kernel.core import actor
from portal.kernel.core.errors import Refused
from portal.kernel.outbox.models import Message
from portal.kernel.registers.entries.services import register_tasks
from portal.kernel.registers.models import BookTask
from portal.kernel.retention import limitation, retention_decisions, selectors
from portal.kernel.retention.choices import RunState
from portal.kernel.retention.models import ErasureRun, RetentionRule, RuleProposal
from portal.kernel.retention.rules import Why
from portal.kernel.retention.services import nightly_run, rule_changes, rule_loader, runs
from tests.people.factories import PrincipalFactory, StaffFactory
from tests.retention.factories import Shelf, only_eraser, run_for
from tests.shipped import every_rule

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
NOW = datetime(2026, 11, 30, 6, 30, tzinfo=UTC)
NIGHTLY = actor.system("tests")


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    """A record of the class ``consent_evidence``, whose rule names the Limitation Act."""
    with time_machine.travel(NOW, tick=False):
        every_rule()
        found = Shelf()
        found.retention_class = "consent_evidence"
        with only_eraser(found):
            yield found


@pytest.fixture
def asha(shelf: Shelf) -> Any:
    ref = PrincipalFactory().subject.ref
    shelf.shelved[ref] = [NOW]
    return ref


def two() -> tuple[Any, Any]:
    first, second = (StaffFactory(roles=[role]) for role in ("data_protection_officer", "administrator"))
    return actor.staff(first.pk), actor.staff(second.pk)


def test_it_is_a_ground_of_legal_claims_and_never_called_required(asha: Any) -> None:
    (found,) = retention_decisions.keep_or_erase(asha, now=NOW, asked_at=NOW)
    assert found.verdict.winner.why is Why.CLAIM
    assert found.sentence == (
        "A shelf: we keep this until 30 November 2029 for legal claims (Limitation Act 1963). No law requires it. We have not "
        "checked the official text and dates yet: Limitation Act 1963. Until we have, we keep to it as we know it."
    )


def test_loading_the_rules_of_a_release_switches_nothing(asha: Any) -> None:
    rule_loader.load_shipped(actor=NIGHTLY)
    for name in limitation.classes_to_change():
        newest = RetentionRule.objects.filter(retention_class=name).latest("version")
        assert "IN-LIM" in newest.legal_rules
        assert "IN-LIM" not in limitation.proposed_change(name)["legal_rules"]
        assert set(limitation.proposed_change(name)["legal_rules"]) == set(newest.legal_rules) - {"IN-LIM"}
    assert RuleProposal.objects.count() == 0


def test_each_change_is_a_task_until_two_people_have_decided_it(asha: Any) -> None:
    first, second = two()
    register_tasks.look(now=NOW)
    open_tasks = BookTask.objects.filter(what="rule_change", closed_at=None)
    assert set(open_tasks.values_list("code", flat=True)) == set(limitation.classes_to_change())
    assert Message.objects.filter(kind="registers.book_tasks").exists()
    for name, approve in (("consent_evidence", True), ("grievance", False)):
        made = rule_changes.propose_shipped(retention_class=name, actor=first, now=NOW)
        rule_changes.answer(proposal=made, approve=approve, reason="Seen.", actor=second, now=NOW)
    register_tasks.look(now=NOW)
    assert set(open_tasks.values_list("code", flat=True)) == {"kyc_developer", "kyc_vendor"}


def test_nothing_kept_by_the_old_rule_goes_before_two_people_approved_the_change_and_its_day_has_come(
    shelf: Shelf, asha: Any
) -> None:
    run = runs.carry_out(run_for(asha), now=NOW, actor=NIGHTLY)
    assert run.erased == 0
    first, second = two()
    made = rule_changes.propose_shipped(retention_class="consent_evidence", actor=first, now=NOW)
    for day in (1, 30):
        with time_machine.travel(NOW + timedelta(days=day), tick=False):
            assert nightly_run.pass_over(now=NOW + timedelta(days=day), actor=NIGHTLY).again == []
    rule_changes.answer(proposal=made, approve=True, reason="Seen.", actor=second, now=NOW)
    assert made.effective_from > NOW.date()
    rule = selectors.rule_for("consent_evidence", on=made.effective_from)
    assert rule is not None
    assert "IN-LIM" not in rule.legal_rules
    with time_machine.travel(NOW + timedelta(days=40), tick=False):
        (again,) = nightly_run.pass_over(now=NOW + timedelta(days=40), actor=NIGHTLY).again
        assert again.state == RunState.PLANNED, "sooner than the person was told: two people look at it"
    assert shelf.shelved[asha] == [NOW]
    assert ErasureRun.objects.filter(state=RunState.APPROVED).count() == 0


def test_a_class_without_a_shipped_change_has_none_to_propose(asha: Any) -> None:
    with pytest.raises(Refused) as refused:
        rule_changes.propose_shipped(retention_class="account", actor=two()[0], now=NOW)
    assert refused.value.code == "NOTHING_PROPOSED"
