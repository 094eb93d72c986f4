"""Packs that an operator forged over an honest log and sealed again: both verifiers refuse each, in the same words."""

import lzma
import os
import re
import shutil
import subprocess
import sys
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
import time_machine

from grievances.models import Ticket
from portal.fronts.evidence import attachment_files, registers
from portal.fronts.evidence.archive_parts import Parts
from portal.fronts.evidence.reports import REPORTS
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.law.models import Clock
from portal.kernel.law.services import deadlines
from portal.kernel.ledger import program
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.models import Entry
from portal.kernel.registers.entries.services import register_tasks
from portal.kernel.registers.models import Attachment, Measure
from tests.evidence.forgeries import ATTACHED, ELEVEN, MORE, _set, doubles
from tests.evidence.forging import Forged
from tests.evidence.later_acts import FREED, KEPT, LATER, NAMED, OUTSIDE
from tests.evidence.packed import INSIDE, NOVEMBER, WHO, make, opened
from tests.evidence.program_tables import described
from tests.people.factories import StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ledger_alone")]

#: Python without a package of ours: 3.11, 3.13 and what the system calls its own, each of them once, where they are there.
FOUND = {
    os.path.realpath(path): path
    for path in (shutil.which(name, path="/usr/bin:/usr/local/bin") for name in ("python3", "python3.11", "python3.13"))
    if path
}
PYTHONS = sorted(FOUND.values()) or [sys.executable]
FORGERIES = {**ELEVEN, **MORE}


def name_of(forgery):
    return forgery.__name__


@pytest.fixture
def pack(lived_in_sample):
    return make(size=5, drawn=(lived_in_sample,))[1]


@pytest.fixture
def space():
    """The names of the program that every pack has inside."""
    found = {"__name__": "verify"}
    exec(compile(program.source(), "verify.py", "exec"), found)
    return found


@pytest.fixture
def verdict(space):
    """What the program says of a pack, as its ``main`` would: whether it holds, and the words."""
    trust = space["Trust"]((space["read_key"](ledger.verifier().vkey),))

    def says(data):
        try:
            return True, space["check_pack"](data, trust, None)
        except space["Bad"] as error:
            return False, str(error)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            return False, "The file is damaged."

    return says


def test_an_honest_pack_holds_and_says_what_its_verdict_covers(pack, verdict):
    holds, said = verdict(pack)
    assert holds, said
    assert opened(pack)["verify.py"] == program.source()
    first, sample, counted, attached, title, *compared, without, people = said.splitlines()
    assert "1 erased" in first
    assert "3 of" in sample
    assert "rows of clocks, of which 0 were changed and 0 erased since, and 0 came later" in sample
    for name, rows in (("consents", 6), ("tickets", 3), ("files", 1), ("role_grants", 1), ("messages", 1)):
        assert [line for line in compared if line.startswith(f"- {name}: {rows} row")], said
    assert title == "Registers compared with the log:"
    assert [line for line in compared if line.startswith("- clocks: ")]
    assert attached == "Attachments: 0 files as the log recorded them, 0 left out"
    assert counted.startswith("Controls counted again from the registers: ")
    assert [line for line in compared if "1 more whose log entry was erased" in line]
    assert "sign_ins" in without
    assert "consents" not in without
    assert people.endswith("00-summary.pdf, README.txt, verify.html, verify.py")


def test_an_honest_pack_holds_also_when_an_operator_seals_it_again(pack, verdict):
    assert verdict(Forged(pack).sealed())[0]


@pytest.mark.parametrize("forgeries", [ELEVEN, pytest.param(MORE, marks=pytest.mark.full)], ids=["the eleven", "more"])
def test_every_forged_pack_is_refused(pack, verdict, forgeries):
    """One pack, every forgery of it: the log only grows by the leaves that the forger adds."""
    wrong = {}
    for forgery, expected in forgeries.items():
        forged = Forged(pack)
        forgery(forged)
        holds, said = verdict(forged.sealed())
        if holds or not re.search(expected, said):
            wrong[name_of(forgery)] = (expected, said[:150])
    assert wrong == {}, "\n".join(f"{name}: {said}" for name, said in wrong.items())


