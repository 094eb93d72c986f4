"""The one reader of workbooks, and the four rooms that read lists by it."""

import io
import json
import zlib
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from grievances.legacy_imports.services import legacy_files
from portal.kernel.core.errors import Refused
from portal.kernel.jobs.import_types import ImportColumn
from portal.kernel.jobs.services.imports import file_reader
from portal.kernel.registers.incidents.services import affected_people
from portal.kernel.vault.inspection import cells, client
from portal.kernel.vault.inspection.cells import Cell
from portal.kernel.vault.services import workbooks
from portal.kernel.vault.services.workbooks import BeyondLimits, TooManyRows, UnreadableWorkbook
from tests.vault import bombs

LIMITS: dict[str, Any] = {"most_rows": 1_000, "most_unpacked": 8 * 1024 * 1024}


def test_each_kind_of_cell_comes_as_what_it_is() -> None:
    rows = bombs.workbook(
        ["name", 1, 2.5, True, None, "x"], [date(2027, 3, 31), datetime(2027, 3, 31, 9, 30)], [], ["=1+1", "#N/A"]
    )
    assert list(workbooks.rows(rows, **LIMITS)) == [
        [Cell("name"), Cell(1), Cell(2.5), Cell(True), Cell(), Cell("x")],
        [Cell("2027-03-31 00:00:00", is_day=True), Cell("2027-03-31 09:30:00", is_day=True)],
        [],
        [Cell(is_formula=True), Cell(is_error=True)],
    ]


def test_rows_beyond_what_a_sheet_says_of_its_size_are_read() -> None:
    content = bombs.of_many_rows(bombs.workbook(["name"], ["A"]), 7)
    assert 'dimension ref="A1:A2"' in bombs.part_of(content)
    assert len(list(workbooks.rows(content, **LIMITS))) == 7


def test_no_more_rows_are_read_than_are_asked_for_first() -> None:
    rows = bombs.workbook(*([number] for number in range(50)))
    assert [cells[0].value for cells in workbooks.rows(rows, first=3, **LIMITS)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("harm", "fault"),
    [
        (bombs.declaring, UnreadableWorkbook),
        (lambda content: bombs.declaring(content, late=5_000), UnreadableWorkbook),
        (lambda content: bombs.declaring(content, late=300_000), UnreadableWorkbook),
        (lambda content: bombs.declaring(content, encoding="utf-16"), UnreadableWorkbook),
        (lambda content: bombs.with_part(content, bombs.SHEET, b" " * 9_000_000), UnreadableWorkbook),
        (lambda content: bombs.of_many_rows(content, 1_001), TooManyRows),
        (bombs.with_a_gap, TooManyRows),
        (lambda content: content[:-40], UnreadableWorkbook),
        (lambda content: content[2:-2], UnreadableWorkbook),
        (lambda content: bombs.with_rows(content, bombs.cells(1_001)), BeyondLimits),
        (lambda content: bombs.with_rows(content, bombs.cells(1, "x" * 40_001)), BeyondLimits),
        (lambda content: bombs.with_rows(content, bombs.cells(120, "x" * 40_000)), BeyondLimits),
        (lambda _content: bombs.of_one_long_text(rows=500), BeyondLimits),
    ],
    ids=[
        *("entities", "late", "very late", "UTF-16", "unpacks", "rows", "a gap", "cut", "no ZIP"),
        *("a wide row", "a long cell", "a long row", "one text in all cells"),
    ],
)
def test_a_workbook_that_was_made_to_hurt_is_refused(harm: Callable[[bytes], bytes], fault: type[Exception]) -> None:
    content = harm(bombs.workbook(["name"], ["A"]))
    with pytest.raises(UnreadableWorkbook) as refused:
        list(workbooks.rows(content, **LIMITS))
    assert type(refused.value) is fault


def test_the_widest_row_and_the_longest_cell_are_read() -> None:
    content = bombs.with_rows(bombs.workbook(["name"]), bombs.cells(1_000), bombs.cells(1, "x" * 40_000))
    assert [(len(row), len(str(row[0].value))) for row in workbooks.rows(content, **LIMITS)] == [
        (1_000, 1),
        (1, 40_000),
    ]


def packed(*lines: bytes) -> bytes:
    return zlib.compress(b"\n".join(lines))


