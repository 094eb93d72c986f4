"""The lines of a list from an old system, CSV or XLSX, all at once: such a list is short and comes once."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from portal.kernel.core.errors import Refused
from portal.kernel.core.text import without_hiding_marks
from portal.kernel.vault.services import short_lists

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
    heading, *table = short_lists.lines(name, content, most_rows=most_rows, most_unpacked=MOST_UNPACKED) or [[]]
    headings = [cell.strip().lower() for cell in heading]
    missing = [column for column in required if column not in headings]
    unknown = [cell for cell in headings if cell not in columns]
    if missing or unknown:
        wanted = ", ".join(columns)
        raise Refused(_("The first line must name the columns: %(columns)s.") % {"columns": wanted}, code="COLUMNS")
    cells = ([without_hiding_marks(cell).strip() for cell in row] for row in table)
    rows = [dict(zip(headings, row, strict=False)) for row in cells]
    if not rows:
        raise Refused(_("The file has no lines below its heading."), code="EMPTY")
    return rows
