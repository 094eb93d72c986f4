"""The bundle of one person's file: numbered pages, tables, proofs from the ledger, hashes, and a certificate to sign."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from django.db import transaction

from portal.fronts.evidence.archive_parts import Parts, Progress, digest_of
from portal.fronts.evidence.models import PersonFile
from portal.fronts.evidence.person.certificate import certificate
from portal.fronts.evidence.person.roles_at_date import Actors, Holder, roles_then
from portal.fronts.evidence.person.subject_timeline import Happening, Timeline, timeline_of
from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import clock, date_format, typst_pdf
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.jobs import archives, export_columns
from portal.kernel.ledger import notes, program
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.errors import NotSealed
from portal.kernel.ledger.models import Checkpoint, Entry, Pending

FORMAT = "onesetu-person-file/1"
SEAL_WAIT = 30.0
#: Parts of a bundle beside its proofs.
PARTS = 10


@dataclass(frozen=True)
class Made:
    """A finished bundle: its hash and length, and how many of its events are proved; the others' contents were erased."""

    sha256: str
    length: int
    proved: int
    manifest_sha256: str


def digest_of_events(timeline: Timeline) -> tuple[int, str]:
    """How many entries the file holds, and the SHA-256 over them in their order: one line each, event and leaf hash.

    What was recorded by an instant never changes, so it is the same whenever it is asked.
    """
    digest, count = hashlib.sha256(), 0
    rows = timeline.entries().order_by("recorded_at", "pk").values_list("event_id", "leaf_hash")
    for event, leaf in rows.iterator(chunk_size=2_000):
        digest.update(f"{event} {bytes(leaf).hex()}\n".encode())
        count += 1
    return count, digest.hexdigest()


def make_bundle(*, row: PersonFile, target: BinaryIO, actor: Actor, now: datetime, progress: Progress) -> Made:
    """Write the bundle to ``target`` (which can seek) and the hashes of its manifest and of the whole into the ledger.

    Call it outside a transaction. Raises NotSealed when the ledger cannot be sealed or signed now, Refused when the
    entries are not those that were proposed (EVENTS_CHANGED).
    """
    timeline = timeline_of(row.subject_ref, at=row.as_of)
    if digest_of_events(timeline) != (row.events, row.events_sha256):
        raise Refused("The entries are not those that were proposed.", code="EVENTS_CHANGED")
    checkpoint = _checkpoint_over(timeline)
    events = list(timeline.everything())
    with ExitStack() as stack:
        parts = Parts(stack, progress, total=len(events) + PARTS)
        missing = _add_proofs(parts, events, checkpoint)
        parts.add("ledger/checkpoint.txt", [bytes(checkpoint.note)])
        _add_tables(parts, row, timeline, events, missing, now)
        parts.add("verify.py", [program.source()])
        parts.add("README.txt", [_readme(row).encode()])
        parts.add("certificate.pdf", [_certificate(row, parts, now)])
        manifest = _manifest(row, checkpoint, len(events) - len(missing), len(missing), parts)
        parts.add("manifest.json", [manifest])
        digest = hashlib.sha256(manifest).hexdigest()
        parts.add("manifest.tlog-proof", [_sealed(row, digest, checkpoint, actor)])
        archives.deterministic_zip(target, parts.members())
    whole, length = digest_of(target)
    return Made(whole, length, len(events) - len(missing), digest)


def _checkpoint_over(timeline: Timeline) -> Checkpoint:
    """The first checkpoint over every entry of the file. Seals what still waits."""
    entries = timeline.entries()
    if Pending.objects.filter(entry__in=entries.values("pk")).exists():
        ledger.seal_now(wait=SEAL_WAIT)
    last = entries.exclude(leaf=None).order_by("-leaf__index").values_list("leaf__index", flat=True).first()
    over = Checkpoint.objects.filter(size__gt=last if last is not None else 0).order_by("size").first()
    if over is None or Pending.objects.filter(entry__in=entries.values("pk")).exists():
        raise NotSealed("The ledger cannot be signed now. Try again.")
    return over


