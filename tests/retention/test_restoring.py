"""After a restore from a real, older dump of the main database the erased are here again, and end again.

The dump is the database's own: SQLite's backup, or a file of pg_dump that pg_restore reads. The key database is another
and stays as it is.
"""

from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from portal.kernel.core import clock, read_only
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.errors import SigningStopped
from portal.kernel.ledger.models import Head
from portal.kernel.people.models import Principal
from portal.kernel.retention.choices import RunState
from portal.kernel.retention.models import ErasureRun
from portal.kernel.retention.services import erasure_replay, runs
from portal.kernel.vault.models import ErasureMark
from tests import other_sessions
from tests.retention.factories import run_for
from tests.retention.marks import MAIL, NAME, NIGHTLY, answered, dump, marked, opening, person_everywhere, restore

pytestmark = [pytest.mark.full, pytest.mark.django_db(transaction=True, databases=["default", "keys"])]


@pytest.fixture(autouse=True)
def nobody_else_is_there() -> None:
    """A live server of an earlier test may have left a session behind, and a restore wants the databases for itself."""
    for connection in connections.all():
        other_sessions.end(connection)


def failures() -> set[str]:
    return {one["check"] for one in answered("verify_ledger")["failures"]}


def test_what_an_older_dump_brings_back_is_erased_again_and_the_ledgers_check_says_so(tmp_path: Path) -> None:
    person = person_everywhere()
    ledger.seal_now()
    dump(tmp_path / "older.dump")
    run = runs.carry_out(run_for(person.subject.ref), now=clock.now(), actor=NIGHTLY)
    assert run.state == RunState.DONE
    ledger.seal_now()
    after = marked()
    marks = ErasureMark.objects.count()
    assert "V7c" not in failures()

    restore(tmp_path / "older.dump")
    assert not ErasureRun.objects.exists(), "the dump knows of no run"
    assert Principal.objects.get(pk=person.pk).full_name == NAME
    assert ("people.User", "email") in marked()
    assert ErasureMark.objects.count() == marks, "the keys are a database of their own"
    assert erasure_replay.undone() > 0
    assert "V7c" in failures()

    numbers = answered("replay_erasures")
    assert (numbers["marks"], numbers["left"]) == (marks, 0)
    assert numbers["undone"] > 0
    assert {label for label, _field in marked()} <= {label for label, _field in after}
    assert MAIL not in {contact.address for contact in Principal.objects.get(pk=person.pk).contact_points.all()}
    assert "V7c" not in failures()
    assert answered("replay_erasures")["undone"] == 0


def test_the_drill_a_backup_more_work_an_erasure_a_restore_and_the_ledger_says_what_is_lost(
    tmp_path: Path, settings: Any
) -> None:
    settings.READ_ONLY_SWITCH = tmp_path / "read-only"
    person = person_everywhere()
    ledger.seal_now()
    where = ("--data", str(tmp_path / "data"), "--key-files", str(tmp_path / "keys"))
    taken = answered("backup", *where)
    size = taken["ledger_size"]
    assert answered("backup", "--verify", "latest", *where) == taken
    run = runs.carry_out(run_for(person.subject.ref), now=clock.now(), actor=NIGHTLY)
    assert run.state == RunState.DONE
    ledger.seal_now()
    after = marked()
    shut = opening()

    back = answered("restore", "latest", "--replace", *where)
    assert back["undone"] > 0
    assert (back["left"], back["keys"]) == (0, ""), "the keys stayed as they were"
    assert {label for label, _field in marked()} <= {label for label, _field in after}
    assert MAIL not in {contact.address for contact in Principal.objects.get(pk=person.pk).contact_points.all()}
    assert opening() == shut, "what was shredded stays shut"
    assert read_only.said()["why"] == "restore", "nothing is sent before somebody has looked"
    assert Head.objects.get().size == size
    assert failures() == {"X1"}, "the anchor remembers more than the backup"
    with pytest.raises(SigningStopped, match=r"rolled back|forked"):
        ledger.seal_now()


def test_keys_that_are_brought_back_with_the_rows_open_nothing_of_who_was_erased_since(
    tmp_path: Path, settings: Any
) -> None:
    """Both come from before the erasure, and the keys of the person with them: only the marks say that they ended."""
    settings.READ_ONLY_SWITCH = tmp_path / "read-only"
    person = person_everywhere()
    ledger.seal_now()
    where = ("--data", str(tmp_path / "data"), "--key-files", str(tmp_path / "keys"))
    answered("backup", *where)
    runs.carry_out(run_for(person.subject.ref), now=clock.now(), actor=NIGHTLY)
    ledger.seal_now()
    after, shut, marks = marked(), opening(), ErasureMark.objects.count()

    back = answered("restore", "latest", "--keys-of", "latest", "--replace", *where)
    assert (back["marks"], back["left"], back["closed"]) == (marks, 0, 0)
    assert back["undone"] > 0
    assert {label for label, _field in marked()} <= {label for label, _field in after}
    assert opening() == shut
    assert answered("replay_erasures")["undone"] == 0
