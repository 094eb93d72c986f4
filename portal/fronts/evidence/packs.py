"""An evidence pack: registers of a period, their proof in the ledger, a manifest, and the program that checks it all.

The same period, sample and seed give the same content, as long as the period is over and nothing in it was erased or changed
meanwhile. The receipt of the manifest goes with the log: it may show a later checkpoint or more cosignatures.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.resources import files
from typing import Any, BinaryIO

from django.db import transaction

from portal.fronts.evidence import (
    attachment_files,
    monthly_reports,
    pack_contents,
    proofs,
    samples,
    sampling,
    statements,
)
from portal.fronts.evidence.archive_parts import Parts, Progress, digest_of
from portal.fronts.evidence.models import DrawnSample
from portal.fronts.evidence.period import Period
from portal.fronts.evidence.registers import REGISTERS, Register
from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.jobs import archives, export_columns
from portal.kernel.ledger import notes, program
from portal.kernel.ledger import services as ledger
from portal.kernel.people.models import User

FORMAT = "onesetu-evidence-pack/5"
SEAL_WAIT = 30.0


@dataclass(frozen=True)
class Made:
    """A finished pack: its hash and length in bytes, what it holds, and the audit event whose leaf holds the hash."""

    sha256: str
    length: int
    records: int
    erased_entries: int
    tree_size: int
    event: AuditEvent

    def receipt(self) -> bytes:
        """The proof that the pack as a whole stands in the ledger."""
        return ledger.receipt_for(self.event.entry)


@dataclass(frozen=True)
class Sample:
    """How many records to prove one by one, the seed that chooses them, and the frozen samples that the pack is asked to hold.

    It holds besides those that were drawn in the period from rows of its own days.
    """

    size: int
    seed: int
    drawn: tuple[str, ...] = ()


def make_pack(
    *,
    period: Period,
    sample: Sample,
    target: BinaryIO,
    actor: Actor,
    now: datetime,
    reader: User | None = None,
    progress: Progress | None = None,
) -> Made:
    """Write the pack of a period to ``target`` (which can seek) and its hash into the ledger.

    Its leaves: the hashes of controls and policy map (once for the same bytes), the manifest's, whose receipt is inside
    the pack (once for the same manifest), and the whole pack's. The reports of whole months that are not kept yet are
    made first. Reads only otherwise; call it outside a transaction. Personal data stays out: registers hold codes and
    references, ledger contents hold no more. ``reader`` is who asked for it: of the files of attachments it holds those that
    their role exports, each opening an audit event of the vault.

    Raises Refused for a period that ends ahead of now, NotSealed when the ledger cannot be sealed or signed now.
    """
    period.refuse_unfit(now=now)
    sample, other_days = _with_drawn(sample, period)
    monthly_reports.keep(pack_contents.months_of(period), now=now)
    with ExitStack() as stack:
        parts = Parts(stack, progress or _no_progress, total=2 * len(REGISTERS) + 15)
        with proofs.sealed_view(wait=SEAL_WAIT) as view:  # what is compared with each other is read as of one moment
            asked = pack_contents.asked(period, using=view)
            bodies = {
                "controls.json": pack_contents.control_list(asked, period),
                "policy-map.json": pack_contents.policy_map(asked),
            }
            added = [_add_register(parts, register, period, view) for register in REGISTERS]
            beside = [statements.beside(rule, period, keys, using=view) for rule, keys in _stated_rows(added)]
        stated = statements.state(period, bodies, about=_about(period), actor=actor)
        ledger.seal_now(wait=SEAL_WAIT)
        bare = {place for one in beside for _key, _act, place in one.bare}
        extent = proofs.extent_of(period, others=_others(period, sample, stated, beside), bare=bare)
        counts = proofs.Counts()
        parts.add("ledger/leaves.jsonl", proofs.leaf_lines(extent, period, counts))
        parts.add("ledger/others.jsonl", proofs.other_lines(extent))
        parts.add("ledger/proof.json", [proofs.proof_of(extent)])
        parts.add("ledger/checkpoint.txt", [bytes(extent.checkpoint.note)])
        short = [*_add_sample(parts, extent, period, sample), *_add_drawn(parts, sample), *other_days]
        for name, body in bodies.items():
            parts.add(name, [body])
        lacking = _add_contents(parts, period, asked)
        rows_of = parts.lines("registers/attachments.jsonl")
        missing = [
            *attachment_files.add(parts, list(rows_of), reader=reader, actor=actor),
            *lacking,
            *short,
            *_erased(counts),
            *_gone(beside),
        ]
        rows = {register.name: register.count for register in added}
        _add_summary(parts, period, sample, counts, rows, asked, missing)
        parts.add("verify.py", [program.source()])
        parts.add("README.txt", [_readme(period).encode()])
        manifest = _manifest(period, sample, extent, counts, rows, parts)
        parts.add("manifest.json", [manifest])
        parts.add("manifest.tlog-proof", [_sealed_manifest(manifest, period, extent, actor)])
        archives.deterministic_zip(target, parts.members())
    return _seal_pack(target, period, sample, counts, extent, hashlib.sha256(manifest).hexdigest(), actor)


def _add_sample(parts: Parts, extent: proofs.Extent, period: Period, sample: Sample) -> list[pack_contents.Missing]:
    """The receipts of the records drawn, with the population, so that anybody can draw them again; names a short draw."""
    population = proofs.population(extent, period)
    chosen = sampling.drawn(population, method=sampling.RANDOM, size=sample.size, seed=sample.seed)
    body = {
        "population": "entries of the period that have their content, by index",
        "population_size": len(population),
        "population_sha256": sampling.digest(population),
        "method": sampling.RANDOM,
        "size": sample.size,
        "seed": sample.seed,
        "chosen": chosen,
    }
    parts.add("samples/population.txt", [sampling.listed(population)])
    parts.add("samples/sample.json", [(json.dumps(body, indent=1, sort_keys=True) + "\n").encode()])
    for entry in proofs.entries_at(chosen):
        receipt = ledger.receipt_for(entry, checkpoint=extent.checkpoint)
        parts.add(f"samples/{entry.index:09d}.tlog-proof", [receipt])
    if len(chosen) == sample.size:
        return []
    return [pack_contents.Missing.because("sample", f"{sample.size - len(chosen)} receipts", "short")]


def _with_drawn(sample: Sample, period: Period) -> tuple[Sample, list[pack_contents.Missing]]:
    """The sample with those that were drawn in the period, and what of them is left out: those of rows of other days."""
    held, left = set(sample.drawn), []
    for row in samples.drawn_in(period):
        if period.first_day <= row.first_day and row.last_day <= period.last_day:
            held.add(row.reference)
        elif row.reference not in held:
            left.append(pack_contents.Missing.because("sample", row.reference, "days"))
    return replace(sample, drawn=tuple(sorted(held))), left


def _add_drawn(parts: Parts, sample: Sample) -> list[pack_contents.Missing]:
    """The frozen samples of the pack, each with its population; names those that have none."""
    missing = []
    for reference in sorted(sample.drawn):
        row = DrawnSample.objects.filter(reference=reference).first()
        population = None if row is None else samples.kept(row)
        if row is None or population is None:
            missing.append(pack_contents.Missing.because("sample", reference, "unknown" if row is None else "lost"))
            continue
        body = json.dumps(samples.as_plain(row), indent=1, sort_keys=True)
        parts.add(f"samples/drawn/{reference}.json", [f"{body}\n".encode()])
        parts.add(f"samples/drawn/{reference}.txt", [sampling.listed(population)])
    return missing


def _add_contents(parts: Parts, period: Period, asked: pack_contents.Asked) -> list[pack_contents.Missing]:
    """Reports, letters and the page that checks; gives what of them is not there, and which controls have no evidence."""
    letters, lost = pack_contents.letters(period)
    page, no_page = pack_contents.verifier_page()
    for name, body in (*pack_contents.report_files(period), *letters, *page):
        parts.add(name, [body])
    return [*pack_contents.report_gaps(period), *lost, *no_page, *pack_contents.unshown(asked)]


def _erased(counts: proofs.Counts) -> list[pack_contents.Missing]:
    """What was erased lawfully: its leaf stands in the pack, its content nowhere."""
    return [pack_contents.Missing.because("erased record", str(index), "erased") for index in counts.erased_at]


def _add_summary(
    parts: Parts,
    period: Period,
    sample: Sample,
    counts: proofs.Counts,
    rows: dict[str, int],
    asked: pack_contents.Asked,
    missing: list[pack_contents.Missing],
) -> None:
    facts = [
        *pack_contents.made_of(period),
        ("Records", f"{counts.records}, and {counts.erased} erased"),
        ("Sample", f"{sample.size}, seed {sample.seed}"),
        ("How to check", "python3 -I verify.py PACK.zip --vkey KEY (README.txt)"),
    ]
    parts.add("MISSING.csv", [pack_contents.missing_file(missing)])
    body = pack_contents.summary(period, facts=facts, rows=asked, registers=rows, missing=missing)
    parts.add("00-summary.pdf", [body])


def _no_progress(done: int, total: int) -> None:
    return None


@dataclass(frozen=True)
class Added:
    """A register as it was written: how many rows it has, and by rule the keys of those that follow from an act."""

    name: str
    count: int
    keys: list[tuple[statements.Rule, set[statements.Key]]]


def _stated_rows(added: Sequence[Added]) -> list[tuple[statements.Rule, set[statements.Key]]]:
    return [pair for one in added for pair in one.keys]


def _others(
    period: Period, sample: Sample, stated: Sequence[AuditEvent], beside: Sequence[statements.Beside]
) -> set[int]:
    """The places of the leaves outside the period on which the pack rests."""
    mine = AuditEvent.objects.filter(pk__in=[event.pk for event in stated])
    events = (mine, statements.of_reports(period), statements.of_samples(sample.drawn))
    return set().union(*map(statements.indexes, events), *(one.places for one in beside))


def _gone(beside: Sequence[statements.Beside]) -> list[pack_contents.Missing]:
    """The rows that follow from an act of the period and that their register does not have, and those of which an act was erased."""
    gone = [
        pack_contents.Missing.because("row", " ".join((one.rule.register, *key)), "days")
        for one in beside
        for key in one.gone
    ]
    bare = [
        pack_contents.Missing.because(
            "statement of a row", " ".join((one.rule.register, *key, act, str(place))), "erased"
        )
        for one in beside
        for key, act, place in one.bare
    ]
    return [*gone, *sorted(bare, key=lambda one: one.name)]


def _add_register(parts: Parts, register: Register, period: Period, view: str) -> Added:
    """JSON lines for programs and CSV for people, both from one reading of the rows."""
    names = register.heads
    columns = [export_columns.Column(name, _cell(place)) for place, name in enumerate(names)]
    keys: list[tuple[statements.Rule, set[statements.Key]]]
    count, keys = 0, [(rule, set()) for rule in statements.rules().get(register.name, ())]

    def lines() -> Iterator[bytes]:
        nonlocal count
        for row in register.rows(period.start, period.end, using=view):
            count += 1
            said = dict(zip(names, row, strict=True)) if keys else {}
            for rule, its in keys:
                key = rule.of_row(said)
                its.update([] if key is None else [key])
            yield register.line(row)

    path = f"registers/{register.name}"
    parts.add(f"{path}.jsonl", lines())
    rows = (tuple(json.loads(line).values()) for line in parts.lines(f"{path}.jsonl"))
    parts.add(f"{path}.csv", export_columns.stream_csv(columns, rows))
    return Added(register.name, count, keys)


def _cell(place: int) -> Callable[[tuple[Any, ...]], export_columns.Cell]:
    """A value as a cell of CSV: the items of a list joined, several facts as JSON."""

    def value(row: tuple[Any, ...]) -> export_columns.Cell:
        found = row[place]
        if isinstance(found, list):
            return export_columns.join_words(found)
        return json.dumps(found, ensure_ascii=False, sort_keys=True) if isinstance(found, dict) else found

    return value


def _manifest(
    period: Period,
    sample: Sample,
    extent: proofs.Extent,
    counts: proofs.Counts,
    rows: dict[str, int],
    parts: Parts,
) -> bytes:
    body = {
        "format": FORMAT,
        "period": {**_days(period), **_until(period), "zone": "Asia/Kolkata"},
        "origin": ledger.verifier().name,
        "checkpoint": {"size": extent.checkpoint.size, "root": notes.to_base64(bytes(extent.checkpoint.root))},
        "first": extent.first,
        "records": counts.records,
        "erased_entries": counts.erased,
        "sample": {"size": sample.size, "seed": sample.seed, "drawn": sorted(sample.drawn)},
        "registers": rows,
        "files": sorted(parts.listed, key=lambda part: str(part["path"])),
    }
    return (json.dumps(body, indent=1, sort_keys=True) + "\n").encode()


def _sealed_manifest(manifest: bytes, period: Period, extent: proofs.Extent, actor: Actor) -> bytes:
    """The receipt of the manifest's hash; a manifest that was sealed before keeps its first leaf."""
    digest = hashlib.sha256(manifest).hexdigest()
    kind = AuditKind.EVIDENCE_MANIFEST_SEALED
    event = AuditEvent.objects.filter(kind=kind, about=_about(period), facts__sha256=digest).order_by("pk").first()
    if event is None:
        facts = {**_days(period), "sha256": digest, "checkpoint": extent.checkpoint.size}
        with transaction.atomic():
            event = audit.record(kind, actor=actor, about=_about(period), facts=facts)
    ledger.seal_now(wait=SEAL_WAIT, entry=event.entry)
    return ledger.receipt_for(event.entry)


