"""A code is good once, and whoever uses one of several ends all of them."""

from datetime import timedelta
from typing import Any

import pytest

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
