"""An appeal goes to another officer, with clocks of its own, and the person is told who else can help."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from grievances.base import external_bodies, rules, selectors
from grievances.base.choices import Answer, AppealOutcome, ClosedBecause, EntryKind, TicketState
from grievances.base.rules import NoAppeal
from grievances.models import Appeal, Ticket
from grievances.tickets import grievance_status, reply_templates
from grievances.tickets.services import appeals, conversation, resolutions
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor
from portal.kernel.core.errors import LostRace, NotAllowed, Refused
from portal.kernel.law import selectors as law
from portal.kernel.law.models import Clock
from portal.kernel.outbox.models import Message
from portal.kernel.people.models import RegimeEvidence, User
from tests.grievances.factories import RECEIVED, STRANGER, ticket
from tests.people.factories import StaffFactory

ANSWERED = RECEIVED + timedelta(days=2)
APPEALED = ANSWERED + timedelta(days=3)
database = pytest.mark.usefixtures("house")
pytestmark = pytest.mark.django_db


@pytest.fixture
def second(house):
    return StaffFactory(roles=["grievance_officer"], full_name="Kabir Shah")


@pytest.fixture
def answered(officer):
    found = ticket()
    resolutions.propose(ticket=found, text="No.", by=officer, actor=actor.staff(officer.pk), at=ANSWERED)
    return found


@pytest.fixture
def appealed(answered):
    appeals.appeal(ticket=answered, why="You did not look.", actor=STRANGER, at=APPEALED)
    return answered


def kept_from(found) -> set[int]:
    """Every login that the appeal keeps out."""
    return {pk for pk in User.objects.values_list("pk", flat=True) if selectors.is_kept_out(found, pk)}


def answer(found, by, outcome=AppealOutcome.CHANGED, **kwargs):
    given = {"text": "We looked again.", "at": APPEALED + timedelta(days=1), **kwargs}
    return resolutions.propose(ticket=found, by=by, actor=actor.staff(by.pk), outcome=outcome, **given)


@pytest.mark.parametrize(
    ("closed", "late", "appealed", "until", "said"),
    [
        (None, False, False, None, NoAppeal.NOT_YET),
        (None, True, False, None, None),
        (None, False, False, APPEALED, None),
        (None, False, False, APPEALED - timedelta(seconds=1), NoAppeal.TOO_LATE),
        (None, True, False, APPEALED - timedelta(seconds=1), None),
        (ClosedBecause.SETTLED, False, False, APPEALED, None),
        (ClosedBecause.SILENCE, False, False, APPEALED, None),
        (ClosedBecause.WITHDRAWN, True, False, APPEALED, NoAppeal.ENDED),
        (ClosedBecause.ERASED, True, False, APPEALED, NoAppeal.ENDED),
        (None, True, True, APPEALED, NoAppeal.ALREADY),
    ],
)
def test_an_appeal_is_against_an_answer_or_against_our_being_late(closed, late, appealed, until, said) -> None:
    found = rules.why_no_appeal(
        closed_because=closed, is_late=late, has_appealed=appealed, appeal_until=until, now=APPEALED
    )
    assert found == said


def test_an_appeal_opens_the_grievance_for_another_officer_with_clocks_of_its_own(appealed, officer) -> None:
    made = appealed.appeals.get()
    assert made.reference == f"{appealed.reference}-A1"
    assert made.handled_by == officer
    assert (appealed.state, appealed.round, appealed.assigned_to) == (TicketState.WITH_US, 2, None)
    clocks = selectors.answer_clocks(appealed)
    assert {clock.kind for clock in clocks} == {"appeal"}
    assert {clock.started_at for clock in clocks} == {APPEALED}
    assert {clock.rule_key for clock in clocks} == {"IN-IT-RES", "IN-SPDI-GRV", "grievances.appeal_answer"}
    assert appealed.due_at == clocks[0].due_at
    assert appealed.resolutions.get().answer == Answer.DECLINED
    assert appealed.entries.filter(kind=EntryKind.APPEALED).count() == 1
    assert "Another officer will reply by" in grievance_status.sentence_for_person(appealed, now=APPEALED)


def test_the_person_and_those_who_assign_are_told_of_an_appeal(appealed, officer) -> None:
    assert Message.objects.filter(kind="grievances.appealed", subject_ref=appealed.subject_ref).count() == 1
    assert Message.objects.filter(kind="grievances.staff_appealed", subject_ref=officer.subject.ref).count() == 1
    facts = AuditEvent.objects.get(kind="grievances.appeal.made").facts
    assert facts == {"reference": appealed.reference, "appeal": f"{appealed.reference}-A1", "officer": officer.pk}


def test_who_answered_before_cannot_answer_ask_or_take_the_appeal(appealed, officer, second) -> None:
    by = {"by": officer, "actor": actor.staff(officer.pk), "at": APPEALED, "ticket": appealed}
    for act in (conversation.reply, conversation.ask, resolutions.propose, resolutions.correct):
        with pytest.raises(NotAllowed):
            act(text="It stays.", **by)
    with pytest.raises(Refused):
        conversation.take(**by)
    with pytest.raises(Refused):
        conversation.assign(ticket=appealed, to=officer, by=second, actor=actor.staff(second.pk), at=APPEALED)
    assert conversation.note(text="For my colleague.", **by) is not None
    assert answer(appealed, second) is not None


def test_an_officer_of_any_earlier_round_is_kept_out(answered, officer, second) -> None:
    resolutions.decline(ticket=answered, why="Still", actor=STRANGER, at=ANSWERED + timedelta(hours=1))
    resolutions.propose(
        ticket=answered, text="No", by=second, actor=actor.staff(second.pk), at=ANSWERED + timedelta(days=1)
    )
    appeals.appeal(ticket=answered, why="Nobody looked.", actor=STRANGER, at=APPEALED)
    assert kept_from(answered) == {officer.pk, second.pk}


def test_the_database_refuses_a_decision_by_the_officer_who_answered(appealed, officer) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Appeal.objects.update(decided_by=officer, decided_at=APPEALED, outcome=AppealOutcome.STAYS)


def test_the_answer_to_an_appeal_says_what_becomes_of_the_first_one(appealed, second) -> None:
    with pytest.raises(Refused, match="stays or is changed"):
        answer(appealed, second, outcome=None)
    assert appealed.entries.filter(kind=EntryKind.PROPOSAL).count() == 1
    answer(appealed, second, outcome=AppealOutcome.STAYS)
    made = appealed.appeals.get()
    assert (made.outcome, made.decided_by) == (AppealOutcome.STAYS, second)
    assert appealed.state == TicketState.ANSWERED


def test_there_is_one_appeal(appealed, second) -> None:
    answer(appealed, second)
    with pytest.raises(Refused) as refused:
        appeals.appeal(ticket=appealed, why="Again", actor=STRANGER, at=APPEALED + timedelta(days=2))
    assert refused.value.code == "ALREADY"


def test_after_the_appeal_a_no_goes_back_to_the_second_officer_only(appealed, officer, second) -> None:
    answer(appealed, second)
    resolutions.decline(ticket=appealed, why="No", actor=STRANGER, at=APPEALED + timedelta(days=2))
    with pytest.raises(NotAllowed):
        conversation.reply(
            ticket=appealed, text="Me again", by=officer, actor=actor.staff(officer.pk), at=APPEALED + timedelta(days=2)
        )
    assert answer(appealed, second, outcome=None, at=APPEALED + timedelta(days=3)) is not None


@pytest.mark.parametrize("days", [0, 30])
def test_a_settled_grievance_can_be_appealed_for_thirty_days(answered, days) -> None:
    resolutions.accept(ticket=answered, actor=STRANGER, at=ANSWERED)
    appeals.appeal(ticket=answered, why="It came back.", actor=STRANGER, at=ANSWERED + timedelta(days=days))
    assert answered.state == TicketState.WITH_US


def test_after_the_time_to_appeal_the_answer_is_no_and_says_when_it_ended(answered) -> None:
    with pytest.raises(Refused, match="26 December 2026") as refused:
        appeals.appeal(ticket=answered, why="Late", actor=STRANGER, at=ANSWERED + timedelta(days=31))
    assert refused.value.code == "TOO_LATE"


@database
def test_a_late_grievance_can_be_appealed_without_an_answer_and_its_clocks_run_on_until_one(second) -> None:
    found, late = ticket(), RECEIVED + timedelta(days=9)
    with pytest.raises(Refused):
        appeals.appeal(ticket=found, why="Well?", actor=STRANGER, at=RECEIVED + timedelta(days=1))
    appeals.appeal(ticket=found, why="Nothing came.", actor=STRANGER, at=late)
    first = Clock.objects.filter(owner=found.about)
    assert all(clock.stopped_at is None for clock in first)
    answer(found, second, at=late + timedelta(days=1), late_because="many")
    assert {clock.stopped_at for clock in first.all()} == {late + timedelta(days=1)}


@database
def test_who_had_a_late_grievance_is_kept_from_its_appeal(officer) -> None:
    found = ticket()
    conversation.take(ticket=found, by=officer, actor=actor.staff(officer.pk), at=RECEIVED)
    appeals.appeal(ticket=found, why="Nothing came.", actor=STRANGER, at=RECEIVED + timedelta(days=9))
    assert found.assigned_to is None
    assert kept_from(found) == {officer.pk}


def test_a_grievance_that_is_taken_back_ends_its_appeal(appealed) -> None:
    resolutions.withdraw(ticket=appealed, actor=STRANGER, at=APPEALED + timedelta(days=1))
    assert appealed.appeals.get().outcome == AppealOutcome.ENDED


def codes(at: datetime, found=None) -> list[str]:
    return [body.code for body in selectors.outside_bodies(at=at, ticket=found)]


@database
def test_the_bodies_outside_are_those_of_the_rules_in_force() -> None:
    assert codes(datetime(2026, 11, 24, tzinfo=UTC)) == ["GAC", "CONSUMER"]
    assert codes(datetime(2027, 5, 14, tzinfo=UTC)) == ["GAC", "DPB", "CONSUMER"]


@database
def test_the_bodies_outside_fit_the_person_and_the_kind() -> None:
    found = ticket()
    assert codes(RECEIVED, found) == ["GAC", "OPERATOR", "CONSUMER"]
    RegimeEvidence.objects.create(
        subject_ref=found.subject_ref, regime="EU", ground=RegimeEvidence.Ground.DECLARED, noted_at=RECEIVED
    )
    assert codes(RECEIVED, found) == ["GAC", "OPERATOR", "CONSUMER", "EU-AUTHORITY"]
    assert "EU-AUTHORITY" not in codes(RECEIVED, ticket(kind="billing"))


def test_every_body_has_its_sentence_in_three_languages_and_a_source() -> None:
    for body in external_bodies.bodies():
        assert len({body.said(language) for language in ("en", "hi", "mr")}) == 3
        assert body.source
        assert body.rule or body.effective_from


def test_a_sentence_says_the_days_of_its_rule_and_no_number_of_its_own() -> None:
    said = [text for body in external_bodies.bodies() for text in body.texts.values()]
    said += [text for answer in reply_templates.texts().values() for text in answer.texts.values()]
    assert not [text for text in said if re.search(r"\b\d{1,2}\b", text) or re.search(r"\bten\b|दस |दहा ", text)]


@database
@pytest.mark.parametrize("language", ["en", "hi", "mr"])
def test_the_days_to_go_to_a_body_are_those_of_the_rule_in_force(language) -> None:
    days = {body.code: body.days for body in selectors.outside_bodies(at=RECEIVED, ticket=ticket())}
    assert days == {"GAC": 30, "OPERATOR": 7, "CONSUMER": None}
    named = {body.code: body.said(language) for body in selectors.outside_bodies(at=RECEIVED, ticket=ticket())}
    assert " 30 " in named["GAC"]
    assert " 7 " in named["OPERATOR"]


@database
def test_a_body_whose_sentence_says_days_has_a_rule_that_counts_days() -> None:
    for body in external_bodies.bodies():
        if any("{days}" in text for text in body.texts.values()):
            assert law.legal_rule(body.rule, on=RECEIVED.date()).unit == "calendar_day"


@database
def test_an_answer_written_while_an_appeal_came_in_is_none_to_the_appeal(second) -> None:
    read_before, late = ticket(), RECEIVED + timedelta(days=9)
    appeals.appeal(ticket=Ticket.objects.get(), why="Nothing came.", actor=STRANGER, at=late)
    with pytest.raises(LostRace):
        answer(read_before, second, at=late, late_because="many")
    found = Ticket.objects.get()
    assert (found.state, found.appeals.get().outcome) == (TicketState.RECEIVED, AppealOutcome.WAITING)
    assert answer(found, second, at=late, late_because="many").entry.round == 2
