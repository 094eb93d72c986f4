"""The lines of a short file, CSV or XLSX, all at once: what somebody brings by hand and what comes once."""

import csv
import io

from django.utils.translation import gettext as _

from portal.kernel.core.errors import Refused
from portal.kernel.vault.services import workbooks


def lines(name: str, content: bytes, *, most_rows: int, most_unpacked: int) -> list[list[str]]:
    """Each line as the texts of its cells, the heading first; lines without a cell are left out.

    Raises Refused for another kind of file (TYPE), one that cannot be read (UNREADABLE), more lines than that below the heading
    (TOO_MANY_ROWS) and more cells or text than any list has (TOO_MUCH); Unavailable where the machine is too busy to read a workbook.
    """
    kind = name.lower().rpartition(".")[2]
    if kind not in {"csv", "xlsx"}:
        raise Refused(_("Choose a CSV or an XLSX file."), code="TYPE")
    too_many = Refused(
        _("The file has more than %(most)d lines. Split it.") % {"most": most_rows}, code="TOO_MANY_ROWS"
    )
    try:
        if kind == "csv":
            found = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
        else:
            sheet = workbooks.rows(content, most_rows=most_rows + 1, most_unpacked=most_unpacked, worked_out=True)
            found = [["" if cell.value is None else str(cell.value) for cell in row] for row in sheet]
    except workbooks.TooManyRows:
        raise too_many from None
    except workbooks.BeyondLimits as beyond:
        raise Refused(beyond.words, code="TOO_MUCH") from None
    except (workbooks.UnreadableWorkbook, UnicodeDecodeError, csv.Error) as error:
        raise Refused(_("The file cannot be read. Save it as CSV in UTF-8 or as XLSX."), code="UNREADABLE") from error
    found = [cells for cells in found if cells]
    if len(found) > most_rows + 1:
        raise too_many
    return found
