"""What the preference page shows of a person's choices."""

from datetime import timedelta

import pytest
import time_machine

from consent.base.choices import Way
from consent.base.selectors import contact_rulebook
from consent.models import ConsentEvent, HeldConsent
from consent.preferences.services import preference_options, preference_updates
from consent.suppressions.services.address_opt_outs import stop_at_address
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import Refused
from portal.kernel.law.models import Purpose
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.services import people
from tests.consent.factories import ASHA_PHONE, person, published_notice, said
from tests.consent.test_who_may_not import protect
from tests.people.factories import FiduciaryFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]


@pytest.fixture
def asha(law):
    published_notice()
    return person()


def boxes(who, **that):
    offered = preference_options.offer(who.subject.ref, at=clock.now())
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


def offered_by(fiduciary, who):
    return {
        group.purpose.code
        for group in preference_options.offer(who.subject.ref, at=clock.now(), fiduciary=fiduciary).groups
    }


def test_a_clients_page_offers_nothing_that_is_ours_alone(asha):
    FiduciaryFactory(code="acme")
    ours = {"aadhaar_verification", "kyc_verification"}
    assert offered_by("onesetu", asha) - offered_by("acme", asha) == ours


def test_a_yes_that_a_client_has_to_what_became_ours_alone_can_be_taken_back_and_not_given_again(asha):
    FiduciaryFactory(code="acme")
    said(asha, "given", fiduciary="acme", purpose="analytics", channel="none")
    Purpose.objects.filter(code="analytics").update(is_ours_alone=True)
    contact_rulebook.forget()
    assert "analytics" in offered_by("acme", asha)
    save = {"subject_ref": asha.subject.ref, "fiduciary": "acme", "actor": actor.SYSTEM}
    preference_updates.save(ticked=frozenset(), was_ticked=frozenset({"analytics:none"}), shown={}, **save)
    assert ConsentEvent.objects.latest("pk").answer == "withdrawn"
    assert "analytics" not in offered_by("acme", asha)
    with pytest.raises(Refused) as refusal:
        preference_updates.save(ticked=frozenset({"analytics:none"}), shown={}, **save)
    assert refusal.value.code == "NOT_OFFERED"


def tick(who, *values):
    offered = preference_options.offer(who.subject.ref, at=clock.now())
    return preference_updates.save(
        subject_ref=who.subject.ref,
        ticked=frozenset({*offered.ticked, *values}),
        shown={group.purpose.code: group.notice.sha256 for group in offered.groups if group.notice},
        actor=actor.SYSTEM,
    )


def test_the_yes_of_who_has_a_guardian_is_held_and_a_no_holds_at_once(asha):
    said(asha, "given", channel="email")
    protect(asha, kind="guarded", ground="order")
    saved = tick(asha, "marketing:sms")
    assert (saved.held, saved.receipt) == (("marketing",), None)
    assert [(row.purpose, row.channels) for row in HeldConsent.objects.all()] == [("marketing", ["sms"])]
    saved = preference_updates.save(subject_ref=asha.subject.ref, ticked=frozenset(), shown={}, actor=actor.SYSTEM)
    assert saved.receipt is not None
    assert boxes(asha) == set()


def test_a_child_is_offered_no_promotion_and_may_take_back_what_was_said(asha):
    said(asha, "given")
    protect(asha)
    assert "marketing" in offered_by("onesetu", asha)
    said(asha, "withdrawn")
    assert "marketing" not in offered_by("onesetu", asha)


def test_a_yes_that_waits_for_its_second_step_keeps_no_withdrawal_waiting(asha):
    people.note_regime(principal=asha, regime="US-CA", ground="declared", actor=actor.SYSTEM, now=clock.now())
    said(asha, "given")
    said(asha, "given", channel="email")
    said(asha, "withdrawn", channel="email", occurred_at=clock.now())
    offered = preference_options.offer(asha.subject.ref, at=clock.now())
    assert offered.ticked == ["marketing:sms"]
    save = {
        "subject_ref": asha.subject.ref,
        "shown": {group.purpose.code: group.notice.sha256 for group in offered.groups if group.notice},
        "actor": actor.SYSTEM,
    }
    with time_machine.travel(clock.now() + timedelta(seconds=2), tick=False):
        saved = preference_updates.save(
            ticked=frozenset({"marketing:email"}), was_ticked=frozenset(offered.ticked), **save
        )
    assert saved.unconfirmed == (("marketing", "email"),)
    assert [(event.channel, event.answer) for event in saved.receipt.events.all()] == [("sms", "withdrawn")]
    assert boxes(asha) == set()
