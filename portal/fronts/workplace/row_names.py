"""Whose the rows of "Today" are, and how the grievances among them begin, for roles that may read that."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from grievances.base import ticket_summaries
from grievances.base.models.ticket import Ticket
from portal.fronts.workplace.worklist import Group, Row
from portal.kernel.core.actor import Actor
from portal.kernel.people import short_names

LISTED = "workplace.today"


def with_names(groups: Sequence[Group], user: Any, *, actor: Actor, filters: Collection[str]) -> list[Group]:
    """The groups with a short name, and of a grievance its gist, in front of what each row is about.

    A bounded number of statements, and one audit event where a name is shown.
    """
    records = [row.record for group in groups for row in group.rows if row.record is not None]
    tickets = [one for one in records if isinstance(one, Ticket)]
    refs = {ref for one in records if not isinstance(one, Ticket) and (ref := _subject_of(one)) is not None}
    people, gists = ticket_summaries.people_of(tickets, user=user), ticket_summaries.gists_of(tickets, user=user)
    others = short_names.of_subjects(refs, user=user) if refs else {}
    count = 0

    def named(row: Row) -> Row:
        nonlocal count
        one = row.record
        is_ticket = isinstance(one, Ticket)
        ref = None if is_ticket else _subject_of(one)
        name = people.get(one.pk, "") if is_ticket else others.get(ref, "") if ref is not None else ""
        gist = gists.get(one.pk, "") if is_ticket else ""
        count += bool(name)
        return replace(row, about=" · ".join(filter(None, (name, row.about, gist))))

    shown = [replace(group, rows=[named(row) for row in group.rows]) for group in groups]
    if count and short_names.may_see_names(user):
        short_names.record_listed(actor=actor, listed=LISTED, filters=filters, count=count)
    return shown


def _subject_of(record: Any) -> UUID | None:
    """The reference of the person or account of a case, a document or a match; None of what is about nobody."""
    if record is None or record._meta.app_label != "kyc":
        return None
    case = getattr(record, "case", record)
    return getattr(case, "subject_ref", None)
