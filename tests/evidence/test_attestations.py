"""A promise that only a person can judge: who attested it, when, with which file."""

import hashlib
import io
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from portal.fronts.evidence import attestations, policy_commitments
from portal.fronts.evidence.choices import Judgement
from portal.fronts.evidence.models import Attestation
from portal.fronts.evidence.verdicts import State
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.ledger.models import Entry
from portal.kernel.registers.entries.services import attachments
from portal.kernel.vault.services import files
from portal.kernel.vault.services.keys import Shredded
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
    kept = attachments.of(row).get()
    event = AuditEvent.objects.get(kind="evidence.promise.attested")
    assert event.facts == {
        "promise": PROMISE,
        "outcome": "kept",
        "judged_on": "2026-11-18",
        "sha256": row.sha256,
        "bytes": kept.file.size,
    }
    assert Entry.objects.filter(pk=event.entry_id).exists()
    _row, stream = attestations.open_file(row.pk, actor=actor.staff(row.made_by_id))
    assert stream.read().startswith(b"%PDF-")
    assert (kept.kind, kept.sha256, kept.dated_on) == ("attestation", row.sha256, row.judged_on)
    assert kept.original_sha256 == hashlib.sha256(PDF).hexdigest()
    added = AuditEvent.objects.get(kind="registers.attachment.added")
    assert (added.about, added.facts["sha256"]) == (f"evidence.attestation:{row.pk}", row.sha256)
    with pytest.raises(NotAllowed):
        attestations.open_file(row.pk, actor=actor.staff(StaffFactory(roles=["support"]).pk))


def test_the_document_of_an_attestation_is_kept_while_it_counts_and_eight_years_after_its_end():
    HouseRuleFactory(key=attachments.KEPT_RULE, amount=8, unit="year")
    row = attested()
    kept = attachments.of(row).get()
    for day, is_here in ((date(2035, 11, 19), True), (date(2035, 11, 20), False)):
        with time_machine.travel(datetime(day.year, day.month, day.day, 12, tzinfo=clock.IST), tick=False):
            attachments.end_expired(now=clock.now())
            kept.refresh_from_db()
            assert (kept.ended_at is None) is is_here
    with pytest.raises(Shredded):
        attestations.open_file(row.pk, actor=actor.staff(row.made_by_id))
    assert attestations.latest(at=NOW)[PROMISE].on == row.judged_on, "that it was attested stays"


def test_an_attestation_that_another_took_the_place_of_ends_with_it():
    row = attested()
    attested(now=NOW + timedelta(days=3), judged_on=date(2026, 11, 19))
    with time_machine.travel(NOW + timedelta(days=4), tick=False):
        assert attestations.ended_at(row) == NOW + timedelta(days=3)


def test_the_file_of_an_attestation_from_before_becomes_an_attachment_once_and_opens():
    officer = StaffFactory(roles=["data_protection_officer"])
    ref = uuid4()
    with files.encrypted(io.BytesIO(PDF)) as bytes_of:
        stored = files.keep(
            bytes_of, subject_ref=ref, retention_class="register", kind="evidence.attestation", actor=actor.SYSTEM
        )
    row = Attestation.objects.create(
        promise=PROMISE,
        outcome="kept",
        judged_on=date(2026, 11, 18),
        file=stored,
        file_ref=ref,
        sha256=stored.sha256,
        made_by=officer,
        made_at=NOW,
    )
    assert [attestations.attach_earlier(now=NOW) for _each in range(2)] == [1, 0]
    kept = attachments.of(row).get()
    assert (kept.file, kept.sha256, kept.original_sha256, kept.added_by) == (stored, row.sha256, "", officer)
    added = AuditEvent.objects.get(kind="registers.attachment.added")
    assert (added.facts["sha256"], added.facts["size"]) == (row.sha256, stored.size)
    _row, stream = attestations.open_file(row.pk, actor=actor.staff(officer.pk))
    assert stream.read() == PDF


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
    monkeypatch.setattr(policy_commitments, "ask", lambda question, now: policy_commitments.Seen(is_so=True, at=now))

    def state():
        rows = policy_commitments.policy_map(now=clock.now()).rows
        return next(row for row in rows if row.promise.key == PROMISE).state

    assert state() == State.NOT_SHOWN
    today = clock.now()
    attested(judged_on=clock.day(today), now=today)
    assert state() == State.KEPT
    attested(judged_on=clock.day(today), outcome=Judgement.NOT_KEPT, now=clock.now())
    assert state() == State.NOT_SHOWN


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
