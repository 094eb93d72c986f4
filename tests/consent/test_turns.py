"""Two people, or one in two places, at the same instant: a no finds the yes that is being written, and nobody waits for ever."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError, connection, transaction

from consent.base.choices import Answer, Way
from consent.collection.services import client_consents, consent_expiry, gpc_signals, offline_consents
from consent.consent_imports.services import file_reader, ingestion, lifecycle
from consent.consent_imports.services.external_consents import Brought, record_brought
from consent.models import ConsentEvent, ConsentState, NoticeText, Suppression
from consent.preferences.services import preference_updates
from consent.prompts.services import consent_prompts, consent_renewals, visitor_choices
from consent.prompts.services.consent_prompts import Answered
from consent.records.services import recipient_updates
from consent.records.services.addresses import Address
from consent.records.services.consent_events import Choice, record_all
from consent.suppressions.services.address_opt_outs import stop_at_address
from consent.suppressions.services.undos import undo_stop
from consent.suppressions.services.withdrawals import stop_all_promotional, withdraw
from portal.kernel.core import actor, addresses, advisory_locks, clock
from portal.kernel.core.errors import Refused
from portal.kernel.outbox.choices import Outcome
from portal.kernel.outbox.services import reports
from portal.kernel.outbox.services.reports import Report
from portal.kernel.people import selectors as people
from portal.kernel.people.choices import ContactKind
from portal.kernel.people.models import Fiduciary, Principal
from portal.kernel.people.services import contacts, guardianships, subjects
from tests.consent import test_lists, test_taking
from tests.consent.factories import ASHA, ASHA_PHONE, law_is_loaded, person, published_notice, said
from tests.outbox.factories import MessageFactory
from tests.people.factories import StaffFactory

OTHER_PHONE, ASHA_OTHER, RAVI_OTHER = "+919876500000", "+919876500001", "+919876500002"
PROOF = [{"type": "form", "sha256": "ab" * 32}]


@pytest.fixture(autouse=True)
def world(db: None) -> None:
    law_is_loaded()
    published_notice()


def closing(act: Callable[[], Any]) -> Any:
    try:
        return act()
    finally:
        connection.close()


def while_in_flight(first: Callable[[], Any], then: Callable[[], Any]) -> Any:
    """What ``then`` gives that begins when ``first`` is written and not committed; it must wait for the commit."""
    is_written, is_over = threading.Event(), threading.Event()

    def write() -> None:
        try:
            with transaction.atomic():
                first()
                is_written.set()
                is_over.wait(timeout=0.3)
        finally:
            is_written.set()

    def follow() -> Any:
        is_written.wait(timeout=10)
        try:
            return then()
        finally:
            is_over.set()

    with ThreadPoolExecutor(max_workers=2) as pool:
        writing = pool.submit(closing, write)
        following = pool.submit(closing, follow)
        writing.result()
        return following.result()


def an_old_no(who: Principal) -> None:
    said(who, "denied", occurred_at=clock.now() - timedelta(days=2))


@pytest.mark.django_db(transaction=True)
def test_a_withdrawal_meets_the_yes_that_is_being_recorded_after_an_old_no():
    asha = person()
    an_old_no(asha)
    done = while_in_flight(
        lambda: said(asha, "given"),
        lambda: withdraw(
            subject_ref=asha.subject.ref, purpose="marketing", channel="sms", way=Way.PAGE, actor=actor.SYSTEM
        ),
    )
    assert [event.answer for event in done.events] == ["withdrawn"]
    assert ConsentState.objects.get().answer == "withdrawn"


@pytest.mark.django_db(transaction=True)
def test_stop_all_meets_the_yes_that_is_being_recorded_after_an_old_no():
    asha = person()
    stop_all_promotional(subject_ref=asha.subject.ref, actor=actor.SYSTEM, now=clock.now() - timedelta(days=2))
    while_in_flight(
        lambda: said(asha, "given"),
        lambda: stop_all_promotional(subject_ref=asha.subject.ref, actor=actor.SYSTEM),
    )
    assert not ConsentState.objects.filter(answer="given").exists()


@pytest.mark.django_db(transaction=True)
def test_a_save_that_removes_a_tick_meets_the_yes_that_is_being_recorded():
    asha = person()
    an_old_no(asha)
    while_in_flight(
        lambda: said(asha, "given"),
        lambda: preference_updates.save(
            subject_ref=asha.subject.ref, ticked=frozenset(), was_ticked=frozenset({"marketing:sms"}),
            actor=actor.SYSTEM,
        ),
    )  # fmt: skip
    assert ConsentState.objects.get().answer == "withdrawn"


@pytest.mark.django_db(transaction=True)
def test_the_signal_of_a_browser_meets_the_yes_that_is_being_recorded_after_an_old_no():
    asha = person()
    of_processing = {"purpose": "analytics", "channel": "none"}
    said(asha, "denied", occurred_at=clock.now() - timedelta(days=2), **of_processing)
    while_in_flight(
        lambda: said(asha, "given", **of_processing),
        lambda: gpc_signals.honour(subject_ref=asha.subject.ref, actor=actor.SYSTEM),
    )
    assert ConsentState.objects.get(purpose="analytics").answer == "withdrawn"


@pytest.mark.django_db(transaction=True)
def test_nobody_renews_what_is_being_withdrawn():
    asha, at = person(), clock.now()
    text = NoticeText.objects.get()
    number = Address("phone", tuple(addresses.address_keys(ASHA_PHONE)), is_verified=True)
    soon_over = Choice(number, "marketing", "sms", Answer.GIVEN, text, ends_at=at + timedelta(days=2))
    record_all(
        subject_ref=asha.subject.ref, fiduciary="onesetu", choices=[soon_over], way=Way.PAGE,
        occurred_at=at - timedelta(minutes=1), actor=actor.SYSTEM, now=at,
    )  # fmt: skip

    def renew() -> str:
        with pytest.raises(Refused) as refusal:
            consent_renewals.renew(
                subject_ref=asha.subject.ref, answers={"marketing": True}, shown={"marketing": text.sha256},
                actor=actor.SYSTEM,
            )  # fmt: skip
        return refusal.value.code

    assert while_in_flight(lambda: said(asha, "withdrawn", occurred_at=clock.now()), renew) == "NOT_ENDING"
    assert ConsentState.objects.get().answer == "withdrawn"


@pytest.mark.django_db(transaction=True)
def test_an_address_that_is_given_up_takes_the_yes_along_that_is_being_recorded():
    asha = person()
    number = asha.contact_points.get(kind=ContactKind.PHONE)
    while_in_flight(lambda: said(asha, "given"), lambda: contacts.leave(contact=number, actor=actor.SYSTEM))
    assert ConsentState.objects.get().answer == "expired"


@pytest.mark.django_db(transaction=True)
def test_a_stop_at_the_instant_at_which_an_earlier_one_is_taken_back_stands():
    own = Fiduciary.objects.get(code="onesetu")
    stop = {"kind": "phone", "address": OTHER_PHONE, "fiduciary": own, "way": Way.CODE, "actor": actor.SYSTEM}
    first = stop_at_address(**stop, now=clock.now() - timedelta(minutes=1))
    again = while_in_flight(
        lambda: undo_stop(receipt=first, actor=actor.SYSTEM), lambda: stop_at_address(**stop)
    )  # fmt: skip
    assert again is not None
    assert Suppression.objects.filter(lift=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_nobody_says_yes_at_the_instant_at_which_they_turn_out_to_be_a_child():
    asha = person()
    is_noted = {"kind": "child", "ground": "declared", "actor": actor.SYSTEM, "now": clock.now()}

    def agree() -> str:
        with pytest.raises(Refused) as refusal:
            said(asha, "given")
        return refusal.value.code

    assert (
        while_in_flight(lambda: guardianships.protect(subject_ref=asha.subject.ref, **is_noted), agree)
        == "NOT_FOR_CHILDREN"
    )
    assert not ConsentEvent.objects.exists()


def brought(who: Principal, number: str) -> Brought:
    place = Address("phone", tuple(addresses.address_keys(number)), is_verified=True)
    choice = Choice(place, "marketing", "sms", Answer.GIVEN, evidence=PROOF)
    return Brought(who.subject.ref, choice, clock.now())


@pytest.mark.django_db(transaction=True)
def test_two_lists_about_the_same_people_in_other_orders_are_both_taken_in(monkeypatch):
    numbers = [ASHA_PHONE, OTHER_PHONE]
    people = [person(email=None, phone=number) for number in numbers]
    answers = [brought(who, number) for who, number in zip(people, numbers, strict=True)]
    record_brought(fiduciary="onesetu", answers=answers, actor=actor.SYSTEM)
    both_hold_one = threading.Barrier(2)
    tell = recipient_updates.tell

    def slowly(*args: Any, **kwargs: Any) -> None:
        with suppress(threading.BrokenBarrierError):  # the other waits for what this one holds, as it should
            both_hold_one.wait(timeout=0.5)
        tell(*args, **kwargs)

    monkeypatch.setattr(recipient_updates, "tell", slowly)
    with ThreadPoolExecutor(max_workers=2) as pool:
        lists = [answers, answers[::-1]]
        taken = [
            pool.submit(closing, lambda one=one: record_brought(fiduciary="onesetu", answers=one, actor=actor.SYSTEM))
            for one in lists
        ]
        assert [one.result() for one in taken] == [2, 2]
    assert ConsentEvent.objects.count() == 6


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """The names of each call for turns."""
    calls: list[set[str]] = []
    monkeypatch.setattr(advisory_locks, "take", lambda *names: calls.append(set(names)))
    return calls


def two_at_one_number() -> list[Principal]:
    """Two people who spoke for one number, each with another number and an e-mail address of their own."""
    both = [person(), person(email="ravi@acme.example")]
    for who, number in zip(both, [ASHA_OTHER, RAVI_OTHER], strict=True):
        contacts.add(principal=who, kind="phone", address=number, verified=True, actor=actor.SYSTEM)
        said(who, "given")
        said(who, "given", address=number)
        said(who, "given", channel="email", address=who.contact_points.get(kind=ContactKind.EMAIL).address)
    return both


def told_to_withdraw() -> client_consents.Told:
    return client_consents.Told(ASHA_PHONE, "marketing", "sms", clock.now(), PROOF)


@pytest.mark.parametrize("act", ["withdraw", "stop_all", "undo", "save", "take_back", "stop_at_address", "bring", "complain", "leave"])  # fmt: skip
def test_a_transaction_takes_all_its_turns_in_its_first_call(act, taken):
    asha, ravi = two_at_one_number()
    ref = asha.subject.ref
    own = Fiduciary.objects.get(code="onesetu")
    stopped = stop_all_promotional(subject_ref=ref, actor=actor.SYSTEM) if act == "undo" else None
    offer = MessageFactory(subject_ref=ref, purpose="marketing", category="promotional", channel="sms")
    offer.deliveries.create(attempt=1, outcome=Outcome.STARTED, happened_at=clock.now())
    in_all = {"way": Way.SMS, "actor": actor.SYSTEM}
    acts: dict[str, Callable[[], Any]] = {
        "withdraw": lambda: withdraw(
            subject_ref=ref, purpose="marketing", channel="sms", address_kind="phone", address=OTHER_PHONE, **in_all
        ),
        "stop_all": lambda: stop_all_promotional(subject_ref=ref, actor=actor.SYSTEM),
        "undo": lambda: undo_stop(receipt=stopped.receipt, actor=actor.SYSTEM),
        "save": lambda: preference_updates.save(subject_ref=ref, ticked=frozenset(), actor=actor.SYSTEM),
        "take_back": lambda: client_consents.take_back(
            fiduciary="onesetu", told=told_to_withdraw(), actor=actor.SYSTEM, now=clock.now()
        ),
        "stop_at_address": lambda: stop_at_address(kind="email", address=ASHA, fiduciary=own, **in_all),
        "bring": lambda: record_brought(
            fiduciary="onesetu", answers=[brought(asha, ASHA_PHONE), brought(ravi, OTHER_PHONE)] * 2, actor=actor.SYSTEM
        ),
        "complain": lambda: reports.take(
            webhook_id=str(uuid4()), reports=[Report(offer.reference, Outcome.COMPLAINED)], now=clock.now()
        ),
        "leave": lambda: [contacts.leave(contact=contact, actor=actor.SYSTEM) for contact in asha.contact_points.all()],
    }
    before = ConsentEvent.objects.count()
    taken.clear()
    acts[act]()
    assert ConsentEvent.objects.count() > before
    first, *later = taken
    assert set().union(*later) <= first


def test_a_first_yes_of_a_list_needs_no_turn_and_a_no_does(taken):
    asha = person()
    yes = brought(asha, ASHA_PHONE)
    taken.clear()
    record_brought(fiduciary="onesetu", answers=[yes], actor=actor.SYSTEM)
    assert set().union(*taken) == set()
    place = Address("phone", tuple(addresses.address_keys(OTHER_PHONE)), is_verified=True)
    no = Brought(asha.subject.ref, Choice(place, "marketing", "sms", Answer.WITHDRAWN), clock.now())
    taken.clear()
    record_brought(fiduciary="onesetu", answers=[no], actor=actor.SYSTEM)
    assert set().union(*taken) == advisory_locks.of_address(place.keys)


def test_a_process_that_does_not_know_the_new_lookup_key_waits_for_one_that_does(taken, settings):
    asha = person()
    taken.clear()
    said(asha, "given")
    with_old_key = set().union(*taken)
    settings.LOOKUP_KEYS_OLD = [settings.LOOKUP_KEY]
    settings.LOOKUP_KEY = "0123456789abcdef" * 4
    taken.clear()
    said(asha, "withdrawn", occurred_at=clock.now())
    with_both = set().union(*taken)
    at_number = advisory_locks.of_address(addresses.address_keys(ASHA_PHONE))
    assert with_old_key & with_both & at_number


def test_a_sweep_that_knows_only_the_stored_key_waits_for_whoever_knows_them_all(taken, settings):
    asha = person()
    settings.LOOKUP_KEYS_OLD = [settings.LOOKUP_KEY]
    settings.LOOKUP_KEY = "0123456789abcdef" * 4
    event = said(asha, "given")  # its chain begins under the new key
    taken.clear()
    said(asha, "given")
    by_page = set().union(*taken)
    taken.clear()
    assert consent_expiry.end_what_is_over(now=event.expires_at + timedelta(days=1)).ended == 1
    first, *later = taken
    assert first & by_page & advisory_locks.of_address([bytes(event.address_key)])
    assert set().union(*later) <= first


class Ended(Exception):
    """What PostgreSQL's driver raises for a transaction that was ended so that others can go on."""

    sqlstate = "40P01"


