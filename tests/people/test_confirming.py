"""Confirming an address by a code: all of it or none, and a wrong code counts."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from portal.core import clock, hooks
from portal.core.actor import SYSTEM
from portal.core.errors import Refused
from portal.outbox.services import faults
from portal.people.models import ContactPoint, OneTimeCode
from portal.people.services import codes, confirming, contacts
from tests.outbox.factories import AddressFaultFactory
from tests.people.factories import CustomerFactory, CustomerUserFactory

PHONE = "+919876543210"


@pytest.fixture
def asha(db):
    return CustomerUserFactory(email="asha@acme.example", member_of=CustomerFactory())


def save(user, phone=PHONE, *, by_code=True):
    return confirming.save_phone(user=user, phone=phone, by_code=by_code, browser="one", actor=SYSTEM, now=clock.now())


def confirm(user, typed):
    return confirming.confirm_phone(user=user, phone=PHONE, typed=typed, browser="one", actor=SYSTEM, now=clock.now())


def test_a_number_is_saved_unconfirmed_and_counts_once_its_code_came_back(asha):
    code = save(asha)
    assert ContactPoint.objects.get(kind="phone").verified_at is None
    assert confirm(asha, codes.plain(code)).verified_at is not None


def test_a_number_without_a_code_is_saved_where_none_can_be_sent(asha):
    assert save(asha, by_code=False) is None
    assert ContactPoint.objects.get(kind="phone").verified_at is None
    assert not OneTimeCode.objects.exists()


def test_too_many_codes_save_no_number(asha, settings):
    settings.CODES_PER_HOUR = 0
    with pytest.raises(Refused, match="Too many codes"):
        save(asha)
    assert not ContactPoint.objects.filter(kind="phone").exists()


def test_wrong_codes_count_although_they_are_refused(asha):
    code = save(asha)
    wrong = "000000" if codes.plain(code) != "000000" else "111111"
    for _ in range(codes.DEFAULT_TRIES):
        with pytest.raises(Refused, match="not right"):
            confirm(asha, wrong)
    with pytest.raises(Refused, match="too many wrong codes"):
        confirm(asha, codes.plain(code))


def test_a_code_is_not_used_up_when_the_number_cannot_be_written(asha, monkeypatch):
    code = save(asha)
    with monkeypatch.context() as patch:
        patch.setattr(contacts, "add", lambda **given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            confirm(asha, codes.plain(code))
    assert confirm(asha, codes.plain(code)).verified_at is not None


def test_who_confirms_an_address_again_is_reached_there_again(asha):
    contacts.add(principal=asha.principal, kind="phone", address=PHONE, verified=True, actor=SYSTEM)
    AddressFaultFactory(address=PHONE, channel="sms", reason="complained")
    confirm(asha, codes.plain(save(asha)))
    assert not faults.stand(address=PHONE, channel="sms")


def test_a_login_moves_and_other_rooms_hear_of_it_together(asha, monkeypatch):
    told = []
    monkeypatch.setattr(
        hooks.address_confirmed, "_items", [lambda **said: told.append((said["kind"], said["address"]))]
    )
    code = confirming.ask_email(user=asha, address="Rao@acme.example", browser="one", now=clock.now())
    confirming.confirm_email(
        user=asha, address=code.address, typed=codes.plain(code), browser="one", actor=SYSTEM, now=clock.now()
    )
    asha.refresh_from_db()
    assert asha.email == "rao@acme.example"
    assert told == [("email", "rao@acme.example")]


@pytest.mark.django_db(transaction=True)
def test_whoever_asks_for_many_codes_at_once_gets_no_more_than_one_after_another(settings):
    settings.CODES_PER_HOUR = 2
    together = threading.Barrier(6)

    def ask(_number):
        together.wait(timeout=10)
        try:
            codes.issue(purpose="sign_in", kind="email", address="asha@acme.example", now=clock.now())
        except Refused:
            return "refused"
        finally:
            connection.close()
        return "sent"

    with ThreadPoolExecutor(max_workers=6) as pool:
        answers = list(pool.map(ask, range(6)))
    assert sorted(answers) == ["refused"] * 4 + ["sent"] * 2
