"""A link that cancels a change goes to no address that a thief may have brought in, and staff's changes have one too."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse

from grievances.nominees.services import nominations
from portal.fronts.signin import address_changes, cancellation, change_rows
from portal.kernel.core import actor, clock
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import message_content
from portal.kernel.people.choices import MemberRole
from portal.kernel.people.models import AccountChange, Membership
from portal.kernel.people.services import account_changes, contacts, customers, logins
from tests.grievances.nominees import named
from tests.people.factories import (
    ContactPointFactory,
    CustomerFactory,
    CustomerUserFactory,
    FiduciaryFactory,
    StaffFactory,
)
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import confirmed, customer_client
from tests.signin.test_account_changes import THIEF, by, link_to, moved_since, people_of

STAYING = "staying@acme.example"


@pytest.fixture(autouse=True)
def law(db):
    every_rule()
    FiduciaryFactory(code="onesetu")
    cache.clear()


@pytest.fixture
def acme():
    return CustomerFactory(name="Acme Traders")


@pytest.fixture
def asha(acme):
    user = CustomerUserFactory(email="asha@acme.example", member_of=acme)
    ContactPointFactory(principal=user.principal, address=STAYING)
    return user


@pytest.fixture
def bina(acme):
    return CustomerUserFactory(email="bina@acme.example", member_of=acme)


def texts_to(address):
    rows = Message.objects.order_by("pk")
    return [(row.kind, message_content.text_of(row).body) for row in rows if message_content.address_of(row) == address]


def test_an_address_to_which_a_thief_moved_a_login_has_no_link_of_what_the_owners_put_right(acme, asha, bina):
    moved_since(asha, THIEF, clock.now())
    customers.remove_member(membership=Membership.objects.get(principal=asha.principal), actor=by(bina))
    assert link_to(STAYING)
    assert link_to(bina.email)
    assert link_to(THIEF) is None
    (_kind, text) = texts_to(THIEF)[0]
    assert "If no owner of your organisation did this, file a complaint" in text


def test_an_address_to_which_a_thief_moved_a_login_has_no_link_of_nominees(asha):
    moved_since(asha, THIEF, clock.now())
    nominations.name(principal=asha.principal, named=named(), actor=by(asha), at=clock.now())
    assert link_to(STAYING)
    assert link_to(THIEF) is None
    assert "If you did not do this, file a complaint" in texts_to(THIEF)[0][1]


def test_an_address_to_which_a_thief_moved_a_login_has_no_link_of_a_further_change(asha):
    moved_since(asha, THIEF, clock.now())
    asha.refresh_from_db()
    act = {"actor": by(asha), "now": clock.now(), "browser": "one"}
    change = address_changes.begin(user=asha, kind="email", address="mine@asha.example", **act)
    address_changes.wait(change=change, **act)
    assert link_to(STAYING)
    assert link_to(THIEF) is None


def test_an_address_that_was_confirmed_after_a_change_began_has_no_link_of_it(asha):
    act = {"actor": by(asha), "now": clock.now(), "browser": "one"}
    change = address_changes.begin(user=asha, kind="email", address="mine@asha.example", **act)
    contacts.add(principal=asha.principal, kind="email", address=THIEF, verified=True, actor=by(asha))
    address_changes.wait(change=change, **act)
    assert link_to(STAYING)
    assert link_to(THIEF) is None


@pytest.mark.parametrize("days", [13, 14])
def test_an_address_has_links_again_once_the_change_to_it_can_no_longer_be_cancelled(acme, asha, bina, days):
    moved_since(asha, "mine@asha.example", clock.now() - timedelta(days=days))
    customers.invite(customer=acme, address="new@acme.example", actor=by(bina))
    assert bool(link_to("mine@asha.example")) == (days == 14)


def test_an_address_that_stayed_with_a_login_after_its_change_was_cancelled_has_no_link(acme, asha, bina):
    change = moved_since(asha, THIEF, clock.now())
    CustomerUserFactory(email="asha@acme.example")  # so that the login cannot move back
    cancellation.cancel(change=change, actor=actor.stranger(), now=clock.now())
    customers.invite(customer=acme, address="new@acme.example", actor=by(bina))
    assert link_to(THIEF) is None


def test_an_address_that_was_confirmed_before_the_login_moved_to_it_has_links(acme, asha, bina):
    asha.principal.contact_points.filter(left_at=None).update(verified_at=clock.now() - timedelta(days=30))
    moved_since(asha, STAYING, clock.now())
    customers.invite(customer=acme, address="new@acme.example", actor=by(bina))
    assert link_to(STAYING)


def test_a_link_that_went_to_such_an_address_before_cancels_nothing(acme, asha, bina, client):
    moved_since(asha, THIEF, clock.now())
    customers.invite(customer=acme, address="new@acme.example", actor=by(bina))
    contact = asha.principal.contact_points.latest("pk")
    token = account_changes.token_of(AccountChange.objects.get(), contact)
    answer = client.post(reverse("privacy:cancel-change", args=[token]))
    assert "This link has ended." in answer.text
    assert AccountChange.objects.get().cancelled_at is None


@pytest.fixture
def staff():
    return actor.staff(StaffFactory().pk)


def test_who_a_member_of_our_team_invites_is_told_to_the_owners_with_a_link_that_undoes_it(acme, asha, client, staff):
    before = people_of(acme)
    invitation = customers.invite(customer=acme, address=THIEF, role=MemberRole.OWNER, actor=staff)
    logins.accept(invitation=invitation, full_name="A Thief", actor=actor.stranger(), now=clock.now())
    assert AccountChange.objects.get().user is None
    text = dict(texts_to(asha.email))["signin.people_changed"]
    assert "Our team did this." in text
    assert "signs out" not in text
    client.post(link_to(asha.email))
    assert people_of(acme) == before


@pytest.mark.parametrize("act", ["removed", "made a member"])
def test_an_owner_whose_part_a_member_of_our_team_changed_gets_it_back_by_the_link(
    acme, asha, bina, client, act, staff
):
    before = people_of(acme)
    part = Membership.objects.get(principal=bina.principal)
    if act == "removed":
        customers.remove_member(membership=part, actor=staff)
    else:
        customers.change_role(membership=part, role=MemberRole.MEMBER, actor=staff)
    assert people_of(acme) != before
    client.post(link_to(bina.email))
    assert people_of(acme) == before


def test_the_link_of_one_change_of_our_team_leaves_another_that_did_not_follow_from_it(acme, asha, bina, client, staff):
    customers.invite(customer=acme, address="one@acme.example", actor=staff)
    customers.remove_member(membership=Membership.objects.get(principal=bina.principal), actor=staff)
    client.post(link_to(asha.email))
    kinds = AccountChange.objects.exclude(cancelled_at=None).values_list("kind", flat=True)
    assert list(kinds) == ["invited"]


def test_the_first_owner_whom_our_team_invites_has_the_links_of_an_owner(acme, staff):
    invitation = customers.invite(customer=acme, address="first@acme.example", role=MemberRole.OWNER, actor=staff)
    first = logins.accept(invitation=invitation, full_name="First", actor=actor.stranger(), now=clock.now())
    assert not AccountChange.objects.exists()
    customers.invite(customer=acme, address="two@acme.example", actor=by(first))
    assert link_to("first@acme.example")


def test_an_address_that_is_given_up_is_told_to_the_others_and_not_to_itself(asha):
    contact = next(row for row in asha.principal.contact_points.all() if row.address == STAYING)
    confirmed(customer_client(asha), reverse("privacy:remove-contact", args=[contact.pk]), {})
    contact.refresh_from_db()
    assert contact.left_at is not None
    assert [kind for kind, _text in texts_to(asha.email) if kind == "signin.address_removed"] == [
        "signin.address_removed"
    ]
    assert not texts_to(STAYING)
    assert STAYING not in dict(texts_to(asha.email))["signin.address_removed"]


def test_an_invitation_that_nobody_had_accepted_when_a_change_of_address_began_ends_with_it(acme, asha, client):
    before = people_of(acme)
    invitation = customers.invite(customer=acme, address=THIEF, role=MemberRole.OWNER, actor=by(asha))
    AccountChange.objects.update(made_at=clock.now() - timedelta(hours=1))
    row = moved_since(asha, "mine@evil.example", clock.now())
    thief = logins.accept(invitation=invitation, full_name="A Thief", actor=actor.stranger(), now=clock.now())
    customers.remove_member(membership=Membership.objects.get(principal=asha.principal), actor=by(thief))
    assert people_of(acme) == {(THIEF, "owner")}
    client.post(reverse("privacy:cancel-change", args=[change_rows.token_of(row)]))
    assert people_of(acme) == before


def test_an_invitation_that_was_accepted_before_a_change_of_address_began_stays(acme, asha, client):
    invitation = customers.invite(customer=acme, address="new@acme.example", role=MemberRole.MEMBER, actor=by(asha))
    logins.accept(invitation=invitation, full_name="New", actor=actor.stranger(), now=clock.now())
    row = moved_since(asha, "mine@evil.example", clock.now())
    client.post(reverse("privacy:cancel-change", args=[change_rows.token_of(row)]))
    assert ("new@acme.example", "member") in people_of(acme)


def test_another_owners_link_leaves_an_invitation_from_before_the_change_that_it_cancels(acme, asha, bina):
    customers.invite(customer=acme, address="one@acme.example", actor=by(asha))
    customers.invite(customer=acme, address="two@acme.example", actor=by(asha))
    second = AccountChange.objects.latest("pk")
    contact = bina.principal.contact_points.get()
    cancellation.cancel_account_change(change=second, contact=contact, actor=actor.stranger(), now=clock.now())
    assert AccountChange.objects.earliest("pk").cancelled_at is None
