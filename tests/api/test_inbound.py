"""What people write back, through the gateway's signed messages: taken once, and it has the effect that it ought to have."""

import json
from datetime import datetime, time, timedelta
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db import OperationalError, transaction
from django.test import Client

from consent.base.rules.contact import Reason
from consent.base.selectors import contact_rulebook
from consent.collection.services import deferred_opt_outs
from consent.decisions.services.contact_decisions import may_contact
from consent.models import ConsentEvent, ConsentState, InboundMessage, Suppression
from grievances.models import Ticket
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import addresses, clock, webhook_signatures
from portal.kernel.ledger.services import payload_of
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import message_content
from portal.kernel.people.models import ContactPoint, Fiduciary
from portal.kernel.registers.base.choices import InstructionKind
from portal.kernel.registers.models import Instruction
from portal.kernel.registers.senders.selectors import senders
from tests.api.inbound_words import ALL
from tests.consent.factories import ASHA, ASHA_PHONE, law_is_loaded, person, published_notice, said
from tests.people.factories import FiduciaryFactory, PrincipalFactory
from tests.registers.factories import registered_recipient, registered_sender
from tests.servers.communications import SECRET

pytestmark = pytest.mark.django_db
PATH = "/api/v1/inbound-messages"
NOON = datetime.combine(clock.day(clock.now()) + timedelta(days=1), time(12), tzinfo=clock.IST)
STRANGER = "+919811112222"
#: The kinds of letters that answer a message.
REPLIES = {
    "stop": ["consent.stopped"],
    "stop_and_grievance": ["consent.stopped", "grievances.by_message"],
    "start": ["consent.question"],
    "grievance": ["grievances.by_message"],
    "nothing": [],
}


@pytest.fixture(autouse=True)
def world(db: None, settings: Any) -> None:
    settings.OUTBOX_REPORT_SECRETS = [SECRET]
    contact_rulebook.forget()
    senders.forget()
    law_is_loaded()
    published_notice()
    FiduciaryFactory(code="acme-bank", name="Acme Bank")
    registered_sender("ONESTU", carries=["promotional"])


@pytest.fixture
def asha(world: None) -> Any:
    who = person()
    said(who, "given")
    said(who, "given", channel="email")
    return who


def row(text: str = "STOP", **changes: Any) -> dict[str, Any]:
    usual = {"id": str(uuid4()), "channel": "sms", "from": ASHA_PHONE, "to": "ONESTU", "text": text}
    return {**usual, **changes}


def signed(*rows: Any, secret: str = SECRET, at: datetime | None = None) -> tuple[bytes, dict[str, str]]:
    body = json.dumps({"messages": list(rows)}).encode()
    return body, webhook_signatures.sign(body, message_id=str(uuid4()), at=at or clock.now(), secrets=[secret])


def send(body: bytes, headers: dict[str, str]) -> Any:
    client = Client(raise_request_exception=False)
    return client.post(PATH, body, content_type="application/json", headers=headers)


def write(text: str = "STOP", **changes: Any) -> InboundMessage:
    answer = send(*signed(row(text, **changes)))
    assert (answer.status_code, answer.json()) == (200, {"new": 1, "known": 0, "unreadable": 0})
    return InboundMessage.objects.latest("pk")


def ask(address: str = ASHA_PHONE, **changes: Any) -> Any:
    usual = {"address": address, "purpose": "marketing", "channel": "sms", "at": NOON}
    return may_contact(**{**usual, **changes})


def replies() -> list[Message]:
    return list(Message.objects.filter(channel__in=("sms", "whatsapp", "rcs", "voice")).order_by("pk"))


def test_there_are_words_enough_in_three_languages():
    assert len(ALL) >= 60
    assert {language for _text, _effect, language in ALL} == {"en", "hi", "mr"}


@pytest.mark.parametrize("language", ["en", "hi", "mr"])
def test_each_message_has_its_effect(asha, language):
    for text, effect, spoken in ALL:
        if spoken == language:
            # Each meets the world as it was before any of them.
            with transaction.atomic():
                _has_its_effect(text, effect, language)
                transaction.set_rollback(True)


