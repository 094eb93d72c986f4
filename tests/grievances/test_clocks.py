"""Late is what the law's sweep says, once: in the thread, to the person, to those who may assign."""

from datetime import timedelta

import pytest

from grievances.base import selectors
from grievances.base.choices import EntryKind
from grievances.base.rules import Situation
from grievances.tickets import grievance_status
from grievances.tickets.services import conversation, resolutions
from portal.kernel.core import actor
from portal.kernel.law.services import deadline_sweep
from portal.kernel.outbox.models import Message
from tests.grievances.factories import RECEIVED, STRANGER, ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]


def test_a_grievance_is_not_late_one_second_before_its_day_is_over_and_late_after_it() -> None:
    found = ticket()
    assert grievance_status.standing_of(found, now=found.due_at).situation != Situation.LATE
    assert grievance_status.standing_of(found, now=found.due_at + timedelta(seconds=1)).situation == Situation.LATE


def test_a_missed_date_is_written_into_the_thread_and_told_once(officer) -> None:
    found = ticket()
    after = found.due_at + timedelta(minutes=1)
    deadline_sweep.sweep(now=after)
    deadline_sweep.sweep(now=after + timedelta(hours=1))
    assert found.entries.filter(kind=EntryKind.LATE).count() == 1
    assert Message.objects.filter(kind="grievances.late").count() == 1
    assert Message.objects.filter(kind="grievances.staff_late", subject_ref=officer.subject.ref).count() == 1


def test_each_further_clock_that_runs_out_is_raised_again_with_staff_but_not_with_the_person(officer) -> None:
    found = ticket()
    deadline_sweep.sweep(now=RECEIVED + timedelta(days=40))
    assert found.entries.filter(kind=EntryKind.LATE).count() == 1
    assert Message.objects.filter(kind="grievances.late").count() == 1
    assert Message.objects.filter(kind="grievances.staff_late").count() == 3


def test_the_officer_hears_of_it_before_it_is_late(officer) -> None:
    found = ticket()
    conversation.take(ticket=found, by=officer, actor=actor.staff(officer.pk), at=RECEIVED)
    deadline_sweep.sweep(now=RECEIVED + (found.due_at - RECEIVED) * 0.85)
    assert Message.objects.filter(kind="grievances.staff_due_soon").count() == 1
    assert not Message.objects.filter(kind="grievances.late").exists()


def test_an_answered_or_withdrawn_grievance_never_becomes_late(officer) -> None:
    first, second = ticket(), ticket()
    resolutions.propose(ticket=first, text="Done.", by=officer, actor=actor.staff(officer.pk), at=RECEIVED)
    resolutions.withdraw(ticket=second, actor=STRANGER, at=RECEIVED)
    deadline_sweep.sweep(now=RECEIVED + timedelta(days=400))
    assert not Message.objects.filter(kind__contains="late").exists()


def test_the_same_date_stands_on_the_page_in_the_row_in_the_letter_and_in_the_clock() -> None:
    found = ticket()
    clock = selectors.answer_clocks(found)[0]
    stands = grievance_status.standing_of(found, now=RECEIVED)
    assert found.due_at == clock.due_at == stands.due_at
