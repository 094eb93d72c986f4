"""The JSON form of a receipt: each word that people read in it is what the proof says, or the file is refused.

The portal's own check, and the program that auditors run, which shares no line with it, are asked the same.
"""

import copy
import json

import pytest

from portal.kernel.ledger import commitment, documents, notes, receipts
from tests.ledger.test_receipts import SIGNER, make_receipt
from tests.ledger.test_verify_program import PROGRAM, run

RECORD = {
    "v": 1,
    "kind": "consent",
    "event": "denied",
    "receipt": "OS-CR-7K4M-9QX2-C3TN",
    "address_verified": True,
    "notice": {"code": "consent", "number": 1},
    "actor": {"kind": "customer", "ref": ""},
    "expires_at": None,
}


@pytest.fixture(scope="module")
def program():
    space = {"__name__": "verify"}
    exec(compile(PROGRAM.read_text(), str(PROGRAM), "exec"), space)
    return space


def document(record=None, reference="OS-CR-7K4M-9QX2-C3TN"):
    proof = make_receipt(body=commitment.canonical(record or RECORD))
    return {
        "format": documents.FORMAT,
        "receipt": reference,
        "record": copy.deepcopy(record or RECORD),
        "ledger": {
            "origin": SIGNER.name,
            "vkey": SIGNER.verifier.vkey,
            "index": 2,
            "size": 7,
            "leaf": receipts.read_receipt(proof).leaf.hex(),
            "witnesses": 1,
        },
        "status": {"freshness": "latest", "as_of": "2026-11-26T00:00:00Z"},
        "proof": proof.decode(),
    }


def written(body):
    return json.dumps(body, ensure_ascii=False, indent=2).encode()


def check(data, *verifiers):
    return documents.check_file(data, verifiers or [SIGNER.verifier])


def refused_by_the_program(program, data):
    trust = program["Trust"]((program["read_key"](SIGNER.verifier.vkey),))
    try:
        program["check_document"](data, trust)
    except program["Bad"] as refusal:
        return str(refusal)
    return ""