def _seal_pack(
    target: BinaryIO,
    period: Period,
    sample: Sample,
    counts: proofs.Counts,
    extent: proofs.Extent,
    manifest_sha256: str,
    actor: Actor,
) -> Made:
    digest, size = digest_of(target)
    facts = {
        **_days(period),
        "sha256": digest,
        "bytes": size,
        "records": counts.records,
        "missing": counts.erased,
        "size": extent.checkpoint.size,
        "seed": sample.seed,
        "sample": sample.size,
        "drawn": ",".join(sorted(sample.drawn)),
        "manifest_sha256": manifest_sha256,
    }
    with transaction.atomic():
        event = audit.record(AuditKind.EVIDENCE_PACK_MADE, actor=actor, about=_about(period), facts=facts)
    ledger.seal_now(wait=SEAL_WAIT, entry=event.entry)
    return Made(digest, size, counts.records, counts.erased, extent.checkpoint.size, event)


def _days(period: Period) -> dict[str, str | int | bool | None]:
    return {"from": period.first_day.isoformat(), "to": period.last_day.isoformat()}


def _until(period: Period) -> dict[str, str]:
    """Where the last day was not over: the moment up to which the pack is complete."""
    return {} if period.until is None else {"until": clock.stamp(period.until)}


def _about(period: Period) -> str:
    return f"evidence.pack:{period.first_day}..{period.last_day}"


def _readme(period: Period) -> str:
    so_far = (
        "" if period.until is None else f"\nThe last day was not over: the pack ends at {clock.stamp(period.until)}."
    )
    words = files("portal.fronts.evidence").joinpath("data/pack_readme.txt").read_text(encoding="utf-8")
    return words.format(first=period.first_day, last=period.last_day, so_far=so_far)
