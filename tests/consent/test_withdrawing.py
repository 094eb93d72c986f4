"""Withdrawing works at once, everywhere, and twice."""

from datetime import timedelta

import pytest
import time_machine

from consent.base.choices import Answer, Way
from consent.base.rules.contact import Reason
from consent.base.rules.status_fold import UNANSWERED
from consent.collection.services import consent_expiry
from consent.decisions.selectors import point_in_time
from consent.decisions.selectors.scrub_table import NOTHING_SAID, temporary
from consent.decisions.services.contact_decisions import may_contact
from consent.models import ConsentEvent, ConsentState
from consent.records.services.projection import rebuild as rebuild_consent_state
from consent.suppressions.services.undos import undo_stop
from consent.suppressions.services.withdrawals import all_promotion_stopped_since, stop_all_promotional, withdraw
from portal.kernel.core import actor, clock
from portal.kernel.core.addresses import address_key, address_keys
from portal.kernel.core.errors import Refused
from portal.kernel.law.models import Purpose
from portal.kernel.ledger.services import payload_of
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services.message_content import text_of
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.services import contacts, guardianships
from portal.kernel.registers.models import Telling
from tests.consent.factories import ASHA_PHONE, person, published_notice, said
from tests.people.factories import ContactPointFactory, FiduciaryFactory
from tests.registers.factories import registered_recipient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
NOON = clock.now().astimezone(clock.IST).replace(hour=12, minute=0) + timedelta(days=1)


@pytest.fixture
def asha(law):
    published_notice()
    return person()


def sms_allowed(address=ASHA_PHONE):
    return may_contact(address=address, purpose="marketing", channel="sms", at=NOON).allowed


def why_not(at=NOON):
    return may_contact(address=ASHA_PHONE, purpose="marketing", channel="sms", at=at).reason


def stop_sms(who, **kwargs):
    return withdraw(
        subject_ref=who.subject.ref, purpose="marketing", channel="sms", way=Way.SMS, actor=actor.SYSTEM, **kwargs
    )


def test_a_withdrawal_stops_the_next_message(asha):
    said(asha, "given")
    assert sms_allowed()
    stop_sms(asha)
    assert not sms_allowed()


def test_a_withdrawal_covers_every_address_of_the_person(asha):
    second = "+919800000002"
    ContactPointFactory(principal=asha, kind="phone", address=second)
    said(asha, "given")
    said(asha, "given", address=second)
    stop_sms(asha)
    assert not sms_allowed()
    assert not sms_allowed(second)


def test_a_withdrawal_leaves_other_channels_and_purposes_as_they_are(asha):
    said(asha, "given", channel="email")
    said(asha, "given")
    stop_sms(asha)
    assert may_contact(address="asha@acme.example", purpose="marketing", channel="email", at=NOON).allowed


def test_a_stop_that_arrives_twice_is_one_withdrawal(asha):
    said(asha, "given")
    stop_sms(asha)
    again = stop_sms(asha)
    assert again.receipt is None
    assert ConsentEvent.objects.filter(answer="withdrawn").count() == 1


def test_a_withdrawal_where_nobody_ever_consented_is_a_refusal_and_where_a_consent_has_ended_a_withdrawal(asha):
    second = "+919800000002"
    ContactPointFactory(principal=asha, kind="phone", address=second)
    over = said(asha, "given").expires_at
    consent_expiry.end_what_is_over(now=over)
    done = stop_sms(asha, now=over)
    answers = {bytes(event.address_key): (event.answer, payload_of(event.entry)["event"]) for event in done.events}
    assert answers[address_key(ASHA_PHONE)] == ("withdrawn", "withdrawn")
    assert answers[address_key(second)] == ("denied", "denied")
    assert not sms_allowed(second)


def test_recipients_are_instructed_by_a_refusal_of_what_was_never_agreed_to_here(asha):
    """Whom they may have asked before us, we do not know."""
    registered_recipient()
    stop_sms(asha)
    assert Telling.objects.get().kind == "consent.withdrawn"


def test_a_new_address_starts_at_no(asha):
    said(asha, "given")
    ContactPointFactory(principal=asha, kind="phone", address="+919800000003")
    assert not sms_allowed("+919800000003")


def test_stop_all_ends_every_promotional_yes_under_one_receipt_and_nothing_else(asha):
    said(asha, "given")
    said(asha, "given", channel="email")
    said(asha, "given", purpose="product_updates")
    done = stop_all_promotional(subject_ref=asha.subject.ref, actor=actor.SYSTEM)
    assert {event.purpose for event in done.events} == {"marketing"}
    assert {event.channel for event in done.events if event.answer == Answer.WITHDRAWN} == {"sms", "email"}
    assert {event.answer for event in done.events} == {Answer.WITHDRAWN, Answer.DENIED}
    assert not ConsentState.objects.filter(purpose="marketing", answer__in=("given", "renewed")).exists()
    assert ConsentState.objects.get(purpose="product_updates").answer == "given"
    assert stop_all_promotional(subject_ref=asha.subject.ref, actor=actor.SYSTEM).receipt is None


