"""Verification that is written down, and stops signing when a check fires."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from portal.kernel.core import clock
from portal.kernel.core.errors import Refused
from portal.kernel.ledger.choices import CHECKS, Scope
from portal.kernel.ledger.models import Verification
from portal.kernel.ledger.services import checkpoints
from portal.kernel.ledger.services.redaction import finish_redactions
from portal.kernel.ledger.services.verification import Progress, Report, verify

#: Runs that are looked through for a failure while there was none over everything yet.
MOST_RUNS: Final = 100


def check_ledger(*, scope: Scope, progress: Progress | None = None, now: datetime | None = None) -> Verification:
    """Run the checks over new or all leaves, write the run down, and stop signing when one fired.

    New leaves are those after the last clean run. The row and the stop are one transaction; the checks themselves run
    outside it, so that sealing goes on meanwhile.
    """
    started = now or clock.now()
    finish_redactions()  # what a crash left half done is no alarm
    start = 0
    if scope == Scope.NEW:
        last = Verification.objects.filter(ok=True).order_by("-size").first()
        start = 0 if last is None else last.size
    report = verify(start=start, progress=progress)
    with transaction.atomic():
        run = write_down(report, scope=scope, started_at=started)
        if not report.ok:
            first = report.failures[0]
            checkpoints.stop_signing(check=first.check, index=first.index)
    return run


@dataclass(frozen=True)
class CheckState:
    """What stands of one check, and the run that says it: over how many entries or rows, and whether it is clean."""

    name: str
    words: Any
    run: Verification
    rows: int | None
    is_ok: bool


def state_of_checks() -> list[CheckState]:
    """Each check with the run that says how it stands, in the order of ``CHECKS``; nothing before the first run.

    That is the newest run in which it failed, unless a run over everything has passed it since: a run over what is new or a
    sample does not look at the same place again. Where none failed it is the last run over everything, or the first of all
    while there is none. ``rows`` are entries, of V10 and V11 the rows that were compared; None where they are not counted.
    """
    whole = Verification.objects.filter(scope=Scope.ALL).order_by("-pk").first()
    since = Verification.objects.filter(pk__gte=whole.pk if whole else 0).order_by("-pk")
    runs = list(since) if whole else list(since[:MOST_RUNS])
    if not runs:
        return []
    found = []
    for name, words in CHECKS:
        short = name if "-" not in name else name[:1]
        failed = next((run for run in runs if short in _failed(run)), None)
        run = failed or whole or runs[0]
        rows = {**run.compared, "V1-V9": run.size}.get(name)
        found.append(CheckState(name, words, run, rows, is_ok=failed is None))
    return found


def _failed(run: Verification) -> set[str]:
    return {check if check in {"V10", "V11"} else check[:1] for check, _index, _message in run.failures}


def write_down(report: Report, *, scope: Scope, started_at: datetime) -> Verification:
    """The row of a run that ends now, for the pages that say when the ledger was last checked."""
    return Verification.objects.create(
        scope=scope,
        size=report.size,
        ok=report.ok,
        compared=report.compared,
        failures=[[failure.check, failure.index, failure.message] for failure in report.failures],
        started_at=started_at,
        finished_at=clock.now(),
    )


def resume_signing_after_check() -> Report:
    """Allow signing again after every check has passed over all leaves; that run is written down in the same transaction.

    Raises Refused when one still fires.
    """
    started = clock.now()
    finish_redactions()
    report = verify()
    if not report.ok:
        raise Refused(f"Signing stays stopped: {', '.join(report.checks)} still fail. Run verify_ledger for the list.")
    with transaction.atomic():
        write_down(report, scope=Scope.ALL, started_at=started)
        checkpoints.resume_signing()
    return report
