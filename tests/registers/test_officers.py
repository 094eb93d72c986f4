from datetime import timedelta

import pytest
import time_machine

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.core.actor import SYSTEM
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import User
from portal.kernel.registers.entries.services import officers
from portal.kernel.registers.models import Officer
from tests.people.factories import StaffFactory
from tests.registers.factories import as_actor, officer_in_office, proposed_officer, today

pytestmark = pytest.mark.django_db


@pytest.fixture
def maker() -> User:
    return StaffFactory(roles=["administrator"])


@pytest.fixture
def checker() -> User:
    return StaffFactory(roles=["data_protection_officer"])


def test_nobody_is_officer_until_a_second_person_approves(maker: User, checker: User) -> None:
    officer = proposed_officer(maker)
    assert officers.current(on=today()) is None
    officers.answer(officer=officer, approve=True, reason="", actor=as_actor(checker))
    assert officers.current(on=today()) == officer


def test_the_contact_is_kept_in_its_normal_form(maker: User) -> None:
    officer = proposed_officer(maker)
    assert (officer.email, officer.phone) == ("officer@onesetu.example", "+919876543210")


def test_who_proposed_cannot_approve(maker: User) -> None:
    officer = proposed_officer(maker)
    with pytest.raises(NotAllowed, match="Another person must"):
        officers.answer(officer=officer, approve=True, reason="", actor=as_actor(maker))
    assert officers.current(on=today()) is None


def test_a_refusal_says_why_and_appoints_nobody(maker: User, checker: User) -> None:
    officer = proposed_officer(maker)
    with pytest.raises(Refused, match="Say why"):
        officers.answer(officer=officer, approve=False, reason=" ", actor=as_actor(checker))
    officers.answer(officer=officer, approve=False, reason="The number is wrong.", actor=as_actor(checker))
    assert officer.answer == Answer.REFUSED
    assert officers.current(on=today()) is None


def test_a_role_without_the_act_cannot_propose() -> None:
    with pytest.raises(NotAllowed):
        proposed_officer(StaffFactory(roles=["support"]))
    with pytest.raises(NotAllowed):
        officers.propose(
            kind="grievance_officer",
            full_name="Meera Kulkarni",
            title="",
            email="a@b.example",
            phone="9876543210",
            postal_address="Nashik",
            effective_from=today(),
            actor=SYSTEM,
        )
    assert not Officer.objects.exists()


def test_a_new_officer_takes_over_on_their_day_and_the_old_row_stays() -> None:
    first = officer_in_office()
    next_week = today() + timedelta(days=7)
    second = officer_in_office(full_name="Arjun Patil", effective_from=next_week)
    assert officers.current(on=next_week - timedelta(days=1)) == first
    assert officers.current(on=next_week) == second
    first.refresh_from_db()
    assert first.full_name == "Meera Kulkarni"


def test_letters_of_past_days_keep_their_officer(maker: User) -> None:
    officer_in_office()
    with pytest.raises(Refused, match="today or a later day"):
        proposed_officer(maker, effective_from=today() - timedelta(days=1))


def test_an_appointment_approved_too_late_does_not_reach_back(maker: User, checker: User) -> None:
    first = officer_in_office()
    late = proposed_officer(maker, full_name="Arjun Patil")
    with time_machine.travel(clock.now() + timedelta(days=1)), pytest.raises(Refused, match="has passed"):
        officers.answer(officer=late, approve=True, reason="", actor=as_actor(checker))
    assert officers.current(on=today()) == first


def test_the_first_officer_may_have_been_in_office_before_the_portal() -> None:
    officer = officer_in_office(effective_from=today() - timedelta(days=400))
    assert officers.current(on=today() - timedelta(days=399)) == officer
    assert officers.current(on=today() - timedelta(days=401)) is None


def test_each_office_has_its_own_holder() -> None:
    officer_in_office()
    assert officers.current("data_protection_officer", on=today()) is None


@pytest.mark.parametrize("changes", [{"full_name": "  "}, {"email": "no"}, {"phone": "12"}, {"postal_address": ""}])
def test_an_officer_who_cannot_be_reached_is_refused(maker: User, changes: dict[str, str]) -> None:
    with pytest.raises(Refused):
        proposed_officer(maker, **changes)
    assert not Officer.objects.exists()


def test_no_name_and_no_address_is_among_the_facts() -> None:
    officer_in_office()
    events = list(AuditEvent.objects.filter(kind__startswith="registers.officer").order_by("pk"))
    assert [event.kind for event in events] == ["registers.officer.proposed", "registers.officer.adopted"]
    assert "Meera" not in str([event.facts for event in events])
