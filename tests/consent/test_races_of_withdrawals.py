"""Senders against withdrawals: from the commit of a withdrawal on no decision says yes, whoever asks and however fast."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from datetime import time as time_of_day
from itertools import cycle

import pytest
from django.db import connection, transaction

from consent.services import may_contact, stop_all_promotional, withdraw
from consent.services.addresses import Address
from consent.services.bringing import Brought, record_brought
from consent.services.recording import Choice
from consent.services.stopping import stop_at_address
from consent.states import Answer, Way
from portal.core import actor, addresses, clock
from portal.people.models import Fiduciary
from tests.consent.factories import law_is_loaded, person, published_notice
from tests.people.factories import FiduciaryFactory

NOON = datetime.combine(clock.day(clock.now()) + timedelta(days=1), time_of_day(12), tzinfo=clock.IST)

PROOF = [{"type": "form", "sha256": "ab" * 32}]
#: Seconds between two questions of one sender.
PAUSE = 0.002


def asked(number: str, *, fiduciary: str) -> bool:
    return may_contact(address=number, purpose="marketing", channel="sms", at=NOON, fiduciary=fiduciary).allowed


def by_page(who, number):
    withdraw(subject_ref=who.subject.ref, purpose="marketing", channel="sms", way=Way.PAGE, actor=actor.SYSTEM)


def by_stop_all(who, number):
    stop_all_promotional(subject_ref=who.subject.ref, actor=actor.SYSTEM)


def by_stop(who, number):
    own = Fiduciary.objects.get(code="onesetu")
    stop_at_address(kind="phone", address=number, fiduciary=own, way=Way.SMS, actor=actor.SYSTEM)


def race(people: list, *, senders: int) -> tuple[int, list[str], list[str]]:
    """Withdraw for each person in turn while ``senders`` ask about that very person, and at the end about everybody.

    A sender notes, before it asks, whether the withdrawal had returned: then a yes is too late. Returns how often was
    asked after a withdrawal, which numbers got a yes then, and which of the other fiduciary's were refused.
    """
    begun = {number: threading.Event() for _who, number in people}
    done: dict[str, bool] = dict.fromkeys(begun, False)
    late, wrongly_refused, counted = [], [], []

    def ask(number: str) -> bool:
        was_done = done[number]
        if asked(number, fiduciary="onesetu") and was_done:
            late.append(number)
        return was_done

    def send() -> None:
        try:
            asked_after = 0
            for _who, number in people:
                begun[number].wait(timeout=60)
                while not ask(number):
                    # The withdrawal shares its processor with those who ask.
                    time.sleep(PAUSE)
                asked_after += 1
            for _who, number in people:
                asked_after += ask(number)
                if not asked(number, fiduciary="acme-bank"):
                    wrongly_refused.append(number)
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
        asking = [pool.submit(send) for _sender in range(senders)]
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
    ("senders", "withdrawals"), [(4, 200), pytest.param(8, 1000, marks=pytest.mark.full)], ids=["4x200", "8x1000"]
)
def test_no_sender_gets_a_yes_after_a_withdrawal_and_other_fiduciaries_keep_theirs(senders, withdrawals):
    law_is_loaded()
    published_notice()
    FiduciaryFactory(code="acme-bank")
    people = who_agreed(withdrawals)
    assert all(asked(number, fiduciary=whose) for _who, number in people for whose in ("onesetu", "acme-bank"))
    asked_after, late, wrongly_refused = race(people, senders=senders)
    assert asked_after >= 2 * senders * withdrawals
    assert late == []
    assert wrongly_refused == []
