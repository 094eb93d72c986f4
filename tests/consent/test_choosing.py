"""What the preference page shows of a person's choices."""

from datetime import timedelta

import pytest
import time_machine

from consent.base.choices import Way
from consent.base.selectors import contact_rulebook
from consent.collection.services import dnd_preferences
from consent.models import ConsentEvent, HeldConsent, NoticeVersion, OptInRequest, TextReview
from consent.preferences.choices import LeftOut
from consent.preferences.rules import State
from consent.preferences.services import preference_options, preference_updates
from consent.suppressions.services.address_opt_outs import stop_at_address
from consent.suppressions.services.undos import undo_stop
from consent.suppressions.services.withdrawals import stop_all_promotional
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import Refused
from portal.kernel.law.models import Purpose
from portal.kernel.people.models import ContactPoint, Fiduciary
from portal.kernel.people.models.fiduciaries import OWN_CODE
from portal.kernel.people.services import people
from tests.consent.factories import ASHA_PHONE, person, published_notice, said, translated
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
    return {box.value for box in every if all(getattr(box, name) == value for name, value in that.items())}


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
    of_acme = {"subject_ref": asha.subject.ref, "fiduciary": "acme", "actor": actor.SYSTEM}
    preference_updates.save(ticked=frozenset(), was_ticked=frozenset({"analytics:none"}), **of_acme)
    assert ConsentEvent.objects.latest("pk").answer == "withdrawn"
    assert "analytics" not in offered_by("acme", asha)
    again = preference_updates.save(ticked=frozenset({"analytics:none"}), **of_acme)
    assert again == preference_updates.Saved(None, left_out={"analytics:none": LeftOut.NOT_OFFERED})


def shown_to(who, language="en"):
    offered = preference_options.offer(who.subject.ref, at=clock.now(), language=language)
    return {group.purpose.code: group.notice.sha256 for group in offered.groups if group.notice}


def save(who, *ticked, **changes):
    return preference_updates.save(
        **{"subject_ref": who.subject.ref, "ticked": frozenset(ticked), "actor": actor.SYSTEM, **changes}
    )


def agree(who, *wanted, **changes):
    usual = {"subject_ref": who.subject.ref, "shown": shown_to(who), "actor": actor.SYSTEM, "asked_at": clock.now()}
    return preference_updates.agree(**{**usual, "wanted": frozenset(wanted), **changes})


def test_one_save_refuses_at_once_under_one_receipt_and_collects_what_is_new(asha):
    said(asha, "given")
    said(asha, "given", channel="email")
    saved = save(asha, "marketing:whatsapp", "product_updates:email")
    assert {(e.channel, e.answer) for e in saved.receipt.events.all()} == {("sms", "withdrawn"), ("email", "withdrawn")}
    assert saved.wanted == ("marketing:whatsapp", "product_updates:email")
    assert boxes(asha) == set()
    agreed = agree(asha, *saved.wanted)
    assert agreed.receipt != saved.receipt
    assert agreed.receipt.events.count() == 2
    assert boxes(asha) == set(saved.wanted)


def test_a_tick_taken_out_of_a_box_that_is_gone_since_withdraws_all_the_same(asha):
    said(asha, "given")
    Purpose.objects.filter(code="marketing").update(channels=["email"])
    contact_rulebook.forget()
    assert save(asha, was_ticked=frozenset({"marketing:sms", "pigeon", "a:b:c"})).receipt is not None
    assert ConsentEvent.objects.latest("pk").answer == "withdrawn"


def test_a_save_without_a_change_makes_nothing(asha):
    said(asha, "given")
    assert save(asha, "marketing:sms") == preference_updates.Saved(None)


def test_a_tick_that_was_agreed_to_meanwhile_is_not_recorded_again(asha):
    said(asha, "given")
    assert agree(asha, "marketing:sms").receipt is None
    assert ConsentEvent.objects.count() == 1


