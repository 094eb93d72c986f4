"""Taking a file in: turn by turn, each in a transaction that also says how far it is."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Final

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from portal.kernel.core import clock
from portal.kernel.core.actor import Actor, system
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.errors import LostRace
from portal.kernel.jobs.choices import ImportState, RowOutcome
from portal.kernel.jobs.import_types import ImportKind, Taken, import_kind
from portal.kernel.jobs.job_types import Handle
from portal.kernel.jobs.models import ImportFault, ListImport
from portal.kernel.jobs.services.imports import cleanup, error_file, file_reader, row_processor, uploader_rights
from portal.kernel.jobs.services.imports.file_reader import Read
from portal.kernel.law.request_cache import remembering

WORKER: Final = system("jobs.imports.take_in")
#: Rows in one transaction: a technical limit. On SQLite everybody else waits for no longer than one turn takes.
TURN: Final = 100


def take_in(*, reference: str, handle: Handle) -> None:
    """Take in what is left of a file, as whoever brought it. May run twice, or at once: each row goes in once.

    Rows that were at fault in the trial stay out, also where they would fit by now; a row that fits no more stays out
    with what to do. Nothing for an import that is not being taken in. Raises NotAllowed when whoever brought the file may
    not bring it any more; Cancelled; LostRace when another worker has it.
    """
    brought = ListImport.objects.filter(reference=reference, state=ImportState.TAKING).select_related("file").first()
    if brought is None:
        return
    kind, actor = import_kind(brought.kind), uploader_rights.maker_of(brought)
    out = set(ImportFault.objects.filter(brought=brought).values_list("line", flat=True))
    handle.progress(brought.done, brought.rows)
    for turn in _turns(islice(file_reader.rows_of(brought, actor=WORKER), brought.done, None)):
        uploader_rights.require_may(actor, kind)
        try:
            _take(brought, kind, turn, out, actor)
        except LostRace:
            # Somebody may have given it up: then that is what became of the job.
            handle.raise_if_cancelled()
            raise
        handle.progress(brought.done, brought.rows)
    error_file.keep(brought, handle, actor=WORKER)
    with transaction.atomic():
        cleanup.end(brought, ImportState.DONE, actor=actor, now=clock.now())


def _turns(rows: Iterator[Read]) -> Iterator[Sequence[Read]]:
    while turn := list(islice(rows, TURN)):
        yield turn


@retried
def _take(brought: ListImport, kind: ImportKind, turn: Sequence[Read], out: set[int], actor: Actor) -> None:
    """One turn, whole or not at all. The place moves first: a second worker waits for it, and then finds it moved."""
    now = clock.now()
    with transaction.atomic(), remembering():
        here = ListImport.objects.filter(pk=brought.pk, state=ImportState.TAKING, done=brought.done)
        if here.update(done=brought.done + len(turn), last_line=turn[-1].line) != 1:
            raise LostRace(_("This was cancelled, or another worker has it."))
        counts = _counted(brought, kind, turn, out, actor, now)
        sums = {f"did_{name}": F(f"did_{name}") + number for name, number in counts.items()}
        ListImport.objects.filter(pk=brought.pk).update(**sums)
    brought.refresh_from_db()


def _counted(
    brought: ListImport, kind: ImportKind, turn: Sequence[Read], out: set[int], actor: Actor, now: datetime
) -> Counter[str]:
    counts: Counter[str] = Counter()
    for read in turn:
        found = () if read.line in out else row_processor.taken(kind, read, actor=actor, now=now)
        if isinstance(found, Taken):
            counts[found.outcome] += 1
            continue
        counts[RowOutcome.FAULTY] += 1
        ImportFault.objects.bulk_create(
            ImportFault(brought=brought, line=read.line, column=column, message=said) for column, said in found
        )
    return counts
