"""What recipients tell: signed with the secret of each, taken once, never about another's instructions."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from consent.suppressions.services.withdrawals import withdraw
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, addresses, clock, webhook_signatures
from portal.kernel.law.models import Clock
from portal.kernel.law.services import deadline_sweep
from portal.kernel.outbox.models import Message, ReceivedWebhook
from portal.kernel.registers.base.choices import FactKind
from portal.kernel.registers.models import Instruction, InstructionFact, ReportedSend
from portal.kernel.registers.recipients.selectors import recipients
from portal.kernel.registers.recipients.services import instruction_status
from tests.consent.factories import ASHA_PHONE, law_is_loaded, person, published_notice, said
from tests.people.factories import StaffFactory
from tests.registers.factories import registered_recipient
from tests.servers.recipient import signed

pytestmark = pytest.mark.django_db
SECRET, OTHER = webhook_signatures.new_secret(), webhook_signatures.new_secret()


@pytest.fixture(autouse=True)
def two_recipients() -> None:
    law_is_loaded()
    published_notice()
    registered_recipient("dialer-one", secret=SECRET)
    registered_recipient("dialer-two", secret=OTHER)


@pytest.fixture
def receipt() -> Any:
    asha = person()
    said(asha, "given")
    done = withdraw(subject_ref=asha.subject.ref, purpose="marketing", channel="sms", way="page", actor=actor.SYSTEM)
    return done.receipt


@pytest.fixture
def instruction(receipt: Any) -> Instruction:
    return Instruction.objects.get(recipient__code="dialer-one")


def send(body: bytes, headers: dict[str, str], *, code: str = "dialer-one", what: str = "acknowledgements") -> Any:
    client = Client(raise_request_exception=False)
    return client.post(f"/api/v1/recipients/{code}/{what}", body, content_type="application/json", headers=headers)


def says(instruction: Instruction, state: str = "acknowledged", *, secret: str = SECRET, **more: Any) -> Any:
    return signed({"acknowledgements": [{"instruction": instruction.reference, "state": state}]}, secret=secret, **more)


def steps(instruction: Instruction) -> list[str]:
    return list(instruction.facts.order_by("pk").values_list("kind", flat=True))


def test_an_acknowledgement_is_a_fact_that_stops_the_clock_and_the_same_again_changes_nothing(instruction):
    body, headers = says(instruction)
    first, second = send(body, headers), send(body, headers)
    assert first.json() == {"new": 1, "known": 0, "unknown": 0, "replayed": False}
    assert (second.status_code, second.json()["replayed"]) == (200, True)
    assert steps(instruction) == ["delivered", "acknowledged"]
    assert Clock.objects.get(owner=instruction.owner).stopped_at is not None
    event = AuditEvent.objects.get(kind="registers.instruction.acknowledged")
    assert (event.actor_ref, event.facts["late"]) == ("recipient:dialer-one", False)
    assert send(*says(instruction)).json() == {"new": 0, "known": 1, "unknown": 0, "replayed": False}


def test_who_says_done_has_acknowledged_and_each_step_stands_once(instruction):
    assert send(*says(instruction, "acted")).status_code == 200
    send(*says(instruction))
    assert steps(instruction) == ["delivered", "acknowledged", "acted"]


def test_the_person_sees_how_many_have_confirmed(receipt, instruction):
    about = f"consent.receipt:{receipt.reference}"
    progress = recipients.progress_of(about)
    assert (progress.confirmed, progress.total) == (0, 2)
    send(*says(instruction))
    progress = recipients.progress_of(about)
    assert (progress.confirmed, progress.total) == (1, 2)
    assert [row.done_at for row in progress.rows] == [None, None]


def test_another_recipients_instruction_is_unknown(instruction):
    answer = send(*says(instruction, secret=OTHER), code="dialer-two")
    assert answer.json() == {"new": 0, "known": 0, "unknown": 1, "replayed": False}
    assert steps(instruction) == []


def wrong_secret(instruction):
    return says(instruction, secret=OTHER)


def unsigned(instruction):
    return says(instruction)[0], {}


def old(instruction):
    return says(instruction, at=clock.now() - timedelta(minutes=6))


def changed(instruction):
    body, headers = says(instruction)
    return body.replace(b"acknowledged", b"acted"), headers


@pytest.mark.parametrize("forge", [wrong_secret, unsigned, old, changed])
@pytest.mark.parametrize("code", ["dialer-one", "nobody"])
def test_what_is_badly_signed_changes_nothing_and_learns_nothing(instruction, forge, code):
    answer = send(*forge(instruction), code=code)
    assert (answer.status_code, answer.json()["code"]) == (401, "BAD_SIGNATURE")
    assert instruction.reference not in answer.text
    assert not ReceivedWebhook.objects.exists()
    assert steps(instruction) == []


def test_a_message_that_is_too_long_or_no_list_is_refused_whole(instruction):
    line = {"instruction": instruction.reference, "state": "acknowledged"}
    long = signed({"acknowledgements": [line] * 501}, secret=SECRET)
    assert send(*long).status_code == 422
    huge = signed({"acknowledgements": [], "x": "x" * 140_000}, secret=SECRET)
    assert (send(*huge).status_code, send(*huge).json()["code"]) == (413, "TOO_LARGE")
    assert send(*signed({"acknowledgements": [{**line, "state": "maybe"}]}, secret=SECRET)).status_code == 422
    assert not InstructionFact.objects.exists()


def test_two_recipients_may_use_the_same_numbers(instruction):
    other = Instruction.objects.get(recipient__code="dialer-two")
    assert send(*says(instruction, number="1")).json()["new"] == 1
    assert send(*says(other, secret=OTHER, number="1"), code="dialer-two").json()["new"] == 1


def test_an_older_secret_holds_until_it_is_ended_and_who_has_ended_may_still_answer(instruction):
    newer = registered_recipient("dialer-three")
    assert newer.code == "dialer-three"
    instruction.recipient.__class__.objects.filter(code="dialer-one").update(
        ends_at=clock.now(), ended_by=StaffFactory()
    )
    assert send(*says(instruction)).json()["new"] == 1


@pytest.mark.parametrize("early", [True, False], ids=["in-time", "late"])
def test_late_is_what_comes_after_the_last_second_of_the_rules_time(instruction, early):
    officer = StaffFactory(roles=["data_protection_officer"])
    due = Clock.objects.get(owner=instruction.owner).due_at
    if early:
        instruction_status.note(
            instruction, FactKind.ACKNOWLEDGED, happened_at=None, actor=actor.system("tests"), now=due
        )
    assert deadline_sweep.sweep(now=due).late == 0
    assert deadline_sweep.sweep(now=due + timedelta(seconds=1)).late == (1 if early else 2)
    escalated = AuditEvent.objects.filter(kind="registers.instruction.escalated", about=instruction.owner)
    assert escalated.count() == (0 if early else 1)
    letters = Message.objects.filter(kind="registers.instruction_late", subject_ref=officer.subject.ref)
    letters = letters.filter(about__contains="dialer-one")
    assert letters.count() == (0 if early else 1)
    assert deadline_sweep.sweep(now=due + timedelta(days=1)).late == 0
    if not early:
        assert (
            recipients.late(recipients.with_standing(Instruction.objects.all()), now=due + timedelta(seconds=1)).count()
            == 2
        )
        instruction_status.note(
            instruction, FactKind.ACKNOWLEDGED, happened_at=None, actor=actor.system("tests"),
            now=due + timedelta(seconds=1),
        )  # fmt: skip
        assert AuditEvent.objects.get(kind="registers.instruction.acknowledged").facts["late"] is True


SENT = {"reference": "m-1", "to": ASHA_PHONE, "purpose": "marketing", "channel": "sms"}


def reported(*sends: dict[str, Any]) -> Any:
    return send(*signed({"sends": list(sends)}, secret=SECRET), what="sends")


def test_reported_sends_are_kept_once_as_hashes(receipt):
    at = clock.now().isoformat()
    answer = reported({**SENT, "at": at}, {**SENT, "reference": "m-2", "to": "nobody", "at": at})
    assert answer.json() == {"new": 1, "known": 0, "unknown": 1, "replayed": False}
    assert reported({**SENT, "at": at}).json()["known"] == 1
    row = ReportedSend.objects.get()
    assert bytes(row.address_key) == addresses.address_key(ASHA_PHONE)
    seen = json.dumps(list(ReportedSend.objects.values("reference_sha256", "purpose")))
    assert "m-1" not in seen


def test_the_time_from_the_instruction_to_the_last_send_is_known(instruction):
    later = instruction.given_at + timedelta(seconds=90)
    rows = [{**SENT, "reference": str(n), "at": (later - timedelta(minutes=n)).isoformat()} for n in range(3)]
    instruction_status.take_sends(
        instruction.recipient,
        webhook_id="1",
        sends=[
            instruction_status.Sent(
                row["reference"], (addresses.address_key(ASHA_PHONE),), "marketing", "sms", later - timedelta(minutes=n)
            )
            for n, row in enumerate(rows)
        ],
        now=later + timedelta(minutes=1),
    )
    assert recipients.last_send_of(instruction) == later
