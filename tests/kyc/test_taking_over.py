"""KYC files of an old system: tried, taken in with a progress, stopped and gone on with, and checked like new ones."""

import csv
import io
import json
import zipfile
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.core.management import call_command

from kyc.cases.services.declared_values import typed_beside
from kyc.legacy_imports.services import legacy_import
from kyc.models import Document, TakeOver, TakeOverLine
from kyc.review.services.check_runs import run_plan
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import IllegalMove, NotAllowed, Refused
from portal.kernel.jobs.models import Job
from portal.kernel.jobs.services import runner
from portal.kernel.people.models import User
from portal.kernel.vault.services import files
from portal.kernel.vault.services.keys import Shredded
from tests.kyc import documents
from tests.people.factories import PASSWORD, CustomerFactory, StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.usefixtures("same_process")
COLUMNS = ("customer", "party", "kind", "number", "valid_until", "name", "ifsc", "file")


@pytest.fixture
def officer(house) -> User:
    return StaffFactory(roles=["data_protection_officer"])


def archive(*lines: dict[str, str], index: bool = True) -> io.BytesIO:
    """A ZIP file with an index and one good PAN card, ``pan.pdf``."""
    table = io.StringIO()
    rows = csv.DictWriter(table, COLUMNS, restval="")
    rows.writeheader()
    rows.writerows(lines)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        if index:
            made.writestr("index.csv", table.getvalue())
        made.writestr("pan.pdf", documents.pdf())
        made.writestr("empty.pdf", b"")
    out.seek(0)
    return out


def pan(whose, **changes: str) -> dict[str, str]:
    return {"customer": whose.reference, "kind": "pan_card", "number": documents.PAN, "file": "pan.pdf", **changes}


def brought(officer: User, content: io.BytesIO) -> TakeOver:
    return legacy_import.bring(origin="Old CRM", content=content, actor=actor.staff(officer.pk), now=clock.now())


def worked(row: TakeOver) -> TakeOver:
    """The job that waits is run by a worker."""
    runner.run(Job.objects.get(pk=row.job_id).pk, now=clock.now())
    row.refresh_from_db()
    return row


def faults(row: TakeOver) -> dict[int, str]:
    return dict(TakeOverLine.objects.filter(take_over=row).exclude(fault="").values_list("number", "fault"))


def take(officer: User, row: TakeOver) -> TakeOver:
    legacy_import.take_in(row, actor=actor.staff(officer.pk), now=clock.now())
    return row


def spoilt(content: io.BytesIO, name: str) -> io.BytesIO:
    """The archive, with the packed bytes of one file overwritten."""
    with zipfile.ZipFile(content) as made:
        info = made.getinfo(name)
    data = bytearray(content.getvalue())
    begin = info.header_offset + 30 + len(name)
    data[begin : begin + info.compress_size] = b"\xff" * info.compress_size
    return io.BytesIO(bytes(data))


def test_a_file_whose_packed_bytes_are_broken_is_a_fault_of_its_line(officer):
    customer, other = CustomerFactory(kind="individual"), CustomerFactory(kind="individual")
    row = brought(officer, spoilt(archive(pan(customer), pan(other, file="empty.pdf")), "pan.pdf"))
    assert faults(worked(row)) == {2: "FILE", 3: "EMPTY"}


def test_an_archive_whose_index_is_broken_is_refused(officer):
    with pytest.raises(Refused) as refused:
        brought(officer, spoilt(archive(pan(CustomerFactory())), "index.csv"))
    assert refused.value.code == "ARCHIVE"


def test_the_dry_run_names_what_is_wrong_line_by_line_and_takes_nothing_in(officer):
    customer, other = CustomerFactory(kind="individual"), CustomerFactory(kind="individual")
    row = brought(
        officer,
        archive(
            pan(customer),
            pan(customer),
            pan(other, customer="OS-CU-0000-0000"),
            pan(other, number="ABCPR1234"),
            pan(other, file="gone.pdf"),
            pan(other, file="empty.pdf"),
            pan(other, kind="gst_certificate", number=documents.GSTIN),
            pan(other, kind="library_card"),
            pan(other, valid_until="31.12.2030"),
            pan(other, party="OS-PA-0000-0000"),
            pan(other, kind="aadhaar_qr", number=""),
            pan(other, name="Arjun Verma 2341 2341 2346"),
        ),
    )
    assert (row.state, row.lines) == ("trying", 12)
    worked(row)
    assert row.state == "tried"
    assert faults(row) == {
        3: "TWICE",
        4: "CUSTOMER",
        5: "NUMBER",
        6: "FILE",
        7: "EMPTY",
        8: "NOT_WANTED",
        9: "NOT_WANTED",
        10: "DATE",
        11: "PARTY",
        12: "NOTICE_MISSING",  # with a published notice: CONSENT_MISSING; nobody here said yes
        13: "NUMBER_IN_NAME",
    }
    assert not Document.objects.exists()


