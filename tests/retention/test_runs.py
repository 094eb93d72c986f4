import hashlib
import io
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
import rfc8785
import time_machine
from django.core.management import call_command

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock, ports
from portal.kernel.people.models import SubjectAlias
from portal.kernel.retention.choices import OPEN_ITEMS, ItemState, RunState
from portal.kernel.retention.models import ErasureItem, ErasureRun
from portal.kernel.retention.services import certificates, erasure_plans, runs
from portal.kernel.retention.tasks import NotAllErased, run_retention
from tests.law.factories import ProfileFactory
from tests.retention.factories import Shelf, hold, house_rule, legal_rule, only_eraser, retention_rule, run_for

pytestmark = pytest.mark.django_db
NIGHTLY = actor.system("tests")
ASHA, BINA = uuid4(), uuid4()


def ago(days: int):
    return clock.now() - timedelta(days=days)


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    """Two subjects with a record each of two years and of yesterday; kept for a year."""
    house_rule("tests.period", 1, "year")
    found = Shelf()
    found.shelved = {ASHA: [ago(800), ago(1)], BINA: [ago(800), ago(1)]}
    with only_eraser(found):
        yield found


def numbers(totals) -> tuple[int, int, int, int]:
    return totals.due, totals.held, totals.kept_by_law, totals.to_erase


def test_a_dry_run_counts_and_changes_nothing(shelf: Shelf) -> None:
    retention_rule()
    assert numbers(erasure_plans.preview(now=clock.now())) == (2, 0, 0, 2)
    assert sum(len(records) for records in shelf.shelved.values()) == 4
    assert not ErasureRun.objects.exists()


def test_a_run_erases_what_is_over_and_keeps_what_is_not(shelf: Shelf) -> None:
    retention_rule()
    done = runs.run(now=clock.now(), actor=NIGHTLY)
    assert (done.state, done.due, done.erased) == (RunState.DONE, 2, 2)
    assert [len(records) for records in shelf.shelved.values()] == [1, 1]


def test_a_step_ends_when_its_last_item_is_erased(shelf: Shelf) -> None:
    retention_rule()
    made = erasure_plans.make_standing(now=clock.now(), actor=NIGHTLY)
    last = clock.now() + timedelta(hours=2)
    with time_machine.travel(last, tick=False):
        runs.carry_out(made, now=last, actor=NIGHTLY)
    assert made.steps.get().finished_at == last


def test_a_second_run_finds_nothing_left(shelf: Shelf) -> None:
    retention_rule()
    runs.run(now=clock.now(), actor=NIGHTLY)
    assert runs.run(now=clock.now(), actor=NIGHTLY).due == 0


def test_a_hold_stops_the_erasure_of_its_subject_only(shelf: Shelf) -> None:
    retention_rule()
    hold(ASHA)
    assert numbers(erasure_plans.preview(now=clock.now())) == (2, 1, 0, 1)
    done = runs.run(now=clock.now(), actor=NIGHTLY)
    assert (done.held, done.erased, len(shelf.shelved[ASHA]), len(shelf.shelved[BINA])) == (1, 1, 2, 1)


def test_a_hold_on_another_class_stops_nothing_here(shelf: Shelf) -> None:
    retention_rule()
    hold(ASHA, "kyc")
    assert runs.run(now=clock.now(), actor=NIGHTLY).erased == 2


def test_a_hold_covers_every_reference_of_the_same_person(shelf: Shelf) -> None:
    retention_rule()
    earlier = uuid4()
    SubjectAlias.objects.create(old_ref=earlier, new_ref=ASHA, joined_at=clock.now())
    hold(earlier)
    assert runs.run(now=clock.now(), actor=NIGHTLY).held == 1


def test_a_released_hold_stops_nothing(shelf: Shelf) -> None:
    retention_rule()
    placed = hold(ASHA)
    placed.released_at = clock.now()
    placed.save(update_fields=["released_at"])
    assert runs.run(now=clock.now(), actor=NIGHTLY).held == 0


