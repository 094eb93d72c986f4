"""The log of single answers: rows within a second, one leaf of the ledger for each minute of them.

An answer must not wait for a disk, so a process collects its answers and writes them set by set. A process that is
killed loses what it answered in its last second; its batches and scrubbed lists are written before they are answered.
"""

import atexit
import hashlib
import json
import threading
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Final
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connections, transaction

from consent.base.choices import AnsweredAs
from consent.base.rules.contact import Reason
from consent.base.selectors.contact_rulebook import rulebook
from consent.decisions.models.contact_decisions import AnswerSet, GivenAnswer
from consent.decisions.services import decision_batches
from consent.decisions.services.contact_decisions import Decision
from portal.kernel.core import actor, bulk, clock, ids
from portal.kernel.registers.senders.selectors.senders import normal_header

log = structlog.get_logger(__name__)

MINUTE: Final = timedelta(minutes=1)
#: A minute is summed up only when every process has written down what it answered in it.
SETTLED: Final = 2 * MINUTE
#: More answers than this are not held while the database is away: the oldest are given up, and the log says how many.
MOST_HELD: Final = 200_000
#: Rows of one transaction: written well within the time after which their minute is summed up.
AT_ONCE: Final = 5_000
SUMMER: Final = actor.system("consent.answers")

_held: list[GivenAnswer] = []
_lock = threading.Lock()
_wake = threading.Event()
_writer: threading.Thread | None = None


def note(decision: Decision, *, asked_by: str, now: datetime) -> None:
    """Put one answer into the log. Written within ``DECISION_LOG_SECONDS``; at once where that is 0."""
    fiduciary, key, purpose, channel, _category = decision.about
    header, template = decision.sent_as.header, decision.sent_as.template
    whose = rulebook(now, fiduciary=fiduciary).fiduciaries.get(fiduciary)
    if whose is None:
        return
    row = GivenAnswer(
        fiduciary_id=whose,
        asked_by=asked_by,
        purpose=purpose[:40],
        channel=channel[:16],
        header=normal_header(channel, header)[0][:80] if header else "",
        template=template.strip()[:120] if template else "",
        address_key=bytes.fromhex(key) if key else decision_batches.NO_ADDRESS,
        reason=str(decision.reason),
        allowed=decision.allowed,
        entry_ref=UUID(decision.entry) if decision.entry else None,
        for_time=decision.at or now,
        answered_at=now,
    )
    if not settings.DECISION_LOG_SECONDS:
        _write([row])
        return
    with _lock:
        _held.append(row)
        if _writer is None or not _writer.is_alive():
            _start()


def flush() -> int:
    """Write what is held. What cannot be written now, whatever the reason, stays for the next time. Returns how many were
    written.
    """
    with _lock:
        rows, _held[:] = _held[:], []
    for written in range(0, len(rows), AT_ONCE):
        try:
            _write(rows[written : written + AT_ONCE])
        except Exception as error:  # noqa: BLE001 - whatever it was, no answer is lost and the writer goes on
            with _lock:
                kept = [*rows[written:], *_held]
                lost = max(0, len(kept) - MOST_HELD)
                _held[:] = kept[lost:]
            log.error("consent.answers_not_written", error=type(error).__name__, held=len(kept), lost=lost)  # noqa: TRY400
            return written
    return len(rows)


def _write(rows: Iterable[GivenAnswer]) -> None:
    minute = _minute(clock.now())
    kept = list(rows)
    for row in kept:
        row.minute = minute
    names = [field.attname for field in GivenAnswer._meta.concrete_fields if not field.primary_key]
    with transaction.atomic():
        bulk.insert(GivenAnswer, names, map(attrgetter(*names), kept))


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _start() -> None:
    """One thread of the process writes; it ends with the process, which writes the rest itself."""
    global _writer  # noqa: PLW0603 - one writer for each process
    _writer = threading.Thread(target=_write_for_ever, name="answer-log", daemon=True)
    _writer.start()
    atexit.register(flush)


def _write_for_ever() -> None:
    while True:
        _wake.wait(settings.DECISION_LOG_SECONDS)
        flush()
        connections["default"].close_if_unusable_or_obsolete()


def sum_up(*, now: datetime) -> int:
    """One set, one audit event and so one leaf for each minute that is over. Returns how many minutes there were.

    Running twice, or in two workers at once, changes nothing: a minute has one set.
    """
    last = AnswerSet.objects.filter(answered_as=AnsweredAs.MINUTE).order_by("-for_time").first()
    rows = GivenAnswer.objects.filter(minute__lt=_minute(now - SETTLED))
    if last is not None:
        rows = rows.filter(minute__gt=last.for_time)
    minutes = list(rows.order_by("minute").values_list("minute", flat=True).distinct())
    for minute in minutes:
        _sum_up_one(minute, now=now)
    return len(minutes)


def _sum_up_one(minute: datetime, *, now: datetime) -> None:
    with transaction.atomic():
        counted, digest, allowed = fold(minute)
        if AnswerSet.objects.filter(answered_as=AnsweredAs.MINUTE, for_time=minute).exists():
            return
        kept = AnswerSet(
            reference=ids.new_reference("DA"),
            answered_as=AnsweredAs.MINUTE,
            for_time=minute,
            answered_at=now,
            total=sum(counted.values()),
            allowed=allowed,
            invalid=counted.get(Reason.NO_SUCH_ADDRESS, 0),
            reasons=[[reason, count] for reason, count in counted.items()],
            answers_sha256=digest,
        )
        decision_batches.commit(kept, actor=SUMMER, now=now)


def fold(minute: datetime) -> tuple[dict[str, int], str, int]:
    """Reasons, SHA-256 and number of yeses of the answers of a minute, in the order in which they were written.

    The hash is over a line for each: number, time, who asked, fiduciary, purpose, channel, hash of the address, reason,
    deciding entry and the time it is for, parted by blanks; header and template as JSON where one was named.
    """
    digest, counted, allowed = hashlib.sha256(), Counter[str](), 0
    rows = GivenAnswer.objects.filter(minute=minute).select_related("fiduciary").order_by("pk")
    for row in rows.iterator(chunk_size=2_000):
        parts = (
            row.pk,
            clock.stamp(row.answered_at),
            row.asked_by,
            row.fiduciary.code,
            row.purpose,
            row.channel,
            bytes(row.address_key).hex(),
            row.reason,
            row.entry_ref,
            clock.stamp(row.for_time),
            *([json.dumps([row.header, row.template])] if row.header or row.template else []),
        )
        digest.update((" ".join(map(str, parts)) + "\n").encode())
        counted[row.reason] += 1
        allowed += row.allowed
    return dict(counted), digest.hexdigest(), allowed


def is_as_sealed(kept: AnswerSet) -> bool:
    """Whether the answers of a set still have the hash that the ledger holds; a scrubbed list's are with who asked."""
    if kept.answered_as == AnsweredAs.MINUTE:
        return fold(kept.for_time)[1] == kept.answers_sha256
    if kept.answers is None:
        return True
    return hashlib.sha256(bytes(kept.answers)).hexdigest() == kept.answers_sha256
