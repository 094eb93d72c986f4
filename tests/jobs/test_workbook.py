"""XLSX as it is written: what a spreadsheet reads back is what went in, however long or strange."""

import io
import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.utils.datetime import from_excel

from portal.kernel.core import clock
from portal.kernel.jobs import xlsx_writer
from portal.kernel.jobs.xlsx_writer import day_number, instant_number, stream_xlsx

HEADS = ["First", "Second"]


def sheets_of(rows: Any, **more: Any) -> list[list[list[object]]]:
    book = load_workbook(io.BytesIO(b"".join(stream_xlsx(HEADS, rows, sheet="List", **more))))
    return [[[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book.worksheets]


def read_back(text: str) -> str:
    """As spreadsheets read it: codes of characters that XML has not become those characters, line ends one."""
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text)


@settings(max_examples=30)  # a spreadsheet library reads each of them
@given(
    st.lists(st.tuples(st.text(max_size=20), st.one_of(st.none(), st.text(max_size=5), st.integers(-(10**14), 10**14))))
)
def test_every_text_and_number_is_read_back(rows: list[tuple[Any, Any]]) -> None:
    [found] = sheets_of(rows)
    assert found[0] == HEADS
    said = [[read_back(cell) if isinstance(cell, str) else cell for cell in row] for row in found[1:]]
    # A text of nothing and no value look the same in a spreadsheet.
    assert [[cell or "" if cell != 0 else 0 for cell in row] for row in said] == [
        [cell or "" if cell != 0 else 0 for cell in row] for row in map(list, rows)
    ]


def test_a_number_too_long_for_a_spreadsheet_keeps_all_its_digits() -> None:
    assert sheets_of([(12345678901234567890, 0)])[0][1] == ["12345678901234567890", 0]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 6])
def test_a_list_longer_than_a_sheet_goes_on_in_the_next(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(xlsx_writer, "ROWS_OF_A_SHEET", 3)
    found = sheets_of([(str(number), number) for number in range(count)])
    assert [row for sheet in found for row in sheet[1:]] == [[str(number), number] for number in range(count)]
    assert {tuple(sheet[0]) for sheet in found} == {tuple(HEADS)}
    assert len(found) == max(1, -(-count // 2))


def test_a_sheet_that_would_be_too_large_to_open_ends_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_writer, "LARGEST_SHEET", 1)
    monkeypatch.setattr(xlsx_writer, "BATCH", 2)
    found = sheets_of([("x", number) for number in range(5)])
    assert [[row[1] for row in sheet[1:]] for sheet in found] == [[0, 1], [2, 3], [4]]


def test_a_cell_longer_than_the_format_allows_is_cut_visibly_and_not_lost() -> None:
    cell = str(sheets_of([("ä" * 40_000, 1)])[0][1][0])
    assert len(cell) == 32_767
    assert cell.endswith(" [...]")


def test_what_is_said_about_the_file_stands_on_a_sheet_behind_the_rows() -> None:
    assert sheets_of([("a", 1)], last=[("rows", 1)])[-1] == [["rows", 1]]


def test_rows_are_drawn_a_thousand_at_a_time() -> None:
    drawn = []

    def rows() -> Any:
        for number in range(5_000):
            drawn.append(number)
            yield str(number), number

    next(stream_xlsx(HEADS, rows(), sheet="List"))
    assert len(drawn) == xlsx_writer.BATCH


INSTANT = datetime(2026, 3, 31, 19, 5, 7, 999_000, tzinfo=UTC)


def test_an_instant_and_a_day_are_dates_that_a_spreadsheet_can_count_with() -> None:
    rows = [(instant_number(INSTANT), day_number(date(2026, 4, 1))), ("=1", 46_113)]
    book = load_workbook(io.BytesIO(b"".join(stream_xlsx(HEADS, rows, sheet="List", instants=[0]))))
    [first, second] = list(book.worksheets[0].iter_rows(min_row=2))
    assert [cell.data_type for cell in first] == ["d", "d"]
    assert [cell.is_date for cell in first] == [True, True]
    assert (first[0].value, first[1].value) == (datetime(2026, 4, 1, 0, 35, 7), datetime(2026, 4, 1))
    assert [cell.number_format.replace("\\", "") for cell in first] == ["dd-mm-yyyy hh:mm:ss", "dd-mm-yyyy"]
    assert [(cell.data_type, cell.value) for cell in second] == [("s", "=1"), ("n", 46_113)]
    assert book.worksheets[0].column_dimensions["A"].width == 19


@settings(max_examples=60)
@given(st.datetimes(datetime(1990, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC)))
def test_every_instant_reads_back_to_the_second_as_a_clock_in_india_shows_it(at: datetime) -> None:
    said = from_excel(instant_number(at)).replace(tzinfo=clock.IST)
    assert said == at.replace(microsecond=0).astimezone(clock.IST)


def test_a_day_before_spreadsheets_count_alike_stays_a_text() -> None:
    assert day_number(date(1899, 5, 4)) == "1899-05-04"
    assert from_excel(day_number(date(1900, 3, 1))) == datetime(1900, 3, 1)