def test_a_law_that_asks_for_longer_keeps_it(shelf: Shelf) -> None:
    retention_rule("LAW-5Y")
    legal_rule("LAW-5Y", 5, "year")
    assert numbers(erasure_plans.preview(now=clock.now())) == (2, 0, 2, 0)
    assert runs.run(now=clock.now(), actor=NIGHTLY).erased == 0


def test_a_law_that_has_not_started_keeps_nothing(shelf: Shelf) -> None:
    retention_rule("LAW-5Y")
    legal_rule("LAW-5Y", 5, "year", effective_from=date(2999, 1, 1))
    assert runs.run(now=clock.now(), actor=NIGHTLY).erased == 2


def test_a_law_behind_an_undecided_switch_counts(shelf: Shelf) -> None:
    retention_rule("LAW-5Y")
    legal_rule("LAW-5Y", 5, "year", switch="cloud_provider")
    assert erasure_plans.preview(now=clock.now()).kept_by_law == 2
    ProfileFactory(cloud_provider="no")
    assert erasure_plans.preview(now=clock.now()).kept_by_law == 0


def test_a_law_that_binds_others_keeps_nothing(shelf: Shelf) -> None:
    retention_rule("LAW-5Y")
    legal_rule("LAW-5Y", 5, "year", binds="others")
    assert erasure_plans.preview(now=clock.now()).kept_by_law == 0


def test_a_class_without_a_rule_is_never_erased_by_itself(shelf: Shelf) -> None:
    assert runs.run(now=clock.now(), actor=NIGHTLY).erased == 0
    retention_rule(effective_from=date(2999, 1, 1))
    assert runs.run(now=clock.now(), actor=NIGHTLY).erased == 0


def test_the_certificate_names_rule_counts_and_hashes_and_nobody(shelf: Shelf) -> None:
    retention_rule()
    done = runs.run(now=clock.now(), actor=NIGHTLY)
    assert hashlib.sha256(rfc8785.dumps(done.certificate)).hexdigest() == done.certificate_sha256
    (step,) = done.certificate["steps"]
    assert (step["what"], step["erased"], step["rule_sha256"]) == ("tests.shelf", 2, "0" * 64)
    assert not {str(ASHA), str(BINA)} & set(str(done.certificate).split("'"))
    assert AuditEvent.objects.get(kind="retention.erasure.run").facts["certificate"] == done.certificate_sha256


def test_a_run_that_failed_says_so_and_the_next_goes_on(shelf: Shelf) -> None:
    retention_rule()
    whole, shelf.erase = shelf.erase, lambda **_: 1 / 0  # type: ignore[method-assign]
    failed = runs.run(now=clock.now(), actor=NIGHTLY)
    assert (failed.state, failed.due, failed.erased) == (RunState.FAILED, 2, 0)
    assert failed.certificate["steps"][0]["failure"] == "ZeroDivisionError"
    shelf.erase = whole  # type: ignore[method-assign]
    assert runs.run(now=clock.now(), actor=NIGHTLY).erased == 2
    assert list(ErasureRun.objects.order_by("pk").values_list("state", flat=True)) == ["failed", "done"]


def test_a_dry_run_asks_no_more_for_many_people_than_for_a_few(
    shelf: Shelf, django_assert_max_num_queries: Any
) -> None:
    retention_rule()
    hold(ASHA)
    for _more in range(300):
        shelf.shelved[uuid4()] = [ago(800)]
    with django_assert_max_num_queries(12):
        assert numbers(erasure_plans.preview(now=clock.now())) == (302, 1, 0, 301)


def test_how_many_recipients_were_told_is_one_statement_however_many_were_erased(
    shelf: Shelf, django_assert_num_queries: Any
) -> None:
    retention_rule()
    for _more in range(300):
        shelf.shelved[uuid4()] = [ago(800)]
    done = runs.run(now=clock.now(), actor=NIGHTLY)
    with django_assert_num_queries(1):
        assert certificates.confirmations(done) == {"told": 0, "acknowledged": 0, "acted": 0}


class Broken(Shelf):
    """An eraser that cannot say what it keeps; it comes before the other by its name."""

    name = "tests.broken"

    def kept(self, *, before):
        raise LookupError("Asha Rao")


