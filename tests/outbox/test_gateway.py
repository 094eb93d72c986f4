"""The gateway's answers and what they mean for a message."""

from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from typing import Any
from uuid import uuid4

import pytest
from django.utils.module_loading import import_string

from portal.channel_adapters import adapters
from portal.kernel.core import clock
from portal.kernel.law.channels import BY_GATEWAY
from portal.kernel.outbox import system_checks
from portal.kernel.outbox.channels.gateway import GatewayChannel
from portal.kernel.outbox.channels.protocol import (
    OutcomeUnknown,
    Outgoing,
    PermanentFailure,
    SenderIdentity,
    TemporaryFailure,
)
from portal.kernel.outbox.channels.push import MOST_BROWSERS, TIMEOUT
from tests.servers import communications
from tests.servers.communications import Communications, Turn


@pytest.fixture
def api(settings: Any) -> Iterator[Communications]:
    with communications.running() as running:
        settings.OUTBOX_GATEWAY_URL = running.url + "/"
        settings.OUTBOX_GATEWAY_KEY = communications.KEY
        settings.OUTBOX_GATEWAY_TIMEOUT = 0.5
        settings.OUTGOING_PRIVATE_HOSTS = [running.host]
        yield running


def outgoing(key: str = "") -> Outgoing:
    return Outgoing(
        reference="OS-MS-7K4M-9QX2-C3TY",
        channel="sms",
        category="transactional",
        language="hi",
        address="+919876543210",
        subject="सूचना",
        body="आपका कोड 123456",
        kind="signin.contact_code",
        variables={"code": "123456"},
        sender=SenderIdentity("1101", "ONESTU-S", "1107"),
        idempotency_key=key or str(uuid4()),
    )


def test_an_accepted_message_keeps_the_gateways_name_for_it(api: Communications) -> None:
    key = str(uuid4())
    accepted = GatewayChannel().send(outgoing(key))
    assert accepted.provider_reference
    assert api.headers[0]["Idempotency-Key"] == key
    assert api.asked == [
        {
            "reference": "OS-MS-7K4M-9QX2-C3TY",
            "channel": "sms",
            "to": "+919876543210",
            "category": "transactional",
            "language": "hi",
            "text": "आपका कोड 123456",
            "entity_id": "1101",
            "header": "ONESTU-S",
            "template": {"id": "1107", "kind": "signin.contact_code", "variables": {"code": "123456"}},
        }
    ]


def test_the_same_key_again_delivers_once_and_gets_the_same_name(api: Communications) -> None:
    first, second = (GatewayChannel().send(outgoing("same")) for _ in range(2))
    assert first == second
    assert api.delivered["OS-MS-7K4M-9QX2-C3TY"] == 1


@pytest.mark.parametrize(
    ("turn", "failure", "code"),
    [
        (Turn(400, "TEXT_DIFFERS_FROM_TEMPLATE"), PermanentFailure, "TEXT_DIFFERS_FROM_TEMPLATE"),
        (Turn(422), PermanentFailure, "HTTP_422"),
        (Turn(422, "+919876543210"), PermanentFailure, "HTTP_422"),
        (Turn(401, "KEY_ENDED"), TemporaryFailure, "KEY_ENDED"),
        (Turn(404), TemporaryFailure, "HTTP_404"),
        (Turn(302, headers={"Location": "http://169.254.169.254/"}), TemporaryFailure, "HTTP_302"),
        (Turn(429), TemporaryFailure, "HTTP_429"),
        (Turn(503), TemporaryFailure, "HTTP_503"),
        (Turn(500), OutcomeUnknown, "HTTP_500"),
        (Turn(502, body=b"<html>" + b"x" * 100_000), OutcomeUnknown, "HTTP_502"),
        (Turn(hangs_up=True), OutcomeUnknown, "BROKEN_OFF"),
        (Turn(delay=1.0), OutcomeUnknown, "BROKEN_OFF"),
    ],
)
def test_each_answer_has_its_meaning(api: Communications, turn: Turn, failure: type[Exception], code: str) -> None:
    api.turns.append(turn)
    with pytest.raises(failure) as raised:
        GatewayChannel().send(outgoing())
    assert raised.value.code == code  # type: ignore[attr-defined]


def test_a_gateway_that_does_not_run_has_taken_nothing(settings: Any) -> None:
    settings.OUTBOX_GATEWAY_URL, settings.OUTGOING_PRIVATE_HOSTS = "http://127.0.0.1:9", ["127.0.0.1:9"]
    with pytest.raises(TemporaryFailure, match="NOBODY_LISTENS"):
        GatewayChannel().send(outgoing())


