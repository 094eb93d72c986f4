"""The staff's pages about instructions: who is late, what was confirmed otherwise, and what auditors take away."""

import csv
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from consent.suppressions.services.withdrawals import withdraw
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, addresses, clock
from portal.kernel.core.ids import new_reference
from portal.kernel.law.models import Clock
from portal.kernel.law.services import deadline_sweep
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import message_content
from portal.kernel.registers.data_copy_sections import RecipientSection
from portal.kernel.registers.models import Instruction
from portal.kernel.registers.recipients.selectors import recipients
from portal.kernel.registers.recipients.services import instruction_status
from portal.kernel.registers.recipients.services.instruction_status import Sent
from tests.consent.factories import ASHA_PHONE, law_is_loaded, person, published_notice, said
from tests.jobs.factories import JobFactory
from tests.people.factories import StaffFactory
from tests.registers.factories import registered_recipient
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db
LIST = "/admin/registers/instruction/"


@pytest.fixture(autouse=True)
def law() -> None:
    law_is_loaded()
    published_notice()


@pytest.fixture
def asha() -> Any:
    return person()


@pytest.fixture
def instruction(asha: Any) -> Instruction:
    registered_recipient()
    said(asha, "given")
    withdraw(subject_ref=asha.subject.ref, purpose="marketing", channel="sms", way="page", actor=actor.SYSTEM)
    return Instruction.objects.get()


@pytest.fixture
def officer() -> Client:
    return staff_client(StaffFactory(roles=["data_protection_officer"]))


def listed(client: Client, query: str) -> bool:
    answer = client.get(f"{LIST}?{query}")
    assert answer.status_code == 200
    return "OS-IN-" in answer.text


def make_late(instruction: Instruction) -> None:
    Clock.objects.filter(owner=instruction.owner).update(
        started_at=clock.now() - timedelta(days=2),
        target_at=clock.now() - timedelta(days=1),
        due_at=clock.now() - timedelta(days=1),
    )


def test_the_list_shows_what_is_open_late_and_done(instruction, officer):
    assert listed(officer, "standing=open")
    assert not listed(officer, "standing=late")
    make_late(instruction)
    assert listed(officer, "standing=late")
    assert listed(officer, "standing=late&q=dialer-one")
    assert not listed(officer, "q=dialer-two")
    instruction_status.note(instruction, "acted", happened_at=None, actor=actor.system("tests"), now=clock.now())
    assert not listed(officer, "standing=late")
    assert not listed(officer, "standing=open")
    assert listed(officer, "standing=done")


def test_within_the_last_second_that_the_law_gives_nothing_is_late_yet(instruction):
    moment = Clock.objects.get(owner=instruction.owner).due_at + timedelta(milliseconds=500)
    rows = recipients.with_standing(Instruction.objects.all())
    assert not recipients.late(rows, now=moment).exists()
    assert recipients.late(rows, now=moment + timedelta(seconds=1)).exists()
    instruction_status.note(instruction, "acknowledged", happened_at=None, actor=actor.system("tests"), now=moment)
    assert AuditEvent.objects.get(kind="registers.instruction.acknowledged").facts["late"] is False


def test_the_letter_about_a_late_one_leads_to_the_list_of_all_of_them(instruction, officer):
    due = Clock.objects.get(owner=instruction.owner).due_at
    deadline_sweep.sweep(now=due + timedelta(seconds=1))
    make_late(instruction)
    text = message_content.text_of(Message.objects.filter(kind="registers.instruction_late").latest("pk")).body
    address = next(word for word in text.split() if LIST in word)
    assert listed(officer, address.partition("?")[2])
    assert "privacy@dialer-one.example" in text


def test_staff_note_what_a_recipient_confirmed_by_letter(instruction, officer):
    page = reverse("admin:registers_instruction_do_one", args=[instruction.pk, "note-answer"])
    assert officer.post(page, {"answer": "1", "kind": "acknowledged"}).status_code == 200
    fact = instruction.facts.get(kind="acknowledged")
    assert fact.actor_ref.startswith("user:")
    assert "This was known." in officer.post(page, {"answer": "1", "kind": "acknowledged"}).text


def test_staff_instruct_a_recipient_in_the_admin(asha, officer):
    recipient = registered_recipient()
    entered = {
        "recipient": recipient.pk,
        "do": "correct",
        "subject": str(asha.subject.ref),
        "because": JobFactory().reference,
    }
    add = reverse("admin:registers_instruction_add")
    assert officer.post(add, {**entered, "subject": "OS-CU-0000-0000"}).status_code == 422
    assert officer.post(add, {**entered, "because": "she asked on +919876543210"}).status_code == 422
    assert "We have nothing with this reference." in officer.post(add, {**entered, "because": new_reference("GR")}).text
    assert officer.post(add, entered).status_code == 302
    assert Instruction.objects.get().kind == "correct"


def test_auditors_take_away_the_time_to_the_last_send(instruction):
    keys = tuple(addresses.address_keys(ASHA_PHONE))
    at = instruction.given_at + timedelta(seconds=75)
    sends = [Sent("m-1", keys, "marketing", "sms", at), Sent("m-2", keys, "marketing", "whatsapp", at)]
    instruction_status.take_sends(instruction.recipient, webhook_id="1", sends=sends, now=at)
    auditor = staff_client(StaffFactory(roles=["auditor"]))
    answer = auditor.post(f"{LIST}export/", {"export": "1", "file_format": "csv", "reason": "The audit of this year"})
    text = b"".join(answer.streaming_content).decode()
    row, _watermark = csv.DictReader(text.splitlines())
    assert (row["reference"], row["seconds_to_last_send"]) == (instruction.reference, "75")
    assert row["acknowledged_at"] == ""
    assert ASHA_PHONE not in text


def test_a_persons_own_bundle_says_whom_we_told_of_what(asha, instruction):
    instruction_status.note(instruction, "acknowledged", happened_at=None, actor=actor.system("tests"), now=clock.now())
    given, withdrawn = RecipientSection().collect(subject_refs=[asha.subject.ref])
    assert (given["recipient"], given["of"]) == ("Dialer One", "consent.given")
    assert withdrawn["instruction"] == "Stop"
    assert withdrawn["acknowledged"] is not None
    assert withdrawn["acted"] is None
