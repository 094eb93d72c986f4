"""What is said: whose turn it is, which clocks wait, what the person can read, and what happens once only."""

from datetime import timedelta
from uuid import uuid4

import pytest

from grievances.base import labels, selectors
from grievances.base.choices import EntryKind, TicketState
from grievances.base.rules import Situation
from grievances.models import TicketEntry
from grievances.tickets import grievance_status
from grievances.tickets.services import conversation, resolutions, thread_access
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.law.models import Clock, HouseRule
from portal.kernel.outbox.models import Message
from tests.grievances.factories import RECEIVED, STRANGER, ticket
from tests.people.factories import StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
LATER = RECEIVED + timedelta(days=1)


def by(user) -> dict:
    return {"by": user, "actor": actor.staff(user.pk, via="admin"), "at": LATER}


def test_a_question_gives_the_turn_to_the_person_and_pauses_our_promise_but_no_law(officer) -> None:
    found = ticket()
    conversation.ask(ticket=found, text="Which number was it?", **by(officer))
    assert found.state == TicketState.WITH_YOU
    paused = {clock.rule_key: clock.paused_at for clock in selectors.answer_clocks(found)}
    assert paused["grievances.answer"] == LATER
    assert paused["IN-IT-RES"] is None
    assert found.due_at == Clock.objects.get(owner=selectors.answer_owner(found), rule_key="IN-IT-RES").due_at
    assert grievance_status.standing_of(found, now=LATER).situation == Situation.WITH_YOU_PARTLY


def test_the_persons_answer_gives_the_turn_back_and_the_promise_runs_on_by_the_time_it_waited(officer) -> None:
    found = ticket()
    promised = found.due_at
    conversation.ask(ticket=found, text="Which number was it?", **by(officer))
    conversation.person_writes(ticket=found, text="This one.", actor=STRANGER, at=LATER + timedelta(days=1))
    assert found.state == TicketState.WITH_US
    clock = Clock.objects.get(owner=selectors.answer_owner(found), rule_key="grievances.answer")
    assert clock.paused_at is None
    assert clock.due_at >= promised + timedelta(days=1)
    assert found.due_at == min(c.due_at for c in selectors.answer_clocks(found))


def test_a_message_of_the_person_counts_as_their_answer_only_when_they_were_asked() -> None:
    found = ticket()
    conversation.person_writes(ticket=found, text="One more thing.", actor=STRANGER, at=LATER)
    assert found.state == TicketState.RECEIVED


def test_the_same_page_sent_twice_is_one_line_and_one_letter(officer) -> None:
    found, key = ticket(), uuid4()
    first = conversation.reply(ticket=found, text="We are on it.", once_key=key, **by(officer))
    again = conversation.reply(ticket=found, text="We are on it.", once_key=key, **by(officer))
    assert first is not None
    assert again is None
    assert found.entries.filter(kind=EntryKind.REPLY).count() == 1
    assert Message.objects.filter(kind="grievances.replied").count() == 1


def test_other_words_or_another_act_of_a_page_that_was_sent_before_are_taken(officer) -> None:
    """Who goes back to the old page and writes anew was told that it is sent, and the words were gone."""
    found, key = ticket(), uuid4()
    conversation.reply(ticket=found, text="We are on it.", once_key=key, **by(officer))
    assert conversation.reply(ticket=found, text="It takes a day more.", once_key=key, **by(officer)) is not None
    assert conversation.note(ticket=found, text="We are on it.", once_key=key, **by(officer)) is not None
    for expected in (True, False):
        made = resolutions.propose(ticket=found, text="We stopped it.", once_key=key, **by(officer))
        assert (made is not None) is expected
    assert found.state == TicketState.ANSWERED
    assert [line.kind for line in found.entries.filter(written_by=officer)] == ["reply", "reply", "note", "proposal"]


def test_a_reply_takes_the_grievance_in_hand_and_lets_the_clocks_run(officer) -> None:
    found = ticket()
    conversation.reply(ticket=found, text="We are on it.", **by(officer))
    assert found.state == TicketState.WITH_US
    assert all(clock.stopped_at is None and clock.paused_at is None for clock in selectors.answer_clocks(found))