def _has_its_effect(text: str, effect: str, language: str) -> None:
    taken = write(text)
    assert (taken.effect, taken.language) == (effect, language), text
    stops = effect.startswith("stop")
    assert ask().allowed is not stops, text
    assert ask(ASHA, channel="email").allowed is not stops, text
    assert ask(purpose="account_service").allowed, text
    assert (taken.receipt is not None) is stops, text
    assert Ticket.objects.count() == (1 if effect.endswith("grievance") else 0), text
    assert [message.kind for message in replies()] == REPLIES[effect], text
    assert all(message.category != "promotional" for message in replies()), text


@pytest.mark.parametrize("channel", ["sms", "whatsapp", "rcs"])
def test_a_stop_is_answered_where_it_came_from_with_its_receipt(asha, channel):
    sender = {"sms": "ONESTU", "whatsapp": "+919000000001", "rcs": "onesetu.agent"}[channel]
    kinds = {"sms": "sms_header", "whatsapp": "whatsapp_number", "rcs": "rcs_agent"}
    if channel != "sms":
        registered_sender(sender, kind=kinds[channel], carries=["promotional"])
    taken = write("थांबा", channel=channel, to=sender)
    (reply,) = replies()
    assert (reply.channel, reply.language, message_content.address_of(reply)) == (channel, "mr", ASHA_PHONE)
    assert taken.receipt.reference in message_content.text_of(reply).body
    assert {event.way for event in taken.receipt.events.all()} == {channel}


def test_the_word_is_evidence_of_each_answer_and_nobody_keeps_the_text(asha):
    taken = write("Stop please")
    entry = taken.receipt.events.first().entry
    assert {"type": "inbound_message", "sha256": taken.key} in payload_of(entry)["evidence"]
    kept = " ".join(str(value) for value in InboundMessage.objects.filter(pk=taken.pk).values().get().values())
    assert "please" not in kept
    assert ASHA_PHONE not in kept


def test_a_stop_from_a_number_we_do_not_know_suppresses_that_number(world):
    taken = write("STOP", **{"from": STRANGER})
    assert ask(STRANGER).reason is Reason.SUPPRESSED
    assert not ConsentEvent.objects.exists()
    assert not ContactPoint.objects.exists()
    (reply,) = replies()
    assert taken.receipt.reference in message_content.text_of(reply).body


@pytest.mark.parametrize("number", [ASHA_PHONE, STRANGER])
def test_who_writes_stop_again_is_recorded_and_answered_again_and_the_same_message_is_not(asha, number):
    first = write("STOP", **{"from": number})
    events, address_states = ConsentEvent.objects.count(), list(ConsentState.objects.order_by("pk").values())
    again = row("STOP", **{"from": number})
    assert [send(*signed(again)).json()["new"] for _time in range(2)] == [1, 0]
    taken = InboundMessage.objects.latest("pk")
    assert taken.receipt not in (None, first.receipt)
    assert [message.about for message in replies()] == [
        f"consent.receipt:{one.receipt.reference}" for one in (first, taken)
    ]
    assert taken.receipt.reference in message_content.text_of(replies()[-1]).body
    (event,) = AuditEvent.objects.filter(about=f"consent.receipt:{taken.receipt.reference}")
    assert event.kind == "consent.address.suppressed"
    assert event.facts["evidence"] == f"inbound_message:{taken.key}"
    assert payload_of(event.entry)["facts"] == event.facts
    assert ConsentEvent.objects.count() == events
    assert list(ConsentState.objects.order_by("pk").values()) == address_states
    assert not ask(number).allowed


@pytest.mark.parametrize("number", [ASHA_PHONE, STRANGER])
def test_a_yes_from_between_two_stops_that_turns_up_later_does_not_count(world, number):
    who = person(phone=number)
    now = clock.now()
    for days in (9, 1):
        write("STOP", **{"from": number, "at": (now - timedelta(days=days)).isoformat()})
    said(who, "given", address=number, occurred_at=now - timedelta(days=5))
    assert ask(number).reason is Reason.SUPPRESSED


def test_who_said_no_to_each_and_writes_stop_is_stopped_at_each_address(asha):
    for channel in ("sms", "whatsapp", "rcs", "voice", "email", "push", "dashboard"):
        for purpose in ("marketing",):
            said(asha, "withdrawn" if channel in {"sms", "email"} else "denied", channel=channel, purpose=purpose)
    assert not Suppression.objects.exists()
    taken = write("STOP")
    assert taken.receipt is not None
    keys = {bytes(key) for key in Suppression.objects.values_list("address_key", flat=True)}
    assert {addresses.address_key(ASHA_PHONE), addresses.address_key(ASHA)} <= keys


