"""A gateway's clock may be slow: a STOP that comes after a yes counts, or it is not confirmed."""

from datetime import datetime, timedelta

import pytest

from consent.base.choices import Way
from consent.base.selectors import contact_rulebook
from consent.collection.services import client_consents, inbound_replies
from consent.collection.services.client_consents import Told
from consent.collection.services.inbound_replies import Inbound
from consent.decisions.services.contact_decisions import may_contact
from consent.models import ConsentEvent, InboundMessage, Suppression
from consent.suppressions.services.address_opt_outs import stop_at_address
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.law.choices import Channel
from portal.kernel.outbox.models import Message
from portal.kernel.people.models import Fiduciary
from tests.consent.factories import ASHA_PHONE, person, published_notice, said
from tests.consent.worlds import at_hour

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
SLOW, FAR = timedelta(seconds=20), timedelta(hours=1)


@pytest.fixture(autouse=True)
def notice(law):
    contact_rulebook.forget()
    published_notice()


@pytest.fixture
def own(law):
    return Fiduciary.objects.get(is_self=True)


def may(channel: str = "sms") -> str:
    return may_contact(address=ASHA_PHONE, purpose="marketing", channel=channel, at=at_hour(12)).reason


def yes(who, **changes):
    return said(who, "given", **{"occurred_at": clock.now() - timedelta(seconds=5), **changes})


def stop(own, before: timedelta, **changes):
    usual = {"kind": "phone", "address": ASHA_PHONE, "fiduciary": own, "way": Way.API, "actor": actor.SYSTEM}
    return stop_at_address(**{**usual, "occurred_at": clock.now() - before, **changes})


def confirmed() -> list[str]:
    return list(Message.objects.filter(kind__startswith="consent.stopped").values_list("kind", flat=True))


def test_a_stop_told_with_a_slow_clock_ends_the_yes_and_its_own_time_is_kept(own):
    given = yes(person())
    told_at = clock.now() - SLOW
    receipt = stop(own, SLOW, occurred_at=told_at)
    assert may() == "CONSENT_WITHDRAWN"
    ended = receipt.events.get(previous=given)
    assert ended.occurred_at == given.occurred_at
    assert ended.evidence.get(kind="machine_time").reference == clock.stamp(told_at)


def test_a_written_stop_of_a_slow_gateway_counts(own):
    yes(person())
    message = Inbound("gw-1", Channel.SMS, ASHA_PHONE, "ONESTU", text="STOP", said_at=clock.now() - SLOW)
    inbound_replies.take([message])
    assert may() == "CONSENT_WITHDRAWN"
    assert confirmed() == ["consent.stopped"]


def test_a_withdrawal_told_with_a_slow_or_a_fast_clock_counts(own):
    asha = person()
    for wrong in (-SLOW, SLOW):
        yes(asha, occurred_at=clock.now())
        told = Told(ASHA_PHONE, "marketing", "sms", clock.now() + wrong)
        (done,) = client_consents.take_back(fiduciary="onesetu", told=told, actor=actor.SYSTEM, now=clock.now())
        assert may() == "CONSENT_WITHDRAWN"
        assert done.events[0].evidence.filter(kind="machine_time").exists()


def test_a_stop_at_a_shared_number_counts_with_a_slow_clock(own):
    yes(person())
    person(email="brother@acme.example")
    told_at = clock.now() - SLOW
    receipt = stop(own, SLOW, occurred_at=told_at)
    assert may() == "SUPPRESSED"
    assert Suppression.objects.get(receipt=receipt).suppressed_at > told_at
    facts = AuditEvent.objects.get(kind="consent.address.suppressed").facts
    assert facts["told_at"] == clock.stamp(told_at)


@pytest.mark.parametrize("is_shared", [False, True])
def test_a_stop_from_long_before_the_yes_changes_nothing_and_is_not_confirmed(own, is_shared):
    yes(person())
    if is_shared:
        person(email="brother@acme.example")
    before = ConsentEvent.objects.count()
    assert stop(own, FAR) is None
    message = Inbound("gw-1", Channel.SMS, ASHA_PHONE, "ONESTU", text="STOP", said_at=clock.now() - FAR)
    inbound_replies.take([message])
    assert InboundMessage.objects.get().receipt is None
    assert (ConsentEvent.objects.count(), confirmed(), may()) == (before, [], "ALLOWED_BY_CONSENT")
    told = Told(ASHA_PHONE, "marketing", "sms", clock.now() - FAR)
    assert client_consents.take_back(fiduciary="onesetu", told=told, actor=actor.SYSTEM, now=clock.now()) == []


def test_a_stop_that_one_yes_has_overtaken_ends_the_others_and_is_not_told_as_a_whole(own):
    asha = person()
    yes(asha, channel="whatsapp", occurred_at=clock.now() - 2 * FAR)
    yes(asha)
    assert stop(own, FAR) is not None
    assert (may(), may("whatsapp")) == ("ALLOWED_BY_CONSENT", "CONSENT_WITHDRAWN")
    assert confirmed() == []


def test_a_date_that_a_person_wrote_down_stays(own):
    yes(person())
    assert stop(own, SLOW, way=Way.PAPER) is None
    receipt = stop(own, timedelta(), way=Way.PAPER)
    assert not receipt.events.filter(evidence__kind="machine_time").exists()


def test_a_stop_of_nobody_known_keeps_the_time_it_was_told(own):
    at: datetime = clock.now() - FAR
    assert stop(own, FAR, address="+919811112222", occurred_at=at).suppressions.get().suppressed_at == at