def test_what_is_in_order_is_taken_in_as_legacy_and_checked_like_a_new_one(officer, django_capture_on_commit_callbacks):
    customers = [CustomerFactory(kind="individual") for _number in range(3)]
    row = worked(brought(officer, archive(*(pan(one) for one in customers), pan(customers[0], file="gone.pdf"))))
    with django_capture_on_commit_callbacks(execute=True):
        worked(take(officer, row))
    assert row.state == "done"
    taken = Document.objects.all()
    assert {(one.provenance, one.state, one.sent_at is not None) for one in taken} == {("legacy", "received", True)}
    assert len(taken) == 3
    assert faults(row) == {5: "FILE"}
    assert row.job.done == row.job.total == 4
    run_plan(taken[0].pk, now=clock.now())
    taken[0].refresh_from_db()
    assert Document.objects.get(pk=taken[0].pk).state == "checked"
    with pytest.raises(Shredded):
        files.open_stream(row.file, actor=actor.SYSTEM, reason="test")
    event = AuditEvent.objects.filter(kind="kyc.take_over.moved").latest("pk")
    assert (event.facts["taken"], event.facts["faulty"]) == (3, 1)
    assert AuditEvent.objects.filter(kind="kyc.document.uploaded", facts__provenance="legacy").count() == 3


def test_a_job_that_is_cancelled_goes_on_where_it_stopped_and_takes_nothing_twice(officer, monkeypatch):
    customers = [CustomerFactory(kind="individual") for _number in range(3)]
    row = worked(brought(officer, archive(*(pan(one) for one in customers))))
    take(officer, row)
    progress = runner.JobHandle.progress

    def stop(self, done, total=None):
        if done == 2:
            Job.objects.filter(pk=row.job_id).update(cancel_asked_at=clock.now())
        return progress(self, done, total)

    monkeypatch.setattr(runner.JobHandle, "progress", stop)
    worked(row)
    assert (row.state, Job.objects.get(pk=row.job_id).state) == ("taking", "cancelled")
    assert Document.objects.count() == 2
    monkeypatch.setattr(runner.JobHandle, "progress", progress)
    worked(take(officer, row))
    assert (row.state, Document.objects.count()) == ("done", 3)
    assert faults(row) == {}


def test_an_archive_is_taken_in_once(officer):
    content = archive(pan(CustomerFactory(kind="individual")))
    worked(take(officer, worked(brought(officer, content))))
    content.seek(0)
    with pytest.raises(Refused) as caught:
        brought(officer, content)
    assert caught.value.code == "TAKEN_IN_ALREADY"


@pytest.mark.parametrize(("state", "fault", "count"), [("refused", "", 2), ("received", "THERE_ALREADY", 1)])
def test_what_another_archive_put_there_stands_in_the_way_only_while_it_counts(officer, state, fault, count):
    customer = CustomerFactory(kind="individual")
    worked(take(officer, worked(brought(officer, archive(pan(customer))))))
    Document.objects.update(state="refused")
    second = worked(brought(officer, archive(pan(customer, name="Another Archive"))))
    Document.objects.update(state=state)
    worked(take(officer, second))
    assert (faults(second).get(2, ""), Document.objects.count()) == (fault, count)


def test_a_line_whose_place_one_before_has_filled_is_not_taken_even_when_that_one_was_refused_meanwhile(officer):
    customer = CustomerFactory(kind="individual")
    row = worked(brought(officer, archive(pan(customer), pan(customer))))
    take(officer, row)
    take_line = legacy_import.ARCHIVES.take_line

    def taken_and_refused(*given):
        found = take_line(*given)
        Document.objects.update(state="refused")
        return found

    with patch.object(legacy_import.ARCHIVES, "take_line", taken_and_refused):
        worked(row)
    assert (faults(row), Document.objects.count()) == ({3: "TWICE"}, 1)


def test_names_in_lines_lose_the_marks_that_turn_words(officer):
    customer = CustomerFactory(kind="individual")
    worked(take(officer, worked(brought(officer, archive(pan(customer, name="Asha \u202eoaR\u202c"))))))
    assert typed_beside(Document.objects.get()) == {"name": "Asha oaR"}


