"""Roles are data; giving, changing and ending one takes two people."""

import sys
from copy import deepcopy
from datetime import timedelta

import pytest
from django.core.management import call_command

from portal.kernel.core import access, clock
from portal.kernel.core.actor import staff
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.people.auditor_scope import Scope
from portal.kernel.people.models import FourEyesRule, Role, RoleGrant, RolePermission, RoleProposal, User
from portal.kernel.people.permissions import Permission
from portal.kernel.people.services import roles
from tests.people.factories import CustomerUserFactory, RoleGrantFactory, StaffFactory, shipped_role

pytestmark = pytest.mark.django_db
IN_A_MONTH = timedelta(days=30)


@pytest.fixture
def admin():
    return StaffFactory(roles=["administrator"])


@pytest.fixture
def officer():
    return StaffFactory(roles=["data_protection_officer"])


def again(user):
    """The login as the next request loads it."""
    return User.objects.get(pk=user.pk)


def propose(user, code, maker, *, starts_in=timedelta(0), ends_in=None, why="New on the team."):
    now = clock.now()
    scope = Scope(clock.day(now), clock.day(now)) if shipped_role(code).needs_scope else None
    return roles.propose_grant(
        user=user,
        role=shipped_role(code),
        starts_at=now + starts_in,
        ends_at=now + ends_in if ends_in else None,
        scope=scope,
        why=why,
        actor=staff(maker.pk),
        now=now,
    )


def answer(proposal, checker, *, approve=True, reason=""):
    return roles.answer(proposal=proposal, approve=approve, reason=reason, actor=staff(checker.pk), now=clock.now())


def test_loading_the_roles_twice_changes_nothing(capsys):
    call_command("sync_roles")
    before = [list(m.objects.order_by("pk").values_list()) for m in (Role, RolePermission, FourEyesRule)]
    call_command("sync_roles")
    assert [list(m.objects.order_by("pk").values_list()) for m in (Role, RolePermission, FourEyesRule)] == before
    assert "7 roles" in capsys.readouterr().out


def test_a_permission_taken_out_of_the_file_leaves_the_role():
    data = deepcopy(roles.shipped())
    roles.sync(data)
    data["permissions"]["people.staff:view"] = ["administrator"]
    roles.sync(data)
    assert set(RolePermission.objects.filter(code="people.staff:view").values_list("role__code", flat=True)) == {
        "administrator"
    }


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("permissions", "people.customer:create"), ["auditor"]),
        (("permissions", "people.customer:view"), ["nobody"]),
        (("four_eyes", "people.role.change"), {"makers": ["nobody"], "checkers": ["administrator"]}),
    ],
)
def test_a_bad_file_is_refused_whole(place, value):
    data = deepcopy(roles.shipped())
    data[place[0]][place[1]] = value
    with pytest.raises(Refused):
        roles.sync(data)
    assert not Role.objects.exists()


def test_a_role_gives_its_permissions_and_no_others():
    support = StaffFactory(roles=["support"])
    assert access.allowed(support, Permission.CUSTOMER_VIEW)
    assert not access.allowed(support, Permission.STAFF_INVITE)
    with pytest.raises(NotAllowed):
        access.require(support, Permission.STAFF_INVITE)


def test_a_role_holds_from_its_start_up_to_its_end():
    now = clock.now()
    early = RoleGrantFactory(role=shipped_role("support"), starts_at=now + timedelta(hours=1))
    over = RoleGrantFactory(role=shipped_role("support"), starts_at=now - timedelta(days=2), ends_at=now)
    held = RoleGrantFactory(role=shipped_role("support"), starts_at=now, ends_at=now + timedelta(hours=1))
    can = [access.allowed(again(grant.user), Permission.CUSTOMER_VIEW) for grant in (early, over, held)]
    assert can == [False, False, True]


def test_a_customer_login_has_no_permission_even_with_a_role_row():
    member = CustomerUserFactory()
    RoleGrantFactory(user=member, role=shipped_role("administrator"))
    assert not access.allowed(again(member), Permission.CUSTOMER_VIEW)


def test_a_deactivated_login_has_no_permission(admin):
    User.objects.filter(pk=admin.pk).update(is_active=False)
    assert not access.allowed(again(admin), Permission.CUSTOMER_VIEW)


