"""Evidence packs: complete, repeatable, checked by the program inside them, and standing in the ledger."""

import io
import itertools
import json
import subprocess
import sys
import zipfile
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command

from portal.fronts.evidence import registers
from portal.fronts.evidence.columns import Column
from portal.fronts.evidence.period import Period
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.core.errors import Refused
from portal.kernel.ledger import services as ledger
from tests.audit.factories import AuditEventFactory
from tests.evidence.packed import INSIDE, NOVEMBER, make, opened

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ledger_alone")]

#: The Python of the project, and the one that the system brings along where it is another.
PYTHONS = sorted({sys.executable, *(path for path in ("/usr/bin/python3",) if Path(path).exists())})


@pytest.fixture
def check(tmp_path):
    """The pack's own ``verify.py`` on a bare Python: exit code and what it says."""

    def run(data, *args, vkey=True, python=sys.executable):
        pack, program = tmp_path / "pack.zip", tmp_path / "verify.py"
        pack.write_bytes(data)
        program.write_bytes(opened(make.last)["verify.py"])
        key = ["--vkey", ledger.verifier().vkey] if vkey else []
        command = [python, "-I", str(program), str(pack), *key, *map(str, args)]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.fixture
def made_pack(october):
    made, data = make()
    make.last = data
    return made, data


def test_entries_out_of_order_in_a_pack_are_shown_as_explained_and_refuse_nothing(october, check):
    """The explanation is of another month: it comes with the pack all the same."""
    plain = make()[1]
    out_of_order = ledger.anomaly_between(6, 8, count=1)
    facts = {"check": "V8", "cause": "clock", "first": 6, "last": 8, "count": 1, "entries_sha256": out_of_order.sha256}
    with time_machine.travel(NOVEMBER + timedelta(hours=2), tick=False):
        AuditEventFactory(kind=AuditKind.LEDGER_ANOMALY_EXPLAINED, facts=facts)
        ledger.seal_now()
    make.last = data = make()[1]
    code, said = check(data)
    assert code == 0, said
    assert "Explained by two people: times out of order among the entries 6 to 8 of the log (clock)" in said
    assert "Explained" not in check(plain)[1]


def test_a_pack_holds_the_periods_leaves_registers_and_proofs(made_pack):
    made, data = made_pack
    files = opened(data)
    manifest = json.loads(files["manifest.json"])
    assert (made.records, made.erased_entries) == (manifest["records"], manifest["erased_entries"]) == (7, 1)
    lines = [json.loads(line) for line in files["ledger/leaves.jsonl"].splitlines()]
    # The period's leaves are 5 to 12: one more on each side shows that none was left out.
    assert [line["index"] for line in lines] == list(range(4, 14))
    assert len([line for line in lines if line.get("erased")]) == 1
    assert manifest["period"] == {"from": "2026-10-01", "to": "2026-10-31", "zone": "Asia/Kolkata"}
    assert len([name for name in files if name.startswith("samples/") and name.endswith(".tlog-proof")]) == 3
    audit_rows = [json.loads(line) for line in files["registers/audit.jsonl"].splitlines()]
    assert [row["kind"] for row in audit_rows] == ["vault.file.opened"] * 2
    assert manifest["registers"]["audit"] == 2
    assert {f"registers/{register.name}.csv" for register in registers.REGISTERS} <= set(files)


def test_the_program_inside_authenticates_the_whole_pack(made_pack, check, tmp_path):
    made, data = made_pack
    code, said = check(data)
    assert code == 0, said
    assert "7 log entries of the period and 1 erased" in said
    receipt = tmp_path / "pack.tlog-proof"
    receipt.write_bytes(made.receipt())
    assert check(data, "--receipt", receipt)[0] == 0