def test_a_purpose_that_has_ended_can_still_be_withdrawn_and_its_address_given_up(asha):
    said(asha, "given")
    said(asha, "given", channel="email")
    Purpose.objects.filter(code="marketing").update(
        effective_from=clock.now().date() - timedelta(days=9), effective_to=clock.now().date() - timedelta(days=3)
    )
    assert stop_sms(asha).receipt is not None
    contacts.leave(contact=asha.contact_points.get(kind="email"), actor=actor.SYSTEM)
    assert set(ConsentState.objects.values_list("channel", "answer")) == {("sms", "withdrawn"), ("email", "expired")}


@pytest.mark.parametrize("back", [timedelta(0), timedelta(seconds=2)])
def test_an_undo_counts_also_where_the_clock_stood_still_or_was_set_back_after_the_stop(asha, back):
    said(asha, "given", occurred_at=clock.now() - timedelta(hours=1))
    now = clock.now()
    with time_machine.travel(now, tick=False):
        done = stop_all_promotional(subject_ref=asha.subject.ref, actor=actor.SYSTEM)
    with time_machine.travel(now - back, tick=False):
        undone = undo_stop(receipt=done.receipt, actor=actor.SYSTEM)
    assert {event.occurred_at for event in undone.events} == {now + clock.TICK}
    assert sms_allowed()
    assert rebuild_consent_state(actor=actor.SYSTEM).mended == 0


def test_undo_restores_what_was_before_and_nothing_more(asha):
    yes = said(asha, "given")
    done = stop_all_promotional(subject_ref=asha.subject.ref, actor=actor.SYSTEM)
    assert not sms_allowed()
    undone = undo_stop(receipt=done.receipt, actor=actor.SYSTEM)
    assert sms_allowed()
    assert {event.channel for event in undone.events if event.answer == Answer.GIVEN} == {"sms"}
    assert not ConsentState.objects.filter(answer="denied").exists()
    restored = undone.events[[event.channel for event in undone.events].index("sms")]
    assert restored.notice_sha256 == yes.notice_sha256
    assert ConsentEvent.objects.filter(pk__in=[event.pk for event in done.events]).count() == len(done.events)


@pytest.mark.parametrize(
    ("language", "words", "no"),
    [
        (
            "en",
            ("You took your stop back", "SMS: Yes, as before the stop", "RCS: No choice made, as before the stop"),
            ": no",
        ),
        ("hi", ("वापस लिया", "SMS: हाँ, जैसा रोकने से पहले था", "RCS: कोई उत्तर नहीं, जैसा रोकने से पहले था"), ": नहीं"),
        ("mr", ("मागे घेतला", "SMS: होय, थांबवण्यापूर्वी होते तसे", "RCS: उत्तर नाही, थांबवण्यापूर्वी होते तसे"), ": नाही"),
    ],
)
def test_the_letter_after_an_undo_says_that_the_stop_was_taken_back_and_no_no(asha, language, words, no):
    asha.language = language
    asha.save(update_fields=["language"])
    said(asha, "given")
    done = stop_all_promotional(subject_ref=asha.subject.ref, actor=actor.SYSTEM)
    undone = undo_stop(receipt=done.receipt, actor=actor.SYSTEM)
    letters = Message.objects.filter(about=f"consent.receipt:{undone.receipt.reference}")
    assert set(letters.values_list("kind", "channel")) == {
        ("consent.stop_undone", "dashboard"),
        ("consent.stop_undone", "email"),
    }
    for letter in letters:
        body = text_of(letter).body
        for said_there in words:
            assert said_there in body
        assert no not in body
        assert undone.receipt.reference in body


def test_a_stop_undone_by_somebody_who_never_said_yes_leaves_no_consent_and_not_an_ended_one(asha):
    done = stop_all_promotional(subject_ref=asha.subject.ref, actor=actor.SYSTEM)
    assert why_not() is Reason.CONSENT_DENIED
    undo_stop(receipt=done.receipt, actor=actor.SYSTEM)
    assert why_not() is Reason.NO_CONSENT
    with temporary() as table:
        table.fill([address_keys(ASHA_PHONE)])
        onesetu = Fiduciary.objects.get(code="onesetu").pk
        assert table.letters("marketing", "sms", onesetu, at=NOON, meant_since=NOON, old_texts=()) == NOTHING_SAID
    assert {then.answer for then in point_in_time.of_person(asha.subject.ref, clock.now() + clock.TICK)} == {UNANSWERED}
    assert rebuild_consent_state(actor=actor.SYSTEM).mended == 0


def test_a_stop_undone_after_an_old_consent_had_ended_still_says_that_it_ended(asha):
    over = said(asha, "given").expires_at
    consent_expiry.end_what_is_over(now=over)
    done = stop_all_promotional(subject_ref=asha.subject.ref, actor=actor.SYSTEM, now=over)
    undo_stop(receipt=done.receipt, actor=actor.SYSTEM, now=over)
    assert why_not(at=over) is Reason.CONSENT_EXPIRED


