"""The rows of a workbook's first sheet: a plain module that the confined child asks (``services.workbooks`` names it).

A workbook is a ZIP of XML, made by a stranger: it may unpack to hundreds of times its size, define entities that grow, or
count a million rows where there are two cells. Refused are what unpacks to more than is asked for, any document type, in
whatever encoding and however late, and more rows, wider rows and longer cells than are asked for.
"""

import io
import json
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Final
from xml.parsers import expat

import openpyxl

from portal.kernel.vault.inspection import cells
from portal.kernel.vault.inspection.cells import TOO_LONG, TOO_MANY_CELLS, TOO_MANY_ROWS, TOO_MUCH, UNREADABLE
from portal.kernel.vault.inspection.result import Limits

#: Of the rows that are written at all: what comes out, packed.
MOST_OUT: Final = 60 * 1024 * 1024
_PART: Final = 256 * 1024


class _DeclaredError(Exception):
    """A part declares a document type."""


def prepare(
    data: bytes, asked: dict[str, Any], limits: Limits
) -> tuple[int, Callable[[], tuple[dict[str, Any], bytes]]]:
    """Use the libraries once, before the limits; no descriptor stays open."""
    for worked_out in (False, True):
        warmed = {"worked_out": worked_out, "most_unpacked": 1 << 20, "most_rows": 9, "first": 0}
        if read(smallest(), warmed)[0] != {"fault": "", "row": 1}:
            raise RuntimeError("the library does not read a workbook of one row")
    return 0, lambda: read(data, asked)


def smallest() -> bytes:
    """A workbook with a cell of each kind, made here: the library writes its own through a file on the disk."""
    place = "http://schemas.openxmlformats.org"
    document, package = f"{place}/officeDocument/2006/relationships", f"{place}/package/2006"
    main, kind = f"{place}/spreadsheetml/2006/main", "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}.sharedStrings+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{document}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{document}">'
        '<sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{document}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{document}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><fonts><font/></fonts><fills><fill><patternFill/></fill></fills><borders><border/></borders>'
        '<cellStyleXfs><xf/></cellStyleXfs><cellXfs><xf/><xf numFmtId="22"/></cellXfs></styleSheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{main}"><si><t>a</t></si></sst>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c>'
        '<c r="B1"><v>1.5</v></c><c r="C1" t="b"><v>1</v></c><c r="D1" s="1"><v>46000.25</v></c>'
        '<c r="E1" t="inlineStr"><is><t>b</t></is></c><c r="F1"><f>1+1</f><v>2</v></c><c r="G1" t="e"><v>#N/A</v></c>'
        '<c r="H1" t="d"><v>2026-01-01T00:00:00</v></c></row></sheetData></worksheet>',
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        for name, part in parts.items():
            packed.writestr(name, part)
    return made.getvalue()


def read(data: bytes, asked: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """What is wrong and at which row, if anything is; and the rows before it, each a line of JSON, packed."""
    packer = zlib.compressobj(1)
    out = bytearray()
    number = 0
    try:
        _judge(data, int(asked["most_unpacked"]))
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=bool(asked["worked_out"]))
        for number, line in enumerate(_lines(book, cells.most_on_the_way(int(asked["most_unpacked"]))), start=1):
            if number > asked["most_rows"] or len(out) > MOST_OUT:
                return {"fault": TOO_MANY_ROWS, "row": number}, bytes(out) + packer.flush()
            out += packer.compress(line)
            if number == asked["first"]:
                break
    except cells.BeyondLimitError as beyond:
        return {"fault": str(beyond), "row": number + 1}, bytes(out) + packer.flush()
    except Exception:  # noqa: BLE001 - the library has no error of its own for what is no workbook
        return {"fault": UNREADABLE, "row": number + 1}, bytes(out) + packer.flush()
    return {"fault": "", "row": number}, bytes(out) + packer.flush()


def _judge(data: bytes, most_unpacked: int) -> None:
    """Raises ValueError for what unpacks to too much, _DeclaredError for a document type, and what the libraries raise."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        parts = packed.infolist()
        if sum(part.file_size for part in parts) > most_unpacked:
            raise ValueError("unpacks to too much")
        left = most_unpacked
        for part in parts:
            if part.filename.lower().endswith((".xml", ".rels", ".vml")):
                left -= _parsed(packed, part, left)


def _parsed(packed: zipfile.ZipFile, part: zipfile.ZipInfo, most: int) -> int:
    """Read a part to its end as the parser does, which knows its encoding; its bytes."""
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse
    size = 0
    with packed.open(part) as opened:
        while piece := opened.read(_PART):
            size += len(piece)
            if size > most:
                raise ValueError("unpacks to too much")
            parser.Parse(piece, False)
    parser.Parse(b"", True)
    return size


def _refuse(*_declared: Any) -> None:
    raise _DeclaredError


def _lines(book: Any, most: int) -> Iterator[bytes]:
    """Each row as a line of JSON. Raises BeyondLimitError for what is too wide or too long, and beyond so many bytes in all."""
    sheet = book.worksheets[0]
    sheet.reset_dimensions()  # what a sheet says of its own size is often wrong, and rows beyond it would be left out
    for found in sheet.iter_rows():
        row = [cells.written(cell.value, cell.data_type) for cell in found]
        while row and row[-1] is None:
            row.pop()
        if len(row) > cells.MOST_CELLS:
            raise cells.BeyondLimitError(TOO_MANY_CELLS)
        line = json.dumps(row).encode() + b"\n"
        if len(line) > cells.LONGEST_ROW:
            raise cells.BeyondLimitError(TOO_LONG)
        most -= len(line)
        if most < 0:
            raise cells.BeyondLimitError(TOO_MUCH)
        yield line
