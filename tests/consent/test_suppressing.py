"""A stop belongs to the address: it outlives the person, binds one fiduciary, and ends with a later yes only."""

from datetime import datetime, time, timedelta

import pytest
from django.db import IntegrityError, transaction

from consent.base.choices import Way
from consent.base.rules.contact import Reason
from consent.decisions.services import bulk_decisions
from consent.decisions.services.contact_decisions import may_contact
from consent.models import ConsentEvent, ConsentState, Suppression
from consent.prompts import selectors
from consent.records.services.addresses import Address
from consent.suppressions.services import suppressions
from consent.suppressions.services.undos import undo_stop
from consent.suppressions.services.withdrawals import stop_all_promotional
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, addresses, advisory_locks, clock
from portal.kernel.core.models import AppendOnlyModel
from portal.kernel.law import selectors as law_selectors
from portal.kernel.people.erasure import Accounts
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.services import contacts
from portal.kernel.registers.models import Telling
from tests.consent.factories import ASHA, ASHA_PHONE, person, published_notice, said
from tests.people.factories import FiduciaryFactory, SubjectFactory
from tests.registers.factories import registered_recipient, registered_sender

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
NOON = datetime.combine(clock.day(clock.now()) + timedelta(days=1), time(12), tzinfo=clock.IST)
STRANGER = "+919811112222"


@pytest.fixture
def asha(law):
    published_notice()
    return person()


def ask(address=ASHA_PHONE, **changes):
    usual = {"address": address, "purpose": "marketing", "channel": "sms", "at": NOON}
    return may_contact(**{**usual, **changes})


def stopped(address=STRANGER, *, fiduciary="onesetu", at=None, **more):
    """A stop at a number that is nobody's we know."""
    place = Address("phone", tuple(addresses.address_keys(address)))
    return suppressions.alone(
        subject_ref=SubjectFactory(kind="stranger").ref,
        fiduciary=Fiduciary.objects.get(code=fiduciary),
        places=[place],
        way=Way.SMS,
        occurred_at=at or clock.now(),
        actor=actor.SYSTEM,
        **more,
    )


def test_a_number_nobody_knows_is_stopped_with_a_receipt_an_entry_and_no_person(law):
    receipt = stopped()
    decision = ask(STRANGER)
    assert (decision.allowed, decision.reason) == (False, Reason.SUPPRESSED)
    row = Suppression.objects.get()
    assert decision.entry == str(row.entry.event_id)
    assert row.receipt == receipt
    assert bytes(row.address_key) == addresses.address_key(STRANGER)
    assert STRANGER not in str(AuditEvent.objects.get(kind="consent.address.suppressed").facts)
    assert not ConsentEvent.objects.exists()


@pytest.mark.parametrize("channel", ["sms", "whatsapp", "rcs", "voice"])
def test_a_stop_counts_on_every_channel_of_the_number(law, channel):
    stopped()
    assert ask(STRANGER, channel=channel).reason is Reason.SUPPRESSED


def test_what_is_owed_still_goes_to_a_suppressed_number(law):
    stopped()
    assert ask(STRANGER, purpose="account_service").reason is Reason.ALLOWED_ESSENTIAL


def test_a_yes_given_before_the_stop_does_not_count_and_one_given_after_does(asha):
    said(asha, "given")
    stopped(ASHA_PHONE)
    assert ask().reason is Reason.SUPPRESSED
    said(asha, "given", occurred_at=clock.now())
    assert ask().reason is Reason.ALLOWED_BY_CONSENT
    assert ask(channel="whatsapp").reason is Reason.SUPPRESSED


def test_an_older_yes_that_arrives_late_does_not_lift_a_stop(asha):
    stopped(ASHA_PHONE)
    said(asha, "given", occurred_at=clock.now() - timedelta(days=30))
    assert ask().reason is Reason.SUPPRESSED


def test_a_stop_to_one_fiduciary_leaves_the_others_alone(asha):
    FiduciaryFactory(code="acme-bank")
    said(asha, "given")
    said(asha, "given", fiduciary="acme-bank")
    stopped(ASHA_PHONE, fiduciary="acme-bank")
    assert ask(fiduciary="acme-bank").reason is Reason.SUPPRESSED
    assert ask().allowed


