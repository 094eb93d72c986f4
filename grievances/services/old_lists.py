"""The lines of a list from an old system, CSV or XLSX, all at once: such a list is short and comes once."""

import io
from collections.abc import Sequence

import tablib  # type: ignore[import-untyped]
from django.utils.translation import gettext as _

from portal.core import workbooks
from portal.core.errors import Refused
from portal.core.text import without_hiding_marks

#: What a workbook may come to when it is unpacked.
MOST_UNPACKED = 64 * 1024 * 1024

Row = dict[str, str]


def read(
    name: str, content: bytes, *, columns: Sequence[str], required: Sequence[str], most_rows: int, most_bytes: int
) -> list[Row]:
    """The lines of a CSV (UTF-8) or XLSX file by the names of its heading.

    Raises Refused for another kind of file, an unreadable or too long one, and missing or unknown columns.
    """
    if len(content) > most_bytes:
        said = _("The file is larger than %(most)d MB. Split it.") % {"most": most_bytes // 2**20}
        raise Refused(said, code="TOO_LARGE")
    table = _table(name, content)
    headings = [str(heading or "").strip().lower() for heading in table.headers or ()]
    missing = [column for column in required if column not in headings]
    unknown = [heading for heading in headings if heading not in columns]
    if missing or unknown:
        wanted = ", ".join(columns)
        raise Refused(_("The first line must name the columns: %(columns)s.") % {"columns": wanted}, code="COLUMNS")
    if len(table) > most_rows:
        raise Refused(_("The file has more than %(most)d lines. Split it.") % {"most": most_rows}, code="TOO_MANY_ROWS")
    cells = ([without_hiding_marks("" if cell is None else str(cell)).strip() for cell in row] for row in table)
    rows = [dict(zip(headings, row, strict=False)) for row in cells]
    if not rows:
        raise Refused(_("The file has no lines below its heading."), code="EMPTY")
    return rows


def _table(name: str, content: bytes) -> tablib.Dataset:
    kind = name.lower().rpartition(".")[2]
    try:
        if kind == "csv":
            return tablib.Dataset().load(content.decode("utf-8-sig"), format="csv")
        if kind == "xlsx" and workbooks.is_harmless(io.BytesIO(content), most_unpacked=MOST_UNPACKED):
            return tablib.Dataset().load(content, format="xlsx", read_only=True)
    except Exception as error:
        raise Refused(_("The file cannot be read. Save it as CSV in UTF-8 or as XLSX."), code="UNREADABLE") from error
    if kind == "xlsx":
        raise Refused(_("The file cannot be read. Save it as CSV in UTF-8 or as XLSX."), code="UNREADABLE")
    raise Refused(_("Choose a CSV or an XLSX file."), code="TYPE")
