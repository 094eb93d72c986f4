"""What leaves with a person's own data, and what goes when they are erased."""

from datetime import timedelta

import pytest
import time_machine

from consent.base.choices import Relation, ShownBy
from consent.collection.services import consent_managers, inbound_replies
from consent.collection.services.inbound_replies import Inbound
from consent.data_copy_sections import ConsentSection
from consent.erasure import Wishes
from consent.models import ConsentState, InboundMessage, LateNotice, Meeting, NoticeText, Preference
from consent.preferences.services import preferences
from consent.preferences.services.preferences import WishList
from consent.records.services import guardian_consents, opt_in_confirmation
from consent.records.services.guardian_consents import Guardian
from portal.kernel.core import actor, clock
from portal.kernel.law.choices import Channel
from portal.kernel.law.labels import PurposeNames
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.services import subjects
from tests.consent.factories import ASHA_PHONE, person, published_notice, said
from tests.people.factories import ContactPointFactory
from tests.registers.factories import registered_manager

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]


@pytest.fixture
def asha(law):
    published_notice()
    asha = person()
    said(asha, "withdrawn")
    preferences.change(subject_ref=asha.subject.ref, wishes=WishList(language="mr"), actor=actor.SYSTEM)
    return asha


def test_a_bundle_holds_every_answer_and_wish_of_the_person_and_of_nobody_else(asha):
    ravi = person(email="ravi@acme.example", phone="+919811112222")
    said(ravi, "given")
    records = ConsentSection().collect(subject_refs=[asha.subject.ref])
    assert [record.get("answer") for record in records] == ["Withdrawn", None]
    assert records[1]["language"] == "mr"
    assert ASHA_PHONE not in str(records)


def own_copy(*who):
    return ConsentSection().collect(subject_refs=[each.subject.ref for each in who])


def with_key(records, key):
    return [record for record in records if key in record]


def test_the_copy_tells_what_was_asked_told_and_requested_and_who_acts(asha):
    ref, text, now = asha.subject.ref, NoticeText.objects.get(), clock.now()
    shown = {"language": "en", "text_sha256": text.sha256, "notice_version": text.version}
    Meeting.objects.create(subject_ref=ref, purpose="analytics", meaning_since=clock.day(now), met_at=now, **shown)
    LateNotice.objects.create(
        subject_ref=ref, purpose="marketing", rule="IN-DPDP-LATE@1", about="x", given_at=now, **shown
    )
    opt_in_confirmation.request(
        subject_ref=ref,
        fiduciary=Fiduciary.objects.get(code="onesetu"),
        values=[("marketing", "sms"), ("analytics", "none")],
        actor=actor.SYSTEM,
        now=now,
    )
    manager = registered_manager(name="Sahmati Example")
    consent_managers.link(
        manager=manager, code=consent_managers.offer_link(subject_ref=ref, manager=manager).code, now=clock.now()
    )
    records = own_copy(asha)
    names = PurposeNames()
    (met,) = with_key(records, "question_put")
    assert (met["question_put"], met["notice_sha256"]) == (names("analytics"), text.sha256)
    (late,) = with_key(records, "notice_given_afterwards")
    assert (late["notice_given_afterwards"], late["because_of"]) == (names("marketing"), "IN-DPDP-LATE@1")
    (again,) = with_key(records, "asked_to_be_asked_again")
    assert again["asked_to_be_asked_again"] == [names("analytics"), f"{names('marketing')}, SMS"]
    (link,) = with_key(records, "consent_manager")
    assert (link["consent_manager"], link["until"]) == ("Sahmati Example", None)
    assert link["acts_since"]


def stop_by_sms(name, number):
    message = Inbound(name=name, channel=Channel.SMS, sender=number, to="OSOPT", text="STOP")
    assert inbound_replies.take([message]).new == 1