@pytest.fixture
def broken(shelf: Shelf) -> Iterator[Broken]:
    """Registered beside the shelf."""
    found = ports.erasers.register(Broken())
    yield found
    ports.erasers._items.remove(found)


def test_an_eraser_that_cannot_be_asked_stops_no_other_and_fails_the_run(shelf: Shelf, broken: Broken) -> None:
    retention_rule()
    done = runs.run(now=clock.now(), actor=NIGHTLY)
    assert (done.state, done.erased) == (RunState.FAILED, 2)
    assert list(done.steps.values_list("eraser", "failure")) == [("tests.broken", "LookupError"), ("tests.shelf", "")]
    assert done.certificate["steps"][0]["began_before"] is None
    assert "Asha" not in str(done.certificate)


def test_a_dry_run_counts_the_others_and_names_who_could_not_be_asked(shelf: Shelf, broken: Broken) -> None:
    retention_rule()
    found = erasure_plans.preview(now=clock.now())
    assert numbers(found) == (2, 0, 0, 2)
    assert found.failed == ["tests.broken"]


def test_the_nightly_task_and_the_command_end_as_failed(shelf: Shelf, broken: Broken) -> None:
    retention_rule()
    with pytest.raises(NotAllErased):
        run_retention()
    for arguments in ([], ["--dry-run"]):
        said = io.StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command("run_retention", *arguments, stdout=io.StringIO(), stderr=said)
        assert ended.value.code == 1
        assert "tests.broken" in said.getvalue()


def test_a_run_that_is_killed_goes_on_and_its_certificate_has_all_of_it(shelf: Shelf) -> None:
    retention_rule()
    second = max((ASHA, BINA), key=str)
    whole = shelf.erase

    def dies_at_the_second(*, subject_ref, before):
        if subject_ref == second:
            raise SystemExit
        return whole(subject_ref=subject_ref, before=before)

    shelf.erase = dies_at_the_second  # type: ignore[method-assign]
    with pytest.raises(SystemExit):
        runs.run(now=clock.now(), actor=NIGHTLY)
    shelf.erase = whole  # type: ignore[method-assign]
    left = ErasureRun.objects.get()
    assert (left.state, ErasureItem.objects.filter(state="done").count()) == (RunState.RUNNING, 1)
    (done,) = runs.carry_on(now=clock.now(), actor=NIGHTLY)
    assert (done.pk, done.state, done.erased) == (left.pk, RunState.DONE, 2)
    refs = "\n".join(sorted((str(ASHA), str(BINA))))
    assert done.certificate["steps"][0]["subjects_sha256"] == hashlib.sha256(refs.encode()).hexdigest()
    assert AuditEvent.objects.filter(kind="retention.erasure.run").count() == 1
    assert runs.carry_on(now=clock.now(), actor=NIGHTLY) == []


def test_a_subject_that_cannot_be_erased_stops_no_other(shelf: Shelf) -> None:
    retention_rule()
    first, second = sorted((ASHA, BINA), key=str)
    whole = shelf.erase
    shelf.erase = lambda *, subject_ref, before: (  # type: ignore[method-assign]
        1 / 0 if subject_ref == first else whole(subject_ref=subject_ref, before=before)
    )
    other = Shelf()
    other.name, other.shelved = "tests.another", {}
    ports.erasers.register(other)
    try:
        done = runs.run(now=clock.now(), actor=NIGHTLY)
    finally:
        ports.erasers._items.remove(other)
    assert done.state == RunState.FAILED
    failures = list(done.steps.values_list("eraser", "failure"))
    assert failures == [("tests.another", ""), ("tests.shelf", "ZeroDivisionError")]
    assert (len(shelf.shelved[first]), len(shelf.shelved[second])) == (2, 1)


def test_an_eraser_that_commits_by_itself_and_erases_nothing_counts_nothing(shelf: Shelf) -> None:
    retention_rule()
    shelf.commits_itself = True  # type: ignore[attr-defined]
    shelf.erase = lambda *, subject_ref, before: 0  # type: ignore[method-assign]
    done = runs.run(now=clock.now(), actor=NIGHTLY)
    assert (done.due, done.held, done.erased) == (2, 0, 0)


