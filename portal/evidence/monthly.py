"""Reports of the month before, made once and kept."""

import hashlib
from datetime import datetime
from typing import Any

import rfc8785
import structlog
from django.db import DatabaseError, transaction

from portal.audit.kinds import AuditKind
from portal.audit.services import record
from portal.core import actor
from portal.core.errors import PortalError
from portal.evidence.models import MonthlyReport
from portal.evidence.period import Period
from portal.evidence.reports import REPORTS, Report, Table

MAKER = actor.system("evidence.reports")

log = structlog.get_logger(__name__)


def make_reports(*, now: datetime) -> int:
    """Make each report of the month before that is missing; how many. Safe to repeat, also by two at once.

    Each is one transaction with its audit event, which carries the SHA-256 of its tables. One that cannot be made is logged
    and tried again the next time.
    """
    period = Period.month_before(now)
    there = set(MonthlyReport.objects.filter(first_day=period.first_day).values_list("code", flat=True))
    made = 0
    for report in REPORTS.values():
        if report.code in there:
            continue
        try:
            made += _make(report, period, now)
        except (PortalError, DatabaseError) as error:
            log.warning("evidence.report_not_made_yet", report=report.code, error=type(error).__name__)
    return made


def _make(report: Report, period: Period, now: datetime) -> bool:
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
