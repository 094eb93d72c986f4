"""Packs that an operator forged over an honest log: opened, edited, and sealed again with everything an operator has.

An operator holds the key and the tables: hashes, counts, range proof, population, receipts and the manifest's own leaf are
made again after each edit. Only what the log committed to before cannot be made again.
"""

import csv
import io
import json
from hashlib import sha256

from django.db import transaction

from portal.fronts.evidence import proofs, sampling, statements
from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.jobs import archives
from portal.kernel.ledger import notes, program, tree
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.models import Checkpoint, Entry
from portal.kernel.ledger.services import tiles
from tests.evidence.packed import OCTOBER, WHO, opened

LISTS = ("ledger/leaves.jsonl", "ledger/others.jsonl")
MADE_AGAIN = {"manifest.json", "manifest.tlog-proof"}


#: The names of the program that every pack has inside: a forger has it, too.
PROGRAM = {"__name__": "verify"}
exec(compile(program.source(), "verify.py", "exec"), PROGRAM)
DAYS = {"from": "2026-10-01", "to": "2026-10-31"}


def cell(value):
    """A text, a number, a truth or a list of texts as the CSV of a register has it."""
    if isinstance(value, list):
        return "; ".join(value)
    return "" if value is None else ("yes" if value else "no") if isinstance(value, bool) else str(value)


def marked(register, row):
    """The row with the reason for which its days put it into October; as it is where they do not say."""
    if days := program.registers()[register].get("days"):
        row["in_period"] = PROGRAM["marks_of"](row, days, PROGRAM["bounds"](DAYS), ("2026-10-01", "2026-10-31"), False)
    return row