def test_an_internal_note_is_never_shown_to_the_person_and_moves_nothing(officer) -> None:
    found = ticket()
    before = Message.objects.count()
    conversation.note(ticket=found, text="Ask billing.", **by(officer))
    public = [line.texts.get("text") for line in thread_access.thread(found, internal=False)]
    every = [line.texts.get("text") for line in thread_access.thread(found, internal=True)]
    assert "Ask billing." not in public
    assert "Ask billing." in every
    assert found.state == TicketState.RECEIVED
    assert Message.objects.count() == before


def test_support_writes_notes_and_answers_nobody(supporter) -> None:
    found = ticket()
    conversation.note(ticket=found, text="Customer called.", **by(supporter))
    for act in (conversation.reply, conversation.ask):
        with pytest.raises(NotAllowed):
            act(ticket=found, text="Hello", **by(supporter))
    assert found.entries.count() == 3


def test_an_auditor_writes_nothing(house) -> None:
    found = ticket()
    for act in (conversation.reply, conversation.ask, conversation.note):
        with pytest.raises(NotAllowed):
            act(ticket=found, text="Hello", **by(StaffFactory(roles=["auditor"])))


def test_assigning_goes_to_somebody_who_may_answer(officer, supporter) -> None:
    found = ticket()
    with pytest.raises(Refused):
        conversation.assign(ticket=found, to=supporter, **by(officer))
    conversation.assign(ticket=found, to=officer, **by(officer))
    conversation.assign(ticket=found, to=officer, **by(officer))
    assert found.assigned_to == officer
    assert AuditEvent.objects.filter(kind="grievances.ticket.assigned").count() == 1


def test_a_login_that_ended_leaves_its_grievances_to_nobody(officer) -> None:
    found = ticket()
    conversation.take(ticket=found, **by(officer))
    open_ones = type(found).objects.all()
    assert not selectors.unassigned(open_ones, now=RECEIVED).exists()
    type(officer).objects.filter(pk=officer.pk).update(is_active=False)
    assert selectors.unassigned(open_ones, now=RECEIVED).get() == found


def test_the_trace_of_a_message_holds_its_kind_and_no_words(officer) -> None:
    found = ticket()
    conversation.reply(ticket=found, text="The parrot said Amsterdam.", **by(officer))
    event = AuditEvent.objects.get(kind="grievances.message.added")
    assert event.facts == {"reference": found.reference, "kind": "reply", "state": "received"}


def test_a_line_of_the_thread_cannot_be_changed() -> None:
    entry = TicketEntry.objects.get(ticket=ticket(), kind=EntryKind.FILED)
    entry.kind = EntryKind.NOTE
    with pytest.raises(TypeError):
        entry.save()


def late():
    found = ticket()
    return found, found.due_at + timedelta(hours=1)


def test_a_person_reminds_us_once_a_day_and_is_told_when_again() -> None:
    found, at = late()
    assert conversation.remind(ticket=found, actor=STRANGER, at=at)
    for after in (timedelta(0), timedelta(hours=23, minutes=59)):
        with pytest.raises(Refused) as refused:
            conversation.remind(ticket=found, actor=STRANGER, at=at + after)
        assert refused.value.code == "TOO_SOON"
        assert labels.instant(at + timedelta(days=1)) in str(refused.value)
    assert conversation.remind(ticket=found, actor=STRANGER, at=at + timedelta(days=1))
    assert found.entries.filter(kind=EntryKind.REMINDED).count() == 2


def test_how_often_a_person_may_remind_us_is_a_house_rule() -> None:
    found, at = late()
    HouseRule.objects.filter(key=selectors.REMIND_AGAIN).update(amount=2)
    conversation.remind(ticket=found, actor=STRANGER, at=at)
    assert conversation.remind(ticket=found, actor=STRANGER, at=at + timedelta(hours=2))


def test_the_same_reminder_sent_twice_is_no_error() -> None:
    (found, at), key = late(), uuid4()
    assert conversation.remind(ticket=found, actor=STRANGER, at=at, once_key=key)
    assert conversation.remind(ticket=found, actor=STRANGER, at=at, once_key=key) is None


def test_a_grievance_that_is_not_late_needs_no_reminder(officer) -> None:
    found = ticket()
    with pytest.raises(Refused) as refused:
        conversation.remind(ticket=found, actor=STRANGER, at=LATER)
    assert refused.value.code == "NOT_LATE"
    conversation.ask(ticket=found, text="Which number was it?", **by(officer))
    with pytest.raises(Refused):
        conversation.remind(ticket=found, actor=STRANGER, at=found.due_at + timedelta(hours=1))
