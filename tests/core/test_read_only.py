"""Read-only mode: pages read, nothing is taken in or sent, nothing is lost, and a stop is taken all the same."""

from datetime import timedelta
from http import HTTPStatus
from unittest import mock

import pytest
from django.core.management import call_command
from django.urls import reverse

from portal.audit.models import AuditEvent
from portal.core import clock, read_only
from portal.core.tickets import QUEUES
from portal.ledger.models import Head
from portal.outbox import tasks as outbox
from portal.outbox.models import Message
from portal.workplace.health import Health, findings
from portal.workplace.models import Pulse
from portal.workplace.tasks import pulse, watch_health
from tests.outbox.factories import posted, use_template
from tests.people.factories import PrincipalFactory, StaffFactory
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import staff_client

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
    with mock.patch("portal.outbox.tasks.sweeping.sweep") as sweep:
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
        answer = client.get("/readyz")
        told = {name for name in ("outbox", "ledger") if not answer.json()["parts"][name]["ok"]}
        found = {one.name for one in findings(clock.now()) if one.state == Health.BAD}
        assert told == found & {"outbox", "ledger"}
        assert answer.json()["parts"]["ledger"]["detail"] == "signing stopped", "it is told all the same"
        return answer.status_code, found & {"outbox", "ledger", "lag.outbox"}

    read_only.turn_on(why="incident", now=clock.now())
    assert asked() == (HTTPStatus.OK, set())
    looked_at = {one.name: one for one in findings(clock.now()) if one.state == Health.LOOK}
    assert {"outbox", "ledger", "lag.outbox"} <= set(looked_at)
    assert "read-only" in looked_at["outbox"].says
    read_only.turn_off()
    assert asked() == (HTTPStatus.SERVICE_UNAVAILABLE, {"outbox", "ledger", "lag.outbox"})


def test_no_alert_is_written_while_nothing_is_sent(is_on) -> None:
    """It would leave afterwards, and say what is so no more."""
    with mock.patch("portal.workplace.tasks.watching.watch") as watch:
        watch_health()
        watch.assert_not_called()
        read_only.turn_off()
        watch_health()
        watch.assert_called_once()


def test_the_command_turns_it_on_and_off_with_a_trace_and_a_setting_outlives_it(capsys, settings) -> None:
    for what in ("on", "on", "status", "off", "off"):
        call_command("read_only", what, "--json")
    said = [line.split('"changed": ')[1].split(",")[0].strip("}") for line in capsys.readouterr().out.splitlines()]
    assert said == ["true", "false", "false", "true", "false"]
    kinds = AuditEvent.objects.filter(kind__startswith="operations.").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["operations.read_only.begun", "operations.read_only.ended"]
    settings.READ_ONLY = True
    call_command("read_only", "off")
    assert "READ_ONLY is set in the environment" in capsys.readouterr().out


def test_staff_search_and_open_a_persons_record_and_file_with_a_reason_and_change_nothing(is_on) -> None:
    every_rule()
    person = PrincipalFactory()
    client = staff_client(StaffFactory(roles=["data_protection_officer"]))
    assert client.post(reverse("admin:find"), {"find": "OS-CU-0000"}).status_code == HTTPStatus.OK
    people = reverse("admin:people_principal_changelist")
    assert client.post(people, {"find": str(person.subject.ref)}).status_code == HTTPStatus.FOUND
    record = reverse("admin:people_principal_change", args=[person.pk])
    file = reverse("evidence:person", args=[person.subject.ref])
    why = {"purpose": "audit", "ticket": QUEUES[0], "open_record": "1"}
    for page in (record, file):
        assert client.post(page, why).status_code == HTTPStatus.FOUND
        assert "Say why you open it" not in client.get(page).text
    assert AuditEvent.objects.filter(kind="admin.record.opened").count() == 2
    for path, sent in (
        (people, {"find": "x", "action": "export-chosen"}),
        (record, {**why, "_save": "1"}),
        (reverse("admin:people_principal_do_one", args=[person.pk, "reveal-addresses"]), {"open_record": "1"}),
    ):
        assert client.post(path, sent).status_code == HTTPStatus.SERVICE_UNAVAILABLE


def test_a_record_asked_for_twice_is_shown_and_not_saved() -> None:
    every_rule()
    client = staff_client(StaffFactory(roles=["data_protection_officer"]))
    record = reverse("admin:people_principal_change", args=[PrincipalFactory().pk])
    asked = {"purpose": "audit", "ticket": QUEUES[0], "open_record": "1"}
    for _again in range(2):
        assert client.post(record, asked).headers["Location"] == record


def test_staff_read_that_nothing_can_be_changed(is_on) -> None:
    every_rule()
    client = staff_client(StaffFactory(roles=["administrator"]))
    assert "The portal is read-only." in client.get(reverse("admin:system")).text
    assert client.post(reverse("admin:ledger-verify")).status_code == HTTPStatus.SERVICE_UNAVAILABLE
