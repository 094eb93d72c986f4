"""The rows of a file that somebody brought: CSV and XLSX, each cell as text, each fault with its line."""

import io
from datetime import date
from typing import Any

import openpyxl
import pytest

from portal.kernel.jobs.import_types import ImportColumn
from portal.kernel.jobs.services.imports import file_reader
from portal.kernel.jobs.services.imports.file_reader import Read, Unreadable

COLUMNS = (ImportColumn("name", is_required=True), ImportColumn("kind"), ImportColumn("phone"))


def rows(content: bytes, layout: str = "csv") -> list[Read]:
    return list(file_reader.rows(io.BytesIO(content), layout, COLUMNS))


def workbook(*lines: Any) -> bytes:
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(line)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_a_row_is_named_by_its_line_and_empty_lines_are_none() -> None:
    found = rows(b'\xef\xbb\xbfName,kind\r\n"Acme\r\nTraders",organisation\r\n,,\r\n\r\nRavi\r\n')
    assert found == [
        Read(2, {"name": "Acme\r\nTraders", "kind": "organisation"}),
        Read(6, {"name": "Ravi", "kind": ""}),
    ]


def test_semicolons_part_cells_too() -> None:
    assert rows(b"name;kind\nA, B;x\n") == [Read(2, {"name": "A, B", "kind": "x"})]


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "+cmd|x", "-2+3+cmd|x", "＝1+1"])
def test_what_a_spreadsheet_would_run_is_a_fault_of_its_cell(text: str) -> None:
    (found,) = rows(f'name,kind\nA,"{text}"\n'.encode())
    assert [column for column, _said in found.faults] == ["kind"]
    assert "formula" in found.faults[0][1]
    assert text not in found.faults[0][1]


@pytest.mark.parametrize("text", ["+91 98765 43210", "-5", "'+91 98765 43210", "-"])
def test_numbers_are_no_formulae(text: str) -> None:
    (found,) = rows(f'name,phone\nA,"{text}"\n'.encode())
    assert found == Read(2, {"name": "A", "phone": text.removeprefix("'")})


def test_an_apostrophe_says_that_a_text_is_meant() -> None:
    assert rows(b"name\n'=A\n") == [Read(2, {"name": "=A"})]


def test_a_workbook_gives_values_and_refuses_formulae() -> None:
    found = rows(workbook(["name", "kind", "phone"], ["A", date(2027, 3, 31), 98.0], ["B", True, "=1+1"]), "xlsx")
    assert found[0] == Read(2, {"name": "A", "kind": "2027-03-31", "phone": "98"})
    assert found[1].cells == {"name": "B", "kind": "yes", "phone": ""}
    assert [column for column, _said in found[1].faults] == ["phone"]


def test_cells_behind_the_last_column_are_a_fault_of_the_row() -> None:
    (found,) = rows(b"name,kind\nAcme, Traders,organisation\n")
    assert [column for column, _said in found.faults] == [""]


def test_the_columns_that_our_file_of_faults_adds_may_come_back() -> None:
    assert rows(b"line,name,what to do\n7,A,kind: Write it.\n") == [Read(2, {"name": "A"})]


@pytest.mark.parametrize(
    ("content", "layout", "code", "line"),
    [
        (b"", "csv", "EMPTY", 1),
        (b"\n\n", "csv", "EMPTY", 1),
        (workbook(), "xlsx", "EMPTY", 1),
        (b"\n\nname\n", "csv", "COLUMNS", 1),
        (b"\x00\x01\x02PK\n\x00", "csv", "ENCODING", 1),
        ("namn\nRené\n".encode("latin-1"), "csv", "ENCODING", 2),
        (b"name\n", "csv", "EMPTY", 1),
        (b"kind\nx\n", "csv", "COLUMNS", 1),
        (b"name,colour\nA,red\n", "csv", "COLUMNS", 1),
        (b"name,name\nA,B\n", "csv", "COLUMNS", 1),
        ("name\nमीरा\n".encode("utf-16"), "csv", "ENCODING", 1),
        (b"name\n" + b"A\n" * 3000 + "René\n".encode("latin-1"), "csv", "ENCODING", 3002),
        (b'name\nA\n"B\nC\n', "csv", "NO_CSV", 3),
        (b"not a workbook", "xlsx", "UNREADABLE", 1),
    ],
)
def test_a_file_that_cannot_be_read_says_from_which_line_on(content: bytes, layout: str, code: str, line: int) -> None:
    with pytest.raises(Unreadable) as refused:
        rows(content, layout)
    assert (refused.value.code, refused.value.line) == (code, line)


def test_a_workbook_that_unpacks_to_too_much_is_refused_unread(monkeypatch: Any) -> None:
    book = workbook(["name"], ["A"])
    assert len(rows(book, "xlsx")) == 1
    monkeypatch.setattr(file_reader, "MOST_UNPACKED", 10)
    with pytest.raises(Unreadable):
        rows(book, "xlsx")


def test_too_many_rows_are_refused(monkeypatch: Any) -> None:
    monkeypatch.setattr(file_reader, "MOST_ROWS", 2)
    assert len(rows(b"name\nA\nB\n")) == 2
    with pytest.raises(Unreadable, match="more than 2 rows"):
        rows(b"name\nA\nB\nC\n")