def test_an_address_that_does_not_exist_is_told_from_other_refusals(api: Communications) -> None:
    api.turns += [Turn(422, "UNKNOWN_SUBSCRIBER"), Turn(422, "TEMPLATE_PAUSED")]
    said = []
    for _ in range(2):
        with pytest.raises(PermanentFailure) as raised:
            GatewayChannel().send(outgoing())
        said.append(raised.value.no_such_address)
    assert said == [True, False]


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_the_wait_that_the_gateway_asks_for_is_read(api: Communications, form: str) -> None:
    wanted = "120" if form == "seconds" else format_datetime(clock.now() + timedelta(seconds=120), usegmt=True)
    api.turns.append(Turn(429, headers={"Retry-After": wanted}))
    with pytest.raises(TemporaryFailure) as raised:
        GatewayChannel().send(outgoing())
    assert raised.value.retry_after is not None
    assert timedelta(seconds=115) < raised.value.retry_after <= timedelta(seconds=121)


def test_a_wait_that_cannot_be_read_is_none(api: Communications) -> None:
    api.turns.append(Turn(429, headers={"Retry-After": "soon"}))
    with pytest.raises(TemporaryFailure) as raised:
        GatewayChannel().send(outgoing())
    assert raised.value.retry_after is None


def test_a_channel_has_an_adapter_where_something_carries_it() -> None:
    assert set(adapters(carried=(), push=False, demo=False)) == {"dashboard", "email", "webhook"}
    assert (
        adapters(carried=["sms"], push=False, demo=False)["sms"]
        == "portal.kernel.outbox.channels.gateway.GatewayChannel"
    )
    everything = adapters(carried=(), push=True, demo=True)
    assert set(everything) == {"dashboard", "email", "webhook", "push", "sms", "whatsapp", "rcs", "voice"}
    assert everything["sms"] == "portal.demo.gateway.MailboxChannel"
    # A gateway that was set carries what it was set for, in the demonstration too, and nothing pretends to.
    assert "rcs" not in adapters(carried=["sms"], push=True, demo=True)
    for path in {**everything, **adapters(carried=BY_GATEWAY, push=True, demo=False)}.values():
        assert isinstance(import_string(path)().takes_idempotency_key, bool)
    with pytest.raises(KeyError, match="pigeon"):
        adapters(carried=["sms", "pigeon"], push=False, demo=False)


@pytest.mark.parametrize(
    ("key", "secrets", "codes"),
    [
        ("key", ["whsec_" + "a" * 40], []),
        ("", ["whsec_" + "a" * 40], ["outbox.E003"]),
        ("key", [], ["outbox.E003"]),
        ("key", ["whsec_" + "a" * 40, "short"], ["outbox.E003"]),
        ("key", ["whsec_" + "a" * 28], ["outbox.E003"]),  # 28 characters, 21 bytes
        ("key", ["a passphrase of 24 bytes"], []),
        ("key", ["पासवर्ड" * 9], ["outbox.E003"]),
    ],
)
def test_production_has_a_gateways_key_and_good_secrets(
    settings: Any, key: str, secrets: list[str], codes: list[str]
) -> None:
    settings.PRODUCTION, settings.OUTBOX_GATEWAY_URL = True, "https://gateway.example/v1"
    settings.OUTBOX_GATEWAY_KEY, settings.OUTBOX_REPORT_SECRETS = key, secrets
    assert [error.id for error in system_checks.a_gateway_has_its_keys(None)] == codes


@pytest.mark.parametrize(("secrets", "codes"), [([], []), (["short"], ["outbox.E003"]), ([""], ["outbox.E003"])])
def test_a_weak_secret_is_refused_where_no_gateway_is_set_too(
    settings: Any, secrets: list[str], codes: list[str]
) -> None:
    settings.PRODUCTION, settings.OUTBOX_GATEWAY_URL, settings.OUTBOX_REPORT_SECRETS = True, "", secrets
    assert [error.id for error in system_checks.a_gateway_has_its_keys(None)] == codes


def test_a_lease_outlasts_every_browser_of_a_person(settings: Any) -> None:
    settings.PRODUCTION, settings.OUTBOX_LEASE_SECONDS = True, 2 * MOST_BROWSERS * TIMEOUT
    settings.OUTBOX_CHANNELS = adapters(carried=(), push=False, demo=False)
    assert system_checks.a_lease_outlasts_a_send(None) == []
    settings.OUTBOX_CHANNELS = adapters(carried=(), push=True, demo=False)
    assert [error.id for error in system_checks.a_lease_outlasts_a_send(None)] == ["outbox.E002"]
    settings.OUTBOX_LEASE_SECONDS += 1
    assert system_checks.a_lease_outlasts_a_send(None) == []


def test_a_lease_outlasts_the_gateway_too(settings: Any) -> None:
    settings.PRODUCTION, settings.OUTBOX_LEASE_SECONDS, settings.OUTBOX_GATEWAY_TIMEOUT = True, 120, 90
    assert [error.id for error in system_checks.a_lease_outlasts_a_send(None)] == ["outbox.E002"]
