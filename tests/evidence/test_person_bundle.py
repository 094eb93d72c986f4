"""The bundle of one person's file: asked for by one, made by a job, signed off by another, and only then fetched."""

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from datetime import timedelta
from importlib.resources import files
from types import SimpleNamespace

import pytest
import time_machine

from portal.fronts.evidence.models import PersonFile
from portal.fronts.evidence.person import job_types, sign_off, subject_bundle
from portal.fronts.workplace import approvals
from portal.fronts.workplace.admin.jobs import may_fetch
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import NotAllowed, NotFound, Refused
from portal.kernel.jobs.choices import JobState
from portal.kernel.jobs.services import runner
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.services import redaction
from portal.kernel.people.choices import Answer
from tests.evidence.lives import Life
from tests.people.factories import StaffFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def life():
    """A person with a busy week behind them; now is an hour later."""
    lived = Life().go("yes", "look", "ticket", "hold", "no", "protect")
    with time_machine.travel(lived.now + timedelta(hours=1), tick=False):
        yield lived


def waiting_for(user):
    return len(approvals.to_answer(user, approvals.open_to(user), now=clock.now()))


def proposed(life, **changes) -> PersonFile:
    usual = {"subject_ref": life.ref, "as_of": life.now, "ticket": "audit", "actor": life.officer, "now": clock.now()}
    return sign_off.propose(**{**usual, **changes})


def made(life) -> PersonFile:
    row = proposed(life)
    assert runner.run(row.job_id, now=clock.now()) == JobState.DONE
    row.refresh_from_db()
    return row


def signed(life) -> PersonFile:
    row = made(life)
    sign_off.answer(row=row, approve=True, reason="", actor=actor.staff(life.officers[1].pk), now=clock.now())
    row.refresh_from_db()
    return row


def bytes_of(life, row) -> bytes:
    with sign_off.fetch(row=row, by=life.officers[0], actor=life.officer) as stream:
        return stream.read()


