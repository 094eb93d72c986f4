"""What was fit when it was proposed may not be so when it is carried out: every rule is asked again, in one turn per login."""

from datetime import timedelta

import pytest
from django.db import connection

from portal.kernel.core import clock
from portal.kernel.core.actor import SYSTEM, staff
from portal.kernel.core.errors import LostRace, NotAllowed, Refused
from portal.kernel.people.auditor_scope import Scope
from portal.kernel.people.choices import Answer, ApiScope
from portal.kernel.people.models import RoleGrant, RoleProposal, User
from portal.kernel.people.permissions import Act
from portal.kernel.people.services import api_keys, maker_checker, mfa, roles
from portal.kernel.people.services import staff as staff_logins
from tests.consent.test_turns import while_in_flight
from tests.people.factories import FiduciaryFactory, RoleGrantFactory, StaffFactory, shipped_role
from tests.signin.people_who_sign_in import with_factor

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def admin():
    return StaffFactory(roles=["administrator"])


@pytest.fixture
def officer():
    return StaffFactory(roles=["data_protection_officer"])


def propose(user, code, maker, *, starts_in=timedelta(0), ends_in=None):
    now = clock.now()
    scope = Scope(clock.day(now), clock.day(now)) if shipped_role(code).needs_scope else None
    return roles.propose_grant(
        user=user,
        role=shipped_role(code),
        starts_at=now + starts_in,
        ends_at=now + ends_in if ends_in else None,
        scope=scope,
        why="New on the team.",
        actor=staff(maker.pk),
        now=now,
    )


def approve(proposal, checker):
    return roles.answer(proposal=proposal, approve=True, actor=staff(checker.pk), now=clock.now())


def refused(act, code):
    with pytest.raises(Refused) as refusal:
        act()
    assert refusal.value.code == code


def held_by(user):
    return set(RoleGrant.objects.filter(user=user).values_list("role__code", flat=True))


@pytest.mark.parametrize(("first", "second"), [("auditor", "support"), ("support", "auditor")])
def test_of_two_pending_proposals_only_one_makes_an_auditor(first, second, admin, officer):
    newcomer = StaffFactory()
    both = [propose(newcomer, code, admin, ends_in=30 * DAY) for code in (first, second)]
    approve(both[0], officer)
    refused(lambda: approve(both[1], officer), "NOT_ALONE")
    assert held_by(newcomer) == {first}
    assert RoleProposal.objects.get(pk=both[1].pk).answer == Answer.PENDING


def test_a_lengthened_role_does_not_come_to_stand_beside_an_auditors(admin, officer):
    person, now = StaffFactory(), clock.now()
    short = RoleGrantFactory(user=person, role=shipped_role("support"), ends_at=now + DAY)
    RoleGrantFactory(user=person, role=shipped_role("auditor"), starts_at=now + 2 * DAY, ends_at=now + 9 * DAY)
    longer = {"grant": short, "ends_at": now + 3 * DAY, "why": "Longer.", "actor": staff(admin.pk), "now": now}
    refused(lambda: roles.propose_change(**longer), "NOT_ALONE")
    until_then = roles.propose_change(**{**longer, "ends_at": now + 2 * DAY})
    assert approve(until_then, officer).ends_at == now + 2 * DAY


def test_a_role_that_was_to_be_lengthened_is_not_beside_a_newer_auditors(admin, officer):
    person, now = StaffFactory(), clock.now()
    short = RoleGrantFactory(user=person, role=shipped_role("support"), ends_at=now + DAY)
    longer = roles.propose_change(grant=short, ends_at=None, why="Longer.", actor=staff(admin.pk), now=now)
    approve(propose(person, "auditor", admin, starts_in=2 * DAY, ends_in=9 * DAY), officer)
    refused(lambda: approve(longer, officer), "NOT_ALONE")
    short.refresh_from_db()
    assert short.ends_at == now + DAY


def test_a_role_can_always_be_shortened(admin, officer):
    """Of rows from before this rule as well."""
    person, now = StaffFactory(), clock.now()
    long = RoleGrantFactory(user=person, role=shipped_role("support"), ends_at=now + 9 * DAY)
    RoleGrantFactory(user=person, role=shipped_role("auditor"), ends_at=now + 9 * DAY)
    shorter = roles.propose_change(grant=long, ends_at=now + DAY, why="Shorter.", actor=staff(admin.pk), now=now)
    assert approve(shorter, officer).ends_at == now + DAY


def test_a_login_deactivated_meanwhile_is_given_no_role(admin, officer):
    newcomer = StaffFactory()
    proposal = propose(newcomer, "support", admin)
    staff_logins.deactivate(user=newcomer, actor=staff(officer.pk), now=clock.now())
    refused(lambda: approve(RoleProposal.objects.get(pk=proposal.pk), officer), "NOT_STAFF")
    refused(lambda: approve(proposal, officer), "NOT_STAFF")
    assert not held_by(newcomer)


def test_a_role_given_meanwhile_is_not_given_again(admin, officer):
    newcomer = StaffFactory()
    proposal = propose(newcomer, "support", admin)
    RoleGrantFactory(user=newcomer, role=shipped_role("support"))
    refused(lambda: approve(proposal, officer), "HELD_ALREADY")