def test_a_stop_may_be_narrowed_to_a_header_and_counts_where_none_is_named(asha):
    registered_sender("ONESTU", carries=["promotional"])
    registered_sender("OTHERS", carries=["promotional"])
    said(asha, "given")
    stopped(ASHA_PHONE, senders=[("sms", "ONESTU")])
    assert ask(header="AD-ONESTU-P").reason is Reason.SUPPRESSED
    assert ask(header="AD-OTHERS-P").allowed
    assert ask().reason is Reason.SUPPRESSED


@pytest.mark.parametrize("header", [None, "AD-ONESTU-P", "AD-OTHERS-P"])
def test_a_list_of_addresses_is_answered_as_one_by_one(asha, header):
    registered_sender("ONESTU", carries=["promotional"])
    registered_sender("OTHERS", carries=["promotional"])
    said(asha, "given")
    stopped(ASHA_PHONE, senders=[("sms", "ONESTU")])
    stopped()
    numbers = [ASHA_PHONE, STRANGER, "+919800000007"]
    question = bulk_decisions.Question("marketing", "sms", NOON, header=header)
    for number, answered in zip(numbers, bulk_decisions.decide_all(question, numbers), strict=True):
        one = ask(number, header=header)
        assert (answered.allowed, answered.reason, answered.entry) == (one.allowed, one.reason, one.entry)


def test_the_same_stop_again_changes_nothing_until_somebody_said_yes_since(asha):
    assert stopped(ASHA_PHONE) is not None
    assert stopped(ASHA_PHONE) is None
    said(asha, "given", occurred_at=clock.now())
    assert stopped(ASHA_PHONE) is not None
    assert ask().reason is Reason.SUPPRESSED


def test_recipients_hear_nothing_where_one_of_two_stops_is_taken_back_until_the_other_is(law):
    registered_recipient()
    first, second = stopped(), stopped(again=True)
    kinds = Telling.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds.all()) == ["consent.withdrawn"]
    for stop, told in ((second, ["consent.withdrawn"]), (first, ["consent.withdrawn", "consent.expired"])):
        suppressions.take_back(stop=stop, place=None, actor=actor.SYSTEM, at=clock.now())
        assert list(kinds.all()) == told
    assert ask(STRANGER).reason is Reason.NO_CONSENT


def test_the_ledger_says_which_suppressions_an_undo_lifted_and_how(law):
    stop, at = stopped(), clock.now() + timedelta(seconds=30)
    undone = suppressions.take_back(stop=stop, place=None, actor=actor.SYSTEM, at=at)
    event = AuditEvent.objects.get(kind="consent.suppression.lifted")
    assert event.at == at
    assert event.about == f"consent.receipt:{undone.reference}"
    assert event.facts == {
        "reference": stop.reference,
        "fiduciary": "onesetu",
        "way": "undo",
        "count": 1,
        "sha256": suppressions.digest_of([addresses.address_key(STRANGER)]),
    }


def test_a_stop_at_an_address_and_its_end_wait_for_the_turn_there(law, monkeypatch):
    taken, turn = [], advisory_locks.of_address(addresses.address_keys(STRANGER))
    monkeypatch.setattr(advisory_locks, "take", lambda *names: taken.append(set(names)))
    stop = stopped()
    assert turn in taken
    taken.clear()
    suppressions.take_back(stop=stop, place=None, actor=actor.SYSTEM, at=clock.now())
    assert turn in taken


def test_a_number_is_found_under_an_old_lookup_key(asha, settings):
    stopped(ASHA_PHONE)
    settings.LOOKUP_KEYS_OLD = [settings.LOOKUP_KEY]
    settings.LOOKUP_KEY = "another-lookup-key-of-thirty-two-characters"
    assert bytes(Suppression.objects.get().address_key) in addresses.address_keys(ASHA_PHONE)
    assert addresses.address_key(ASHA_PHONE) != bytes(Suppression.objects.get().address_key)
    assert ask().reason is Reason.SUPPRESSED


