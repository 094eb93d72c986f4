"""Verification that is written down, and stops signing when a check fires."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from portal.core import clock
from portal.core.errors import Refused
from portal.ledger.models import Verification
from portal.ledger.services import signing
from portal.ledger.services.redaction import finish_redactions
from portal.ledger.services.verification import Progress, Report, verify
from portal.ledger.states import CHECKS, Scope


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
            signing.stop_signing(check=first.check, index=first.index)
    return run


@dataclass(frozen=True)
class CheckState:
    """What the last run that was written down found by one check: over how many entries or rows, and whether it is clean."""

    name: str
    words: Any
    run: Verification
    rows: int | None
    is_ok: bool


def state_of_checks() -> list[CheckState]:
    """Each check with its last run, in the order of ``CHECKS``; nothing before the first run.

    ``rows`` are entries, of V10 and V11 the rows that were compared; None where they are not counted.
    """
    run = Verification.objects.order_by("-pk").first()
    if run is None:
        return []
    failed = {check if check in {"V10", "V11"} else check[:1] for check, _index, _message in run.failures}
    compared = {**run.compared, "V1-V9": run.size}
    return [
        CheckState(name, words, run, compared.get(name), (name if "-" not in name else name[:1]) not in failed)
        for name, words in CHECKS
    ]


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
    """Allow signing again after every check has passed over all leaves. Raises Refused when one still fires."""
    finish_redactions()
    report = verify()
    if not report.ok:
        raise Refused(f"Signing stays stopped: {', '.join(report.checks)} still fail. Run verify_ledger for the list.")
    signing.resume_signing()
    return report
