"""Contents of ledger entries go when the time of a consent's evidence is over; leaves and proofs stay."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import connection

from portal.kernel.core import actor, advisory_locks, clock
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.models import Entry, Payload
from portal.kernel.ledger.services import redaction
from portal.kernel.people.models import Subject
from portal.kernel.retention.erasure import LedgerContents
from portal.kernel.retention.models import ErasureItem, ErasureRun, Hold
from portal.kernel.retention.services import erasure_plans, erasure_replay, holds, runs
from portal.kernel.vault.services import erasure_log
from tests.consent.test_turns import while_in_flight
from tests.ledger.factories import EntryFactory
from tests.people.factories import StaffFactory, SubjectFactory
from tests.retention.factories import house_rule, only_eraser, retention_rule

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
eraser = LedgerContents()


@pytest.fixture
def gone() -> UUID:
    """A subject erased for long, with two sealed entries beside those of somebody who stays."""
    subject = SubjectFactory(erased_at=clock.now() - timedelta(days=2000))
    EntryFactory.create_batch(2, subject_ref=subject.ref, recorded_at=subject.erased_at - timedelta(days=1))
    EntryFactory(subject_ref=SubjectFactory().ref)
    ledger.seal_now()
    ref: UUID = subject.ref
    return ref


def contents(ref: UUID) -> int:
    return Payload.objects.filter(entry__subject_ref=ref, entry__kind="consent").count()


def test_a_run_records_the_redaction_first_and_counts_what_went_also_when_it_was_killed_between(
    gone: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    house_rule("tests.period", 3, "year")
    retention_rule(retention_class="consent_evidence")
    with only_eraser(eraser):
        run = erasure_plans.make_standing(now=clock.now(), actor=actor.SYSTEM)
        with monkeypatch.context() as patched:
            patched.setattr(runs, "_done", lambda *args: (_ for _ in ()).throw(SystemExit))
            with pytest.raises(SystemExit):
                runs.carry_out(run, now=clock.now(), actor=actor.SYSTEM)
        assert (contents(gone), ErasureItem.objects.get().state) == (0, "planned")
        done = runs.carry_out(run, now=clock.now(), actor=actor.SYSTEM)
    assert (done.due, done.erased) == (2, 2)
    assert Entry.objects.filter(kind="redaction").count() == 2
    assert Payload.objects.filter(entry__kind="consent").count() == 1


def test_somebody_who_is_with_us_keeps_every_content(gone: UUID) -> None:
    Subject.objects.update(erased_at=None)
    assert list(eraser.kept(before=clock.now())) == []
    assert eraser.erase(subject_ref=gone, before=clock.now()) == 0
    assert contents(gone) == 2


def test_an_entry_that_came_after_the_end_of_the_person_counts_from_itself(gone: UUID) -> None:
    EntryFactory(subject_ref=gone)
    ledger.seal_now()
    three_years_ago = clock.now() - timedelta(days=1096)
    assert [(found.subject_ref, found.count) for found in eraser.kept(before=three_years_ago)] == [(gone, 2)]
    assert eraser.erase(subject_ref=gone, before=three_years_ago) == 2
    assert contents(gone) == 1
    assert list(eraser.kept(before=three_years_ago)) == []


def test_what_a_restore_brought_back_goes_again_and_the_note_of_it_is_nothing_that_came_back(gone: UUID) -> None:
    erasure_log.leave(
        subject_ref=gone,
        eraser=eraser.name,
        before=clock.now() - timedelta(days=1096),
        because="ER-1",
        at=clock.now() - timedelta(days=1),
    )
    with only_eraser(eraser):
        assert erasure_replay.undone() == 1
        assert erasure_replay.replay(now=clock.now(), actor=actor.SYSTEM).erased == 2
        ledger.seal_now()
        assert Entry.objects.filter(subject_ref=gone, kind="audit").exclude(payload=None).count() == 1
        assert erasure_replay.undone() == 0


def held(ref: UUID) -> Hold:
    person = StaffFactory(roles=["data_protection_officer"])
    return holds.place(
        subject_ref=ref,
        retention_class="",
        order_reference="CS 1/2026",
        why="A suit.",
        actor=actor.staff(person.pk),
    )


@pytest.fixture
def planned(gone: UUID) -> Iterator[ErasureRun]:
    house_rule("tests.period", 3, "year")
    retention_rule(retention_class="consent_evidence")
    with only_eraser(eraser):
        yield erasure_plans.make_standing(now=clock.now(), actor=actor.SYSTEM)


def test_a_hold_placed_while_the_record_is_sealed_keeps_the_contents_until_it_ends(
    gone: UUID, planned: ErasureRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal = redaction.sealer.seal_now

    def first_a_hold(**kwargs: Any) -> Any:
        if not Hold.objects.exists():
            held(gone)
        return seal(**kwargs)

    monkeypatch.setattr(redaction.sealer, "seal_now", first_a_hold)
    done = runs.carry_out(planned, now=clock.now(), actor=actor.SYSTEM)
    assert (contents(gone), done.erased, done.held) == (2, 0, 2)
    assert ErasureItem.objects.get().state == "held"
    assert ledger.finish_redactions() == 0
    with time_machine.travel(clock.now() + timedelta(minutes=6)):
        assert "V7b" not in ledger.verify().checks
    Hold.objects.update(released_at=clock.now())
    assert ledger.finish_redactions() == 2
    assert contents(gone) == 0
    assert "V7b" not in ledger.verify().checks
    assert Entry.objects.filter(kind="redaction").count() == 2


def test_a_hold_placed_before_the_record_leaves_no_record(
    gone: UUID, planned: ErasureRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    erase = LedgerContents.erase

    def first_a_hold(self: LedgerContents, *, subject_ref: UUID, before: datetime | None) -> int:
        held(gone)
        return erase(self, subject_ref=subject_ref, before=before)

    monkeypatch.setattr(LedgerContents, "erase", first_a_hold)
    done = runs.carry_out(planned, now=clock.now(), actor=actor.SYSTEM)
    assert (contents(gone), done.erased, done.held) == (2, 0, 2)
    assert not Entry.objects.filter(kind="redaction").exists()


def test_contents_end_in_the_turn_of_their_subject(gone: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[tuple[set[str], int]] = []
    monkeypatch.setattr(advisory_locks, "take", lambda *names: taken.append((set(names), contents(gone))))
    assert eraser.erase(subject_ref=gone, before=None) == 2
    assert taken == [({f"keeping:{gone}"}, 2)] * 2


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets in one writer at a time")
def test_a_hold_that_is_being_placed_is_waited_for(gone: UUID) -> None:
    while_in_flight(lambda: held(gone), lambda: eraser.erase(subject_ref=gone, before=None))
    assert contents(gone) == 2
