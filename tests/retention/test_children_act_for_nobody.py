"""A frozen child acts for no organisation, and one of whom two people decided that it is one opens nothing any more."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from kyc.models import Case
from kyc.review.services.customer_types import say_type
from kyc.review.services.related_parties import say_nobody_else
from portal.kernel.core import actor, answers, clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.outbox import templates
from portal.kernel.outbox.models import Message
from portal.kernel.people.choices import InvitationKind, MemberRole
from portal.kernel.people.models import Customer, Invitation, Membership, OneTimeCode, User
from portal.kernel.people.services import (
    age_declarations,
    customers,
    guardianships,
    incapacity,
    invitations,
    logins,
    subjects,
)
from portal.kernel.retention.models import ChildReport
from portal.kernel.retention.services import underage_reports
from portal.kernel.retention.underage_report_admin import ChildReportAdmin
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
from tests.signin.people_who_sign_in import confirmed, customer_client

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
    row = underage_reports.report(**given, actor=actor.stranger(), now=clock.now())
    found = underage_reports.look(row.pk, now=clock.now())
    assert found is not None
    assert found.state == "frozen"
    return found


def staff(role: str) -> Actor:
    return actor.staff(StaffFactory(roles=[role]).pk)


def decided(row: ChildReport, outcome: str) -> None:
    made = underage_reports.propose(
        row=row, outcome=outcome, why="Seen", actor=staff("grievance_officer"), now=clock.now()
    )
    by = staff("data_protection_officer")
    underage_reports.answer(decision=made, approve=True, reason="", actor=by, now=clock.now())


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
    guardianships.protect(subject_ref=ref, kind="child", ground="declared", actor=actor.SYSTEM, now=clock.now())
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
    answer = confirmed(browser, people, {"email": "friend@acme.example", "role": "owner"})
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


def letters_of(world: World) -> list[Message]:
    return list(Message.objects.filter(kind="retention.freeze_ended", subject_ref=world.kid.principal.subject.ref))


def test_whoever_was_frozen_hears_of_it_once_when_the_last_freeze_has_ended(world: World) -> None:
    principal = world.kid.principal
    principal.language = "mr"
    principal.save(update_fields=["language"])
    first, second = frozen(world), frozen(world)
    decided(first, "adult")
    assert letters_of(world) == []
    decided(second, "adult")
    (letter,) = letters_of(world)
    assert (letter.language, letter.template_language, letter.category) == ("mr", "mr", "policy_and_security")
    assert len(letter.about) <= Message._meta.get_field("about").max_length
    said = templates.load("retention.freeze_ended", "en").body
    for secret in ("report", "somebody", "school", "teacher", "parent"):
        assert secret not in said.lower(), "nobody learns from it that there was a report, or whose"


def test_a_child_of_whom_two_people_decided_gets_no_such_letter(world: World) -> None:
    decided(frozen(world), "child")
    assert letters_of(world) == []


def test_nobody_writes_to_a_person_of_whom_it_is_verified_that_they_died(world: World) -> None:
    row = frozen(world)
    ref = world.kid.principal.subject.ref
    death = incapacity.note(subject_ref=ref, cause="death", because="ticket:1", actor=actor.SYSTEM, now=clock.now())
    incapacity.put_to_rest(row=death, actor=actor.SYSTEM, now=clock.now())
    decided(row, "adult")
    assert letters_of(world) == []


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "We are making sure of your age."),
        ("hi", "हम आपकी उम्र के बारे में पक्का कर रहे हैं।"),
        ("mr", "आम्ही तुमच्या वयाची खात्री करत आहोत."),
    ],
)
def test_the_account_page_says_what_rests_who_looks_and_whom_to_write_to(
    world: World, language: str, said: str
) -> None:
    browser = customer_client(world.kid)
    browser.cookies["django_language"] = language
    url = reverse("privacy:account")
    assert said not in browser.get(url).text
    row = frozen(world)
    browser = customer_client(world.kid)
    browser.cookies["django_language"] = language
    page = browser.get(url).text
    assert said in page
    assert reverse("privacy:grievance-start") in page
    assert "report" not in page.split("<main")[1].split("</main")[0].lower()
    if language == "en":
        assert "You have done nothing wrong." in page
        assert "Closed" in page
    decided(row, "adult")
    assert said not in customer_client(world.kid).get(url).text


def known_age_of(row: ChildReport) -> str:
    return ChildReportAdmin(ChildReport, admin.site).known_age(row)


def test_deciders_see_that_only_a_report_says_it(world: World) -> None:
    row = frozen(world)
    assert known_age_of(row) == "Under 18: only a report says so"
    age_declarations.state_adult(subject_ref=world.kid.principal.subject.ref, actor=actor.SYSTEM, now=clock.now())
    assert known_age_of(row) == "Under 18: only a report says so; 18 or older: the person stated it"


def test_deciders_see_a_signed_document_before_everything_else(world: World, monkeypatch: Any) -> None:
    guardianships.protect(
        subject_ref=world.kid.principal.subject.ref,
        kind="child",
        ground="declared",
        actor=actor.SYSTEM,
        now=clock.now(),
    )
    row = frozen(world)
    assert known_age_of(row) == "Under 18: the person stated it"
    monkeypatch.setattr(answers.age_shown, "ask", lambda **_asked: "adult")
    assert known_age_of(row) == "18 or older: a signed document shows it; Under 18: the person stated it"


def test_where_nothing_says_how_old_somebody_is_the_page_says_so(world: World) -> None:
    given = {"relation": "teacher", "address": KID, "words": "", "reporter": "", "language": "en"}
    assert known_age_of(underage_reports.report(**given, actor=actor.stranger(), now=clock.now())) == "Nothing says it."
