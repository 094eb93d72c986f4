"""What the preference page shows of a person's choices."""

import pytest

from consent.services import choosing
from consent.services.stopping import stop_at_address
from consent.states import Way
from portal.core import actor, clock
from portal.people.models import Fiduciary
from tests.consent.factories import ASHA_PHONE, person, published_notice, said

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]


@pytest.fixture
def asha(law):
    published_notice()
    return person()


def boxes(who, **that):
    offered = choosing.offer(who.subject.ref, at=clock.now())
    every = [box for group in offered.groups for box in group.boxes if box.ticked]
    return {box.value for box in every if all(getattr(box, name) is value for name, value in that.items())}


def test_a_box_says_that_its_shared_number_was_stopped_until_a_new_yes(asha):
    person(email="brother@acme.example")
    said(asha, "given")
    said(asha, "given", channel="email")
    said(asha, "given", channel="sms", purpose="product_updates")
    own = Fiduciary.objects.get(is_self=True)
    stop_at_address(kind="phone", address=ASHA_PHONE, fiduciary=own, way=Way.SMS, actor=actor.SYSTEM)
    assert boxes(asha, blocked=True) == boxes(asha, stopped=True) == {"marketing:sms"}
    said(asha, "given", occurred_at=clock.now())
    assert boxes(asha, blocked=True) == set()


def test_a_no_of_somebody_else_is_no_stop_of_the_address(asha):
    said(asha, "given")
    said(person(email="brother@acme.example"), "denied")
    assert boxes(asha, blocked=True, stopped=False) == {"marketing:sms"}
