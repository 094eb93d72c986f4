"""The database is away: pages say so and keep what was written, and no stop is lost."""

import re
import sqlite3
import time
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import psycopg
import pytest
import time_machine
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

from consent.base.rules.status_fold import ONE_PRESS
from consent.base.selectors import contact_rulebook
from consent.collection.services import deferred_opt_outs, opt_out_tickets
from consent.records.models.events import ConsentEvent
from consent.records.models.suppressions import Suppression
from consent.suppressions.services import one_click_unsubscribe
from portal.fronts.workplace.health import checks
from portal.fronts.workplace.health.result import Health
from portal.kernel.core import clock, read_only
from portal.kernel.core.errors import Refused
from portal.kernel.outbox.models import Message
from portal.kernel.people.models.fiduciaries import Fiduciary
from portal.kernel.people.models.invitations import OneTimeCode
from portal.kernel.people.models.user import User
from portal.kernel.people.services import codes
from tests.campaigns.counts import conclude
from tests.consent.factories import ASHA, law_is_loaded, person, published_notice, said
from tests.outbox.factories import use_template
from tests.people.factories import CustomerUserFactory, FiduciaryFactory, issued_api_key
from tests.selfservice.test_one_click import letter, path
from tests.selfservice.windows import Window
from tests.signin.people_who_sign_in import customer_client

pytestmark = pytest.mark.django_db(transaction=True)
STRANGER = "+919811112222"
PROGRAM = {"List-Unsubscribe": "One-Click"}


@pytest.fixture(autouse=True)
def world(db, monkeypatch, settings, tmp_path):
    settings.VAR = tmp_path
    contact_rulebook.forget()
    law_is_loaded()
    published_notice()
    FiduciaryFactory(code="acme-bank", name="Acme Bank")
    use_template(monkeypatch)
    with patch("consent.collection.forms.opt_outs.can_send", return_value=True):
        yield


@pytest.fixture
def asha(world):
    asha = person(email=None)
    CustomerUserFactory(email=ASHA, principal=asha)
    for channel in ("email", "sms"):
        said(asha, "given", channel=channel)
    return asha


@contextmanager
def away():
    """No statement is answered, and no connection is made."""

    def gone(*given, **more):
        raise OperationalError("server closed the connection: row of Asha")

    with (
        patch.object(BaseDatabaseWrapper, "cursor", gone),
        patch.object(BaseDatabaseWrapper, "ensure_connection", gone),
        patch.object(BaseDatabaseWrapper, "get_autocommit", gone),
    ):
        yield


def quiet_client():
    return Window(raise_request_exception=False)


def ticket_in(page):
    return re.search(r'name="ticket" value="([^"]+)"', page).group(1)


def refusals(**about):
    return ConsentEvent.objects.filter(answer__in=("withdrawn", "denied"), **about)


def test_a_page_says_when_to_come_again_and_keeps_what_was_written(asha):
    client = quiet_client()
    with away():
        shown = client.get("/privacy/", HTTP_COOKIE="sessionid=abcdefghijklmnopqrstuvwxyz012345")
        sent = client.post("/privacy/stop/", {"address": "asha.typed@customer.example"})
    for answer in (shown, sent):
        assert answer.status_code == 503
        assert answer["Retry-After"]
        assert "Asha" not in answer.text
    assert "asha.typed@customer.example" in sent.text


def test_staff_and_programs_are_told_the_same(asha):
    key = issued_api_key(Fiduciary.objects.get(code="onesetu"))
    with away():
        page = quiet_client().get("/admin/", HTTP_COOKIE="sessionid=abcdefghijklmnopqrstuvwxyz012345")
        problem = quiet_client().post(
            "/api/v1/decisions", {}, content_type="application/json", headers={"Authorization": f"Bearer {key}"}
        )
    assert page.status_code == problem.status_code == 503
    assert problem.json()["status"] == 503
    assert page["Retry-After"] == problem["Retry-After"]


@pytest.mark.parametrize("pressed", [PROGRAM, {"act": "these"}, {"act": "all"}])
def test_a_link_in_a_letter_stops_at_the_time_at_which_it_was_pressed(asha, pressed):
    client, link = quiet_client(), path(letter(asha))
    pressed_at = clock.now().replace(microsecond=0) + timedelta(seconds=5)
    with time_machine.travel(pressed_at, tick=False), away():
        offered = client.get(link)
        answer = client.post(link, pressed)
    assert offered.status_code == 200
    assert 'name="act" value="these"' in offered.text
    assert answer.status_code == (200 if pressed is PROGRAM else 202)
    assert not refusals().exists()
    with time_machine.travel(pressed_at + timedelta(seconds=60), tick=False):
        assert deferred_opt_outs.record_waiting().taken == 1
    event = refusals(purpose="marketing", channel="email").get()
    assert event.occurred_at == pressed_at
    assert event.recorded_at >= pressed_at + timedelta(seconds=59)
    assert refusals(channel="sms").exists() == (pressed == {"act": "all"})
    assert deferred_opt_outs.record_waiting().taken == 0


