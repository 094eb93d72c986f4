"""KYC files of an old system: an archive with an index, whose documents are taken in and checked like new ones.

The archive is a ZIP file with ``index.csv`` (UTF-8; columns ``customer``, ``party``, ``kind``, ``number``, ``valid_until``,
``name``, ``ifsc``, ``file``) and the files it names. It is read in place. What is taken has the provenance "legacy" and goes
the way of every document: checks, and two people. How it is tried and taken is ``portal.kernel.people.services.legacy_imports``.
"""

import contextlib
import csv
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePath
from typing import Any, BinaryIO

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kyc.base.choices import Provenance
from kyc.base.permissions import Permission
from kyc.cases.outstanding_items import kinds_wanted
from kyc.cases.selectors import party_of, present_documents
from kyc.legacy_imports.models import TakeOver, TakeOverLine
from kyc.review.services import customer_types, document_uploads
from kyc.review.services.document_uploads import Judged, Sent
from kyc.review.services.underage_detections import require_not_frozen
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import IllegalMove, NotFound, Refused
from portal.kernel.core.text import without_hiding_marks
from portal.kernel.people.choices import TakeOverState
from portal.kernel.people.models import Customer
from portal.kernel.people.services.legacy_imports import TakeOvers, fault
from portal.kernel.vault.inspection.client import LIMITS

INDEX = "index.csv"
#: What its first line names.
COLUMNS = ("customer", "party", "kind", "number", "valid_until", "name", "ifsc", "file")
#: Technical limits: of an index, of its lines, and of one file (one byte more is read, so that too much is seen).
MOST_INDEX = 16 * 1024 * 1024
MOST_LINES = 100_000
_PACKED = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


@dataclass(frozen=True)
class Line:
    """What the index says of one document, and the archive that holds its file."""

    cells: dict[str, str]
    archive: zipfile.ZipFile

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


class Archives(TakeOvers[TakeOver, Line]):
    """Archives of KYC files. A place is a kind of document of a customer, or of somebody behind them."""

    model = TakeOver
    name = "kyc.take_over"
    letters = "TO"
    permission = Permission.TAKE_OVER_BRING
    kind = AuditKind.KYC_TAKE_OVER_MOVED
    trying = gettext_lazy("Trying KYC files of an old system")
    taking = gettext_lazy("Legacy KYC import")

    def require_new(self, row: TakeOver) -> None:
        earlier = TakeOver.objects.filter(sha256=row.sha256, state__in=(TakeOverState.TAKING, TakeOverState.DONE))
        if earlier.exists():
            raise Refused(_("This archive was imported already."), code="TAKEN_IN_ALREADY")

    def lines(self, row: TakeOver, stream: BinaryIO) -> Iterator[Line]:
        try:
            archive = zipfile.ZipFile(stream)
        except (zipfile.BadZipFile, ValueError) as error:
            raise Refused(_("Choose a ZIP file."), code="ARCHIVE") from error
        with archive:
            yield from _lines(archive)

    def try_line(self, row: TakeOver, line: Line) -> tuple[str, str, str]:
        now = clock.now()
        sent, data = _sent(line)
        document_uploads.judge(sent, io.BytesIO(data), now=now)
        case = customer_types.case_of(sent.customer, now=now)
        require_not_frozen(case, sent.party, at=now)
        if sent.kind not in kinds_wanted(case, sent.party, now=now):
            raise fault("NOT_WANTED")
        earlier = present_documents(case, sent.party).get(sent.kind) if case.pk else None
        if earlier is not None and document_uploads.why_not_now(earlier, now=now):
            raise fault("THERE_ALREADY")
        return line["customer"], line["party"], sent.kind

    @contextlib.contextmanager
    def ready(self, row: TakeOver, line: Line) -> Iterator[Judged]:
        """Looked at, and its bytes encrypted."""
        sent, data = _sent(line)
        with document_uploads.encrypted(document_uploads.judge(sent, io.BytesIO(data), now=clock.now())) as judged:
            yield judged

    def take_line(self, row: TakeOver, ready: Judged, actor: Actor) -> dict[str, Any]:
        """A place that a line before has filled is not filled twice.

        What another archive put there is like any other document: one that was refused makes room.
        """
        now, sent = clock.now(), ready.sent
        try:
            case = customer_types.case_of(sent.customer, now=now)
            same = TakeOverLine.objects.filter(take_over=row, document__party=sent.party, document__kind=sent.kind)
            if same.filter(document__case=case.pk).exists():
                raise fault("TWICE")
            document = document_uploads.take(ready, actor=actor, now=now)
            document_uploads.send(document, actor=actor, now=now)
        except IllegalMove as error:
            raise fault("THERE_ALREADY") from error
        return {"document": document}


