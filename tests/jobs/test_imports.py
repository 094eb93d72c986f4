"""Imports: a trial that changes nothing, turns that a dead worker does not repeat, faults to take away, an end of the file."""

import csv
import hashlib
import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import IllegalMove, NotAllowed, NotFound, Refused
from portal.kernel.jobs import services as jobs
from portal.kernel.jobs.choices import ImportState, JobState
from portal.kernel.jobs.models import ImportFault, Job, ListImport
from portal.kernel.jobs.services import imports, result_files, runner
from portal.kernel.jobs.services.imports import ingestion
from portal.kernel.ledger.models import Entry
from portal.kernel.people.models import Customer, Invitation
from portal.kernel.vault.models import StoredFile, SubjectKey
from portal.kernel.vault.services import files
from tests.people.factories import StaffFactory
from tests.shipped import every_rule

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]
KIND = "people.Customer"
BAD = (
    "name,kind,owner_email,language\n"
    "Acme Traders,organisation,asha@acme.example,\n"
    ",organisation,,\n"
    "Ravi,person,,\n"
    "Meera,individual,meera at home,\n"
    "Twice,individual,ASHA@acme.example,\n"
    "Tamil,individual,,ta\n"
    '"=1+1",individual,,\n'
    "Asha Rao,individual,,hi\n"
)


@pytest.fixture
def rules() -> None:
    every_rule()


@pytest.fixture
def boss() -> Any:
    return actor.staff(StaffFactory(roles=["administrator"]).pk)


def many(count: int) -> str:
    return "name,kind\n" + "".join(
        f"Customer {'abcdefghij'[n % 10]} {chr(97 + n // 10)},individual\n" for n in range(count)
    )


def bring(who: Any, content: str | bytes, name: str = "customers.csv") -> ListImport:
    data = content.encode() if isinstance(content, str) else content
    return imports.bring(kind=KIND, name=name, content=io.BytesIO(data), actor=who, now=clock.now())


def at_work(row: ListImport) -> ListImport:
    """Do the job, as a worker would."""
    runner.run(row.job_id, now=clock.now())
    return ListImport.objects.select_related("job", "trial").get(pk=row.pk)


def tried(who: Any, content: str | bytes, name: str = "customers.csv") -> ListImport:
    return at_work(bring(who, content, name))


def taken(who: Any, row: ListImport) -> ListImport:
    imports.take_in(brought=row, actor=who, now=clock.now())
    return at_work(row)


def would(row: ListImport) -> tuple[int, ...]:
    return row.would_new, row.would_changed, row.would_same, row.would_faulty


def did(row: ListImport) -> tuple[int, ...]:
    return row.did_new, row.did_changed, row.did_same, row.did_faulty


def names() -> list[str]:
    return [customer.name for customer in Customer.objects.order_by("pk")]


def faulty_rows(row: ListImport, who: Any) -> list[dict[str, str]]:
    text = result_files.open_result(row.job, actor=who).read().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_a_trial_counts_and_changes_nothing(boss: Any) -> None:
    row = bring(boss, many(3))
    before = AuditEvent.objects.count(), Entry.objects.count(), SubjectKey.objects.count()
    row = at_work(row)
    assert (row.state, row.rows, would(row)) == (ImportState.TRIED, 3, (3, 0, 0, 0))
    assert not Customer.objects.exists()
    assert not Invitation.objects.exists()
    # Of the trial: that it was done, that the file was read, and that its job ended.
    since = AuditEvent.objects.order_by("pk").values_list("kind", flat=True)[before[0] :]
    assert sorted(since) == ["jobs.import.tried", "jobs.job.finished", "vault.file.opened"]
    assert SubjectKey.objects.count() == before[2]


def test_a_trial_with_invitations_leaves_no_keys(boss: Any) -> None:
    row = bring(boss, "name,kind,owner_email\nAcme,organisation,asha@acme.example\n")
    before = SubjectKey.objects.count()
    assert would(at_work(row)) == (1, 0, 0, 0)
    assert SubjectKey.objects.count() == before
    assert not Invitation.objects.exists()