def test_the_certificate_proves_which_subjects(shelf: Shelf) -> None:
    retention_rule()
    done = runs.run(now=clock.now(), actor=NIGHTLY)
    refs = "\n".join(sorted((str(ASHA), str(BINA))))
    assert done.certificate["steps"][0]["subjects_sha256"] == hashlib.sha256(refs.encode()).hexdigest()


def test_two_workers_at_once_take_each_item_once(shelf: Shelf) -> None:
    retention_rule()
    whole, inside = shelf.erase, []

    def another_comes(*, subject_ref, before):
        if not inside:
            inside.append(subject_ref)
            runs.carry_on(now=clock.now(), actor=NIGHTLY)
        return whole(subject_ref=subject_ref, before=before)

    made = erasure_plans.make_standing(now=clock.now(), actor=NIGHTLY)
    stale = list(ErasureItem.objects.all())
    runs.carry_out(made, now=clock.now(), actor=NIGHTLY)
    shelf.erase = another_comes  # type: ignore[method-assign]
    for item in stale:  # as a second worker sees them that read the list before
        runs._take(item, item.step, shelf, clock.now())
    made.refresh_from_db()
    assert (made.erased, inside) == (2, [])


def test_an_item_of_a_run_that_does_not_go_on_stays_although_another_run_does(shelf: Shelf) -> None:
    retention_rule()
    whole, shelf.erase = shelf.erase, lambda **_: sys.exit(1)  # type: ignore[method-assign]
    with pytest.raises(SystemExit):
        runs.run(now=clock.now(), actor=NIGHTLY)
    shelf.erase = whole  # type: ignore[method-assign]
    assert ErasureRun.objects.get().state == RunState.RUNNING
    approved = run_for(ASHA)
    assert approved.state == RunState.APPROVED
    item = ErasureItem.objects.get(step__run=approved)
    runs._take(item, item.step, shelf, clock.now())
    item.refresh_from_db()
    assert (item.state in OPEN_ITEMS, len(shelf.shelved[ASHA])) == (True, 2)


def test_a_hold_that_comes_while_an_eraser_commits_by_itself_is_written_down_for_what_is_left(shelf: Shelf) -> None:
    retention_rule()
    shelf.commits_itself = True  # type: ignore[attr-defined]

    def held_meanwhile(*, subject_ref, before):
        hold(subject_ref)
        return 0

    shelf.erase = held_meanwhile  # type: ignore[method-assign]
    done = runs.run(now=clock.now(), actor=NIGHTLY)
    assert (done.due, done.held, done.erased) == (2, 2, 0)
    assert set(ErasureItem.objects.values_list("state", flat=True)) == {ItemState.HELD}


def test_a_period_that_is_over_instructs_no_recipient_as_the_wish_of_a_person_does(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    retention_rule()
    told: list[str] = []
    monkeypatch.setattr(runs.staff_instructions, "erase_because_of", lambda because, **_: told.append(because))
    assert runs.run(now=clock.now(), actor=NIGHTLY).erased == 2
    assert told == []


def test_the_wish_of_a_person_instructs_recipients_of_every_reference_at_the_time_of_the_run(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    retention_rule()
    told: list[Any] = []
    monkeypatch.setattr(
        runs.staff_instructions, "erase_because_of", lambda because, *, refs, at: told.append((because, refs, at))
    )
    earlier, now = uuid4(), clock.now()
    SubjectAlias.objects.create(old_ref=earlier, new_ref=ASHA, joined_at=now)
    runs.carry_out(run_for(ASHA, because="OS-GR-7"), now=now, actor=NIGHTLY)
    assert told == [("OS-GR-7", told[0][1], now)]
    assert set(told[0][1]) == {ASHA, earlier}


def test_whoever_carries_out_a_run_second_is_told_how_it_ended(shelf: Shelf) -> None:
    retention_rule()
    made = erasure_plans.make_standing(now=clock.now(), actor=NIGHTLY)
    read_before = ErasureRun.objects.get()
    runs.carry_out(made, now=clock.now(), actor=NIGHTLY)
    assert runs.carry_out(read_before, now=clock.now(), actor=NIGHTLY).state == RunState.DONE