ARCHIVES = Archives()
take_in, give_up, sweep = ARCHIVES.take_in, ARCHIVES.give_up, ARCHIVES.sweep


def bring(*, origin: str, content: BinaryIO, actor: Actor, now: datetime) -> TakeOver:
    """Keep an archive encrypted and have every line of it tried, in one transaction. Nothing is taken in by that.

    Raises what ``TakeOvers.bring`` does; Refused for what is no ZIP file with an index of at least one line (ARCHIVE), or
    was taken in before (TAKEN_IN_ALREADY).
    """
    return ARCHIVES.bring(TakeOver(origin=origin), content, actor=actor, now=now)


def _lines(archive: zipfile.ZipFile) -> Iterator[Line]:
    """Raises Refused (ARCHIVE) for an index that is none."""
    data = _bytes(archive, INDEX, MOST_INDEX)
    if data is None:
        raise Refused(_("The archive contains no index.csv, or one that is too large."), code="ARCHIVE")
    count = 0
    try:
        rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig")), strict=True)
        for count, line in enumerate(rows, start=1):
            if count > MOST_LINES:
                raise Refused(_("The index has too many lines. Split the archive."), code="ARCHIVE")
            cells = {str(name): _cell(name, str(value or "")) for name, value in line.items() if name}
            yield Line(cells, archive)
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused(_("index.csv cannot be read: save it as CSV in UTF-8."), code="ARCHIVE") from error
    if not count:
        raise Refused(_("index.csv names no document: it has no line below its heading."), code="ARCHIVE")


def _cell(name: str, value: str) -> str:
    """A value as one that was typed on a page; the name of a file stays as the archive spells it."""
    return (value if name == "file" else without_hiding_marks(value)).strip()


def _bytes(archive: zipfile.ZipFile, name: str, most: int) -> bytes | None:
    """A file of the archive, at most one byte more than the limit; None where it is missing, broken, locked, or packed in
    another way than archives of files are (stored or deflated).
    """
    try:
        if archive.getinfo(name).compress_type not in _PACKED:
            return None
        with archive.open(name) as source:
            return source.read(most + 1)
    except (KeyError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error, EOFError, OSError):
        return None


def _sent(line: Line) -> tuple[Sent, bytes]:
    """Raises Refused with the code of what is wrong: CUSTOMER, PARTY, DATE, FILE."""
    customer = Customer.objects.filter(reference=line["customer"]).select_related("subject").first()
    if customer is None:
        raise fault("CUSTOMER")
    party = None
    if line["party"]:
        try:
            party = party_of(customer_types.case_of(customer, now=clock.now()), line["party"])
        except NotFound as error:
            raise fault("PARTY") from error
    try:
        valid_until = date.fromisoformat(line["valid_until"]) if line["valid_until"] else None
    except ValueError as error:
        raise fault("DATE") from error
    data = _bytes(line.archive, line["file"], LIMITS.size)
    if data is None:
        raise fault("FILE")
    sent = Sent(
        customer,
        line["kind"],
        number=line["number"],
        extension=PurePath(line["file"]).suffix,
        expires_on=valid_until,
        party=party,
        declared={name: line[name] for name in ("name", "ifsc") if line[name]},
        provenance=Provenance.LEGACY,
    )
    return sent, data