def test_undo_gives_nobody_a_yes_back_who_cannot_answer_alone_by_now(asha):
    said(asha, "given")
    done = stop_all_promotional(subject_ref=asha.subject.ref, actor=actor.SYSTEM)
    guardianships.protect(
        subject_ref=asha.subject.ref, kind="guarded", ground="order", actor=actor.SYSTEM, now=clock.now()
    )
    with pytest.raises(Refused) as refusal:
        undo_stop(receipt=done.receipt, actor=actor.SYSTEM)
    assert refusal.value.code == "HELD_FOR_GUARDIAN"
    assert not ConsentState.objects.filter(answer="given").exists()


def test_undo_gives_a_yes_no_longer_life_than_it_had(asha):
    yes = said(asha, "given")
    shortly_before = yes.expires_at - timedelta(minutes=1)
    done = stop_all_promotional(subject_ref=asha.subject.ref, actor=actor.SYSTEM, now=shortly_before)
    undone = undo_stop(receipt=done.receipt, actor=actor.SYSTEM, now=shortly_before)
    assert [event.expires_at for event in undone.events if event.answer == Answer.GIVEN] == [yes.expires_at]


def test_undo_does_not_bring_back_a_yes_that_was_over(asha):
    over = said(asha, "given").expires_at
    done = stop_all_promotional(subject_ref=asha.subject.ref, actor=actor.SYSTEM, now=over)
    undone = undo_stop(receipt=done.receipt, actor=actor.SYSTEM, now=over)
    assert not [event for event in undone.events if event.answer == Answer.GIVEN]
    assert not ConsentState.objects.filter(answer=Answer.GIVEN).exists()


def test_undo_keeps_what_was_answered_again_after_the_stop(asha):
    said(asha, "given")
    done = stop_all_promotional(subject_ref=asha.subject.ref, actor=actor.SYSTEM)
    said(asha, "denied", occurred_at=clock.now())
    undo_stop(receipt=done.receipt, actor=actor.SYSTEM)
    assert not sms_allowed()


def test_undo_is_over_after_the_promised_minutes(asha):
    said(asha, "given")
    done = stop_all_promotional(subject_ref=asha.subject.ref, actor=actor.SYSTEM)
    with pytest.raises(Refused) as refusal:
        undo_stop(receipt=done.receipt, actor=actor.SYSTEM, now=done.receipt.made_at + timedelta(minutes=10, seconds=1))
    assert refusal.value.code == "UNDO_TOO_LATE"
    assert not sms_allowed()


def test_only_a_stop_can_be_undone(asha):
    with pytest.raises(Refused) as refusal:
        undo_stop(receipt=said(asha, "withdrawn").receipt, actor=actor.SYSTEM)
    assert refusal.value.code == "NOT_A_STOP"


def test_an_address_that_is_given_up_takes_its_answers_with_it(asha):
    said(asha, "given")
    contacts.leave(contact=asha.contact_points.get(kind="phone"), actor=actor.SYSTEM)
    assert not sms_allowed()
    assert ConsentState.objects.get().answer == "expired"


def test_the_next_holder_of_a_number_is_not_bound_by_the_no_of_the_one_before(asha):
    said(asha, "withdrawn")
    contacts.leave(contact=asha.contact_points.get(kind="phone"), actor=actor.SYSTEM)
    ravi = person(email="ravi@acme.example")
    said(ravi, "given", occurred_at=clock.now())
    assert sms_allowed()


def test_each_purpose_and_rule_is_looked_up_once_however_many_answers_a_stop_gives(asha, django_assert_max_num_queries):
    for channel in ("sms", "whatsapp", "email"):
        said(asha, "given", channel=channel)
    with django_assert_max_num_queries(1_000) as asked:
        stop_all_promotional(subject_ref=asha.subject.ref, actor=actor.SYSTEM)
    of_law = [query["sql"] for query in asked.captured_queries if 'FROM "law_' in query["sql"]]
    assert of_law
    assert len(of_law) == len(set(of_law))


def test_a_stop_to_another_fiduciary_is_none_to_us(asha):
    FiduciaryFactory(code="acme-bank")
    stop_all_promotional(subject_ref=asha.subject.ref, fiduciary="acme-bank", actor=actor.SYSTEM)
    assert all_promotion_stopped_since(asha.subject.ref, "acme-bank", at=clock.now()) is not None
    assert all_promotion_stopped_since(asha.subject.ref, at=clock.now()) is None


def test_a_stop_of_which_the_person_is_told_otherwise_sends_no_confirmation(asha):
    said(asha, "given")
    before = Message.objects.count()
    stop_all_promotional(subject_ref=asha.subject.ref, actor=actor.SYSTEM, confirms=False)
    assert Message.objects.count() == before
