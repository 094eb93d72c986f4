"""A parent whom two of our people saw once answers for the child from then on; nobody else does, and not for ever."""

from datetime import timedelta

import pytest

from consent.base.choices import Answer, AppointedBy, Relation, ShownBy, Way
from consent.collection.services import guardian_choices, offline_consents
from consent.collection.services.offline_consents import Taken
from consent.decisions.services.contact_decisions import may_process
from consent.models import ConsentEvent, GuardianAnswer, HeldConsent
from consent.prompts.services import consent_prompts
from consent.prompts.services.consent_prompts import Answered
from consent.records.selectors import guardianships as records_guardianships
from consent.records.services import guardian_consents, guardianship_ends
from consent.records.services.addresses import addresses_by_channel
from consent.records.services.consent_events import Choice, record_all
from consent.records.services.guardian_consents import Guardian
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import IllegalMove, NotFound, Refused
from portal.kernel.ledger.services import payload_of
from portal.kernel.people.models import Fiduciary, Protection
from portal.kernel.people.services import guardianships as people_guardianships
from tests.consent.factories import person, published_notice, said
from tests.people.factories import ContactPointFactory, StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]


@pytest.fixture
def notice(law):
    return published_notice(asks=["marketing", "product_updates", "call_recording"])


@pytest.fixture
def child(notice):
    child = person(full_name="Ravi")
    protect(child)
    return child


@pytest.fixture
def mother(notice):
    return person(email=None, phone="+919811110000", full_name="Meera")


def protect(who, kind="child"):
    people_guardianships.protect(
        subject_ref=who.subject.ref, kind=kind, ground="declared", actor=actor.SYSTEM, now=clock.now()
    )


def held(child, notice, *channels):
    """The yes of the child as its own page takes it; the channels that wait then."""
    row = guardian_consents.hold(
        subject_ref=child.subject.ref,
        fiduciary=Fiduciary.objects.get(code="onesetu"),
        purpose="product_updates",
        channels=channels,
        notice=notice.texts.get(language="en"),
        actor=actor.SYSTEM,
        now=clock.now(),
    )
    return row.channels


def test_a_channel_more_waits_beside_what_waited_and_is_asked_once(child, notice):
    assert held(child, notice, "sms") == held(child, notice, "sms") == ["sms"]
    assert held(child, notice, "whatsapp") == held(child, notice, "sms") == ["sms", "whatsapp"]
    assert HeldConsent.objects.get(state="held").channels == ["sms", "whatsapp"]
    assert HeldConsent.objects.get(state="left").channels == ["sms"]
    kinds = AuditEvent.objects.filter(kind__startswith="consent.question").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["consent.question.held", "consent.question.closed", "consent.question.held"]


def test_what_waits_is_what_the_person_read_last(child, notice):
    held(child, notice, "sms")
    newer = published_notice(asks=["product_updates"], text="We may write to you about new products.")
    assert held(child, newer, "sms") == ["sms"]
    assert HeldConsent.objects.get(state="held").notice_version == newer


def answered_on_paper(child, guardian, notice, relation=Relation.PARENT, appointed_by=""):
    """The first answer: by telephone, taken by two of our people. Gives its receipt."""
    taken = Taken(
        subject_ref=child.subject.ref,
        fiduciary=Fiduciary.objects.get(code="onesetu"),
        purpose="call_recording",
        channels=[],
        way=Way.PHONE,
        notice_version=notice,
        language="en",
        occurred_at=clock.now() - timedelta(minutes=5),
        call_reference="CALL-77-A",
        guardian=Guardian(guardian.subject.ref, relation, ShownBy.PROVIDED, ShownBy.TOKEN, appointed_by),
    )
    maker, checker = StaffFactory(roles=["support"]), StaffFactory(roles=["data_protection_officer"])
    proposal = offline_consents.propose(taken=taken, scan=None, actor=actor.staff(maker.pk))
    return offline_consents.answer(proposal=proposal, approve=True, actor=actor.staff(checker.pk)).receipt


def ward_of(guardian):
    (ward,) = records_guardianships.wards_of(guardian.subject.ref, at=clock.now())
    return ward


def answer(ward, notice, **answers):
    return guardian_choices.answer(
        ward=ward,
        answers=answers,
        shown=dict.fromkeys(answers, notice.binding.sha256),
        language="en",
        actor=actor.customer(7),
        now=clock.now(),
    )


def test_nobody_is_a_guardian_before_two_of_our_people_saw_it(child, mother, notice):
    assert records_guardianships.wards_of(mother.subject.ref, at=clock.now()) == []
    receipt = answered_on_paper(child, mother, notice)
    ward = ward_of(mother)
    assert (ward.subject_ref, ward.reference, ward.name) == (child.subject.ref, receipt.reference, "Ravi")
    stranger = person(email=None, phone="+919811110009")
    assert records_guardianships.wards_of(stranger.subject.ref, at=clock.now()) == []
    with pytest.raises(NotFound):
        records_guardianships.ward_of(stranger.subject.ref, receipt.reference, at=clock.now())


