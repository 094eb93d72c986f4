"""After a restore from an older dump, what was erased is erased again, and the ledger's check says so until then."""

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command

from portal.kernel.core import actor, clock
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.models import Entry, Payload
from portal.kernel.people.models import RegimeEvidence
from portal.kernel.retention.models import ErasureItem, ErasureRun, ErasureStep, PlanApproval
from portal.kernel.retention.services import erasure_plans, erasure_replay, plan_approvals, runs
from portal.kernel.vault.models import ErasureMark
from portal.kernel.vault.services import erasure_log
from tests.ledger.factories import EntryFactory
from tests.people.factories import PrincipalFactory, StaffFactory
from tests.retention.factories import Rows, house_rule, only_eraser, retention_rule

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
NIGHTLY = actor.system("tests")


@pytest.fixture
def rows() -> Iterator[Rows]:
    house_rule("tests.period", 1, "year")
    retention_rule(needs_approval=True)
    found = Rows()
    with only_eraser(found):
        yield found


def erased_person(rows: Rows) -> UUID:
    """A person whose record an approved run has erased."""
    ref: UUID = PrincipalFactory().subject.ref
    rows.put(ref, clock.now() - timedelta(days=900))
    officer, other = (StaffFactory(roles=[role]) for role in ("data_protection_officer", "administrator"))
    run = erasure_plans.make(now=clock.now(), actor=NIGHTLY)
    assert run is not None
    made = plan_approvals.propose(run=run, why="All of it.", actor=actor.staff(officer.pk))
    plan_approvals.answer(approval=made, approve=True, reason="", actor=actor.staff(other.pk), now=clock.now())
    run.refresh_from_db()
    assert runs.carry_out(run, now=clock.now(), actor=NIGHTLY).erased == 1
    return ref


def restored(rows: Rows, ref: UUID) -> None:
    """The main database as it was before the run; the key database is another and stays."""
    for table in (ErasureItem, ErasureStep, PlanApproval, ErasureRun):
        table.objects.all().delete()
    rows.put(ref, clock.now() - timedelta(days=900))


def said(*command: str) -> tuple[int, dict]:
    out, code = io.StringIO(), 0
    try:
        call_command(*command, "--json", stdout=out, stderr=io.StringIO())
    except SystemExit as ended:
        code = int(ended.code or 0)
    return code, json.loads(out.getvalue())


def test_replaying_erases_again_and_the_ledgers_check_says_so_until_then(rows: Rows) -> None:
    ref = erased_person(rows)
    assert ErasureMark.objects.count() == 1
    restored(rows, ref)
    assert erasure_replay.undone() == 1
    code, report = said("verify_ledger")
    assert code == 1
    assert [one["message"] for one in report["failures"] if one["check"] == "V7c"] == [
        "1 erasures are undone. After a restore, run replay_erasures."
    ]
    code, numbers = said("replay_erasures")
    assert (code, numbers["undone"], numbers["erased"], numbers["left"]) == (0, 1, 1, 0)
    assert not RegimeEvidence.objects.exists()
    assert "V7c" not in {one["check"] for one in said("verify_ledger")[1]["failures"]}
    assert said("replay_erasures")[1]["undone"] == 0


def test_what_a_person_has_since_their_erasure_is_not_erased_again(rows: Rows) -> None:
    ref = erased_person(rows)
    rows.put(ref, clock.now())
    assert erasure_replay.undone() == 0
    assert said("replay_erasures")[1]["erased"] == 0
    assert RegimeEvidence.objects.count() == 1


def test_contents_of_the_ledger_that_a_restore_brought_back_go_again(rows: Rows) -> None:
    EntryFactory.create_batch(3)
    ledger.seal_now()
    entry = Entry.objects.filter(kind="consent")[1]
    body, salt = bytes(entry.payload.body), bytes(entry.payload.salt)
    ledger.redact([entry], basis="tests", requested_at=clock.now())
    Payload.objects.create(entry=Entry.objects.get(pk=entry.pk), body=body, salt=salt)
    assert "V7b" in {one["check"] for one in said("verify_ledger")[1]["failures"]}
    assert said("replay_erasures")[1]["redacted"] == 1
    assert "V7b" not in {one["check"] for one in said("verify_ledger")[1]["failures"]}


def test_marks_of_many_people_are_read_in_sets(rows: Rows, django_assert_max_num_queries: Any) -> None:
    for number in range(300):
        erasure_log.leave(subject_ref=uuid4(), eraser=rows.name, before=None, because=f"EC-{number}", at=clock.now())
    with django_assert_max_num_queries(3):
        assert erasure_replay.undone() == 0
