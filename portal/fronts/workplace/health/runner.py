"""Every check with its answer, asked now."""

from datetime import datetime

import structlog
from django.utils.translation import gettext_lazy as _

from portal.fronts.workplace.health import checks
from portal.fronts.workplace.health.result import Finding, Health

#: Begins the name of a finding about a check that cannot be asked.
BROKEN = "check."

log = structlog.get_logger(__name__)


def findings(now: datetime) -> list[Finding]:
    """Ask every check. One that cannot be asked is bad itself, and hides no other."""
    found: list[Finding] = []
    for check in checks.CHECKS:
        try:
            found += check(now)
        except Exception as error:  # noqa: BLE001 - whatever broke, the page that says so has to open
            log.error("health.check_failed", check=check.__name__, error=type(error).__name__)  # noqa: TRY400 - it may quote a row
            name = f"{BROKEN}{check.__name__}"
            found.append(
                Finding(name, name, Health.BAD, type(error).__name__, _("Search the log for health.check_failed."))
            )
    return found