def _add_proofs(parts: Parts, events: Sequence[Happening], checkpoint: Checkpoint) -> set[int]:
    """A receipt for each event, under the one checkpoint; returns the numbers of those whose content was erased."""
    missing: set[int] = set()
    entries = Entry.objects.select_related("leaf").in_bulk([event.number for event in events])
    for event in events:
        try:
            receipt = ledger.receipt_for(entries[event.number], checkpoint=checkpoint)
        except Refused:
            missing.add(event.number)
        else:
            parts.add(_proof_of(event), [receipt])
    return missing


def _proof_of(event: Happening) -> str:
    return f"proofs/{event.leaf:09d}.tlog-proof"


def _add_tables(
    parts: Parts,
    row: PersonFile,
    timeline: Timeline,
    events: Sequence[Happening],
    missing: set[int],
    now: datetime,
) -> None:
    """Events, states and roles: for people on numbered pages and as CSV, for programs as JSON lines."""
    by = Actors(event.who for event in events)
    labels = {strand.code: str(strand.label) for strand in timeline.strands}
    said = [_line(number, event, by, event.number in missing) for number, event in enumerate(events, 1)]
    holders = roles_then(row.as_of)
    stood = [
        {
            "kind": labels[one.strand],
            "about": one.about,
            "what": one.thing,
            "state": one.state,
            "since": clock.stamp(one.since),
        }
        for one in timeline.standing()
    ]
    held = [
        {"role": one.role, "name": one.name, "user": one.who, "since": clock.stamp(one.starts_at)} for one in holders
    ]
    parts.add("events.jsonl", _as_lines(said))
    for name, rows in (("events", said), ("states", stood), ("roles", held)):
        parts.add(f"{name}.csv", _as_csv(rows))
    parts.add("file.pdf", [_pages(row, events, by, labels, stood, holders, now)])


def _line(number: int, event: Happening, by: Actors, is_erased: bool) -> dict[str, Any]:  # noqa: FBT001 - a fact of the line
    return {
        "number": number,
        "recorded_at": clock.stamp(event.known_at),
        "happened_at": clock.stamp(event.at),
        "kind": event.strand,
        "act": event.act,
        "words": event.words,
        "about": event.about,
        "what": event.thing,
        "state": event.state,
        "by": by(event.who, event.at),
        "facts": dict(event.facts),
        "entry": str(event.entry),
        "leaf": event.leaf,
        "leaf_hash": event.leaf_hash,
        "proof": "" if is_erased else _proof_of(event),
    }


def _as_lines(rows: Sequence[dict[str, Any]]) -> Iterator[bytes]:
    for row in rows:
        yield (json.dumps(row, ensure_ascii=False, separators=(",", ":"), default=str) + "\n").encode()


def _as_csv(rows: Sequence[dict[str, Any]]) -> Iterator[bytes]:
    names = list(rows[0]) if rows else ["nothing"]
    return export_columns.stream_csv([export_columns.Column(name, _cell(name)) for name in names], rows)


def _cell(name: str) -> Any:
    def value(row: dict[str, Any]) -> export_columns.Cell:
        found = row[name]
        return json.dumps(found, ensure_ascii=False, sort_keys=True, default=str) if isinstance(found, dict) else found

    return value