def test_a_role_is_held_once_a_second_person_agrees(admin, officer):
    newcomer = StaffFactory()
    proposal = propose(newcomer, "support", admin)
    assert not access.allowed(again(newcomer), Permission.CUSTOMER_VIEW)
    answer(proposal, officer)
    assert access.allowed(again(newcomer), Permission.CUSTOMER_VIEW)


def test_a_refused_role_is_not_held(admin, officer):
    newcomer = StaffFactory()
    answer(propose(newcomer, "support", admin), officer, approve=False, reason="Not yet.")
    assert not RoleGrant.objects.filter(user=newcomer).exists()


def test_nobody_answers_about_their_own_role(admin, officer):
    proposal = propose(officer, "administrator", admin)
    with pytest.raises(Refused, match="yours"):
        answer(proposal, officer)


def test_an_auditor_needs_an_end_date(admin):
    with pytest.raises(Refused, match="end date"):
        propose(StaffFactory(), "auditor", admin)
    assert propose(StaffFactory(), "auditor", admin, ends_in=IN_A_MONTH).ends_at is not None


def test_the_end_lies_after_the_start(admin):
    with pytest.raises(Refused, match="after the start"):
        propose(StaffFactory(), "support", admin, starts_in=IN_A_MONTH, ends_in=timedelta(days=1))


def test_a_role_never_begins_before_the_second_person_agreed(admin, officer):
    proposal = propose(StaffFactory(), "support", admin, starts_in=-IN_A_MONTH)
    grant = answer(proposal, officer)
    assert grant.starts_at >= proposal.made_at


@pytest.mark.parametrize("user", [CustomerUserFactory, lambda: StaffFactory(is_active=False)])
def test_only_an_active_staff_login_can_be_given_a_role(user, admin):
    with pytest.raises(Refused, match="active staff"):
        propose(user(), "support", admin)


def test_a_role_held_already_is_not_given_twice(admin):
    with pytest.raises(Refused, match="has the role already"):
        propose(StaffFactory(roles=["support"]), "support", admin)


def test_one_proposal_for_a_person_and_role_waits_at_a_time(admin):
    newcomer = StaffFactory()
    propose(newcomer, "support", admin)
    with pytest.raises(Refused, match="waiting"):
        propose(newcomer, "support", admin)


def test_a_proposal_needs_a_reason(admin):
    with pytest.raises(Refused, match="Say why"):
        propose(StaffFactory(), "support", admin, why=" ")


def test_ending_a_role_takes_two_people_and_works_at_once(admin, officer):
    helper = StaffFactory(roles=["support"])
    now = clock.now()
    proposal = roles.propose_end(grant=helper.role_grants.get(), why="Left.", actor=staff(admin.pk), now=now)
    assert access.allowed(again(helper), Permission.CUSTOMER_VIEW)
    answer(proposal, officer)
    assert not access.allowed(again(helper), Permission.CUSTOMER_VIEW)


def test_changing_the_end_of_a_role_takes_two_people(admin, officer):
    helper = StaffFactory(roles=["support"])
    now = clock.now()
    proposal = roles.propose_change(
        grant=helper.role_grants.get(), ends_at=now + IN_A_MONTH, why="Contract.", actor=staff(admin.pk), now=now
    )
    assert helper.role_grants.get().ends_at is None
    answer(proposal, officer)
    assert helper.role_grants.get().ends_at == now + IN_A_MONTH


def test_a_yes_is_refused_when_the_role_has_grown_meanwhile(admin, officer):
    proposal = propose(StaffFactory(), "support", admin)
    RolePermission.objects.create(role=shipped_role("support"), code="people.staff:invite")
    with pytest.raises(Refused) as refused:
        answer(proposal, officer)
    assert refused.value.code == "SHOWN_CHANGED"
    assert not RoleGrant.objects.filter(user=proposal.user).exists()


def test_a_support_login_proposes_no_role():
    with pytest.raises(NotAllowed):
        propose(StaffFactory(), "support", StaffFactory(roles=["support"]))
    assert not RoleProposal.objects.exists()


def test_the_table_of_two_person_acts_names_acts_that_a_room_proposes_and_no_other():
    rooms = [name for name in sys.modules if name.endswith(".permissions")]
    proposed = {str(act) for name in rooms for act in getattr(sys.modules[name], "Act", ())}
    call_command("sync_roles")
    assert set(FourEyesRule.objects.values_list("act", flat=True)) == proposed