def test_a_pack_of_rows_that_later_acts_changed_holds_and_no_earlier_state_passes(changed_since, verdict):
    """A receipt corrected and an order made silent, in the period and after it: the last leaf counts."""
    data = make()[1]
    holds, said = verdict(data)
    assert holds, said
    assert "tickets: 3 rows by grievances.ticket.filed" in said
    assert "authority_orders: 2 rows by registers.order.received" in said
    assert passed(data, LATER, verdict) == {}


def test_no_row_of_any_register_stands_twice(changed_since, verdict):
    data = make()[1]
    edits = doubles(Forged(data))
    assert len(edits) > 15
    assert passed(data, edits, verdict) == {}


def test_a_pack_holds_the_files_of_attachments_that_its_reader_may_export(with_attachments, verdict):
    _made, data = make(reader=with_attachments)
    files = opened(data)
    rows = Attachment.objects.filter(ended_at=None).exclude(about__startswith="registers.authorityorder")
    paths = {path for path in files if path.startswith("attachments/")}
    assert paths == {f"attachments/{row.reference}.pdf" for row in rows}
    for row in rows:
        assert sha256(files[f"attachments/{row.reference}.pdf"]).hexdigest() == row.sha256
    gone = Attachment.objects.exclude(ended_at=None).get()
    assert f'attachment,{gone.reference},"The file was destroyed' in files["MISSING.csv"].decode()
    told = Attachment.objects.get(about__startswith="registers.authorityorder")
    assert f"attachment,{told.reference},The file may hold personal data." in files["MISSING.csv"].decode()
    opened_for = AuditEvent.objects.filter(kind="vault.file.opened", facts__reason="evidence.pack")
    assert set(opened_for.values_list("about", flat=True)) == {f"vault.storedfile:{row.file_id}" for row in rows}
    holds, said = verdict(data)
    assert holds, said
    assert "Attachments: 3 files as the log recorded them, 2 left out (destroyed 1, people 1)" in said
    assert passed(data, ATTACHED, verdict) == {}
    assert make(reader=with_attachments)[1] == data


@pytest.mark.parametrize(
    ("limit", "value", "left"), [("LARGEST", 10, 5), ("IN_ALL", 1_500, 4), ("MOST", 1, 4), ("LISTED", None, 5)]
)
def test_what_a_pack_cannot_hold_of_attachments_is_named(
    with_attachments, verdict, space, monkeypatch, limit, value, left
):
    """Too large, too much, too many, or not for the role of whoever asks."""
    reader = with_attachments
    if value is None:
        reader = StaffFactory(roles=["grievance_officer"])
    else:
        sizes = sorted(Attachment.objects.values_list("file__size", flat=True))
        space[limit] = sizes[-1] + 1 if limit == "IN_ALL" else value
        monkeypatch.setattr(attachment_files, limit, space[limit])
    data = make(reader=reader)[1]
    assert opened(data)["MISSING.csv"].decode().count("\r\nattachment,") == left
    holds, said = verdict(data)
    assert holds, said
    assert f"{left} left out (" in said


def test_a_pack_by_a_command_names_every_attachment_and_holds_none(with_attachments, verdict):
    data = make()[1]
    assert not [path for path in opened(data) if path.startswith("attachments/")]
    assert "0 files as the log recorded them, 5 left out (destroyed 1, people 1, command 3)" in verdict(data)[1]


def test_a_stored_file_that_was_changed_is_named_and_not_in_the_pack(with_attachments, verdict, monkeypatch):
    broken = Attachment.objects.filter(ended_at=None).first().reference
    content = attachment_files._content
    monkeypatch.setattr(
        attachment_files, "_content", lambda name, actor: b"%PDF" if name == broken else content(name, actor)
    )
    data = make(reader=with_attachments)[1]
    assert f"attachments/{broken}.pdf" not in opened(data)
    assert (
        f"attachment,{broken},The stored file does not open as what was stored." in opened(data)["MISSING.csv"].decode()
    )
    assert verdict(data)[0]


