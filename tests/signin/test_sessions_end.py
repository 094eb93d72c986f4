"""A session left alone ends; so does one that is open for too long."""

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command

from portal.fronts.signin import session_limits
from portal.fronts.signin.middleware import BEGAN
from portal.kernel.core import clock
from portal.kernel.law.models import HouseRule
from portal.kernel.people import signin_limits
from portal.kernel.people.services import codes
from tests.people.factories import CustomerUserFactory, StaffFactory
from tests.signin.people_who_sign_in import customer_client, staff_client

pytestmark = pytest.mark.django_db
CASES = [
    (
        lambda: staff_client(StaffFactory(roles=["administrator"])),
        "/admin/",
        timedelta(minutes=30),
        timedelta(hours=12),
    ),
    (lambda: customer_client(CustomerUserFactory()), "/privacy/account/", timedelta(hours=1), timedelta(days=14)),
]


@pytest.fixture(autouse=True)
def fresh_limits(monkeypatch):
    monkeypatch.setattr(session_limits, "_kept", {})


@pytest.mark.parametrize(("open_browser", "page", "rest", "longest"), CASES)
def test_a_session_ends_when_it_is_left_alone(open_browser, page, rest, longest):
    with time_machine.travel("2026-11-25T06:00:00Z", tick=False) as travel:
        client = open_browser()
        assert client.get(page).status_code == 200
        travel.shift(rest - timedelta(seconds=1))
        assert client.get(page).status_code == 200
        travel.shift(rest)
        assert client.get(page).status_code == 302


@pytest.mark.parametrize(("open_browser", "page", "rest", "longest"), CASES)
def test_a_session_ends_in_the_end_however_busy_it_is(open_browser, page, rest, longest):
    with time_machine.travel("2026-11-25T06:00:00Z", tick=False) as travel:
        client = open_browser()
        client.get(page)
        session = client.session
        session[BEGAN] -= longest.total_seconds() - 120
        session.save()
        travel.shift(timedelta(seconds=119))
        assert client.get(page).status_code == 200
        travel.shift(timedelta(seconds=1))
        assert client.get(page).status_code == 302


def test_the_last_request_is_written_once_a_minute_at_most(monkeypatch):
    saved = []
    with time_machine.travel("2026-11-25T06:00:00Z", tick=False) as travel:
        client = customer_client(CustomerUserFactory())
        client.get("/privacy/account/")
        store = "django.contrib.sessions.backends.db.SessionStore.save"
        monkeypatch.setattr(store, lambda *args, **kwargs: saved.append(1))
        travel.shift(timedelta(seconds=59))
        client.get("/privacy/account/")
        assert saved == []
        travel.shift(timedelta(seconds=1))
        client.get("/privacy/account/")
        assert saved == [1]


def test_a_promise_comes_from_its_rule_once_rules_are_loaded():
    now = clock.now()
    assert signin_limits.length("signin.staff_session", now=now, otherwise=timedelta(days=1)) == timedelta(days=1)
    call_command("sync_rules")
    assert signin_limits.length("signin.staff_session", now=now, otherwise=timedelta(days=1)) == timedelta(minutes=30)
    assert signin_limits.number("signin.attempts", now=now, otherwise=99) == 5
    rule = HouseRule.objects.get(key="signin.code_life")
    code = codes.issue(purpose="sign_in", kind="email", address="asha@acme.example", now=now)
    assert code.expires_at - code.made_at == timedelta(minutes=rule.amount)


def test_the_page_of_sessions_is_written_once_for_customers_and_staff():
    root = Path(settings.BASE_DIR) / "templates"
    named = [str(path.relative_to(root)) for path in root.rglob("*.html") if "End this session" in path.read_text()]
    assert named == ["account/includes/sessions.html"]
