"""Files whose rows go into a list: brought, tried, taken in turn by turn, ended."""

from portal.kernel.jobs.services.imports.cleanup import end_made_before, expire
from portal.kernel.jobs.services.imports.dry_run import first_rows
from portal.kernel.jobs.services.imports.lifecycle import bring, carry_on, give_up, require_mine, stop, take_in

__all__ = [
    "bring",
    "carry_on",
    "end_made_before",
    "expire",
    "first_rows",
    "give_up",
    "require_mine",
    "stop",
    "take_in",
]
