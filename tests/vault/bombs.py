"""Workbooks that somebody made to hurt: small as they come, and large or endless as they are read."""

import io
import zipfile
from collections.abc import Sequence

import openpyxl

from portal.kernel.vault.inspection import sheets

SHEET = "xl/worksheets/sheet1.xml"


def workbook(*rows: Sequence[object]) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.worksheets[0].append(list(row))
    book.save(out)
    return out.getvalue()


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """The workbook with one part in place of its own."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as packed, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for old in packed.infolist():
            made.writestr(old.filename, part if old.filename == name else packed.read(old))
    return out.getvalue()


def part_of(content: bytes, name: str = SHEET) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return packed.read(name).decode()


def declaring(content: bytes, *, late: int = 0, encoding: str = "utf-8") -> bytes:
    """A document type whose entities grow tenfold at each step, behind so many bytes of a comment, in an encoding."""
    grown = '<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefg", "bcdefgh", strict=True)
    )
    text = part_of(content).partition("?>")[2] or part_of(content)
    head = f'<?xml version="1.0" encoding="{encoding}"?>' + (f"<!--{'x' * late}-->" if late else "")
    return with_part(content, SHEET, (head + f"<!DOCTYPE worksheet [{grown}]>" + text.strip()).encode(encoding))


def cells(count: int, text: str = "a") -> str:
    """A row's cells, each with the text in itself."""
    return f'<c t="inlineStr"><is><t>{text}</t></is></c>' * count


def with_rows(content: bytes, *rows: str) -> bytes:
    """The workbook with these rows in place of its own."""
    before, _begin, rest = part_of(content).partition("<sheetData>")
    made = "".join(f'<row r="{number}">{row}</row>' for number, row in enumerate(rows, start=1))
    return with_part(
        content, SHEET, f"{before}<sheetData>{made}</sheetData>{rest.partition('</sheetData>')[2]}".encode()
    )


def of_one_long_text(rows: int) -> bytes:
    """A hundred cells in each row, all of one text that is in the workbook once: rows of 3.9 MB, each from 2 kB."""
    shared = (
        f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>{"x" * 39_000}</t></si></sst>'
    )
    content = with_part(sheets.smallest(), "xl/sharedStrings.xml", shared.encode())
    return with_rows(content, *['<c t="s"><v>0</v></c>' * 100] * rows)


def of_many_rows(content: bytes, count: int) -> bytes:
    """Each row with one cell: half a million of them are a hundred kilobytes."""
    return with_rows(content, *[cells(1)] * count)


def with_a_gap(content: bytes) -> bytes:
    """Two rows, of which the second is the last that a sheet may have."""
    before, _begin, rest = part_of(content).partition("<sheetData>")
    rows = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="A1048576"><v>1</v></c></row>'
    return with_part(
        content, SHEET, f"{before}<sheetData>{rows}</sheetData>{rest.partition('</sheetData>')[2]}".encode()
    )