@pytest.mark.parametrize(
    ("out", "fault", "limit"),
    [
        (lambda: packed(*[b'["a"]'] * 1_001), TooManyRows, ""),
        (lambda: packed(json.dumps(["a"] * 1_001).encode()), BeyondLimits, cells.TOO_MANY_CELLS),
        (lambda: packed(json.dumps(["a" * 40_001]).encode()), BeyondLimits, cells.TOO_LONG),
        (lambda: packed(b'["' + b"a" * 5_000_000 + b'"]'), BeyondLimits, cells.TOO_LONG),
        (lambda: packed(*[json.dumps(["a" * 40_000] * 100).encode()] * 5), BeyondLimits, cells.TOO_MUCH),
        (lambda: packed(b" " * 50_000_000), BeyondLimits, cells.TOO_LONG),
        (lambda: packed(b"[" * 1_000_000), UnreadableWorkbook, ""),
        (lambda: packed(b"[" + b"9" * 100_000 + b"]"), UnreadableWorkbook, ""),
        (lambda: packed(b'[{"a": 1}]'), UnreadableWorkbook, ""),
        (lambda: packed(b"[[]]"), UnreadableWorkbook, ""),
        (lambda: packed(b'[["d", ["x"]]]'), UnreadableWorkbook, ""),
        (lambda: packed(b"7"), UnreadableWorkbook, ""),
        (lambda: packed(b"\xff\xfe"), UnreadableWorkbook, ""),
        (lambda: b"no stream", UnreadableWorkbook, ""),
    ],
)
def test_a_child_that_a_file_took_over_fills_no_memory(
    out: Callable[[], bytes], fault: type[Exception], limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The parent keeps to the limits itself: what a child says after it has read a stranger's file proves nothing."""
    answer = ({"fault": "", "row": 1}, out())
    monkeypatch.setattr(client, "ask_for_bytes", lambda *_asked, **_named: answer)
    with pytest.raises(UnreadableWorkbook) as refused:
        list(workbooks.rows(b"", **LIMITS))
    assert type(refused.value) is fault
    assert getattr(refused.value, "limit", "") == limit


def in_imports(content: bytes) -> Any:
    return list(file_reader.rows(io.BytesIO(content), "xlsx", [ImportColumn("name", is_required=True)]))


def in_old_lists(content: bytes) -> Any:
    return legacy_files.read(
        "a.xlsx", content, columns=["name"], required=["name"], most_rows=1_000, most_bytes=8 * 1024 * 1024
    )


def in_incidents(content: bytes) -> Any:
    return affected_people.read("a.xlsx", content)


@pytest.mark.parametrize("read", [in_imports, in_old_lists, in_incidents])
@pytest.mark.parametrize("late", [0, 5_000])
def test_every_room_refuses_a_workbook_with_entities(read: Callable[[bytes], Any], late: int) -> None:
    content = bombs.workbook(["name" if read is not in_incidents else "address"], ["a@example.com"])
    assert read(content)
    with pytest.raises(Refused) as refused:
        read(bombs.declaring(content, late=late))
    assert refused.value.code == "UNREADABLE"


@pytest.mark.parametrize("read", [in_imports, in_old_lists, in_incidents])
def test_every_room_refuses_more_rows_than_it_takes_before_it_holds_them(
    read: Callable[[bytes], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_reader, "MOST_ROWS", 1_000)
    monkeypatch.setattr(affected_people, "MOST_LINES", 1_000)
    content = bombs.of_many_rows(bombs.workbook(["name"]), 40_000)
    assert len(content) < 200_000
    with pytest.raises(Refused) as refused:
        read(content)
    assert refused.value.code in {"TOO_MANY_ROWS", "COLUMNS"}


@pytest.mark.parametrize("read", [in_imports, in_old_lists, in_incidents])
@pytest.mark.parametrize(
    ("row", "words"),
    [(bombs.cells(1_001), "more than 1000 cells"), (bombs.cells(1, "x" * 40_001), "more than 40000 characters")],
)
def test_every_room_says_in_words_which_limit_a_workbook_is_beyond(
    read: Callable[[bytes], Any], row: str, words: str
) -> None:
    first = bombs.cells(1, "name" if read is not in_incidents else "address")
    with pytest.raises(Refused, match=words) as refused:
        read(bombs.with_rows(bombs.workbook(["x"]), first, row))
    assert refused.value.code == "TOO_MUCH"
