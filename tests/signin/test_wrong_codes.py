"""Each wrong code stands in the history of the login once, whatever happens to the queue or to a worker."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.urls import reverse

from portal.fronts.signin import signin_history, tasks
from portal.kernel.core import clock
from portal.kernel.people import erasure
from portal.kernel.people.models import SignIn, WrongCode
from tests.people.factories import CustomerFactory, CustomerUserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()


@pytest.fixture
def asha():
    return CustomerUserFactory(email="asha@acme.example", member_of=CustomerFactory())


@pytest.fixture
def lost(monkeypatch):
    """The names of tasks that never reach a worker."""
    sent = []
    monkeypatch.setattr("portal.kernel.people.services.codes.enqueue", lambda *args: sent.append(args))
    return sent


def miss(client, address="asha@acme.example"):
    client.post(reverse("privacy:sign-in"), {"email": address})
    return client.post(reverse("privacy:sign-in-code"), {"code": "000000"})


def later():
    WrongCode.objects.update(typed_at=clock.now() - timedelta(minutes=1))


def test_it_stands_there_once_with_its_browser_and_place(client, asha, lost):
    miss(client)
    ((name, number),) = lost
    assert name == "portal.signin.tasks.note_wrong_code"
    assert [tasks.note_wrong_code(number), tasks.note_wrong_code(number)] == [True, False]
    row = SignIn.objects.get(user=asha)
    assert (row.outcome, row.address, row.browser) == ("wrong_code", "127.0.0.1", "Browser")
    assert not WrongCode.objects.exists()


def test_a_lost_nudge_is_made_good_by_the_sweep(client, asha, lost):
    miss(client)
    assert tasks.note_waiting_wrong_codes() == 0
    later()
    assert tasks.note_waiting_wrong_codes() == 1
    assert tasks.note_waiting_wrong_codes() == 0
    assert SignIn.objects.filter(user=asha, outcome="wrong_code").count() == 1


def test_a_worker_that_dies_on_the_way_leaves_it_to_the_next(client, asha, lost, monkeypatch):
    miss(client)
    number = lost[0][1]
    with monkeypatch.context() as patch:
        patch.setattr(signin_history.devices, "note", lambda **given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            tasks.note_wrong_code(number)
    assert tasks.note_wrong_code(number)
    assert SignIn.objects.get(user=asha).outcome == "wrong_code"


def test_at_an_address_without_a_login_it_ends_without_a_history(client, asha, lost):
    miss(client, "nobody@acme.example")
    assert tasks.note_wrong_code(lost[0][1]) is False
    assert not SignIn.objects.exists()
    assert not WrongCode.objects.exists()


def test_it_lies_encrypted_and_ends_with_the_person(client, asha, lost):
    miss(client)
    with connection.cursor() as cursor:
        cursor.execute("SELECT address, network, token FROM people_wrongcode")
        assert not any(b"asha" in bytes(value) or b"127.0" in bytes(value) for value in cursor.fetchone())
    erasure.SignIns().erase(subject_ref=asha.subject_ref, before=None)
    assert not WrongCode.objects.exists()