def test_a_sample_that_the_seed_does_not_draw_is_refused(made_pack, program):
    """A forger who swaps a receipt of the sample for another true one, and says so in the list of those drawn."""
    check_pack, _key, refusals = program
    space = check_pack.__globals__
    files = opened(made_pack[1])
    manifest, draw = json.loads(files["manifest.json"]), json.loads(files["samples/sample.json"])
    records = files["samples/population.txt"].decode().split()
    shown = sorted(draw["chosen"], key=int)
    space["check_draw"](files, manifest["sample"], records, shown)
    other = next(one for one in records if one not in draw["chosen"])
    swapped = {**files, "samples/sample.json": json.dumps({**draw, "chosen": [other, *draw["chosen"][1:]]}).encode()}
    wrong = [
        (swapped, records, shown),
        (files, records, shown[1:]),
        (files, records[1:], shown),
        ({**files, "samples/sample.json": json.dumps({**draw, "seed": 8}).encode()}, records, shown),
    ]
    for held, population, receipts in wrong:
        with pytest.raises(refusals):
            space["check_draw"](held, manifest["sample"], population, receipts)


def test_the_pack_says_which_answers_are_of_the_day_it_was_made(made_pack):
    with zipfile.ZipFile(io.BytesIO(made_pack[1])) as pack:
        said, policy = pack.read("README.txt").decode(), json.loads(pack.read("policy-map.json"))
    assert "of_the_day: looked at on the day the pack was made" in said
    assert {"is inventory", "data_past_its_period"} <= set(policy["of_the_day"])
    assert policy["words"]["is inventory"] == "The data inventory agrees with the databases"
    states = {row["state"] for row in policy["promises"]}
    assert states <= set(policy["states"]) == {"kept", "not_shown", "no_case", "not_stated"}


def test_without_a_key_the_pack_is_consistent_and_not_authenticated(made_pack, check):
    code, said = check(made_pack[1], vkey=False)
    assert code == 3
    assert "NOT AUTHENTICATED" in said


def test_the_same_period_sample_and_seed_give_the_same_bytes(made_pack):
    made, data = made_pack
    again, same = make(now=NOVEMBER + timedelta(days=9))
    assert same == data
    assert (again.sha256, again.event.pk != made.event.pk) == (sha256(data).hexdigest(), True)
    assert AuditEvent.objects.filter(kind=AuditKind.EVIDENCE_MANIFEST_SEALED).count() == 1
    assert make(seed=8)[1] != data


def test_the_hash_of_the_pack_stands_in_the_ledger(made_pack):
    made, data = made_pack
    result = ledger.verify_receipt(made.receipt(), ledger.verifier().vkey)
    assert result.ok
    assert result.payload["act"] == "evidence.pack.made"
    assert result.payload["facts"]["sha256"] == made.sha256 == sha256(data).hexdigest()
    assert result.payload["facts"]["bytes"] == made.length == len(data)


@pytest.fixture
def program(made_pack):
    """The program's own function, the key to give it, and the errors for which it says "refused"."""
    space = {"__name__": "verify"}
    exec(compile(opened(made_pack[1])["verify.py"], "verify.py", "exec"), space)
    refusals = (space["Bad"], ValueError, KeyError, TypeError, AttributeError, RecursionError)
    return space["check_pack"], space["Trust"]((space["read_key"](ledger.verifier().vkey),)), refusals


