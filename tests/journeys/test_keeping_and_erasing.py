"""Staff decide what is kept and erased: the verdict on a person's records, a plan for two people, the books, a changed rule."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from portal.kernel.core import actor, clock
from portal.kernel.people.models import Principal
from portal.kernel.retention.models import ErasureRun, RetentionRule
from portal.kernel.retention.services import erasure_plans, financial_records, plan_approvals, rule_changes
from tests.people.factories import PrincipalFactory, StaffFactory
from tests.retention.factories import Shelf, only_eraser, retention_rule
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "keys"])]


@pytest.fixture
def asha() -> Iterator[Principal]:
    """A person with one record that is over and one of today."""
    every_rule()
    retention_rule(house="retention.grievance", legal_rules=["IN-LIM"], needs_approval=True)
    who: Principal = PrincipalFactory()
    shelf = Shelf()
    shelf.shelved = {who.subject.ref: [clock.now() - timedelta(days=2000), clock.now()]}
    with only_eraser(shelf):
        yield who


def test_staff_see_why_something_is_kept_and_what_waits_for_two_people(window: Any, asha: Principal) -> None:
    officer = StaffFactory(roles=["data_protection_officer"])
    acting, now = actor.staff(officer.pk), clock.now()
    plan = erasure_plans.make(now=now, actor=actor.system("tests"))
    assert plan is not None
    approval = plan_approvals.propose(run=plan, why="Each step and its rule.", actor=acting)
    row = financial_records.note(
        kind="invoice",
        financial_year=2025,
        system="the accounts",
        annual_return_due_on=clock.day(now) + timedelta(days=400),
        actor=acting,
        now=now,
    )
    change = rule_changes.propose(
        retention_class="grievance",
        changes={"needs_approval": False},
        effective_from=clock.day(now) + timedelta(days=9),
        why="Claims came late.",
        actor=acting,
        now=now,
    )
    rule = RetentionRule.objects.get(retention_class="account")
    person = window(narrow=True)
    person.signs_in_with(staff_client(officer))
    for name in ("erasurerun", "planapproval", "booksrow", "ruleproposal", "retentionrule"):
        person.goes_to(reverse(f"admin:retention_{name}_changelist"))
    person.goes_to(reverse("admin:retention_booksrow_add"))
    for name, each in (
        ("erasurerun", plan),
        ("planapproval", approval),
        ("booksrow", row),
        ("ruleproposal", change),
        ("retentionrule", rule),
    ):
        person.goes_to(reverse(f"admin:retention_{name}_change", args=[each.pk]))
    person.goes_to(reverse("admin:retention_retentionrule_do_one", args=[rule.pk, "propose-change"]))
    person.goes_to(reverse("admin:retention_booksrow_do_one", args=[row.pk, "note-destroyed"]))
    page = person.goes_to(reverse("admin:retention_retentionrule_keep-or-erase"))
    page.get_by_role("textbox", name="Person").fill(str(asha.subject.ref))
    page.get_by_label("Why do you open this?").select_option("audit")
    page.get_by_label("Ticket or queue").fill("yearly audit")
    page.get_by_role("button", name="Show").click()
    page.get_by_text("What is decided about each record today").wait_for()
    person.looks()
    assert page.get_by_text("for legal claims (Limitation Act 1963). No law requires it").is_visible()
    assert page.get_by_text("we erase this because its time was over").is_visible()
    assert ErasureRun.objects.get().state == "planned"
