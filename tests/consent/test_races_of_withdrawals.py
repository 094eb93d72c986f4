"""Senders against withdrawals: from the commit of a withdrawal on no decision says yes, whoever asks and however fast."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, time, timedelta
from itertools import cycle

import pytest
from django.db import connection

from consent.services import may_contact, stop_all_promotional, withdraw
from consent.services.stopping import stop_at_address
from consent.states import Way
from portal.core import actor, clock
from portal.people.models import Fiduciary
from tests.consent.factories import law_is_loaded, person, published_notice, said
from tests.people.factories import FiduciaryFactory

NOON = datetime.combine(clock.now().astimezone(clock.IST).date() + timedelta(days=1), time(12), tzinfo=clock.IST)


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
    """Withdraw for each person in turn while ``senders`` ask about all of them.

    A sender notes, before it asks, whether the withdrawal had returned: then a yes is too late. Returns how often was
    asked after a withdrawal, which numbers got a yes then, and which of the other fiduciary's were refused.
    """
    done: dict[str, bool] = dict.fromkeys((number for _who, number in people), False)
    late, wrongly_refused, counted = [], [], []
    over = threading.Event()

    def send(offset: int) -> None:
        try:
            asked_after = 0
            order = people[offset:] + people[:offset]
            while True:
                was_over = over.is_set()
                for _who, number in order:
                    was_done = done[number]
                    if asked(number, fiduciary="onesetu") and was_done:
                        late.append(number)
                    asked_after += was_done
                    if was_over and not asked(number, fiduciary="acme-bank"):
                        wrongly_refused.append(number)
                if was_over:
                    break
            counted.append(asked_after)
        finally:
            connection.close()

    def stop() -> None:
        try:
            for (who, number), way in zip(people, cycle((by_page, by_stop_all, by_stop)), strict=False):
                way(who, number)
                done[number] = True
        finally:
            connection.close()
            over.set()

    with ThreadPoolExecutor(max_workers=senders + 1) as pool:
        asking = [pool.submit(send, place * len(people) // senders) for place in range(senders)]
        pool.submit(stop).result()
        for one in asking:
            one.result()
    return sum(counted), late, wrongly_refused


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("senders", "withdrawals"), [(4, 200), pytest.param(8, 1000, marks=pytest.mark.full)], ids=["4x200", "8x1000"]
)
def test_no_sender_gets_a_yes_after_a_withdrawal_and_other_fiduciaries_keep_theirs(senders, withdrawals):
    law_is_loaded()
    published_notice()
    FiduciaryFactory(code="acme-bank")
    people = []
    for number in range(withdrawals):
        phone = f"+9198{number:08d}"
        who = person(email=None, phone=phone)
        said(who, "given")
        said(who, "given", fiduciary="acme-bank")
        people.append((who, phone))
    asked_after, late, wrongly_refused = race(people, senders=senders)
    assert asked_after >= senders * withdrawals
    assert late == []
    assert wrongly_refused == []
