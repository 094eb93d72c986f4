"""The rows of a workbook that somebody brought, read in the confined child: the one place where XLSX is unpacked."""

import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from django.utils.translation import gettext as _

from portal.kernel.vault.inspection import cells, client
from portal.kernel.vault.inspection.cells import TOO_MANY_ROWS, Cell

_READER: Final = "portal.kernel.vault.inspection.sheets"
#: A sheet of 500,000 rows takes a minute of the processor.
_LIMITS: Final = replace(client.LIMITS, cpu_seconds=240, wall_seconds=600.0)
_PART: Final = 1024 * 1024


class UnreadableWorkbook(Exception):
    """No workbook, or from this row on none that can be read; or one that unpacks to too much, or defines entities."""

    def __init__(self, row: int) -> None:
        super().__init__(f"row {row}")
        self.row = row


class TooManyRows(UnreadableWorkbook):
    """More rows than are wanted, empty ones counted; the row after the last wanted one."""


class BeyondLimits(UnreadableWorkbook):
    """A row that is too wide, a cell or a row that is too long, or too much in all rows together; ``words`` say which."""

    def __init__(self, row: int, limit: str) -> None:
        super().__init__(row)
        self.limit = limit

    @property
    def words(self) -> str:
        """For the person who brought the file."""
        if self.limit == cells.TOO_MANY_CELLS:
            return _("A row has more than %(most)d cells. Remove columns, or split the file.") % {
                "most": cells.MOST_CELLS
            }
        if self.limit == cells.TOO_LONG:
            said = _("A cell has more than %(most)d characters, or a row is too long. Shorten the text.")
            return said % {"most": cells.LONGEST_CELL}
        return _("The file has too much text. Split it.")


def rows(
    content: bytes, *, most_rows: int, most_unpacked: int, first: int = 0, worked_out: bool = False
) -> Iterator[list[Cell]]:
    """Each row of the first sheet, from its first row on, empty ones too; cells after the last that holds anything are left out.

    With ``first`` no more rows than that. With ``worked_out`` a formula is what the spreadsheet last showed. Raises
    UnreadableWorkbook, TooManyRows or BeyondLimits, behind the rows before it; Unavailable where the machine is too busy.
    """
    asked = {"most_rows": most_rows, "most_unpacked": most_unpacked, "first": first, "worked_out": worked_out}
    try:
        said, packed = client.ask_for_bytes(_READER, content, asked=asked, limits=_LIMITS)
    except client.ChildFailedError:
        raise UnreadableWorkbook(1) from None
    number = 0
    try:
        for number, line in enumerate(_lines(packed, cells.most_on_the_way(most_unpacked)), start=1):
            if number > (first or most_rows):
                raise TooManyRows(number)
            yield cells.read_row(line)
        fault, row = said["fault"], int(said["row"])
    except cells.BeyondLimitError as beyond:
        raise BeyondLimits(number, str(beyond)) from None
    except (ValueError, KeyError, zlib.error):
        raise UnreadableWorkbook(number + 1) from None
    if fault == TOO_MANY_ROWS:
        raise TooManyRows(row)
    if fault in {cells.TOO_MANY_CELLS, cells.TOO_LONG, cells.TOO_MUCH}:
        raise BeyondLimits(row, fault)
    if fault:
        raise UnreadableWorkbook(row)


def _lines(packed: bytes, most: int) -> Iterator[bytes]:
    """Unpacked piece by piece: a sheet of a million like rows is small as it comes.

    The child that packed it has read a stranger's file, and is not believed: raises BeyondLimitError for a line that is too
    long, and beyond so many bytes in all.
    """
    unpacker = zlib.decompressobj()
    rest, waiting = b"", packed
    while not unpacker.eof:
        piece = unpacker.decompress(waiting, _PART)
        waiting = unpacker.unconsumed_tail
        if not piece and not waiting:
            break
        most -= len(piece)
        if most < 0:
            raise cells.BeyondLimitError(cells.TOO_MUCH)
        *lines, rest = (rest + piece).split(b"\n")
        if max(map(len, [*lines, rest])) > cells.LONGEST_ROW:
            raise cells.BeyondLimitError(cells.TOO_LONG)
        yield from lines
    yield from rest.splitlines()