def test_what_was_tried_goes_in_with_an_event_at_its_start_and_end(boss: Any) -> None:
    content = (
        "name,kind,owner_email,language\nAcme Traders,organisation,asha@acme.example,hi\nRavi Kumar,Individual,,\n"
    )
    row = taken(boss, tried(boss, content))
    assert (row.state, row.done, did(row), row.job.state) == (ImportState.DONE, 2, (2, 0, 0, 0), JobState.DONE)
    assert names() == ["Acme Traders", "Ravi Kumar"]
    assert Invitation.objects.get().language == "hi"
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    steps = AuditEvent.objects.filter(about=f"jobs.listimport:{row.reference}").order_by("pk")
    assert [step.kind for step in steps] == [
        "jobs.import.brought",
        "jobs.import.tried",
        "jobs.import.begun",
        "jobs.import.ended",
    ]
    last = steps[3]
    assert (last.actor_ref, last.facts["sha256"], last.facts["new"], last.facts["faulty"]) == (boss.ref, sha256, 2, 0)
    with pytest.raises(NotFound):
        files.open_stream(row.file, actor=boss, reason="test")
    assert list(imports.first_rows(row)) == []


def test_each_fault_is_named_with_its_line_and_column_and_the_rest_goes_in(boss: Any) -> None:
    row = tried(boss, BAD)
    assert (row.rows, would(row)) == (8, (2, 0, 0, 6))
    said = [(one.line, one.column, one.message.split(".")[0]) for one in ImportFault.objects.all()]
    assert said == [
        (3, "name", "This field is required"),
        (4, "kind", "Write one of these: individual, organisation"),
        (5, "owner_email", "Enter an email address in full, like name@example"),
        (6, "", "The same is on line 2"),
        (7, "language", "Write one of these: en, hi, mr"),
        (8, "name", "This begins like a formula"),
    ]
    assert [(one["line"], one["outcome"]) for one in imports.first_rows(row)][:2] == [(2, "new"), (3, "faulty")]
    row = taken(boss, row)
    assert did(row) == (2, 0, 0, 6)
    assert names() == ["Acme Traders", "Asha Rao"]


def test_a_row_with_a_formula_names_its_other_faults_too(boss: Any) -> None:
    """It named the formula only, and the others when that was mended."""
    tried(boss, "name,kind,owner_email,language\n=1+1,colour,nobody,mr\n=2+2,individual,,en\n")
    said = [(one.line, one.column, one.message.split(".")[0]) for one in ImportFault.objects.order_by("line", "pk")]
    assert said == [
        (2, "name", "This begins like a formula"),
        (2, "kind", "Write one of these: individual, organisation"),
        (2, "owner_email", "Enter an email address in full, like name@example"),
        (3, "name", "This begins like a formula"),
    ]
    assert names() == []


def test_the_rows_at_fault_are_taken_away_mended_and_brought_again(boss: Any) -> None:
    row = tried(boss, BAD)
    rows = faulty_rows(row, boss)
    assert [(one["line"], one["name"]) for one in rows][2] == ("5", "Meera")
    assert rows[2]["what to do"].startswith("owner_email: Enter an e-mail")
    assert rows[-1]["name"] == "'=1+1"
    row = taken(boss, row)
    rows = faulty_rows(row, boss)
    assert len(rows) == 6
    mended = [{**one, "name": "Meera", "kind": "individual", "owner_email": "", "language": "en"} for one in rows[:1]]
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(mended[0]))
    writer.writeheader()
    writer.writerows(mended)
    assert did(taken(boss, tried(boss, text.getvalue()))) == (1, 0, 0, 0)


