"""Another system is told: signed, once by its number, tried again whatever is wrong with the system."""

import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID, uuid4

import pytest

from portal.kernel.core import answers, clock, webhook_signatures
from portal.kernel.core.errors import Refused
from portal.kernel.outbox import data_copy_sections
from portal.kernel.outbox.choices import MessageState
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import message_content, post_webhook
from tests.outbox.test_delivery import deliver, facts

pytestmark = pytest.mark.django_db
NEW, OLD = webhook_signatures.new_secret(), webhook_signatures.new_secret()


class Recipient:
    """A system that is slow, wrong or down as ``status`` and ``delay`` say."""

    def __init__(self) -> None:
        self.host, self.status, self.delay, self.headers = "", 204, 0.0, {}
        self.taken: list[tuple[dict[str, str], bytes]] = []


@pytest.fixture
def recipient(settings: Any) -> Iterator[Recipient]:
    system = Recipient()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            system.taken.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            time.sleep(system.delay)
            try:
                self.send_response(system.status)
                for name, value in {"Content-Length": "0", **system.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
            except OSError:
                return

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    system.host = f"127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    settings.OUTGOING_PRIVATE_HOSTS, settings.OUTBOX_WEBHOOK_SECRETS = [system.host], {system.host: [NEW, OLD]}
    settings.OUTBOX_GATEWAY_TIMEOUT = 5
    yield system
    server.shutdown()
    server.server_close()


def told(url: str, *, about: str = "tests.thing:1", subject_ref: UUID | None = None) -> Message:
    return post_webhook(
        kind="tests.withdrawn",
        subject_ref=subject_ref or uuid4(),
        url=url,
        purpose="marketing",
        about=about,
        data={"purpose": "marketing", "channel": "sms"},
    )


@pytest.mark.parametrize("secret", [NEW, OLD], ids=["newer", "older"])
def test_a_system_verifies_what_it_is_told_under_the_new_and_the_older_secret(recipient, secret):
    message = told(f"http://{recipient.host}/in")
    assert deliver(message) == MessageState.SENT
    ((headers, body),) = recipient.taken
    assert webhook_signatures.verify(headers, body, secrets=[secret], now=clock.now()) == str(message.idempotency_key)
    said = json.loads(body)
    assert (said["type"], said["data"]) == ("tests.withdrawn", {"purpose": "marketing", "channel": "sms"})


def test_no_gate_is_asked_whether_a_processor_may_be_told_to_stop(recipient, monkeypatch):
    monkeypatch.setattr(answers.send_gate, "_answer", lambda **question: 1 / 0)
    assert deliver(told(f"http://{recipient.host}/in")) == MessageState.SENT


@pytest.mark.parametrize(
    ("status", "reason"),
    [(500, "HTTP_500"), (404, "HTTP_404"), (301, "HTTP_301"), (400, "HTTP_400"), (429, "HTTP_429")],
)
def test_whatever_is_wrong_with_the_system_it_is_told_again(recipient, status, reason):
    recipient.status, recipient.headers = status, {"Location": "http://169.254.169.254/latest"}
    message = told(f"http://{recipient.host}/in")
    assert deliver(message) == MessageState.DUE
    assert message.reason == reason
    assert len(recipient.taken) == 1


def test_a_system_that_wants_nothing_more_waits_for_a_person(recipient):
    recipient.status = 410
    assert deliver(told(f"http://{recipient.host}/in")) == MessageState.DEAD


def test_a_slow_system_is_told_again_under_the_same_number(recipient, settings):
    recipient.delay, settings.OUTBOX_GATEWAY_TIMEOUT = 1.0, 0.5
    message = told(f"http://{recipient.host}/in")
    assert deliver(message) == MessageState.DUE
    recipient.delay = 0.0
    assert deliver(message, now=clock.now() + timedelta(hours=1)) == MessageState.SENT
    assert len({headers["webhook-id"] for headers, _body in recipient.taken}) == 1
    assert facts(message) == ["started", "unknown", "started", "accepted"]


def test_a_private_address_is_not_asked(recipient, settings):
    settings.OUTBOX_WEBHOOK_SECRETS = {"127.0.0.1:1": [NEW], "localhost": [NEW]}
    for number, url in enumerate(("https://127.0.0.1:1/in", "https://localhost/in")):
        message = told(url, about=f"tests.thing:{number}")
        assert deliver(message) == MessageState.DUE
        assert message.reason == "PRIVATE_ADDRESS"


def test_without_a_secret_of_its_own_a_system_is_told_nothing(recipient, settings):
    settings.OUTBOX_WEBHOOK_SECRETS = {"other.example": [NEW]}
    message = told(f"http://{recipient.host}/in")
    assert deliver(message) == MessageState.DUE
    assert (message.reason, recipient.taken) == ("NO_SECRET", [])


@pytest.mark.parametrize(
    "url", ["", "ftp://x.example/", "http://x.example/", "https://a:b@x.example/", "https://[::1", "x"]
)
def test_what_is_no_address_of_a_system_is_refused(url):
    with pytest.raises(Refused):
        told(url)


def test_the_same_thing_is_told_once_and_shows_no_path(recipient):
    ref = uuid4()
    first, second = (told(f"http://{recipient.host}/secret-path", subject_ref=ref) for _ in range(2))
    assert first == second
    assert first.destination.masked == f"{recipient.host}/…"
    assert message_content.address_of(first).endswith("/secret-path")


def test_what_a_system_was_told_is_no_message_to_the_person(recipient):
    ref = uuid4()
    told(f"http://{recipient.host}/in", subject_ref=ref)
    assert data_copy_sections.MessageSection().collect(subject_refs=[ref]) == []
