"""Two at once: one grievance, one answer, one opening."""

import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import OperationalError, connections

from grievances.base import selectors
from grievances.base.choices import EntryKind
from grievances.models import Ticket, TrackingCode
from grievances.tickets.services import drafts, intake, public_tracking, resolutions
from portal.kernel.core import actor, clock, ports
from portal.kernel.core.errors import PortalError
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import delivery
from portal.kernel.people import selectors as people
from portal.kernel.people.models import SubjectAlias
from portal.kernel.people.services import subjects
from tests.grievances.factories import RECEIVED, STRANGER, story, ticket
from tests.grievances.test_drafts import ANSWERS
from tests.outbox.factories import RecordingChannel, answering_gate, use_channel
from tests.people.factories import PrincipalFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("house")]


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Run every act in a thread of its own, all starting together; a refusal is a result too."""
    start, results = threading.Barrier(len(acts)), []

    def run(act: Callable[[], object]) -> None:
        start.wait()
        try:
            results.append(act())
        except PortalError as error:
            results.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_send_pressed_twice_at_once_makes_one_grievance() -> None:
    key, subject = uuid4(), subjects.new("stranger", now=RECEIVED)

    def file() -> intake.Filed:
        return intake.file_ticket(
            filing_key=key,
            subject_ref=subject.ref,
            story=story(),
            reach=intake.Reach(language="en", email="asha@example.in"),
            actor=STRANGER,
            at=RECEIVED,
        )

    results = at_once(file, file)
    assert Ticket.objects.count() == 1
    assert sorted(result.is_new for result in results) == [False, True]
    assert Ticket.objects.get().entries.filter(kind=EntryKind.FILED).count() == 1


def test_a_yes_and_a_no_at_once_leave_one_of_them(officer) -> None:
    found = ticket()
    resolutions.propose(ticket=found, text="Done.", by=officer, actor=actor.staff(officer.pk), at=RECEIVED)
    at = RECEIVED + timedelta(days=1)
    results = at_once(
        lambda: resolutions.accept(ticket=Ticket.objects.get(pk=found.pk), actor=STRANGER, at=at),
        lambda: resolutions.decline(ticket=Ticket.objects.get(pk=found.pk), why="No", actor=STRANGER, at=at),
    )
    assert sum(isinstance(result, PortalError) for result in results) == 1
    kinds = set(found.entries.values_list("kind", flat=True))
    assert len(kinds & {EntryKind.ACCEPTED, EntryKind.DECLINED}) == 1


def test_a_code_entered_twice_at_once_opens_once() -> None:
    found = ticket()
    secret = public_tracking.ask_code(reference=found.reference, kind="email", address="asha@example.in", at=RECEIVED)
    code = selectors.tracking_code(secret)
    digits = "123456"
    TrackingCode.objects.filter(pk=code.pk).update(
        ticket=found, code_hash=public_tracking._code_hashes(code, digits)[0]
    )

    def enter() -> Ticket | None:
        return public_tracking.enter_code(secret=secret, typed=digits, actor=STRANGER, at=RECEIVED)

    assert sorted(result is not None for result in at_once(enter, enter)) == [False, True]


class Ended(Exception):
    """What PostgreSQL's driver raises for a transaction that was ended so that others can go on."""

    sqlstate = "40P01"


@pytest.mark.parametrize("through_draft", [False, True])
def test_a_grievance_of_somebody_signed_in_is_filed_although_the_database_ended_its_join_once(
    monkeypatch, through_draft
) -> None:
    asha, whole, tried = PrincipalFactory(email="asha@example.in"), subjects.record, []

    def ended_once(*args: object, **kwargs: object) -> object:
        tried.append(args)
        if len(tried) == 1:
            raise OperationalError from Ended()
        return whole(*args, **kwargs)

    monkeypatch.setattr(subjects, "record", ended_once)
    if through_draft:
        draft, _secret = drafts.start(at=RECEIVED)
        drafts.save(draft=draft, answers=ANSWERS)
        filed = drafts.send(draft=draft, principal=asha, actor=STRANGER, at=RECEIVED)
        assert draft.ticket == filed.ticket
    else:
        filed = intake.file_ticket(
            filing_key=uuid4(),
            subject_ref=subjects.new("stranger", now=RECEIVED).ref,
            story=story(),
            reach=intake.Reach(language="en", email="asha@example.in"),
            principal=asha,
            actor=STRANGER,
            at=RECEIVED,
        )
    assert (filed.is_new, len(tried), Ticket.objects.count()) == (True, 2, 1)
    assert filed.ticket.subject_ref in people.refs_of(asha.subject.ref)


def test_of_two_who_join_one_reference_at_once_the_later_one_is_told() -> None:
    old, first, second = (subjects.new("stranger", now=RECEIVED).ref for _ in range(3))
    results = at_once(
        *(
            lambda new=new: subjects.join(old_ref=old, new_ref=new, actor=STRANGER, now=RECEIVED)
            for new in (first, second)
        )
    )
    assert SubjectAlias.objects.count() == 1
    assert [result.code for result in results if isinstance(result, PortalError)] == ["JOINED_ALREADY"]


def test_a_letter_that_has_left_is_sent_although_the_database_ended_its_acknowledgement_once(monkeypatch) -> None:
    found = ticket(is_told=False)
    whole, tried = intake.letters_sent, []

    def ended_once(**told: object) -> None:
        tried.append(told)
        whole(**told)
        if len(tried) == 1:
            raise OperationalError from Ended()

    monkeypatch.setattr(ports.messages_sent, "_items", [ended_once])
    channel = use_channel(monkeypatch, RecordingChannel())
    message = Message.objects.get(kind="grievances.acknowledged")
    with answering_gate(monkeypatch):
        assert delivery.deliver(message.pk, now=clock.now()) == "sent"
    message.refresh_from_db()
    found.refresh_from_db()
    assert (message.state, message.sent_at, len(tried), len(channel.taken)) == ("sent", found.acknowledged_at, 2, 1)
    assert found.entries.filter(kind=EntryKind.ACKNOWLEDGED).count() == 1
    assert message.deliveries.filter(outcome="accepted").count() == 1
