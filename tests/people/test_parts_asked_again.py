"""Who acts for a customer is asked where the act is done: whoever was removed since the page was read does nothing by its button."""

import pytest
from django.db import transaction

from kyc.review.services import customer_types, related_parties
from kyc.review.services.document_uploads import open_case
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import Refused
from portal.kernel.people.choices import MemberRole
from portal.kernel.people.models import Membership
from portal.kernel.people.services import authority, customers, invitations
from tests.campaigns.racing import several_writers
from tests.consent.test_turns import while_in_flight
from tests.kyc.factories import party_of
from tests.people.factories import CustomerFactory, CustomerUserFactory, FiduciaryFactory
from tests.shipped import every_rule


@pytest.fixture
def acme(db):
    every_rule()
    FiduciaryFactory(code="onesetu")
    return CustomerFactory()


def owner(acme, **more):
    return CustomerUserFactory(member_of=acme, **more)


def part_of(user):
    return Membership.objects.get(principal=user.principal)


def by(user):
    return actor.customer(user.pk)


def acts_of_an_owner(acme, bina, open_one):
    return {
        "invite": lambda: customers.invite(customer=acme, address="new@acme.example", actor=by(bina)),
        "remove": lambda: customers.remove_member(membership=open_one["member"], actor=by(bina)),
        "role": lambda: customers.change_role(membership=open_one["member"], role="owner", actor=by(bina)),
        "withdraw": lambda: invitations.cancel(invitation=open_one["invitation"], actor=by(bina), now=clock.now()),
    }


@pytest.mark.parametrize("act", ["invite", "remove", "role", "withdraw"])
@pytest.mark.parametrize("since", ["removed", "made a member"])
def test_who_owns_the_company_no_more_changes_none_of_its_people(acme, act, since):
    asha, bina, ravi = owner(acme), owner(acme), owner(acme, member_of__role=MemberRole.MEMBER)
    invitation = customers.invite(customer=acme, address="two@acme.example", actor=by(asha))
    if since == "removed":
        customers.remove_member(membership=part_of(bina), actor=by(asha))
    else:
        customers.change_role(membership=part_of(bina), role=MemberRole.MEMBER, actor=by(asha))
    before = sorted(Membership.objects.values_list("pk", "role", "ended_at"))
    with pytest.raises(Refused) as refused:
        acts_of_an_owner(acme, bina, {"member": part_of(ravi), "invitation": invitation})[act]()
    assert refused.value.code == ("NO_PART_NOW" if since == "removed" else "NO_OWNER_NOW")
    assert sorted(Membership.objects.values_list("pk", "role", "ended_at")) == before
    invitation.refresh_from_db()
    assert invitation.cancelled_at is None


@pytest.mark.parametrize("act", ["type", "nobody else", "party leaves"])
def test_who_was_removed_says_nothing_more_for_the_company(acme, act):
    asha, bina = owner(acme), owner(acme)
    case = open_case(customer=acme, actor=actor.SYSTEM, now=clock.now())
    customer_types.say_type(case, customer_type="partnership", actor=actor.SYSTEM, now=clock.now())
    party = party_of(acme)
    customers.remove_member(membership=part_of(bina), actor=by(asha))
    told = {"actor": by(bina), "now": clock.now()}
    acts = {
        "type": lambda: customer_types.say_type(case, customer_type="society", **told),
        "nobody else": lambda: related_parties.say_nobody_else(case, **told),
        "party leaves": lambda: related_parties.leave(party, **told),
    }
    with pytest.raises(Refused) as refused:
        acts[act]()
    assert refused.value.code == "NO_PART_NOW"


def test_a_member_still_acts_for_the_company(acme):
    ravi = owner(acme, member_of__role=MemberRole.MEMBER)
    authority.require_open(acme, by(ravi), at=clock.now())


@several_writers
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["invite", "remove", "role", "withdraw"])
def test_an_act_that_waited_for_the_removal_of_its_owner_is_refused(act):
    every_rule()
    FiduciaryFactory(code="onesetu")
    acme = CustomerFactory()
    asha, bina, ravi = owner(acme), owner(acme), owner(acme, member_of__role=MemberRole.MEMBER)
    invitation = customers.invite(customer=acme, address="two@acme.example", actor=by(asha))
    members = {"member": part_of(ravi), "invitation": invitation}

    def acted():
        with pytest.raises(Refused) as refused:
            acts_of_an_owner(acme, bina, members)[act]()
        return refused.value.code

    ending = part_of(bina)
    found = while_in_flight(lambda: customers.remove_member(membership=ending, actor=by(asha)), acted)
    assert found == "NO_PART_NOW"


@several_writers
@pytest.mark.django_db(transaction=True)
def test_a_part_that_an_act_rests_on_ends_after_the_act():
    every_rule()
    FiduciaryFactory(code="onesetu")
    acme = CustomerFactory()
    asha, bina = owner(acme), owner(acme)
    ending, order = part_of(bina), []

    def acts():
        authority.require_open(acme, by(bina), at=clock.now())
        transaction.on_commit(lambda: order.append("done"))

    def ends():
        customers.remove_member(membership=ending, actor=by(asha))
        order.append("ended")
        return list(order)

    assert while_in_flight(acts, ends) == ["done", "ended"]
