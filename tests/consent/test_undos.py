"""An undo takes one stop back and nothing else: whatever was refused afterwards, through whichever door, stays refused."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
import time_machine

from consent import send_gate
from consent.base.choices import Answer, AppointedBy, Relation, Way
from consent.base.selectors import contact_rulebook
from consent.collection.services import (
    client_consents,
    guardian_choices,
    inbound_replies,
    incapacity_effects,
    public_opt_outs,
    restrictions,
)
from consent.collection.services.client_consents import Told
from consent.collection.services.person_merge import keep_the_stricter
from consent.consent_imports.services.external_consents import Brought, record_brought
from consent.decisions.services.contact_decisions import may_contact
from consent.models import ConsentEvent, ConsentReceipt, Suppression
from consent.preferences.services import preference_updates
from consent.prompts.services import consent_prompts, consent_renewals
from consent.prompts.services.consent_prompts import Answered
from consent.records.services.addresses import Address, address_of
from consent.records.services.consent_events import Choice
from consent.records.services.projection import rebuild as rebuild_consent_state
from consent.suppressions.services import suppressions
from consent.suppressions.services.address_opt_outs import stop_at_address
from consent.suppressions.services.undos import undo_stop, undo_stops
from consent.suppressions.services.withdrawals import refusals_of_senders, stop_all_promotional, withdraw
from portal.kernel.core import actor, addresses, advisory_locks, clock
from portal.kernel.core.errors import Refused
from portal.kernel.law.choices import Channel
from portal.kernel.outbox.models import Message
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.services import codes, contacts, subjects
from tests.consent import test_answering_for
from tests.consent.factories import ASHA, ASHA_PHONE, person, published_notice, said
from tests.people.factories import FiduciaryFactory, SubjectFactory
from tests.registers.factories import registered_sender

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
START = datetime(2026, 6, 15, 11, 0, tzinfo=clock.IST)
NOON = datetime.combine(START.date() + timedelta(days=1), time(12), tzinfo=clock.IST)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
OTHER_PHONE = "+919811112222"
PROOF = [{"type": "form", "sha256": "ab" * 32}]


@pytest.fixture(autouse=True)
def still(law):
    with time_machine.travel(START, tick=False) as traveller:
        contact_rulebook.forget()
        yield traveller


@pytest.fixture
def asha(still):
    published_notice()
    asha = person()
    said(asha, "given")
    still.shift(60)
    return asha


def own() -> Fiduciary:
    return Fiduciary.objects.get(code="onesetu")


def sms(address: str = ASHA_PHONE, **changes: Any) -> bool:
    return may_contact(address=address, purpose="marketing", channel="sms", at=NOON, **changes).allowed


def stop_all(who: Any, **changes: Any) -> Any:
    return stop_all_promotional(subject_ref=who.subject.ref, actor=actor.SYSTEM, **changes)


def undo(receipt: ConsentReceipt) -> Any:
    return undo_stop(receipt=receipt, actor=actor.SYSTEM)


def stop_at(address: str = ASHA_PHONE, **changes: Any) -> Any:
    usual = {"kind": "phone", "address": address, "fiduciary": own(), "way": Way.SMS, "actor": actor.SYSTEM}
    return stop_at_address(**{**usual, **changes})


def by_code(asha: Any) -> Any:
    code = public_opt_outs.ask_code(kind="phone", address=ASHA_PHONE, language="en", browser="b", now=clock.now())
    code = public_opt_outs.enter_code(code=code, typed=codes.plain(code), browser="b", now=clock.now())
    return public_opt_outs.stop(code=code, fiduciary=own(), language="en", actor=actor.stranger())


def by_sms(asha: Any) -> Any:
    message = inbound_replies.Inbound("m-1", Channel.SMS, ASHA_PHONE, "ONESTU", "STOP", said_at=clock.now())
    return inbound_replies.take([message])


def withdrawn(who: Any, way: Way = Way.PAGE, **changes: Any) -> Any:
    usual = {"subject_ref": who.subject.ref, "purpose": "marketing", "channel": "sms", "actor": actor.SYSTEM}
    return withdraw(**{**usual, "way": way, **changes})


def saved(who: Any, **changes: Any) -> Any:
    usual = {"ticked": frozenset(), "actor": actor.SYSTEM}
    return preference_updates.save(subject_ref=who.subject.ref, **{**usual, **changes})


def told(at: datetime) -> Told:
    return Told(ASHA_PHONE, "marketing", "sms", at)


def from_a_list(asha: Any) -> Any:
    place = address_of(subject_ref=asha.subject.ref, channel="sms", kind="phone", text=ASHA_PHONE)
    choice = Choice(place, "marketing", "sms", Answer.WITHDRAWN, evidence=PROOF)
    brought = Brought(asha.subject.ref, choice, clock.now())
    return record_brought(fiduciary="onesetu", answers=[brought], actor=actor.SYSTEM)


def by_whom_else(asha: Any) -> Any:
    """Somebody else at the same number, who never agreed to anything."""
    ravi = person(email="ravi@acme.example")
    return withdrawn(ravi)


def question(who: Any, *, is_yes: bool) -> Any:
    return consent_prompts.answer(
        subject_ref=who.subject.ref, answers={"marketing": Answered(is_yes=is_yes)}, shown={}, actor=actor.SYSTEM
    )


#: Every door through which somebody refuses, after a stop that can still be undone.
DOORS = {
    "page": withdrawn,
    "link in a message": lambda asha: withdrawn(asha, Way.EMAIL, address_kind="phone", address=ASHA_PHONE),
    "complaint": lambda asha: send_gate.complained(
        subject_ref=asha.subject.ref, fiduciary="onesetu", purpose="marketing", category="promotional", channel="sms",
        address=ASHA_PHONE, at=clock.now(),
    ),
    "consent manager": lambda asha: withdrawn(asha, Way.CONSENT_MANAGER, evidence=PROOF),
    "API": lambda asha: client_consents.take_back(
        fiduciary="onesetu", told=told(clock.now()), actor=actor.SYSTEM, now=clock.now()
    ),
    "API, said before the stop": lambda asha: client_consents.take_back(
        fiduciary="onesetu", told=told(START + SECOND), actor=actor.SYSTEM, now=clock.now()
    ),
    "API, everything": lambda asha: stop_at(way=Way.API),
    "SMS": by_sms,
    "public page": by_code,
    "second stop": stop_all,
    "second stop in another browser": lambda asha: stop_all(asha, again=True, is_press=True),
    "grievance": lambda asha: send_gate.stop_wanted(
        kind="phone", address=ASHA_PHONE, fiduciary="onesetu", actor=actor.SYSTEM, at=clock.now()
    ),
    "preferences, the same again": saved,
    "preferences, an older page": lambda asha: saved(asha, was_ticked=frozenset({"marketing:sms"})),
    "question of another window": lambda asha: question(asha, is_yes=False),
    "renewal of another window": lambda asha: consent_renewals.renew(
        subject_ref=asha.subject.ref, answers={"marketing": False}, shown={}, actor=actor.SYSTEM
    ),
    "everything at their wish": lambda asha: incapacity_effects.withdraw_everything(
        subject_ref=asha.subject.ref, by_nominee=True, actor=actor.SYSTEM, at=clock.now()
    ),
    "restriction": lambda asha: restrictions.stop_every_use(
        subject_ref=asha.subject.ref, is_restricted=False, actor=actor.SYSTEM, at=clock.now()
    ),
    "list": from_a_list,
    "somebody else at the number": by_whom_else,
}  # fmt: skip


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("way", [Way.STOP_ALL, Way.CODE])
def test_a_refusal_after_a_stop_is_not_swallowed_by_the_undo_of_that_stop(asha, still, door, way):
    stopped = stop_all(asha, way=way).receipt
    still.shift(30)
    rows = ConsentEvent.objects.count() + Suppression.objects.count()
    DOORS[door](asha)
    assert ConsentEvent.objects.count() + Suppression.objects.count() > rows, "it is a fact of its own"
    still.shift(30)
    undo(stopped)
    assert not sms()
    assert rebuild_consent_state(actor=actor.SYSTEM).mended == 0


#: Each of them is a fact of its own whenever it comes.
ALWAYS = {"list", "public page", "SMS", "somebody else at the number"}


@pytest.mark.parametrize("door", sorted(DOORS.keys() - ALWAYS))
def test_the_same_refusal_that_arrives_twice_is_recorded_once(asha, still, door):
    stopped = stop_all(asha).receipt
    still.shift(30)
    DOORS[door](asha)
    rows = ConsentEvent.objects.count(), Suppression.objects.count()
    still.shift(1)
    DOORS[door](asha)
    assert rows == (ConsentEvent.objects.count(), Suppression.objects.count())
    still.shift(30)
    undo(stopped)
    assert not sms()


def test_a_consent_that_is_given_after_the_refusal_counts_and_the_undo_changes_nothing_about_it(asha, still):
    stopped = stop_all(asha).receipt
    still.shift(30)
    withdrawn(asha)
    still.shift(30)
    said(asha, "given", occurred_at=clock.now())
    still.shift(30)
    undo(stopped)
    assert sms()


def test_an_undo_restores_what_nobody_refused_afterwards_and_leaves_the_rest_refused(asha, still):
    said(asha, "given", channel="email", occurred_at=clock.now())
    still.shift(30)
    stopped = stop_all(asha).receipt
    still.shift(30)
    withdrawn(asha)
    still.shift(30)
    assert undo(stopped).receipt is not None
    assert not sms()
    assert may_contact(address=ASHA, purpose="marketing", channel="email", at=NOON).allowed


def test_two_stops_are_two_facts_and_each_undo_takes_back_its_own(asha, still):
    first = stop_all(asha).receipt
    still.shift(60)
    second = stop_all(asha).receipt
    assert second is not None
    assert second != first
    still.shift(60)
    assert undo(first).receipt is None
    assert not sms()
    still.shift(60)
    assert undo(second).receipt is not None
    assert not sms(), "the first stop had not been undone: its undo met the second"
    still.shift(60)
    assert undo(first).receipt is not None
    assert sms()


def test_a_double_click_is_one_stop_and_its_undo_restores_what_was_before(asha, still):
    first = stop_all(asha).receipt
    still.shift(2)
    assert stop_all(asha).receipt is None
    assert stop_all(asha, again=True, is_press=True).receipt == first
    still.shift(30)
    undo(first)
    assert sms()


def test_the_same_message_that_is_delivered_twice_is_one_refusal(asha, still):
    by_sms(asha)
    rows = ConsentEvent.objects.count(), Suppression.objects.count()
    still.shift(30)
    assert by_sms(asha).known == 1
    assert rows == (ConsentEvent.objects.count(), Suppression.objects.count())


def test_a_refusal_after_the_time_for_the_undo_says_nothing_new(asha, still):
    stop_all(asha)
    still.shift(3600)
    assert withdrawn(asha).receipt is None
    assert stop_all(asha).receipt is None


@pytest.mark.parametrize("door", ["API", "SMS", "list", "stop"])
def test_a_refusal_that_reaches_us_after_the_undo_beats_the_consent_that_was_given_before_it(asha, still, door):
    stopped = stop_all(asha).receipt
    still.shift(60)
    refused_at = clock.now()
    still.shift(60)
    undo(stopped)
    assert sms()
    still.shift(60 * 20)
    place = address_of(subject_ref=asha.subject.ref, channel="sms", kind="phone", text=ASHA_PHONE)
    choice = Choice(place, "marketing", "sms", Answer.WITHDRAWN, evidence=PROOF)
    {
        "API": lambda: client_consents.take_back(
            fiduciary="onesetu", told=told(refused_at), actor=actor.SYSTEM, now=clock.now()
        ),
        "SMS": lambda: inbound_replies.take(
            [inbound_replies.Inbound("m-2", Channel.SMS, ASHA_PHONE, "ONESTU", "STOP", said_at=refused_at)]
        ),
        "list": lambda: record_brought(
            fiduciary="onesetu", answers=[Brought(asha.subject.ref, choice, refused_at)], actor=actor.SYSTEM
        ),
        "stop": lambda: stop_at(way=Way.PHONE, occurred_at=refused_at),
    }[door]()
    assert not sms()
    assert rebuild_consent_state(actor=actor.SYSTEM).mended == 0


def test_a_refusal_from_before_a_real_consent_that_reaches_us_late_does_not_end_it(asha, still):
    stopped = stop_all(asha).receipt
    still.shift(60)
    undo(stopped)
    still.shift(60 * 20)
    said(asha, "given", occurred_at=clock.now())
    still.shift(60 * 20)
    client_consents.take_back(fiduciary="onesetu", told=told(START + 90 * SECOND), actor=actor.SYSTEM, now=clock.now())
    assert sms()


def test_a_stop_of_one_sender_stands_over_what_an_undo_restores(asha, still):
    for header in ("ONESTU", "OTHERS"):
        registered_sender(header, carries=["promotional"])
    suppressions.alone(
        subject_ref=SubjectFactory(kind="stranger").ref, fiduciary=own(), places=[place_at(ASHA_PHONE)], way=Way.SMS,
        occurred_at=clock.now(), actor=actor.SYSTEM, senders=[("sms", "ONESTU")],
    )  # fmt: skip
    still.shift(60)
    stopped = stop_all(asha).receipt
    still.shift(60)
    undo(stopped)
    assert not sms(header="AD-ONESTU-P")
    assert sms(header="AD-OTHERS-P")


def test_a_stop_of_somebody_unknown_at_the_number_stands_over_what_an_undo_restores(asha, still):
    person(email="ravi@acme.example")
    stop_at()
    assert not sms()
    still.shift(60)
    stopped = stop_all(asha).receipt
    still.shift(60)
    undo(stopped)
    assert not sms()


def test_whoever_refused_before_and_leaves_the_number_is_still_heard_after_the_undo_of_another(asha, still):
    """A suppression outlives the person: also where a stop that can be undone covered it at that moment."""
    ravi = person(email="ravi@acme.example")
    withdrawn(ravi)
    assert not sms()
    still.shift(60)
    stopped = stop_all(asha).receipt
    still.shift(60)
    contacts.leave(contact=ravi.contact_points.get(kind="phone"), actor=actor.SYSTEM)
    still.shift(60)
    undo(stopped)
    assert not sms()


def test_whoever_refused_before_and_leaves_the_number_after_an_undo_is_still_heard(asha, still):
    ravi = person(email="ravi@acme.example")
    withdrawn(ravi)
    still.shift(60)
    stopped = stop_all(asha).receipt
    still.shift(60)
    undo(stopped)
    still.shift(60)
    contacts.leave(contact=ravi.contact_points.get(kind="phone"), actor=actor.SYSTEM)
    assert not sms()


def test_a_consent_of_somebody_else_at_the_number_keeps_nobody_from_undoing_their_own_stop(asha, still):
    ravi = person(email="ravi@acme.example")
    stopped = stop_all(asha).receipt
    still.shift(60)
    said(ravi, "given", occurred_at=clock.now())
    assert not sms()
    still.shift(60)
    undo(stopped)
    assert sms()


def test_the_undo_restores_ones_own_consent_and_not_that_of_somebody_else_at_the_number(asha, still):
    ravi = person(email="ravi@acme.example")
    said(ravi, "denied", occurred_at=clock.now())
    still.shift(60)
    stopped = stop_all(asha).receipt
    still.shift(60)
    undone = undo(stopped)
    restored = [event for event in undone.events if event.channel == "sms"]
    assert [(event.answer, event.subject_ref) for event in restored] == [("given", asha.subject.ref)]
    assert not sms(), "the other one had refused, and still does"


@pytest.mark.parametrize("refuses_first", [True, False])
def test_a_merge_with_somebody_who_refused_leaves_nothing_for_an_undo_to_restore(asha, still, refuses_first):
    other = person(email="other@acme.example", phone=OTHER_PHONE)
    if refuses_first:
        withdrawn(other)
    still.shift(60)
    stopped = stop_all(asha).receipt
    still.shift(60)
    if not refuses_first:
        withdrawn(other)
    keep_the_stricter(old_ref=other.subject.ref, new_ref=asha.subject.ref, at=clock.now())
    subjects.join(old_ref=other.subject.ref, new_ref=asha.subject.ref, actor=actor.SYSTEM, now=clock.now())
    still.shift(60)
    undo(stopped)
    assert not sms()


def test_nobody_undoes_a_stop_for_somebody_who_died(asha, still):
    stopped = stop_all(asha).receipt
    still.shift(60)
    incapacity_effects.end_with_the_person(subject_ref=asha.subject.ref, at=clock.now())
    still.shift(60)
    undo(stopped)
    assert not sms()


def test_an_address_that_was_left_after_the_stop_is_not_restored(asha, still):
    stopped = stop_all(asha).receipt
    still.shift(60)
    contacts.leave(contact=asha.contact_points.get(kind="phone"), actor=actor.SYSTEM)
    still.shift(60)
    undo(stopped)
    assert not sms()


def test_a_withdrawal_covers_an_address_that_a_stop_refused_and_that_was_left_since(asha, still):
    """A consent that a client told of is at an address where the person is not reached by us."""
    said(asha, "given", address=OTHER_PHONE, way=Way.API, evidence=PROOF, occurred_at=clock.now())
    still.shift(60)
    assert sms(OTHER_PHONE)
    stopped = stop_all(asha).receipt
    still.shift(60)
    withdrawn(asha)
    still.shift(60)
    undo(stopped)
    assert not sms(OTHER_PHONE)


def test_a_guardian_who_withdraws_what_a_stop_ended_is_heard(still):
    notice = published_notice(asks=["marketing", "product_updates", "call_recording"])
    ward, mother = person(full_name="Ravi"), person(email=None, phone="+919811110000")
    agreed = said(ward, "given")
    test_answering_for.protect(ward, "guarded")
    test_answering_for.answered_on_paper(ward, mother, notice, Relation.GUARDIAN, AppointedBy.COURT)
    stopped = stop_all(ward).receipt
    still.shift(60)
    found = test_answering_for.ward_of(mother)
    done = guardian_choices.take_back(ward=found, event_id=agreed.pk, actor=actor.customer(7), now=clock.now())
    assert [(event.answer, event.way) for event in done.events] == [("withdrawn", "guardian")]
    still.shift(60)
    undo(stopped)
    assert not sms()


def place_at(address: str) -> Address:
    return Address("phone", tuple(addresses.address_keys(address)))


@pytest.mark.parametrize("is_confirmed", [True, False])
def test_an_undo_leaves_an_address_as_confirmed_as_it_was(still, is_confirmed):
    published_notice()
    who = person()
    if not is_confirmed:
        who.contact_points.filter(kind="phone").update(verified_at=None)
    given = said(who, "given")
    assert given.address_verified is is_confirmed
    still.shift(60)
    stopped = stop_all(who).receipt
    still.shift(60)
    restored = [event for event in undo(stopped).events if event.answer == "given"]
    assert [event.address_verified for event in restored] == [is_confirmed]


def test_the_undo_of_several_stops_of_one_press_is_confirmed_as_the_undo_of_one(asha, still):
    other = FiduciaryFactory(code="acme-bank")

    def sent_by_undo(*whose: Fiduciary) -> int:
        stops = [stop_all(asha, fiduciary=each).receipt for each in whose]
        still.shift(60)
        before = Message.objects.count()
        assert len(undo_stops(receipts=stops, actor=actor.SYSTEM)) == len(whose)
        still.shift(60)
        return Message.objects.count() - before

    said(asha, "given", fiduciary=other)
    assert sent_by_undo(own(), other) == sent_by_undo(own()) > 0


@pytest.mark.parametrize(("left", "answer"), [(SECOND, "given"), (0 * SECOND, "expired")])
def test_a_consent_that_ends_at_the_very_instant_of_the_undo_is_over(asha, still, left, answer):
    end = ConsentEvent.objects.get().expires_at
    still.move_to(end - MINUTE)
    stopped = stop_all(asha).receipt
    still.move_to(end - left)
    restored = next(event for event in undo(stopped).events if (event.purpose, event.channel) == ("marketing", "sms"))
    assert (restored.occurred_at, restored.answer) == (end - left, answer)


def test_a_refusal_from_after_an_earlier_undo_ends_with_its_own_undo_though_the_address_was_stopped_between(
    asha, still
):
    """Of what was never answered: the stop at the address stands, and hides nothing that there was to restore."""
    undo(stop_all(asha).receipt)
    still.shift(60)
    suppressions.alone(
        subject_ref=SubjectFactory(kind="stranger").ref, fiduciary=own(), places=[place_at(ASHA_PHONE)], way=Way.SMS,
        occurred_at=clock.now(), actor=actor.SYSTEM,
    )  # fmt: skip
    still.shift(60)
    stopped = stop_all(asha).receipt
    still.shift(60)
    ended = {event.channel: event.answer for event in undo(stopped).events if event.purpose == "marketing"}
    assert (ended["whatsapp"], "sms" in ended, sms()) == ("expired", False, False)


def test_an_undo_has_the_turn_at_the_address_before_it_asks_whether_there_is_time(still, monkeypatch):
    stopped = suppressions.alone(
        subject_ref=SubjectFactory(kind="stranger").ref, fiduciary=own(), places=[place_at(OTHER_PHONE)], way=Way.SMS,
        occurred_at=clock.now(), actor=actor.SYSTEM,
    )  # fmt: skip
    still.shift(86_400)
    taken: list[set[str]] = []
    monkeypatch.setattr(advisory_locks, "take", lambda *names: taken.append(set(names)))
    with pytest.raises(Refused) as refused:
        undo(stopped)
    assert refused.value.code == "UNDO_TOO_LATE"
    assert advisory_locks.of_address(place_at(OTHER_PHONE).keys) <= taken[0]


def refused_alone(asha: Any, still: Any) -> None:
    """The person's own refusal of one sender, over a consent to all."""
    for header in ("ONESTU", "OTHERS"):
        registered_sender(header, carries=["promotional"])
    withdrawn(asha, sender="ONESTU")
    still.shift(60)
    assert (sms(header="AD-ONESTU-P"), sms(header="AD-OTHERS-P")) == (False, True)


