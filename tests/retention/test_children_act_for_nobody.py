"""A frozen child acts for no organisation, and one of whom two people decided that it is one opens nothing any more."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from kyc.models import Case
from kyc.services import say_nobody_else, say_type
from portal.core import actor, clock
from portal.core.actor import Actor
from portal.core.errors import Refused
from portal.outbox.models import Message
from portal.people.models import Customer, Invitation, Membership, OneTimeCode, User
from portal.people.services import customers, invitations, logins, protections, subjects
from portal.people.states import InvitationKind, MemberRole
from portal.retention.models import ChildReport
from portal.retention.services import children
from tests.consent.factories import law_is_loaded, published_notice
from tests.grievances.factories import STRANGER
from tests.people.factories import (
    CustomerFactory,
    CustomerUserFactory,
    MembershipFactory,
    PrincipalFactory,
    StaffFactory,
)
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import customer_client

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
KID = "kid@acme.example"


@dataclass
class World:
    firm: Customer
    kid: User
    member: Membership
    case: Case


@pytest.fixture
def world(db: Any) -> World:
    every_rule()
    law_is_loaded()
    published_notice()
    cache.clear()
    firm = CustomerFactory()
    kid = CustomerUserFactory(email=KID, member_of=firm, of_age=False)
    MembershipFactory(customer=CustomerFactory(kind="individual"), principal=kid.principal)
    member = MembershipFactory(customer=firm, role=MemberRole.MEMBER)
    case = Case.objects.create(customer=firm, subject_ref=firm.subject.ref, opened_at=clock.now())
    return World(firm, kid, member, case)


def frozen(world: World) -> ChildReport:
    given = {"relation": "teacher", "address": KID, "words": "", "reporter": "", "language": "en"}
    row = children.report(**given, actor=actor.stranger(), now=clock.now())
    found = children.look(row.pk, now=clock.now())
    assert found is not None
    assert found.state == "frozen"
    return found


def staff(role: str) -> Actor:
    return actor.staff(StaffFactory(roles=[role]).pk)


def decided(row: ChildReport, outcome: str) -> None:
    made = children.propose(row=row, outcome=outcome, why="Seen", actor=staff("grievance_officer"), now=clock.now())
    by = staff("data_protection_officer")
    children.answer(decision=made, approve=True, reason="", actor=by, now=clock.now())


def invited(world: World, by: Actor, address: str = "friend@acme.example") -> Invitation:
    return customers.invite(customer=world.firm, address=address, role=MemberRole.OWNER, actor=by)


ACTS: dict[str, Callable[[World, Actor], Any]] = {
    "say what it is": lambda w, by: say_type(w.case, customer_type="company", actor=by, now=clock.now()),
    "say that nobody else owns it": lambda w, by: say_nobody_else(w.case, actor=by, now=clock.now()),
    "invite": invited,
    "remove somebody": lambda w, by: customers.remove_member(membership=w.member, actor=by),
    "make an owner": lambda w, by: customers.change_role(membership=w.member, role=MemberRole.OWNER, actor=by),
    "take an invitation back": lambda w, by: invitations.cancel(
        invitation=Invitation.objects.get(), actor=by, now=clock.now()
    ),
}


@pytest.mark.parametrize("act", ACTS)
def test_a_frozen_child_does_nothing_in_the_name_of_an_organisation(world: World, act: str) -> None:
    by = actor.customer(world.kid.pk)
    invited(world, by)
    row = frozen(world)
    with pytest.raises(Refused) as refused:
        ACTS[act](world, by)
    assert refused.value.code == "SUSPENDED"
    decided(row, "adult")
    Case.objects.filter(pk=world.case.pk).update(customer_type="company" if "nobody" in act else "")
    world.case.refresh_from_db()
    ACTS[act](world, by)


@pytest.mark.parametrize("way", ["another reference", "their own word"])
def test_whoever_is_known_as_a_child_acts_for_nobody_however_we_know(world: World, way: str) -> None:
    ref = world.kid.principal.subject.ref
    if way == "another reference":
        twin = PrincipalFactory()
        subjects.join(old_ref=twin.subject.ref, new_ref=ref, actor=actor.SYSTEM, now=clock.now())
        ref = twin.subject.ref
    protections.protect(subject_ref=ref, kind="child", ground="declared", actor=actor.SYSTEM, now=clock.now())
    with pytest.raises(Refused) as refused:
        invited(world, actor.customer(world.kid.pk))
    assert refused.value.code == "SUSPENDED"


def test_colleagues_of_a_frozen_child_go_on(world: World) -> None:
    other = CustomerUserFactory(member_of=world.firm)
    frozen(world)
    assert invited(world, actor.customer(other.pk)).pk


def test_a_frozen_child_joins_no_organisation_by_a_link(world: World) -> None:
    link = customers.invite(customer=CustomerFactory(), address=KID, actor=actor.SYSTEM)
    frozen(world)
    with pytest.raises(Refused) as refused:
        logins.accept(invitation=link, full_name="", actor=STRANGER, now=clock.now())
    assert refused.value.code == "SUSPENDED"


def test_a_frozen_child_reads_its_pages_and_the_people_page_says_why_nothing_is_offered(world: World) -> None:
    frozen(world)
    browser = customer_client(world.kid)
    for name in ("account", "consents", "kyc", "grievances"):
        assert browser.get(reverse(f"privacy:{name}")).status_code == 200, name
    people = reverse("privacy:members", args=[world.firm.reference])
    said = browser.get(people).text
    assert "Until we are sure of your age you cannot act for this organisation." in said
    assert "Send the invitation" not in said
    assert "Make an owner" not in said
    answer = browser.post(people, {"email": "friend@acme.example", "role": "owner"})
    assert "Until we are sure of your age" in answer.text
    assert not Invitation.objects.exists()


def test_a_decision_that_it_is_a_child_ends_login_sessions_ownership_and_invitations(world: World) -> None:
    sent = invited(world, actor.customer(world.kid.pk))
    got = customers.invite(customer=CustomerFactory(), address=KID, actor=actor.SYSTEM)
    row = frozen(world)
    browser = customer_client(world.kid)
    decided(row, "child")
    assert browser.get(reverse("privacy:account")).status_code == 302, "the open session has ended"
    assert not UserSession.objects.filter(user=world.kid).exists()
    again = Client()
    again.post(reverse("privacy:sign-in"), {"email": KID})
    assert not Message.objects.filter(kind="signin.sign_in_code").exists()
    world.kid.refresh_from_db()
    assert not world.kid.is_active
    assert not Membership.objects.filter(customer=world.firm, principal=world.kid.principal, ended_at=None).exists()
    for link in (sent, got):
        link.refresh_from_db()
        assert link.cancelled_at is not None
    world.member.refresh_from_db()
    assert world.member.ended_at is None


def test_staff_hear_of_an_organisation_that_a_decision_left_without_an_owner(world: World) -> None:
    StaffFactory(roles=["support"])
    shared = CustomerFactory()
    MembershipFactory(customer=shared, principal=world.kid.principal)
    MembershipFactory(customer=shared)
    decided(frozen(world), "child")
    told = Message.objects.filter(kind="retention.owner_missing")
    assert told.exists()
    assert {message.about.split("/")[0] for message in told} == {f"people.customer:{world.firm.reference}"}
    assert customers.invite(customer=world.firm, address="new@acme.example", actor=staff("support")).kind == (
        InvitationKind.MEMBER
    )


def test_whoever_was_reported_by_mistake_is_as_before(world: World) -> None:
    decided(frozen(world), "adult")
    world.kid.refresh_from_db()
    assert world.kid.is_active
    assert invited(world, actor.customer(world.kid.pk)).pk
    assert not OneTimeCode.objects.exists()