def test_a_stop_survives_the_erasure_of_the_person(asha):
    said(asha, "given")
    stop_all_promotional(subject_ref=asha.subject.ref, actor=actor.SYSTEM)
    Accounts().erase(subject_ref=asha.subject.ref, before=None)
    assert not ConsentState.objects.filter(answer__in=("withdrawn", "denied"), channel="sms").exists()
    assert ask().reason is Reason.SUPPRESSED
    assert ask(ASHA, channel="email").reason is Reason.SUPPRESSED


def test_one_withdrawal_survives_the_person_for_its_own_purpose_and_channel(asha):
    said(asha, "withdrawn")
    contacts.leave(contact=asha.contact_points.get(kind="phone"), actor=actor.SYSTEM)
    assert ask().reason is Reason.SUPPRESSED
    assert ask(channel="whatsapp").reason is Reason.NO_CONSENT
    row = Suppression.objects.get()
    assert (row.purpose, row.channel, row.event.answer) == ("marketing", "sms", "withdrawn")


def test_the_next_holder_may_say_yes(asha):
    said(asha, "withdrawn")
    contacts.leave(contact=asha.contact_points.get(kind="phone"), actor=actor.SYSTEM)
    said(person(email="ravi@acme.example"), "given", occurred_at=clock.now())
    assert ask().allowed


def test_the_undo_of_a_stop_takes_its_suppressions_back(asha):
    said(asha, "given")
    done = stop_all_promotional(subject_ref=asha.subject.ref, actor=actor.SYSTEM)
    assert Suppression.objects.filter(receipt=done.receipt).count() == 3
    undone = undo_stop(receipt=done.receipt, actor=actor.SYSTEM)
    assert ask().allowed
    assert {row.lift.receipt for row in Suppression.objects.all()} == {undone.receipt}


@pytest.mark.parametrize("change", ["update", "delete"])
def test_a_suppression_can_be_neither_changed_nor_deleted(law, change):
    stopped()
    rows = Suppression.objects.all()
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(header="x") if change == "update" else rows._raw_delete(rows.db)
    assert issubclass(Suppression, AppendOnlyModel)


def test_nobody_asks_again_before_the_law_allows_where_the_address_was_stopped(asha):
    purpose = [law_selectors.purpose("marketing", on=NOON.date())]
    own = Fiduciary.objects.get(code="onesetu")

    def asked(at):
        return selectors.unanswered(asha.subject.ref, purpose, fiduciary=own, at=at)

    assert asked(clock.now())
    stopped(ASHA_PHONE)
    assert not asked(clock.now() + timedelta(days=89))
    assert asked(clock.now() + timedelta(days=92))
    assert selectors.unanswered(asha.subject.ref, purpose, fiduciary=FiduciaryFactory(code="acme-bank"), at=clock.now())


def test_a_stop_at_one_number_says_nothing_about_another(law):
    assert stopped() is not None
    assert stopped("+919811113333") is not None
    assert ask("+919811113333").reason is Reason.SUPPRESSED


def test_the_ledger_names_the_first_piece_of_what_stands_behind_a_stop(law):
    pieces = [{"type": "call", "sha256": "ab" * 32}, {"type": "form", "sha256": "cd" * 32}]
    stopped(evidence=pieces)
    facts = AuditEvent.objects.get(kind="consent.address.suppressed").facts
    assert facts["evidence"] == f"call:{'ab' * 32}"


def test_the_entry_that_decides_after_a_yes_is_that_of_the_yes(asha):
    stopped(ASHA_PHONE)
    given = said(asha, "given", occurred_at=clock.now())
    decision = ask()
    assert (decision.allowed, decision.entry) == (True, str(given.entry.event_id))


def test_the_last_stop_of_a_person_is_none_of_somebody_else(asha):
    other, began = person(email="ravi@acme.example", phone=STRANGER), clock.now() - timedelta(seconds=1)
    receipts = [
        stop_all_promotional(subject_ref=each.subject.ref, actor=actor.SYSTEM).receipt for each in (asha, other)
    ]
    own = Fiduciary.objects.get(code="onesetu")
    assert receipts == [
        suppressions.latest_stop(each.subject.ref, own, way=Way.STOP_ALL, since=began) for each in (asha, other)
    ]
