import pytest
from django.urls import reverse

from portal.fronts.workplace.job_types import VERIFY_LEDGER
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.jobs.models import Job
from portal.kernel.jobs.services import runner
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.choices import Scope
from portal.kernel.ledger.models import Verification
from portal.kernel.ledger.services import checkpoints
from tests.ledger.factories import EntryFactory
from tests.servers import witness as witness_server
from tests.workplace.today import by_label

pytestmark = pytest.mark.django_db(transaction=True)


def test_verify_now_checks_every_entry_and_shows_the_result(staff):
    client = staff("auditor")
    ledger.seal_now(wait=2)
    client.post(reverse("admin:ledger-verify"))
    job = Job.objects.get(kind=VERIFY_LEDGER)
    runner.run(job.pk, now=clock.now())
    run = Verification.objects.get()
    assert (run.scope, run.ok) == (Scope.ALL, True)
    assert run.size > 0
    assert AuditEvent.objects.filter(kind="ledger.verification.passed").exists()
    page = client.get(reverse("admin:ledger"))
    assert "Clean" in page.text
    assert page.context["job"] is None
    rows = {one.name: (one.rows, one.is_ok) for one in page.context["checks"]}
    assert set(rows) == {"V1-V9", "V10", "V11", "X1-X2"}
    assert rows["V1-V9"] == (run.size, True)
    assert rows["V11"] == (run.compared["V11"], True)
    assert run.compared["V11"] > 0
    assert '<th scope="row">V10</th>' in page.text


def test_a_failure_is_shown_until_a_run_over_everything_has_passed_it(db):
    """A run over what is new, or over a sample, does not look at the same place again."""

    def ran(scope, *failures):
        return Verification.objects.create(
            scope=scope,
            started_at=clock.now(),
            finished_at=clock.now(),
            size=9,
            ok=not failures,
            failures=[[name, 3, ""] for name in failures],
        )

    def shown():
        return {one.name: (one.run.pk, one.is_ok) for one in ledger.state_of_checks()}

    first = ran("new")
    assert set(shown().values()) == {(first.pk, True)}
    whole = ran("all", "V7")
    later = ran("new", "V10")
    ran("new")
    assert shown() == {
        "V1-V9": (whole.pk, False),
        "V10": (later.pk, False),
        "V11": (whole.pk, True),
        "X1-X2": (whole.pk, True),
    }
    passed = ran("all")
    assert set(shown().values()) == {(passed.pk, True)}


def test_a_check_that_runs_is_not_started_twice(staff):
    client = staff("auditor")
    client.post(reverse("admin:ledger-verify"))
    client.post(reverse("admin:ledger-verify"))
    assert Job.objects.filter(kind=VERIFY_LEDGER).count() == 1


def test_a_link_cannot_start_a_check(staff):
    assert staff("auditor").get(reverse("admin:ledger-verify")).status_code == 405
    assert not Job.objects.exists()


@pytest.mark.parametrize("name", ["admin:ledger", "admin:ledger-verify"])
def test_a_role_without_the_ledger_gets_403(staff, name):
    client = staff("support")
    act = client.post if name.endswith("verify") else client.get
    assert act(reverse(name)).status_code == 403


def test_a_stopped_ledger_says_so_on_its_page_and_on_today(staff):
    client = staff("administrator")
    ledger.seal_now(wait=2)
    checkpoints.stop_signing(check="V2", index=3)
    assert "Check V2 failed" in client.get(reverse("admin:ledger")).text
    figure = by_label(client.get("/admin/"))["Ledger"]
    assert (figure.number, figure.tone) == ("Signing stopped", "err")


def test_the_page_says_when_no_independent_witness_has_cosigned_and_who_has(staff, settings):
    client = staff("auditor")
    ledger.seal_now(wait=2)
    assert "No independent witness" in client.get(reverse("admin:ledger")).text
    with witness_server.running(witness_server.Witness(ledger.verifier())) as witness:
        settings.WITNESSES = [witness.setting]
        settings.OUTGOING_PRIVATE_HOSTS = [witness.host]
        page = client.get(reverse("admin:ledger")).text
        assert "No independent witness" in page
        assert "Nothing yet" in page
        ledger.ask_witnesses()
        page = client.get(reverse("admin:ledger")).text
        assert "No independent witness" not in page
        assert "Witness of the tests" in page
        witness.answers = [(422, "text/plain", b"")]
        EntryFactory()
        ledger.seal_now(wait=2)
        ledger.ask_witnesses()
    page = client.get(reverse("admin:ledger")).text
    assert "Refusals of witnesses" in page
    assert "Check X1 failed" in page
    event = AuditEvent.objects.get(kind="ledger.signing.stopped")
    assert event.facts["check"] == "X1"
