"""Staff are told what the person hears: an e-mail, a bare line by SMS, or nothing. A wrong answer can be put right."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine

from grievances import scheduled_checks
from grievances.base import selectors
from grievances.base.choices import Answer, EntryKind, TicketState
from grievances.base.rules import Situation
from grievances.models import Resolution, TicketEntry
from grievances.tickets import grievance_status
from grievances.tickets.services import conversation, resolutions
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import Refused
from portal.kernel.law.choices import Channel
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import message_content
from tests.grievances.factories import filed
from tests.grievances.factories import ticket as make
from tests.grievances.test_admin import opened, page_of, write
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
SMS = "portal.kernel.outbox.channels.gateway.GatewayChannel"


@pytest.fixture
def desk(officer):
    return staff_client(officer)


@pytest.fixture
def by_phone(settings):
    """A grievance of a stranger who gave a mobile number only, where no SMS can be sent."""
    settings.OUTBOX_CHANNELS = {name: way for name, way in settings.OUTBOX_CHANNELS.items() if name != "sms"}
    return filed(at=clock.now() - timedelta(hours=1), email="", phone="+919876543210").ticket


@pytest.mark.parametrize(("act", "text"), [("ask", "Which number?"), ("reply", "Soon."), ("propose", "Done.")])
def test_staff_are_warned_when_nothing_goes_out_to_the_person(desk, by_phone, act: str, text: str) -> None:
    assert "The person will not hear of it" in opened(desk, by_phone)
    write(desk, by_phone, act=act, text=text)
    page = desk.get(page_of(by_phone)).text
    assert '<li class="warning">' in page
    assert page.count("The person will not hear of it") == 2
    assert "is sent" not in page
    assert not Message.objects.filter(subject_ref=by_phone.subject_ref).exists()


@pytest.mark.parametrize("language", ["en", "hi", "mr"])
def test_a_mobile_number_gets_a_bare_line_by_sms(desk, settings, language: str) -> None:
    settings.OUTBOX_CHANNELS = {**settings.OUTBOX_CHANNELS, "sms": SMS}
    found = filed(at=clock.now(), email="", phone="+919876543210", language=language).ticket
    assert "gets an SMS that says only" in opened(desk, found)
    write(desk, found, act="ask", text="Which parrot?")
    message = Message.objects.get(subject_ref=found.subject_ref)
    assert (message.kind, message.channel) == ("grievances.news_short", Channel.SMS)
    body = message_content.text_of(message).body
    assert found.reference in body
    assert "/privacy/track/?reference=" in body
    assert "parrot" not in body
    assert "unwanted" not in body.lower()
    assert "gets an SMS that says only" in desk.get(page_of(found)).text


def test_each_step_is_an_sms_of_its_own_and_a_repeated_one_is_none(officer, settings) -> None:
    settings.OUTBOX_CHANNELS = {**settings.OUTBOX_CHANNELS, "sms": SMS}
    found = filed(at=clock.now(), email="", phone="+919876543210").ticket
    by = {"by": officer, "actor": actor.staff(officer.pk), "at": clock.now()}
    once = uuid4()
    for _ in range(2):
        conversation.reply(ticket=found, text="Soon.", once_key=once, **by)
    resolutions.propose(ticket=found, text="Done.", **by)
    assert Message.objects.filter(subject_ref=found.subject_ref, kind="grievances.news_short").count() == 2


def test_an_email_address_gets_the_letter_and_no_sms(desk, settings) -> None:
    settings.OUTBOX_CHANNELS = {**settings.OUTBOX_CHANNELS, "sms": SMS}
    found = filed(at=clock.now(), phone="+919876543210").ticket
    opened(desk, found)
    write(desk, found, act="reply", text="Soon.")
    assert set(Message.objects.filter(subject_ref=found.subject_ref).values_list("channel", flat=True)) == {"email"}
    assert "gets an email" in desk.get(page_of(found)).text


def test_both_sides_read_which_date_waits_for_the_person(officer) -> None:
    found = make(at=clock.now())
    first = found.due_at
    conversation.ask(ticket=found, text="Which?", by=officer, actor=actor.staff(officer.pk), at=clock.now())
    stands = grievance_status.standing_of(found, now=clock.now())
    assert stands.situation == Situation.WITH_YOU_PARTLY
    assert stands.due_at > first
    assert "Our own date waits; the date of the law does not" in grievance_status.sentence_for_staff(
        found, now=clock.now()
    )
    assert "Our target date is paused" in grievance_status.sentence_for_person(found, now=clock.now())


def test_an_answered_ticket_takes_a_note_or_a_corrected_answer(desk) -> None:
    found = make(at=clock.now())
    opened(desk, found)
    write(desk, found, act="propose", text="We paid 100 rupees.")
    answered_at = TicketEntry.objects.get(kind=EntryKind.PROPOSAL).at
    page = desk.get(page_of(found)).text
    assert 'value="correct"' in page
    assert 'value="propose"' not in page
    # As after any answer, the next grievance opens, or the first page.
    assert write(desk, found, act="correct", text="We paid 1000 rupees.").status_code == 303
    assert write(desk, found, to="internal", text="A zero was lost.").status_code == 303
    found.refresh_from_db()
    assert found.state == TicketState.ANSWERED
    assert found.answered_at == answered_at
    answers = Resolution.objects.filter(ticket=found).order_by("pk").values_list("answer", flat=True)
    assert list(answers) == [Answer.CORRECTED, Answer.WAITING]
    page = desk.get(page_of(found)).text
    assert "We paid 100 rupees." in page
    assert "We paid 1000 rupees." in page
    assert Message.objects.filter(kind="grievances.answered", subject_ref=found.subject_ref).count() == 2


def test_a_corrected_answer_is_the_one_the_person_accepts(officer) -> None:
    found = make(at=clock.now())
    by = {"by": officer, "actor": actor.staff(officer.pk)}
    resolutions.propose(ticket=found, text="Wrong.", at=clock.now(), **by)
    once = uuid4()
    assert resolutions.correct(ticket=found, text="Right.", at=clock.now(), once_key=once, **by) is not None
    assert resolutions.correct(ticket=found, text="Right.", at=clock.now(), once_key=once, **by) is None
    resolutions.accept(ticket=found, actor=actor.stranger(via="page"), at=clock.now())
    assert list(Resolution.objects.order_by("pk").values_list("answer", flat=True)) == ["corrected", "accepted"]
    with pytest.raises(Refused):
        resolutions.correct(ticket=found, text="Too late.", at=clock.now(), **by)
    assert TicketEntry.objects.filter(kind=EntryKind.CORRECTION).count() == 1


def test_the_time_for_the_persons_word_starts_anew_with_the_correction(officer) -> None:
    found = make(at=clock.now())
    by = {"by": officer, "actor": actor.staff(officer.pk)}
    resolutions.propose(ticket=found, text="Wrong.", at=clock.now(), **by)
    wait = selectors.silence_terms(at=clock.now()).first_notice
    with time_machine.travel(clock.now() + wait, tick=False):
        resolutions.correct(ticket=found, text="Right.", at=clock.now(), **by)
        assert scheduled_checks.sweep(now=clock.now()).notices == 0


def test_a_closed_ticket_offers_a_note_and_nothing_that_is_refused(desk) -> None:
    found = make(at=clock.now())
    resolutions.withdraw(ticket=found, actor=actor.stranger(via="page"), at=clock.now())
    page = opened(desk, found)
    assert 'value="person"' not in page
    assert "Save the note" in page
    assert write(desk, found, text="Hello").status_code == 422
    assert write(desk, found, to="internal", text="They called.").status_code == 303
