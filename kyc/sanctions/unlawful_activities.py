"""The schedules of the Unlawful Activities (Prevention) Act, 1967: organisations (First), individuals (Fourth).

The Ministry of Home Affairs publishes them as pages and PDF, in no form for machines. They are read from a table in UTF-8 with
commas and these columns, which two people write from the publication (``portal/docs/screening.md``):

``schedule`` (1 or 4), ``number`` (as in the schedule), ``name``, ``other_names`` (with semicolons between them; may be empty),
``born`` (YYYY-MM-DD or YYYY; may be empty). "X/Y" in a name, as the schedules write it, is two names.
"""

import re
from typing import Final

from kyc.sanctions import births, tables
from kyc.sanctions.entries import BadListError, Listed, distinct

_COLUMNS: Final = frozenset({"schedule", "number", "name", "other_names", "born"})
_KINDS: Final = {"1": "organisation", "4": "person"}


def read(data: bytes) -> list[Listed]:
    """The entries of both schedules. Raises BadListError for another table, another schedule and a number that occurs twice."""
    entries: dict[str, Listed] = {}
    for row in tables.rows(data, delimiter=",", needed=_COLUMNS):
        kind, number = _KINDS.get(row["schedule"]), row["number"].rstrip(".")
        if kind is None or not number.isdecimal():
            raise BadListError("A line names a schedule other than 1 or 4, or no number.")
        uid = f"{row['schedule']}.{number}"
        if uid in entries:
            raise BadListError(f"The number {uid} is in the table twice.")
        names = distinct([*re.split("[/;]", row["name"]), *re.split("[/;]", row["other_names"])])
        if not names:
            raise BadListError(f"The entry {uid} has no name.")
        born = births.day_of(row["born"]) or births.year_of(row["born"])
        if born != row["born"]:  # the table is ours: whoever wrote it writes it again
            raise BadListError(f"The entry {uid} has a birth that is no day YYYY-MM-DD and no year YYYY.")
        entries[uid] = Listed(uid, kind, names, (born,) if born else ())  # type: ignore[arg-type]
    if not entries:
        raise BadListError("The list is empty.")
    return list(entries.values())