class Forged:
    """The files of a pack under edit. ``sealed`` gives the archive."""

    def __init__(self, data):
        self.files = opened(data)
        self.manifest = json.loads(self.files["manifest.json"])
        self.order = sorted

    def lines(self, path):
        return [json.loads(line) for line in self.files[path].splitlines()]

    def write_lines(self, path, rows):
        said = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
        self.files[path] = "".join(f"{line}\n" for line in said).encode()

    def body(self, path):
        return json.loads(self.files[path])

    def write_body(self, path, body):
        self.files[path] = (json.dumps(body, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()

    def cells(self, register):
        """The CSV of a register: its lines as lists of texts."""
        return list(csv.reader(io.StringIO(self.files[f"registers/{register}.csv"].decode(), newline="")))

    def write_cells(self, register, cells):
        text = io.StringIO()
        csv.writer(text).writerows(cells)
        self.files[f"registers/{register}.csv"] = text.getvalue().encode()

    def keep_rows(self, register, keep):
        """Both forms of a register without the rows for which ``keep`` says no."""
        rows, (heads, *cells) = self.lines(f"registers/{register}.jsonl"), self.cells(register)
        chosen = [place for place, row in enumerate(rows) if keep(row)]
        self.write_lines(f"registers/{register}.jsonl", [rows[place] for place in chosen])
        self.write_cells(register, [heads, *(cells[place] for place in chosen)])
        self.count(register)

    def change_rows(self, register, change):
        """Both forms of a register after ``change`` was called with each row; texts and numbers only. A row that was changed
        belongs to the period for the reason that its days then give.
        """
        rows, (heads, *cells) = self.lines(f"registers/{register}.jsonl"), self.cells(register)
        for row, line in zip(rows, cells, strict=True):
            before = dict(row)
            change(row)
            if row != before and row.get("in_period") == before.get("in_period"):
                marked(register, row)
            for place, name in enumerate(heads):
                if row[name] != before[name]:
                    line[place] = cell(row[name])
        self.write_lines(f"registers/{register}.jsonl", rows)
        self.write_cells(register, [heads, *cells])

    def add_row(self, register, row):
        """One row more in both forms, after the others."""
        heads, *cells = self.cells(register)
        self.write_lines(f"registers/{register}.jsonl", [*self.lines(f"registers/{register}.jsonl"), row])
        said = [cell(row[name]) for name in heads]
        self.write_cells(register, [heads, *cells, said])
        self.count(register)

    def count(self, register):
        self.manifest["registers"][register] = len(self.files[f"registers/{register}.jsonl"].splitlines())

    def write_leaves(self, rows):
        """The leaves of the period, with range proof, counts, population, sample and its receipts made again."""
        self.write_lines("ledger/leaves.jsonl", rows)
        self.prove()
        self.draw([str(row["index"]) for row in rows if self.is_counted(row)])
        self.manifest["first"] = rows[0]["index"]
        self.manifest["erased_entries"] = sum(1 for row in rows if row.get("erased"))

    def is_counted(self, row):
        """Whether a leaf is a record of the period with its content."""
        start, end = (f"{day}T18:30:00.000Z" for day in ("2026-09-30", "2026-10-31"))
        return "payload" in row and start <= json.loads(row["payload"])["recorded_at"] < end

    def prove(self):
        """The nodes that lead from the leaves shown to the root that was signed."""
        indexes = sorted(row["index"] for path in LISTS for row in self.lines(path))
        ranges = proofs.joined((index, index + 1) for index in indexes)
        size = self.manifest["checkpoint"]["size"]
        hashes = tree.Nodes(tiles.read_tile).outside(ranges, size)
        self.write_body("ledger/proof.json", {"size": size, "hashes": [one.hex() for one in hashes]})

    def draw(self, population, *, chosen=None):
        """Population, sample and receipts; ``chosen`` where the seed is not asked."""
        sample = self.manifest["sample"]
        drawn = sampling.drawn(population, method="random", size=sample["size"], seed=sample["seed"])
        chosen = chosen or drawn
        told = {
            **self.body("samples/sample.json"),
            "chosen": chosen,
            "population_size": len(population),
            "population_sha256": sampling.digest(population),
        }
        self.write_body("samples/sample.json", told)
        self.files["samples/population.txt"] = sampling.listed(population)
        for path in [path for path in self.files if path.startswith("samples/") and path.endswith(".tlog-proof")]:
            del self.files[path]
        checkpoint = Checkpoint.objects.get(pk=self.manifest["checkpoint"]["size"])
        for entry in proofs.entries_at(chosen):
            receipt = ledger.receipt_for(entry, checkpoint=checkpoint)
            self.files[f"samples/{entry.index:09d}.tlog-proof"] = receipt
        self.manifest["records"] = len(population)

    def restate(self, path):
        """State the file anew in the log, as of today, and let the whole pack stand under a checkpoint over that leaf."""
        (event,) = statements.state(OCTOBER, {path: self.files[path]}, about="evidence.pack:forged", actor=WHO)
        ledger.seal_now(wait=30.0, entry=event.entry)
        entry = Entry.objects.select_related("leaf", "payload").get(pk=event.entry_id)
        line = {"index": entry.index, "leaf": bytes(entry.leaf_hash).hex()}
        line |= {"salt": bytes(entry.payload.salt).hex(), "payload": bytes(entry.payload.body).decode()}
        self.write_lines("ledger/others.jsonl", [*self.lines("ledger/others.jsonl"), line])
        checkpoint = Checkpoint.objects.order_by("-size").first()
        self.manifest["checkpoint"] = {"size": checkpoint.size, "root": notes.to_base64(bytes(checkpoint.root))}
        self.files["ledger/checkpoint.txt"] = bytes(checkpoint.note)
        self.prove()
        self.draw(self.files["samples/population.txt"].decode().split())

    def name_erased(self):
        """The list of what is missing names what is called erased."""
        heads, *cells = csv.reader(io.StringIO(self.files["MISSING.csv"].decode(), newline=""))
        why = next(cell[2] for cell in cells if cell[0] == "erased record")
        others = [cell for cell in cells if cell[0] != "erased record"]
        erased = [row["index"] for row in self.lines("ledger/leaves.jsonl") if row.get("erased")]
        text = io.StringIO()
        csv.writer(text).writerows([heads, *others, *(["erased record", str(index), why] for index in erased)])
        self.files["MISSING.csv"] = text.getvalue().encode()

    def sealed(self):
        """The archive with hashes, manifest and the manifest's receipt made again."""
        manifest = self.manifest
        manifest["files"] = [
            {"path": path, "sha256": sha256(data).hexdigest(), "bytes": len(data)}
            for path, data in sorted(self.files.items())
            if path not in MADE_AGAIN
        ]
        body = (json.dumps(manifest, indent=1, sort_keys=True) + "\n").encode()
        with transaction.atomic():
            event = audit.record(
                AuditKind.EVIDENCE_MANIFEST_SEALED,
                actor=WHO,
                about=f"evidence.pack:{manifest['period']['from']}..{manifest['period']['to']}",
                facts={
                    "from": manifest["period"]["from"],
                    "to": manifest["period"]["to"],
                    "sha256": sha256(body).hexdigest(),
                    "checkpoint": manifest["checkpoint"]["size"],
                },
            )
        ledger.seal_now(wait=30.0, entry=event.entry)
        files = {**self.files, "manifest.json": body, "manifest.tlog-proof": ledger.receipt_for(event.entry)}
        return packed({name: files[name] for name in self.order(files)})


def packed(files):
    """The archive of these files in the order given, byte for byte as packs are written but for that order."""
    target = io.BytesIO()
    members = [archives.Member(name, io.BytesIO(data)) for name, data in files.items()]
    if sorted(files) == list(files):
        archives.deterministic_zip(target, members)
    else:
        with archives.zipfile.ZipFile(target, "w", compression=archives.zipfile.ZIP_STORED) as archive:
            for member in members:
                archives._pack(archive, member)
    return target.getvalue()
