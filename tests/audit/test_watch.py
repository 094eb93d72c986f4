"""The ledger's checks as beat and people run them: a failure alarms, stops signing, and can be answered."""

import json

import pytest
from django.core.management import call_command

from portal.kernel.audit import services, tasks
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor
from portal.kernel.core.errors import Refused
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.errors import SigningStopped
from portal.kernel.ledger.models import Verification
from tests.ledger import attacks
from tests.ledger.factories import EntryFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ledger_alone")]

STAFF = actor.staff(7, via="admin")


def kinds():
    return list(AuditEvent.objects.order_by("pk").values_list("kind", flat=True))


def test_the_nightly_run_is_an_audit_event_and_the_hourly_one_a_row():
    EntryFactory.create_batch(3)
    ledger.seal_now()
    tasks.verify_new()
    assert kinds() == []
    tasks.verify_all()
    assert kinds() == [AuditKind.LEDGER_VERIFICATION_PASSED]
    runs = Verification.objects.order_by("pk").values_list("scope", "ok", "size")
    assert list(runs) == [("new", True, 4), ("all", True, 4)]


def test_a_run_that_a_person_asked_for_is_an_audit_event():
    EntryFactory()
    ledger.seal_now()
    assert services.verify_ledger(scope="new", actor=STAFF).ok
    event = AuditEvent.objects.get()
    assert (event.kind, event.actor_ref, event.facts) == (
        AuditKind.LEDGER_VERIFICATION_PASSED,
        "user:7",
        {"scope": "new", "size": 2},
    )


def test_a_failed_check_alarms_and_stops_signing_until_somebody_has_mended_it():
    entry = EntryFactory()
    ledger.seal_now()
    kept = attacks.execute("SELECT body FROM ledger_payload WHERE entry_id = %s", entry.pk)[0][0]
    attacks.execute("UPDATE ledger_payload SET body = %s WHERE entry_id = %s", b"{}", entry.pk)
    tasks.verify_new()
    assert kinds() == [AuditKind.LEDGER_SIGNING_STOPPED, AuditKind.LEDGER_VERIFICATION_FAILED]
    assert AuditEvent.objects.first().facts == {"check": "V2", "index": 1, "size": 2}
    assert ledger.readiness()[1] is False
    with pytest.raises(SigningStopped):
        ledger.seal_now()
    with pytest.raises(Refused, match="V2"):
        services.resume_signing(actor=STAFF)
    attacks.execute("UPDATE ledger_payload SET body = %s WHERE entry_id = %s", bytes(kept), entry.pk)
    services.resume_signing(actor=STAFF)
    assert kinds()[-1] == AuditKind.LEDGER_SIGNING_RESUMED
    assert ledger.seal_now().size == 5
    assert ledger.verify().failures == []


def test_an_anchor_that_disagrees_is_an_audit_event_too(anchor_of_its_own):
    EntryFactory()
    ledger.seal_now()
    kept = json.loads(anchor_of_its_own.read_text())
    anchor_of_its_own.write_text(json.dumps({**kept, "size": 40}))
    EntryFactory()
    with pytest.raises(SigningStopped):
        ledger.seal_now()
    assert AuditEvent.objects.get().facts == {"check": "X1", "index": 3, "size": 3}


def test_the_command_resumes_signing_only_when_every_check_passes(capsys):
    entry = EntryFactory()
    ledger.seal_now()
    kept = attacks.execute("SELECT body FROM ledger_payload WHERE entry_id = %s", entry.pk)[0][0]
    attacks.execute("UPDATE ledger_payload SET body = %s WHERE entry_id = %s", b"{}", entry.pk)
    tasks.verify_new()
    with pytest.raises(Refused, match="V2"):
        call_command("resume_signing")
    attacks.execute("UPDATE ledger_payload SET body = %s WHERE entry_id = %s", bytes(kept), entry.pk)
    call_command("resume_signing")
    assert "signing continues" in capsys.readouterr().out
    assert ledger.readiness()[1] is True