def test_a_text_that_changed_since_it_was_shown_is_not_agreed_to(asha):
    before = shown_to(asha)
    published_notice(text="May we, and our partners?")
    for shown in (before, {}):
        with pytest.raises(Refused) as refusal:
            agree(asha, "marketing:sms", shown=shown)
        assert refusal.value.code == "NOTICE_CHANGED"
    assert not ConsentEvent.objects.exists()


def test_who_has_no_notice_in_their_language_is_not_asked_and_can_withdraw(asha):
    said(asha, "given")
    cells = {box.value: box for group in in_marathi(asha).groups for box in group.boxes}
    assert {value for value, box in cells.items() if box.can_be_chosen} == {"marketing:sms"}
    unread = save(asha, "marketing:sms", "marketing:email", language="mr")
    assert unread == preference_updates.Saved(None, left_out={"marketing:email": LeftOut.NO_NOTICE})
    assert save(asha, "marketing:sms", language="mr").receipt is None
    assert save(asha, language="mr").receipt is not None
    assert boxes(asha) == set()


def in_marathi(who):
    return preference_options.offer(who.subject.ref, at=clock.now(), language="mr")


def test_a_translation_asks_once_a_native_speaker_has_read_it(asha):
    text = translated(NoticeVersion.objects.get(), "mr", is_reviewed=False)
    group = in_marathi(asha).groups[0]
    assert (group.notice, group.is_untranslated) == (None, True)
    TextReview.objects.create(text=text, reviewed_by="usr:1", reviewed_at=clock.now())
    group = in_marathi(asha).groups[0]
    assert (group.notice, group.is_untranslated) == (text, False)


@pytest.mark.parametrize("left", [None, "confirmed"])
def test_without_a_confirmed_number_there_is_no_box_for_a_new_consent(asha, left):
    ContactPoint.objects.filter(kind="phone").update(verified_at=None)
    if left is None:
        ContactPoint.objects.filter(kind="phone").delete()
    cells = {
        box.value: box
        for group in preference_options.offer(asha.subject.ref, at=clock.now()).groups
        for box in group.boxes
    }
    assert not cells["marketing:sms"].can_be_chosen
    assert cells["marketing:email"].can_be_chosen
    with pytest.raises(Refused):
        agree(asha, "marketing:sms")


def test_a_consent_that_do_not_disturb_outweighs_says_so(asha):
    said(asha, "given", channel="voice")
    dnd_preferences.block(
        subject_ref=asha.subject.ref, lists={"modes": ["voice"]}, way=Way.PAGE, actor=actor.SYSTEM, now=clock.now()
    )
    assert boxes(asha, state=State.DND) == {"marketing:voice"}


def test_the_consent_of_who_has_a_guardian_is_held_and_a_withdrawal_counts_at_once(asha):
    said(asha, "given", channel="email")
    protect(asha, kind="guarded", ground="order")
    saved = save(asha, "marketing:email", "marketing:sms")
    assert (saved.receipt, saved.wanted) == (None, ("marketing:sms",))
    agreed = agree(asha, "marketing:sms")
    assert (agreed.held, agreed.receipt) == (("marketing",), None)
    assert [(row.purpose, row.channels) for row in HeldConsent.objects.all()] == [("marketing", ["sms"])]
    cells = {
        box.value: box
        for group in preference_options.offer(asha.subject.ref, at=clock.now()).groups
        for box in group.boxes
    }
    assert (cells["marketing:sms"].state, cells["marketing:sms"].can_be_chosen) == (State.PENDING, False)
    assert save(asha).receipt is not None
    assert boxes(asha) == set()


def test_who_cannot_consent_alone_makes_no_first_step_of_two(asha):
    people.note_regime(principal=asha, regime="US-CA", ground="declared", actor=actor.SYSTEM, now=clock.now())
    said(asha, "denied", occurred_at=clock.now())
    protect(asha, kind="guarded", ground="order")
    assert save(asha, "marketing:sms").opt_in == ""
    assert not OptInRequest.objects.exists()


