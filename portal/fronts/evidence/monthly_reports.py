"""Reports of the month before, made once and kept."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

import rfc8785
import structlog
from django.db import transaction
from django.utils import translation

from portal.fronts.evidence.models import MonthlyReport
from portal.fronts.evidence.period import Period
from portal.fronts.evidence.reports import REPORTS, Report, Table
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import actor

MAKER = actor.system("evidence.reports")

log = structlog.get_logger(__name__)


def make_reports(*, now: datetime) -> int:
    """Make each report that is missing, of every month from the earliest that has one to the month before; how many.

    Each is one transaction with its audit event, which carries the SHA-256 of its tables. One that cannot be made stops no
    other; it is logged, tried again the next time, and raised at the end, so that the failure shows. Safe to repeat, also
    by two at once.
    """
    there = set(MonthlyReport.objects.values_list("code", "first_day"))
    made, failure = 0, None
    for period in _months(now, min((day for _code, day in there), default=None)):
        for report in REPORTS.values():
            if (report.code, period.first_day) in there:
                continue
            try:
                made += _make(report, period, now)
            except Exception as error:
                log.exception("evidence.report_not_made_yet", report=report.code, error=type(error).__name__)
                failure = error
    if failure is not None:
        raise failure
    return made


def keep(months: Iterable[Period], *, now: datetime) -> int:
    """Make the reports of these months that are missing; how many. Each is one transaction, as in ``make_reports``.

    For an evidence pack: what it shows of a month that is over is then the same in every later pack.
    """
    made = 0
    for period in months:
        there = set(MonthlyReport.objects.filter(first_day=period.first_day).values_list("code", flat=True))
        made += sum(_make(report, period, now) for report in REPORTS.values() if report.code not in there)
    return made


def _months(now: datetime, earliest: date | None) -> Iterator[Period]:
    """The month before, and those before it back to the earliest; the latest first."""
    period = Period.month_before(now)
    yield period
    while earliest is not None and period.first_day > earliest:
        period = Period.month_before(period.start)
        yield period


def _make(report: Report, period: Period, now: datetime) -> bool:
    with translation.override("en"):
        tables = [as_row(table) for table in report.tables(period)]
    sha256 = hashlib.sha256(rfc8785.dumps(tables)).hexdigest()
    with transaction.atomic():
        row, is_new = MonthlyReport.objects.get_or_create(
            code=report.code,
            first_day=period.first_day,
            defaults={"last_day": period.last_day, "made_at": now, "tables": tables, "sha256": sha256},
        )
        if is_new:
            record(
                AuditKind.EVIDENCE_REPORT_MADE,
                actor=MAKER,
                about=f"evidence.monthlyreport:{row.pk}",
                facts={
                    "report": report.code,
                    "from": period.first_day.isoformat(),
                    "to": period.last_day.isoformat(),
                    "sha256": sha256,
                },
                at=now,
            )
    return is_new


def as_row(table: Table) -> dict[str, Any]:
    """A table as it is kept: the words in English, numbers as numbers."""
    return {
        "title": str(table.title),
        "heads": [str(head) for head in table.heads],
        "rows": [list(row) for row in table.rows],
        "note": str(table.note),
    }


def as_tables(row: MonthlyReport) -> list[Table]:
    """The tables of a kept report."""
    return [Table(**table) for table in row.tables]
