"""Sealing: entries get their place in the tree, one sealer at a time, then the tree is signed."""

import time
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Min

from portal.kernel.core import clock, database_clock, read_only
from portal.kernel.core.errors import PortalError
from portal.kernel.ledger import tree
from portal.kernel.ledger.choices import EntryKind
from portal.kernel.ledger.errors import NotSealed
from portal.kernel.ledger.models import Checkpoint, Entry, Head, Leaf, Pending
from portal.kernel.ledger.services import checkpoints, keys, tiles
from portal.kernel.ledger.services.entries import append

#: Leaves of one turn: bounds the transaction, not the throughput.
BATCH = 5_000
SCHEMA = "consent-ledger/1"
#: Any fixed number; it names the sealer's lock among PostgreSQL's advisory locks.
LOCK = 0x6F6E65736574
PAUSE = 0.02
#: A sealer whose process is frozen or cut off loses its turn after this: PostgreSQL ends its idle transaction.
IDLE = "20s"
#: An entry that waits longer than this means that sealing does not run.
LATE = timedelta(seconds=60)


def seal_now(*, wait: float = 2.0, entry: Entry | None = None, now: datetime | None = None) -> Checkpoint:
    """Seal what waits and sign; with ``entry``, return only once a checkpoint covers it.

    Call it after the commit of what was appended, never inside a transaction (RuntimeError). ``wait`` is in seconds.
    Anybody may call it at the same time: one seals, the others find their entry sealed.

    Raises NotSealed when that takes longer: the entry is kept and will be sealed by the next turn, so a page says
    "received", not "recorded". Raises SigningStopped and AnchorUnusable as ``sign`` does.
    """
    deadline = time.monotonic() + wait
    while True:
        sealed = seal_batch(now=now)
        is_over = time.monotonic() >= deadline
        covering = None if entry is None else checkpoint_over(entry)
        if covering is None and sealed is not None and (entry is not None or sealed < BATCH or is_over):
            covering = checkpoints.sign(now=now)
            if entry is not None:
                covering = checkpoint_over(entry)
        if covering is not None:
            return covering
        if is_over:
            raise NotSealed("The entry is kept and will be sealed shortly. Ask for its receipt in a minute.")
        if not sealed:
            time.sleep(PAUSE)


def seal_batch(*, limit: int | None = None, now: datetime | None = None) -> int | None:
    """Give up to ``limit`` waiting entries (BATCH unless said) their leaves, in one transaction; returns how many, None if another seals.

    The first seal writes the genesis entry. Nothing is signed here.
    """
    if not Pending.objects.exists() and Head.objects.filter(size__gt=0).exists():
        return 0  # without a transaction: on SQLite it would make every writer wait
    with transaction.atomic(durable=True):
        if not _is_the_only_sealer():
            return None
        head, most = _head(), limit or BATCH
        complete_to = _oldest_unfinished(
            database_clock.dated(now or clock.now())
        )  # read before the queue: what ends in between is found there
        waiting = list(Pending.objects.order_by("pk").values_list("pk", "entry__leaf_hash")[:most])
        if len(waiting) < most:
            head.complete_to = complete_to
        elif head.complete_to is None:
            head.complete_to = Entry.objects.filter(leaf=None).aggregate(oldest=Min("recorded_at"))["oldest"]
        if head.size == 0:
            genesis = _genesis(now or clock.now())
            waiting = [(genesis.pk, genesis.leaf_hash), *waiting]
        if waiting:
            _grow(head, [(pk, bytes(leaf)) for pk, leaf in waiting])
        return len(waiting)


def checkpoint_over(entry: Entry) -> Checkpoint | None:
    """The first checkpoint that covers an entry; None while there is none."""
    index = Leaf.objects.filter(entry=entry).values_list("pk", flat=True).first()
    return None if index is None else Checkpoint.objects.filter(size__gt=index).order_by("size").first()


def readiness() -> tuple[str, bool, str]:
    """For ``/readyz``: signing runs, and no entry has waited for more than a minute.

    In read-only mode, as after a restore that lost entries, a stop of signing is told and keeps nothing from being read.
    """
    if checkpoints.is_stopped():
        return ("ledger", read_only.is_on(), "signing stopped")
    size = Head.objects.filter(pk=checkpoints.HEAD_ID, size__gt=0).values_list("size", flat=True).first()
    if size is not None:
        try:
            keys.signers_for(size)
        except PortalError:
            return ("ledger", False, "the key is not the one agreed to")
    oldest = Pending.objects.order_by("pk").values_list("entry__recorded_at", flat=True).first()
    if oldest is not None and clock.now() - oldest > LATE:
        return ("ledger", False, "sealing is late")
    return ("ledger", True, "sealed")


def _is_the_only_sealer() -> bool:
    """PostgreSQL: an advisory lock until the commit. SQLite: BEGIN IMMEDIATE has let in one writer only."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(%s), set_config('idle_in_transaction_session_timeout', %s, true)",
            [LOCK, IDLE],
        )
        return bool(cursor.fetchone()[0])


def _oldest_unfinished(now: datetime) -> datetime:
    """Since when a transaction is open whose entries nobody can see yet; ``now`` where there is none.

    SQLite has one writer, and that is the sealer. On PostgreSQL it sees the sessions of its own role (of every role
    with ``pg_read_all_stats``), which is the role that appends.
    """
    if connection.vendor != "postgresql":
        return now
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(xact_start) FROM pg_stat_activity "
            "WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        (oldest,) = cursor.fetchone()
    return now if oldest is None else min(now, oldest)


def _head() -> Head:
    Head.objects.get_or_create(pk=checkpoints.HEAD_ID, defaults={"size": 0, "root": tree.EMPTY_ROOT})
    return Head.objects.select_for_update().get(pk=checkpoints.HEAD_ID)


def _genesis(now: datetime) -> Entry:
    vkeys = [{"vkey": keys.verifier().vkey, "first_size": 0}]
    payload = {"origin": keys.verifier().name, "vkeys": vkeys, "schema": SCHEMA}
    return append(kind=EntryKind.GENESIS, payload=payload, subject_ref=None, recorded_at=now)


def _grow(head: Head, waiting: list[tuple[int, bytes]]) -> None:
    frontier = tree.Frontier.load(head.size, tiles.reader(max(0, head.size - 1), head.size))
    frontier.extend(leaf for _, leaf in waiting)
    entries = [pk for pk, _ in waiting]
    _number(entries, first=head.size)
    tiles.write_tiles(frontier.take_tiles())
    Head.objects.filter(pk=head.pk).update(size=frontier.size, root=frontier.root(), complete_to=head.complete_to)


def _number(entries: list[int], *, first: int) -> None:
    """Insert the leaves and empty the queue: plain statements, because this is what limits the sealer."""
    indexes = list(range(first, first + len(entries)))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "INSERT INTO ledger_leaf (idx, entry_id) SELECT * FROM unnest(%s::bigint[], %s::bigint[])",
                [indexes, entries],
            )
            cursor.execute("DELETE FROM ledger_pending WHERE entry_id = ANY(%s)", [entries])
        else:
            cursor.executemany(
                "INSERT INTO ledger_leaf (idx, entry_id) VALUES (%s, %s)", list(zip(indexes, entries, strict=True))
            )
            cursor.executemany("DELETE FROM ledger_pending WHERE entry_id = %s", [(entry,) for entry in entries])