def test_the_copy_tells_what_was_written_from_the_persons_number_and_what_followed(asha):
    stop_by_sms("one", ASHA_PHONE)
    records = own_copy(asha)
    (written,) = with_key(records, "message_from_you")
    assert (written["message_from_you"], written["what_followed"]) == ("SMS", "Stopped")
    assert written["receipt"] in {stop["receipt"] for stop in with_key(records, "promotion_stopped_on")}
    assert ASHA_PHONE not in str(records)


def test_the_copy_leaves_out_what_came_from_a_shared_number_and_from_before_it_was_the_persons(asha):
    ravi = person(email="ravi@acme.example", phone=ASHA_PHONE)
    stop_by_sms("one", ASHA_PHONE)
    stop_by_sms("two", "+919811112222")
    later = person(email="mira@acme.example", phone="+919811112222")
    for who in (asha, ravi, later):
        assert with_key(own_copy(who), "message_from_you") == []
        assert with_key(own_copy(who), "promotion_stopped_on") == []


def test_a_number_that_was_named_and_never_confirmed_brings_nothing_of_whoever_has_it(asha):
    other = "+919811112222"
    named = ContactPointFactory(principal=asha, kind="phone", address=other, verified_at=None)
    inbound_replies.take([Inbound(name="one", channel=Channel.SMS, sender=other, to="OSOPT", text="ok")])
    assert InboundMessage.objects.get().receipt is None
    for _confirmed_afterwards in range(2):
        assert with_key(own_copy(asha), "message_from_you") == []
        named.verified_at = clock.now()
        named.save(update_fields=["verified_at"])


def test_what_a_number_wrote_while_another_held_it_too_stays_out_after_they_left(asha):
    with time_machine.travel(clock.now() - timedelta(days=2), tick=False):
        beside = person(email="ravi@acme.example", phone=ASHA_PHONE).contact_points.get(kind="phone")
        inbound_replies.take([Inbound(name="two", channel=Channel.SMS, sender=ASHA_PHONE, to="OSOPT", text="ok")])
    asha.contact_points.update(verified_at=clock.now() - timedelta(days=9))
    beside.left_at = clock.now() - timedelta(days=1)
    beside.save(update_fields=["left_at"])
    assert InboundMessage.objects.get().receipt is None
    assert with_key(own_copy(asha), "message_from_you") == []
    inbound_replies.take([Inbound(name="three", channel=Channel.SMS, sender=ASHA_PHONE, to="OSOPT", text="ok")])
    assert len(with_key(own_copy(asha), "message_from_you")) == 1


def test_the_copy_holds_earlier_wishes_too(asha):
    preferences.change(subject_ref=asha.subject.ref, wishes=WishList(language="hi"), actor=actor.SYSTEM)
    records = own_copy(asha)
    assert [record["earlier_wishes"]["language"] for record in with_key(records, "earlier_wishes")] == ["mr"]
    assert records[-1]["language"] == "hi"


def test_who_answers_for_another_is_told_so_and_not_for_whom(asha):
    child, now = person(email="child@acme.example", phone="+919811112222"), clock.now()
    guardian = Guardian(asha.subject.ref, Relation.PARENT, ShownBy.HELD, ShownBy.HELD)
    guardian_consents.keep(said(child, "denied").receipt, guardian, now=now)
    (record,) = with_key(own_copy(asha), "you_answered_for_another")
    assert record["you_answered_for_another"]["answered_by"] == Relation.PARENT.label
    assert str(child.subject.ref) not in str(record)
    assert with_key(own_copy(child), "answered_by")


def test_erasing_ends_the_wishes_and_keeps_the_no(asha):
    eraser, later = Wishes(), clock.now() + timedelta(days=9000)
    assert list(eraser.kept(before=later)) == []
    assert eraser.erase(subject_ref=asha.subject.ref, before=later) == 0
    subjects.end(asha.subject, now=clock.now())
    assert [kept.subject_ref for kept in eraser.kept(before=later)] == [asha.subject.ref]
    assert eraser.erase(subject_ref=asha.subject.ref, before=None) == 1
    assert eraser.erase(subject_ref=asha.subject.ref, before=None) == 0
    assert not Preference.objects.exists()
    assert ConsentState.objects.get().answer == "withdrawn"
