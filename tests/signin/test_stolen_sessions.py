"""Whoever stole a session of an owner changes a company's people over several rounds: what of it a cancel link leaves."""

import random

import pytest
from django.core.cache import cache

from grievances.nominees.services import nominations
from portal.fronts.signin import cancellation
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import PortalError, Refused
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import message_content
from portal.kernel.people.choices import MemberRole
from portal.kernel.people.models import AccountChange, Membership
from portal.kernel.people.services import customers, logins
from tests.grievances.nominees import named
from tests.people.factories import CustomerFactory, CustomerUserFactory, FiduciaryFactory
from tests.shipped import every_rule
from tests.signin.test_account_changes import by, link_to, part_of, people_of, undone

pytestmark = pytest.mark.django_db
OWNER, MEMBER = MemberRole.OWNER, MemberRole.MEMBER


@pytest.fixture(autouse=True)
def law(db):
    every_rule()
    FiduciaryFactory(code="onesetu")
    cache.clear()


@pytest.fixture
def acme():
    return CustomerFactory(name="Acme Traders")


@pytest.fixture
def people(acme):
    """The login whose session was stolen, another owner, and a member."""
    roles = {"asha": OWNER, "bina": OWNER, "ravi": MEMBER}
    return {
        name: CustomerUserFactory(email=f"{name}@acme.example", member_of=acme, member_of__role=role)
        for name, role in roles.items()
    }


def joins(acme, address, *, by_whom, role=OWNER):
    invitation = customers.invite(customer=acme, address=address, role=role, actor=by(by_whom))
    return logins.accept(invitation=invitation, full_name="A Thief", actor=actor.stranger(), now=clock.now())


def leaves(acme, user, *, by_whom):
    customers.remove_member(membership=part_of(user, acme), actor=by(by_whom))
    return AccountChange.objects.latest("pk")


def becomes(acme, user, role, *, by_whom):
    customers.change_role(membership=part_of(user, acme), role=role, actor=by(by_whom))
    return AccountChange.objects.latest("pk")


def refused(change, user):
    with pytest.raises(Refused) as error:
        undone(change, user)
    return error.value.code


def test_a_former_owner_cancels_nothing_by_a_link_of_when_they_were_one(acme, people):
    asha, bina, ravi = people.values()
    by_asha = leaves(acme, ravi, by_whom=asha)
    by_bina = becomes(acme, joins(acme, "new@acme.example", by_whom=bina, role=MEMBER), OWNER, by_whom=bina)
    staff_act = actor.staff(1)
    customers.remove_member(membership=part_of(bina, acme), actor=staff_act)
    before = people_of(acme)
    assert [refused(change, bina) for change in (by_asha, by_bina)] == ["NO_OWNER_NOW"] * 2
    assert people_of(acme) == before
    assert undone(by_asha, asha)


def test_the_page_says_to_a_former_owner_that_the_link_has_ended(acme, people, client):
    asha, bina, ravi = people.values()
    leaves(acme, ravi, by_whom=asha)
    link = link_to(bina.email)
    assert "Cancel the change" in client.get(link).text
    customers.change_role(membership=part_of(bina, acme), role=MEMBER, actor=actor.staff(1))
    for answer in (client.get(link), client.post(link)):
        assert "you do not own this organisation now" in answer.text
        assert "Cancel the change" not in answer.text
    assert not AccountChange.objects.exclude(cancelled_at=None).exists()


def test_whoever_made_a_change_and_was_dismissed_since_brings_nobody_back_by_it(acme, people):
    asha, bina, _ravi = people.values()
    friend = joins(acme, "friend@elsewhere.example", by_whom=asha)
    removal = leaves(acme, friend, by_whom=asha)
    nominations.name(principal=asha.principal, named=named(), actor=by(asha), at=clock.now())
    dismissal = leaves(acme, asha, by_whom=bina)
    assert refused(removal, asha) == "NO_OWNER_NOW"
    own = AccountChange.objects.get(kind="nominee_named")
    assert undone(own, asha), "what is the person's own is theirs to undo"
    assert people_of(acme) == {("bina@acme.example", "owner"), ("ravi@acme.example", "member")}
    assert undone(dismissal, asha), "the dismissal itself, until an officer has decided"


