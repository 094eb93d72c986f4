"""Answers become facts, all in one transaction."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from consent.base.choices import Answer, Way
from consent.models import ConsentEvent, ConsentReceipt, ConsentState
from consent.records.services import consent_events
from consent.records.services.addresses import address_of
from consent.records.services.consent_events import Choice, record_all
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.law.request_cache import remembering
from portal.kernel.ledger.models import Entry
from portal.kernel.ledger.services import payload_of
from portal.kernel.outbox.models import Message
from tests.consent.factories import ASHA, ASHA_PHONE, person, published_notice, said
from tests.people.factories import ContactPointFactory, FiduciaryFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]


@pytest.fixture
def asha():
    return person()


@pytest.fixture(autouse=True)
def notice(law):
    return published_notice()


def test_an_answer_leaves_an_event_a_ledger_entry_a_state_and_a_confirmation(asha, notice):
    event = said(asha, "given", evidence=[{"type": "page", "sha256": "ab" * 32}])

    payload = payload_of(event.entry)
    assert payload["event"] == "given"
    assert payload["principal"] == str(asha.subject.ref)
    assert payload["notice"] == {
        "id": "consent", "version": 1, "lang": "en", "sha256": notice.binding.sha256,
    }  # fmt: skip
    assert payload["evidence"] == [{"type": "page", "sha256": "ab" * 32}]
    assert payload["prev"] is None
    assert payload["occurred_at"] == clock.stamp(event.occurred_at)
    state = ConsentState.objects.get()
    assert (state.answer, state.event, state.entry_ref) == ("given", event, event.entry.event_id)
    assert state.verified
    assert {m.channel for m in Message.objects.filter(about=f"consent.receipt:{event.receipt.reference}")} == {
        "email",
        "dashboard",
    }


def test_no_address_stands_in_the_event_or_in_the_ledger(asha):
    event = said(asha, "given")
    written = str(payload_of(event.entry)) + str(ConsentEvent.objects.values().get())
    assert ASHA_PHONE not in written
    assert ASHA_PHONE[3:] not in written
    assert ASHA not in written


def test_each_answer_names_the_one_before_it(asha):
    first = said(asha, "given")
    second = said(asha, "withdrawn")
    assert second.previous == first
    assert payload_of(second.entry)["prev"] == str(first.entry.event_id)


def test_nothing_is_left_when_the_transaction_fails(asha, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("the outbox broke")

    entries = Entry.objects.count()
    monkeypatch.setattr(consent_events.confirmations, "confirm", fail)
    with pytest.raises(RuntimeError), transaction.atomic():
        said(asha, "given")
    assert not ConsentEvent.objects.exists()
    assert not ConsentState.objects.exists()
    assert not ConsentReceipt.objects.exists()
    assert Entry.objects.count() == entries


def test_a_yes_needs_the_notice_that_was_shown(asha):
    with pytest.raises(Refused, match="published notice") as refusal:
        said(asha, "given", notice_version=None)
    assert refusal.value.code == "NOTICE_MISSING"
    assert said(asha, "denied", notice_version=None).answer == Answer.DENIED


def test_a_yes_before_the_notice_was_in_force_is_refused(asha):
    later = published_notice(effective_on=clock.now().date() + timedelta(days=3))
    with pytest.raises(Refused) as refusal:
        said(asha, "given", notice_version=later)
    assert refusal.value.code == "NOTICE_NOT_IN_FORCE"


@pytest.mark.parametrize(
    ("changes", "error", "code"),
    [
        ({"occurred_at": clock.now() + timedelta(days=1)}, Refused, "OCCURRED_IN_FUTURE"),
        ({"purpose": "no_such_purpose"}, NotFound, "NOT_FOUND"),
        ({"fiduciary": "nobody"}, NotFound, "NOT_FOUND"),
        ({"address_kind": "email", "address": ASHA}, Refused, "ADDRESS_KIND"),
        ({"address": "12"}, Refused, "PHONE_FORMAT"),
        ({"channel": "none", "address_kind": "subject"}, Refused, "CHANNEL_NOT_USED"),
        ({"way": Way.IMPORT, "notice_version": None}, Refused, "EVIDENCE_MISSING"),
    ],
)
def test_what_makes_no_sense_is_refused_and_leaves_nothing(asha, changes, error, code):
    with pytest.raises(error) as refusal:
        said(asha, "given", **changes)
    assert refusal.value.code == code
    assert not ConsentEvent.objects.exists()


def test_a_yes_for_an_unconfirmed_address_is_kept_as_unconfirmed(asha):
    ContactPointFactory(principal=asha, kind="phone", address="+919800000001", verified_at=None)
    said(asha, "given", address="+919800000001")
    assert not ConsentState.objects.get().verified


def test_a_no_by_one_person_decides_for_everybody_at_the_address(asha):
    ravi = person(email="ravi@acme.example")
    said(asha, "withdrawn")
    said(ravi, "given")
    state = ConsentState.objects.get()
    assert (state.answer, state.subject_ref) == ("withdrawn", asha.subject.ref)


def test_an_answer_that_happened_earlier_does_not_overwrite_a_later_one(asha):
    said(asha, "withdrawn")
    said(asha, "given", occurred_at=clock.now() - timedelta(days=2))
    assert ConsentState.objects.get().answer == "withdrawn"
    assert ConsentEvent.objects.count() == 2


def test_a_yes_ends_after_the_time_that_its_purpose_promises(asha):
    event = said(asha, "given")
    assert timedelta(days=300) < event.expires_at - event.occurred_at < timedelta(days=1200)
    assert ConsentState.objects.get().expires_at == event.expires_at


def test_one_act_has_one_receipt_and_one_confirmation_however_many_answers(asha, notice):
    choices = [
        Choice(
            address_of(subject_ref=asha.subject.ref, channel=channel, kind=kind, text=text),
            "marketing",
            channel,
            Answer.GIVEN,
            notice.binding,
        )
        for channel, kind, text in (("sms", "phone", ASHA_PHONE), ("email", "email", ASHA), ("push", "subject", ""))
    ]
    done = record_all(
        subject_ref=asha.subject.ref,
        fiduciary="onesetu",
        choices=choices,
        way=Way.PAGE,
        occurred_at=clock.now(),
        actor=actor.SYSTEM,
    )
    assert {event.receipt for event in done.events} == {done.receipt}
    assert len({event.entry_id for event in done.events}) == 3
    assert Message.objects.filter(kind="consent.confirmed", channel="email").count() == 1


def denied(asha, channels, **changes):
    found = []
    for channel in channels:
        place = address_of(subject_ref=asha.subject.ref, channel=channel, kind="phone", text=ASHA_PHONE)
        found.append(Choice(replace(place, **changes), "marketing", channel, Answer.DENIED))
    return found


def recorded(asha, choices):
    return record_all(
        subject_ref=asha.subject.ref,
        fiduciary="onesetu",
        choices=choices,
        way=Way.ADDRESS_LEFT,
        occurred_at=clock.now(),
        actor=actor.SYSTEM,
    ).events


def test_more_answers_of_one_act_take_no_more_statements(asha):
    counts = []
    for channels, key in ((["sms", "rcs"], b"\x01" * 33), (["sms", "rcs", "voice", "whatsapp"], b"\x02" * 33)):
        choices = denied(asha, channels, keys=(key,))
        with remembering(), CaptureQueriesContext(connection) as asked:
            recorded(asha, choices)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_each_of_many_answers_names_the_one_before_it_at_its_own_place(asha):
    before = said(asha, "given", channel="sms")
    rcs, sms = recorded(asha, denied(asha, ["rcs", "sms"]))
    assert (rcs.previous, sms.previous) == (None, before)
    assert payload_of(sms.entry)["prev"] == str(before.entry.event_id)
    assert dict(ConsentState.objects.values_list("channel", "answer")) == {"rcs": "denied", "sms": "denied"}


def test_two_answers_of_one_act_about_one_place_are_chained(asha):
    first, second = recorded(asha, denied(asha, ["sms", "sms"]))
    assert (first.previous, second.previous) == (None, first)
    assert ConsentState.objects.get().event == second


def test_a_person_without_an_account_gets_no_confirmation_and_their_no_counts():
    from consent.suppressions.services.withdrawals import withdraw

    stranger = uuid.uuid4()
    done = withdraw(
        subject_ref=stranger,
        purpose="marketing",
        channel="sms",
        way=Way.SMS,
        actor=actor.stranger(via="sms"),
        address_kind="phone",
        address="98765 00000",
    )
    assert [event.answer for event in done.events] == ["denied"]
    assert not Message.objects.exists()


def test_a_chain_goes_on_under_its_old_lookup_key_when_the_key_is_changed(asha, settings):
    first = said(asha, "given")
    settings.LOOKUP_KEYS_OLD = [settings.LOOKUP_KEY]
    settings.LOOKUP_KEY = "another lookup key of more than thirty-two characters"
    second = said(asha, "withdrawn")
    assert second.previous == first
    assert bytes(second.address_key) == bytes(first.address_key)
    assert ConsentState.objects.get().answer == "withdrawn"


def test_nobody_says_yes_to_a_client_for_what_is_ours_alone_and_a_no_is_heard(asha):
    FiduciaryFactory(code="acme")
    ours = {"fiduciary": "acme", "purpose": "kyc_verification", "channel": "none"}
    with pytest.raises(Refused) as refusal:
        said(asha, "given", **ours)
    assert refusal.value.code == "PURPOSE_OF_OURS"
    assert said(asha, "denied", **ours).answer == "denied"
