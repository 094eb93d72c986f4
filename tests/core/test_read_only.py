"""Read-only mode: pages read, nothing is taken in or sent, nothing is lost, and a stop is taken all the same."""

from datetime import timedelta
from http import HTTPStatus
from unittest import mock

import pytest
from django.urls import reverse

from portal.fronts.workplace.health import Health, findings
from portal.fronts.workplace.models import Pulse
from portal.fronts.workplace.tasks import pulse
from portal.kernel.core import clock, read_only, readiness
from portal.kernel.ledger.models import Head
from portal.kernel.outbox import tasks as outbox
from portal.kernel.outbox.models import Message
from tests.outbox.factories import posted, use_template
from tests.shipped import every_rule

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def switch(settings, tmp_path) -> None:
    settings.READ_ONLY_SWITCH = tmp_path / "var" / "read-only"


@pytest.fixture
def is_on(switch) -> None:
    read_only.turn_on(why="maintenance", now=clock.now())


@pytest.mark.parametrize(("language", "words"), [("en", "only read"), ("hi", "केवल पढ़"), ("mr", "फक्त वाचू")])
def test_pages_read_and_say_so_and_what_was_written_comes_back(client, is_on, language, words) -> None:
    asked = {"headers": {"Accept-Language": language}}
    page = client.get(reverse("privacy:policies"), **asked)
    assert (page.status_code, words in page.text) == (HTTPStatus.OK, True)
    typed = {
        "what_happened": "They wrote <three> times.",
        "password": "hunter2hunter2",
        "csrfmiddlewaretoken": "x" * 64,
    }
    refused = client.post("/privacy/grievances/new/what-happened/", typed, **asked)
    assert refused.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert refused.headers["Retry-After"] == "300"
    assert f'<html lang="{language}"' in refused.text
    assert "They wrote &lt;three&gt; times." in refused.text
    assert "hunter2" not in refused.text


def test_what_comes_back_was_written_by_a_person_and_is_no_part_of_the_form(client, is_on) -> None:
    """The page of an act of staff gave back "answer", "approve" and the numbers of rows."""
    written = ["A word of mine", "asha@example.in", "98200 12345", "2026-11-27"]
    form = {"button": "answer", "decision": "approve", "row": "1204", "draft": "0f8fad5b-d9cd-4d1a-8f0e-1f0f8fad5b01"}
    refused = client.post("/admin/law/clock/act/end/", {**form, "why": written})
    assert refused.context["kept"] == written


def test_machines_are_told_to_try_again_and_no_message_is_allowed_meanwhile(client, is_on) -> None:
    for path in ("/api/v1/decisions", "/api/v1/messages/inbound"):
        answer = client.post(path, data="{}", content_type="application/json")
        assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["Retry-After"]


def test_a_stop_from_a_letter_and_the_sign_in_of_staff_are_taken(client, is_on) -> None:
    """Most mail programs send a one-click stop once. Here it reaches its view, which knows no such link."""
    for path in ("/privacy/out/nobody/", "/staff/sign-in/"):
        assert client.post(path).status_code != HTTPStatus.SERVICE_UNAVAILABLE
    for taken in read_only.TAKEN:
        assert client.get(taken).status_code != HTTPStatus.NOT_FOUND or taken == "/privacy/out/"


def test_workers_do_nothing_but_seal_and_give_signs_of_life_and_go_on_afterwards(is_on) -> None:
    with mock.patch("portal.kernel.outbox.tasks.scheduler.sweep") as sweep:
        outbox.sweep()
        sweep.assert_not_called()
        pulse("notify")
        assert Pulse.objects.count() == 1
        read_only.turn_off()
        outbox.sweep()
        sweep.assert_called_once()


@pytest.mark.django_db(databases=["default", "keys"])
def test_pages_that_read_stay_in_service_though_nothing_is_sent_or_signed(client, monkeypatch) -> None:
    """A load balancer took every process away once a message had waited for ten minutes."""
    every_rule()
    use_template(monkeypatch)
    message, late = posted(), clock.now() - timedelta(minutes=11)
    Message.objects.filter(pk=message.pk).update(next_attempt_at=late)
    Head.objects.update_or_create(pk=1, defaults={"size": 0, "root": b"", "stopped_at": late, "stopped_by": "X1"})

    def asked() -> tuple[int, set[str]]:
        told = {name for name, ok, _detail in readiness.parts() if not ok} & {"outbox", "ledger"}
        found = {one.name for one in findings(clock.now()) if one.state == Health.BAD}
        assert told == found & {"outbox", "ledger"}
        parts = {name: detail for name, _ok, detail in readiness.parts()}
        assert parts["ledger"] == "signing stopped", "it is told all the same"
        return client.get("/readyz").status_code, found & {"outbox", "ledger", "lag.outbox"}

    read_only.turn_on(why="incident", now=clock.now())
    assert asked() == (HTTPStatus.OK, set())
    looked_at = {one.name: one for one in findings(clock.now()) if one.state == Health.LOOK}
    assert {"outbox", "ledger", "lag.outbox"} <= set(looked_at)
    assert "read-only" in looked_at["outbox"].says
    read_only.turn_off()
    assert asked() == (HTTPStatus.OK, {"outbox", "ledger", "lag.outbox"})
