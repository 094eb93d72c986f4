from datetime import timedelta

import pytest
import time_machine

from portal.kernel.core import clock
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.registers.base.selectors.current_entries import company_details
from portal.kernel.registers.entries.services import company
from tests.people.factories import StaffFactory
from tests.registers.factories import COMPANY, as_actor, company_in_force, today

pytestmark = pytest.mark.django_db


def test_the_companys_details_hold_once_two_people_agree() -> None:
    maker = StaffFactory(roles=["administrator"])
    details = company.propose(**COMPANY, effective_from=today(), actor=as_actor(maker))
    assert company_details(on=today()) is None
    with pytest.raises(NotAllowed):
        company.answer(details=details, approve=True, reason="", actor=as_actor(maker))
    checker = StaffFactory(roles=["data_protection_officer"])
    company.answer(details=details, approve=True, reason="", actor=as_actor(checker))
    assert company_details(on=today()) == details


def test_a_change_holds_from_its_day_on() -> None:
    first = company_in_force()
    later = company_in_force(trade_name="Onesetu Connect", effective_from=today() + timedelta(days=30))
    assert company_details(on=today() + timedelta(days=29)) == first
    assert company_details(on=today() + timedelta(days=30)) == later


def test_details_cannot_be_changed_backwards() -> None:
    company_in_force()
    with pytest.raises(Refused, match="today or a later day"):
        company_in_force(effective_from=today() - timedelta(days=1))


def test_details_approved_too_late_do_not_reach_back() -> None:
    first = company_in_force()
    maker, checker = StaffFactory(roles=["administrator"]), StaffFactory(roles=["data_protection_officer"])
    late = company.propose(**COMPANY, effective_from=today(), actor=as_actor(maker))
    with time_machine.travel(clock.now() + timedelta(days=1)), pytest.raises(Refused, match="has passed"):
        company.answer(details=late, approve=True, reason="", actor=as_actor(checker))
    assert company_details(on=today()) == first
