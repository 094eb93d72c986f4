"""What a system outside has to do for a request: a date of its own, evidence, one step tried again, and no answer without it."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from grievances.base.request_choices import DespiteTasks, Outcome, OutsideState, RequestState, Right
from grievances.models import OutsideTask, RightsRequest
from grievances.requests.services import request_decisions, text_erasure
from grievances.tickets.services import external_tasks, resolutions
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import IllegalMove, NotAllowed, Refused
from portal.kernel.law.choices import ClockState
from portal.kernel.law.models import Clock
from portal.kernel.people.models import User
from tests.grievances.requests import shown
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]


def by(user: User) -> dict[str, Any]:
    return {"by": user, "actor": actor.staff(user.pk), "at": clock.now()}


@pytest.fixture
def asked(house: None) -> RightsRequest:
    return shown(right=Right.OBJECTION, at=clock.now())


@pytest.fixture
def task(asked: RightsRequest, officer: User) -> OutsideTask:
    return external_tasks.give(
        request=asked, system="Billing of Acme", work="erase", what="The row of Asha.", **by(officer)
    )


def running(task: OutsideTask) -> bool:
    return Clock.objects.filter(owner=task.owner, state=ClockState.RUNNING).exists()


def propose(request: RightsRequest, officer: User, **given: Any) -> Any:
    words = {"outcome": Outcome.GRANT, "words_to_person": "We stopped it.", **given}
    return request_decisions.propose(request=request, **words, actor=actor.staff(officer.pk), at=clock.now())


def approve(made: Any) -> None:
    second = StaffFactory(roles=["data_protection_officer"])
    request_decisions.answer(proposal=made, approve=True, actor=actor.staff(second.pk), at=clock.now())


def test_a_task_has_a_date_of_its_own_that_ends_with_the_evidence(task: OutsideTask, officer: User) -> None:
    due = Clock.objects.get(owner=task.owner)
    assert due.rule_key == "requests.outside_task"
    assert timedelta(days=7) <= due.due_at - task.made_at < timedelta(days=8)
    with pytest.raises(Refused):
        external_tasks.done(task=task, evidence=" ", **by(officer))
    external_tasks.done(task=task, evidence="Confirmed under 4711, Aadhaar 2345 6789 0124", **by(officer))
    assert (task.state, task.tries, running(task)) == (OutsideState.DONE, 1, False)
    assert "4711" in external_tasks.words_of(task)["evidence"]
    assert "2345 6789 0124" not in external_tasks.words_of(task)["evidence"]
    with pytest.raises(IllegalMove):
        external_tasks.try_again(task=task, **by(officer))


def test_a_failed_step_alone_is_tried_again_while_its_clock_runs_on(
    task: OutsideTask, asked: RightsRequest, officer: User
) -> None:
    other = external_tasks.give(request=asked, system="Archive", work="stop", what="All of it.", **by(officer))
    external_tasks.failed(task=task, error="It answered with an error.", **by(officer))
    assert (task.state, running(task)) == (OutsideState.FAILED, True)
    external_tasks.try_again(task=task, **by(officer))
    other.refresh_from_db()
    assert (task.state, task.tries, other.state, other.number) == (OutsideState.OPEN, 1, OutsideState.OPEN, 2)
    assert external_tasks.words_of(task)["error"] == "It answered with an error."


def test_no_answer_goes_out_while_a_task_is_open_unless_two_people_say_why(
    task: OutsideTask, asked: RightsRequest, officer: User
) -> None:
    with pytest.raises(Refused) as refused:
        propose(asked, officer)
    assert refused.value.code == "TASKS_OPEN"
    approve(propose(asked, officer, despite_tasks=DespiteTasks.NO_ANSWER))
    task.refresh_from_db()
    asked.refresh_from_db()
    assert (asked.state, task.state, running(task)) == (RequestState.GRANTED, OutsideState.LEFT, False)


def test_what_follows_afterwards_keeps_its_clock(task: OutsideTask, asked: RightsRequest, officer: User) -> None:
    approve(propose(asked, officer, despite_tasks=DespiteTasks.FOLLOWS))
    task.refresh_from_db()
    assert (task.state, running(task)) == (OutsideState.OPEN, True)
    external_tasks.done(task=task, evidence="Seen there.", **by(officer))
    assert not running(task)


def test_a_task_done_after_its_date_says_why(task: OutsideTask, officer: User) -> None:
    late = {**by(officer), "at": Clock.objects.get(owner=task.owner).due_at + timedelta(days=1)}
    with pytest.raises(Refused) as refused:
        external_tasks.done(task=task, evidence="Seen there.", **late)
    assert (refused.value.code, running(task)) == ("LATE_REASON", True)
    external_tasks.done(task=task, evidence="Seen there.", **late, late_because="others")
    assert Clock.objects.get(owner=task.owner).late_because == "others"


def test_a_task_given_after_the_proposal_stops_the_yes(asked: RightsRequest, officer: User) -> None:
    made = propose(asked, officer)
    external_tasks.give(request=asked, system="Archive", work="tell", what="That he objects.", **by(officer))
    with pytest.raises(Refused) as refused:
        approve(made)
    assert refused.value.code == "TASKS_OPEN"


def test_a_request_taken_back_or_erased_leaves_no_clock_running_and_no_words(
    task: OutsideTask, asked: RightsRequest, officer: User
) -> None:
    resolutions.withdraw(ticket=asked.ticket, actor=actor.stranger(via="page"), at=clock.now())
    task.refresh_from_db()
    assert (task.state, running(task)) == (OutsideState.LEFT, False)
    text_erasure.erase(ticket=asked.ticket)
    task.refresh_from_db()
    assert external_tasks.words_of(task) == {}


def test_who_may_not_answer_may_give_none(asked: RightsRequest, supporter: User) -> None:
    with pytest.raises(NotAllowed):
        external_tasks.give(request=asked, system="Archive", work="tell", what="It.", **by(supporter))


def test_the_pages_show_state_and_error_and_take_the_acts(
    task: OutsideTask, asked: RightsRequest, officer: User
) -> None:
    client = staff_client(officer)
    opened = {"open_record": "1", "purpose": "grievance", "ticket": asked.ticket.reference}
    page = reverse("admin:grievances_rightsrequest_change", args=[asked.pk])
    client.post(page, opened)
    assert "Billing of Acme, Erase it" in client.get(page).text
    listed = reverse("admin:grievances_outsidetask_changelist")
    assert "Billing of Acme" in client.get(listed, {"undone": "yes"}).text
    external_tasks.failed(task=task, error="It answered with an error.", **by(officer))
    own = reverse("admin:grievances_outsidetask_change", args=[task.pk])
    client.post(own, opened)
    assert "It answered with an error." in client.get(own).text