def _pages(
    row: PersonFile,
    events: Sequence[Happening],
    by: Actors,
    labels: dict[str, str],
    stood: Sequence[dict[str, Any]],
    held: Sequence[Holder],
    now: datetime,
) -> bytes:
    """The file to be read: every page carries its number, of how many, and the bundle's reference."""
    about = [
        ("Bundle", row.reference),
        ("Person", str(row.subject_ref)),
        ("As of", date_format.in_both(row.as_of)),
        ("Made for", row.ticket),
        ("Events", str(row.events)),
        ("SHA-256 of the entries", typst_pdf.in_groups(row.events_sha256)),
    ]
    states = [(one["kind"], _breakable(one["about"]), one["what"], one["state"]) for one in stood]
    roles = [(one.role, one.name, date_format.moment(one.starts_at)) for one in held]
    lines = [
        (
            str(number),
            date_format.moment(event.known_at),
            labels[event.strand],
            f"{event.words} ({event.thing}: {event.state})" if event.state else event.words,
            _breakable(event.about),
            by(event.who, event.at),
            str(event.leaf),
        )
        for number, event in enumerate(events, 1)
    ]
    parts = [
        typst_pdf.part("What this is", about),
        typst_pdf.part("State at that time", states, "Nothing.", heads=("Kind", "About", "What", "State")),
        typst_pdf.part("Role assignments at that time", roles, "Nobody.", heads=("Role", "Name", "Since")),
        typst_pdf.part(
            "Events, in the order in which they were recorded",
            lines,
            "None.",
            heads=("No.", "Recorded", "Kind", "What", "About", "By", "Leaf"),
        ),
    ]
    return typst_pdf.paper("File of one person", parts, at=now, footer=row.reference)


def _breakable(about: str) -> str:
    """A label that a narrow column can break behind its kind."""
    return about.replace(":", ": ", 1) if ": " not in about else about


def _certificate(row: PersonFile, parts: Parts, now: datetime) -> bytes:
    hashes = [(str(part["path"]), str(part["sha256"])) for part in parts.listed if "proofs/" not in str(part["path"])]
    [pages] = [str(part["sha256"]) for part in parts.listed if part["path"] == "file.pdf"]
    said = (
        f"The compliance portal of Onesetu; bundle {row.reference}, {row.events} entries of its ledger as of "
        f"{date_format.in_both(row.as_of)}, in file.pdf."
    )
    return certificate(record=said, sha256=pages, hashes=hashes, at=now, footer=row.reference)


def _manifest(row: PersonFile, checkpoint: Checkpoint, proved: int, missing: int, parts: Parts) -> bytes:
    body = {
        "format": FORMAT,
        "file": row.reference,
        "subject": str(row.subject_ref),
        "as_of": clock.stamp(row.as_of),
        "origin": ledger.verifier().name,
        "checkpoint": {"size": checkpoint.size, "root": notes.to_base64(bytes(checkpoint.root))},
        "records": proved,
        "missing": missing,
        "events_sha256": row.events_sha256,
        "files": sorted(parts.listed, key=lambda part: str(part["path"])),
    }
    return (json.dumps(body, indent=1, sort_keys=True) + "\n").encode()


def _sealed(row: PersonFile, digest: str, checkpoint: Checkpoint, actor: Actor) -> bytes:
    """The receipt of the manifest's hash. Its leaf names the bundle, not the person."""
    facts: dict[str, str | int | bool | None] = {
        "file": row.reference,
        "sha256": digest,
        "checkpoint": checkpoint.size,
    }
    with transaction.atomic():
        event = audit.record(AuditKind.EVIDENCE_MANIFEST_SEALED, actor=actor, about=row.about, facts=facts)
    ledger.seal_now(wait=SEAL_WAIT, entry=event.entry)
    return ledger.receipt_for(event.entry)


def _readme(row: PersonFile) -> str:
    return f"""File of one person: bundle {row.reference}, as of {clock.stamp(row.as_of)}

file.pdf         the file on numbered pages: how things stood, who held which role, every event
certificate.pdf  the certificate for electronic evidence, with blanks for the hands of those who sign it
events.csv, events.jsonl   the events as tables: codes, references, hashes and times, no address and no number
states.csv, roles.csv      how things stood, and who held which role, at that instant
proofs/          for each event its receipt: it opens the leaf and leads to the signed root of ledger/checkpoint.txt.
                 An event without one was erased lawfully: its leaf is left, its content is not.
manifest.json, manifest.tlog-proof   every file with its SHA-256, and the proof that the manifest stands in the ledger
verify.py        checks all of this on any Python 3.9 or newer, without a network:

    python3 -I verify.py THIS-BUNDLE.zip --vkey KEY

Take KEY, the ledger's public key, from its operator by another way than this bundle, and use your own copy of verify.py.
With --receipt FILE it also checks that the bundle as a whole stands in the ledger.
"""
