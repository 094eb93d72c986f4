from pathlib import Path
from typing import Any

from django.core.management import CommandError, CommandParser

from portal.kernel.core import clock
from portal.kernel.core.command_line import REFUSED
from portal.kernel.core.commands import PortalCommand
from portal.kernel.ledger import notes, services
from portal.kernel.ledger.choices import Scope
from portal.kernel.ledger.services import anchor, monitor, witnesses


class Command(PortalCommand):
    help = "Run every check (V1-V11, V7b, V7c, X1, X2) over the whole ledger, and write a clean run down."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--anchor", type=Path, help="an anchor file kept elsewhere (default: LEDGER_ANCHOR)")
        parser.add_argument(
            "--receipt", type=Path, action="append", default=[], help="a receipt that someone has; may be repeated"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 0 when every check passes, 1 when one fires.

        A clean run is a row, so that the pages know of it. One that fires changes nothing: it may be of a restored copy
        that is looked at first; the hourly check is what stops signing.
        """
        started = clock.now()
        if options["anchor"] is not None and anchor.read(options["anchor"]) is None:
            raise CommandError(f"There is no anchor file at {options['anchor']}.", returncode=2)
        report = services.verify(
            anchor_path=options["anchor"],
            old_receipts=[path.read_bytes() for path in options["receipt"]],
            progress=self.show_progress,
        )
        if report.ok:
            monitor.write_down(report, scope=Scope.ALL, started_at=started)
        self.answer(_body(report), _text(report), options=options, code=0 if report.ok else REFUSED)


def _body(report: services.Report) -> dict[str, Any]:
    known = report.anchor
    return {
        "ok": report.ok,
        "size": report.size,
        "root": notes.to_base64(report.root),
        "anchor": None if known is None else {"size": known.size, "root": notes.to_base64(known.root)},
        "witnesses": witnesses.told(report.witnesses),
        "failures": [
            {"check": failure.check, "index": failure.index, "message": failure.message} for failure in report.failures
        ],
        "explained": [
            {"first": one.anomaly.first, "last": one.anomaly.last, "cause": one.cause, "index": one.at}
            for one in report.explained
        ],
        "redacted": report.redacted,
        "compared": report.compared,
    }


def _text(report: services.Report) -> str:
    lines = [
        f"{failure.check}{'' if failure.index is None else f' at {failure.index}'}: {failure.message}"
        for failure in report.failures
    ]
    if report.unlisted:
        lines.append(f"... and {report.unlisted} more")
    lines += [
        f"Explained by two people in entry {one.at}: entries out of order from {one.anomaly.first} to "
        f"{one.anomaly.last} "
        f"(cause: {one.cause})."
        for one in report.explained
    ]
    if report.ok:
        against = "no anchor yet" if report.anchor is None else f"anchored at {report.anchor.size}"
        told = witnesses.told(report.witnesses)
        independent = [one for one in told if one["independent"]]
        seen = f"{len(independent)} independent witnesses" if independent else "no independent witness"
        others = [f"{one['name']} up to {one['size']}" for one in told if not one["named"]]
        seen += f" (cosigned by {', '.join(others)}, which WITNESSES does not name)" if others else ""
        rows = ", ".join(f"{count} rows by {check}" for check, count in sorted(report.compared.items()))
        lines.append(
            f"Clean: {report.size} leaves, {report.redacted} of them erased lawfully, {rows}, {against}, {seen}."
        )
    else:
        lines.append(f"NOT clean: {', '.join(report.checks)} fired over {report.size} leaves.")
    return "\n".join(lines)