def test_ones_own_refusal_of_one_sender_stands_over_what_an_undo_restores_and_has_no_end(asha, still):
    refused_alone(asha, still)
    stopped = stop_all(asha).receipt
    still.shift(60)
    done = undo(stopped)
    assert (sms(header="AD-ONESTU-P"), sms(header="AD-OTHERS-P")) == (False, True)
    (again,) = (event for event in done.events if event.sender)
    assert (again.answer, again.expires_at) == ("withdrawn", None)


def test_a_refusal_of_one_sender_after_the_stop_stands_over_what_its_undo_restores(asha, still):
    for header in ("ONESTU", "OTHERS"):
        registered_sender(header, carries=["promotional"])
    stopped = stop_all(asha).receipt
    still.shift(60)
    withdrawn(asha, sender="ONESTU")
    still.shift(60)
    undo(stopped)
    assert (sms(header="AD-ONESTU-P"), sms(header="AD-OTHERS-P")) == (False, True)


@pytest.mark.parametrize("is_later", [True, False])
def test_a_stop_of_one_sender_at_the_address_is_said_again_beside_a_consent_to_all_unless_one_was_given_since(
    asha, still, is_later
):
    for header in ("ONESTU", "OTHERS"):
        registered_sender(header, carries=["promotional"])
    suppressions.alone(
        subject_ref=SubjectFactory(kind="stranger").ref, fiduciary=own(), places=[place_at(ASHA_PHONE)], way=Way.SMS,
        occurred_at=clock.now(), actor=actor.SYSTEM, senders=[("sms", "ONESTU")],
    )  # fmt: skip
    still.shift(60)
    if is_later:
        said(asha, "given", occurred_at=clock.now())
        still.shift(60)
    yes = Choice(place_at(ASHA_PHONE), "marketing", "sms", Answer.GIVEN)
    found = refusals_of_senders(asha.subject.ref, own(), [yes])
    assert [(each.sender, each.answer) for each in found] == ([] if is_later else [("ONESTU", Answer.DENIED)])