def test_what_the_child_agreed_to_waits_and_the_mothers_yes_is_recorded_with_its_proof(child, mother, notice):
    consent_prompts.answer(
        subject_ref=child.subject.ref,
        answers={"product_updates": Answered(is_yes=True, channels=frozenset({"sms"}))},
        shown={"product_updates": notice.binding.sha256},
        actor=actor.SYSTEM,
    )
    answered_on_paper(child, mother, notice)
    ward = ward_of(mother)
    assert set(records_guardianships.waiting_for(ward)) == {"product_updates"}
    done = answer(ward, notice, product_updates=Answered(is_yes=True, channels=frozenset({"sms"})))
    (event,) = done.events
    assert (event.subject_ref, event.way, event.answer, event.channel) == (
        child.subject.ref,
        "guardian",
        "given",
        "sms",
    )
    assert (event.actor_kind, event.actor_ref) == ("customer", "user:7")
    kept = GuardianAnswer.objects.get(receipt=done.receipt)
    assert (kept.guardian_ref, kept.identity_shown, kept.age_shown) == (mother.subject.ref, "held", "held")
    assert {"type": "guardian", "sha256": kept.sha256} in payload_of(event.entry)["evidence"]
    assert HeldConsent.objects.get().state == "given"
    assert records_guardianships.waiting_for(ward) == {}


def test_her_no_counts_at_once_and_closes_what_waited(child, mother, notice):
    consent_prompts.answer(
        subject_ref=child.subject.ref,
        answers={"product_updates": Answered(is_yes=True, channels=frozenset({"sms"}))},
        shown={"product_updates": notice.binding.sha256},
        actor=actor.SYSTEM,
    )
    answered_on_paper(child, mother, notice)
    done = answer(ward_of(mother), notice, product_updates=Answered(is_yes=False))
    assert {event.answer for event in done.events} == {"denied"}
    assert HeldConsent.objects.get().state == "left"


def test_she_withdraws_what_was_agreed_to_and_nothing_of_anybody_else(child, mother, notice):
    answered_on_paper(child, mother, notice)
    ward = ward_of(mother)
    (agreed,) = records_guardianships.agreed_for(ward, at=clock.now())
    assert may_process(subject=child.subject.ref, purpose="call_recording", at=clock.now()).allowed
    done = guardian_choices.take_back(ward=ward, event_id=agreed.pk, actor=actor.customer(7), now=clock.now())
    assert [(event.answer, event.way) for event in done.events] == [("withdrawn", "guardian")]
    assert not may_process(subject=child.subject.ref, purpose="call_recording", at=clock.now()).allowed
    assert records_guardianships.agreed_for(ward, at=clock.now()) == []
    with pytest.raises(NotFound):
        guardian_choices.take_back(ward=ward, event_id=agreed.pk, actor=actor.customer(7), now=clock.now())


def test_what_a_child_agreed_to_alone_ends_at_once_and_what_a_parent_agreed_to_goes_on(child, mother, notice):
    alone = person(email=None, phone="+919811110009")
    said(alone, "given", purpose="product_updates")
    said(alone, "denied", purpose="marketing")
    protect(alone)
    ended = ConsentEvent.objects.filter(subject_ref=alone.subject.ref, way=Way.PROTECTION)
    assert [(event.purpose, event.answer) for event in ended] == [("product_updates", "expired")]
    answered_on_paper(child, mother, notice)
    yes = ConsentEvent.objects.get(subject_ref=child.subject.ref, answer="given")
    Protection.objects.filter(subject_ref=child.subject.ref).update(ended_at=clock.now())
    protect(child)
    assert not ConsentEvent.objects.filter(subject_ref=child.subject.ref, pk__gt=yes.pk).exists()


def test_promotion_is_for_no_child_whoever_agrees(child, mother, notice):
    answered_on_paper(child, mother, notice)
    with pytest.raises(Refused):
        answer(ward_of(mother), notice, marketing=Answered(is_yes=True, channels=frozenset({"sms"})))
    assert not ConsentEvent.objects.filter(purpose="marketing").exists()


def test_it_ends_when_the_child_answers_alone_or_the_guardian_does_not(child, mother, notice):
    answered_on_paper(child, mother, notice)
    ward = ward_of(mother)
    other = person(email=None, phone="+919811110002")
    protect(other)
    answered_on_paper(other, mother, notice)
    people_guardianships.end_all(subject_ref=child.subject.ref, actor=actor.SYSTEM, now=clock.now())
    assert [one.subject_ref for one in records_guardianships.wards_of(mother.subject.ref, at=clock.now())] == [
        other.subject.ref
    ]
    with pytest.raises(Refused) as refusal:
        answer(ward, notice, product_updates=Answered(is_yes=False))
    assert refusal.value.code == "ANSWERS_ALONE"
    protect(mother, "guarded")
    assert records_guardianships.wards_of(mother.subject.ref, at=clock.now()) == []