def test_no_word_of_a_row_stands_in_a_fault_an_event_or_a_log(boss: Any, caplog: Any) -> None:
    row = taken(boss, tried(boss, BAD))
    told = [one.message for one in ImportFault.objects.all()]
    events = AuditEvent.objects.filter(about=f"jobs.listimport:{row.reference}")
    told += [str(event.facts) for event in events] + [str(job.parameters) for job in Job.objects.all()] + [caplog.text]
    for word in ("Meera", "meera at home", "person,", "Tamil", "acme.example"):
        assert not [text for text in told if word in text]


def test_a_customer_who_is_there_is_corrected_or_left_as_they_are(boss: Any) -> None:
    taken(boss, tried(boss, "name,kind,owner_email\nAcme,organisation,asha@acme.example\nRavi,individual,\n"))
    acme, ravi = Customer.objects.order_by("pk")
    content = (
        "reference,name,kind,owner_email\n"
        f"{acme.reference},Acme Traders,organisation,\n"
        f"{ravi.reference},Ravi,individual,\n"
        f"{ravi.reference},Ravi Rao,individual,\n"
        "OS-CU-0000-0000,Nobody,individual,\n"
        f"{acme.reference},Acme,individual,\n"
    )
    row = tried(boss, content)
    assert would(row) == (0, 1, 1, 3)
    faults = {one.line: (one.column, one.message) for one in ImportFault.objects.filter(brought=row)}
    assert faults[4][1].startswith("The same is on line 3")
    assert faults[5][0] == "reference"
    assert faults[6][0] == "kind"
    row = taken(boss, row)
    assert (row.did_changed, row.did_same) == (1, 1)
    assert names()[:2] == ["Acme Traders", "Ravi"]


def test_a_row_that_went_in_before_is_the_same(boss: Any) -> None:
    content = "name,kind,owner_email\nAcme,organisation,asha@acme.example\n"
    taken(boss, tried(boss, content))
    assert would(tried(boss, content + "Ravi,individual,\n")) == (1, 0, 1, 0)


