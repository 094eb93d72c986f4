"""An address that leaves a person: whose words end there, what stays with it, and whose wishes count afterwards."""

from datetime import timedelta

import pytest
from django.db import transaction

from consent.collection.services import incapacity_effects
from consent.decisions.selectors import point_in_time
from consent.decisions.services import bulk_decisions
from consent.decisions.services.bulk_decisions import Question
from consent.decisions.services.contact_decisions import may_contact
from consent.models import ConsentEvent, Suppression
from consent.preferences.services import preferences
from consent.preferences.services.preferences import WishList
from portal.kernel.core import actor, clock
from portal.kernel.outbox.models import Message
from portal.kernel.people.erasure import Accounts
from portal.kernel.people.services import contacts, subjects
from tests.consent.factories import ASHA_PHONE, person, published_notice, said
from tests.consent.worlds import at_hour
from tests.law.factories import PurposeFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
#: A service that rests on no consent: only a no, or a wish, stops it.
ORDER_NEWS = "order_news"


@pytest.fixture
def asha(law):
    published_notice()
    PurposeFactory(code=ORDER_NEWS, message_category="service", bases={"IN": "voluntary_provision"})
    return person()


def give_up(who):
    contacts.leave(contact=who.contact_points.get(kind="phone", left_at=None), actor=actor.SYSTEM)


def may(purpose="marketing", channel="sms"):
    """The answer of the single question and of the batch, which have to be the same."""
    question = Question(purpose, channel, at_hour(12))
    alone = may_contact(address=ASHA_PHONE, purpose=purpose, channel=channel, at=question.at)
    (together,) = bulk_decisions.decide_all(question, [ASHA_PHONE])
    assert (alone.reason, alone.entry) == (together.reason, together.entry)
    return alone


@pytest.mark.parametrize("way", ["give up", "erase"])
def test_a_no_from_before_the_purpose_began_keeps_nobody_from_leaving(asha, way):
    said(asha, "denied", occurred_at=clock.now() - timedelta(days=800))
    if way == "give up":
        give_up(asha)
    else:
        Accounts().erase(subject_ref=asha.subject.ref, before=None)
    assert may().reason == "SUPPRESSED"
    assert Suppression.objects.get().event.answer == "denied"


def test_each_stop_that_stays_is_proven_by_its_own_entry(asha):
    at = clock.now() - timedelta(minutes=5)
    noes = {channel: said(asha, "withdrawn", channel=channel, occurred_at=at) for channel in ("sms", "whatsapp", "rcs")}
    give_up(asha)
    for channel, no in noes.items():
        assert (may(channel=channel).reason, may(channel=channel).entry) == ("SUPPRESSED", str(no.entry.event_id))


def test_the_wishes_of_who_left_stop_nothing_at_the_address(asha):
    said(asha, "given", purpose=ORDER_NEWS)
    preferences.change(
        subject_ref=asha.subject.ref, wishes=WishList(paused_until=at_hour(12) + timedelta(days=3)), actor=actor.SYSTEM
    )
    assert may(ORDER_NEWS).reason == "PAUSED"
    give_up(asha)
    person(email="ravi@acme.example")
    assert may(ORDER_NEWS).reason == "ALLOWED_NO_OBJECTION"
    (then,) = point_in_time.of_person(asha.subject.ref, clock.now())
    assert then.verdict.allowed


@pytest.mark.parametrize("speaker", ["first", "second"])
def test_an_address_leaves_a_joined_person_with_the_last_reference_that_holds_it(asha, speaker):
    second = person(email="again@acme.example")
    subjects.join(old_ref=second.subject.ref, new_ref=asha.subject.ref, actor=actor.SYSTEM, now=clock.now())
    who = asha if speaker == "first" else second
    said(who, "given")
    said(who, "denied", purpose=ORDER_NEWS)
    give_up(second)
    assert (may().reason, may(ORDER_NEWS).reason) == ("ALLOWED_BY_CONSENT", "CONSENT_DENIED")
    give_up(asha)
    assert (may().reason, may(ORDER_NEWS).reason) == ("CONSENT_EXPIRED", "ALLOWED_NO_OBJECTION")
    assert ConsentEvent.objects.filter(way="address_left").count() == 2


def test_the_end_with_a_persons_death_is_confirmed_to_nobody(asha):
    said(asha, "given")
    Message.objects.all().delete()
    with transaction.atomic():
        assert incapacity_effects.end_with_the_person(subject_ref=asha.subject.ref, at=clock.now()) == 1
    assert not Message.objects.filter(kind="consent.confirmed").exists()
