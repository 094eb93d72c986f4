"""Contents of ledger entries go when the time of a consent's evidence is over; leaves and proofs stay."""

from datetime import timedelta
from uuid import UUID

import pytest

from portal.core import actor, clock
from portal.ledger import services as ledger
from portal.ledger.models import Entry, Payload
from portal.people.models import Subject
from portal.retention.erasers import LedgerContents
from portal.retention.models import ErasureItem
from portal.retention.services import planning, replaying, runs
from portal.vault.services import marks
from tests.ledger.factories import EntryFactory
from tests.people.factories import SubjectFactory
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
    return Payload.objects.filter(entry__subject_ref=ref).count()


def test_a_run_records_the_redaction_first_and_counts_what_went_also_when_it_was_killed_between(
    gone: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    house_rule("tests.period", 3, "year")
    retention_rule(retention_class="consent_evidence")
    with only_eraser(eraser):
        run = planning.make_standing(now=clock.now(), actor=actor.SYSTEM)
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
    marks.leave(
        subject_ref=gone,
        eraser=eraser.name,
        before=clock.now() - timedelta(days=1096),
        because="ER-1",
        at=clock.now() - timedelta(days=1),
    )
    with only_eraser(eraser):
        assert replaying.undone() == 1
        assert replaying.replay(now=clock.now(), actor=actor.SYSTEM).erased == 2
        ledger.seal_now()
        assert Entry.objects.filter(subject_ref=gone, kind="audit").exclude(payload=None).count() == 1
        assert replaying.undone() == 0
