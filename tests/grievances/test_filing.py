"""Filing: one transaction makes the ticket, its thread, its clocks, its trace and its acknowledgement."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from grievances.base import selectors
from grievances.base.choices import EntryKind, TicketState
from grievances.ledger_checks import TICKETS
from grievances.models import EntryText, Ticket, TicketContact, TicketEntry
from grievances.tickets import grievance_status
from grievances.tickets.services import intake, resolutions, thread_access
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.core.errors import Refused
from portal.kernel.core.ids import parse_reference
from portal.kernel.law.models import Clock
from portal.kernel.outbox.channels.protocol import OutcomeUnknown, Outgoing, PermanentFailure
from portal.kernel.outbox.choices import Outcome
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import delivery, reports
from portal.kernel.people import selectors as people
from tests.grievances.factories import RECEIVED, STRANGER, filed, story, ticket
from tests.outbox.factories import RecordingChannel, answering_gate, use_channel
from tests.people.factories import PrincipalFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]


def test_filing_gives_an_unguessable_reference_with_a_check_character() -> None:
    references = {ticket().reference for _ in range(5)}
    assert len(references) == 5
    assert all(parse_reference(reference, "GR") == reference for reference in references)


def test_every_rule_in_force_starts_a_clock_and_the_strictest_sets_the_date() -> None:
    found = ticket()
    keys = set(Clock.objects.filter(owner=selectors.answer_owner(found)).values_list("rule_key", flat=True))
    assert keys == {"IN-IT-RES", "IN-SPDI-GRV", "grievances.answer"}
    strictest = min(Clock.objects.filter(owner=selectors.answer_owner(found)), key=lambda clock: clock.due_at)
    assert found.due_at == strictest.due_at
    assert grievance_status.standing_of(found, now=RECEIVED).due_at == found.due_at


def test_a_grievance_of_the_year_in_which_the_law_changes_gets_the_new_rule() -> None:
    keys = set(
        Clock.objects.filter(
            owner=selectors.answer_owner(ticket(at=datetime(2027, 5, 14, 6, 30, tzinfo=UTC)))
        ).values_list("rule_key", flat=True)
    )
    assert "IN-DPDP-GRV" in keys
    assert "IN-SPDI-GRV" not in keys


def clock_of(found: Ticket) -> Clock:
    return Clock.objects.get(owner=selectors.acknowledge_owner(found), rule_key="IN-IT-ACK")


@pytest.fixture
def hand_over(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Message]]:
    """Gives the acknowledgement to a channel that accepts it, or raises what is given."""
    with answering_gate(monkeypatch):
        yield lambda error=None: _handed_over(monkeypatch, error)


def _handed_over(monkeypatch: pytest.MonkeyPatch, error: Exception | None) -> Message:
    channel = use_channel(monkeypatch, RecordingChannel())

    def behave(outgoing: Outgoing) -> None:
        if error is not None:
            raise error

    channel.behaviour = behave
    message = Message.objects.get(kind="grievances.acknowledged")
    delivery.deliver(message.pk, now=clock.now())
    message.refresh_from_db()
    return message


def test_the_acknowledgement_is_posted_with_the_ticket_and_its_clock_runs_until_it_is_handed_over(hand_over) -> None:
    found = ticket(is_told=False)
    assert found.acknowledged_at is None
    assert clock_of(found).stopped_at is None
    message = hand_over()
    found.refresh_from_db()
    assert message.subject_ref == found.subject_ref
    assert message.sent_at is not None
    assert (found.acknowledged_at, clock_of(found).stopped_at) == (message.sent_at, message.sent_at)
    assert found.entries.filter(kind=EntryKind.ACKNOWLEDGED).count() == 1
    assert not list(TICKETS.differences(sample=None))


def test_a_letter_that_fails_leaves_the_clock_running(hand_over) -> None:
    found = ticket(is_told=False)
    message = hand_over(PermanentFailure("NO_SUCH_ADDRESS"))
    found.refresh_from_db()
    assert message.sent_at is None
    assert (found.acknowledged_at, clock_of(found).stopped_at) == (None, None)


def test_a_letter_of_which_a_report_says_that_it_left_acknowledges_from_when_it_was_handed_over(hand_over) -> None:
    found = ticket(is_told=False)
    message = hand_over(OutcomeUnknown("TIMEOUT"))
    found.refresh_from_db()
    assert found.acknowledged_at is None
    said = reports.Report(message.reference, Outcome.DELIVERED)
    reports.take(webhook_id="one", reports=[said], now=clock.now())
    found.refresh_from_db()
    message.refresh_from_db()
    assert found.acknowledged_at == message.sent_at is not None


def test_a_letter_that_leaves_after_the_grievance_was_closed_acknowledges_nothing(hand_over) -> None:
    found = ticket(is_told=False)
    resolutions.withdraw(ticket=found, actor=STRANGER, at=RECEIVED + timedelta(minutes=5))
    message = hand_over()
    found.refresh_from_db()
    assert (message.state, found.acknowledged_at) == ("sent", None)
    assert not found.entries.filter(kind=EntryKind.ACKNOWLEDGED).exists()


def test_letters_that_leave_side_by_side_acknowledge_each_their_own() -> None:
    first, second = ticket(is_told=False), ticket(is_told=False)
    rows = list(Message.objects.filter(kind="grievances.acknowledged").order_by("pk"))
    now = clock.now()
    for row in rows:
        row.sent_at = now
    intake.letters_sent(messages=rows)
    for found in (first, second):
        found.refresh_from_db()
        assert found.acknowledged_at == now


def test_a_repeated_submit_makes_no_second_grievance_and_sends_no_second_letter() -> None:
    key = uuid4()
    first = filed(filing_key=key)
    again = filed(filing_key=key, what_happened="Something else entirely.")
    assert first.is_new
    assert not again.is_new
    assert again.ticket == first.ticket
    assert again.tracking_key is None
    assert Ticket.objects.count() == 1
    assert Message.objects.count() == 1
    assert TicketEntry.objects.filter(kind=EntryKind.FILED).count() == 1


def test_a_person_with_a_phone_only_gets_a_tracking_key_once_and_no_letter() -> None:
    result = filed(email="", phone="+919876543210")
    assert result.tracking_key is not None
    assert len(result.tracking_key) == 16
    assert result.tracking_key.encode() not in bytes(result.ticket.tracking_key_hash or b"")
    assert not Message.objects.exists()
    assert result.ticket.acknowledged_at == RECEIVED


def test_a_grievance_without_an_address_is_refused_and_nothing_is_kept() -> None:
    with pytest.raises(Refused):
        filed(email="")
    assert not Ticket.objects.exists()


def test_what_a_person_wrote_stands_nowhere_in_the_clear() -> None:
    found = ticket(what_happened="The parrot said Amsterdam.")
    sealed = bytes(EntryText.objects.get(entry__ticket=found).sealed) + bytes(
        TicketContact.objects.get(ticket=found).address_sealed
    )
    assert b"parrot" not in sealed
    assert b"asha" not in sealed
    opened = thread_access.thread(found, internal=False)[0].texts
    assert opened["text"] == "The parrot said Amsterdam."
    assert intake.addresses_of(found) == {"email": "asha@example.in"}


def test_identity_numbers_are_cut_before_anything_is_stored() -> None:
    found = ticket(what_happened="My Aadhaar is 2341 2341 2346.")
    assert thread_access.thread(found, internal=False)[0].texts["text"] == "My Aadhaar is XXXXXXXX2346."


def test_the_trace_names_kind_and_language_and_no_person() -> None:
    found = ticket()
    event = AuditEvent.objects.get(about=found.about, kind="grievances.ticket.filed")
    assert event.facts == {
        "reference": found.reference,
        "category": "unwanted_messages",
        "language": "en",
        "channel": "page",
        "received_at": clock.stamp(RECEIVED),
    }
    assert event.subject_ref == found.subject_ref


def test_a_signed_in_persons_grievance_is_joined_to_them() -> None:
    principal = PrincipalFactory()
    found = ticket(principal=principal)
    assert found.subject_ref in people.refs_of(principal.subject)
    assert found.subject_ref != principal.subject.ref


def test_acknowledging_again_changes_nothing() -> None:
    found = filed(email="", phone="+919876543210").ticket
    intake.acknowledge(ticket=found, at=RECEIVED + timedelta(hours=3))
    found.refresh_from_db()
    assert found.acknowledged_at == RECEIVED
    assert found.entries.filter(kind=EntryKind.ACKNOWLEDGED).count() == 1


def test_a_new_grievance_is_received_and_with_us() -> None:
    found = ticket()
    assert found.state == TicketState.RECEIVED
    assert [line.entry.kind for line in thread_access.thread(found, internal=False)] == [
        EntryKind.FILED,
        EntryKind.ACKNOWLEDGED,
    ]


def test_the_explanation_names_each_rule_its_source_and_its_date() -> None:
    lines = [row.why for row in selectors.deadlines(ticket(), now=RECEIVED)]
    assert any("IT (Intermediary Guidelines) Rules 2021" in line and "7 days" in line for line in lines)
    assert any("We promise to do it within 5 days" in line for line in lines)
    assert any("1 month" in line for line in lines)


def test_what_staff_hand_over_is_what_was_written() -> None:
    reach = intake.Reach(language="mr", email="a@b.example", phone="+919876543210")
    result = intake.file_ticket(
        filing_key=uuid4(),
        subject_ref=uuid4(),
        story=story(wanted="Say sorry."),
        reach=reach,
        actor=STRANGER,
        at=RECEIVED,
    )
    assert result.tracking_key is None
    assert intake.addresses_of(result.ticket) == {"email": "a@b.example", "phone": "+919876543210"}
    assert thread_access.thread(result.ticket, internal=False)[0].texts["wanted"] == "Say sorry."
