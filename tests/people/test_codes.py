"""A code is good once, and whoever uses one of several ends all of them."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

from portal.kernel.core import clock
from portal.kernel.core.errors import Refused
from portal.kernel.people.models import OneTimeCode
from portal.kernel.people.services import codes

pytestmark = pytest.mark.django_db
ASKED: dict[str, Any] = {"purpose": "sign_in", "kind": "email", "address": "asha@acme.example"}


def issued(**changes: Any) -> OneTimeCode:
    return codes.issue(**{**ASKED, "now": clock.now(), **changes})


def test_using_one_code_ends_the_others_that_were_sent_for_the_same() -> None:
    now = clock.now()
    earlier, later, elsewhere = issued(), issued(), issued(purpose="contact")
    assert codes.redeem(**ASKED, typed=codes.plain(later), now=now) == later
    earlier.refresh_from_db()
    elsewhere.refresh_from_db()
    assert (earlier.used_at, elsewhere.used_at) == (now, None)
    with pytest.raises(Refused) as caught:
        codes.redeem(**ASKED, typed=codes.plain(earlier), now=now + timedelta(seconds=1))
    assert caught.value.code == "CODE_USED"


def test_a_code_that_wrong_ones_have_ended_is_open_no_longer() -> None:
    now = clock.now()
    code = issued(purpose="act", about="tests.work:1")
    asked: dict[str, Any] = {"purpose": "act", "about": "tests.work:1", "now": now}
    wrong = "000000" if codes.plain(code) != "000000" else "000001"
    for _try in range(codes.DEFAULT_TRIES):
        assert codes.is_open(**asked)
        with pytest.raises(Refused):
            codes.redeem(**{**ASKED, **asked}, typed=wrong)
    assert not codes.is_open(**asked)


def test_the_place_where_a_code_was_typed_shows_neither_network_nor_token() -> None:
    shown = repr(codes.SeenFrom(network="192.0.2.77", browser="Firefox", token="t" * 43))
    assert shown == "SeenFrom(browser='Firefox')"


def used_up() -> None:
    for _each in range(settings.CODES_PER_HOUR):
        issued()
    with pytest.raises(Refused) as caught:
        issued()
    assert caught.value.code == codes.TOO_MANY_CODES


def test_codes_are_counted_for_an_hour(settings) -> None:
    settings.CODES_PER_HOUR = 2
    used_up()
    with pytest.raises(Refused):
        issued(now=clock.now() + timedelta(minutes=59))
    assert issued(now=clock.now() + timedelta(minutes=61))


def test_a_second_pardon_leaves_the_time_of_the_first(settings) -> None:
    settings.CODES_PER_HOUR = 2
    used_up()
    asked, first = {"kind": "email", "address": ASKED["address"]}, clock.now()
    assert codes.forgive(**asked, now=first) == 2
    assert issued()
    assert codes.forgive(**asked, now=first + timedelta(minutes=1)) == 1
    assert OneTimeCode.objects.filter(forgiven_at=first).count() == 2


def test_a_code_for_work_that_came_back_is_not_counted_any_more(settings) -> None:
    settings.CODES_PER_HOUR = 2
    work: dict[str, Any] = {"purpose": "act", "about": "tests.work:1"}
    for _each in range(3):
        code = issued(**work)
        codes.redeem(**{**ASKED, **work}, typed=codes.plain(code), now=clock.now())
    issued(**work)
    issued(**work)
    with pytest.raises(Refused) as caught:
        issued(**work)
    assert caught.value.code == codes.TOO_MANY_CODES
