"""Senders against withdrawals: from the commit of a withdrawal on no answer says yes, whoever asks, in whatever form, however
fast.
"""

import io
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from datetime import time as time_of_day
from itertools import cycle, islice

import pytest
from django.db import connection, transaction

from consent.base.choices import Answer, Way
from consent.consent_imports.services.external_consents import Brought, record_brought
from consent.decisions.services.bulk_decisions import Question
from consent.decisions.services.contact_decisions import may_contact
from consent.decisions.services.decision_responses import answer_many
from consent.decisions.services.list_scrub import Scrub
from consent.models import AnswerSet
from consent.records.services.addresses import Address
from consent.records.services.consent_events import Choice
from consent.suppressions.services.address_opt_outs import stop_at_address
from consent.suppressions.services.withdrawals import stop_all_promotional, withdraw
from portal.kernel.core import actor, addresses, clock
from portal.kernel.people.models import Fiduciary
from tests.consent.factories import law_is_loaded, person, published_notice
from tests.people.factories import FiduciaryFactory

NOON = datetime.combine(clock.day(clock.now()) + timedelta(days=1), time_of_day(12), tzinfo=clock.IST)

PROOF = [{"type": "form", "sha256": "ab" * 32}]
#: Seconds between two questions of one sender.
PAUSE = 0.002
#: Numbers in one list, until the withdrawals are over: the one that is withdrawn now, and those that were before it.
LISTED = 10
#: Of the numbers asked about, those that may be written to.
Asks = Callable[[Sequence[str], str], set[str]]


def one_by_one(numbers: Sequence[str], fiduciary: str) -> set[str]:
    asked = {"purpose": "marketing", "channel": "sms", "at": NOON, "fiduciary": fiduciary}
    return {number for number in numbers if may_contact(address=number, **asked).allowed}


def in_a_batch(numbers: Sequence[str], fiduciary: str) -> set[str]:
    """As the API answers: what was answered is kept."""
    question = Question("marketing", "sms", NOON, fiduciary)
    found = answer_many(question, addresses=numbers, actor=actor.SYSTEM, now=clock.now())
    return {number for number, answer in zip(numbers, found.answers, strict=True) if answer.allowed}


def by_a_scrub(numbers: Sequence[str], fiduciary: str) -> set[str]:
    scrub = Scrub(Question("marketing", "sms", NOON, fiduciary))
    _heading, *lines = b"".join(scrub.lines(io.BytesIO("\n".join(numbers).encode()))).decode().splitlines()
    cells = [line.split(",") for line in lines]
    assert [number for number, _allowed, _reason in cells] == list(numbers)
    return {number for number, allowed, _reason in cells if allowed == "true"}


#: How the senders of a race ask, in turn; each with how many numbers at a time.
FORMS: tuple[tuple[Asks, int], ...] = ((one_by_one, 1), (in_a_batch, LISTED), (one_by_one, 1), (by_a_scrub, LISTED))


def by_page(who, number):
    withdraw(subject_ref=who.subject.ref, purpose="marketing", channel="sms", way=Way.PAGE, actor=actor.SYSTEM)


def by_stop_all(who, number):
    stop_all_promotional(subject_ref=who.subject.ref, actor=actor.SYSTEM)


def by_stop(who, number):
    own = Fiduciary.objects.get(code="onesetu")
    stop_at_address(kind="phone", address=number, fiduciary=own, way=Way.SMS, actor=actor.SYSTEM)


def race(people: list, *, senders: int) -> tuple[int, list[str], list[str]]:
    """Withdraw for each person in turn while ``senders`` ask about that very person, and at the end about everybody.

    A sender notes, before it asks, whose withdrawals had returned: then a yes is too late. Returns how often was asked
    after a withdrawal, which numbers got a yes then, and which of the other fiduciary's were refused.
    """
    numbers = [number for _who, number in people]
    begun = {number: threading.Event() for number in numbers}
    done: dict[str, bool] = dict.fromkeys(numbers, False)
    late, wrongly_refused, counted = [], [], []

    def ask(asks: Asks, listed: Sequence[str]) -> set[str]:
        """The numbers whose withdrawal had returned before this question."""
        were_done = {number for number in listed if done[number]}
        late.extend(were_done & asks(listed, "onesetu"))
        return were_done

    def send(asks: Asks, at_a_time: int) -> None:
        try:
            asked_after = 0
            for place, number in enumerate(numbers, start=1):
                begun[number].wait(timeout=60)
                listed = numbers[max(0, place - at_a_time) : place]
                while number not in ask(asks, listed):
                    # The withdrawal shares its processor with those who ask.
                    time.sleep(PAUSE)
                asked_after += 1
            asked_after += len(ask(asks, numbers))
            wrongly_refused.extend(set(numbers) - asks(numbers, "acme-bank"))
            counted.append(asked_after)
        finally:
            connection.close()

    def stop() -> None:
        try:
            for (who, number), way in zip(people, cycle((by_page, by_stop_all, by_stop)), strict=False):
                begun[number].set()
                way(who, number)
                done[number] = True
        finally:
            for number, event in begun.items():
                done[number] = True
                event.set()
            connection.close()

    with ThreadPoolExecutor(max_workers=senders + 1) as pool:
        asking = [pool.submit(send, *form) for form in islice(cycle(FORMS), senders)]
        pool.submit(stop).result()
        for one in asking:
            one.result()
    return sum(counted), late, wrongly_refused


def who_agreed(count: int) -> list:
    """People with a yes to promotional SMS of both fiduciaries, and their numbers."""
    with transaction.atomic():
        people = [(person(email=None, phone=f"+9198{number:08d}"), f"+9198{number:08d}") for number in range(count)]
        for fiduciary in ("onesetu", "acme-bank"):
            answers = [
                Brought(
                    who.subject.ref,
                    Choice(
                        Address("phone", tuple(addresses.address_keys(number)), is_verified=True),
                        "marketing",
                        "sms",
                        Answer.GIVEN,
                        evidence=PROOF,
                    ),
                    clock.now() - timedelta(minutes=1),
                )
                for who, number in people
            ]
            record_brought(fiduciary=fiduciary, answers=answers, actor=actor.SYSTEM)
    return people


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("senders", "withdrawals"),
    [(2, 40), pytest.param(4, 200, marks=pytest.mark.full), pytest.param(8, 1000, marks=pytest.mark.full)],
    ids=["2x40", "4x200", "8x1000"],
)
def test_no_sender_batch_or_scrub_gets_a_yes_after_a_withdrawal_and_other_fiduciaries_keep_theirs(senders, withdrawals):
    law_is_loaded()
    published_notice()
    FiduciaryFactory(code="acme-bank")
    people = who_agreed(withdrawals)
    numbers = [number for _who, number in people]
    for asks, _at_a_time in FORMS:
        assert asks(numbers, "onesetu") == asks(numbers, "acme-bank") == set(numbers)
    asked_after, late, wrongly_refused = race(people, senders=senders)
    assert asked_after == 2 * senders * withdrawals
    assert late == []
    assert wrongly_refused == []
    assert AnswerSet.objects.count() > withdrawals, "each batch was kept while others withdrew"
