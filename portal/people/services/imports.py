"""Customers from CSV or XLSX: every line is tried, each fault is named, and either all lines go in or none."""

import base64
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import tablib  # type: ignore[import-untyped]
from django.db import transaction
from django.utils.translation import gettext as _

from portal.audit.kinds import AuditKind
from portal.audit.models import AuditEvent
from portal.audit.services import record
from portal.core import addresses, changes, ciphers, workbooks
from portal.core.actor import Actor
from portal.core.errors import PortalError, Refused
from portal.core.text import without_hiding_marks
from portal.people.models import User
from portal.people.services import customers
from portal.people.states import ContactKind, CustomerKind

COLUMNS = ("name", "kind", "owner_email", "language")
REQUIRED = ("name", "kind")
#: More lines belong into several files: one transaction writes them all.
MOST_ROWS = 2000
MOST_BYTES = 4 * 1024 * 1024
#: What a workbook may come to when it is unpacked.
MOST_UNPACKED = 64 * 1024 * 1024
_PURPOSE = "people.import"
_ABOUT = "people.customer:import"

Row = dict[str, str]


@dataclass(frozen=True)
class Fault:
    """What is wrong with one line. ``line`` counts as the file does: the heading is line 1."""

    line: int
    message: str


@dataclass
class Report:
    rows: int = 0
    created: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not self.faults


class _Undo(Exception):
    """Ends the transaction of a trial, or of a file with faults."""


def read(
    name: str,
    content: bytes,
    *,
    columns: Sequence[str] = COLUMNS,
    required: Sequence[str] = REQUIRED,
    most_rows: int = MOST_ROWS,
    most_bytes: int = MOST_BYTES,
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


def run(*, rows: Sequence[Row], actor: Actor, now: datetime, is_trial: bool, tried: str = "") -> Report:
    """Create a customer for each line and invite its owner, in one transaction; with a fault, or as a trial, undo all.

    The trial goes through the same services, so that what passes it goes in. Raises nothing for a bad line;
    Refused when the sealed lines ``tried`` went in before: a second press must not make every customer twice.
    """
    report = Report(rows=len(rows))
    # The whole hash: a piece of one may look like a telephone number, and the audit takes none.
    about = f"people.customer:{hashlib.sha256(tried.encode()).hexdigest()}" if tried else _ABOUT
    seen: dict[str, int] = {}
    try:
        with transaction.atomic():
            if tried:
                _refuse_twice(about, actor)
            for number, row in enumerate(rows, start=2):
                _one(row, number, seen, report, actor, now)
            if is_trial or report.faults:
                raise _Undo
            record(
                AuditKind.PEOPLE_CUSTOMER_IMPORTED,
                actor=actor,
                about=about,
                facts={"rows": report.rows, "count": report.created, "errors": 0},
                personal={},
                at=now,
            )
    except _Undo:
        report.created = 0
    return report


def _refuse_twice(about: str, actor: Actor) -> None:
    """The login's row is locked, so that two presses at once come one after the other."""
    User.objects.select_for_update().filter(pk=actor.user_id or 0).first()
    if AuditEvent.objects.filter(about=about, kind=str(AuditKind.PEOPLE_CUSTOMER_IMPORTED)).exists():
        raise Refused(
            _("These customers were created already. Look at the list of customers."), code="IMPORTED_ALREADY"
        )


def _one(row: Row, number: int, seen: dict[str, int], report: Report, actor: Actor, now: datetime) -> None:
    try:
        with transaction.atomic():
            kind = row.get("kind", "").lower()
            if kind not in CustomerKind.values:
                raise Refused(_("Write individual or organisation in the column kind."))
            email = row.get("owner_email", "")
            if email:
                email = addresses.normalise(ContactKind.EMAIL, email)
                if email in seen:
                    raise Refused(_("The same e-mail address stands on line %(line)d.") % {"line": seen[email]})
                seen[email] = number
            # Each line is an act of its own: its event says what stood in it.
            with changes.watching(actor, "import", entered=row):
                customers.create_and_invite(
                    kind=kind,
                    name=row.get("name", ""),
                    owner_email=email,
                    language=row.get("language", "") or "en",
                    actor=actor,
                    now=now,
                )
            report.created += 1
    except PortalError as error:
        report.faults.append(Fault(line=number, message=str(error)))


def seal(rows: Sequence[Row], *, user_id: int) -> str:
    """The tried lines as text that only the same person can hand back, and nobody can read or change."""
    plain = json.dumps(list(rows), ensure_ascii=False).encode()
    return base64.b64encode(ciphers.encrypt(plain, purpose=_PURPOSE, context=str(user_id).encode())).decode()


def unseal(text: str, *, user_id: int) -> list[Row]:
    """Raises Refused for text that was changed or belongs to somebody else."""
    try:
        plain = ciphers.decrypt(base64.b64decode(text, validate=True), purpose=_PURPOSE, context=str(user_id).encode())
    except (ValueError, PortalError) as error:
        raise Refused(_("The checked file is not the one that comes back. Choose it again."), code="CHANGED") from error
    found: Any = json.loads(plain)
    return [dict(row) for row in found]