def test_a_link_that_nobody_made_is_taken_by_nobody(asha):
    link = path(letter(asha))
    with away():
        answer = quiet_client().post(link.replace(".", ".A"), PROGRAM)
    assert answer.status_code == 404
    assert deferred_opt_outs.STOPS.waiting() == 0


def test_a_double_press_is_kept_once_within_the_time_in_which_it_is_one_stop_in_the_database(asha):
    link, at = one_click_unsubscribe.token_of(letter(asha).reference), clock.now()
    for passed in (timedelta(0), ONE_PRESS, ONE_PRESS + timedelta(seconds=1)):
        deferred_opt_outs.keep_link(link, act="these", at=at + passed)
    assert deferred_opt_outs.STOPS.waiting() == 2


def test_a_yes_that_was_said_after_the_press_stays(asha):
    pressed_at = clock.now() - timedelta(seconds=2)
    deferred_opt_outs.keep_link(one_click_unsubscribe.token_of(letter(asha).reference), act="these", at=pressed_at)
    said(asha, "given", channel="email", occurred_at=pressed_at + timedelta(seconds=1))
    deferred_opt_outs.record_waiting()
    assert not refusals().exists()


def test_the_button_of_somebody_who_is_signed_in_needs_no_session(asha):
    client = customer_client(User.objects.get(email=ASHA))
    ticket = ticket_in(client.get("/privacy/preferences/").text)
    client.raise_request_exception = False
    with away():
        answer = client.post("/privacy/preferences/stop/", {"ticket": ticket})
        forged = client.post("/privacy/preferences/stop/", {"ticket": ticket[:-8] + "AAAAAAAA"})
        without = client.post("/privacy/preferences/stop/")
    assert (answer.status_code, forged.status_code, without.status_code) == (202, 503, 503)
    assert deferred_opt_outs.record_waiting().taken == 1
    assert set(refusals().values_list("purpose", "channel")) >= {("marketing", "email"), ("marketing", "sms")}
    assert {event.way for event in refusals()} == {"stop_all"}


def asked_code(client):
    client.post("/privacy/stop/", {"address": STRANGER})
    code = OneTimeCode.objects.latest("pk")
    return code, ticket_in(client.get("/privacy/stop/code/").text)


def test_a_code_is_checked_when_the_database_is_back(asha):
    client = quiet_client()
    code, ticket = asked_code(client)
    typed = codes.plain(code)
    with away():
        answer = client.post("/privacy/stop/code/", {"code": typed, "ticket": ticket})
    assert answer.status_code == 202
    assert typed not in answer.text
    assert deferred_opt_outs.record_waiting().taken == 1
    assert Suppression.objects.filter(purpose="").count() == 2  # ours, and the client's
    code.refresh_from_db()
    assert code.used_at is not None


def test_a_wrong_code_stops_nothing_and_is_answered_with_a_new_one(asha):
    client = quiet_client()
    code, ticket = asked_code(client)
    wrong = "000000" if codes.plain(code) != "000000" else "111111"
    with away():
        client.post("/privacy/stop/code/", {"code": wrong, "ticket": ticket})
    assert deferred_opt_outs.record_waiting().taken == 1
    assert not Suppression.objects.exists()
    assert OneTimeCode.objects.filter(purpose="stop").count() == 2
    assert deferred_opt_outs.STOPS.refused() == 0, "no code that somebody typed stays on the disk"


def test_behind_a_code_that_was_typed_before_the_button_stops_whom_it_names(asha):
    client = quiet_client()
    code, _ticket = asked_code(client)
    client.post("/privacy/stop/code/", {"code": codes.plain(code)})
    ticket = ticket_in(client.get("/privacy/stop/choose/").text)
    with away():
        answer = client.post("/privacy/stop/choose/", {"ticket": ticket, "act": "onesetu"})
        late = clock.now() + timedelta(hours=2)
        with time_machine.travel(late, tick=False):
            assert client.post("/privacy/stop/choose/", {"ticket": ticket, "act": "all"}).url == "/privacy/stop/"
    assert answer.status_code == 202
    deferred_opt_outs.record_waiting()
    assert [row.fiduciary.code for row in Suppression.objects.all()] == ["onesetu"]


