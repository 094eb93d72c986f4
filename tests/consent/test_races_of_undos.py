"""An undo at the instant of a refusal: whichever is first, the refusal counts and its receipt is for something that holds."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from datetime import time as time_of_day
from itertools import cycle, islice
from typing import Any

import pytest
from django.db import connections

from consent.base.choices import Way
from consent.collection.services import client_consents
from consent.collection.services.client_consents import Told
from consent.decisions.services.contact_decisions import may_contact
from consent.models import ConsentEvent, ConsentReceipt
from consent.preferences.services import preference_updates
from consent.records.services.projection import rebuild as rebuild_consent_state
from consent.suppressions.services.address_opt_outs import stop_at_address
from consent.suppressions.services.undos import undo_stop
from consent.suppressions.services.withdrawals import stop_all_promotional, withdraw
from portal.kernel.core import actor, clock
from portal.kernel.people.models import Fiduciary
from tests.consent.factories import law_is_loaded, person, published_notice, said

NOON = datetime.combine(clock.day(clock.now()) + timedelta(days=1), time_of_day(12), tzinfo=clock.IST)


def sms(number: str) -> bool:
    return may_contact(address=number, purpose="marketing", channel="sms", at=NOON).allowed


def by_page(who: Any, number: str) -> Any:
    done = withdraw(subject_ref=who.subject.ref, purpose="marketing", channel="sms", way=Way.PAGE, actor=actor.SYSTEM)
    return done.receipt


def by_stop_all(who: Any, number: str) -> Any:
    return stop_all_promotional(subject_ref=who.subject.ref, actor=actor.SYSTEM, again=True).receipt


def by_sms(who: Any, number: str) -> Any:
    own = Fiduciary.objects.get(code="onesetu")
    return stop_at_address(
        kind="phone",
        address=number,
        fiduciary=own,
        way=Way.SMS,
        actor=actor.SYSTEM,
        occurred_at=clock.now(),
        again=True,
    )


def by_code(who: Any, number: str) -> Any:
    own = Fiduciary.objects.get(code="onesetu")
    return stop_at_address(kind="phone", address=number, fiduciary=own, way=Way.CODE, actor=actor.SYSTEM, again=True)


def by_api(who: Any, number: str) -> Any:
    told = Told(number, "marketing", "sms", clock.now())
    done = client_consents.take_back(fiduciary="onesetu", told=told, actor=actor.SYSTEM, now=clock.now())
    return done[0].receipt if done else None


def by_save(who: Any, number: str) -> Any:
    return preference_updates.save(
        subject_ref=who.subject.ref, ticked=frozenset(), was_ticked=frozenset({"marketing:sms"}),
        actor=actor.SYSTEM,
    ).receipt  # fmt: skip


DOORS = (by_page, by_stop_all, by_sms, by_code, by_api, by_save)


def together(*acts: Callable[[], Any]) -> list[Any]:
    """What each act gives that begins at the same instant as the others, on a connection of its own."""
    start = threading.Barrier(len(acts))

    def begin(act: Callable[[], Any]) -> Any:
        try:
            start.wait(timeout=30)
            return act()
        finally:
            connections.close_all()  # the keys have a database of their own

    with ThreadPoolExecutor(max_workers=len(acts)) as pool:
        return [one.result() for one in [pool.submit(begin, act) for act in acts]]


def stopped(number: str) -> tuple[Any, ConsentReceipt]:
    """Somebody who agreed, and stopped everything a moment ago."""
    who = person(email=None, phone=number)
    said(who, "given")
    return who, stop_all_promotional(subject_ref=who.subject.ref, actor=actor.SYSTEM).receipt


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("races", [12, pytest.param(200, marks=pytest.mark.full)])
def test_an_undo_at_the_instant_of_a_refusal_never_swallows_it(races):
    law_is_loaded()
    published_notice()
    swallowed, unproven = [], []
    for place, door in enumerate(islice(cycle(DOORS), races)):
        number = f"+9198{place:08d}"
        who, receipt = stopped(number)
        _undone, proof = together(
            lambda receipt=receipt: undo_stop(receipt=receipt, actor=actor.SYSTEM),
            lambda who=who, number=number, door=door: door(who, number),
        )
        if sms(number):
            swallowed.append((place, door.__name__))
        if proof is None:
            unproven.append((place, door.__name__))
    assert swallowed == []
    assert unproven == []
    assert rebuild_consent_state(actor=actor.SYSTEM).mended == 0


@pytest.mark.django_db(transaction=True)
def test_two_undos_of_one_stop_at_the_same_instant_restore_the_consent_once():
    law_is_loaded()
    published_notice()
    for place in range(4):
        number = f"+9198{place:08d}"
        _who, receipt = stopped(number)
        both = together(*[lambda receipt=receipt: undo_stop(receipt=receipt, actor=actor.SYSTEM)] * 2)
        assert len([done for done in both if done.receipt is not None]) == 1
        assert sms(number)
    assert ConsentEvent.objects.filter(way=Way.UNDO, answer="given").count() == 4
