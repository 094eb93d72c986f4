"""The consent ledger taken away as a job whose worker is killed in the middle: no half file, then the right rows.

It runs with ``./run test --full`` only: a million answers are made first.
"""

import csv
import json
import subprocess
import sys
import zipfile
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import reverse

from consent.models import ConsentEvent
from portal.kernel.core import clock
from portal.kernel.jobs.choices import JobState
from portal.kernel.jobs.models import Job, ListExport
from portal.kernel.jobs.services import runner
from portal.kernel.ledger.models import Checkpoint
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client
from tests.workers import environment

pytestmark = [pytest.mark.full, pytest.mark.django_db(transaction=True)]

ROWS = 1_000_000
#: Answers that one person gives: one for each channel.
EACH = 4
MEGABYTE = 1024 * 1024
#: A worker that stands still once half of the rows are out, so that it dies there and nowhere else.
WORKER = """
import sys, time
import django

django.setup()
from portal.kernel.core import clock
from portal.kernel.jobs.list_writer import ListFile
from portal.kernel.jobs.services import runner

counted = ListFile._counted

def stands_still(file, more):
    counted(file, more)
    if file.count >= int(sys.argv[2]):
        print("half", flush=True)
        time.sleep(600)

ListFile._counted = stands_still
runner.WRITE_EVERY = 0
runner.run(int(sys.argv[1]), now=clock.now())
"""


def killed_in_the_middle(job: Job) -> None:
    command = [sys.executable, "-c", WORKER, str(job.pk), str(ROWS // 2)]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        try:
            assert worker.stdout.readline() == b"half\n"
        finally:
            worker.kill()


def asked(client: Any, file_format: str) -> ListExport:
    said = {"file_format": file_format, "reason": "The audit of this year", "export": "yes"}
    answer = client.post(reverse("admin:consent_consentevent_export"), said)
    assert answer.status_code == 302, answer.content
    return ListExport.objects.select_related("job").latest("pk")


def fetched(client: Any, job: Job, place: Path) -> str:
    """The file on the disk; its SHA-256."""
    digest = sha256()
    with place.open("wb") as target:
        for piece in client.get(reverse("admin:jobs_job_result", args=[job.pk])).streaming_content:
            digest.update(piece)
            target.write(piece)
    return digest.hexdigest()


def rows_in_csv(place: Path) -> int:
    """Every event once and in order; how many."""
    keys = iter(ConsentEvent.objects.order_by("pk").values_list("pk", flat=True).iterator())
    with place.open(encoding="utf-8-sig", newline="") as source:
        rows = csv.reader(source)
        assert next(rows)[0] == "id"
        count = 0
        for row in rows:
            if len(row) == 1:
                assert f"rows: {count}; " in row[0]
                break
            assert int(row[0]) == next(keys)
            count += 1
        assert next(keys, None) is None
        assert list(rows) == []
    return count


def rows_in_xlsx(place: Path) -> int:
    """Rows of the sheets of the list, their headings left out."""
    with zipfile.ZipFile(place) as book:
        assert book.testzip() is None
        sheets = sorted(name for name in book.namelist() if name.startswith("xl/worksheets/"))
        count = -(len(sheets) - 1)
        for name in sheets[:-1]:
            rest = b""
            with book.open(name) as part:
                while piece := part.read(MEGABYTE):
                    text = rest + piece
                    count += text.count(b"<row>")
                    rest = text[-4:]
    return count


def test_a_million_rows_as_csv_and_xlsx_survive_the_death_of_their_worker(tmp_path: Path) -> None:
    call_command("generate_load", "--principals", str(-(-ROWS // EACH)), "--events", str(ROWS))
    call_command("seal_ledger")
    client = staff_client(StaffFactory(roles=["data_protection_officer"]))
    for file_format, rows_in in (("csv", rows_in_csv), ("xlsx", rows_in_xlsx)):
        row = asked(client, file_format)
        job = row.job
        assert job is not None
        killed_in_the_middle(job)
        job.refresh_from_db()
        assert (job.state, job.result_file, job.total) == (JobState.RUNNING, None, ROWS)
        assert 0 < job.done < ROWS
        page = client.get(reverse("admin:jobs_job_change", args=[job.pk])).text
        assert "<progress" in page
        assert "Fetch " not in page
        assert client.get(reverse("admin:jobs_job_result", args=[job.pk])).status_code == 404
        Job.objects.filter(pk=job.pk).update(leased_until=clock.now() - timedelta(seconds=1))
        runner.sweep(now=clock.now(), limit=10)
        assert runner.run(job.pk, now=clock.now()) == JobState.DONE
        row.refresh_from_db()
        place = tmp_path / f"list.{file_format}"
        assert fetched(client, job, place) == row.sha256
        assert rows_in(place) == row.rows == ROWS
        assert row.size == place.stat().st_size
        assert row.ledger_size == Checkpoint.objects.order_by("-size").values_list("size", flat=True).first()
        assert row.downloads.count() == 1
        assert json.dumps(job.parameters).count("filters") == 1
        place.unlink()
