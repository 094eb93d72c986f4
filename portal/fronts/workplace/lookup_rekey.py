"""Lookup hashes under a new LOOKUP_KEY: what is left, and the job that does it."""

from dataclasses import dataclass

from django.db import transaction

from portal.fronts.workplace.job_types import RENEW_LOOKUPS
from portal.kernel.core import lookup_columns, ports
from portal.kernel.core.actor import Actor
from portal.kernel.jobs import services as jobs
from portal.kernel.jobs.choices import FINISHED
from portal.kernel.jobs.models import Job


@dataclass(frozen=True)
class Older:
    """How many rows of a column have a hash under an older key, and whether the job writes them anew."""

    column: str
    rows: int
    is_renewed: bool


def older_lookups() -> list[Older]:
    """Every column with rows under an older key. Counts whole tables: for a page that one opens while keys change."""
    found = [Older(column.label, column.older().count(), is_renewed=True) for column in ports.lookup_columns]
    found += [Older(label, rows.count(), is_renewed=False) for label, rows in lookup_columns.kept_as_written()]
    return [one for one in found if one.rows]


def running() -> Job | None:
    """The job that is under way, if any."""
    return Job.objects.filter(kind=RENEW_LOOKUPS).exclude(state__in=FINISHED).first()


def start(*, actor: Actor) -> Job | None:
    """Start the job, in a transaction of its own; None when it runs already."""
    with transaction.atomic():
        return None if running() else jobs.start(kind=RENEW_LOOKUPS, parameters={}, actor=actor)
