"""The outbox behind the real send gate: what a person said decides what leaves."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
import time_machine

from consent.base.selectors import contact_rulebook
from consent.models import ConsentEvent
from portal.kernel.core import clock
from portal.kernel.outbox.choices import MessageState, Outcome
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import delivery, post, reports
from portal.kernel.outbox.services.reports import Report
from portal.kernel.people.models import Principal
from tests.consent.factories import ASHA, law_is_loaded, person, published_notice, said
from tests.outbox.factories import KIND, RecordingChannel, use_channel, use_template

pytestmark = pytest.mark.django_db
#: Noon in India on a working day: no quiet hour stands in the way.
NOON = datetime(2026, 11, 25, 6, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def arranged(monkeypatch: pytest.MonkeyPatch):
    with time_machine.travel(NOON, tick=True):
        contact_rulebook.forget()
        law_is_loaded()
        published_notice()
        use_template(monkeypatch)
        yield
    contact_rulebook.forget()


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch) -> RecordingChannel:
    return use_channel(monkeypatch, RecordingChannel())


@pytest.fixture
def asha() -> Principal:
    return person()


def to_asha(asha: Principal, *, purpose: str, channel: str = "email") -> Message:
    return post(
        kind=KIND,
        subject_ref=asha.subject.ref,
        channel=channel,
        address=ASHA,
        language="en",
        purpose=purpose,
        about=f"tests.thing:{uuid4()}",
        context={"reference": "x"},
    )


def deliver(message: Message) -> MessageState | None:
    return delivery.deliver(message.pk, now=clock.now())


def test_silence_stops_promotion(asha: Principal, channel: RecordingChannel) -> None:
    assert deliver(to_asha(asha, purpose="marketing")) == MessageState.STOPPED
    assert channel.taken == []


def test_a_withdrawal_stops_the_next_message(asha: Principal, channel: RecordingChannel) -> None:
    said(asha, "given", channel="email")
    assert deliver(to_asha(asha, purpose="marketing")) == MessageState.SENT
    waiting = to_asha(asha, purpose="marketing")
    said(asha, "withdrawn", channel="email", occurred_at=clock.now())
    assert deliver(waiting) == MessageState.STOPPED
    waiting.refresh_from_db()
    assert waiting.reason == "CONSENT_WITHDRAWN"
    assert len(channel.taken) == 1


def test_an_essential_message_reaches_whoever_wants_no_promotion(asha: Principal, channel: RecordingChannel) -> None:
    said(asha, "denied", channel="email")
    assert deliver(to_asha(asha, purpose="policy_and_security")) == MessageState.SENT


def test_an_essential_notice_appears_in_the_dashboard(asha: Principal, channel: RecordingChannel) -> None:
    assert deliver(to_asha(asha, purpose="account_service", channel="dashboard")) == MessageState.SENT


def test_promotion_outside_the_hours_waits_for_the_morning(asha: Principal, channel: RecordingChannel) -> None:
    said(asha, "given", channel="email")
    late = datetime(2026, 11, 25, 18, 0, tzinfo=UTC)  # 23:30 in India
    with time_machine.travel(late, tick=True):
        message = to_asha(asha, purpose="marketing")
        assert deliver(message) == MessageState.DUE
    message.refresh_from_db()
    assert message.next_attempt_at == datetime(2026, 11, 26, 4, 30, tzinfo=UTC)  # 10:00 in India
    with time_machine.travel(message.next_attempt_at, tick=True):
        assert deliver(message) == MessageState.SENT


def complain(message: Message) -> None:
    told = [Report(message.reference, Outcome.COMPLAINED)]
    assert reports.take(webhook_id=str(uuid4()), reports=told, now=clock.now()).new == 1


def test_a_complaint_about_promotion_withdraws_it_on_that_channel_only(
    asha: Principal, channel: RecordingChannel
) -> None:
    said(asha, "given", channel="email")
    offer = to_asha(asha, purpose="marketing")
    waiting = to_asha(asha, purpose="marketing")
    assert deliver(offer) == MessageState.SENT
    complain(offer)
    event = ConsentEvent.objects.latest("pk")
    assert (event.answer, event.way, event.channel) == ("withdrawn", "complaint", "email")
    assert deliver(waiting) == MessageState.STOPPED
    assert deliver(to_asha(asha, purpose="policy_and_security")) == MessageState.SENT


def test_a_complaint_about_an_essential_message_withdraws_nothing(asha: Principal, channel: RecordingChannel) -> None:
    said(asha, "given", channel="email")
    owed = to_asha(asha, purpose="account_service")
    deliver(owed)
    before = ConsentEvent.objects.count()
    complain(owed)
    assert ConsentEvent.objects.count() == before