def test_a_client_whose_link_led_to_the_page_is_the_only_one_that_is_stopped(asha):
    """Who is named on the page and is known at the address by nothing else; the button of nobody stops nobody."""
    client = quiet_client()
    code, _ticket = asked_code(client)
    code = codes.redeem(
        purpose="stop",
        kind=code.kind,
        address=code.address,
        typed=codes.plain(code),
        browser=code.browser,
        now=clock.now(),
    )
    until = clock.now() + timedelta(minutes=5)
    ticket = opt_out_tickets.ticket_of_code(code, browser=code.browser, until=until, also="acme-bank")
    for act in ("acme-bank", "nobody"):
        deferred_opt_outs.keep_ticket(ticket, act=act, typed="", language="en", at=clock.now())
    assert deferred_opt_outs.record_waiting().refused == 1
    assert [row.fiduciary.code for row in Suppression.objects.all()] == ["acme-bank"]


def test_no_code_is_no_stop_and_a_code_that_was_used_as_the_database_went_is_one(asha):
    client = quiet_client()
    code, ticket = asked_code(client)
    with away():
        assert client.post("/privacy/stop/code/", {"code": "", "ticket": ticket}).status_code == 503
    typed = codes.plain(code)
    codes.redeem(
        purpose="stop", kind=code.kind, address=code.address, typed=typed, browser=code.browser, now=clock.now()
    )
    with away():
        client.post("/privacy/stop/code/", {"code": typed, "ticket": ticket})
    assert deferred_opt_outs.record_waiting().taken == 1
    assert Suppression.objects.exists()


def test_a_stop_behind_a_code_outlives_the_sweep_of_its_code(asha):
    client = quiet_client()
    code, _ticket = asked_code(client)
    client.post("/privacy/stop/code/", {"code": codes.plain(code)})
    ticket = ticket_in(client.get("/privacy/stop/choose/").text)
    with away():
        client.post("/privacy/stop/choose/", {"ticket": ticket, "act": "all"})
    OneTimeCode.objects.all().delete()
    assert deferred_opt_outs.record_waiting().taken == 1
    assert Suppression.objects.exists()


@pytest.fixture
def refused_stop(asha, monkeypatch):
    """The stop of a link that could not be recorded, and when it came."""
    deferred_opt_outs.keep_link(one_click_unsubscribe.token_of(letter(asha).reference), act="all", at=clock.now())

    def refuse(*_args, **_more):
        raise Refused("This version of the portal does not know how.")

    with monkeypatch.context() as patch:
        patch.setattr(one_click_unsubscribe, "stop_all", refuse)
        assert deferred_opt_outs.record_waiting().refused == 1
    return deferred_opt_outs.STOPS.first_refused()


def test_a_stop_that_could_not_be_carried_out_is_carried_out_by_a_command_with_its_time(refused_stop, capsys):
    with pytest.raises(SystemExit):
        call_command("deferred_opt_outs")
    assert "1 could not be recorded" in capsys.readouterr().out
    call_command("deferred_opt_outs", "--again")
    assert "1 recorded now, 0 waiting, 0 could not" in capsys.readouterr().out
    assert {row.suppressed_at for row in Suppression.objects.all()} == {refused_stop}


def test_a_stop_that_could_not_be_carried_out_is_shown_with_its_last_day_and_deleted_after_it(refused_stop):
    (finding,) = checks.deferred_opt_outs(clock.now())
    assert finding.state == Health.LOOK
    assert "are deleted from" in finding.todo
    with time_machine.travel(refused_stop + timedelta(days=89), tick=False):
        deferred_opt_outs.record_waiting()
    assert deferred_opt_outs.STOPS.refused() == 1
    with time_machine.travel(refused_stop + timedelta(days=91), tick=False):
        deferred_opt_outs.record_waiting()
    assert deferred_opt_outs.STOPS.refused() == 0


def test_nothing_is_carried_out_in_the_middle_of_a_restore(asha, settings, tmp_path):
    settings.READ_ONLY_SWITCH = tmp_path / "read-only"
    deferred_opt_outs.keep_link(one_click_unsubscribe.token_of(letter(asha).reference), act="these", at=clock.now())
    read_only.turn_on(why="incident", now=clock.now())
    assert (deferred_opt_outs.record_waiting().waiting, deferred_opt_outs.STOPS.refused()) == (1, 0)
    read_only.turn_off()
    assert deferred_opt_outs.record_waiting().taken == 1


