"""Delivery reports from outside: signed, small, new; anything else changes nothing and says nothing."""

import base64
import hmac
import json
import random
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from portal.kernel.core import clock, webhook_signatures
from portal.kernel.outbox.choices import MessageState
from portal.kernel.outbox.models import Delivery, ReceivedWebhook
from tests.outbox.conftest import channel, gate, notice  # noqa: F401 - fixtures
from tests.outbox.factories import RecordingChannel, posted
from tests.outbox.test_delivery import deliver
from tests.servers.communications import SECRET, signed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("notice", "gate")]
PATH = "/api/v1/delivery-reports"


@pytest.fixture(autouse=True)
def secret(settings: Any) -> None:
    settings.OUTBOX_REPORT_SECRETS = [SECRET]


@pytest.fixture
def message(channel: RecordingChannel) -> Any:  # noqa: F811
    sent = posted()
    assert deliver(sent) == MessageState.SENT
    return sent


def send(body: bytes, headers: dict[str, str]) -> Any:
    client = Client(raise_request_exception=False)
    return client.post(PATH, body, content_type="application/json", headers=headers)


def told(message: Any, event: str = "delivered", **more: str) -> list[dict[str, str]]:
    return [{"reference": message.reference, "event": event, **more}]


def test_a_signed_report_is_taken_and_the_same_again_changes_nothing(message):
    body, headers = signed(told(message, at="2026-11-24T10:00:00+05:30"))
    first, second = send(body, headers), send(body, headers)
    assert first.json() == {"new": 1, "known": 0, "no_such_message": 0, "unreadable": 0, "replayed": False}
    assert (second.status_code, second.json()["replayed"]) == (200, True)
    message.refresh_from_db()
    assert message.state == MessageState.DELIVERED


def test_an_older_and_a_newer_secret_hold_while_one_is_replaced(message, settings):
    settings.OUTBOX_REPORT_SECRETS = [webhook_signatures.new_secret(), SECRET]
    assert send(*signed(told(message))).status_code == 200
    settings.OUTBOX_REPORT_SECRETS = settings.OUTBOX_REPORT_SECRETS[:1]
    assert send(*signed(told(message, "read"))).status_code == 401


def wrong_secret(message):
    return signed(told(message), secret=webhook_signatures.new_secret())


def unsigned(message):
    return signed(told(message))[0], {}


def old(message):
    return signed(told(message), at=clock.now() - timedelta(minutes=6))


def changed(message):
    body, headers = signed(told(message))
    return body.replace(b"delivered", b"bounced"), headers


def renumbered(message):
    body, headers = signed(told(message))
    return body, {**headers, "webhook-id": "another"}


@pytest.mark.parametrize("forge", [wrong_secret, unsigned, old, changed, renumbered])
def test_what_is_badly_signed_changes_nothing_and_learns_nothing(message, forge):
    answer = send(*forge(message))
    assert (answer.status_code, answer.json()["code"]) == (401, "BAD_SIGNATURE")
    assert message.reference not in answer.text
    assert not ReceivedWebhook.objects.exists()
    assert list(message.deliveries.values_list("outcome", flat=True)) == ["started", "accepted"]


def test_nobody_may_report_where_no_secret_is_set(message, settings):
    body, headers = signed(told(message))
    under_nothing = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    forged = base64.b64encode(hmac.digest(b"", under_nothing, "sha256")).decode()
    for secrets in ([""], []):
        settings.OUTBOX_REPORT_SECRETS = secrets
        assert send(body, headers).status_code == 401
        assert send(body, {**headers, "webhook-signature": f"v1,{forged}"}).status_code == 401


def test_an_oversized_message_is_refused_before_it_is_read(message):
    body, headers = signed(told(message, code="A" * 70_000))
    answer = send(body, headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "TOO_LARGE")
    assert Delivery.objects.filter(message=message).count() == 2


@pytest.mark.parametrize("unfit", [{"code": "E301"}, {"code": "+919876543210"}, {"code": 7}, {"at": "yesterday"}])
def test_an_unfit_code_or_time_is_left_out_and_the_fact_is_kept(message, unfit):
    answer = send(*signed(told(message, "failed", **unfit)))
    assert (answer.status_code, answer.json()["new"]) == (200, 1)
    fact = message.deliveries.get(outcome="undelivered")
    assert fact.code == ""
    assert fact.happened_at >= message.created_at


@pytest.mark.parametrize("unfit", [{"event": "exploded"}, {"reference": "x" * 121}, {"reference": None}])
def test_a_report_that_nobody_can_read_holds_up_no_other(message, unfit):
    answer = send(*signed([{**told(message)[0], **unfit}, *told(message), "+919876543210"]))
    assert answer.status_code == 200
    assert (answer.json()["new"], answer.json()["unreadable"]) == (1, 2)
    assert "9876543210" not in answer.text


@pytest.mark.parametrize("body", [b"", b"[]", b"not json", b'{"reports": 3}', b"[" * 5_000])
def test_what_is_no_list_of_reports_is_refused(body):
    headers = webhook_signatures.sign(body, message_id="one", at=clock.now(), secrets=[SECRET])
    assert send(body, headers).status_code == 422


def test_reports_repeated_in_any_order_end_where_the_last_word_does(message):
    rng = random.Random(7)
    events = ["delivered", "read", "failed"] * 8
    rng.shuffle(events)
    for event in events:
        assert send(*signed(told(message, event))).status_code == 200
    message.refresh_from_db()
    assert message.state == MessageState.READ
    assert message.deliveries.count() == 5


def test_the_description_of_the_interface_names_the_body():
    described = Client().get("/api/v1/openapi.json").json()
    body = described["paths"][PATH]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["properties"]["reports"]["items"]["properties"]["event"]
    assert "$ref" not in json.dumps(body)
