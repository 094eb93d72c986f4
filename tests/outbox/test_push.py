"""Notices in browsers: read by the browser alone, forgotten with it."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock, http_client
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.law.choices import Channel
from portal.kernel.outbox import data_copy_sections, erasure
from portal.kernel.outbox.channels import push
from portal.kernel.outbox.channels.protocol import Outgoing, PermanentFailure, TemporaryFailure
from portal.kernel.outbox.channels.push import MOST_BROWSERS, PushChannel
from portal.kernel.outbox.choices import MessageState
from portal.kernel.outbox.models import PushSubscription
from portal.kernel.outbox.services import post, push_subscriptions
from tests.outbox.factories import KIND, Gate
from tests.outbox.test_delivery import deliver
from tests.servers import push_service
from tests.servers.push_service import Browser, PushService

pytestmark = pytest.mark.django_db
ASHA = UUID(int=1)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[PushService]:
    with push_service.running() as running:
        monkeypatch.setattr(http_client, "_is_ours", lambda host, own: host == running.host)
        yield running


def on(browser: Browser, subject_ref: UUID = ASHA, **changes: str) -> PushSubscription:
    given = {**browser.given(), **changes}
    return push_subscriptions.switch_on(
        subject_ref=subject_ref, browser="Firefox on Linux", actor=actor.SYSTEM, now=clock.now(), **given
    )


def a_notice(subject_ref: UUID = ASHA) -> Outgoing:
    return Outgoing(
        reference="OS-MS-7K4M-9QX2-C3TY",
        channel="push",
        category="transactional",
        language="hi",
        address="",
        subject="आपके लिए एक संदेश",
        body="आपका PAN कार्ड अस्वीकार हुआ",
        subject_ref=subject_ref,
    )


def test_only_the_browser_reads_the_notice_and_it_names_no_matter(service: PushService, settings: Any) -> None:
    browser = service.browser("one")
    on(browser)
    PushChannel().send(a_notice())
    ((_path, headers, sealed),) = service.taken
    said = json.loads(browser.read(sealed))
    assert said == {
        "title": "आपके लिए एक संदेश",
        "body": "पढ़ने के लिए इसे खोलें।",
        "lang": "hi",
        "tag": "OS-MS-7K4M-9QX2-C3TY",
        "url": "/privacy/messages/OS-MS-7K4M-9QX2-C3TY/",
    }
    assert b"PAN" not in sealed
    assert (headers["content-encoding"], headers["topic"]) == ("aes128gcm", "OS-MS-7K4M-9QX2-C3TY")


def test_the_push_service_knows_us_by_our_key(service: PushService) -> None:
    on(service.browser("one"))
    PushChannel().send(a_notice())
    token, key = (
        part.split("=", 1)[1] for part in service.taken[0][1]["authorization"].removeprefix("vapid ").split(", ")
    )
    assert key == push.public_key()
    raw = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))
    ours = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    claims = jwt.decode(token, ours, algorithms=["ES256"], audience="http://127.0.0.1")
    assert claims["sub"] == "mailto:privacy@onesetu.example"


@pytest.mark.parametrize("form", ["hex", "base64url"])
def test_the_key_is_taken_in_both_forms(settings: Any, form: str) -> None:
    raw = bytes(range(1, 33))
    plain = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    settings.VAPID_PRIVATE_KEY = raw.hex() if form == "hex" else plain
    expected = ec.derive_private_key(int.from_bytes(raw), ec.SECP256R1()).public_key()
    assert push.public_key() == push_service.in_base64(push_service.point(expected))


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_forgotten(service: PushService, status: int) -> None:
    on(service.browser("gone"))
    on(service.browser("here"))
    service.statuses["gone"] = status
    PushChannel().send(a_notice())
    assert [row.endpoint.rpartition("/")[2] for row in PushSubscription.objects.all()] == ["here"]


def test_without_a_browser_left_the_notice_is_refused_for_good(service: PushService) -> None:
    on(service.browser("gone"))
    service.statuses["gone"] = 410
    with pytest.raises(PermanentFailure, match="NO_BROWSER"):
        PushChannel().send(a_notice())


@pytest.mark.parametrize("status", [403, 429, 500])
def test_a_push_service_in_trouble_is_asked_again_and_nothing_is_forgotten(service: PushService, status: int) -> None:
    on(service.browser("one"))
    service.statuses["one"] = status
    with pytest.raises(TemporaryFailure, match=f"PUSH_{status}"):
        PushChannel().send(a_notice())
    assert PushSubscription.objects.count() == 1


def test_one_browser_that_took_it_is_enough(service: PushService) -> None:
    on(service.browser("busy"))
    on(service.browser("here"))
    service.statuses["busy"] = 503
    PushChannel().send(a_notice())
    assert [path for path, *_rest in service.taken] == ["here"]


def test_a_browser_belongs_to_whoever_switched_it_on_last(service: PushService) -> None:
    browser = service.browser("shared")
    on(browser)
    on(browser, UUID(int=2))
    assert [row.subject_ref for row in PushSubscription.objects.all()] == [UUID(int=2)]


def removed() -> list[tuple[str, object]]:
    """Whose browser was forgotten and why, as the audit tells it."""
    events = AuditEvent.objects.filter(kind="outbox.browser.removed").order_by("pk")
    return [(str(event.subject_ref), event.facts.get("reason_code")) for event in events]


def test_each_browser_that_is_forgotten_leaves_an_event(service: PushService) -> None:
    browser = service.browser("shared")
    on(browser)
    on(browser, UUID(int=2))
    service.statuses["shared"] = 410
    with pytest.raises(PermanentFailure):
        PushChannel().send(a_notice(UUID(int=2)))
    for number in range(MOST_BROWSERS + 1):
        on(service.browser(f"b{number}"))
    assert removed() == [
        (str(ASHA), "SWITCHED_ON_AGAIN"),
        (str(UUID(int=2)), "GONE"),
        (str(ASHA), "TOO_MANY"),
    ]


def test_the_least_used_browser_makes_room(service: PushService) -> None:
    for number in range(MOST_BROWSERS + 1):
        on(service.browser(f"b{number}"))
    ends = {row.endpoint.rpartition("/")[2] for row in PushSubscription.objects.all()}
    assert ends == {f"b{number}" for number in range(1, MOST_BROWSERS + 1)}


@pytest.mark.parametrize(
    "changes",
    [
        {"endpoint": "https://169.254.169.254/latest"},
        {"endpoint": "http://push.example/x"},
        {"endpoint": "https://127.0.0.1/x"},
        {"endpoint": "https://push.example/" + "x" * 1001},
        {"endpoint": ""},
        {"auth": "short"},
        {"auth": "!!!!"},
        {"p256dh": "AAAA"},
        {"p256dh": ""},
    ],
)
def test_what_no_browser_gave_is_refused(service: PushService, changes: dict[str, str]) -> None:
    with pytest.raises(Refused):
        on(service.browser("one"), **changes)
    assert not PushSubscription.objects.exists()


def test_nobody_switches_off_another_persons_browser(service: PushService) -> None:
    row = on(service.browser("one"))
    with pytest.raises(NotFound):
        push_subscriptions.switch_off(subject_ref=uuid4(), pk=row.pk, actor=actor.SYSTEM, now=clock.now())
    push_subscriptions.switch_off(subject_ref=ASHA, pk=row.pk, actor=actor.SYSTEM, now=clock.now())
    assert not PushSubscription.objects.exists()


def test_neither_endpoint_nor_keys_lie_in_the_clear(service: PushService) -> None:
    from django.db import connection

    browser = service.browser("one")
    on(browser)
    with connection.cursor() as cursor:
        cursor.execute("SELECT endpoint, p256dh, auth FROM outbox_pushsubscription")
        for stored, given in zip(cursor.fetchone(), browser.given().values(), strict=True):
            assert given.encode() not in bytes(stored)


def test_a_person_gets_their_browsers_in_the_bundle_without_the_keys(service: PushService) -> None:
    browser = service.browser("one")
    on(browser)
    (record,) = data_copy_sections.BrowserSection().collect(subject_refs=[ASHA])
    assert record["browser"] == "Firefox on Linux"
    assert not set(browser.given().values()) & {str(value) for value in record.values()}


def test_a_browser_ends_with_its_person_or_when_it_rested_too_long(service: PushService) -> None:
    eraser, now = erasure.PushSubscriptions(), clock.now()
    on(service.browser("one"))
    on(service.browser("two"), UUID(int=2))
    PushSubscription.objects.filter(subject_ref=ASHA).update(used_at=now - timedelta(days=800))
    before = now - timedelta(days=400)
    assert [kept.subject_ref for kept in eraser.kept(before=before)] == [ASHA]
    assert eraser.erase(subject_ref=UUID(int=2), before=before) == 0
    assert eraser.erase(subject_ref=ASHA, before=before) == 1
    assert eraser.erase(subject_ref=UUID(int=2), before=None) == 1


def test_a_push_message_is_read_on_the_messages_page(service: PushService, gate: Gate, notice: None) -> None:
    from portal.kernel.outbox import selectors

    on(service.browser("one"))
    message = post(
        kind=KIND,
        subject_ref=ASHA,
        channel=Channel.PUSH,
        address="",
        language="en",
        purpose="support",
        about="tests.thing:1",
        context={"reference": "x"},
    )
    assert deliver(message) == MessageState.SENT
    assert selectors.dashboard_message([ASHA], message.reference) == message