def passed(data, forgeries, verdict):
    """What is not refused in the words expected, and what is said of it."""
    wrong = {}
    for forgery, expected in forgeries.items():
        forged = Forged(data)
        forgery(forged)
        holds, said = verdict(forged.sealed())
        if holds or not re.search(expected, said):
            wrong[name_of(forgery)] = (holds, said[:150])
    return wrong


def test_a_task_that_is_opened_again_for_the_same_day_is_its_own_row(lived_in, verdict, monkeypatch):
    measure = Measure.objects.earliest("pk")
    duty = register_tasks.Duty(
        book="registers.measure", entry=measure.pk, code=measure.code, what="review", due_on=INSIDE.date(), owner=None
    )
    monkeypatch.setattr(register_tasks, "_tell", lambda fresh, now: None)
    for day, found in enumerate(([duty], [], [duty])):
        monkeypatch.setattr(register_tasks, "duties", lambda *, now, found=found: iter(found))
        with time_machine.travel(INSIDE + timedelta(days=5 + day), tick=False):
            register_tasks.look(now=clock.now())
            ledger.seal_now()
    holds, said = verdict(make()[1])
    assert holds, said
    assert "book_tasks: 2 rows by registers.task.opened" in said


def test_a_row_whose_leaf_is_not_shown_is_refused_unless_that_leaf_was_erased(filed_later, verdict):
    data = make()[1]
    holds, said = verdict(data)
    assert holds, said
    assert "tickets: 4 rows by grievances.ticket.filed, 1 more without a log entry in the pack" in said
    assert f"statement of a row,tickets {filed_later[0]} " in opened(data)["MISSING.csv"].decode()
    assert passed(data, OUTSIDE, verdict) == {}


def test_a_row_of_which_a_later_act_was_erased_is_named_and_holds(lived_in, verdict):
    """Nothing states its times any more; what its first act states of it is compared all the same."""
    with time_machine.travel(NOVEMBER + timedelta(hours=2), tick=False):
        closed = AuditEvent.objects.get(kind="grievances.ticket.closed")
        stopped = AuditEvent.objects.filter(kind="law.clock.stopped", about=closed.about).latest("pk")
        ledger.redact(
            Entry.objects.filter(pk__in=[closed.entry_id, stopped.entry_id]), basis="test", requested_at=clock.now()
        )
        ledger.seal_now()
    data = make()[1]
    holds, said = verdict(data)
    assert holds, said
    reference = closed.about.partition(":")[2]
    missing = opened(data)["MISSING.csv"].decode()
    assert f"statement of a row,tickets {reference} grievances.ticket.closed {closed.entry.index}," in missing
    assert f"statement of a row,clocks {closed.about} " in missing
    line = f"- tickets, row {reference}: not compared: closed_at, closed_because; erased: entry {closed.entry.index} (grievances.ticket.closed)"
    assert line in said.splitlines()
    assert [
        one for one in said.splitlines() if one.startswith(f"- clocks, row {closed.about} ") and "stopped_at" in one
    ]
    edit = _set("tickets", "subject_ref", None, lambda row: row["reference"] == reference)
    assert passed(data, {edit: r"registers/tickets\.csv, row \d+: subject_ref is "}, verdict) == {}


@pytest.mark.parametrize("place", [0, 1])
def test_a_pack_holds_after_every_entry_about_a_person_was_erased(lived_in, verdict, place):
    """Each row says which entries were about it, and what no act of these kinds states is compared still."""
    one = Ticket.objects.order_by("pk")[place]
    with time_machine.travel(NOVEMBER + timedelta(hours=2), tick=False):
        mine = Entry.objects.filter(subject_ref=one.subject_ref).exclude(kind="redaction")
        assert ledger.redact(mine, basis="test", requested_at=clock.now()) > 3
        ledger.seal_now()
    data = make()[1]
    holds, said = verdict(data)
    assert holds, said
    assert [line for line in said.splitlines() if line.startswith(f"- tickets, row {one.reference}: not compared: ")]
    edit = _set("clocks", "rule_key", "IN-OTHER", lambda row: row["owner"] == one.about)
    assert passed(data, {edit: r"registers/clocks\.csv: no entry of the log states the row"}, verdict) == {}


