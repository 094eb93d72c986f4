"""A late answer needs a reason; a first word, more time and another start leave their traces."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import translation

from grievances.base import labels, selectors
from grievances.base.choices import EntryKind
from grievances.models import Ticket
from grievances.tickets import grievance_status
from grievances.tickets.services import appeals, conversation, resolutions
from grievances.tickets.services import deadlines as ticket_deadlines
from portal.kernel.core import actor
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.law.models import Clock
from portal.kernel.law.rules import Stands, clock_state
from portal.kernel.law.services import deadline_corrections, deadline_sweep
from portal.kernel.law.services import deadlines as law_deadlines
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services.message_content import text_of
from portal.kernel.people.services import absences
from portal.kernel.people.services.people import note_regime
from tests.grievances.factories import RECEIVED, STRANGER, ticket
from tests.people.factories import PrincipalFactory, StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
BACK = RECEIVED - timedelta(days=2)


@pytest.fixture
def found():
    return ticket()


@pytest.fixture
def correct(found, officer):
    def put_right(received_at=BACK, **given):
        ticket_deadlines.correct_receipt(
            **{
                "ticket": found,
                "received_at": received_at,
                "reason_code": "earlier",
                "by": officer,
                "actor": actor.staff(officer.pk),
                "at": RECEIVED + timedelta(days=1),
                **given,
            }
        )
        return Ticket.objects.get(pk=found.pk)

    return put_right


def answer(found, officer, *, days, **given):
    at = RECEIVED + timedelta(days=days)
    resolutions.propose(ticket=found, text="Done.", by=officer, actor=actor.staff(officer.pk), at=at, **given)


def letters(kind, **given):
    return Message.objects.filter(kind=f"grievances.{kind}", **given).count()


def test_an_answer_in_time_needs_no_reason_and_a_late_one_does(found, officer):
    with pytest.raises(Refused) as refused:
        answer(found, officer, days=9)
    assert (refused.value.code, set(refused.value.fields)) == ("LATE_REASON", {"late_because"})
    with pytest.raises(Refused):
        answer(found, officer, days=9, late_because="weather")
    answer(found, officer, days=9, late_because="fault")
    answer(ticket(), officer, days=2)


def test_a_late_answer_says_why_of_the_first_word_too(found, officer):
    answer(found, officer, days=40, late_because="many")
    first_word = Clock.objects.get(owner=selectors.interim_owner(found))
    assert first_word.late_because == "many"


def test_an_appeal_against_our_being_late_makes_nothing_less_late(found):
    at = RECEIVED + timedelta(days=10)
    before = found.due_at
    appeals.appeal(ticket=found, why="Nobody answers.", actor=STRANGER, at=at)
    found.refresh_from_db()
    assert grievance_status.standing_of(found, now=at).situation == "late"
    assert found.due_at == before


def test_who_is_signed_in_reads_the_day_of_their_own_law():
    asha = PrincipalFactory(zone="America/Los_Angeles")
    note_regime(principal=asha, regime="US-CA", ground="declared", actor=STRANGER, now=RECEIVED)
    assert "14" in ticket_deadlines.expected_reply(now=RECEIVED, kind="opt_out", principal=asha)
    assert "24" in ticket_deadlines.expected_reply(now=RECEIVED, kind="opt_out")


def test_somebody_who_waits_for_a_first_word_is_raised_with_the_officer_once(found, officer):
    deadline_sweep.sweep(now=RECEIVED + timedelta(days=3, hours=23))
    deadline_sweep.sweep(now=RECEIVED + timedelta(days=4))
    assert letters("staff_no_word") == 1


@pytest.mark.parametrize("say", [conversation.reply, conversation.ask])
def test_a_first_word_of_staff_ends_the_wait_for_it(found, officer, say):
    say(ticket=found, text="We are on it.", by=officer, actor=actor.staff(officer.pk), at=RECEIVED, once_key=uuid4())
    assert Clock.objects.get(owner=selectors.interim_owner(found)).ended == "done"
    deadline_sweep.sweep(now=RECEIVED + timedelta(days=4))
    assert letters("staff_no_word") == 0


def test_a_note_among_staff_is_no_word_to_the_person(found, officer):
    conversation.note(ticket=found, text="Hm.", by=officer, actor=actor.staff(officer.pk), at=RECEIVED)
    assert Clock.objects.get(owner=selectors.interim_owner(found)).state == "running"


def test_where_only_a_promise_runs_and_stands_still_nothing_is_due_and_nothing_overdue(found, officer):
    Clock.objects.filter(owner=found.about, legal_rule__isnull=False).update(
        state="stopped", stopped_at=RECEIVED, ended="done", next_at=None
    )
    conversation.ask(ticket=found, text="Which number?", by=officer, actor=actor.staff(officer.pk), at=RECEIVED)
    found.refresh_from_db()
    after = RECEIVED + timedelta(days=30)
    assert (found.due_at, grievance_status.standing_of(found, now=after).due_at) == (None, None)
    assert not selectors.overdue(Ticket.objects.all(), now=after).exists()
    with translation.override("en"):
        assert "paused until you reply" in grievance_status.sentence_for_person(found, now=after)
    conversation.person_writes(ticket=found, text="This one.", actor=STRANGER, at=after)
    found.refresh_from_db()
    assert found.due_at.date() == (RECEIVED + timedelta(days=35)).date()


def test_a_grievance_that_came_earlier_is_due_earlier_everywhere_and_the_old_start_stays_visible(found, correct):
    before = found.due_at
    after = correct()
    assert (after.received_at, after.due_at) == (BACK, before - timedelta(days=2))
    with translation.override("en"):
        shown = selectors.all_deadlines(after, now=RECEIVED + timedelta(days=1))
    old = [row for row in shown if row.clock.ended == "corrected"]
    assert {row.clock.started_at for row in old} == {RECEIVED}
    assert {row.says for row in old} == {"no longer counted: its start was wrong"}
    assert after.entries.filter(kind=EntryKind.START_CORRECTED).count() == 1
    assert [row.clock.ended for row in selectors.deadlines(after, now=RECEIVED)] == [""] * 3


def test_an_acknowledgement_that_looked_prompt_may_turn_out_late(correct, found):
    correct()
    acknowledged = Clock.objects.get(
        owner=selectors.acknowledge_owner(found), rule_key="IN-IT-ACK", corrects__isnull=False
    )
    assert clock_state(acknowledged, RECEIVED).stands is Stands.MISSED


def test_who_may_not_assign_corrects_nothing_and_a_reopened_grievance_began_with_its_reopening(
    found, correct, supporter, officer
):
    with pytest.raises(NotAllowed):
        correct(by=supporter)
    answer(found, officer, days=1)
    resolutions.decline(ticket=found, why="No.", actor=STRANGER, at=RECEIVED + timedelta(days=1))
    with pytest.raises(Refused) as refused:
        correct()
    assert refused.value.code == "ROUND"


@pytest.mark.parametrize("language", ["en", "hi", "mr"])
def test_more_time_is_told_to_the_person_with_law_reason_and_new_date(language):
    found = ticket(language=language)
    (clock,) = law_deadlines.start(
        owner=found.about,
        subject_ref=found.subject_ref,
        rule_keys=["EU-12-1M"],
        kind="none",
        started_at=RECEIVED,
        zone=found.zone,
        regimes=["EU"],
        actor=STRANGER,
    )
    at = RECEIVED + timedelta(days=20)
    law_deadlines.extend(
        clock=clock, rule_key="EU-12-EXT", at=at, actor=STRANGER, reason_code="complex", text="Two systems.", now=at
    )
    letter = Message.objects.get(kind="grievances.extended")
    body = text_of(letter).body
    assert letter.language == language
    assert "GDPR, Art 12(3)" in body
    with translation.override(language):
        assert labels.day(clock.due_at) in body
        assert str(labels.EXTENSION_REASONS["complex"]) in body
    assert found.entries.filter(kind=EntryKind.EXTENDED).count() == 1


def test_nobody_extends_what_cannot_be_told_to_the_person():
    found = ticket(email="", phone="+919812345678")
    (clock,) = law_deadlines.start(
        owner=found.about,
        subject_ref=found.subject_ref,
        rule_keys=["EU-12-1M"],
        kind="none",
        started_at=RECEIVED,
        zone=found.zone,
        regimes=["EU"],
        actor=STRANGER,
    )
    at = RECEIVED + timedelta(days=20)
    with pytest.raises(Refused) as refused:
        law_deadlines.extend(clock=clock, rule_key="EU-12-EXT", at=at, actor=STRANGER, reason_code="complex", now=at)
    assert refused.value.code == "NOT_TOLD"
    assert not found.entries.filter(kind=EntryKind.EXTENDED).exists()


def test_while_the_officer_is_away_the_deputy_is_told_and_no_date_moves(found, officer):
    deputy = StaffFactory(full_name="Deputy")
    conversation.take(ticket=found, by=officer, actor=actor.staff(officer.pk), at=RECEIVED)
    due = found.due_at
    day = RECEIVED.date()
    absences.note(
        user=officer,
        deputy=deputy,
        starts_on=day,
        ends_on=day + timedelta(days=30),
        actor=actor.staff(officer.pk),
        now=RECEIVED,
    )
    deadline_sweep.sweep(now=RECEIVED + (found.due_at - RECEIVED) * 0.85)
    assert letters("staff_due_soon", subject_ref=deputy.subject.ref) == 1
    found.refresh_from_db()
    assert found.due_at == due


def test_what_is_late_is_told_to_the_data_protection_officer_too(found):
    protector = StaffFactory(roles=["data_protection_officer"])
    deadline_sweep.sweep(now=found.due_at + timedelta(minutes=1))
    assert letters("staff_late", subject_ref=protector.subject.ref) == 1


def test_the_receipt_follows_the_first_rounds_clocks_in_a_later_round_too(found):
    """An evidence pack takes the receipt from the last correction of these clocks."""
    Ticket.objects.filter(pk=found.pk).update(round=2)
    deadline_corrections.correct_start(
        owner=found.about,
        kind=ticket_deadlines.ANSWER,
        started_at=BACK,
        reason_code="earlier",
        actor=actor.system("test"),
        now=RECEIVED + timedelta(days=1),
    )
    assert Ticket.objects.get(pk=found.pk).received_at == BACK