def test_an_owner_whom_the_thief_removed_cancels_by_each_link_of_the_thief(acme, people):
    asha, bina, _ravi = people.values()
    before = people_of(acme)
    thief = joins(acme, "thief@evil.example", by_whom=asha)
    first = AccountChange.objects.get()
    becomes(acme, bina, MEMBER, by_whom=thief)
    becomes(acme, bina, OWNER, by_whom=asha)
    leaves(acme, bina, by_whom=thief)
    leaves(acme, asha, by_whom=thief)
    assert undone(first, bina)
    assert people_of(acme) == before


def test_a_removal_that_another_owner_repeated_is_not_undone_by_the_link_of_the_first(acme, people):
    asha, bina, ravi = people.values()
    first = leaves(acme, ravi, by_whom=asha)
    joins(acme, ravi.email, by_whom=bina, role=MEMBER)
    leaves(acme, ravi, by_whom=bina)
    assert undone(first, asha)
    assert ("ravi@acme.example", "member") not in people_of(acme)


def test_a_role_that_another_owner_gave_since_is_not_given_back(acme, people):
    asha, bina, ravi = people.values()
    first = becomes(acme, ravi, OWNER, by_whom=asha)
    becomes(acme, ravi, MEMBER, by_whom=bina)
    second = becomes(acme, ravi, OWNER, by_whom=bina)
    assert undone(first, asha)
    assert ("ravi@acme.example", "owner") in people_of(acme)
    assert undone(second, bina)
    assert ("ravi@acme.example", "member") in people_of(acme)


def test_nobody_comes_back_by_a_removal_whose_invitation_was_cancelled_meanwhile(acme, people):
    asha, bina, _ravi = people.values()
    thief = joins(acme, "thief@evil.example", by_whom=asha)
    invitation = AccountChange.objects.get()
    removal = leaves(acme, thief, by_whom=bina)
    assert undone(invitation, asha)
    assert undone(removal, bina)
    assert "thief@evil.example" not in {address for address, _role in people_of(acme)}


def test_a_member_who_was_made_an_owner_by_the_thief_comes_back_as_a_member_only(acme, people):
    asha, bina, ravi = people.values()
    promotion = becomes(acme, ravi, OWNER, by_whom=asha)
    removal = leaves(acme, ravi, by_whom=bina)
    assert undone(promotion, asha)
    assert undone(removal, bina)
    assert ("ravi@acme.example", "member") in people_of(acme)


def test_a_demotion_gives_no_role_back_that_was_cancelled_meanwhile(acme, people):
    asha, bina, ravi = people.values()
    promotion = becomes(acme, ravi, OWNER, by_whom=asha)
    demotion = becomes(acme, ravi, MEMBER, by_whom=bina)
    assert undone(promotion, asha)
    assert undone(demotion, bina)
    assert ("ravi@acme.example", "member") in people_of(acme)


def test_an_owner_whom_others_invited_again_as_one_is_not_demoted_by_an_older_link(acme, people):
    asha, bina, ravi = people.values()
    promotion = becomes(acme, ravi, OWNER, by_whom=asha)
    leaves(acme, ravi, by_whom=bina)
    joins(acme, ravi.email, by_whom=bina, role=OWNER)
    assert undone(promotion, asha)
    assert ("ravi@acme.example", "owner") in people_of(acme)


def nobody_else_has_links(people):
    """Nobody but the owners of before was sent a link, in any letter."""
    for row in Message.objects.filter(kind="signin.people_changed"):
        assert message_content.address_of(row) in {people["asha"].email, people["bina"].email}


def round_of(acme, people, let_in, dice):
    """One act of the thief: by the stolen session, or by a login that it let in or made an owner."""
    live = [row.principal.user for row in Membership.objects.filter(customer=acme, ended_at=None)]
    doers = [user for user in (people["asha"], *let_in) if user in live and part_of(user, acme).role == OWNER]
    if not doers:
        return
    doer, target, role = dice.choice(doers), dice.choice(live), dice.choice([OWNER, MEMBER])
    act = dice.choice(["invite", "again", "remove", "remove", "role", "role"])
    gone = [user for user in let_in if user not in live]
    if act == "invite":
        let_in.append(joins(acme, f"thief{len(let_in)}@evil.example", by_whom=doer, role=role))
    elif act == "again" and gone:
        joins(acme, dice.choice(gone).email, by_whom=doer, role=role)
    elif act == "remove":
        leaves(acme, target, by_whom=doer)
    elif act == "role":
        becomes(acme, target, role, by_whom=doer)
        if role == OWNER and target == people["ravi"]:
            let_in.append(target)


