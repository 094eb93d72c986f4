"""A file is encrypted while no transaction is open: on SQLite nobody else could write, on PostgreSQL rows stay locked."""

import io
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.db import connection

from kyc.legacy_imports.services import legacy_import
from kyc.models import Case, Document, TakeOverLine
from kyc.outcomes.services.deletion_requests import ask_to_delete
from kyc.review.services import check_runs, document_uploads
from kyc.review.services.check_runs import run_plan
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import Refused
from portal.kernel.jobs.services import runner
from portal.kernel.vault.services import files
from tests.kyc import documents
from tests.kyc.factories import CUSTOMER, uploaded
from tests.kyc.test_races import by_page, by_program, by_staff
from tests.kyc.test_reusing import again, approved
from tests.kyc.test_taking_over import archive, pan
from tests.people.factories import StaffFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("house", "same_process")]


@pytest.fixture
def open_while_encrypting(monkeypatch):
    """For each file that is encrypted, whether a transaction was open meanwhile."""
    seen: list[bool] = []
    plain = files._written

    def watched(stream):
        seen.append(connection.in_atomic_block)
        return plain(stream)

    monkeypatch.setattr(files, "_written", watched)
    return seen


def bytes_on_disk() -> int:
    return sum(1 for path in Path(storages["vault"].path("")).rglob("*") if path.is_file())


@pytest.mark.parametrize("way", [by_page, by_staff, by_program])
def test_an_upload_and_its_kept_copy_are_encrypted_before_anything_is_locked(individual, open_while_encrypting, way):
    document = way(individual)
    run_plan(document.pk, now=clock.now())
    document.refresh_from_db()
    assert document.kept is not None
    assert open_while_encrypting == [False, False]


def test_a_copy_that_is_used_again_is_encrypted_before_anything_is_locked(
    individual, maker, checker, open_while_encrypting
):
    due = approved(individual, maker, checker)
    Case.objects.update(rekyc_on=clock.day(clock.now()))
    open_while_encrypting.clear()
    again(individual, due)
    assert open_while_encrypting == [False]


def test_an_archive_and_each_of_its_files_are_encrypted_before_anything_is_locked(individual, open_while_encrypting):
    officer = actor.staff(StaffFactory(roles=["data_protection_officer"]).pk)
    content = archive(pan(individual), pan(individual, number="WRONG"))
    row = legacy_import.bring(origin="Old CRM", content=content, actor=officer, now=clock.now())
    runner.run(row.job_id, now=clock.now())
    row.refresh_from_db()
    legacy_import.take_in(row, actor=officer, now=clock.now())
    runner.run(row.job_id, now=clock.now())
    assert Document.objects.count() == 1
    assert sorted(TakeOverLine.objects.values_list("fault", flat=True)) == ["", "NUMBER"]
    assert open_while_encrypting == [False, False]


def test_what_is_refused_at_the_door_leaves_no_bytes_behind(individual):
    uploaded(individual)
    before = bytes_on_disk()
    with pytest.raises(Refused):
        document_uploads.upload(
            customer=individual,
            kind="incorporation_certificate",
            number="U72200KA2020PTC123456",
            stream=io.BytesIO(documents.pdf()),
            extension="pdf",
            actor=CUSTOMER,
            now=clock.now(),
        )
    assert bytes_on_disk() == before


def test_a_copy_of_a_file_that_was_let_go_meanwhile_is_not_kept(individual, monkeypatch):
    before, document, plain = bytes_on_disk(), uploaded(individual), check_runs.inspect

    def slow(data, **given):
        ask_to_delete(Document.objects.get(pk=document.pk), actor=CUSTOMER, now=clock.now())
        return plain(data, **given)

    monkeypatch.setattr(check_runs, "inspect", slow)
    assert run_plan(document.pk, now=clock.now()) == "removed"
    assert bytes_on_disk() == before
