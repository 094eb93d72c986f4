"""One text to many people: agreed to by two, sent once to each who may get it, stopped at once, counted to the last."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from consent import tasks
from consent.base.rules import broadcasts
from consent.broadcasts.choices import Audience, BroadcastState
from consent.broadcasts.selectors.broadcasts import report_of
from consent.broadcasts.selectors.segments import Segment
from consent.broadcasts.services import approval, controls, departure_check, dispatch
from consent.decisions.services.reason_texts import why_not
from consent.models import BroadcastPerson
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import IllegalMove, NotAllowed, Refused
from portal.kernel.outbox.choices import MessageState, Outcome
from portal.kernel.outbox.models import Delivery, Message
from portal.kernel.outbox.services import delivery
from portal.kernel.outbox.services.message_content import text_of
from portal.kernel.registers.models import ContentTemplate
from portal.kernel.registers.senders.selectors import senders
from portal.kernel.registers.senders.services import sender_entries
from tests.consent.broadcasts import WORDS, agreed, carry_on, checker, maker, messages, plan, proposed, to_the_end
from tests.consent.factories import law_is_loaded, published_notice, said
from tests.people.factories import ContactPointFactory, CustomerUserFactory, PrincipalFactory, StaffFactory
from tests.registers.factories import agreed_template, registered_sender

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def moving(db, monkeypatch):
    """It is noon in India, when promotion may be sent; ``moving(minutes=1)`` lets time pass."""
    law_is_loaded()
    published_notice()
    time = [clock.now().astimezone(clock.IST).replace(hour=12, minute=0)]
    monkeypatch.setattr(clock, "now", lambda: time[0])

    def pass_by(**parts):
        time[0] += timedelta(**parts)

    return pass_by


def someone(number: int, *, answers=("email",), **changes):
    who = PrincipalFactory(email=f"p{number}@acme.example", phone=f"+9198765{number:05}", **changes)
    for channel in answers:
        said(who, "given", channel=channel)
    return who


def test_a_broadcast_goes_once_to_each_who_said_yes_and_the_report_adds_up():
    yes, no = [someone(number) for number in range(3)], [someone(number, answers=()) for number in range(3, 5)]
    nowhere = PrincipalFactory()
    row = to_the_end(agreed())
    assert row.state == BroadcastState.DONE
    assert sorted(messages(row).values_list("subject_ref", flat=True)) == sorted(who.subject.ref for who in yes)
    report = report_of(row)
    assert (report.people, report.of("sent"), report.of("blocked")) == (6, 3, 3)
    assert report.reasons == {("blocked", "NO_CONSENT"): 2, ("blocked", "NO_WAY"): 1}
    assert BroadcastPerson.objects.get(subject_ref=nowhere.subject.ref).came_to == ("blocked", "NO_WAY")
    assert {BroadcastPerson.objects.get(subject_ref=who.subject.ref).outcome for who in no} == {"blocked"}
    moved = AuditEvent.objects.filter(kind="consent.broadcast.moved").latest("pk")
    assert (moved.facts["state"], moved.facts["count"], moved.facts["blocked"]) == ("done", 6, 3)


# ------------------------------------------------------------------------------------------------------ registered


def offer(header, **changes):
    text = "Onesetu: our new rates start on 1 January. Reply STOP to stop."
    return agreed_template(**{"category": "promotional", "text": text, "senders": [header], **changes})


@pytest.fixture
def by_sms(settings):
    channel = settings.OUTBOX_CHANNELS["email"]
    settings.OUTBOX_CHANNELS = {**settings.OUTBOX_CHANNELS, "sms": channel, "whatsapp": channel}


def under_way_by_sms():
    someone(1, answers=("sms",))
    header = registered_sender("612345", carries=["promotional"])
    return carry_on(agreed(channels=["sms"], words={}, templates=[offer(header)])), header


def ended(entry):
    sender_entries.end(entry, actor=actor.staff(StaffFactory(roles=["administrator"]).pk), now=clock.now())


def test_a_message_leaves_in_its_template_from_a_header_that_carries_it(by_sms):
    row, _header = under_way_by_sms()
    assert departure_check.still_wanted(messages=list(messages(row)), at=clock.now()) == {}


def test_no_message_leaves_from_another_header_once_those_of_its_template_have_ended(by_sms):
    row, header = under_way_by_sms()
    (message,) = messages(row)
    registered_sender("ONESTU", carries=["service", "transactional"])
    registered_sender("OTHERS", carries=["promotional"])
    ended(header)
    held = departure_check.still_wanted(messages=[message], at=clock.now())
    assert held == {message.pk: (broadcasts.TEMPLATE_ENDED, None)}


def test_nobody_is_chosen_for_a_template_that_is_registered_for_something_else_by_now(by_sms):
    """Of one name every language has to fit: a second text of another category under it stops the first, too."""
    someone(1, answers=("whatsapp",))
    number = registered_sender("+919811111111", kind="whatsapp_number", carries=["promotional", "service"])
    first = offer(number, channel="whatsapp", template_id="rates")
    ContentTemplate.objects.filter(pk=first.pk).update(state="approved")
    row = agreed(channels=["whatsapp"], words={}, templates=[first])
    second = offer(
        number,
        channel="whatsapp",
        template_id="rates",
        category="service",
        language="hi",
        text="Onesetu: your meter was read.",
    )
    ContentTemplate.objects.filter(pk=second.pk).update(state="approved")
    senders.forget()
    to_the_end(row)
    assert report_of(row).reasons == {("blocked", "TEMPLATE_CATEGORY"): 1}
    assert "not registered for this category" in why_not("TEMPLATE_CATEGORY")


# ------------------------------------------------------------------------------------------------------- two people


def test_nobody_agrees_to_their_own_broadcast_and_nothing_goes_before_somebody_else_does():
    someone(1)
    both = actor.staff(StaffFactory(roles=["data_protection_officer"]).pk)
    row = approval.propose(plan=plan(), actor=both, now=clock.now())
    with pytest.raises(NotAllowed):
        approval.answer(row=row, approve=True, actor=both, now=clock.now())
    carry_on(row)
    assert (row.state, messages(row).count(), row.counted) == (BroadcastState.PROPOSED, 0, 1)
    approval.answer(row=row, approve=False, reason="Not now.", actor=checker(), now=clock.now())
    carry_on(row)
    assert (row.state, messages(row).count()) == (BroadcastState.REFUSED, 0)
    with pytest.raises(IllegalMove):
        controls.resume(row=row, actor=both, now=clock.now())


def test_a_text_that_changed_after_the_proposal_is_not_agreed_to():
    row = proposed()
    row.words = {**row.words, "en": {"subject": "Other", "text": "Other words."}}
    row.save(update_fields=["words"])
    with pytest.raises(Refused) as refusal:
        approval.answer(row=row, approve=True, actor=checker(), now=clock.now())
    assert refusal.value.code == "SHOWN_CHANGED"


def test_a_text_that_changes_after_the_approval_stops_the_broadcast():
    someone(1)
    row = agreed()
    type(row).objects.filter(pk=row.pk).update(words={**WORDS, "en": {"subject": "Other", "text": "Other words."}})
    assert (carry_on(row).state, row.paused_because) == (BroadcastState.PAUSED, broadcasts.TEXTS_CHANGED)
    controls.resume(row=row, actor=maker(), now=clock.now())
    assert row.paused_because == ""
    assert carry_on(row).state == BroadcastState.PAUSED
    assert messages(row).count() == 0
    moved = AuditEvent.objects.filter(kind="consent.broadcast.moved").latest("pk")
    assert (moved.facts["state"], moved.facts["reason_code"]) == ("paused", broadcasts.TEXTS_CHANGED)


def test_a_segment_that_grew_since_it_was_counted_is_not_agreed_to():
    someone(1)
    row = proposed()
    for _number in range(broadcasts.SLACK + 1):
        PrincipalFactory()
    with pytest.raises(Refused, match=r"1 person .* now 12") as refusal:
        approval.answer(row=row, approve=True, actor=checker(), now=clock.now())
    assert refusal.value.code == "SEGMENT_GREW"
    approval.answer(row=row, approve=False, reason="Count again.", actor=checker(), now=clock.now())


def test_a_segment_that_outgrows_the_agreed_count_stops_before_the_surplus_is_reached(monkeypatch):
    monkeypatch.setattr(dispatch, "BATCH", 5)
    row = agreed()
    for number in range(broadcasts.SLACK + 5):
        someone(number)
    assert (carry_on(row).state, row.paused_because) == (BroadcastState.PAUSED, broadcasts.SEGMENT_GREW)
    assert messages(row).count() == broadcasts.SLACK


def test_an_auditor_proposes_nothing():
    with pytest.raises(NotAllowed):
        approval.propose(plan=plan(), actor=actor.staff(StaffFactory(roles=["kyc_maker"]).pk), now=clock.now())


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"channels": []}, "Choose a channel."),
        ({"channels": ["email", "email"]}, "Name each channel once."),
        ({"channels": ["sms"]}, "Choose a registered template in English for SMS."),
        ({"purpose": "analytics"}, "Choose a purpose in force"),
        ({"purpose": "nothing"}, "Choose a purpose in force"),
        ({"words": {"en": WORDS["en"]}}, "Write the text in हिन्दी."),
        (
            {
                "purpose": "account_service",
                "words": {**WORDS, "en": {"subject": "Your account", "text": "Get 20% off!"}},
            },
            "is promotion",
        ),
        ({"purpose": "account_service", "title": "Get 20% off!"}, "is promotion"),
        (
            {"purpose": "account_service", "words": {**WORDS, "ta": {"subject": "Account", "text": "Get 20% off!"}}},
            "is promotion",
        ),
        ({"words": {**WORDS, "en": {"subject": "Hello", "text": "Your PAN is ABCPE1234F."}}}, "identity paper"),
    ],
)
def test_a_plan_that_may_not_be_sent_is_refused_with_the_reason(changes, why):
    with pytest.raises(Refused, match=why):
        proposed(**changes)


def test_a_test_goes_to_the_login_of_whoever_asks_in_each_language_and_to_nobody_else():
    someone(1)
    row, staff = proposed(), StaffFactory(roles=["support"])
    assert approval.try_out(row=row, channel="email", actor=actor.staff(staff.pk), now=clock.now()) == 3
    letters = Message.objects.filter(kind=approval.TEST)
    assert {letter.subject_ref for letter in letters} == {staff.subject.ref}
    assert WORDS["mr"]["text"] in text_of(letters.latest("pk")).body
    assert messages(row).count() == 0


# ------------------------------------------------------------------------------------------ at the moment of sending


def test_who_withdraws_after_the_message_was_posted_does_not_get_it():
    asha, ravi = someone(1), someone(2)
    row = carry_on(agreed())
    said(asha, "withdrawn", channel="email")
    to_the_end(row)
    lines = {line.subject_ref: line.came_to for line in BroadcastPerson.objects.all()}
    assert lines == {asha.subject.ref: ("blocked", "CONSENT_WITHDRAWN"), ravi.subject.ref: ("sent", "")}


def test_a_pause_holds_what_was_posted_and_going_on_sends_it_at_once(moving):
    someone(1), someone(2)
    row, staff = carry_on(agreed(per_minute=1)), maker()
    controls.pause(row=row, actor=staff, now=clock.now())
    moving(minutes=2)
    assert to_the_end(row, rounds=3).state == BroadcastState.PAUSED
    message = messages(row).get()
    assert (message.state, message.reason) == (MessageState.DUE, "BROADCAST_PAUSED")
    controls.resume(row=row, actor=staff, now=clock.now())
    to_the_end(row, rounds=2)
    moving(minutes=2)
    assert to_the_end(row).state == BroadcastState.DONE
    assert report_of(row).of("sent") == 2


def test_cancelling_closes_what_was_posted_and_counts_whoever_was_not_reached():
    for number in range(3):
        someone(number)
    row = agreed(per_minute=1)
    carry_on(row)
    controls.cancel(row=row, actor=maker(), now=clock.now())
    to_the_end(row)
    assert row.state == BroadcastState.CANCELLED
    assert row.ended_at is not None
    assert report_of(row).outcomes == {"cancelled": 3}
    assert messages(row).get().state == MessageState.CLOSED
    with pytest.raises(IllegalMove):
        controls.resume(row=row, actor=maker(), now=clock.now())


def test_what_may_have_left_before_a_cancellation_is_not_counted_as_cancelled_before_it_was_sent():
    someone(1)
    row = carry_on(agreed())
    message = messages(row).get()
    Delivery.objects.create(
        message=message, attempt=1, outcome=Outcome.UNKNOWN, code="TIMEOUT", happened_at=clock.now()
    )
    controls.cancel(row=row, actor=maker(), now=clock.now())
    to_the_end(row)
    assert report_of(row).outcomes == {"failed": 1}
    assert report_of(row).reasons == {("failed", broadcasts.MAY_HAVE_ARRIVED): 1}
    assert "arrived" in why_not(broadcasts.MAY_HAVE_ARRIVED)


def test_a_broadcast_that_breaks_does_not_hold_up_those_behind_it(monkeypatch):
    someone(1)
    broken, sound = agreed(), agreed()
    plain = dispatch.take_turn

    def breaks(pk, **rest):
        if pk == broken.pk:
            raise RuntimeError("asha@acme.example")
        return plain(pk, **rest)

    monkeypatch.setattr(dispatch, "take_turn", breaks)
    assert tasks.carry_on_broadcasts() > 0
    assert (messages(broken).count(), messages(sound).count()) == (0, 1)


def test_no_more_go_in_a_minute_than_two_people_agreed_to(moving):
    for number in range(5):
        someone(number)
    row = carry_on(agreed(per_minute=2))
    assert messages(row).count() == 2
    moving(seconds=59)
    assert messages(carry_on(row)).count() == 2
    moving(seconds=2)
    assert messages(carry_on(row)).count() == 4
    moving(seconds=61)
    assert messages(carry_on(row)).count() == 5


def test_a_yes_at_one_address_counts_where_the_person_has_a_newer_one_without():
    asha = someone(1)
    ContactPointFactory(principal=asha, address="new@acme.example")
    row = to_the_end(agreed())
    assert messages(row).get().destination.masked == "p••••@acme.example"


def test_promotion_waits_for_the_hours_of_law_and_goes_at_the_pace_when_they_begin(moving):
    who = [someone(number) for number in range(3)]
    moving(hours=11)  # eleven in the evening
    row = to_the_end(agreed(per_minute=2), rounds=2)
    assert messages(row).count() == 0
    assert report_of(row).outcomes == {"waiting": 3}
    moving(hours=11)  # ten in the morning
    assert messages(carry_on(row)).count() == 2
    moving(seconds=61)
    assert to_the_end(row).state == BroadcastState.DONE
    assert report_of(row).of("sent") == len(who)


def test_a_purpose_that_means_something_else_since_stops_the_broadcast():
    someone(1)
    row = agreed()
    type(row).objects.filter(pk=row.pk).update(category="transactional")
    assert (carry_on(row).state, row.paused_because) == (BroadcastState.PAUSED, broadcasts.PURPOSE_CHANGED)
    assert messages(row).count() == 0


# ------------------------------------------------------------------------------------------------------ the next channel


def test_whom_the_first_channel_may_not_reach_the_next_one_does():
    both = CustomerUserFactory(principal=someone(1, answers=("email", "dashboard"))).principal
    only_here = CustomerUserFactory(principal=someone(2, answers=("dashboard",))).principal
    neither = someone(3, answers=())
    row = to_the_end(agreed(channels=["email", "dashboard"]))
    went = dict(messages(row).values_list("subject_ref", "channel"))
    assert went == {both.subject.ref: "email", only_here.subject.ref: "dashboard"}
    assert (report_of(row).by_next, report_of(row).of("sent")) == (1, 2)
    assert BroadcastPerson.objects.get(subject_ref=neither.subject.ref).why == "NO_CONSENT"


def test_a_withdrawal_on_the_first_channel_on_the_way_lets_the_next_one_take_over():
    asha = CustomerUserFactory(principal=someone(1, answers=("email", "dashboard"))).principal
    row = carry_on(agreed(channels=["email", "dashboard"]))
    said(asha, "withdrawn", channel="email")
    to_the_end(row)
    assert sorted(messages(row).values_list("channel", "state")) == [("dashboard", "sent"), ("email", "stopped")]
    assert BroadcastPerson.objects.get().outcome == "sent"


# ---------------------------------------------------------------------------------------------------- nobody gets it twice


def two_at_one_address(**changes):
    first, second = someone(1), PrincipalFactory(email="p1@acme.example", **changes)
    said(second, "given", channel="email")
    return first, second


def test_two_people_at_one_address_are_written_to_there_once(moving):
    two_at_one_address()
    row = to_the_end(agreed(), rounds=2)
    assert report_of(row).outcomes == {"sent": 1, "waiting": 1}
    moving(seconds=61)
    to_the_end(row)
    assert (row.state, messages(row).count()) == (BroadcastState.DONE, 1)
    assert report_of(row).reasons == {("blocked", "TOLD_ALREADY"): 1}


def test_the_second_at_an_address_is_told_when_the_first_ones_message_never_left(moving):
    first, second = two_at_one_address()
    row = carry_on(agreed())
    assert messages(row).get().subject_ref == first.subject.ref
    Message.objects.update(state=MessageState.STOPPED, reason="SUPPRESSED", next_attempt_at=None)
    moving(seconds=61)
    to_the_end(row)
    lines = {line.subject_ref: line.came_to for line in BroadcastPerson.objects.all()}
    assert lines == {first.subject.ref: ("blocked", "SUPPRESSED"), second.subject.ref: ("sent", "")}


def test_the_second_at_an_address_is_not_told_when_nobody_knows_whether_the_first_ones_message_left(moving):
    two_at_one_address()
    row = carry_on(agreed())
    Message.objects.update(state=MessageState.DEAD, next_attempt_at=None)
    Delivery.objects.create(
        message=messages(row).get(), attempt=1, outcome=Outcome.UNKNOWN, code="TIMEOUT", happened_at=clock.now()
    )
    moving(seconds=61)
    to_the_end(row)
    assert messages(row).count() == 1
    assert ("blocked", "TOLD_ALREADY") in report_of(row).reasons


def test_the_first_ones_message_revived_after_the_second_was_told_does_not_leave(moving):
    two_at_one_address()
    row = carry_on(agreed())
    message = messages(row).get()
    Message.objects.update(state=MessageState.DEAD, attempts=3, next_attempt_at=None)
    moving(seconds=61)
    carry_on(row)
    assert messages(row).count() == 2
    Message.objects.filter(pk=message.pk).update(
        state=MessageState.DUE, attempts_allowed=9, next_attempt_at=clock.now()
    )
    delivery.deliver(message.pk, now=clock.now())
    message.refresh_from_db()
    assert (message.state, message.reason) == (MessageState.CLOSED, "TOLD_ALREADY")
    assert BroadcastPerson.objects.get(message=message).outcome == "blocked"


def test_what_is_owed_goes_to_the_second_at_an_address_by_their_own_other_channel():
    first, second = two_at_one_address()
    CustomerUserFactory(principal=second)
    second.contact_points.exclude(address="p1@acme.example").delete()
    row = to_the_end(agreed(purpose="account_service", channels=["email", "dashboard"]), rounds=3)
    assert dict(messages(row).values_list("subject_ref", "channel")) == {
        first.subject.ref: "email",
        second.subject.ref: "dashboard",
    }


def test_what_is_owed_waits_for_the_first_ones_message_where_the_second_has_no_other_channel(moving):
    _first, second = two_at_one_address()
    row = carry_on(agreed(purpose="account_service", channels=["email", "dashboard"]))
    Message.objects.update(state=MessageState.STOPPED, reason="SUPPRESSED", next_attempt_at=None)
    moving(seconds=61)
    to_the_end(row, rounds=2)
    assert BroadcastPerson.objects.get(subject_ref=second.subject.ref).outcome == "sent"


def test_of_two_at_one_address_whose_hour_comes_later_one_is_written_to(moving):
    two_at_one_address()
    moving(hours=11)  # eleven in the evening
    row = to_the_end(agreed(), rounds=2)
    assert report_of(row).outcomes == {"waiting": 2}
    moving(hours=11)
    to_the_end(row, rounds=2)
    moving(seconds=61)
    assert to_the_end(row).state == BroadcastState.DONE
    assert messages(row).count() == 1


def test_a_worker_that_dies_in_a_turn_leaves_nothing_and_the_next_goes_on_where_it_stopped(monkeypatch):
    for number in range(5):
        someone(number)
    row = agreed()
    monkeypatch.setattr(dispatch, "BATCH", 2)
    dispatch.take_turn(row.pk, at=clock.now())
    plain = dispatch.post_all

    def dies(**kwargs):
        plain(**kwargs)
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(dispatch, "post_all", dies)
        with pytest.raises(SystemExit):
            carry_on(row)
    assert (messages(row).count(), BroadcastPerson.objects.count()) == (2, 2)
    to_the_end(row)
    assert (messages(row).count(), report_of(row).of("sent")) == (5, 5)


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_and_a_task_that_runs_twice_reach_nobody_twice(monkeypatch):
    who = [someone(number) for number in range(12)]
    row = agreed()
    monkeypatch.setattr(dispatch, "BATCH", 2)

    def work(_worker):
        try:
            return dispatch.run(row.pk, seconds=20)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=3) as pool:
        taken = list(pool.map(work, range(3)))
    assert sum(taken) >= 6
    assert sorted(messages(row).values_list("subject_ref", flat=True)) == sorted(one.subject.ref for one in who)
    assert to_the_end(row).state == BroadcastState.DONE
    assert report_of(row).outcomes == {"sent": 12}


def test_a_failed_message_that_staff_revive_after_the_next_channel_took_over_does_not_leave(monkeypatch):
    CustomerUserFactory(principal=someone(1, answers=("email", "dashboard")))
    row = carry_on(agreed(channels=["email", "dashboard"]))
    first = messages(row).get()
    Message.objects.filter(pk=first.pk).update(state=MessageState.DEAD, next_attempt_at=None)
    to_the_end(row)
    assert sorted(messages(row).values_list("channel", "state")) == [("dashboard", "sent"), ("email", "dead")]
    Message.objects.filter(pk=first.pk).update(state=MessageState.DUE, next_attempt_at=clock.now())
    delivery.deliver(first.pk, now=clock.now())
    first.refresh_from_db()
    assert (first.state, first.reason) == (MessageState.CLOSED, "BROADCAST_TAKEN_OVER")


# ------------------------------------------------------------------------------------------------------------- segments


def test_a_segment_is_kept_as_a_filter_and_finds_who_is_in_it_when_it_is_asked():
    member = CustomerUserFactory(principal=PrincipalFactory(language="hi")).principal
    other = PrincipalFactory(language="mr")
    kept = Segment(audience=Audience.WITH_LOGIN, languages=["hi", "mr"]).as_json()
    assert kept == {"audience": "with_login", "languages": ["hi", "mr"]}
    assert list(Segment.from_json(kept).people()) == [member]
    CustomerUserFactory(principal=other)
    assert set(Segment.from_json(kept).people()) == {member, other}
    today = clock.day(clock.now())
    dated = Segment(entered_from=today, entered_until=today)
    assert Segment.from_json(dated.as_json()) == dated
    assert dated.people().count() == 2
    assert not Segment(entered_until=today - timedelta(days=1)).people().exists()