def places(value, path=()):
    """Each place in a JSON value at which no further members stand."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places(inner, (*path, name))
    else:
        yield path


def changed(path, to=None):
    body = document()
    at = body
    for name in path[:-1]:
        at = at[name]
    old = at[path[-1]]
    at[path[-1]] = to if to is not None else f"{old}x" if isinstance(old, str) else {True: False, None: "x"}.get(old, 9)
    return body


UNPROVED = {("status", "freshness"), ("status", "as_of"), ("ledger", "witnesses")}


def test_a_document_as_the_portal_writes_it_holds_and_names_what_nothing_proves(program, tmp_path):
    for body in (written(document()), json.dumps(document()).encode(), b"\xef\xbb\xbf" + written(document())):
        result = check(body)
        assert (result.ok, result.payload, result.index, result.size) == (True, RECORD, 2, 7)
        assert result.unproved == ("status", "ledger.witnesses")
    path = tmp_path / "mine.json"
    path.write_bytes(written(document()))
    code, said = run(path, "--vkey", SIGNER.verifier.vkey)
    assert code == 0
    assert "proved by nothing: status, ledger.witnesses" in said
    code, said = run(path)
    assert (code, said.split(":")[0]) == (3, "CONSISTENT, NOT AUTHENTICATED (give --vkey)")


@pytest.mark.parametrize("path", sorted(set(places(document())) - UNPROVED), ids=".".join)
def test_one_changed_word_beside_the_proof_is_told_by_both_with_and_without_a_key(program, path, tmp_path):
    data = written(changed(path))
    for result in (check(data), documents.check_file(data, [])):
        if path == ("ledger", "vkey") and result.consistent:
            assert "ledger.vkey" in result.unproved
            continue
        assert (result.ok, result.consistent) == (False, False)
        assert "Give the .tlog-proof file." in result.reason or path == ("proof",)
    assert refused_by_the_program(program, data)
    if path[0] == "record":
        said = f"The readable part of this file is not what is proved: {'.'.join(path[:2])}. Give the .tlog-proof file."
        assert (check(data).reason, refused_by_the_program(program, data)) == (said, said)


@pytest.mark.parametrize("path", sorted(UNPROVED), ids=".".join)
def test_what_the_portal_alone_can_say_is_called_unproved_whatever_it_says(program, path):
    data = written(changed(path))
    assert check(data).unproved == ("status", "ledger.witnesses")
    assert refused_by_the_program(program, data) == ""


@pytest.mark.parametrize(
    ("path", "to"),
    [(("record", "v"), 1.0), (("record", "v"), True), (("record", "address_verified"), 1), (("ledger", "index"), 2.0)],
)
def test_a_number_that_only_equals_the_proved_one_is_another(program, path, to):
    data = written(changed(path, to))
    assert not check(data).ok
    assert refused_by_the_program(program, data)


@pytest.mark.parametrize("where", [(), ("ledger",), ("record",)])
def test_a_member_more_or_less_is_told(program, where):
    for add in (True, False):
        body = document()
        at = body
        for name in where:
            at = at[name]
        if add:
            at["note"] = "They agreed to everything."
        else:
            at.pop({(): "status", ("ledger",): "witnesses", ("record",): "kind"}[where])
        assert not check(written(body)).ok
        assert refused_by_the_program(program, written(body))


def test_a_member_that_stands_twice_is_refused_because_readers_differ(program):
    data = written(document()).replace(b'"record": {', b'"record": {"event": "given"}, "record": {')
    assert json.loads(data)["record"] == RECORD
    assert "appears twice" in check(data).reason
    assert "appears twice" in refused_by_the_program(program, data)


def test_the_proof_of_another_record_in_a_document_is_told(program):
    body = document()
    body["proof"] = document({**RECORD, "event": "given"})["proof"]
    assert "record.event" in check(written(body)).reason
    assert "record.event" in refused_by_the_program(program, written(body))


def test_another_key_in_a_document_is_told_and_another_key_given_refuses_it(program):
    other = notes.Signer(SIGNER.name, b"\x03" * 32).verifier
    body = document()
    body["ledger"]["vkey"] = other.vkey
    assert "ledger.vkey" in check(written(body)).reason
    assert "ledger.vkey" in refused_by_the_program(program, written(body))
    assert not check(written(document()), other).ok
    assert check(written(document()), other, SIGNER.verifier).ok


def test_a_reference_is_proved_by_the_record_or_called_unproved(program):
    told = {"v": 1, "kind": "audit", "facts": {"reference": "OS-CR-7K4M-9QX2-C3TN"}}
    assert check(written(document(told))).unproved == ("status", "ledger.witnesses")
    assert "receipt" in check(written(document(told, reference="OS-CR-0000-0000"))).reason
    before = {"v": 1, "kind": "consent"}
    assert check(written(document(before))).unproved == ("status", "ledger.witnesses", "receipt")
    assert check(written(document(before, reference=None))).unproved == ("status", "ledger.witnesses")


@pytest.mark.parametrize(
    "data",
    [
        b"hello",
        b"{}",
        b"[1]",
        json.dumps({"proof": make_receipt().decode()}).encode(),
        json.dumps({"tlogProof": make_receipt().decode(), "version": "KI-CR-v1.1.0"}).encode(),
        json.dumps({"format": "onesetu-receipt/2", "proof": make_receipt().decode()}).encode(),
        b"%PDF-1.7\n" + make_receipt(),
        b"\x89PNG\r\n",
        b"[" * 60_000,
        written(document())[:-20],
    ],
)
def test_what_cannot_be_proved_as_a_whole_is_refused_with_what_to_give_instead(data, tmp_path):
    result = check(data)
    assert not result.ok
    assert "Give the .tlog-proof file" in result.reason
    path = tmp_path / "some.file"
    path.write_bytes(data)
    code, said = run(path, "--vkey", SIGNER.verifier.vkey)
    assert code == 1
    assert said.startswith("REFUSED: ")
    assert "Give the .tlog-proof file" in said


def test_a_document_without_a_proof_is_refused(program):
    for proof in (None, 1, "", "hello"):
        data = written({**document(), "proof": proof})
        assert not check(data).ok
        assert refused_by_the_program(program, data)


def test_the_receipt_file_itself_is_checked_as_before():
    result = check(make_receipt())
    assert (result.ok, result.unproved) == (True, ())