def test_a_killed_worker_goes_on_where_it_was(boss: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(ingestion, "TURN", 2)
    row = tried(boss, many(7))
    imports.take_in(brought=row, actor=boss, now=clock.now())
    counted, turns = ingestion._counted, []

    def dies_in_the_third(*given: Any) -> Any:
        turns.append(given)
        found = counted(*given)
        if len(turns) == 3:
            raise SystemExit
        return found

    with monkeypatch.context() as patch:
        patch.setattr(ingestion, "_counted", dies_in_the_third)
        with pytest.raises(SystemExit):
            runner.run(row.job_id, now=clock.now())
    row.refresh_from_db()
    assert (row.state, row.done, did(row), Customer.objects.count()) == (ImportState.TAKING, 4, (4, 0, 0, 0), 4)
    later = clock.now() + timedelta(hours=1)
    runner.sweep(now=later, limit=10)
    runner.run(row.job_id, now=later)
    row.refresh_from_db()
    assert (row.state, row.done, did(row)) == (ImportState.DONE, 7, (7, 0, 0, 0))
    assert len(set(names())) == Customer.objects.count() == 7


def test_the_same_task_twice_makes_no_row_twice(boss: Any) -> None:
    row = tried(boss, many(3))
    at_work(row)
    row = taken(boss, row)
    at_work(row)
    stale = ListImport.objects.get(pk=row.pk)
    ListImport.objects.filter(pk=row.pk).update(state=ImportState.TAKING)
    stale.done = 0
    with pytest.raises(Exception, match="another worker has it"):
        ingestion._take(
            stale, ingestion.import_kind(KIND), [ingestion.Read(2, {"name": "A", "kind": "individual"})], set(), boss
        )
    assert Customer.objects.count() == 3


def test_one_that_is_cancelled_stops_between_turns_and_is_gone_on_with(boss: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(ingestion, "TURN", 2)
    monkeypatch.setattr(runner, "WRITE_EVERY", 0)
    row = tried(boss, many(5))
    imports.take_in(brought=row, actor=boss, now=clock.now())
    counted = ingestion._counted

    def cancels(*given: Any) -> Any:
        imports.stop(brought=ListImport.objects.select_related("job").get(pk=row.pk), actor=boss)
        return counted(*given)

    with monkeypatch.context() as patch:
        patch.setattr(ingestion, "_counted", cancels)
        row = at_work(row)
    assert (row.state, row.done, row.job.state) == (ImportState.TAKING, 2, JobState.CANCELLED)
    imports.carry_on(brought=row, actor=boss)
    row = at_work(row)
    assert (row.state, did(row)) == (ImportState.DONE, (5, 0, 0, 0))
    with pytest.raises(IllegalMove):
        imports.carry_on(brought=row, actor=boss)


def test_what_is_given_up_half_way_keeps_its_rows_and_says_up_to_which_line(boss: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(ingestion, "TURN", 2)
    content = many(5)
    row = tried(boss, content)
    imports.take_in(brought=row, actor=boss, now=clock.now())
    counted = ingestion._counted

    def given_up(*given: Any) -> Any:
        found = counted(*given)
        if ingestion.ListImport.objects.get(pk=row.pk).done == 4:
            imports.give_up(brought=ListImport.objects.get(pk=row.pk), actor=boss, now=clock.now())
        return found

    with monkeypatch.context() as patch:
        patch.setattr(ingestion, "_counted", given_up)
        row = at_work(row)
    assert (row.state, row.last_line, row.job.state) == (ImportState.GIVEN_UP, 5, JobState.CANCELLED)
    assert Customer.objects.count() == 4
    with pytest.raises(Refused, match="up to line 5 were imported"):
        bring(boss, content)
    with pytest.raises(IllegalMove):
        imports.give_up(brought=row, actor=boss, now=clock.now())


def test_a_row_that_fits_no_more_stays_out_with_what_to_do(boss: Any) -> None:
    row = tried(boss, "name,kind,owner_email\nMeera,individual,meera@acme.example\nRavi,individual,\n")
    assert would(row) == (2, 0, 0, 0)
    StaffFactory(email="meera@acme.example")
    row = taken(boss, row)
    assert did(row) == (1, 0, 0, 1)
    assert "staff login" in faulty_rows(row, boss)[0]["what to do"]


def test_the_same_file_goes_in_once(boss: Any) -> None:
    first, second = tried(boss, many(2)), tried(boss, many(2))
    first = taken(boss, first)
    with pytest.raises(Refused, match="already"):
        imports.take_in(brought=second, actor=boss, now=clock.now())
    with pytest.raises(Refused, match=f"already, as {first.reference}"):
        bring(boss, many(2))
    assert Customer.objects.count() == 2


def test_a_file_that_cannot_be_read_on_the_way_takes_nothing_in(boss: Any) -> None:
    row = tried(boss, (many(3) + "René,individual\n").encode("latin-1"))
    assert (row.state, row.file_ended_at is None) == (ImportState.UNREADABLE, False)
    (fault,) = ImportFault.objects.all()
    assert (fault.line, fault.message.startswith("This is no text")) == (5, True)
    with pytest.raises(IllegalMove):
        imports.take_in(brought=row, actor=boss, now=clock.now())


def test_a_file_without_one_good_row_cannot_be_taken_in(boss: Any) -> None:
    row = tried(boss, "name,kind\n,individual\n")
    with pytest.raises(IllegalMove, match="nothing to import"):
        imports.take_in(brought=row, actor=boss, now=clock.now())


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("customers.pdf", b"%PDF", "TYPE"),
        ("customers.csv", b"name,kind\n", "EMPTY"),
        ("customers.csv", b"\xff\xfe\x00", "ENCODING"),
        ("customers.xlsx", b"not a workbook", "UNREADABLE"),
    ],
)
def test_what_is_no_such_file_is_refused_and_not_kept(boss: Any, name: str, content: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        bring(boss, content, name)
    assert refused.value.code == code
    assert not StoredFile.objects.exists()


def test_a_file_over_the_limit_is_refused_and_not_kept(boss: Any, monkeypatch: Any) -> None:
    monkeypatch.setitem(imports.lifecycle.file_reader.MOST_BYTES, "csv", 20)
    with pytest.raises(Refused, match="larger than"):
        bring(boss, many(3))
    assert not StoredFile.objects.exists()


@pytest.mark.parametrize("role", ["support", "auditor", "data_protection_officer", "kyc_maker"])
def test_only_an_administrator_brings_customers(role: str) -> None:
    with pytest.raises(NotAllowed):
        bring(actor.staff(StaffFactory(roles=[role]).pk), many(1))
    assert not ListImport.objects.exists()


def test_nobody_else_decides_about_a_file(boss: Any) -> None:
    other = actor.staff(StaffFactory(roles=["administrator"]).pk)
    row = tried(boss, many(1))
    for act in (imports.take_in, imports.give_up):
        with pytest.raises(NotAllowed):
            act(brought=row, actor=other, now=clock.now())


def test_a_job_acts_with_the_rights_that_are_left(boss: Any, django_user_model: Any) -> None:
    row = tried(boss, many(1))
    imports.take_in(brought=row, actor=boss, now=clock.now())
    django_user_model.objects.filter(pk=boss.user_id).update(is_active=False)
    row = at_work(row)
    assert (row.state, row.job.failure_code, Customer.objects.count()) == (ImportState.TAKING, "NOT_ALLOWED", 0)


def test_what_nobody_takes_in_ends_with_its_file_its_faults_and_its_first_rows(boss: Any) -> None:
    row = tried(boss, BAD)
    assert imports.expire(now=clock.now(), limit=10) == 0
    assert imports.expire(now=clock.now() + timedelta(days=8), limit=10) == 1
    row.refresh_from_db()
    assert (row.state, row.expires_at, bytes(row.preview)) == (ImportState.GIVEN_UP, None, b"")
    assert not ImportFault.objects.exists()
    with pytest.raises(NotFound):
        files.open_stream(row.file, actor=boss, reason="test")


def test_an_erasure_ends_the_files_that_may_hold_somebody(boss: Any) -> None:
    row, other = tried(boss, BAD), taken(boss, tried(boss, many(2)))
    assert imports.end_made_before(clock.now()) == 2
    for one in (row, other):
        one.refresh_from_db()
    assert (row.state, other.state) == (ImportState.GIVEN_UP, ImportState.DONE)
    assert not ImportFault.objects.exists()
    with pytest.raises(NotFound):
        result_files.open_result(Job.objects.get(pk=row.trial_id), actor=boss)


def test_a_failed_trial_begins_anew(boss: Any, monkeypatch: Any) -> None:
    row = bring(boss, BAD)
    with monkeypatch.context() as patch:
        patch.setattr("portal.kernel.jobs.services.imports.dry_run._tried", lambda *given, **named: 1 / 0)
        row = at_work(row)
    assert (row.state, row.job.state) == (ImportState.TRYING, JobState.FAILED)
    jobs.restart(row.job, boss)
    row = at_work(row)
    assert (row.state, would(row)) == (ImportState.TRIED, (2, 0, 0, 6))


def test_a_turn_is_whole_or_not_there(boss: Any, monkeypatch: Any) -> None:
    row = tried(boss, many(3))
    imports.take_in(brought=row, actor=boss, now=clock.now())
    with monkeypatch.context() as patch:
        patch.setattr(ingestion.row_processor, "taken", _breaks_at_the_third(ingestion.row_processor.taken))
        row = at_work(row)
    assert (row.job.failure_code, row.done, Customer.objects.count()) == ("CRASHED", 0, 0)
    assert not connection.needs_rollback


def _breaks_at_the_third(work: Any) -> Any:
    seen = []

    def taken(*given: Any, **named: Any) -> Any:
        seen.append(given)
        if len(seen) == 3:
            raise ZeroDivisionError
        return work(*given, **named)

    return taken
