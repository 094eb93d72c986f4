"""The file of a list: what SQL spells is what Python spells, in every format and for every kind of value."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.contrib.admin import site
from django.db import models

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.jobs.audited_export import AuditedExport, AuditedResource
from portal.kernel.jobs.list_writer import CSV, JSONL, XLSX, ListFile
from portal.kernel.jobs.models import Job, ListExport
from portal.kernel.jobs.sql_columns import field_at
from portal.kernel.people.models import User
from portal.kernel.registers.models import Recipient
from tests.consent.factories import law_is_loaded, person, published_notice, said
from tests.jobs.factories import JobFactory
from tests.people.factories import FiduciaryFactory, StaffFactory

pytestmark = pytest.mark.django_db


class StaffList(AuditedResource):
    masks = {"email": lambda text: f"{text[0]}***"}

    class Meta(AuditedResource.Meta):
        model = User
        fields = ("id", "email", "full_name", "is_active", "created_at", "deactivated_at")
        export_order = fields


class Jobs(AuditedResource):
    class Meta(AuditedResource.Meta):
        model = Job
        fields = (
            "id",
            "reference",
            "kind",
            "state",
            "started_by",
            "done",
            "total",
            "created_at",
            "file_ref",
            "result_file",
        )
        export_order = fields


class Exports(AuditedResource):
    class Meta(AuditedResource.Meta):
        model = ListExport
        fields = ("id", "job", "job__reference", "job__file_ref", "is_masked", "rows", "filters")
        export_order = fields


def made(resource: AuditedResource, file_format: str, *, is_masked: bool = True) -> list[list[Any]]:
    """The rows as a reader has them, headings and what stands at the end included."""
    rows = resource._meta.model._default_manager.order_by("pk")
    file = ListFile(
        resource, rows, file_format=file_format, is_masked=is_masked, mark=lambda count: {"rows": count, "ledger": None}
    )
    content = b"".join(file.pieces())
    assert file.count == rows.count()
    if file_format == CSV:
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    if file_format == JSONL:
        return [list(json.loads(line).items()) for line in content.decode().splitlines()]
    sheets = openpyxl.load_workbook(io.BytesIO(content)).worksheets
    return [[cell.value for cell in row] for sheet in sheets for row in sheet.iter_rows()]


def in_python(monkeypatch: pytest.MonkeyPatch, resource: AuditedResource, file_format: str) -> list[list[Any]]:
    with monkeypatch.context() as patch:
        patch.setattr(ListFile, "_in_sql", lambda self: None)
        return made(resource, file_format)


def rows_of_every_kind() -> None:
    at = clock.now().replace(microsecond=999_999)
    awkward = ["=1+1", " \u00a0@SUM(A1)", "＝1", "-2", "+3", 'a "b", c\r\nd', "नमस्ते", "100% %s", "it's", "\t", ""]
    for number, text in enumerate(awkward):
        StaffFactory(roles=[], full_name=text, email=f"{number}@example.test", created_at=at - timedelta(hours=number))
    said(person(), "given")
    for number in range(3):
        job = JobFactory(started_by="=staff", total=None if number else 7, done=3)
        ListExport.objects.create(
            model="x", made_by="staff:user:1", asked_at=at, job=job if number else None, filters="-a=1"
        )


@pytest.mark.parametrize("file_format", [CSV, XLSX, JSONL])
def test_the_database_spells_every_value_as_python_does(monkeypatch: pytest.MonkeyPatch, file_format: str) -> None:
    law_is_loaded()
    published_notice()
    rows_of_every_kind()
    pages: dict[Any, Any] = site._registry
    shipped = [page.export_resource() for page in pages.values() if isinstance(page, AuditedExport)]
    assert len(shipped) > 80
    in_sql = 0
    for resource in (StaffList(), Jobs(), Exports(), *shipped):
        file = ListFile(
            resource, resource._meta.model._default_manager.all(), file_format=file_format, is_masked=True, mark=dict
        )
        if file._in_sql() is not None:
            in_sql += 1
            assert made(resource, file_format) == in_python(monkeypatch, resource, file_format), type(resource).__name__
    assert in_sql > 60


def test_nothing_a_spreadsheet_would_run_is_left_in_csv_and_xlsx() -> None:
    StaffFactory(roles=[], full_name="=1+1", email="a@example.test")
    for file_format in (CSV, XLSX):
        assert made(StaffList(), file_format)[1][2] == "'=1+1"
    assert dict(made(StaffList(), JSONL)[0])["full_name"] == "=1+1"


def test_masked_unless_it_was_approved() -> None:
    StaffFactory(roles=[], email="asha@example.test")
    for file_format in (CSV, XLSX):
        assert made(StaffList(), file_format)[1][1] == "a***"
        assert made(StaffList(), file_format, is_masked=False)[1][1] == "asha@example.test"
    assert dict(made(StaffList(), JSONL)[0])["email"] == "a***"


def test_json_lines_keep_numbers_and_what_is_not_there() -> None:
    JobFactory(total=None)
    [row, about] = made(Jobs(), JSONL)
    assert dict(row)["total"] is None
    assert dict(row)["done"] == 0
    assert dict(about) == {"about": {"rows": 1, "ledger": None}}


def test_a_file_says_at_its_end_how_many_rows_it_has() -> None:
    JobFactory()
    assert made(Jobs(), CSV)[-1] == ["# rows: 1; ledger: None"]
    lines = made(Jobs(), XLSX)
    about = lines[lines.index(["rows", 1]) :]
    assert about[1] == ["ledger", None]
    assert [line[0] for line in about[2:]] == [f"column {heading}" for heading in lines[0]]


def test_a_list_of_nothing_has_its_headings_in_every_format() -> None:
    assert not AuditEvent.objects.exists()
    page: Any = site._registry[AuditEvent]
    assert made(page.export_resource(), CSV)[0][:2] == ["at", "kind"]
    rows = AuditEvent.objects.none()
    file = ListFile(page.export_resource(), rows, file_format=XLSX, is_masked=True, mark=lambda count: {"rows": count})
    assert b"".join(file.pieces())
    assert file.count == 0


def shipped() -> list[AuditedResource]:
    pages: dict[Any, Any] = site._registry
    return [page.export_resource() for page in pages.values() if isinstance(page, AuditedExport)]


def test_no_list_calls_a_column_by_a_path_or_two_columns_alike() -> None:
    for resource in shipped():
        heads = [column.heading for column in resource.columns()]
        assert not [head for head in heads if "__" in head], type(resource).__name__
        assert len(set(heads)) == len(heads), (type(resource).__name__, heads)
        assert heads == [heading for heading, _words in resource.words()]


def test_lists_are_words_in_a_cell_and_lists_for_programs() -> None:
    staff = StaffFactory(), StaffFactory()
    entry = {"made_by": staff[0], "checked_by": staff[1], "answer": "approved", "act": "x", "shown_sha256": "0" * 64}
    at = clock.now()
    Recipient.objects.create(
        **entry, made_at=at, checked_at=at, starts_at=at, fiduciary=FiduciaryFactory(code="acme"), code="r", name="R",
        kind="processor", country="IN", contact="a@x.example", purposes=["kyc", "support"], channels=[], url="",
    )  # fmt: skip
    resource: Any = site._registry[Recipient]
    for file_format in (CSV, XLSX):
        heads, row = made(resource.export_resource(), file_format)[:2]
        said = dict(zip(heads, row, strict=True))
        assert (said["purposes"], said["channels"] or "") == ("kyc; support", "")
        assert (said["fiduciary"], said["made_by"], said["checked_by"]) == (
            *("acme", f"staff:{staff[0].pk}", f"staff:{staff[1].pk}"),
        )
    line = dict(made(resource.export_resource(), JSONL)[0])
    assert (line["purposes"], line["channels"]) == (["kyc", "support"], [])


def test_days_and_instants_of_a_workbook_are_dates() -> None:
    """Of each list that has rows: every cell under a field of a date or an instant."""
    law_is_loaded()
    published_notice()
    rows_of_every_kind()
    seen = set()
    for resource in (StaffList(), Jobs(), *shipped()):
        rows = resource._meta.model._default_manager.order_by("pk")
        file = ListFile(resource, rows, file_format=XLSX, is_masked=True, mark=lambda count: {"rows": count})
        sheet = openpyxl.load_workbook(io.BytesIO(b"".join(file.pieces()))).worksheets[0]
        for place, path in enumerate(resource.paths()):
            field = field_at(resource._meta.model, path) if path else None
            if isinstance(field, models.DateField) and resource.columns()[place].mask is None:
                for cell in [row[place] for row in sheet.iter_rows(min_row=2) if row[place].value]:
                    assert cell.data_type == "d", (type(resource).__name__, path, cell.value)
                    seen.add(type(field).__name__)
    assert seen == {"DateField", "DateTimeField"}