@pytest.mark.parametrize("seed", range(20))
def test_after_any_rounds_of_the_thief_the_first_link_restores_the_company(acme, people, seed):
    dice, before, let_in = random.Random(seed), people_of(acme), []
    joins(acme, "thief@evil.example", by_whom=people["asha"])
    first = AccountChange.objects.get()
    let_in.append(Membership.objects.get(customer=acme, principal__user__email="thief@evil.example").principal.user)
    for _ in range(8):
        try:
            round_of(acme, people, let_in, dice)
        except PortalError:  # the last owner stays
            continue
    nobody_else_has_links(people)
    presser = people[dice.choice(["asha", "bina"])]
    assert undone(first, presser)
    assert people_of(acme) == before
    assert not AccountChange.objects.filter(cancelled_at=None).exists()


@pytest.mark.parametrize("seed", range(20))
def test_whichever_links_are_pressed_and_in_which_order_the_first_one_leaves_no_thief(acme, people, seed):
    """The owners press links one by one, some of which bring somebody back; the link of the beginning ends them all."""
    dice, let_in = random.Random(1000 + seed), []
    joins(acme, "thief@evil.example", by_whom=people["asha"])
    first = AccountChange.objects.get()
    let_in.append(Membership.objects.get(customer=acme, principal__user__email="thief@evil.example").principal.user)
    for _ in range(6):
        try:
            round_of(acme, people, let_in, dice)
            if dice.random() < 0.5:
                some = AccountChange.objects.filter(cancelled_at=None).exclude(pk=first.pk).order_by("pk")
                undone(dice.choice(list(some)), people[dice.choice(["asha", "bina"])])
        except (PortalError, IndexError):  # frozen, the last owner, no link yet, or no right to one
            continue
    try:
        undone(first, people["bina"])
    except Refused:
        undone(first, people["asha"])
    thieves = {address for address, _role in people_of(acme) if address.endswith("@evil.example")}
    assert thieves == set()
    assert ("ravi@acme.example", "owner") not in people_of(acme)


@pytest.mark.parametrize("seed", range(10))
def test_after_any_rounds_with_nominees_the_first_link_restores_them(acme, people, seed):
    dice, asha = random.Random(seed), people["asha"]
    act = {"principal": asha.principal, "actor": by(asha)}
    own = [
        nominations.name(named=named(email=f"own{number}@acme.example"), at=clock.now(), **act) for number in range(2)
    ]
    AccountChange.objects.all().delete()
    before = state_of(asha)
    nominations.end(nominee=own[0], at=clock.now(), **act)
    first = AccountChange.objects.get()
    for number in range(8):
        standing = list(nominations.of_person(asha.principal.subject.ref))
        what, whom = dice.choice(["name", "change", "end"]), dice.choice(standing or [None])
        details = named(email=f"thief{dice.randrange(3)}@evil.example", full_name=f"Thief {number}")
        try:
            if what == "name":
                nominations.name(named=details, at=clock.now(), **act)
            elif whom is not None and what == "change":
                nominations.change(nominee=whom, named=details, at=clock.now(), **act)
            elif whom is not None:
                nominations.end(nominee=whom, at=clock.now(), **act)
        except Refused:  # a nominee has this address
            continue
    assert undone(first, asha)
    assert state_of(asha) == before


def state_of(user):
    rows = nominations.of_person(user.principal.subject.ref)
    return [(row.reference, nominations.details_of(row), row.rights) for row in rows]


def test_the_link_of_an_address_that_is_deleted_has_ended_and_cancels_nothing(acme, people):
    removal = leaves(acme, people["ravi"], by_whom=people["asha"])
    nominations.name(principal=people["asha"].principal, named=named(), actor=by(people["asha"]), at=clock.now())
    for change in (removal, AccountChange.objects.get(kind="nominee_named")):
        with pytest.raises(Refused) as error:
            cancellation.cancel_account_change(change=change, contact=None, actor=actor.stranger(), now=clock.now())
        assert error.value.code == "LINK_ENDED"
    assert not AccountChange.objects.exclude(cancelled_at=None).exists()
