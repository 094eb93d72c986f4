"""The consent ledger taken away as a job, and the same rows by the database's own means; for P10 and P11."""

import re
from pathlib import Path
from typing import Any

from consent.decisions.export_resources import ConsentEventResource
from consent.models import ConsentEvent
from portal.demo.bulk import add_answers, add_people
from portal.kernel.core import actor, clock
from portal.kernel.jobs.choices import JobState
from portal.kernel.jobs.models import Job
from portal.kernel.jobs.services import exports, runner
from portal.kernel.jobs.services.exports import Wish
from portal.kernel.vault.services import files
from tests.benchmarks.many import analyse, house
from tests.people.factories import StaffFactory

#: Answers that one person gives: one for each channel.
EACH = 4
MEGABYTE = 1024 * 1024
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")


def events(size: int) -> int:
    """At least so many answers, each with its entry; how many there are."""
    house()
    missing, now = size - ConsentEvent.objects.count(), clock.now()
    if missing > 0:
        people = add_people(-(-missing // EACH), now=now, tell=lambda what, done, total: None)
        add_answers(missing, people, seed=1, now=now, tell=lambda what, done, total: None)
        analyse()
    return ConsentEvent.objects.count()


def exported(file_format: str) -> Job:
    """The whole list by a worker, encrypted and in the register. Raises AssertionError when it was not made."""
    auditor = StaffFactory(roles=["auditor"])
    row = exports.ask(Wish(ConsentEventResource(), file_format, "", "A benchmark"), actor=actor.staff(auditor.pk))
    if runner.run(row.job_id, now=clock.now()) != JobState.DONE:
        raise AssertionError(Job.objects.get(pk=row.job_id).failure_code)
    return Job.objects.select_related("result_file").get(pk=row.job_id)


def content_of(job: Job, place: Path) -> Path:
    """The clear file of a finished job, on the disk."""
    assert job.result_file is not None
    with (
        files.open_stream(job.result_file, actor=actor.SYSTEM, reason="benchmark") as source,
        place.open("wb") as target,
    ):
        while piece := source.read(MEGABYTE):
            target.write(piece)
    return place


def bare() -> tuple[str, tuple[Any, ...]]:
    """The same columns of the same rows as they are stored: nothing spelled, nothing made safe."""
    paths = ConsentEventResource().paths()
    return ConsentEvent.objects.order_by("pk").values_list(*paths).query.sql_with_params()


def forget_the_peak() -> None:
    """Let the system measure the most memory anew from here."""
    Path("/proc/self/clear_refs").write_text("5")


def peak() -> int:
    """The most memory in use since, in bytes."""
    found = _PEAK.search(Path("/proc/self/status").read_text())
    return int(found[1]) * 1024 if found else 0