def test_recipients_are_told_to_stop_a_number_that_we_do_not_know(world):
    registered_recipient()
    write("STOP", **{"from": STRANGER})
    instruction = Instruction.objects.get()
    assert instruction.kind == InstructionKind.STOP
    write("STOP", **{"from": STRANGER})
    assert Instruction.objects.count() == 1


def test_of_a_number_that_two_people_hold_the_number_is_stopped_and_no_other_address_of_theirs(asha):
    PrincipalFactory(phone=ASHA_PHONE, email="ravi@acme.example")
    write()
    assert ask().reason is Reason.SUPPRESSED
    assert ask(ASHA, channel="email").allowed


def test_a_stop_to_a_clients_header_stops_that_client_only(asha):
    registered_sender("ACMEBK", fiduciary=fiduciary("acme-bank"), carries=["promotional"])
    said(asha, "given", fiduciary="acme-bank")
    taken = write("STOP", to="AD-ACMEBK-P")
    assert taken.fiduciary.code == "acme-bank"
    assert not ask(fiduciary="acme-bank").allowed
    assert ask().allowed
    assert "Acme Bank" in message_content.text_of(replies()[0]).body


def fiduciary(code: str) -> Any:
    return Fiduciary.objects.get(code=code)


def test_a_stop_that_names_the_header_stops_that_header(asha):
    registered_sender("OTHERS", carries=["promotional"])
    taken = write("STOP ONESTU", to="AD-ONESTU-P")
    assert Suppression.objects.get().header == "ONESTU"
    assert ask(header="AD-ONESTU-P").reason is Reason.SUPPRESSED
    assert ask(header="AD-OTHERS-P").allowed
    assert replies()[0].kind == "consent.stopped_here"
    assert taken.receipt.subject_ref == asha.subject.ref


def test_a_late_stop_does_not_undo_a_yes_that_the_person_gave_after_it(asha):
    said(asha, "given", occurred_at=clock.now())
    write(at=(clock.now() - timedelta(hours=2)).isoformat())
    assert ask().allowed


def test_start_lifts_nothing_and_brings_the_question_with_its_way_to_the_notice(asha):
    write("STOP")
    write("START")
    assert not ask().allowed
    question = replies()[-1]
    assert question.kind == "consent.question"
    assert "/privacy/preferences/?for=onesetu." in message_content.text_of(question).body
    assert not ConsentEvent.objects.filter(answer="given", way="sms").exists()


def test_a_sentence_becomes_a_grievance_that_its_writer_can_follow(asha):
    taken = write("Why do you keep writing to me at night?", to="AD-ONESTU-P")
    ticket = Ticket.objects.get(reference=taken.grievance)
    assert ticket.fiduciary.code == "onesetu"
    assert ticket.acknowledged_at is not None
    (reply,) = replies()
    assert ticket.reference in message_content.text_of(reply).body
    assert message_content.address_of(reply) == ASHA_PHONE


@pytest.mark.parametrize(("keys", "effect"), [("9", "stop"), ("1", "nothing"), ("99", "nothing"), ("", "nothing")])
def test_the_key_that_the_call_names_stops(asha, keys, effect):
    taken = write(keys, channel="voice", kind="key_press", to="1401234567")
    assert taken.effect == effect
    assert ask().allowed is (effect == "nothing")
    assert [message.channel for message in replies()] == (["sms"] if effect == "stop" else [])


def test_a_missed_call_to_the_opt_out_number_stops_and_to_another_number_does_not(asha):
    registered_sender("08044440000", kind="opt_out_number", carries=[])
    assert write("", channel="voice", kind="missed_call", to="08044441111").effect == "nothing"
    assert ask().allowed
    taken = write("", channel="voice", kind="missed_call", to="080-4444-0000")
    assert (taken.effect, taken.fiduciary.code) == ("stop", "onesetu")
    assert {event.way for event in taken.receipt.events.all()} == {"missed_call"}
    assert not ask().allowed


def test_who_wrote_may_be_answered_in_free_text_for_a_day(asha):
    registered_sender("+919000000001", kind="whatsapp_number", carries=["service"])
    write("ok", channel="whatsapp", to="+919000000001")
    assert senders.may_send_free_text(addresses.address_keys(ASHA_PHONE), clock.now())


