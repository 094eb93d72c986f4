"""KYC files of an old system: an archive with an index is tried line by line, then taken in by a job.

The archive is a ZIP file with ``index.csv`` (UTF-8; columns ``customer``, ``party``, ``kind``, ``number``, ``valid_until``,
``name``, ``ifsc``, ``file``) and the files it names. It lies encrypted and is read in place. Each line is one transaction of
its own, with the row that says what became of it: a job may be cancelled, die, run twice or go on later, and each line is
taken once. What is taken has the provenance "legacy" and goes the way of every document: checks, and two people.
"""

import csv
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import PurePath
from typing import Any, BinaryIO
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kyc.models import Document, TakeOver, TakeOverLine
from kyc.needs import kinds_wanted
from kyc.permissions import Permission
from kyc.selectors import party_of, present_documents
from kyc.services import describing, uploading
from kyc.services.minors import require_not_frozen
from kyc.services.uploading import Sent
from kyc.states import TAKE_OVER_MOVES, Provenance, TakeOverState
from portal.audit.kinds import AuditKind
from portal.audit.services import record
from portal.core import access, clock, ids, plain_words
from portal.core import actor as actors
from portal.core.actor import Actor
from portal.core.errors import IllegalMove, LostRace, NotFound, PortalError, Refused
from portal.core.moves import move
from portal.core.text import without_hiding_marks
from portal.jobs import services as jobs
from portal.jobs.kinds import Handle
from portal.jobs.states import FINISHED
from portal.law.selectors import house_rule
from portal.people.models import Customer
from portal.people.services.four_eyes import person_of
from portal.vault.inspection.process import LIMITS
from portal.vault.services import files
from portal.vault.states import RetentionClass

TRY, TAKE = "kyc.take_over.try", "kyc.take_over.take"
WORKER = actors.system("kyc.take_over")
INDEX = "index.csv"
#: What its first line names.
COLUMNS = ("customer", "party", "kind", "number", "valid_until", "name", "ifsc", "file")
#: Technical limits: of an index, of its lines, and of one file (one byte more is read, so that too much is seen).
MOST_INDEX = 16 * 1024 * 1024
MOST_LINES = 100_000
LONGEST_ORIGIN = int(TakeOver._meta.get_field("origin").max_length or 0)


def bring(*, origin: str, content: BinaryIO, actor: Actor, now: datetime) -> TakeOver:
    """Keep an archive encrypted and have every line of it tried. Nothing is taken in by that.

    Raises NotAllowed without the permission; Refused for an archive without an origin or with one that is too long
    (ORIGIN), with an origin that tells who a person is (NUMBER_IN_WORDS), that is no ZIP file with an index of at least one line (ARCHIVE), or
    that was taken in before (TAKEN_IN_ALREADY).
    """
    person = person_of(actor)
    access.require(person, Permission.TAKE_OVER_BRING)
    origin = _origin(origin)
    file_ref = uuid4()
    with transaction.atomic():
        stored = files.store(
            content, subject_ref=file_ref, retention_class=RetentionClass.EXPORT, kind="kyc.take_over", actor=actor
        )
        earlier = TakeOver.objects.filter(sha256=stored.sha256, state__in=(TakeOverState.TAKING, TakeOverState.DONE))
        if earlier.exists():
            raise Refused(_("This archive was taken in already."), code="TAKEN_IN_ALREADY")
        with _archive(stored) as archive:
            count = sum(1 for _line in _lines(archive))
        if not count:
            raise Refused(_("index.csv names no document: it has no line below its heading."), code="ARCHIVE")
        reference = ids.new_reference("TO")
        row = TakeOver.objects.create(
            reference=reference,
            origin=origin,
            sha256=stored.sha256,
            file=stored,
            file_ref=file_ref,
            job=jobs.start(kind=TRY, parameters={"take_over": reference}, actor=actor),
            brought_by=person,
            brought_at=now,
            lines=count,
        )
        _note(row, actor, now)
    return row


def _origin(typed: str) -> str:
    """The old system's name as it is kept, in the clear and for years, whichever way it came in."""
    origin = without_hiding_marks(typed).strip()
    if not origin or len(origin) > LONGEST_ORIGIN:
        said = _("Name the old system, in at most %(count)d characters.")
        raise Refused(said % {"count": LONGEST_ORIGIN}, code="ORIGIN")
    plain_words.require_plain(origin)
    return origin