@pytest.mark.parametrize("by", ["the person", "the address"])
def test_a_page_left_open_undoes_no_stop_that_came_after_its_ticks(asha, by):
    now = clock.now()
    asked_at = now - timedelta(minutes=2)
    if by == "the person":
        said(asha, "denied", occurred_at=now - timedelta(minutes=1))
    else:
        own = Fiduciary.objects.get(is_self=True)
        stop_at_address(kind="phone", address=ASHA_PHONE, fiduciary=own, way=Way.SMS, actor=actor.SYSTEM)
    before = ConsentEvent.objects.count()
    with pytest.raises(Refused) as refusal:
        agree(asha, "marketing:sms", asked_at=asked_at)
    assert refusal.value.code == "STOPPED_SINCE"
    assert ConsentEvent.objects.count() == before
    assert agree(asha, "marketing:email", asked_at=now + timedelta(seconds=1)).receipt is not None


def stopped_with_a_new_tick(who):
    """The receipt of a stop of SMS and email, after which RCS is ticked and saved, but not agreed to."""
    said(who, "given")
    said(who, "given", channel="email")
    stopped = stop_all_promotional(subject_ref=who.subject.ref, fiduciary=OWN_CODE, actor=actor.SYSTEM).receipt
    assert save(who, "marketing:rcs") == preference_updates.Saved(None, ("marketing:rcs",))
    return stopped


def test_a_tick_that_nobody_agreed_to_keeps_the_undo_of_a_stop(asha):
    undo_stop(receipt=stopped_with_a_new_tick(asha), actor=actor.SYSTEM)
    assert boxes(asha) == {"marketing:sms", "marketing:email"}


def test_a_new_consent_ends_the_undo_of_the_stop_before_it(asha):
    stopped = stopped_with_a_new_tick(asha)
    events = agree(asha, "marketing:rcs").receipt.events.filter(purpose="marketing")
    answers = {event.channel: event.answer for event in events}
    assert answers["rcs"] == "given"
    assert {answers["sms"], answers["email"]} <= {"denied", "withdrawn"}
    undo_stop(receipt=stopped, actor=actor.SYSTEM)
    assert boxes(asha) == {"marketing:rcs"}


def test_a_child_is_offered_no_promotion_and_may_withdraw(asha):
    said(asha, "given")
    protect(asha)
    assert "marketing" in offered_by("onesetu", asha)
    said(asha, "withdrawn")
    assert "marketing" not in offered_by("onesetu", asha)


def test_a_consent_that_needs_a_second_step_keeps_no_withdrawal_waiting(asha):
    people.note_regime(principal=asha, regime="US-CA", ground="declared", actor=actor.SYSTEM, now=clock.now())
    said(asha, "given")
    said(asha, "given", channel="email")
    said(asha, "withdrawn", channel="email", occurred_at=clock.now())
    with time_machine.travel(clock.now() + timedelta(seconds=2), tick=False) as traveller:
        saved = save(asha, "marketing:email", was_ticked=frozenset({"marketing:sms"}))
        assert [(event.channel, event.answer) for event in saved.receipt.events.all()] == [("sms", "withdrawn")]
        assert boxes(asha) == set()
        for opt_in in ("", saved.opt_in):  # without the first step, and at its very instant, which is no second act
            with pytest.raises(Refused) as refusal:
                agree(asha, "marketing:email", opt_in=opt_in)
            assert refusal.value.code == "CONFIRM_OPT_IN"
        traveller.shift(1)
        agree(asha, "marketing:email", opt_in=saved.opt_in)
    assert ConsentEvent.objects.latest("pk").evidence.get().kind == "opt_in_request"
    assert boxes(asha) == {"marketing:email"}


def states(who, *values):
    offered = preference_options.offer(who.subject.ref, at=clock.now())
    state_of = {box.value: box.state for group in offered.groups for box in group.boxes}
    return [state_of[value] for value in values]