def test_an_erased_entry_frees_only_what_it_can_have_stated(erased_unnamed, verdict):
    """Also where the record of the erasure does not say of which act the entry was; the verdict names the row."""
    data = make()[1]
    holds, said = verdict(data)
    assert holds, said
    assert f"- tickets, row {erased_unnamed}: not compared: closed_at, closed_because; erased: entry " in said
    assert passed(data, FREED, verdict) == {}


def test_the_record_of_an_erasure_says_of_which_act_the_entry_was(filed_later, verdict):
    data = make()[1]
    assert passed(data, NAMED, verdict) == {}


def test_no_hold_file_run_or_sample_of_the_period_is_left_out_without_a_word(kept_and_drawn, verdict):
    data = make()[1]
    holds, said = verdict(data)
    assert holds, said
    own, other = kept_and_drawn
    assert f"samples/drawn/{own}.txt" in opened(data)
    assert f"Sample {own}: 2 of " in said
    assert f"Sample {other}: drawn in the period from rows of other days, named as missing" in said
    for register in ("holds", "files", "erasure_runs"):
        assert f"- {register}: 1 rows by " in said
    assert passed(data, KEPT, verdict) == {}
    missing = opened(data)["MISSING.csv"].decode()
    assert (
        'recipient notification,consent.withdrawn,"The program of a recipient was notified (webhook).' in missing
        or ("recipient notification,consent.withdrawn,The program of a recipient was notified (webhook)." in missing)
    )
    assert "\nletter," not in missing
    asked = make(drawn=(other,))[1]
    assert f"samples/drawn/{other}.txt" in opened(asked)
    assert verdict(asked)[0]


def test_a_pack_of_the_release_before_holds_and_says_what_it_does_not_compare(verdict, space):
    """As that release made it, of the ledger of these tests: with a ticket of which the filing was erased."""
    folder = Path(__file__).parent / "data"
    data = lzma.decompress((folder / "pack-4.zip.xz").read_bytes())
    trust = space["Trust"]((space["read_key"]((folder / "pack-4.vkey").read_text().strip()),))
    said = space["check_pack"](data, trust, None)
    assert "- tickets: 4 rows by grievances.ticket.filed, 1 more without a log entry in the pack" in said
    assert "- tickets, row OS-GR-N1GG-HYJ7: not compared: " in said
    assert "entry 82 (which act is not given)" in said
    assert said.splitlines()[1].startswith("Made in the form of an earlier release: it may leave out samples, ")


def test_a_pack_of_the_form_before_that_was_sealed_when_this_form_was_in_use_is_not_enough(tmp_path):
    """Its maker could choose the form that asks for fewer samples."""
    folder = Path(__file__).parent / "data"
    (tmp_path / "pack.zip").write_bytes(lzma.decompress((folder / "pack-4.zip.xz").read_bytes()))
    source = program.source().decode()
    since = 'FORM_SINCE = "2026-12-01"'
    assert since in source
    said = {}
    for day in ("2026-11-04", "2026-11-05"):
        changed = tmp_path / f"verify-{day}.py"
        changed.write_text(source.replace(since, f'FORM_SINCE = "{day}"'))
        for keys in ([], ["--vkey", (folder / "pack-4.vkey").read_text().strip()]):
            asked = [sys.executable, "-I", changed, tmp_path / "pack.zip", *keys]
            done = subprocess.run(asked, capture_output=True, text=True, check=False)
            said[day, bool(keys)] = done.returncode, done.stdout.partition(":")[0]
            assert "Pack of 2026-10-01 to 2026-10-31: " in done.stdout
    assert said == {
        ("2026-11-04", False): (4, "SUPERSEDED, NOT AUTHENTICATED (give --vkey)"),
        ("2026-11-04", True): (4, "SUPERSEDED"),
        ("2026-11-05", False): (3, "CONSISTENT, NOT AUTHENTICATED (give --vkey)"),
        ("2026-11-05", True): (0, "HOLDS"),
    }


