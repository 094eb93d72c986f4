"""Receipts: made, read strictly, checked with and without a key."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.kernel.ledger import commitment, notes, receipts, tree

SIGNER = notes.Signer("ledger.example.test/consent/2026", bytes(range(32)))
BODY = commitment.canonical({"v": 1, "kind": "consent", "event": "given"})


def make_receipt(index=2, size=7, signers=(SIGNER,), body=BODY):
    salt = bytes([9]) * 32
    leaves = [n.to_bytes(2, "big") * 16 for n in range(size)]
    leaves[index] = commitment.leaf_hash(salt, body)
    frontier = tree.Frontier()
    frontier.extend(leaves)
    tiles = frontier.take_tiles()
    path = tree.Nodes(lambda level, n: tiles[level, n]).inclusion(index, size)
    note = notes.sign_note(notes.TreeHead(SIGNER.name, size, frontier.root()).text, list(signers))
    return receipts.write_receipt(receipts.Receipt(salt, body, index, tuple(path), note))


def check(data, *verifiers):
    return receipts.check_receipt(data, verifiers or (SIGNER.verifier,))


@pytest.mark.parametrize(("index", "size"), [(0, 1), (0, 2), (2, 7), (6, 7), (299, 300)])
def test_a_receipt_holds_under_the_key_that_signed(index, size):
    result = check(make_receipt(index, size))
    assert (result.ok, result.index, result.size, result.origin) == (True, index, size, SIGNER.name)
    assert result.payload == {"v": 1, "kind": "consent", "event": "given"}


def test_reading_and_writing_are_one_to_one():
    data = make_receipt()
    assert receipts.write_receipt(receipts.read_receipt(data)) == data


def test_without_a_key_a_receipt_is_consistent_and_not_ok():
    result = receipts.check_receipt(make_receipt(), [])
    assert (result.ok, result.consistent, result.reason) == (False, True, "consistent, not authenticated")
    broken = make_receipt().replace(b"index 2", b"index 3")
    assert not receipts.check_receipt(broken, []).consistent


def test_every_single_changed_byte_is_refused():
    data = make_receipt()
    for at in range(len(data)):
        for flip in (0x01, 0x20, 0x80):
            bent = data[:at] + bytes([data[at] ^ flip]) + data[at + 1 :]
            assert not check(bent).ok, (at, flip)


@given(at=st.integers(0, 10**6), to=st.binary(max_size=3), cut=st.integers(0, 3))
@settings(max_examples=200)
def test_nothing_inserted_or_cut_passes(at, to, cut):
    data = make_receipt()
    at %= len(data) + 1
    bent = data[:at] + to + data[at + cut :]
    assert bent == data or not check(bent).ok


def test_another_key_does_not_open_it():
    other = notes.Signer(SIGNER.name, b"\x01" * 32).verifier
    assert check(make_receipt(), other).reason == "The note is not signed by the key given."


def test_a_witness_alone_does_not_speak_for_the_log():
    witness = notes.Signer("witness.example.test", b"\x02" * 32)
    assert check(make_receipt(signers=(SIGNER, witness)), witness.verifier).reason.startswith(
        "The receipt is of another"
    )


@pytest.mark.parametrize(
    "bend",
    [
        lambda data: b"",
        lambda data: b"hello\n\n",
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: data.replace(b"@v1", b"@v2"),
        lambda data: data.replace(b"index 2", b"index 02"),
        lambda data: data.replace(b"index 2", b"index 2\nextra AA=="),
        lambda data: data + b"\n",
        lambda data: b"x" * (receipts.MOST_BYTES + 1),
        lambda data: data.replace(b"extra ", b"extra AA=="),
    ],
)
def test_what_is_not_a_receipt_is_refused_in_words(bend):
    result = check(bend(make_receipt()))
    assert not result.ok
    assert result.reason.endswith(".")
