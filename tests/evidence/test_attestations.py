"""A promise that only a person can judge: who attested it, when, with which file."""

import io
from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from portal.audit.models import AuditEvent
from portal.core import actor, clock
from portal.core.errors import NotAllowed, Refused
from portal.evidence import attestations, promises
from portal.evidence.models import Attestation
from portal.evidence.states import Judgement
from portal.evidence.verdicts import State
from portal.ledger.models import Entry
from portal.vault.services import files
from tests.evidence.policy import published_policy
from tests.kyc import documents
from tests.law.factories import HouseRuleFactory
from tests.people.factories import RoleGrantFactory, StaffFactory, shipped_role
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
NOW = datetime(2026, 11, 20, 12, tzinfo=clock.IST)
#: "Which of these laws protects a person is known": no row can show that it is not.
PROMISE = "0-4"
PDF = documents.pdf("Judged by counsel.")


def attested(**changes):
    officer = changes.pop("by", None) or StaffFactory(roles=["data_protection_officer"])
    given = {
        "promise": PROMISE,
        "outcome": "kept",
        "judged_on": date(2026, 11, 18),
        "document": io.BytesIO(PDF),
        "now": NOW,
    }
    return attestations.attest(**{**given, **changes}, actor=actor.staff(officer.pk))


def test_an_attestation_keeps_who_when_and_an_encrypted_file_whose_hash_is_in_the_log():
    row = attested()
    event = AuditEvent.objects.get(kind="evidence.promise.attested")
    assert event.facts == {
        "promise": PROMISE,
        "outcome": "kept",
        "judged_on": "2026-11-18",
        "sha256": row.sha256,
        "bytes": row.file.size,
    }
    assert Entry.objects.filter(pk=event.entry_id).exists()
    _row, stream = attestations.open_file(row.pk, actor=actor.SYSTEM)
    assert stream.read().startswith(b"%PDF-")
    assert (row.file.kind, row.file.subject_ref) == (attestations.KIND, row.file_ref)


def test_whoever_may_not_attest_a_day_ahead_and_another_file_are_refused_and_nothing_is_kept():
    with pytest.raises(NotAllowed):
        attested(by=StaffFactory(roles=["support"]))
    with pytest.raises(Refused, match="future"):
        attested(judged_on=date(2026, 11, 21))
    with pytest.raises(Refused):
        attested(document=io.BytesIO(b"MZ\x90\x00"))
    assert not Attestation.objects.exists()
    assert not files.StoredFile.objects.exists()


def test_the_last_attestation_counts_as_long_as_other_evidence():
    HouseRuleFactory(key="registers.evidence_lasts", amount=3, unit="month")
    attested(judged_on=date(2026, 10, 1), outcome="not_kept")
    attested()
    found = attestations.latest(at=NOW)[PROMISE]
    assert (found.is_kept, found.until, found.counts) == (True, date(2027, 2, 18), True)
    assert not attestations.latest(at=NOW + timedelta(days=120))[PROMISE].counts
    assert attestations.latest(at=NOW - timedelta(days=1)) == {}


def test_a_promise_that_is_judged_turns_from_red_by_its_attestation_and_back(monkeypatch):
    published_policy(["1"])
    monkeypatch.setattr(promises, "ask", lambda question, now: promises.Seen(is_so=True, at=now))

    def state():
        rows = promises.policy_map(now=clock.now()).rows
        return next(row for row in rows if row.promise.key == PROMISE).state

    assert state() == State.RED
    today = clock.now()
    attested(judged_on=clock.day(today), now=today)
    assert state() == State.KEPT
    attested(judged_on=clock.day(today), outcome=Judgement.NOT_KEPT, now=clock.now())
    assert state() == State.RED


@time_machine.travel(NOW, tick=False)
def test_staff_attest_on_a_page_and_an_auditor_opens_the_file_and_attests_nothing():
    page = reverse("evidence:attestation", args=[PROMISE])
    desk = staff_client(StaffFactory(roles=["data_protection_officer"]))
    given = {"outcome": "kept", "judged_on": "2026-11-18"}
    sent = desk.post(page, {**given, "document": SimpleUploadedFile("judgement.pdf", PDF)})
    assert (sent.status_code, sent.url) == (302, page)
    row = Attestation.objects.get()
    wrong = desk.post(page, {**given, "document": SimpleUploadedFile("judgement.pdf", b"no pdf")})
    assert wrong.status_code == 422
    user = StaffFactory()
    RoleGrantFactory(user=user, role=shipped_role("auditor"), data_from=date(2026, 11, 12), data_to=date(2026, 11, 20))
    auditor = staff_client(user)
    shown = auditor.get(page)
    assert row.sha256 in shown.text
    assert "Attest this promise" not in shown.text
    taken = auditor.get(reverse("evidence:attestation-file", args=[row.pk]))
    assert b"".join(taken.streaming_content).startswith(b"%PDF-")
    assert AuditEvent.objects.filter(kind="vault.file.opened").exists()
    document = SimpleUploadedFile("judgement.pdf", PDF)
    assert auditor.post(page, {**given, "document": document}).status_code == 403
    assert Attestation.objects.count() == 1


def test_a_promise_that_is_searched_has_no_attestations_and_support_sees_none():
    desk = staff_client(StaffFactory(roles=["data_protection_officer"]))
    assert desk.get(reverse("evidence:attestation", args=["9.7-3"])).status_code == 404
    shut = staff_client(StaffFactory(roles=["support"]))
    assert shut.get(reverse("evidence:attestation", args=[PROMISE])).status_code == 403
