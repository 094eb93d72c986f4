import secrets
from pathlib import Path
from typing import Any

from django.core.management import CommandError, CommandParser

from portal.fronts.evidence import packs
from portal.fronts.evidence.forms import LARGEST_SEED, MOST_SAMPLES
from portal.fronts.evidence.period import Period
from portal.kernel.core import actor, clock
from portal.kernel.core.command_line import USAGE
from portal.kernel.core.commands import PortalCommand, day


class Command(PortalCommand):
    help = (
        "Build the evidence pack of a period (of today: until now), and the receipt of the pack as a whole beside it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--from", dest="first", required=True, help="first day, in India: 2026-10-01")
        parser.add_argument("--to", dest="last", required=True, help="last day, included: 2026-10-31")
        parser.add_argument("--out", type=Path, required=True, help="the file to write, *.zip")
        parser.add_argument("--sample", type=int, default=0, help="prove this many records one by one as well")
        parser.add_argument("--drawn", action="append", default=[], help="a frozen sample to include: its reference")
        parser.add_argument("--seed", type=int, help="chooses the sample; without it one is drawn and printed")

    def handle(self, *args: Any, first: str, last: str, out: Path, **options: Any) -> None:
        """Exit 1 for a period that ends after today, 3 when the ledger cannot be sealed. The file appears whole or not."""
        if not 0 <= options["sample"] <= MOST_SAMPLES:
            raise CommandError(f"--sample takes a number from 0 to {MOST_SAMPLES:,}.", returncode=USAGE)
        if options["seed"] is not None and not 0 <= options["seed"] <= LARGEST_SEED:
            raise CommandError(f"--seed takes a number from 0 to {LARGEST_SEED:,}.", returncode=USAGE)
        seed = secrets.randbelow(2**32) if options["seed"] is None else options["seed"]
        period = Period.of(day(first), day(last), now=clock.now())
        part = out.with_name(out.name + ".part")
        try:
            with part.open("w+b") as target:
                made = packs.make_pack(
                    period=period,
                    sample=packs.Sample(options["sample"], seed, tuple(options["drawn"])),
                    target=target,
                    actor=actor.system("evidence_pack"),
                    now=clock.now(),
                    progress=self.show_progress,
                )
            part.replace(out)
        finally:
            part.unlink(missing_ok=True)
        receipt = out.with_name(out.name + ".tlog-proof")
        receipt.write_bytes(made.receipt())
        body = {
            "file": str(out),
            "sha256": made.sha256,
            "records": made.records,
            "erased_entries": made.erased_entries,
            "size": made.length,
            "tree_size": made.tree_size,
            "seed": seed,
            "receipt": str(receipt),
        }
        line = (
            f"Wrote {out}: {made.records} records, {made.erased_entries} erased, {made.length:,} bytes, seed {seed}, "
            f"SHA-256 {made.sha256}; its receipt is {receipt}."
        )
        self.answer(body, line, options=options)