@pytest.mark.parametrize("content", [io.BytesIO(b"no archive"), archive(index=False)])
def test_what_is_no_archive_with_an_index_is_refused(officer, content):
    content.seek(0)
    with pytest.raises(Refused) as caught:
        brought(officer, content)
    assert caught.value.code == "ARCHIVE"
    assert not TakeOver.objects.exists()


def test_what_is_refused_leaves_no_encrypted_copy_behind(officer, monkeypatch):
    encrypted = []
    monkeypatch.setattr(files, "encrypted", lambda *given: encrypted.append(given))
    with pytest.raises(Refused):
        brought(officer, archive(index=False))
    assert encrypted == []


def test_giving_up_destroys_the_archive_and_ends_it(officer, django_capture_on_commit_callbacks):
    row = worked(brought(officer, archive(pan(CustomerFactory(kind="individual")))))
    staff = actor.staff(officer.pk)
    with django_capture_on_commit_callbacks(execute=True):
        legacy_import.give_up(row, actor=staff, now=clock.now())
    with pytest.raises(Shredded):
        files.open_stream(row.file, actor=actor.SYSTEM, reason="test")
    with pytest.raises(IllegalMove):
        take(officer, row)


@pytest.mark.parametrize(
    ("origin", "code"),
    [
        (" ", "ORIGIN"),
        ("\u202e\u2066", "ORIGIN"),
        ("Old CRM " * 11, "ORIGIN"),
        (f"CRM of {documents.PAN}", "NUMBER_IN_WORDS"),
        ("CRM, ask ramesh@example.in", "NUMBER_IN_WORDS"),
        ("CRM, ask 98765 43210", "NUMBER_IN_WORDS"),
    ],
)
def test_what_must_not_be_kept_in_the_clear_is_no_name_of_a_system_on_the_command_line_either(
    officer, tmp_path, monkeypatch, origin, code
):
    path = tmp_path / "old.zip"
    path.write_bytes(archive().getvalue())
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD))
    with pytest.raises(Refused) as caught:
        call_command("take_over", str(path), "--origin", origin, "--as", officer.email, "--password-stdin")
    assert caught.value.code == code
    assert not TakeOver.objects.exists()


def test_the_name_of_an_old_system_loses_the_marks_that_turn_words(officer):
    content = archive(pan(CustomerFactory(kind="individual")))
    staff = actor.staff(officer.pk)
    row = legacy_import.bring(origin=" Old \u202eMRC\u202c ", content=content, actor=staff, now=clock.now())
    assert row.origin == "Old MRC"


def test_only_who_may_brings_one(house):
    with pytest.raises(NotAllowed):
        brought(StaffFactory(roles=["kyc_maker"]), archive())


def test_staff_bring_an_archive_and_read_its_faults_on_a_page(officer):
    browser = staff_client(officer)
    content = archive(pan(CustomerFactory(kind="individual"), file="gone.pdf"))
    content.name = "old.zip"
    browser.post("/admin/kyc/takeover/add/", {"origin": "Old CRM", "file": content})
    row = worked(TakeOver.objects.get())
    page = browser.get(f"/admin/kyc/takeover/{row.pk}/change/").text
    assert "Line 2: The archive does not contain this file, or it cannot be read." in page
    assert "0 in order, 1 at fault" in page
    assert page.index("Import valid rows") < page.index("Give it up")
    assert "valid_until" in browser.get("/admin/kyc/takeover/add/").text


def test_an_archive_that_nobody_takes_in_is_destroyed(officer, django_capture_on_commit_callbacks):
    row = worked(brought(officer, archive(pan(CustomerFactory(kind="individual")))))
    assert legacy_import.sweep(now=clock.now()) == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert legacy_import.sweep(now=clock.now() + timedelta(days=400)) == 1
    with pytest.raises(Shredded):
        files.open_stream(row.file, actor=actor.SYSTEM, reason="test")


def test_the_command_brings_and_takes_in_as_a_staff_login(officer, tmp_path, monkeypatch, capsys):
    path = tmp_path / "old.zip"
    path.write_bytes(archive(pan(CustomerFactory(kind="individual"))).getvalue())
    given = ["--as", officer.email, "--password-stdin", "--json"]
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD))
    call_command("take_over", str(path), "--origin", "Old CRM", *given)
    reference = json.loads(capsys.readouterr().out)["reference"]
    row = worked(TakeOver.objects.get(reference=reference))
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD))
    call_command("take_over", "--take", reference, *given)
    row.refresh_from_db()
    assert worked(row).state == "done"


def test_an_index_that_names_no_document_is_refused(officer):
    with pytest.raises(Refused) as caught:
        brought(officer, archive())
    assert caught.value.code == "ARCHIVE"
    assert not TakeOver.objects.exists()
