"""Taking a list in: set by set, each set whole in a transaction that also says how far the list is."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from consent.base.rules.status_fold import YES
from consent.consent_imports.choices import LIST_MOVES, ListState
from consent.consent_imports.models import ConsentList
from consent.consent_imports.services import (
    audit_events,
    file_reader,
    lifecycle,
    line_parser,
    refusal_cooldown,
    subject_match,
)
from consent.consent_imports.services.external_consents import Brought, record_brought
from consent.consent_imports.services.line_parser import Line, Used
from consent.records.services import subject_locks
from consent.records.services.addresses import Address
from consent.records.services.consent_events import Choice
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import addresses, advisory_locks, bulk, clock
from portal.kernel.core.actor import Actor, staff, system
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.errors import LostRace, Refused
from portal.kernel.core.state_transitions import move
from portal.kernel.jobs.job_types import Handle
from portal.kernel.law.request_cache import remembering

WORKER: Final = system("consent.lists.take_in")
#: Lines in one transaction: a technical limit. On SQLite everybody else waits for no longer than one set takes.
SET: Final = 500
#: Somebody may answer for one of the addresses at the same instant: the set is written again.
TRIES: Final = 3


def take_in(*, reference: str, handle: Handle) -> None:
    """Take in what is left of a list. May run twice, or at once: each line goes in once.

    Raises Refused when a line that was in order is so no more (a purpose has ended since): nothing of its set is
    written, and what was in before stays. Nothing for a list that is not being taken in.
    """
    row = _importing(reference)
    if row is None:
        return
    actor = staff(row.made_by_id, via="import")
    lines = islice(file_reader.lines(row, actor=WORKER), row.done, None)
    handle.progress(row.done, row.lines)
    for some in _sets(lines, _size()):
        _take_set(row, some, actor)
        handle.progress(row.done, row.lines)
    now = clock.now()
    with transaction.atomic():
        move(row, ListState.DONE, moves=LIST_MOVES, ended_at=now)
        lifecycle.end_file(row, now=now)
        audit_events.record_step(AuditKind.CONSENT_LIST_TAKEN_IN, row, actor=actor, at=now)


def _importing(reference: str) -> ConsentList | None:
    rows = ConsentList.objects.filter(reference=reference, state=ListState.IMPORTING)
    return rows.select_related("file", "fiduciary").first()


def _size() -> int:
    """Lines of a set: each may have an address of its own, with a turn for each lookup key that is in use."""
    return min(SET, max(1, advisory_locks.MOST // (1 + len(settings.LOOKUP_KEYS_OLD))))


def _sets(lines: Iterator[tuple[int, dict[str, str]]], size: int) -> Iterator[Sequence[tuple[int, dict[str, str]]]]:
    while some := list(islice(lines, size)):
        yield some


def _take_set(row: ConsentList, some: Sequence[tuple[int, dict[str, str]]], actor: Actor) -> None:
    for attempt in range(TRIES):
        try:
            _write_set(row, some, actor)
        except IntegrityError:
            if attempt == TRIES - 1:
                raise LostRace(_("Someone else recorded a choice for an address of this list. Resume it.")) from None
        else:
            row.done += len(some)
            return


@retried
def _write_set(row: ConsentList, some: Sequence[tuple[int, dict[str, str]]], actor: Actor) -> None:
    with transaction.atomic(), remembering():
        bulk.plan_anew()
        _write(row, some, actor, clock.now())


def _write(row: ConsentList, some: Sequence[tuple[int, dict[str, str]]], actor: Actor, now: datetime) -> None:
    here = ConsentList.objects.filter(pk=row.pk, state=ListState.IMPORTING, done=row.done)
    if here.update(done=row.done + len(some)) != 1:
        raise LostRace(_("This list was discarded, or another worker has it."))
    purposes = file_reader.purposes(row.fiduciary, now=now)
    lines = [_line(number, cells, purposes, now) for number, cells in some]
    places = [(line.kind, line.address, tuple(addresses.address_keys(line.address))) for line in lines]
    # All turns of the set in one call, before anything is read or written: two lists never wait for each other.
    subject_locks.take(Address(kind, keys) for kind, _address, keys in places)
    early = refusal_cooldown.too_soon(row, lines, now=now)
    protected = subject_match.protected_at(row.fiduciary, places, at=now)
    held = {at for at, line in enumerate(lines) if line.answer in YES and places[at][2][0] in protected}
    if early | held:
        raise _changed(some[min(early | held)][0])
    known = subject_match.subjects_of(row.fiduciary, places, source=row.reference, actor=actor, now=now)
    answers = [
        Brought(
            known[keys[0]],
            Choice(
                Address(kind, keys, is_verified=True),
                line.purpose,
                line.channel,
                line.answer,
                evidence=_evidence(row, line),
            ),
            line.occurred_at,
        )
        for line, (kind, _address, keys) in zip(lines, places, strict=True)
    ]
    record_brought(fiduciary=row.fiduciary, answers=answers, actor=actor, now=now)


def _line(number: int, cells: dict[str, str], purposes: dict[str, Used], now: datetime) -> Line:
    found = line_parser.read(cells, kinds=file_reader.KINDS, purposes=purposes, now=now)
    if isinstance(found, Line):
        return found
    raise _changed(number)


def _changed(number: int) -> Refused:
    said = _("Line %(line)d is no longer valid. Upload the list again.")
    return Refused(said % {"line": number}, code="LINE_CHANGED")


def _evidence(row: ConsentList, line: Line) -> list[dict[str, str]]:
    """The proof of this answer, where the list names one, and the list itself."""
    proof = [{"type": line.origin, "sha256": line.proof_sha256}] if line.proof_sha256 and line.origin else []
    return [*proof, {"type": "list", "sha256": row.sha256}]