def take_in(row: TakeOver, *, actor: Actor, now: datetime) -> None:
    """Begin to take in what is in order, or go on where a cancelled or failed job stopped.

    Raises NotAllowed without the permission, IllegalMove for one that is being worked on or has ended.
    """
    access.require(person_of(actor), Permission.TAKE_OVER_BRING)
    with transaction.atomic():
        current = TakeOver.objects.select_for_update(of=("self",)).select_related("job").get(pk=row.pk)
        if current.job.state not in FINISHED or current.state in {TakeOverState.DONE, TakeOverState.GIVEN_UP}:
            raise IllegalMove(_("There is nothing to take in now."))
        kind = TRY if current.state == TakeOverState.TRYING else TAKE
        job = jobs.start(kind=kind, parameters={"take_over": row.reference}, actor=actor)
        if current.state == TakeOverState.TRIED:
            TakeOverLine.objects.filter(take_over=row, document=None).delete()
            move(current, TakeOverState.TAKING, moves=TAKE_OVER_MOVES, job=job)
        else:
            TakeOver.objects.filter(pk=row.pk).update(job=job)
        row.refresh_from_db()
        _note(row, actor, now)


def give_up(row: TakeOver, *, actor: Actor, now: datetime) -> None:
    """Destroy the archive. What was taken in stays. Raises NotAllowed, and IllegalMove for one that has ended."""
    access.require(person_of(actor), Permission.TAKE_OVER_BRING)
    with transaction.atomic():
        _end(row, TakeOverState.GIVEN_UP, actor, now)


def sweep(*, now: datetime) -> int:
    """Give up archives that nobody took in for as long as a job's result lies here. Returns how many. Safe to repeat."""
    life = house_rule("jobs.result_life", on=clock.day(now)).duration
    waiting = TakeOver.objects.filter(state__in=(TakeOverState.TRYING, TakeOverState.TRIED, TakeOverState.TAKING))
    old = list(waiting.filter(brought_at__lt=now - life, job__state__in=FINISHED).order_by("pk"))
    for row in old:
        with transaction.atomic():
            _end(row, TakeOverState.GIVEN_UP, WORKER, now)
    return len(old)


def try_lines(reference: str, handle: Handle) -> None:
    """The dry run: what is wrong with each line, by its code. Writes nothing but that."""
    row = TakeOver.objects.select_related("file").filter(reference=reference, state=TakeOverState.TRYING).first()
    if row is None:
        return
    seen: set[tuple[str, str, str]] = set()
    for number, line, archive in _work(row, handle):
        fault = _fault(line, archive, seen)
        if fault:
            TakeOverLine.objects.update_or_create(take_over=row, number=number, defaults={"fault": fault})
    with transaction.atomic():
        move(row, TakeOverState.TRIED, moves=TAKE_OVER_MOVES)
        _note(row, WORKER, clock.now())


def take_lines(reference: str, handle: Handle) -> None:
    """Take in what has no row yet, each line in a transaction with its row; at the end the archive is destroyed."""
    row = TakeOver.objects.select_related("file", "brought_by").filter(reference=reference).first()
    if row is None or row.state != TakeOverState.TAKING:
        return
    actor = actors.staff(row.brought_by_id, via="import")
    done = set(TakeOverLine.objects.filter(take_over=row).values_list("number", flat=True))
    for number, line, archive in _work(row, handle):
        if number in done:
            continue
        with transaction.atomic():
            document, fault = _taken(row, line, archive, actor)
            TakeOverLine.objects.create(take_over=row, number=number, fault=fault, document=document)
    with transaction.atomic():
        _end(row, TakeOverState.DONE, actor, clock.now())


def _work(row: TakeOver, handle: Handle) -> Iterator[tuple[int, dict[str, str], zipfile.ZipFile]]:
    with _archive(row.file) as archive:
        for count, (number, line) in enumerate(_lines(archive), start=1):
            handle.raise_if_cancelled()
            yield number, line, archive
            handle.progress(count, row.lines)


@contextmanager
def _archive(stored: Any) -> Iterator[zipfile.ZipFile]:
    with files.open_seekable(stored, actor=WORKER, reason="take_over") as stream:
        try:
            archive = zipfile.ZipFile(stream)
        except (zipfile.BadZipFile, ValueError) as error:
            raise Refused(_("Choose a ZIP file."), code="ARCHIVE") from error
        with archive:
            yield archive


def _lines(archive: zipfile.ZipFile) -> Iterator[tuple[int, dict[str, str]]]:
    """Each line with its number in the file (the heading is line 1). Raises Refused (ARCHIVE) for an index that is none."""
    data = _bytes(archive, INDEX, MOST_INDEX)
    if data is None:
        raise Refused(_("The archive holds no index.csv, or one that is too large."), code="ARCHIVE")
    try:
        rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig")), strict=True)
        for number, line in enumerate(rows, start=2):
            if number > MOST_LINES + 1:
                raise Refused(_("The index has too many lines. Split the archive."), code="ARCHIVE")
            yield number, {str(name): _cell(name, str(value or "")) for name, value in line.items() if name}
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused(_("index.csv cannot be read: save it as CSV in UTF-8."), code="ARCHIVE") from error


def _cell(name: str, value: str) -> str:
    """A value as one that was typed on a page; the name of a file stays as the archive spells it."""
    return (value if name == "file" else without_hiding_marks(value)).strip()


