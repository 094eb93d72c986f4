"""The trial: every row goes through the services and is taken back; what is kept are counts, faults and the first rows."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import clock
from portal.kernel.core.actor import system
from portal.kernel.core.state_transitions import move
from portal.kernel.jobs.choices import IMPORT_MOVES, ImportState, RowOutcome
from portal.kernel.jobs.import_types import Taken, import_kind
from portal.kernel.jobs.job_types import Handle
from portal.kernel.jobs.models import ImportFault, ListImport
from portal.kernel.jobs.services.imports import (
    audit_events,
    cleanup,
    error_file,
    file_reader,
    row_processor,
    uploader_rights,
)
from portal.kernel.jobs.services.imports.file_reader import Read
from portal.kernel.jobs.services.imports.row_processor import Faults
from portal.kernel.law.request_cache import remembering
from portal.kernel.vault.choices import RetentionClass
from portal.kernel.vault.services import texts

WORKER: Final = system("jobs.imports.try")
#: Rows on the page of whoever brought the file.
FIRST: Final = 10
LONGEST_SHOWN: Final = 80
#: Faults written together.
BATCH: Final = 500


def try_out(*, reference: str, handle: Handle) -> None:
    """Say of every row whether it is new, changed, the same or at fault. Changes nothing of what the rows are about.

    May run twice: it begins anew. Nothing for an import that is not being tried. Raises NotAllowed when whoever brought
    the file may not bring it any more; Cancelled.
    """
    brought = ListImport.objects.filter(reference=reference, state=ImportState.TRYING).select_related("file").first()
    if brought is None:
        return
    kind, actor = import_kind(brought.kind), uploader_rights.maker_of(brought)
    uploader_rights.require_may(actor, kind)
    ImportFault.objects.filter(brought=brought).delete()
    seen = _Seen(brought)
    try:
        with remembering():
            for read in file_reader.rows_of(brought, actor=WORKER):
                seen.add(read, row_processor.would_be(kind, read, actor=actor, now=clock.now()))
                handle.progress(seen.rows)
    except file_reader.Unreadable as fault:
        _unreadable(brought, fault, now=clock.now())
        return
    seen.flush()
    error_file.keep(brought, handle, actor=WORKER)
    handle.progress(seen.rows, seen.rows)
    _tried(brought, seen, now=clock.now())


class _Seen:
    """What came so far. A place is remembered as a short hash of it, with the line where it stood first."""

    def __init__(self, brought: ListImport) -> None:
        self.counts: Counter[str] = Counter()
        self.first: list[dict[str, Any]] = []
        self._brought = brought
        self._places: dict[bytes, int] = {}
        self._faults: list[ImportFault] = []

    @property
    def rows(self) -> int:
        return self.counts.total()

    def add(self, read: Read, found: Taken | Faults) -> None:
        faults = self._twice(read, found) if isinstance(found, Taken) else found
        outcome = RowOutcome.FAULTY if faults else found.outcome  # type: ignore[union-attr]
        self.counts[outcome] += 1
        self._faults += [
            ImportFault(brought=self._brought, line=read.line, column=column, message=said) for column, said in faults
        ]
        if len(self._faults) >= BATCH:
            self.flush()
        if len(self.first) < FIRST:
            cells = {name: _short(text) for name, text in read.cells.items()}
            self.first.append({"line": read.line, "cells": cells, "outcome": str(outcome)})

    def flush(self) -> None:
        # Of a worker that was taken for dead, too.
        ImportFault.objects.bulk_create(self._faults, ignore_conflicts=True)
        self._faults = []

    def _twice(self, read: Read, found: Taken) -> Faults:
        hashes = [hashlib.blake2b(place.encode(), digest_size=12).digest() for place in found.places]
        earlier = min((self._places.setdefault(each, read.line) for each in hashes), default=read.line)
        if earlier == read.line:
            return ()
        return [("", _("The same is on line %(line)d. Keep one of the two.") % {"line": earlier})]


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def _tried(brought: ListImport, seen: _Seen, *, now: datetime) -> None:
    preview = texts.seal(
        json.dumps(seen.first, ensure_ascii=False),
        subject_ref=brought.file_ref,
        retention_class=RetentionClass.EXPORT,
    )
    counts: dict[str, Any] = {f"would_{name}": seen.counts[name] for name in ListImport.COUNTS}
    with transaction.atomic():
        move(brought, ImportState.TRIED, moves=IMPORT_MOVES, rows=seen.rows, preview=preview, **counts)
        audit_events.record_step(AuditKind.JOBS_IMPORT_TRIED, brought, actor=WORKER, at=now)


def _unreadable(brought: ListImport, fault: file_reader.Unreadable, *, now: datetime) -> None:
    """Nothing of such a file can go in: what a later line says is not known."""
    with transaction.atomic():
        ImportFault.objects.filter(brought=brought).delete()
        ImportFault.objects.create(brought=brought, line=fault.line, column="", message=str(fault))
        cleanup.end(brought, ImportState.UNREADABLE, actor=WORKER, now=now)


def first_rows(brought: ListImport) -> Iterator[dict[str, Any]]:
    """The first rows as they were tried, for whoever brought the file: line, cells, outcome. None when the file has ended."""
    if not brought.preview or brought.file_ended_at is not None:
        return
    text = texts.open(bytes(brought.preview), subject_ref=brought.file_ref, retention_class=RetentionClass.EXPORT)
    yield from json.loads(text)
