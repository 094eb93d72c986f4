"""Files whose rows go into a list: brought, tried, taken in turn by turn, ended."""

from portal.jobs.services.imports.bringing import bring, carry_on, give_up, require_mine, stop, take_in
from portal.jobs.services.imports.ending import end_made_before, expire
from portal.jobs.services.imports.trying import first_rows

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
