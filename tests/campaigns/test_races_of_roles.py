"""A role, or a login, that ends beside acts of it: whatever is recorded happened while the role was held."""

from datetime import datetime

import pytest

from kyc.models import Decision
from kyc.review.services.document_decisions import propose
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import NotAllowed
from portal.kernel.people.models import RoleGrant
from portal.kernel.people.services import roles, staff
from tests.campaigns.counts import conclude
from tests.campaigns.racing import rounds, several_writers, together
from tests.consent.test_turns import while_in_flight
from tests.kyc.factories import checked
from tests.people.factories import CustomerFactory, StaffFactory

pytestmark = [
    several_writers,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("house", "same_process"),
]

REFUSALS = {"", "NOT_ALLOWED"}
ASKED_AGAIN = {"outcome": "ask_again", "reason_code": "unreadable", "message": "Send it again."}


def ended_by_two(grant: RoleGrant, now: datetime | None = None):
    admin, officer = (StaffFactory(roles=[role]) for role in ("administrator", "data_protection_officer"))
    ending = roles.propose_end(grant=grant, why="They left.", actor=actor.staff(admin.pk), now=clock.now())
    return lambda: roles.answer(proposal=ending, approve=True, actor=actor.staff(officer.pk), now=now or clock.now())


def deactivated(grant: RoleGrant):
    admin = StaffFactory(roles=["administrator"])
    return lambda: staff.deactivate(user=grant.user, actor=actor.staff(admin.pk), now=clock.now())


@rounds
@pytest.mark.parametrize("ending", [ended_by_two, deactivated])
def test_no_proposal_is_recorded_after_the_end_of_the_role_it_rests_on(ending, rounds, house, same_process):
    done = refused = 0
    after = []
    document = checked(CustomerFactory(kind="individual"), now=clock.now())
    for _round in range(rounds):
        maker = StaffFactory(roles=["kyc_maker"])
        grant = RoleGrant.objects.get(user=maker)
        end, act = together(
            ending(grant),
            lambda maker=maker: propose(document, **ASKED_AGAIN, actor=actor.staff(maker.pk), now=clock.now()),
        )
        assert end.is_done
        assert act.refusal in REFUSALS
        done, refused = done + act.is_done, refused + (not act.is_done)
        grant.refresh_from_db()
        made = Decision.objects.filter(made_by=maker).values_list("made_at", flat=True)
        after += [(at, grant.ends_at) for at in made if at >= grant.ends_at]
        Decision.objects.all().delete()
    name = f"A proposal beside the end of its role ({ending.__name__.replace('_', ' ')})"
    conclude(name, attempts=done + refused, refused=refused, acknowledged=done, lost=after)


@pytest.mark.parametrize("ending", [ended_by_two, deactivated])
def test_a_proposal_waits_for_the_end_of_its_role_that_is_being_written(ending):
    document = checked(CustomerFactory(kind="individual"), now=clock.now())
    maker = StaffFactory(roles=["kyc_maker"])
    end = ending(RoleGrant.objects.get(user=maker))

    def act():
        with pytest.raises(NotAllowed):
            propose(document, **ASKED_AGAIN, actor=actor.staff(maker.pk), now=clock.now())

    while_in_flight(end, act)
    assert not Decision.objects.exists()


def test_the_end_of_a_role_comes_after_a_proposal_that_is_being_written():
    document = checked(CustomerFactory(kind="individual"), now=clock.now())
    maker = StaffFactory(roles=["kyc_maker"])
    grant = RoleGrant.objects.get(user=maker)
    end = ended_by_two(grant, now=clock.now())
    made = []
    while_in_flight(
        lambda: made.append(propose(document, **ASKED_AGAIN, actor=actor.staff(maker.pk), now=clock.now())), end
    )
    grant.refresh_from_db()
    assert made[0].made_at < grant.ends_at
