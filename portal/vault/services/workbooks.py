"""The rows of a workbook that somebody brought, read in the confined child: the one place where XLSX is unpacked."""

import json
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from portal.vault.inspection import cells, process
from portal.vault.inspection.cells import TOO_MANY_ROWS, Cell

_READER: Final = "portal.vault.inspection.sheets"
#: A sheet of 500,000 rows takes a minute of the processor.
_LIMITS: Final = replace(process.LIMITS, cpu_seconds=240, wall_seconds=600.0)
_PART: Final = 1024 * 1024


class UnreadableWorkbook(Exception):
    """No workbook, or from this row on none that can be read; or one that unpacks to too much, or defines entities."""

    def __init__(self, row: int) -> None:
        super().__init__(f"row {row}")
        self.row = row


class TooManyRows(UnreadableWorkbook):
    """More rows than are wanted, empty ones counted; the row after the last wanted one."""


def rows(
    content: bytes, *, most_rows: int, most_unpacked: int, first: int = 0, worked_out: bool = False
) -> Iterator[list[Cell]]:
    """Each row of the first sheet, from its first row on, empty ones too; cells after the last that holds anything are left out.

    With ``first`` no more rows than that. With ``worked_out`` a formula is what the spreadsheet last showed. Raises
    UnreadableWorkbook or TooManyRows, behind the rows before it; Unavailable where the machine is too busy to read it.
    """
    asked = {"most_rows": most_rows, "most_unpacked": most_unpacked, "first": first, "worked_out": worked_out}
    try:
        said, packed = process.ask_for_bytes(_READER, content, asked=asked, limits=_LIMITS)
    except process.ChildFailedError:
        raise UnreadableWorkbook(1) from None
    for line in _lines(packed):
        yield [cells.read(value) for value in json.loads(line)]
    if said["fault"]:
        raise (TooManyRows if said["fault"] == TOO_MANY_ROWS else UnreadableWorkbook)(int(said["row"]))


def _lines(packed: bytes) -> Iterator[bytes]:
    """Unpacked piece by piece: a sheet of a million like rows is small as it comes."""
    unpacker = zlib.decompressobj()
    rest = b""
    waiting = packed
    while waiting:
        *lines, rest = (rest + unpacker.decompress(waiting, _PART)).split(b"\n")
        yield from lines
        waiting = unpacker.unconsumed_tail
    yield from (rest + unpacker.flush()).splitlines()
