"""The checks V1 to V11, V7b, V7c, X1 and X2: one pass over the leaves, in bounded memory, changing nothing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection

from portal.kernel.core import clock, ports
from portal.kernel.ledger import commitment, notes, receipts, tree
from portal.kernel.ledger.choices import EntryKind
from portal.kernel.ledger.errors import AnchorUnusable
from portal.kernel.ledger.models import Checkpoint, Cosignature, Entry, Head, Leaf, Payload, Redacting, Tile
from portal.kernel.ledger.services import anomalies, checkpoints, keys, projection_consistency, row_consistency, tiles
from portal.kernel.ledger.services import witnesses as witnessing
from portal.kernel.ledger.services.anchor import Anchored
from portal.kernel.ledger.services.anchor import read as read_anchor
from portal.kernel.ledger.services.redaction import held_back

CHUNK = 2_000
#: How many failures are listed; the rest only count.
MOST_LISTED = 200
#: How long a redaction may take.
TOLERANCE = timedelta(minutes=5)

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Failure:
    """A check that fired, where, and what is wrong in words without personal data."""

    check: str
    index: int | None
    message: str


@dataclass
class Report:
    """What a verification found. ``anchor`` is the anchored checkpoint it compared with, ``witnesses`` who cosigned,
    ``explained`` what would have failed without an explanation of two people, ``compared`` the rows of V10 and V11.
    """

    size: int = 0
    root: bytes = tree.EMPTY_ROOT
    anchor: Anchored | None = None
    failures: list[Failure] = field(default_factory=list)
    witnesses: list[witnessing.Seen] = field(default_factory=list)
    explained: list[anomalies.Explanation] = field(default_factory=list)
    unlisted: int = 0
    redacted: int = 0
    compared: dict[str, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether no check fired."""
        return not self.failures

    @property
    def checks(self) -> list[str]:
        """The names of the checks that fired."""
        return sorted({failure.check for failure in self.failures})

    def fail(self, check: str, message: str, *, index: int | None = None) -> None:
        """Note a failure."""
        if len(self.failures) < MOST_LISTED:
            self.failures.append(Failure(check, index, message))
        else:
            self.unlisted += 1


@dataclass(frozen=True)
class Row:
    """A leaf with its entry and, unless redacted, its payload, as the database tells them."""

    index: int
    entry: int
    leaf: bytes
    kind: str
    event_id: UUID
    subject_ref: UUID | None
    recorded_at: datetime
    committed: bytes | None
    body: bytes | None
    salt: bytes | None


def verify(
    *,
    start: int = 0,
    anchor_path: Path | None = None,
    old_receipts: Sequence[bytes] = (),
    progress: Progress | None = None,
) -> Report:
    """Run every check over the leaves from ``start`` on, and over the tiles, checkpoints and anchor above them.

    Entries sealed while it runs are left to the next run. With ``start`` the tiles below it are taken as verified
    before. ``old_receipts`` are receipts that people hold (check X2). ``progress`` gets leaves done and all leaves.
    """
    head = Head.objects.filter(pk=checkpoints.HEAD_ID).first()
    report = Report() if head is None else Report(size=head.size, root=bytes(head.root))
    run = _Run(report, start=min(start, report.size))
    run.learn_targets(anchor_path, old_receipts)
    for row in run.rows():
        run.take(row)
        if progress is not None and row.index % CHUNK == 0:
            progress(row.index, report.size)
    run.finish()
    if progress is not None:
        progress(report.size, report.size)
    return report