def test_no_changed_byte_of_a_pack_passes(made_pack, program):
    """A byte in every file, every header and the directory, against the program's own function."""
    data = made_pack[1]
    check_pack, key, refusals = program
    check_pack(data, key, None)
    for at in sorted({*range(0, len(data), max(1, len(data) // 300)), *range(60), *range(len(data) - 400, len(data))}):
        with pytest.raises(refusals):
            check_pack(flipped(data, at), key, None)


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def positions(name, data):
    """First, middle and last byte of a file; of the manifest one in each line besides."""
    found = {0, len(data) // 2, len(data) - 1} if data else set()
    if name == "manifest.json":
        starts = [0, *(at + 1 for at, byte in enumerate(data) if byte == 10)]
        found |= {(start + end) // 2 for start, end in itertools.pairwise(starts)}
    return sorted(found)


def test_no_changed_byte_of_any_file_passes_when_the_pack_is_packed_again(made_pack, program):
    """A forger who unpacks, changes one byte, and packs again without a fault in the archive."""
    check_pack, key, refusals = program
    files = opened(made_pack[1])
    check_pack(repacked(files), key, None)
    tried = 0
    for name, content in files.items():
        for at in positions(name, content):
            with pytest.raises(refusals):
                check_pack(repacked({**files, name: flipped(content, at)}), key, None)
            tried += 1
    assert tried >= len(files) + files["manifest.json"].count(b"\n")


@pytest.mark.parametrize("python", PYTHONS)
def test_the_bare_program_answers_by_its_exit_code_on_each_python(made_pack, check, python):
    data = made_pack[1]
    assert check(data, python=python)[0] == 0
    assert check(data, python=python, vkey=False)[0] == 3
    for at in (0, len(data) // 2):
        assert check(flipped(data, at), python=python)[0] == 1
    assert check(flipped(data, len(data) - 1), python=python, vkey=False)[0] == 1
    files = opened(data)
    name = max(files, key=lambda name: len(files[name]))
    bent = repacked({**files, name: flipped(files[name], len(files[name]) // 2)})
    assert check(bent, python=python)[0] == 1


def repacked(files):
    from portal.kernel.jobs import archives

    target = io.BytesIO()
    archives.deterministic_zip(target, [archives.Member(name, io.BytesIO(data)) for name, data in files.items()])
    return target.getvalue()


def with_file(files, name, data):
    """Another content, and a manifest that agrees with it: what a forger without the log's key can do."""
    manifest = json.loads(files["manifest.json"])
    for row in manifest["files"]:
        if row["path"] == name:
            row |= {"sha256": sha256(data).hexdigest(), "bytes": len(data)}
    body = (json.dumps(manifest, indent=1, sort_keys=True) + "\n").encode()
    return repacked({**files, name: data, "manifest.json": body})


def test_a_forged_register_with_a_matching_manifest_is_refused(made_pack, check):
    files = opened(made_pack[1])
    forged = with_file(files, "registers/audit.csv", files["registers/audit.csv"].replace(b"vault", b"xault"))
    assert check(forged) == (
        1,
        "REFUSED: manifest.tlog-proof: it is not the receipt of manifest.json. The manifest was changed, or is of another pack.\n",
    )
    assert check(forged, vkey=False)[0] == 1


def test_a_left_out_or_added_file_is_refused(made_pack, check):
    files = opened(made_pack[1])
    assert check(repacked({**files, "registers/more.csv": b"x"}))[0] == 1
    assert check(repacked({name: data for name, data in files.items() if name != "registers/audit.csv"}))[0] == 1


def test_the_receipt_of_another_pack_is_refused(made_pack, check, tmp_path):
    other = make(seed=99)[0]
    receipt = tmp_path / "other.tlog-proof"
    receipt.write_bytes(other.receipt())
    assert check(made_pack[1], "--receipt", receipt) == (
        1,
        "REFUSED: The receipt is of another pack. Take the receipt that came with this one.\n",
    )


def test_formulae_are_escaped_in_the_registers(made_pack):
    text = opened(made_pack[1])["registers/audit.csv"].decode()
    assert "=1+1" in text
    assert not any(cell.startswith(("=", "+", "@")) for line in text.splitlines() for cell in line.split(","))


@pytest.mark.parametrize(
    ("last", "code"), [(date(2026, 11, 30), "PERIOD_NOT_ENDED"), (date(2026, 9, 1), "PERIOD_BACKWARDS")]
)
def test_a_period_that_has_not_ended_or_runs_backwards_is_refused(october, last, code):
    with pytest.raises(Refused) as caught:
        make(Period(date(2026, 10, 1), last))
    assert caught.value.code == code
    assert not AuditEvent.objects.filter(kind__startswith="evidence.").exists()


def test_a_pack_of_today_ends_now_and_says_so(october, check):
    moment = NOVEMBER + timedelta(hours=2)
    made, data = make(Period.of(date(2026, 11, 3), date(2026, 11, 3), now=moment), now=moment + timedelta(minutes=1))
    make.last = data
    assert made.records > 3
    code, said = check(data)
    assert code == 0
    assert f"Pack of 2026-11-03 to {clock.stamp(moment)}: " in said
    assert f"The last day was not over: the pack ends at {clock.stamp(moment)}." in opened(data)["README.txt"].decode()


def test_the_audit_register_names_only_records_that_stand_in_the_pack(october, check):
    with time_machine.travel(NOVEMBER, tick=False):
        AuditEventFactory(at=INSIDE)  # an act of October that was written down in November
        ledger.seal_now()
    files = opened(make()[1])
    named = {json.loads(line)["leaf_index"] for line in files["registers/audit.jsonl"].splitlines()}
    assert named
    assert named <= {json.loads(line)["index"] for line in files["ledger/leaves.jsonl"].splitlines()}


def test_a_period_ends_with_its_last_day_in_india():
    period = Period(date(2026, 10, 31), date(2026, 10, 31))
    with pytest.raises(Refused):
        period.refuse_unfit(now=datetime(2026, 10, 31, 23, 59, 59, tzinfo=clock.IST))
    period.refuse_unfit(now=datetime(2026, 11, 1, 0, 0, tzinfo=clock.IST))


def test_a_period_without_records_makes_a_pack_that_holds(october, check):
    made, data = make(Period(date(2026, 8, 1), date(2026, 8, 31)))
    make.last = data
    assert (made.records, made.erased_entries) == (0, 0)
    assert check(data)[0] == 0


def test_where_nothing_was_recorded_since_the_period_the_leaf_after_it_is_what_the_pack_states(october, check):
    made, data = make(Period(date(2026, 10, 1), date(2026, 11, 30)), now=datetime(2026, 12, 2, tzinfo=clock.IST))
    make.last = data
    stated = AuditEvent.objects.filter(kind=AuditKind.EVIDENCE_REPORT_MADE, about__startswith="evidence.pack:")
    assert sorted(event.facts["report"] for event in stated) == ["controls.json", "policy-map.json"]
    assert made.records > 7
    assert check(data)[0] == 0


def test_every_register_names_columns_that_exist_and_hold_no_personal_data():
    assert registers.check_registers(None) == []


def test_a_personal_column_in_a_register_is_an_error(monkeypatch):
    bad = registers.Register(
        "people",
        "people.Principal",
        "created_at",
        tuple(map(Column.parse, ("full_name", "nonsense", "ref=subject__ref"))),
    )
    monkeypatch.setattr(registers, "REGISTERS", [bad])
    found = [error.msg for error in registers.check_registers(None)]
    assert found == [
        "The register people names full_name, which contains personal data.",
        "The register people names nonsense, which does not exist.",
    ]


def run_command(out, **options):
    text = io.StringIO()
    with time_machine.travel(NOVEMBER + timedelta(days=1), tick=False):
        call_command("evidence_pack", out=out, json=True, stdout=text, **options)
    return json.loads(text.getvalue())


def test_the_command_writes_the_pack_and_its_receipt(october, tmp_path):
    out = tmp_path / "october.zip"
    body = run_command(out, first="2026-10-01", last="2026-10-31", sample=2, seed=5)
    assert body["file"] == str(out)
    assert body["sha256"] == sha256(out.read_bytes()).hexdigest()
    assert (body["records"], body["erased_entries"], body["size"], body["seed"]) == (7, 1, out.stat().st_size, 5)
    assert ledger.verify_receipt(Path(body["receipt"]).read_bytes(), ledger.verifier().vkey).ok
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == [
        "october.zip",
        "october.zip.tlog-proof",
    ]


def test_a_refused_command_leaves_no_file(october, tmp_path):
    out = tmp_path / "none.zip"
    with pytest.raises(Refused):
        run_command(out, first="2026-10-01", last="2026-11-30")
    for wrong in (
        {"first": "October", "last": "2026-10-31"},
        {"first": "2026-10-01", "last": "2026-10-31", "sample": -1},
        {"first": "2026-10-01", "last": "2026-10-31", "seed": 2**53},
    ):
        with pytest.raises(CommandError) as caught:
            run_command(out, **wrong)
        assert caught.value.returncode == 2
    assert [path for path in tmp_path.iterdir() if path.is_file()] == []
