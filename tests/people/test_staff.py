"""From the invitation to the last day."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError

from portal.kernel.core import access, clock, ports
from portal.kernel.core.actor import SYSTEM, staff
from portal.kernel.core.errors import LostRace, Refused
from portal.kernel.people.models import Invitation, User
from portal.kernel.people.permissions import Permission
from portal.kernel.people.services import invitations
from portal.kernel.people.services import staff as staff_services
from tests.people.factories import PASSWORD, CustomerUserFactory, StaffFactory
from tests.shipped import every_role

pytestmark = pytest.mark.django_db


def invite(email="Meera@Onesetu.example"):
    return staff_services.invite(email=email, full_name="Meera Iyer", actor=staff(StaffFactory().pk), now=clock.now())


def bootstrap(email="first@onesetu.example", codes=("administrator",), password=PASSWORD):
    every_role()
    return staff_services.bootstrap(
        email=email, full_name="First", role_codes=list(codes), password=password, actor=SYSTEM, now=clock.now()
    )


def test_an_invited_staff_member_sets_a_password_and_can_do_nothing_yet():
    invitation = invite()
    assert not invitation.user.has_usable_password()
    user = staff_services.accept(invitation=invitation, password=PASSWORD, now=clock.now())
    assert user.check_password(PASSWORD)
    assert user.is_staff
    assert not access.allowed(user, Permission.CUSTOMER_VIEW)


def test_an_invitation_works_once():
    invitation = invite()
    staff_services.accept(invitation=invitation, password=PASSWORD, now=clock.now())
    with pytest.raises(LostRace):
        staff_services.accept(invitation=invitation, password=PASSWORD, now=clock.now())
    with pytest.raises(Refused, match="used already"):
        invitations.by_token(invitations.token_of(invitation), now=clock.now())


def test_an_invitation_ends_with_its_time():
    invitation = invite()
    assert invitations.by_token(invitations.token_of(invitation), now=clock.now()) == invitation
    with pytest.raises(Refused, match="ended"):
        invitations.by_token(invitations.token_of(invitation), now=invitation.expires_at)
    with pytest.raises(LostRace):
        staff_services.accept(invitation=invitation, password=PASSWORD, now=invitation.expires_at)


def test_a_weak_password_leaves_the_invitation_open():
    invitation = invite()
    with pytest.raises(ValidationError):
        staff_services.accept(invitation=invitation, password="short", now=clock.now())
    assert staff_services.accept(invitation=invitation, password=PASSWORD, now=clock.now()).has_usable_password()


def test_a_newer_invitation_ends_the_older_one():
    older = invite()
    newer = staff_services.invite_again(user=older.user, actor=SYSTEM, now=clock.now())
    with pytest.raises(Refused, match="ended"):
        invitations.by_token(invitations.token_of(older), now=clock.now())
    assert invitations.by_token(invitations.token_of(newer), now=clock.now()) == newer


@pytest.mark.parametrize("kind", [CustomerUserFactory, StaffFactory])
def test_an_address_that_has_a_login_cannot_be_invited_as_staff(kind):
    other = kind()
    with pytest.raises(Refused, match="Another account"):
        invite(other.email.upper())


def test_deactivation_ends_roles_and_invitations_and_frees_what_was_locked(monkeypatch):
    freed = []
    monkeypatch.setattr(ports.login_left, "_items", [lambda **told: freed.append(told)])
    boss = StaffFactory(roles=["administrator"])
    leaver = StaffFactory(roles=["support"])
    now = clock.now()
    with time_machine.travel(now, tick=False):
        staff_services.deactivate(user=leaver, actor=staff(boss.pk), now=now)
    leaver = User.objects.get(pk=leaver.pk)
    assert (leaver.is_active, leaver.deactivated_at) == (False, now)
    assert leaver.role_grants.get().ends_at == now
    assert freed == [{"user_id": leaver.pk, "at": now}]


def test_a_role_that_was_to_begin_later_never_begins_after_deactivation():
    leaver = StaffFactory(roles=["support"])
    start = clock.now() + timedelta(days=3)
    leaver.role_grants.update(starts_at=start)
    staff_services.deactivate(user=leaver, actor=SYSTEM, now=clock.now())
    assert leaver.role_grants.get().ends_at == start


def test_a_deactivated_newcomer_cannot_use_the_invitation():
    invitation = invite()
    staff_services.deactivate(user=invitation.user, actor=SYSTEM, now=clock.now())
    with pytest.raises(Refused, match="ended"):
        invitations.by_token(invitations.token_of(invitation), now=clock.now())


def test_nobody_deactivates_themselves_or_somebody_twice():
    boss = StaffFactory(roles=["administrator"])
    with pytest.raises(Refused, match="your own"):
        staff_services.deactivate(user=boss, actor=staff(boss.pk), now=clock.now())
    leaver = StaffFactory()
    staff_services.deactivate(user=leaver, actor=staff(boss.pk), now=clock.now())
    with pytest.raises(LostRace):
        staff_services.deactivate(user=leaver, actor=staff(boss.pk), now=clock.now())


def test_the_first_two_are_made_without_a_second_person_and_the_third_is_not():
    assert access.allowed(bootstrap(), Permission.STAFF_INVITE)
    bootstrap("second@onesetu.example", ["data_protection_officer"])
    with pytest.raises(Refused) as refused:
        bootstrap("third@onesetu.example")
    assert refused.value.code == "BOOTSTRAP_OVER"
    assert User.objects.filter(is_staff=True).count() == 2


@pytest.mark.parametrize(
    ("codes", "password", "code"),
    [
        (["nobody"], PASSWORD, "UNKNOWN_ROLE"),
        (["auditor"], PASSWORD, "UNKNOWN_ROLE"),
        (["administrator"], "a", "WEAK_PASSWORD"),
    ],
)
def test_a_first_administrator_with_a_bad_role_or_password_is_not_made(codes, password, code):
    with pytest.raises(Refused) as refused:
        bootstrap(codes=codes, password=password)
    assert refused.value.code == code
    assert not User.objects.exists()


def test_a_first_administrator_without_a_password_gets_a_link():
    user = bootstrap(password="")
    assert Invitation.objects.get(user=user).accepted_at is None
