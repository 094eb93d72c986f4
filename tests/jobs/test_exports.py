import csv
import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from portal.kernel.jobs import export_columns
from portal.kernel.jobs.export_columns import Column, stream_csv
from portal.kernel.jobs.list_writer import SPELLINGS, XLSX, spelled
from portal.kernel.jobs.xlsx_writer import stream_xlsx

Pair = tuple[Any, Any]
COLUMNS: list[Column[Pair]] = [Column("First", lambda pair: pair[0]), Column("Second", lambda pair: pair[1])]
FORMULAE = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1+1", "\u00a0=HYPERLINK()"]


def csv_rows(rows: list[Pair]) -> list[list[str]]:
    text = b"".join(stream_csv(COLUMNS, rows)).decode()
    return list(csv.reader(io.StringIO(text, newline="")))


def xlsx_rows(rows: list[Pair], columns: list[Column[Pair]] = COLUMNS) -> list[list[object]]:
    lines = [[spelled(column, column.value(row), SPELLINGS[XLSX]) for column in columns] for row in rows]
    book = b"".join(stream_xlsx([column.heading for column in columns], lines, sheet="List"))
    sheets = load_workbook(io.BytesIO(book)).worksheets
    return [[cell.value for cell in row] for sheet in sheets for row in sheet.iter_rows()]


@pytest.mark.parametrize("formula", FORMULAE)
def test_a_formula_arrives_as_text_in_both_formats(formula: str) -> None:
    assert csv_rows([(formula, 1)])[1][0] == f"'{formula}"
    assert str(xlsx_rows([(formula, 1)])[1][0]).startswith("'")


@given(st.text(max_size=40))
def test_no_text_whatever_begins_a_formula(text: str) -> None:
    escaped = export_columns.escape_formula(text)
    assert not escaped.lstrip(" \u00a0\ufeff").startswith(export_columns.FORMULA_STARTS)
    assert escaped.removeprefix("'") == text.removeprefix("'")


def test_headings_come_first_even_for_an_empty_list() -> None:
    assert csv_rows([]) == [["First", "Second"]]
    assert xlsx_rows([]) == [["First", "Second"]]


def test_a_masked_column_never_shows_the_value() -> None:
    masked: list[Column[Pair]] = [Column("PAN", lambda pair: pair[0], mask=lambda text: f"XXXXXX{text[-4:]}")]
    text = b"".join(stream_csv(masked, [("ABCDE1234F", None)])).decode()
    assert "XXXXXX234F" in text
    assert "ABCDE" not in text
    assert xlsx_rows([("ABCDE1234F", None)], masked)[1] == ["XXXXXX234F"]


def test_a_masked_whole_number_is_masked_in_a_spreadsheet_too() -> None:
    masked: list[Column[Pair]] = [Column("Account", lambda pair: pair[0], mask=lambda text: f"XXXX{text[-2:]}")]
    assert xlsx_rows([(123456789, None)], masked)[1] == ["XXXX89"]


def test_instants_carry_their_offset_and_numbers_stay_numbers() -> None:
    row = (datetime(2026, 11, 24, 20, 0, tzinfo=UTC), 7)
    assert csv_rows([row])[1] == ["2026-11-25T01:30:00+05:30", "7"]
    assert xlsx_rows([row])[1] == [datetime(2026, 11, 25, 1, 30), 7]
    assert csv_rows([(date(2026, 11, 25), True), (None, False)])[1:] == [["2026-11-25", "yes"], ["", "no"]]


def test_commas_quotes_and_line_breaks_survive() -> None:
    awkward = 'a "quoted", text\nwith a second line'
    assert csv_rows([(awkward, "नमस्ते")])[1] == [awkward, "नमस्ते"]


def test_rows_are_drawn_one_at_a_time() -> None:
    drawn = []

    def rows() -> Any:
        for number in range(100):
            drawn.append(number)
            yield number, number

    stream = stream_csv(COLUMNS, rows())
    next(stream)
    next(stream)
    assert len(drawn) == 1