def ended_once(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
    """The first time the work gets there, the database ends it."""
    whole, tried = getattr(module, name), []

    def work(*args: Any, **kwargs: Any) -> Any:
        tried.append(name)
        if len(tried) == 1:
            raise OperationalError from Ended()
        return whole(*args, **kwargs)

    monkeypatch.setattr(module, name, work)


@pytest.mark.django_db(transaction=True)
def test_two_people_agree_to_a_yes_on_paper_although_the_database_ended_it_once(monkeypatch):
    asha, notice = person(), published_notice()
    maker, checker = StaffFactory(roles=["support"]), StaffFactory(roles=["data_protection_officer"])
    proposal = test_taking.propose(
        maker, test_taking.taken(asha, notice, way=Way.PHONE, call_reference="CALL-8F2A"), scan=None
    )
    ended_once(monkeypatch, offline_consents, "_record")
    done = offline_consents.answer(proposal=proposal, approve=True, actor=actor.staff(checker.pk))
    assert [event.answer for event in done.events] == ["given"]
    assert ConsentEvent.objects.count() == 1
    assert proposal.receipt == done.receipt


@pytest.mark.django_db(transaction=True)
def test_two_references_are_joined_although_the_database_ended_it_once(monkeypatch):
    before, asha = person(email=None, phone=None).subject.ref, person().subject.ref
    ended_once(monkeypatch, subjects, "record")
    subjects.join(old_ref=before, new_ref=asha, actor=actor.SYSTEM, now=clock.now())
    assert before in people.refs_of(asha)


@pytest.mark.django_db(transaction=True)
def test_what_a_visitor_chose_is_taken_over_although_the_database_ended_it_once(monkeypatch):
    asha, notice, since = person().subject.ref, published_notice(), clock.now()
    visitor = visitor_choices.new_visitor(now=since)
    consent_prompts.answer(
        subject_ref=visitor, answers={"analytics": Answered(is_yes=True)},
        shown={"analytics": notice.binding.sha256}, actor=actor.SYSTEM, known=False,
    )  # fmt: skip
    ended_once(monkeypatch, visitor_choices, "record_all")
    assert visitor_choices.join(
        visitor=visitor, since=since, subject_ref=asha, actor=actor.SYSTEM, language="en", now=clock.now()
    )
    assert ConsentEvent.objects.filter(subject_ref=asha, answer="given").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_lists_that_name_the_same_people_in_opposite_order_both_go_in(monkeypatch):
    """Each has its first half written before the other goes on: neither may wait for what the other holds."""
    monkeypatch.setattr(advisory_locks, "TRIES", 1)
    two_people = tuple(actor.staff(StaffFactory(roles=["data_protection_officer"]).pk) for _ in range(2))
    lines = [test_lists.line(number) for number in range(300)]
    rows = [test_lists.bring(two_people, test_lists.as_csv(some)) for some in (lines, lines[::-1])]
    for row in rows:
        lifecycle.answer(row=row, approve=True, actor=two_people[1], now=clock.now())
        row.refresh_from_db()
    sets = [list(file_reader.lines(row, actor=ingestion.WORKER)) for row in rows]
    both, whole = threading.Barrier(2), ingestion.record_brought

    def in_step(*, answers: Any, **given: Any) -> None:
        whole(answers=answers[:150], **given)
        with suppress(threading.BrokenBarrierError):
            both.wait(timeout=1)
        whole(answers=answers[150:], **given)

    monkeypatch.setattr(ingestion, "record_brought", in_step)
    with ThreadPoolExecutor(max_workers=2) as pool:
        done = [
            pool.submit(closing, lambda row=row, some=some: ingestion._take_set(row, some, two_people[0]))
            for row, some in zip(rows, sets, strict=True)
        ]
        for each in done:
            each.result()
    assert ConsentEvent.objects.count() == 2 * len(lines)
    assert Principal.objects.count() == len(lines)
