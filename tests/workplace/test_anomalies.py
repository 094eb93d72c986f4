"""Two people explain ledger entries out of order: then signing goes on, and every check shows them as explained."""

import io
import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connections
from django.urls import reverse

from portal.fronts.workplace import anomalies
from portal.fronts.workplace.models import AnomalyProposal
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.choices import Scope
from portal.kernel.ledger.errors import SigningStopped
from portal.kernel.ledger.models import Checkpoint
from portal.kernel.ledger.services import checkpoints
from tests import other_sessions
from tests.ledger import attacks
from tests.ledger.factories import EntryFactory
from tests.people.factories import StaffFactory
from tests.retention.factories import house_rule
from tests.retention.marks import answered

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("ledger_alone")]


@pytest.fixture
def maker():
    return StaffFactory(roles=["administrator"])


@pytest.fixture
def checker():
    return StaffFactory(roles=["data_protection_officer"])


@pytest.fixture
def broken(maker, checker):
    """A process a day behind and one a day ahead have written: the first fires at once, the second once it is signed."""
    EntryFactory()
    ledger.seal_now()
    assert ledger.check_ledger(scope=Scope.ALL).ok
    EntryFactory(recorded_at=clock.now() - timedelta(days=1))
    ledger.seal_now()
    assert not ledger.check_ledger(scope=Scope.NEW).ok
    EntryFactory(recorded_at=clock.now() + timedelta(days=1))
    seal_alone()


def seal_alone():
    with pytest.raises(SigningStopped):
        ledger.seal_now()


def acting(user):
    return actor.staff(user.pk)


def explained(maker, checker):
    proposal = anomalies.propose_explanation(cause="clock", actor=acting(maker))
    anomalies.answer_explanation(proposal=proposal, approve=True, reason="", actor=acting(checker))
    seal_alone()
    return proposal


def test_signing_goes_on_once_two_people_have_explained_what_is_out_of_order(broken, maker, checker):
    with pytest.raises(Refused, match="V8"):
        call_command("resume_signing")
    proposal = explained(maker, checker)
    call_command("resume_signing", stdout=io.StringIO())
    assert not checkpoints.is_stopped()
    EntryFactory()
    signed = ledger.seal_now()
    assert Checkpoint.objects.latest("size") == signed
    assert ledger.check_ledger(scope=Scope.NEW).ok
    report = ledger.verify()
    assert report.failures == []
    (one,) = report.explained
    assert (one.anomaly.first, one.anomaly.last, one.cause) == (proposal.first, proposal.last, "clock")
    out = io.StringIO()
    call_command("verify_ledger", "--json", stdout=out)
    assert json.loads(out.getvalue())["explained"] == [
        {"first": proposal.first, "last": proposal.last, "cause": "clock", "index": one.at}
    ]


@pytest.mark.full
@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
def test_a_backup_with_an_explained_anomaly_counts_and_is_brought_back_with_its_explanation(
    broken, maker, checker, tmp_path, settings
):
    settings.READ_ONLY_SWITCH = tmp_path / "read-only"
    house_rule("backups.life", 30, "calendar_day")
    for connection in connections.all():
        other_sessions.end(connection)
    explained(maker, checker)
    call_command("resume_signing", stdout=io.StringIO())
    ledger.seal_now()
    where = ("--data", str(tmp_path / "data"), "--key-files", str(tmp_path / "keys"))
    taken = answered("backup", *where)
    assert answered("backup", "--verify", "latest", *where) == taken
    assert answered("restore", "latest", "--replace", *where)["left"] == 0
    said = answered("verify_ledger")
    assert ([one["check"] for one in said["failures"]], len(said["explained"])) == ([], 1)
    call_command("read_only", "off", stdout=io.StringIO())
    EntryFactory()
    assert ledger.seal_now().size > taken["ledger_size"], "signing goes on where it was"


def test_what_comes_out_of_order_later_is_not_explained_by_it(broken, maker, checker):
    explained(maker, checker)
    call_command("resume_signing", stdout=io.StringIO())
    ledger.seal_now()
    EntryFactory(recorded_at=clock.now() - timedelta(days=1))
    ledger.seal_now()
    report = ledger.verify()
    assert (report.checks, len(report.explained)) == (["V8"], 1)
    explained_again = anomalies.propose_explanation(cause="clock", actor=acting(maker))
    assert explained_again.first == report.failures[0].index


def test_an_explanation_is_for_the_leaves_that_both_saw(broken, maker, checker):
    proposal = explained(maker, checker)
    with attacks.unguarded():
        event = AuditEvent.objects.get(kind="ledger.anomaly.explained")
        attacks.execute("DELETE FROM audit_auditevent WHERE id = %s", event.pk)
    assert ledger.verify().checks == ["V8"]
    assert ledger.anomaly_between(proposal.first, proposal.last, count=1).sha256 == proposal.entries_sha256


def test_one_person_alone_explains_nothing(broken, maker, checker):
    with pytest.raises(NotAllowed):
        anomalies.propose_explanation(cause="clock", actor=acting(checker))
    proposal = anomalies.propose_explanation(cause="clock", actor=acting(maker))
    with pytest.raises(Refused):
        anomalies.propose_explanation(cause="clock", actor=acting(maker))
    with pytest.raises(NotAllowed):
        anomalies.answer_explanation(proposal=proposal, approve=True, reason="", actor=acting(maker))
    anomalies.answer_explanation(proposal=proposal, approve=False, reason="Not so.", actor=acting(checker))
    seal_alone()
    assert ledger.verify().checks == ["V8"]


def test_nothing_is_explained_where_all_is_in_order(maker):
    EntryFactory()
    ledger.seal_now()
    with pytest.raises(Refused, match="No entry is out of order"):
        anomalies.propose_explanation(cause="clock", actor=acting(maker))


def test_the_pages_show_which_entries_and_take_the_decision(staff):
    one, two = staff("administrator"), staff("data_protection_officer")
    EntryFactory()
    ledger.seal_now()
    add = reverse("admin:workplace_anomalyproposal_add")
    assert one.post(add, {"cause": "clock"}).status_code == 422
    EntryFactory(recorded_at=clock.now() - timedelta(days=1))
    ledger.seal_now()
    assert one.post(add, {"cause": "clock"}).status_code == 302
    proposal = AnomalyProposal.objects.get()
    page = two.get(reverse("admin:workplace_anomalyproposal_change", args=[proposal.pk])).text
    assert proposal.entries_sha256 in page
    act = reverse("admin:workplace_anomalyproposal_do_one", args=[proposal.pk, "answer-proposal"])
    two.post(act, {"decision": "approve", "reason": "", "answer": "1"})
    assert AuditEvent.objects.filter(kind="ledger.anomaly.explained").count() == 1