def test_an_act_that_the_log_does_not_name_is_said_to_be_the_word_of_the_list_alone(space):
    """Erasures before form 5 did not record their act: somebody who changes a pack could name any."""
    erased = [space["Erased"](12, "law.clock.stopped", "a", is_logged) for is_logged in (True, False)]
    said = space["not_compared"]("tickets", ("R1",), erased, set())
    assert "entry 12 (law.clock.stopped), entry 12 (law.clock.stopped, as MISSING.csv says; the log does not" in said


def test_a_row_that_changes_while_its_register_is_written_says_the_same_in_both_forms(lived_in, verdict, monkeypatch):
    add = Parts.add

    def add_and_change(parts, path, chunks):
        add(parts, path, chunks)
        if path.startswith("registers/tickets."):
            Ticket.objects.update(language="mr" if Ticket.objects.filter(language="en").exists() else "en")

    monkeypatch.setattr(Parts, "add", add_and_change)
    holds, said = verdict(make()[1])
    assert holds, said


@pytest.mark.django_db(transaction=True)
def test_a_clock_that_stops_while_the_pack_is_made_is_counted_as_its_register_shows_it(lived_in, verdict, monkeypatch):
    add, changed = Parts.add, []

    def change_and_add(parts, path, chunks):
        if path.startswith("registers/attachments.") and not changed:
            found = Clock.objects.filter(stopped_at=None, legal_rule__isnull=False).earliest("pk")
            changed.append(deadlines.stop(owner=found.owner, at=INSIDE + timedelta(days=3), actor=WHO))
        add(parts, path, chunks)

    monkeypatch.setattr(Parts, "add", change_and_add)
    holds, said = verdict(make()[1])
    assert changed
    assert holds, said


@pytest.mark.full
@pytest.mark.parametrize("python", PYTHONS)
def test_every_forged_pack_is_refused_on_a_bare_python(pack, tmp_path, python):
    path, source = tmp_path / "pack.zip", tmp_path / "verify.py"
    source.write_bytes(opened(pack)["verify.py"])
    command = [python, "-I", str(source), str(path), "--vkey", ledger.verifier().vkey]
    for forgery in (None, *FORGERIES):
        forged = Forged(pack)
        if forgery is not None:
            forgery(forged)
        path.write_bytes(forged.sealed())
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
        assert done.returncode == (0 if forgery is None else 1), (forgery, done.stdout, done.stderr)


def test_the_program_knows_every_register_every_report_and_their_columns(space):
    stated = program.stated()
    known = {register.name: described(register) for register in registers.REGISTERS}
    assert program.registers() == known, "write it anew: python -m tests.evidence.program_tables"
    assert set(stated) == {register.name for register in registers.REGISTERS}
    assert list(space["REPORTS"]) == list(REPORTS)
    for register in registers.REGISTERS:
        for rule in stated[register.name]:
            named = {*rule["columns"], *rule.get("key", ()), *filter(None, [rule.get("place")])}
            assert named <= set(register.heads), register.name
            for again in rule.get("later", {}).values():
                assert set(again["key"]) == set(rule["key"]), register.name
                assert set(again["columns"]) <= set(rule["columns"]), register.name


def test_there_are_the_eleven_and_thirty_more():
    assert len(ELEVEN) == 11
    assert len(MORE) >= 30


def test_a_pack_of_an_older_release_is_called_so(pack, space, tmp_path):
    forged = Forged(pack)
    forged.manifest["format"] = "onesetu-evidence-pack/2"
    path, source = tmp_path / "pack.zip", tmp_path / "verify.py"
    path.write_bytes(forged.sealed())
    source.write_bytes(program.source())
    done = subprocess.run([sys.executable, "-I", str(source), str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == space["USAGE"]
    assert done.stdout.startswith("NOT CHECKED: This pack is of an older form (onesetu-evidence-pack/2).")


def test_the_same_pack_has_the_same_bytes_later(pack, lived_in_sample):
    assert make(now=NOVEMBER + timedelta(days=9), size=5, drawn=(lived_in_sample,))[1] == pack
