"""A process whose clock is wrong: what would write is answered with 503, and a stop is taken, at the right time."""

from datetime import timedelta
from http import HTTPStatus
from unittest import mock

import pytest
import time_machine
from django.test import Client
from django.utils.timezone import now as django_now

from consent.tasks import record_deferred_opt_outs
from portal.fronts.workplace.health import Health, findings
from portal.kernel.core import clock, database_clock, read_only
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.models import Entry
from portal.kernel.outbox import tasks as outbox
from portal.kernel.people.models.user import User
from tests.api import test_inbound
from tests.consent.factories import said
from tests.selfservice.test_database_away import PROGRAM, asha, quiet_client, refusals, ticket_in, world
from tests.selfservice.test_one_click import letter, path
from tests.signin.people_who_sign_in import customer_client

__all__ = ["asha", "world"]
pytestmark = pytest.mark.django_db(transaction=True)
WRONG = (timedelta(days=1), timedelta(days=-1))


@pytest.fixture(autouse=True)
def compared(settings, monkeypatch):
    settings.CLOCKS_MUST_AGREE = True
    settings.OUTBOX_REPORT_SECRETS = [test_inbound.SECRET]
    monkeypatch.setattr(database_clock, "_state", database_clock._State())
    monkeypatch.setattr(database_clock, "is_kept_by_ntp", lambda: False)
    database_clock.apart()


@pytest.mark.parametrize("by", WRONG, ids=["ahead", "behind"])
def test_pages_are_read_and_what_was_written_comes_back_with_503(world, by):
    client = quiet_client()
    before = Entry.objects.count()
    with time_machine.travel(clock.now() + by):
        assert client.get("/privacy/").status_code == HTTPStatus.OK
        page = client.post("/privacy/grievances/new/what-happened/", {"what_happened": "They wrote three times."})
        problem = client.post("/api/v1/decisions", {}, content_type="application/json")
        ready = client.get("/readyz")
        found = {one.name: one for one in findings(clock.now())}
    assert page.status_code == problem.status_code == ready.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert "They wrote three times." in page.text
    assert page["Retry-After"] == problem["Retry-After"] == "30"
    assert problem["Content-Type"] == "application/problem+json"
    assert not ready.json()["parts"]["clock"]["ok"]
    assert found["clock.database"].state == Health.BAD
    assert "records nothing" in found["clock.database"].says
    assert Entry.objects.count() == before
    assert quiet_client().get("/readyz").json()["parts"]["clock"]["ok"]


@pytest.mark.parametrize("by", WRONG, ids=["ahead", "behind"])
def test_the_link_of_a_letter_stops_now_and_not_a_day_off(asha, by):
    link, now = path(letter(asha)), django_now()
    with time_machine.travel(now + by):
        assert quiet_client().post(link, PROGRAM).status_code == HTTPStatus.OK
        assert record_deferred_opt_outs() == 1
    (event,) = refusals(channel="email", purpose="marketing")
    for at in (event.occurred_at, event.recorded_at, event.entry.recorded_at, event.receipt.made_at):
        assert abs(at - now) < timedelta(seconds=30)


def test_the_button_of_somebody_who_is_signed_in_stops_though_the_session_seems_over(asha):
    client = customer_client(User.objects.get(email=test_inbound.ASHA))
    ticket, now = ticket_in(client.get("/privacy/preferences/").text), django_now()
    with time_machine.travel(now + timedelta(days=40)):
        assert client.post("/privacy/preferences/stop/", {"ticket": ticket}).status_code == HTTPStatus.ACCEPTED
        assert record_deferred_opt_outs() == 1
    assert abs(
        refusals(channel="email", purpose="marketing", fiduciary__code="onesetu").get().occurred_at - now
    ) < timedelta(seconds=30)


@pytest.mark.parametrize("by", WRONG, ids=["ahead", "behind"])
def test_a_stop_that_the_gateway_brings_is_taken_now(asha, by):
    body, headers = test_inbound.signed(test_inbound.row("STOP", at=None))
    now = django_now()
    with time_machine.travel(now + by):
        answer = Client().post(test_inbound.PATH, body, content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json()["new"]) == (HTTPStatus.OK, 1)
    stops = refusals(channel="sms")
    assert stops.exists()
    assert all(abs(event.occurred_at - now) < timedelta(seconds=30) for event in stops)


def test_tasks_do_nothing_until_the_clock_is_right(world):
    with mock.patch("portal.kernel.outbox.tasks.scheduler.sweep") as sweep:
        with time_machine.travel(clock.now() + timedelta(days=1)):
            outbox.sweep()
        sweep.assert_not_called()
        outbox.sweep()
        sweep.assert_called_once()


def test_a_wrong_clock_opens_nothing_that_read_only_mode_has_closed(asha, settings, tmp_path):
    settings.READ_ONLY_SWITCH = tmp_path / "read-only"
    body, headers = test_inbound.signed(test_inbound.row("STOP", at=None))
    read_only.turn_on(why="incident", now=clock.now())
    with time_machine.travel(django_now() + timedelta(days=1)):
        answer = quiet_client().post(test_inbound.PATH, body, content_type="application/json", headers=headers)
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert not refusals(channel="sms").exists()


def test_rows_and_leaves_agree_where_the_clock_is_a_little_wrong(asha):
    """Less than a minute: the process writes, and the ledger is dated by the database's clock."""
    with time_machine.travel(django_now() + timedelta(seconds=40)):
        said(asha, "withdrawn", channel="email")
        ledger.seal_now()
    event = refusals(channel="email", purpose="marketing").get()
    assert event.recorded_at == event.entry.recorded_at
    assert ledger.verify().failures == []
