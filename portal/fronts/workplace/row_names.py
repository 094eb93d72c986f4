"""Whose the rows of "Today" are, and how the grievances among them begin, for roles that may read that."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from django.http import HttpRequest

from portal.fronts.workplace import record_names
from portal.fronts.workplace.worklist import Group, Row

LISTED = "workplace.today"


def with_names(request: HttpRequest, groups: Sequence[Group], *, filters: Collection[str]) -> list[Group]:
    """The groups with a short name, and of a grievance its gist, in front of what each row is about.

    A bounded number of statements, and one audit event where a name is shown.
    """
    records = [row.record for group in groups for row in group.rows if row.record is not None]
    names = record_names.names_of(records, user=request.user)
    gists = record_names.gists_of(records, user=request.user)

    def named(row: Row) -> Row:
        if row.record is None:
            return row
        key = record_names.key_of(row.record)
        return replace(row, about=" · ".join(filter(None, (names.get(key), row.about, gists.get(key)))))

    shown = [replace(group, rows=[named(row) for row in group.rows]) for group in groups]
    record_names.record_shown(request, LISTED, names, filters=filters)
    return shown