def test_a_role_whose_end_has_passed_meanwhile_is_not_given(admin, officer):
    newcomer, now = StaffFactory(), clock.now()
    proposal = propose(newcomer, "support", admin, ends_in=DAY)
    act = lambda: roles.answer(proposal=proposal, approve=True, actor=staff(officer.pk), now=now + 2 * DAY)  # noqa: E731
    refused(act, "END_BEFORE_START")


@pytest.mark.parametrize("loses", ["login", "role", "to an auditor's"])
def test_what_a_maker_proposed_is_not_carried_out_once_they_may_not_propose_it(loses, admin, officer):
    newcomer = StaffFactory()
    proposal = propose(newcomer, "support", admin)
    if loses == "login":
        staff_logins.deactivate(user=admin, actor=staff(officer.pk), now=clock.now())
    elif loses == "role":
        RoleGrant.objects.filter(user=admin).update(ends_at=clock.now())
    else:
        RoleGrantFactory(user=admin, role=shipped_role("auditor"))
    refused(lambda: approve(RoleProposal.objects.get(pk=proposal.pk), officer), "MAKER_LEFT")
    roles.answer(proposal=proposal, approve=False, reason="Left.", actor=staff(officer.pk), now=clock.now())
    assert RoleProposal.objects.get(pk=proposal.pk).answer == Answer.REFUSED


def test_it_is_so_for_every_proposal_of_two_people(admin, officer):
    """The reset of a factor, as one of the others that ``maker_checker.answer`` decides."""
    person, now = StaffFactory(), clock.now()
    with_factor(person)
    reset = mfa.propose(user=person, why="Lost the phone.", actor=staff(admin.pk), now=now)
    later = now + DAY
    staff_logins.deactivate(user=admin, actor=staff(officer.pk), now=later)
    reset.refresh_from_db()
    refused(lambda: mfa.answer(reset=reset, approve=True, actor=staff(officer.pk), now=later), "MAKER_LEFT")


def test_beside_an_auditors_role_no_other_proposes_or_answers(admin, officer):
    newcomer = StaffFactory()
    proposal = propose(newcomer, "support", admin)
    RoleGrantFactory(user=officer, role=shipped_role("auditor"))
    with pytest.raises(NotAllowed):
        approve(proposal, officer)
    RoleGrantFactory(user=admin, role=shipped_role("auditor"))
    with pytest.raises(NotAllowed):
        propose(newcomer, "kyc_maker", admin)
    assert not maker_checker.acts_to_answer(officer, now=clock.now())
    assert not maker_checker.may_propose(admin, Act.ROLE_CHANGE, now=clock.now())


def test_a_key_whose_end_has_passed_is_not_agreed_to(admin, officer):
    now = clock.now()
    key = api_keys.propose(
        fiduciary=FiduciaryFactory(),
        label="Billing",
        scopes=[next(iter(ApiScope.values))],
        expires_at=now + DAY,
        actor=staff(admin.pk),
        now=now,
    )
    later = now + 2 * DAY
    refused(lambda: api_keys.answer(key=key, approve=True, actor=staff(officer.pk), now=later), "END_PAST")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets in one writer at a time")
@pytest.mark.django_db(transaction=True)
class TestAtTheSameTime:
    """The second waits until the first is committed, and sees it."""

    def test_two_roles_of_one_login(self, admin, officer):
        newcomer = StaffFactory()
        both = [propose(newcomer, code, admin, ends_in=30 * DAY) for code in ("auditor", "support")]
        with pytest.raises(Refused) as refusal:
            while_in_flight(lambda: approve(both[0], officer), lambda: approve(both[1], officer))
        assert refusal.value.code == "NOT_ALONE"
        assert held_by(newcomer) == {"auditor"}

    def test_a_role_and_the_end_of_its_login(self, admin, officer):
        newcomer = StaffFactory()
        proposal = propose(newcomer, "support", admin)
        now = clock.now()
        with pytest.raises(Refused) as refusal:
            while_in_flight(
                lambda: staff_logins.deactivate(user=newcomer, actor=staff(officer.pk), now=now),
                lambda: approve(proposal, officer),
            )
        assert refusal.value.code == "NOT_STAFF"
        assert not RoleGrant.objects.filter(user=newcomer).exclude(ends_at__lte=clock.now()).exists()

    def test_the_end_of_a_login_and_its_role(self, admin, officer):
        """The other way round: what was agreed to a moment ago ends with the login."""
        newcomer = StaffFactory()
        proposal = propose(newcomer, "support", admin)
        while_in_flight(
            lambda: approve(proposal, officer),
            lambda: staff_logins.deactivate(user=newcomer, actor=staff(officer.pk), now=clock.now()),
        )
        assert not User.objects.get(pk=newcomer.pk).is_active
        assert not RoleGrant.objects.filter(user=newcomer, ends_at=None).exists()

    def test_the_first_person_of_all_is_made_once(self):
        made = {"role_codes": ["administrator"], "password": "", "actor": SYSTEM, "now": clock.now()}
        shipped_role("administrator")
        for_two = [{"email": f"first{n}@onesetu.example", "full_name": "First Person", **made} for n in (1, 2)]
        RoleGrantFactory(role=shipped_role("data_protection_officer"), starts_at=clock.now() - DAY)
        with pytest.raises((Refused, LostRace)):
            while_in_flight(lambda: staff_logins.bootstrap(**for_two[0]), lambda: staff_logins.bootstrap(**for_two[1]))