def test_a_stop_that_is_carried_out_twice_is_one(asha):
    link = one_click_unsubscribe.token_of(letter(asha).reference)
    entry = {"kind": "link", "reference": one_click_unsubscribe.reference_in(link), "act": "all"}
    at = clock.now()
    deferred_opt_outs._record(entry, at)
    before = (ConsentEvent.objects.count(), Suppression.objects.count())
    deferred_opt_outs._record(entry, at)
    assert (ConsentEvent.objects.count(), Suppression.objects.count()) == before


def test_a_disk_that_is_full_is_never_answered_with_taken(asha, monkeypatch):
    link = path(letter(asha))

    def full(*given, **more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("portal.kernel.core.spool.os.fsync", full)
    with away():
        assert quiet_client().post(link, PROGRAM).status_code == 503


@pytest.mark.parametrize("count", [12, pytest.param(1_000, marks=pytest.mark.full)])
def test_of_many_stops_while_the_database_is_away_none_is_lost(world, count):
    """As many people as stops, each with the time of the press."""
    people = [person(email=f"p{n}@customer.example", phone=f"+9198{n:08d}") for n in range(count)]
    links = []
    for who, address in ((who, f"p{n}@customer.example") for n, who in enumerate(people)):
        said(who, "given", channel="email")
        links.append(path(letter(who)).replace(ASHA, address))
    start, client = clock.now().replace(microsecond=0), quiet_client()
    with away():
        for n, link in enumerate(links):
            with time_machine.travel(start + timedelta(seconds=60 * n / count), tick=False):
                assert client.post(link, PROGRAM).status_code == 200
    with time_machine.travel(start + timedelta(seconds=61)):
        while deferred_opt_outs.STOPS.waiting():
            assert deferred_opt_outs.record_waiting().taken
    times = dict(refusals(channel="email").order_by("pk").values_list("subject_ref", "occurred_at"))
    lost = {who.subject.ref for who in people} - times.keys()
    conclude("Stops pressed while the database is away", attempts=count, refused=0, acknowledged=count, lost=lost)
    for n, who in enumerate(people):
        expected = start + timedelta(seconds=60 * n / count)
        assert abs((times[who.subject.ref] - expected).total_seconds()) < 0.01
    assert Message.objects.filter(kind="consent.stopped").count() <= count


@contextmanager
def server_away():
    """PostgreSQL lets nobody into the database, and has ended every session in it."""
    name = connection.settings_dict["NAME"]
    given = connection.get_connection_params()
    address = {key: given[key] for key in ("host", "port", "user", "password") if given.get(key)}
    connection.close()
    with psycopg.connect(**address, dbname="postgres", autocommit=True) as session:
        session.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')
        try:
            session.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            yield
        finally:
            session.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true')


def test_a_real_server_that_is_away_loses_no_stop(asha, live_server, settings):
    """Requests of a running server, whose connections are broken and cannot be made anew."""
    if connection.vendor != "postgresql":
        pytest.skip("a file does not go away")
    settings.DEFERRED_OPT_OUTS_THREAD = True
    link = live_server.url + path(letter(asha))
    assert urlopen(link, timeout=10).status == 200
    body = urlencode(PROGRAM).encode()
    with server_away():
        with pytest.raises(HTTPError) as refused:
            urlopen(f"{live_server.url}/privacy/stop/", data=b"address=asha%40customer.example", timeout=20)
        assert refused.value.code in {403, 503}  # without a token of the form it is refused before
        assert urlopen(link, data=body, timeout=20).status == 200
        assert deferred_opt_outs.STOPS.waiting() == 1
    end = time.monotonic() + 20
    while deferred_opt_outs.STOPS.waiting() and time.monotonic() < end:
        time.sleep(0.1)
    assert refusals(purpose="marketing", channel="email").count() == 1


def test_a_file_that_somebody_keeps_locked_is_a_page_with_a_way_on(asha):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL locks rows")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout=50")
    link = path(letter(asha))
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        answer = quiet_client().post("/privacy/stop/", {"address": "asha.typed@customer.example"})
        stopped = quiet_client().post(link, PROGRAM)
    finally:
        other.execute("ROLLBACK")
        other.close()
        connection.close()
    assert answer.status_code == 503
    assert "asha.typed@customer.example" in answer.text
    assert (stopped.status_code, deferred_opt_outs.STOPS.waiting()) == (200, 1)