def test_either_parent_answers_for_a_child_and_only_the_last_guardian_for_a_guarded_person(mother, notice):
    father = person(email=None, phone="+919811110003")
    child, guarded = person(email=None, phone="+919811110004"), person(email=None, phone="+919811110005")
    protect(child)
    protect(guarded, "guarded")
    for parent in (mother, father):
        answered_on_paper(child, parent, notice)
        answered_on_paper(guarded, parent, notice, Relation.GUARDIAN, AppointedBy.COURT)
    assert [one.subject_ref for one in records_guardianships.wards_of(mother.subject.ref, at=clock.now())] == [
        child.subject.ref
    ]
    assert {one.subject_ref for one in records_guardianships.wards_of(father.subject.ref, at=clock.now())} == {
        child.subject.ref,
        guarded.subject.ref,
    }


def test_a_yes_under_the_guardians_way_without_the_guardian_is_refused(child, notice):
    (place,) = addresses_by_channel(child.subject.ref)["sms"]
    with pytest.raises(Refused) as refusal:
        record_all(
            subject_ref=child.subject.ref,
            fiduciary="onesetu",
            choices=[Choice(place, "product_updates", "sms", Answer.GIVEN, notice.binding)],
            way=Way.GUARDIAN,
            occurred_at=clock.now(),
            actor=actor.SYSTEM,
        )
    assert refusal.value.code == "HELD_FOR_GUARDIAN"
    assert Protection.objects.filter(ended_at=None).count() == 1


def test_a_standing_ends_with_one_leaf_and_two_people_begin_it_anew(child, mother, notice):
    answered_on_paper(child, mother, notice)
    ward, agreed = ward_of(mother), records_guardianships.agreed_for(ward_of(mother), at=clock.now())
    receipt = guardianship_ends.end(last=ward.last, by="guardian", actor=actor.customer(7), now=clock.now())
    assert records_guardianships.wards_of(mother.subject.ref, at=clock.now()) == []
    with pytest.raises(Refused) as refusal:
        answer(ward, notice, product_updates=Answered(is_yes=False))
    assert refusal.value.code == "STANDING_ENDED"
    assert records_guardianships.agreed_for(ward, at=clock.now()) == agreed
    (ended,) = receipt.standings_ended.all()
    told = payload_of(ended.entry)
    assert (told["act"], told["facts"]) == ("consent.standing.ended", {"reference": str(receipt), "way": "guardian"})
    with pytest.raises(IllegalMove):
        guardianship_ends.end(last=ward.last, by="staff", actor=actor.SYSTEM, now=clock.now())
    answered_on_paper(child, mother, notice)
    assert ward_of(mother).subject_ref == child.subject.ref


def test_an_answer_at_the_same_moment_does_not_outlive_the_end_of_the_standing(child, mother, notice):
    answered_on_paper(child, mother, notice)
    ward, pressed_at = ward_of(mother), clock.now()
    answer(ward, notice, product_updates=Answered(is_yes=False))
    assert GuardianAnswer.objects.latest("pk").shown_at > pressed_at
    guardianship_ends.end(last=ward.last, by="staff", actor=actor.SYSTEM, now=pressed_at)
    assert records_guardianships.wards_of(mother.subject.ref, at=clock.now()) == []


def test_the_end_of_one_parents_standing_leaves_the_other_parents(child, mother, notice):
    father = person(email=None, phone="+919811110003")
    for parent in (mother, father):
        answered_on_paper(child, parent, notice)
    guardianship_ends.end(
        last=ward_of(mother).last, by="staff", actor=actor.SYSTEM, now=clock.now(), reason="Court order."
    )
    assert records_guardianships.wards_of(mother.subject.ref, at=clock.now()) == []
    assert ward_of(father).subject_ref == child.subject.ref


def test_a_late_no_takes_back_a_yes_at_two_addresses_once(child, mother, notice):
    answered_on_paper(child, mother, notice)
    ContactPointFactory(principal=child, kind="phone", address="+919811110077")
    ward = ward_of(mother)
    answer(ward, notice, product_updates=Answered(is_yes=True, channels=frozenset({"sms"})))
    assert (
        len(
            [
                event
                for event in records_guardianships.agreed_for(ward, at=clock.now())
                if event.purpose == "product_updates"
            ]
        )
        == 2
    )
    guardian_choices.answer(
        ward=ward,
        answers={},
        shown={},
        language="en",
        actor=actor.customer(7),
        now=clock.now(),
        late={"product_updates": False},
    )
    assert [
        event for event in records_guardianships.agreed_for(ward, at=clock.now()) if event.purpose == "product_updates"
    ] == []
