"""Guessing: references, codes and keys tell a stranger nothing. Same answer, same words, same queries, same work."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from grievances.models import TrackingCode
from grievances.tickets.services import public_tracking
from portal.fronts.selfservice import limits
from portal.kernel.core import clock, error_pages
from portal.kernel.core.ids import new_reference
from portal.kernel.outbox.models import Message
from tests.grievances.factories import filed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
ASK = "/privacy/track/"
ADDRESS = "asha@example.in"


@pytest.fixture(autouse=True)
def fresh() -> None:
    cache.clear()


@pytest.fixture
def known() -> str:
    return filed(at=clock.now() - timedelta(hours=1)).ticket.reference


def seen(do) -> tuple[object, list[str]]:
    """What a request answers, and the statements it ran, without their values."""
    with CaptureQueriesContext(connection) as queries:
        answer = do()
    page = re.sub(r'value="[^"]*"|OS-[A-Z]{2}-[0-9A-Z]{4}-[0-9A-Z]{4}|nonce-[^\']*', "", answer.content.decode())
    said = (answer.status_code, answer.headers.get("Location", "").partition("?")[0], page)
    shapes = [re.sub(r"'[^']*'|\b\d+\b|%s|x[0-9a-f]+|NULL", "?", query["sql"]) for query in queries]
    return said, shapes


def test_asking_for_a_code_is_one_answer_and_one_work_for_every_pair(known) -> None:
    found = []
    for reference, address in ((known, ADDRESS), (known, "eve@example.in"), (new_reference("GR"), ADDRESS)):
        found.append(seen(lambda r=reference, a=address: Client().post(ASK, {"reference": r, "address": a})))
    assert found[0] == found[1] == found[2]
    assert found[0][1]


def test_the_code_page_says_one_thing_to_every_wrong_code(known) -> None:
    found = []
    for reference, address in ((known, ADDRESS), (known, "eve@example.in"), (new_reference("GR"), ADDRESS)):
        client = Client()
        client.post(ASK, {"reference": reference, "address": address})
        public_tracking.send_code(code_id=TrackingCode.objects.latest("pk").pk, at=clock.now())
        found.append(seen(lambda c=client: c.post(f"{ASK}code/", {"code": "000000"}))[0])
    assert found[0] == found[1] == found[2]
    assert Message.objects.filter(kind="grievances.tracking_code").count() == 1


@pytest.mark.parametrize("page", ["", "appeal/", "files/1/", "withdraw/"], ids=["thread", "appeal", "file", "withdraw"])
def test_a_page_of_a_grievance_is_the_same_for_one_that_is_and_one_that_is_not(known, page) -> None:
    is_there, is_not = (seen(lambda r=r: Client().get(f"{ASK}{r}/{page}")) for r in (known, new_reference("GR")))
    assert is_there == is_not


@pytest.mark.parametrize("page", ["sent/", "receipt/", "receipt/closed/"])
def test_a_confirmation_or_a_receipt_is_the_same_for_one_that_is_and_one_that_is_not(known, page) -> None:
    base = "/privacy/grievances/"
    is_there, is_not = (seen(lambda r=r: Client().get(f"{base}{r}/{page}")) for r in (known, new_reference("GR")))
    assert is_there == is_not


@pytest.mark.parametrize("act", ["message", "settle", "remind", "reopen", "rate", "appeal", "withdraw"])
def test_an_act_on_a_grievance_is_answered_the_same_for_one_that_is_and_one_that_is_not(known, act) -> None:
    given = {"message": "x", "why": "x", "settled": "yes", "rating": "1"}
    is_there, is_not = (
        seen(lambda r=r: Client().post(f"{ASK}{r}/{act}/", given)) for r in (known, new_reference("GR"))
    )
    assert is_there == is_not
    assert is_there[0][0] == 403


def test_references_are_drawn_from_many_and_do_not_follow_each_other() -> None:
    drawn = [filed(at=clock.now()).ticket.reference for _ in range(5)]
    assert len({reference[:10] for reference in drawn}) == 5


def test_every_window_is_the_hour_that_the_page_names() -> None:
    assert {seconds for _most, seconds in limits.LIMITS.values()} == {error_pages.COUNTED_ANEW_AFTER}


def test_too_many_tries_are_slowed_and_told_how_long(known, monkeypatch) -> None:
    monkeypatch.setitem(limits.LIMITS, "track.ask.pair", (2, 3600))
    answers = [Client().post(ASK, {"reference": known, "address": ADDRESS}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [302, 302, 429]
    assert "Wait an hour" in answers[2].content.decode()
    assert answers[2].headers["Retry-After"] == "3600"
    assert answers[2].context["kept"] == [known, ADDRESS]
    other = new_reference("GR")
    unknown = [Client().post(ASK, {"reference": other, "address": ADDRESS}) for _ in range(3)]
    assert [answer.status_code for answer in unknown] == [302, 302, 429]
