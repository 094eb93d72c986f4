"""The auditors' page, from the form to the file in the auditor's hand."""

import io
import zipfile
from datetime import timedelta

import pytest
import time_machine

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.jobs.choices import JobState
from portal.kernel.jobs.models import Job
from portal.kernel.jobs.services import runner
from portal.kernel.ledger import services as ledger
from tests.ledger.factories import EntryFactory
from tests.people.factories import CustomerUserFactory, StaffFactory
from tests.shipped import rules_of_law
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ledger_alone")]

PAGE = "/admin/evidence/"


@pytest.fixture
def auditor():
    return StaffFactory(roles=["auditor"])


@pytest.fixture
def yesterday():
    """A record of yesterday, sealed; yesterday as a form takes it."""
    rules_of_law()
    moment = clock.now() - timedelta(days=1)
    with time_machine.travel(moment, tick=False):
        EntryFactory()
        ledger.seal_now()
    return clock.day(moment).isoformat()


def ask(client, day, **changes):
    return client.post(PAGE, {"first_day": day, "last_day": day, "sample": "1", "seed": "", **changes})


def body(response):
    return b"".join(response.streaming_content)


def test_an_auditor_asks_for_a_pack_and_fetches_it_with_its_receipt(auditor, yesterday):
    client = staff_client(auditor)
    assert ask(client, yesterday).status_code == 302
    job = Job.objects.get()
    assert runner.run(job.pk, now=clock.now()) == JobState.DONE
    page = client.get(PAGE).content.decode()
    assert job.reference in page
    assert ledger.verifier().vkey in page.replace("&#x2B;", "+")
    answer = client.get(f"{PAGE}{job.reference}/pack/")
    data = body(answer)
    assert "manifest.json" in zipfile.ZipFile(io.BytesIO(data)).namelist()
    assert answer["Content-Disposition"] == f'attachment; filename="evidence-{yesterday}-{yesterday}.zip"'
    assert AuditEvent.objects.filter(kind=AuditKind.EVIDENCE_PACK_DOWNLOADED, actor_ref=f"user:{auditor.pk}").exists()
    proof = client.get(f"{PAGE}{job.reference}/receipt/").content
    assert ledger.verify_receipt(proof, ledger.verifier().vkey).payload["facts"]["bytes"] == len(data)


def test_the_page_says_how_much_a_pack_holds(auditor, yesterday):
    client = staff_client(auditor)
    today = clock.day(clock.now()).isoformat()
    for first, last, said in (
        ("2020-01-01", "2020-01-02", "It contains no record"),
        (yesterday, today, "until the moment of asking"),
    ):
        assert ask(client, first, last_day=last).status_code == 302
        job = Job.objects.latest("pk")
        assert said not in client.get(PAGE).content.decode() or said.startswith("until")
        assert runner.run(job.pk, now=clock.now()) == JobState.DONE
        assert said in client.get(PAGE).content.decode()
    page = client.get(PAGE).content.decode()
    assert page.count("It contains no record") == 1
    assert " records" in page


def test_the_page_tells_a_pack_whose_time_is_over_from_one_that_was_never_made(auditor, yesterday):
    client = staff_client(auditor)
    for sample in ("1", "2"):
        assert ask(client, yesterday, sample=sample).status_code == 302
    done, failed = Job.objects.order_by("pk")
    runner.run(done.pk, now=clock.now())
    Job.objects.filter(pk=failed.pk).update(state=JobState.FAILED)
    page = client.get(PAGE).text
    assert page.count("No file was made.") == 1
    assert "deleted when its time was over" not in page
    Job.objects.filter(pk=done.pk).update(result_expires_at=clock.now())
    page = client.get(PAGE).text
    assert page.count("deleted when its time was over") == page.count("No file was made.") == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"last_day": "2199-01-01"}, "has not ended"),
        ({"last_day": "2020-01-01"}, "ends before it begins"),
        ({"sample": "-1"}, "greater than or equal to 0"),
        ({"first_day": "someday"}, "DD-MM-YYYY"),
        ({"seed": str(2**53), "sample": "77"}, "Seed: Ensure this value is less than or equal to 9007199254740991."),
    ],
)
def test_a_wrong_answer_is_named_and_kept(auditor, yesterday, changes, said):
    answer = ask(staff_client(auditor), yesterday, **{"seed": "77", **changes})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "<title>Error:" in answer.content.decode()
    assert 'id="errors"' in answer.content.decode()
    assert 'value="77"' in answer.content.decode()
    assert not Job.objects.exists()


def test_only_the_roles_that_may_see_the_page(auditor, client):
    assert staff_client(auditor).get(PAGE).status_code == 200
    assert staff_client(StaffFactory(roles=["support"])).get(PAGE).status_code == 403
    assert client.get(PAGE).status_code == 302
    client.force_login(CustomerUserFactory(), backend="portal.fronts.signin.backends.CustomerBackend")
    assert client.get(PAGE).status_code == 404


def test_other_jobs_and_unknown_references_are_not_found(auditor, yesterday):
    client = staff_client(auditor)
    ask(client, yesterday)
    Job.objects.update(kind="ledger.verify")
    for path in (f"{Job.objects.get().reference}/pack/", f"{Job.objects.get().reference}/receipt/", "OS-JB-0/pack/"):
        assert client.get(PAGE + path).status_code == 404
