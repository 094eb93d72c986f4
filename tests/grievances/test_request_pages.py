"""Staff's lists of requests and copies: the dates of every other page, and no query for each row."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from grievances.base import selectors
from grievances.base.labels import short_day
from grievances.base.request_choices import Right
from grievances.models import RightsRequest, Ticket
from grievances.requests.services import data_copies
from portal.kernel.core import actor, clock
from portal.kernel.people.models import User
from tests.grievances.requests import shown
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
REQUESTS = "/admin/grievances/rightsrequest/"


def is_overdue(officer: User, request: RightsRequest) -> tuple[bool, bool, bool]:
    """Whether the queue of overdue requests has it, its row is marked, and the queue of its ticket has it."""
    desk = staff_client(officer)
    reference = request.ticket.reference
    return (
        reference in desk.get(f"{REQUESTS}?queue=overdue").text,
        "■" in desk.get(f"{REQUESTS}?queue=open").text,
        reference in desk.get("/admin/grievances/ticket/?queue=overdue").text,
    )


def test_a_request_is_late_when_the_last_second_of_its_date_is_over_as_on_every_other_page(officer: User) -> None:
    request = shown(right=Right.OBJECTION, at=clock.now())
    due = request.ticket.due_at
    assert due is not None
    with time_machine.travel(due + timedelta(milliseconds=500), tick=False):
        assert is_overdue(officer, request) == (False, False, False)
    with time_machine.travel(due + timedelta(seconds=1), tick=False):
        assert is_overdue(officer, request) == (True, True, True)


def test_the_date_of_a_request_is_the_one_that_its_person_reads(officer: User) -> None:
    request = shown(right=Right.OBJECTION, at=clock.now())
    due, there = request.ticket.due_at, ZoneInfo("America/Los_Angeles")
    assert due is not None
    near_midnight = due.astimezone(there).replace(hour=23, minute=59, second=59)
    Ticket.objects.filter(pk=request.ticket_id).update(zone=str(there), due_at=near_midnight)
    request.ticket.refresh_from_db()
    page = staff_client(officer).get(f"{REQUESTS}?queue=open").text
    assert short_day(near_midnight, there) in page
    assert short_day(near_midnight) not in page
    assert selectors.due_in_words(request.ticket, now=clock.now()) in page


def queries_of(desk: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert desk.get(url).status_code == 200
    return len(seen)


def put_together(officer: User, **answers: Any) -> None:
    request = shown(at=clock.now(), **answers)
    data_copies.collect(request=request, by=officer, actor=actor.staff(officer.pk), at=clock.now())


def test_the_list_of_copies_asks_for_the_parts_of_all_rows_at_once(officer: User) -> None:
    desk, url = staff_client(officer), "/admin/grievances/bundle/"
    put_together(officer)
    desk.get(url)
    with_one = queries_of(desk, url)
    for name in ("ravi", "meera", "john"):
        put_together(officer, email=f"{name}@example.in")
    assert queries_of(desk, url) == with_one
    assert "people (waiting)" in desk.get(url).text
