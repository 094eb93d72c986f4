"""Recipients hear of every change of an answer, in order for each address, each only what concerns it."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from consent.base.choices import Way
from consent.preferences.services import preferences
from consent.suppressions.services.withdrawals import stop_all_promotional, withdraw
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.law.models import Clock
from portal.kernel.outbox.choices import MessageState
from portal.kernel.outbox.erasure import MessageTexts
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import message_content
from portal.kernel.people.erasure import Accounts
from portal.kernel.people.models import Principal
from portal.kernel.registers.base.choices import FactKind
from portal.kernel.registers.models import Disclosure, Instruction, Telling
from portal.kernel.registers.recipients.selectors import recipients
from portal.kernel.registers.recipients.services import instruction_status, staff_instructions
from portal.kernel.registers.senders.services import sender_entries
from tests.consent.factories import ASHA, ASHA_PHONE, law_is_loaded, person, published_notice, said
from tests.people.factories import ContactPointFactory, FiduciaryFactory
from tests.registers.factories import registered_recipient, service_in_the_book, two_people

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def law() -> None:
    law_is_loaded()
    published_notice()


@pytest.fixture
def asha() -> Principal:
    return person()


def stop(who: Principal, channel: str = "sms", **more: Any) -> Any:
    return withdraw(
        subject_ref=who.subject.ref, purpose="marketing", channel=channel, way=Way.PAGE, actor=actor.SYSTEM, **more
    )


def words(code: str = "dialer-one") -> list[dict[str, Any]]:
    """What a recipient is told, in the order in which it was written."""
    told = Telling.objects.filter(recipient_code=code).order_by("pk")
    return [json.loads(message_content.text_of(each.message).body) for each in told]


def test_a_withdrawal_and_its_instructions_stand_or_fall_together(asha):
    registered_recipient()
    said(asha, "given")
    with transaction.atomic():
        stop(asha)
        assert Instruction.objects.exists()
        transaction.set_rollback(True)
    assert not Instruction.objects.exists()
    receipt = stop(asha).receipt
    instruction = Instruction.objects.get()
    assert instruction.about == f"consent.receipt:{receipt.reference}"
    assert (instruction.kind, instruction.covers) == ("stop", [["marketing", "sms"]])
    assert instruction.telling.message.state == MessageState.DUE


def test_the_clock_of_an_instruction_is_the_rules(asha):
    registered_recipient()
    said(asha, "given")
    now = clock.now()
    stop(asha, now=now)
    running = Clock.objects.get(owner=Instruction.objects.get().owner)
    assert (running.rule_key, running.started_at) == ("consent.recipient_acknowledges", now)
    assert running.due_at == now + timedelta(hours=running.house_rule.amount)
    given = AuditEvent.objects.get(kind="registers.instruction.given")
    assert given.facts["due_at"] == clock.stamp(running.due_at)
    assert given.subject_ref == asha.subject.ref


def test_each_hears_only_of_its_own_purposes_channels_and_fiduciary(asha):
    acme = FiduciaryFactory(code="acme")
    registered_recipient("sms-one", channels=["sms"])
    registered_recipient("mail-one", channels=["email"])
    registered_recipient("updates-one", purposes=["product_updates"])
    registered_recipient("acme-one", fiduciary=acme)
    said(asha, "given")
    stop(asha)
    assert set(Telling.objects.values_list("recipient_code", flat=True)) == {"sms-one"}
    said(asha, "given", fiduciary="acme")
    assert [word["type"] for word in words("acme-one")] == ["consent.given"]


def test_a_word_says_whom_what_changed_what_holds_and_what_to_do(asha):
    registered_recipient()
    said(asha, "given", channel="whatsapp")
    said(asha, "given")
    stop(asha)
    *_earlier, last = words()
    told = last["data"]
    assert last["type"] == "consent.withdrawn"
    assert told["address"]["known_by"] == [{"kind": "phone", "value": ASHA_PHONE}]
    assert [(each["channel"], each["answer"]) for each in told["changed"]] == [("sms", "withdrawn")]
    standing = {(each["channel"], each["answer"]) for each in told["standing"]}
    assert standing == {("sms", "withdrawn"), ("whatsapp", "given")}
    assert told["instruction"]["reference"] == Instruction.objects.get().reference
    assert told["instruction"]["do"] == "stop"
    assert told["instruction"]["answer_at"].endswith("/api/v1/recipients/dialer-one/acknowledgements")


def test_who_is_told_hashes_finds_the_address_by_its_key_and_nobody_else_does(asha):
    keyed = registered_recipient("keyed-one", address_form="keyed")
    other = registered_recipient("keyed-two", address_form="keyed")
    said(asha, "given")
    (known,) = words("keyed-one")[0]["data"]["address"]["known_by"]
    assert known == recipients.whom(keyed, "phone", ASHA_PHONE)
    assert ASHA_PHONE not in json.dumps(words("keyed-one"))
    assert known != recipients.whom(other, "phone", ASHA_PHONE)
    refs = {words(code)[0]["data"]["address"]["ref"] for code in ("keyed-one", "keyed-two")}
    assert len(refs) == 2


def test_numbers_count_for_each_recipient_and_address(asha):
    registered_recipient(channels=["sms", "email"])
    registered_recipient("dialer-two", channels=["sms"])
    said(asha, "given", channel="email")
    said(asha, "given")
    stop(asha)
    assert [word["data"]["sequence"] for word in words()] == [1, 1, 2]
    assert [word["data"]["sequence"] for word in words("dialer-two")] == [1, 2]
    (first, second) = Telling.objects.filter(recipient_code="dialer-two").order_by("sequence")
    assert second.message.after == first.message


@pytest.mark.parametrize("answer", ["given", "renewed", "expired", "denied"])
def test_an_answer_that_stops_nothing_is_told_without_an_instruction(asha, answer):
    registered_recipient()
    said(asha, answer)
    assert [word["type"] for word in words()] == [f"consent.{answer}"]
    assert "instruction" not in words()[0]["data"]
    assert not Instruction.objects.exists()


def test_a_plain_no_after_a_yes_stops(asha):
    registered_recipient()
    said(asha, "given")
    said(asha, "denied")
    assert [word["type"] for word in words()] == ["consent.given", "consent.withdrawn"]
    assert Instruction.objects.count() == 1


def test_stop_all_stops_what_was_never_asked_for_too_at_every_address(asha):
    registered_recipient(channels=["sms", "whatsapp", "email"])
    stop_all_promotional(subject_ref=asha.subject.ref, actor=actor.SYSTEM)
    covers = [sorted(each.covers) for each in Instruction.objects.all()]
    assert sorted(covers) == [[["marketing", "email"]], [["marketing", "sms"], ["marketing", "whatsapp"]]]
    addresses = {word["data"]["address"]["known_by"][0]["value"] for word in words()}
    assert addresses == {ASHA, ASHA_PHONE}


def test_what_is_imported_is_news_to_nobody(asha):
    registered_recipient()
    proof = [{"type": "form", "sha256": "0" * 64}]
    said(asha, "given", way=Way.IMPORT, notice_version=None, evidence=proof)
    assert not Telling.objects.exists()


def test_an_address_given_up_long_ago_is_still_named(asha):
    registered_recipient()
    said(asha, "given")
    asha.contact_points.filter(kind="phone").update(left_at=clock.now())
    stop(asha)
    assert words()[-1]["data"]["address"]["known_by"] == [{"kind": "phone", "value": ASHA_PHONE}]


def test_a_changed_wish_is_told_to_whom_the_answers_of_the_person_concern(asha):
    registered_recipient()
    registered_recipient("mail-one", channels=["email"])
    said(asha, "given")
    wishes = preferences.WishList(pace="two_a_week", language="hi", paused_until=clock.now() + timedelta(days=3))
    preferences.change(subject_ref=asha.subject.ref, wishes=wishes, actor=actor.SYSTEM)
    told = words()[-1]
    assert (told["type"], told["data"]["wishes"]["pace"]) == ("consent.changed", "two_a_week")
    assert told["data"]["wishes"]["paused_until"] == clock.stamp(wishes.paused_until)
    assert {known["value"] for known in told["data"]["address"]["known_by"]} == {ASHA, ASHA_PHONE}
    assert words("mail-one") == []


def test_who_has_ended_is_told_nothing_more(asha):
    recipient = registered_recipient()
    said(asha, "given")
    sender_entries.end(recipient, actor=two_people()[0], now=clock.now())
    stop(asha)
    assert len(words()) == 1


def test_rows_facts_and_logs_name_nobody(asha, caplog):
    registered_recipient()
    said(asha, "given")
    stop(asha)
    rows = [*Telling.objects.values(), *Instruction.objects.values(), *Message.objects.values()]
    rows += [*AuditEvent.objects.values("about", "facts")]
    seen = repr(rows) + caplog.text
    assert ASHA_PHONE.lstrip("+") not in seen
    assert ASHA not in seen


def test_staff_instruct_a_recipient_about_a_person_once(asha):
    recipient = registered_recipient(purposes=["billing"])
    _maker, officer = two_people()
    given = [
        staff_instructions.by_staff(
            recipient=recipient,
            do="erase",
            subject_ref=asha.subject.ref,
            because="OS-GR-7K4M-9QX2",
            actor=officer,
            now=clock.now(),
        )
        for _ in range(2)
    ]
    assert given[0] == given[1]
    (word,) = words()
    assert word["type"] == "recipients.erase"
    assert word["data"]["instruction"]["do"] == "erase"
    assert {known["value"] for known in word["data"]["address"]["known_by"]} == {ASHA, ASHA_PHONE}
    nobody = person(email=None, phone=None)
    with pytest.raises(Refused, match="No address"):
        staff_instructions.by_staff(
            recipient=recipient, do="erase", subject_ref=nobody.subject.ref, because="OS-GR-7K4M-9QX2",
            actor=officer, now=clock.now(),
        )  # fmt: skip


def test_two_acts_about_two_addresses_of_one_person_stand_in_two_lines(asha):
    registered_recipient()
    ContactPointFactory(principal=asha, kind="phone", address="+919800000002")
    said(asha, "given")
    said(asha, "given", address="+919800000002")
    stop(asha)
    assert Instruction.objects.count() == 2
    assert sorted(word["data"]["sequence"] for word in words()) == [1, 1, 2, 2]
    assert recipients.progress_of(Instruction.objects.first().about).total == 1


def test_when_a_person_is_erased_everybody_who_was_told_of_them_has_to_erase_too(asha):
    recipient = registered_recipient()
    registered_recipient("mail-one", channels=["email"])
    said(asha, "given")
    MessageTexts().erase(subject_ref=asha.subject.ref, before=None)
    Accounts().erase(subject_ref=asha.subject.ref, before=None)
    MessageTexts().erase(subject_ref=asha.subject.ref, before=None)
    instruction = Instruction.objects.get()
    assert (instruction.kind, instruction.recipient, instruction.subject_ref) == ("erase", recipient, asha.subject.ref)
    word = json.loads(message_content.text_of(instruction.telling.message).body)
    assert {known["value"] for known in word["data"]["address"]["known_by"]} == {ASHA, ASHA_PHONE}
    instruction_status.note(instruction, FactKind.ACKNOWLEDGED, happened_at=None, actor=actor.SYSTEM, now=clock.now())
    with pytest.raises(NotFound):
        message_content.text_of(Message.objects.get(pk=instruction.telling.message_id))
    Accounts().erase(subject_ref=asha.subject.ref, before=None)
    assert Instruction.objects.count() == 1


def test_who_got_data_for_a_check_is_told_to_erase_by_people(asha):
    service_in_the_book("penny-drop")
    Disclosure.objects.create(
        reference="OS-DI-1",
        recipient_code="penny-drop",
        subject_ref=asha.subject.ref,
        purpose="kyc_verification",
        basis="consent",
        about="kyc.check:1",
        disclosed_at=clock.now(),
    )
    Accounts().erase(subject_ref=asha.subject.ref, before=None)
    task = Instruction.objects.get()
    assert (task.kind, task.recipient.code, task.telling) == ("erase", "penny-drop", None)
    instruction_status.note(task, FactKind.ACTED, happened_at=None, actor=actor.SYSTEM, now=clock.now())
    assert Clock.objects.get(owner=task.owner).state == "stopped"


def test_a_no_is_told_while_the_words_of_the_person_are_being_erased(asha):
    registered_recipient()
    said(asha, "given")
    MessageTexts().erase(subject_ref=asha.subject.ref, before=None)
    assert stop(asha).receipt is not None
    told = Telling.objects.get(kind="consent.withdrawn")
    assert json.loads(message_content.text_of(told.message).body)["data"]["instruction"]["do"] == "stop"
    assert told.subject_ref == asha.subject.ref != told.message.subject_ref