class _Run:
    def __init__(self, report: Report, *, start: int) -> None:
        self.report = report
        self.start = start
        self.expected = start
        self.frontier = self._frontier()
        self.wanted: dict[int, list[tuple[str, str, bytes]]] = {}
        self.missing: dict[int, bytes] = {}
        self.terms = keys.terms()
        self.before = Checkpoint.objects.filter(size__lt=start).order_by("-size").first()
        self.checkpoints = _checkpoints(start)
        self.own = next(self.checkpoints, None)
        self.repeated = row_consistency.Comparison([], report.fail)
        self.times = anomalies.Times(report.fail, start=start)

    def _frontier(self) -> tree.Frontier:
        try:
            return tree.Frontier.load(self.start, tiles.read_tile)
        except tree.ProofError as error:
            self.report.fail("V4", f"The tree cannot be continued from its tiles: {error}", index=self.start)
            return tree.Frontier()

    def learn_targets(self, anchor_path: Path | None, old_receipts: Sequence[bytes]) -> None:
        """The signed roots from outside that a prefix of the tree has to have: the anchor's and receipts'."""
        self._learn_anchor(anchor_path)
        self._check_cosignatures()
        for number, data in enumerate(old_receipts, 1):
            self._learn_receipt(number, data)

    def _learn_anchor(self, path: Path | None) -> None:
        try:
            known = read_anchor(path)
        except AnchorUnusable as error:
            self.report.fail("X1", str(error))
            return
        self.report.anchor = known
        if known is None:
            if self.before is not None or self.own is not None:
                self.report.fail("X1", "The anchor file is missing although checkpoints were signed.")
            return
        self._check_note("X1", known.note, known.size, known.root)
        self._want("X1", known.size, known.root, "The tree does not continue the anchored one.")

    def _check_cosignatures(self) -> None:
        """What witnesses signed is what the checkpoints say now. Without their keys nobody can sign another in their name."""
        self.report.witnesses = witnessing.cosigned()
        for one in self.report.witnesses:
            kept = Cosignature.objects.filter(vkey=one.witness.verifier.vkey, checkpoint__gte=self.start)
            for size, note, value in kept.values_list("checkpoint", "checkpoint__note", "value").iterator(CHUNK):
                text, _lines = notes.split_note(bytes(note))
                if not one.witness.verifier.holds(text, bytes(value)):
                    self.report.fail("X1", "A witness has seen another checkpoint than is kept here.", index=size)

    def _learn_receipt(self, number: int, data: bytes) -> None:
        try:
            receipt = receipts.read_receipt(data)
            head = notes.parse_tree_head(notes.split_note(receipt.checkpoint)[0])
            notes.open_note(receipt.checkpoint, [keys.verifier_at(head.size, self.terms)])
        except (receipts.ReceiptError, notes.NoteError) as error:
            self.report.fail("X2", f"Receipt {number} cannot be used: {error}")
            return
        self._want("X2", head.size, head.root, f"Receipt {number} was signed over another tree: a fork.")

    def _check_note(self, check: str, note: bytes, size: int, root: bytes) -> None:
        try:
            verifier = keys.verifier_at(size, self.terms)
            text, _ = notes.open_note(note, [verifier])
            if notes.parse_tree_head(text) != notes.TreeHead(verifier.name, size, root):
                self.report.fail(check, "The signed note says something else than its row.", index=size)
        except notes.NoteError as error:
            self.report.fail(check, f"The note at size {size} is not signed by the log's key: {error}", index=size)

    def _want(self, check: str, size: int, root: bytes, message: str) -> None:
        if size > self.report.size:
            if not _head_reaches(size):
                last = Checkpoint.objects.order_by("-size").values_list("size", flat=True).first() or 0
                missing = (
                    f"A tree of {size} leaves was signed; leaves are missing. The last signed head here is of {last}."
                )
                self.report.fail(check, missing, index=size)
        elif size >= self.start:
            self.wanted.setdefault(size, []).append((check, message, root))
        elif tiles.root_of(size) != root:
            self.report.fail(check, message, index=size)

    def rows(self) -> Iterator[Row]:
        """The leaves in order, a chunk at a time."""
        after = self.start - 1
        while chunk := list(_chunk(after, self.report.size)):
            self.repeated = row_consistency.Comparison([row.entry for row in chunk], self.report.fail)
            yield from chunk
            self._compare_tiles(self.frontier.take_tiles(whole_only=True))
            after = chunk[-1].index

    def take(self, row: Row) -> None:
        """Check one leaf and grow the tree by it."""
        report = self.report
        for index in range(self.expected, min(row.index, self.expected + MOST_LISTED)):
            report.fail("V1", "The leaf is missing.", index=index)
        self.expected = row.index + 1
        self.repeated.check_presence(row.index, row.entry, row.kind)
        if row.committed is not None and commitment.leaf_of(row.committed) != row.leaf:
            report.fail("V2", "The public entry is not that of the leaf.", index=row.index)
        if row.body is None or row.salt is None:
            self.missing[row.index] = row.leaf
        elif commitment.leaf_hash(row.salt, row.body) != row.leaf:
            report.fail("V2", "The content does not open the leaf.", index=row.index)
        else:
            self._check_columns(row, row.body)
            self.repeated.check_columns(row.index, row.entry, row.kind, row.body)
        self._pass_checkpoints(row.index)
        self.times.take(row.index, row.leaf, row.recorded_at, self.before, self.own)
        self._check_roots()
        self.frontier.append(row.leaf)

    def _check_columns(self, row: Row, body: bytes) -> None:
        """The columns repeat the payload for look-ups. Canonical JSON: the bytes of a member are known."""
        said = [f'"event_id":"{row.event_id}"', f'"kind":"{row.kind}"']
        said.append(f'"recorded_at":"{clock.stamp(row.recorded_at)}"')
        if row.subject_ref is not None:
            member = "principal" if row.kind == EntryKind.CONSENT else "subject"
            said.append(f'"{member}":"{row.subject_ref}"')
        if any(member.encode() not in body for member in said) or (row.subject_ref is None and _names_a_subject(body)):
            self.report.fail("V2", "A column says something else than the content.", index=row.index)

    def _pass_checkpoints(self, size: int) -> None:
        """V5 and V6 for the checkpoints up to ``size``; ``own`` is then the first one over the next leaf."""
        while self.own is not None and self.own.size <= size:
            own, root = self.own, bytes(self.own.root)
            self._check_note("V5", bytes(own.note), own.size, root)
            if self.frontier.size != own.size or self.frontier.root() != root:
                message = "The checkpoint is not over the beginning of the tree."
                self.report.fail("V6", message, index=own.size)
            self.before, self.own = own, next(self.checkpoints, None)

    def _check_roots(self) -> None:
        size = self.frontier.size
        for check, message, root in self.wanted.pop(size, ()):
            if self.frontier.root() != root:
                self.report.fail(check, message, index=size)

    def finish(self) -> None:
        """The checks that need the whole: head, tiles, redactions, roots that no prefix reached."""
        report = self.report
        for index in range(self.expected, min(report.size, self.expected + MOST_LISTED)):
            report.fail("V1", "The leaf is missing.", index=index)
        extra = Leaf.objects.filter(pk__gte=report.size).order_by("pk").values_list("pk", flat=True).first()
        if extra is not None and not _head_reaches(extra + 1):
            report.fail("V1", "A leaf is beyond the head.", index=extra)
        self._check_lost_entries()
        if self.start == 0:  # reads whole tables: not for new leaves alone
            row_consistency.check_lone_rows(report.fail, most=MOST_LISTED)
        if self.frontier.root() != report.root:
            report.fail("V3", "The leaves do not lead to the head's root.")
        report.explained = self.times.finish()
        self._check_roots()
        self._pass_checkpoints(report.size)
        if self.own is not None and not _head_reaches(self.own.size):
            report.fail("V6", f"A tree of {self.own.size} leaves was signed; leaves are missing.", index=self.own.size)
        for size, targets in sorted(self.wanted.items()):
            for check, message, _ in targets:
                report.fail(check, message, index=size)
        self._compare_tiles(self.frontier.take_tiles())
        self._check_tile_counts()
        self._check_redactions()
        report.compared = projection_consistency.check_followers(report.fail, whole=self.start == 0, most=MOST_LISTED)

    def _check_lost_entries(self) -> None:
        """An entry that neither has its place nor waits for one was kept out of the tree: nobody would ever seal it."""
        lost = Entry.objects.filter(leaf=None, pending=None).order_by("pk").values_list("event_id", flat=True)
        for event_id in lost[:MOST_LISTED]:
            self.report.fail("V1", f"The entry {event_id} is neither in the tree nor waiting for its place.")

    def _compare_tiles(self, expected: Mapping[tree.TileKey, bytes]) -> None:
        for (level, n), tile in expected.items():
            if tiles.read_tile(level, n)[: len(tile)] != tile:
                self.report.fail("V4", f"Tile {level}/{n} is not that of the leaves.", index=n << 8 * (level + 1))

    def _check_tile_counts(self) -> None:
        """Stored tiles hold exactly what the present head needs: none are left over from a longer tree."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT t.level, sum(t.w), max(h.size), count(*), sum(length(t.hashes)) "
                "FROM ledger_tile t, ledger_head h GROUP BY t.level"
            )
            for level, hashes, size, _, kept in cursor.fetchall():
                if hashes != size >> (tree.TILE_HEIGHT * level) or kept != hashes * tree.HASH_BYTES:
                    self.report.fail("V4", f"The tiles of level {level} belong to a tree of another size.")
        if not self.report.size and Tile.objects.exists() and not Head.objects.exists():
            self.report.fail("V4", "There are tiles but no tree.")

    def _check_redactions(self) -> None:
        """V7 and V7b, over all redactions, also those sealed since the run began."""
        redactions = _redactions()
        for index, leaf in self.missing.items():
            later = redactions.get(index)
            if later is None or later.leaf != leaf.hex() or later.index <= index:
                self.report.fail("V7", "The content is gone and no redaction says so.", index=index)
            else:
                self.report.redacted += 1
        left = _payloads_at(set(redactions))
        under_way = set(
            Redacting.objects.filter(done_at=None, since__gt=clock.now() - TOLERANCE).values_list(
                "entry__leaf__index", flat=True
            )
        )
        for index in sorted(left - under_way - held_back()):
            self.report.fail("V7b", "The content was redacted and is here again.", index=index)
        if self.start == 0:
            for asked in ports.erasures_undone:
                if undone := asked():
                    self.report.fail("V7c", f"{undone} erasures are undone. After a restore, run replay_erasures.")


def _names_a_subject(body: bytes) -> bool:
    """Whether the content is about somebody. Read only where the bytes hint at it: facts may use the same words."""
    if b'"principal":"' not in body and b'"subject":"' not in body:
        return False
    said = commitment.read_payload(body)
    return bool(said.get("principal") or said.get("subject"))


def _head_reaches(size: int) -> bool:
    """Whether the tree has grown to ``size`` by now: entries sealed during the run are no failure."""
    return Head.objects.filter(pk=checkpoints.HEAD_ID, size__gte=size).exists()


def _checkpoints(start: int) -> Iterator[Checkpoint]:
    """The checkpoints from a size on, in order, a chunk at a time."""
    while chunk := list(Checkpoint.objects.filter(size__gte=start).order_by("size")[:CHUNK]):
        yield from chunk
        start = chunk[-1].size + 1


@dataclass(frozen=True)
class _Redaction:
    index: int
    leaf: str


def _redactions() -> dict[int, _Redaction]:
    """Sealed redaction records whose content opens their leaf, by the index they name."""
    found: dict[int, _Redaction] = {}
    rows = Leaf.objects.filter(entry__kind=EntryKind.REDACTION).order_by("pk")
    columns: tuple[Any, ...] = ("pk", "entry__leaf_hash", "entry__payload__body", "entry__payload__salt")
    for index, leaf, body, salt in rows.values_list(*columns).iterator(chunk_size=CHUNK):
        if body is None or commitment.leaf_hash(bytes(salt), bytes(body)) != bytes(leaf):
            continue
        said = commitment.read_payload(bytes(body))
        found[said["target_index"]] = _Redaction(index, said["target_leaf"])
    return found


def _payloads_at(indexes: set[int]) -> set[int]:
    """Those of the indexes whose entry still has its payload."""
    left: set[int] = set()
    ordered = sorted(indexes)
    for at in range(0, len(ordered), 500):
        chosen = Payload.objects.filter(entry__leaf__index__in=ordered[at : at + 500])
        left.update(chosen.values_list("entry__leaf__index", flat=True))
    return left


def _chunk(after: int, size: int) -> Iterator[Row]:
    rows = Leaf.objects.filter(pk__gt=after, pk__lt=size).order_by("pk")
    columns = ["pk", "leaf_hash", "kind", "event_id", "subject_ref", "recorded_at", "commitment"]
    columns += ["payload__body", "payload__salt"]
    for values in rows.values_list("pk", *(f"entry__{column}" for column in columns))[:CHUNK]:
        index, entry, leaf, kind, event_id, subject_ref, recorded_at, committed, body, salt = values
        yield Row(
            index,
            entry,
            bytes(leaf),
            kind,
            event_id,
            subject_ref,
            recorded_at,
            None if committed is None else bytes(committed),
            None if body is None else bytes(body),
            None if salt is None else bytes(salt),
        )
