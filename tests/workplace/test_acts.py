"""Acts on rows: what a service refuses loses nothing that was entered."""

from typing import Any

import pytest

from kyc.models import Case, RiskProposal
from kyc.risk.services import risk_ratings
from portal.kernel.core import actor, clock
from tests.kyc.factories import NOW, open_case
from tests.people.factories import CustomerFactory, StaffFactory
from tests.shipped import every_rule

ENTERED = {"answer": "1", "level": "high", "why": "supervised"}


@pytest.fixture
def cases(db: None) -> list[Case]:
    every_rule()
    of_customers = (CustomerFactory(kind="individual") for _customer in range(2))
    return [open_case(customer=customer, actor=actor.customer(1, via="page"), now=NOW) for customer in of_customers]


def proposed_for(case: Case) -> None:
    maker = actor.staff(StaffFactory(roles=["kyc_maker"]).pk)
    risk_ratings.propose(case, level="low", why="supervised", actor=maker, now=clock.now())


def act_on(staff: Any, cases: list[Case]) -> Any:
    given = {**ENTERED, "_selected_action": [case.pk for case in cases]}
    return staff("kyc_maker").post("/admin/kyc/case/do/set-risk/", given)


def fields_kept(page: str) -> bool:
    is_chosen = any('value="high"' in part and "checked" in part for part in page.split("<input"))
    return is_chosen and '<option value="supervised" selected>' in page


def test_a_refused_act_on_one_row_is_asked_again_with_what_was_entered(staff, cases):
    proposed_for(cases[0])
    answer = act_on(staff, cases[:1])
    assert answer.status_code == 422
    assert "A change of this risk waits for a second person already." in answer.text
    assert fields_kept(answer.text)


def test_an_act_that_is_refused_for_every_row_says_why_for_each(staff, cases):
    for case in cases:
        proposed_for(case)
    answer = act_on(staff, cases)
    assert answer.status_code == 422
    assert all(f"{case.reference}: A change of this risk waits" in answer.text for case in cases)
    assert fields_kept(answer.text)


def test_what_was_done_for_some_rows_is_asked_once_more_for_the_others_alone(staff, cases):
    proposed_for(cases[0])
    page = act_on(staff, cases).text
    assert RiskProposal.objects.filter(case=cases[1]).exists()
    assert fields_kept(page)
    assert f'name="_selected_action" value="{cases[0].pk}"' in page
    assert f'name="_selected_action" value="{cases[1].pk}"' not in page


@pytest.mark.parametrize("wrong", ["abc", "9" * 30, "²", "", "1.5"])
def test_a_key_that_no_row_can_have_is_not_found_and_reaches_no_database(staff, cases, wrong):
    desk = staff("kyc_maker")
    chosen = {"_selected_action": [str(cases[0].pk), wrong]}
    assert desk.post("/admin/kyc/case/do/set-risk/", {**ENTERED, **chosen}).status_code == 404
    given = {"action": "set-risk", "index": "0", "select_across": "0", **chosen}
    for model in ("kyc/case", "kyc/document"):
        assert desk.post(f"/admin/{model}/", given).status_code == 404
    officer = staff("data_protection_officer")
    assert officer.post("/admin/kyc/deletionrequest/", given).status_code == 404
    assert staff("auditor").post("/admin/kyc/document/export/", chosen).status_code == 404


def test_no_row_chosen_is_asked_for_on_the_list(staff, cases):
    given = {"action": "set-risk", "index": "0", "select_across": "0"}
    assert staff("kyc_maker").post("/admin/kyc/case/", given).status_code in {200, 302}