def verified(tmp_path, data, *, receipt=None, vkey=None):
    """What the program in the bundle says on a bare Python: its exit code and its line."""
    program = tmp_path / "verify.py"
    program.write_bytes(files("portal.kernel.ledger").joinpath("data/verify.py").read_bytes())
    (tmp_path / "bundle.zip").write_bytes(data)
    line = [sys.executable, "-I", str(program), "bundle.zip", "--vkey", vkey or ledger.verifier().vkey]
    if receipt is not None:
        (tmp_path / "bundle.tlog-proof").write_bytes(receipt)
        line += ["--receipt", "bundle.tlog-proof"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_nobody_fetches_it_before_another_person_signed_it_off(life):
    row = made(life)
    with pytest.raises(NotFound):
        sign_off.fetch(row=row, by=life.officers[0], actor=life.officer)
    assert not may_fetch(row.job, life.officers[0])
    with pytest.raises(NotAllowed):
        sign_off.answer(row=row, approve=True, reason="", actor=life.officer, now=clock.now())
    assert (waiting_for(life.officers[0]), waiting_for(life.officers[1])) == (0, 1)
    sign_off.answer(row=row, approve=True, reason="", actor=actor.staff(life.officers[1].pk), now=clock.now())
    assert bytes_of(life, row)[:2] == b"PK"


def test_a_bundle_that_was_refused_or_is_not_made_is_not_signed(life):
    row = proposed(life)
    second = actor.staff(life.officers[1].pk)
    assert waiting_for(life.officers[1]) == 0
    with pytest.raises(Refused) as refusal:
        sign_off.answer(row=row, approve=True, reason="", actor=second, now=clock.now())
    assert refusal.value.code == "NOT_MADE"
    sign_off.answer(row=row, approve=False, reason="The wrong day.", actor=second, now=clock.now())
    assert row.answer == Answer.REFUSED
    with pytest.raises(NotFound):
        sign_off.fetch(row=row, by=life.officers[0], actor=life.officer)


def test_its_hash_stands_in_the_ledger_and_each_step_is_an_event_of_the_person(life):
    row = signed(life)
    data = bytes_of(life, row)
    events = AuditEvent.objects.filter(about=row.about, subject_ref=life.ref).order_by("pk")
    assert [event.kind for event in events] == [
        "evidence.file.proposed",
        "evidence.file.made",
        "evidence.file.answered",
        "evidence.file.fetched",
    ]
    assert {event.facts["sha256"] for event in events[1:]} == {hashlib.sha256(data).hexdigest()} == {row.sha256}
    assert (len(data), row.proved) == (row.size, row.events)


def test_it_holds_numbered_pages_tables_hashes_proofs_and_the_certificate(life):
    row = signed(life)
    with zipfile.ZipFile(io.BytesIO(bytes_of(life, row))) as archive:
        names = set(archive.namelist())
        events = [json.loads(line) for line in archive.read("events.jsonl").splitlines()]
        manifest = json.loads(archive.read("manifest.json"))
        assert archive.read("file.pdf").startswith(b"%PDF")
        assert archive.read("certificate.pdf").startswith(b"%PDF")
        states = archive.read("states.csv").decode()
    assert {"README.txt", "verify.py", "roles.csv", "events.csv", "manifest.tlog-proof"} <= names
    assert [event["number"] for event in events] == list(range(1, row.events + 1))
    assert {event["proof"] for event in events} == {name for name in names if name.startswith("proofs/")}
    assert manifest["events_sha256"] == row.events_sha256
    assert "placed" in states


def test_nobodys_address_or_name_of_the_person_is_in_it(life):
    data = bytes_of(life, signed(life))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        told = b"".join(archive.read(name) for name in archive.namelist() if not name.endswith((".pdf", ".py")))
    for contact in life.who.contact_points.all():
        assert contact.address.encode() not in told
    assert life.who.full_name.encode() not in told


def test_the_program_in_it_proves_it_offline_and_finds_one_changed_byte(life, tmp_path):
    row = signed(life)
    data = bytes_of(life, row)
    code, said = verified(tmp_path, data, receipt=sign_off.receipt_of(row))
    assert (code, f"{row.events} events proved and 0 erased" in said) == (0, True), said
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        places = [(info.filename, info.header_offset + 30 + len(info.filename)) for info in archive.infolist()]
    for name, at in places:
        changed = bytearray(data)
        changed[at + 3] ^= 1
        assert verified(tmp_path, bytes(changed))[0] == 1, name


@pytest.mark.parametrize(
    ("name", "lie"), [("act", "retention.hold.released"), ("leaf", 0), ("recorded_at", "2026-01-01T00:00:00.000Z")]
)
def test_the_program_refuses_a_sealed_bundle_whose_event_is_not_what_the_ledger_proves(
    life, tmp_path, monkeypatch, name, lie
):
    told = subject_bundle._line
    monkeypatch.setattr(
        subject_bundle, "_line", lambda number, *args: {**told(number, *args), **({name: lie} if number == 2 else {})}
    )
    code, said = verified(tmp_path, bytes_of(life, signed(life)))
    assert (code, "event 2" in said) == (1, True), said


def test_an_event_whose_content_was_erased_is_named_and_the_rest_is_proved(life, tmp_path):
    life._release()  # what is held is not erased
    ledger.seal_now()
    looked = AuditEvent.objects.get(kind="admin.record.opened", subject_ref=life.ref)
    redaction.redact([looked.entry], basis="tests", requested_at=clock.now())
    row = signed(life)
    assert row.proved == row.events - 1
    code, said = verified(tmp_path, bytes_of(life, row))
    assert (code, "1 erased" in said) == (0, True), said


def test_only_who_may_read_all_of_it_asks_for_it_or_takes_it_away(life):
    auditor = StaffFactory(roles=["auditor"])
    with pytest.raises(NotAllowed):
        proposed(life, actor=actor.staff(auditor.pk))
    row = signed(life)
    with pytest.raises(NotAllowed):
        sign_off.fetch(row=row, by=auditor, actor=actor.staff(auditor.pk))


def test_no_bundle_is_made_of_a_time_to_come_or_of_nothing(life):
    with pytest.raises(Refused) as ahead:
        proposed(life, as_of=clock.now() + timedelta(minutes=1))
    with pytest.raises(Refused) as nothing:
        proposed(life, as_of=clock.now() - timedelta(days=4_000))
    assert (ahead.value.code, nothing.value.code) == ("AHEAD", "NOTHING_KNOWN")


def test_a_job_that_runs_again_changes_no_hash_that_was_written_down(life):
    row = made(life)
    with pytest.raises(Refused) as refusal:
        sign_off.finished(row, subject_bundle.Made("0" * 64, 1, 1, "0" * 64), actor=sign_off.MAKER, now=clock.now())
    assert refusal.value.code == "MADE_ALREADY"
    job_types.MakePersonFile().run(SimpleNamespace(reference="OS-JB-1", parameters={"file": row.reference}))
    sha256 = row.sha256
    row.refresh_from_db()
    assert row.sha256 == sha256
    assert row.job.result_file.sha256 == sha256