def _bytes(archive: zipfile.ZipFile, name: str, most: int) -> bytes | None:
    """A file of the archive, at most one byte more than the limit; None where it is missing, broken or locked."""
    try:
        with archive.open(name) as source:
            return source.read(most + 1)
    except (KeyError, RuntimeError, NotImplementedError, zipfile.BadZipFile, EOFError):
        return None


def _sent(line: dict[str, str], archive: zipfile.ZipFile) -> tuple[Sent, bytes]:
    """Raises Refused with the code of what is wrong: CUSTOMER, PARTY, DATE, FILE."""
    customer = Customer.objects.filter(reference=line.get("customer", "")).select_related("subject").first()
    if customer is None:
        raise Refused(_("There is no such customer."), code="CUSTOMER")
    party = None
    if line.get("party"):
        try:
            party = party_of(describing.case_of(customer, now=clock.now()), line["party"])
        except NotFound as error:
            raise Refused(str(error), code="PARTY") from error
    try:
        valid_until = date.fromisoformat(line["valid_until"]) if line.get("valid_until") else None
    except ValueError as error:
        raise Refused(_("Write dates as YYYY-MM-DD."), code="DATE") from error
    data = _bytes(archive, line.get("file", ""), LIMITS.size)
    if data is None:
        raise Refused(_("The archive does not hold this file."), code="FILE")
    declared = {name: line[name] for name in ("name", "ifsc") if line.get(name)}
    sent = Sent(
        customer,
        line.get("kind", ""),
        number=line.get("number", ""),
        extension=PurePath(line.get("file", "")).suffix,
        expires_on=valid_until,
        party=party,
        declared=declared,
        provenance=Provenance.LEGACY,
    )
    return sent, data


def _fault(line: dict[str, str], archive: zipfile.ZipFile, seen: set[tuple[str, str, str]]) -> str:
    """The code of what is wrong with a line now; empty where it can be taken in."""
    now = clock.now()
    try:
        sent, data = _sent(line, archive)
        uploading.judge(sent, io.BytesIO(data), now=now)
        case = describing.case_of(sent.customer, now=now)
        require_not_frozen(case)
        if sent.kind not in kinds_wanted(case, sent.party, now=now):
            return "NOT_WANTED"
        earlier = present_documents(case, sent.party).get(sent.kind) if case.pk else None
        if earlier is not None and uploading.why_not_now(earlier, now=now):
            return "THERE_ALREADY"
    except PortalError as refused:
        return refused.code[:40]
    place = (line["customer"], line.get("party", ""), sent.kind)
    if place in seen:
        return "TWICE"
    seen.add(place)
    return ""


def _taken(row: TakeOver, line: dict[str, str], archive: zipfile.ZipFile, actor: Actor) -> tuple[Document | None, str]:
    """The document, or the code of what is wrong. A place that a line before has filled is not filled twice.

    What another archive put there is like any other document: one that was refused makes room.
    """
    now = clock.now()
    try:
        sent, data = _sent(line, archive)
        with transaction.atomic():
            judged = uploading.judge(sent, io.BytesIO(data), now=now)
            case = describing.case_of(sent.customer, now=now)
            same = TakeOverLine.objects.filter(take_over=row, document__party=sent.party, document__kind=sent.kind)
            if same.filter(document__case=case.pk).exists():
                return None, "TWICE"
            document = uploading.take(judged, actor=actor, now=now)
            uploading.send(document, actor=actor, now=now)
    except LostRace:
        raise
    except IllegalMove:
        return None, "THERE_ALREADY"
    except PortalError as refused:
        return None, refused.code[:40]
    return document, ""


def _end(row: TakeOver, target: TakeOverState, actor: Actor, now: datetime) -> None:
    move(row, target, moves=TAKE_OVER_MOVES, ended_at=now)
    files.shred(subject_ref=row.file_ref, retention_class=RetentionClass.EXPORT, actor=actor)
    _note(row, actor, now)


def _note(row: TakeOver, actor: Actor, now: datetime) -> None:
    taken = TakeOverLine.objects.filter(take_over=row, document__isnull=False).count()
    faulty = TakeOverLine.objects.filter(take_over=row).exclude(fault="").count()
    record(
        AuditKind.KYC_TAKE_OVER_MOVED,
        actor=actor,
        about=f"kyc.take_over:{row.reference}",
        facts={
            "reference": row.reference,
            "state": str(row.state),
            "sha256": row.sha256,
            "count": row.lines,
            "taken": taken,
            "faulty": faulty,
        },
        at=now,
    )


class TryJob:
    """Registered in ``hooks.job_kinds``."""

    name = TRY
    label = gettext_lazy("Trying KYC files of an old system")

    def run(self, handle: Handle) -> None:
        try_lines(str(handle.parameters["take_over"]), handle)


class TakeJob:
    """Registered in ``hooks.job_kinds``."""

    name = TAKE
    label = gettext_lazy("Taking over KYC files of an old system")

    def run(self, handle: Handle) -> None:
        take_lines(str(handle.parameters["take_over"]), handle)