def said_in(receipt):
    return {(e.purpose, e.channel, e.answer) for e in receipt.events.all()}


def test_a_refusal_of_what_was_never_answered_is_recorded_as_a_first_refusal(asha):
    said(asha, "given")
    saved = save(asha, "marketing:sms", was_ticked=frozenset({"marketing:sms"}), refused=frozenset({"marketing:voice"}))
    assert said_in(saved.receipt) == {("marketing", "voice", "denied")}
    assert saved.removed == (("marketing", "voice"),)
    assert saved.left_out == {}
    assert states(asha, "marketing:voice", "marketing:sms", "marketing:rcs") == [
        State.DENIED, State.GIVEN, State.NO_CHOICE
    ]  # fmt: skip


def test_a_refusal_that_is_saved_again_records_nothing(asha):
    save(asha, refused=frozenset({"marketing:voice"}))
    assert save(asha, refused=frozenset({"marketing:voice"})) == preference_updates.Saved(None)


def test_a_refusal_and_a_removed_tick_of_one_save_have_one_receipt(asha):
    said(asha, "given")
    saved = save(asha, was_ticked=frozenset({"marketing:sms"}), refused=frozenset({"marketing:email"}))
    assert said_in(saved.receipt) == {("marketing", "sms", "withdrawn"), ("marketing", "email", "denied")}


def test_a_refusal_from_an_old_page_withdraws_what_was_agreed_to_meanwhile(asha):
    said(asha, "given")
    saved = save(asha, was_ticked=frozenset(), refused=frozenset({"marketing:sms"}))
    assert said_in(saved.receipt) == {("marketing", "sms", "withdrawn")}


def test_what_is_ticked_and_refused_at_once_changes_nothing_and_says_so(asha):
    with pytest.raises(Refused) as refusal:
        save(asha, "marketing:sms", refused=frozenset({"marketing:sms", "marketing:voice"}))
    assert refusal.value.code == preference_updates.BOTH_ANSWERS
    assert not ConsentEvent.objects.exists()


def test_a_refusal_of_what_is_not_there_is_named_and_the_others_are_saved(asha):
    saved = save(asha, refused=frozenset({"pigeon", "marketing:voice"}))
    assert said_in(saved.receipt) == {("marketing", "voice", "denied")}
    assert saved.left_out == {"pigeon": LeftOut.NOT_OFFERED}


def test_a_refusal_after_an_undone_stop_is_recorded_once(asha):
    receipt = stop_all_promotional(subject_ref=asha.subject.ref, actor=actor.SYSTEM, way=Way.STOP_ALL).receipt
    undo_stop(receipt=receipt, actor=actor.SYSTEM)
    saved = save(asha, refused=frozenset({"marketing:voice"}))
    assert said_in(saved.receipt) == {("marketing", "voice", "denied")}
    assert states(asha, "marketing:voice") == [State.DENIED]


def test_a_refusal_needs_no_notice_in_the_readers_language(asha):
    saved = save(asha, refused=frozenset({"marketing:voice"}), language="mr")
    assert said_in(saved.receipt) == {("marketing", "voice", "denied")}


def test_a_refusal_without_any_number_is_left_out_with_the_reason(law):
    published_notice()
    nobody = person(phone=None)
    assert save(nobody, refused=frozenset({"marketing:sms"})) == preference_updates.Saved(
        None, left_out={"marketing:sms": LeftOut.NO_ADDRESS}
    )


def test_a_consent_that_expired_can_be_refused_and_then_reads_no(asha):
    said(asha, "given"), said(asha, "expired", occurred_at=clock.now())
    assert states(asha, "marketing:sms") == [State.EXPIRED]
    assert said_in(save(asha, refused=frozenset({"marketing:sms"})).receipt) == {("marketing", "sms", "denied")}
    assert states(asha, "marketing:sms") == [State.DENIED]