def test_the_same_message_again_alone_or_among_others_changes_nothing(asha):
    first = row("STOP")
    body, headers = signed(first)
    assert send(body, headers).json() == {"new": 1, "known": 0, "unreadable": 0}
    said(asha, "given", occurred_at=clock.now())
    assert send(body, headers).json() == {"new": 0, "known": 1, "unreadable": 0}
    assert send(*signed(first, row("ok"), first)).json() == {"new": 1, "known": 2, "unreadable": 0}
    assert ask().allowed
    assert len(replies()) == 1


def wrong_secret() -> Any:
    return signed(row(), secret=webhook_signatures.new_secret())


def unsigned() -> Any:
    return signed(row())[0], {}


def old() -> Any:
    return signed(row(), at=clock.now() - timedelta(minutes=6))


def changed() -> Any:
    body, headers = signed(row("ok!!"))
    return body.replace(b"ok!!", b"STOP"), headers


@pytest.mark.parametrize("forge", [wrong_secret, unsigned, old, changed])
def test_what_is_badly_signed_changes_nothing_and_leaks_nothing(asha, forge):
    answer = send(*forge())
    assert (answer.status_code, answer.json()["code"]) == (401, "BAD_SIGNATURE")
    assert ASHA_PHONE not in answer.text
    assert not InboundMessage.objects.exists()
    assert ask().allowed


def test_an_oversized_message_changes_nothing(asha):
    answer = send(*signed(row(), row("x" * 300_000)))
    assert (answer.status_code, answer.json()["code"]) == (413, "TOO_LARGE")
    assert ask().allowed


@pytest.mark.parametrize(
    "unfit",
    [{"channel": "pigeon"}, {"from": "not a number"}, {"id": "with spaces"}, {"text": None}, {"kind": "fax"}],
)
def test_a_message_that_nobody_can_read_holds_up_no_other(asha, unfit):
    answer = send(*signed(row(**unfit), "nonsense", row("STOP")))
    assert answer.json() == {"new": 1, "known": 0, "unreadable": 2}
    assert not ask().allowed


@pytest.mark.parametrize(
    "beside",
    [{"answers": "x" * 41}, {"answers": None}, {"to": "x" * 81}, {"to": 600001}, {"to": None}, {"at": "tomorrow"}],
)
def test_what_stands_unfit_beside_a_stop_does_not_lose_the_stop(asha, beside):
    assert write("STOP", **beside).effect == "stop"
    assert not ask().allowed


@pytest.mark.parametrize("text", [f"STOP {'x ' * 3000}", f"{'सुनो ' * 900} संदेश भेजना बंद करें"])
def test_of_a_text_that_is_too_long_the_head_and_the_end_are_read(asha, text):
    message = write(text)
    assert message.effect == "stop_and_grievance"
    assert message.grievance
    assert not ask().allowed


def test_no_number_and_no_word_of_anybody_is_logged(asha, caplog):
    write("Why do you keep writing to me at night?")
    send(*signed(row("Secret words that nobody may log", **{"from": "12"})))
    assert ASHA_PHONE[3:] not in caplog.text
    assert "night" not in caplog.text
    assert "Secret words" not in caplog.text


def test_a_stop_that_comes_while_the_database_is_away_is_kept_and_counts_from_when_it_came(asha, settings, tmp_path):
    settings.VAR = tmp_path
    came_at = clock.now() - timedelta(seconds=1)
    body, headers = signed(row(at=clock.stamp(came_at)))
    with patch("consent.collection.services.inbound_replies._take_one", side_effect=OperationalError("gone")):
        answer = send(body, headers)
    assert answer.json() == {"new": 1, "known": 0, "unreadable": 0}
    assert not InboundMessage.objects.exists()
    assert deferred_opt_outs.record_waiting().taken == 1
    kept = InboundMessage.objects.get()
    assert abs((kept.said_at - came_at).total_seconds()) < 0.01
    assert not ask().allowed
    assert replies(), "the person is answered"
    send(body, headers)
    assert InboundMessage.objects.count() == 1, "reported again it changes nothing"


def test_a_stop_that_cannot_be_kept_is_not_taken_and_the_gateway_comes_again(asha, settings, tmp_path):
    settings.VAR = tmp_path
    body, headers = signed(row())
    with (
        patch("consent.collection.services.inbound_replies._take_one", side_effect=OperationalError("gone")),
        patch("portal.kernel.core.spool.os.fsync", side_effect=OSError(28, "full")),
    ):
        answer = send(body, headers)
    assert answer.status_code == 503
    assert send(body, headers).json()["new"] == 1
