"""Signed notes and keys: what is made opens, and nothing that is bent does."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.ledger import notes

SIGNER = notes.Signer("ledger.example.test/consent/2026", bytes(range(32)))
OTHER = notes.Signer("witness.example.test", bytes(range(1, 33)))
TEXT = notes.TreeHead(SIGNER.name, 7, b"\x07" * 32).text


def test_a_note_opens_with_the_key_that_signed_it():
    text, signatures = notes.open_note(notes.sign_note(TEXT, [SIGNER]), [SIGNER.verifier])
    assert text == TEXT
    assert [signature.name for signature in signatures] == [SIGNER.name]
    assert notes.parse_tree_head(text) == notes.TreeHead(SIGNER.name, 7, b"\x07" * 32)


def test_the_ed25519_signature_is_that_of_rfc_8032():
    """Test vector 2 of RFC 8032 section 7.1."""
    seed = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    signer = notes.Signer("x", seed)
    assert signer.verifier.public.hex() == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    assert signer.sign(b"\x72").hex() == (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )


def test_signing_twice_gives_the_same_bytes():
    assert notes.sign_note(TEXT, [SIGNER]) == notes.sign_note(TEXT, [SIGNER])


def test_signatures_of_unknown_keys_are_passed_over():
    note = notes.sign_note(TEXT, [OTHER, SIGNER])
    assert [s.name for s in notes.open_note(note, [SIGNER.verifier])[1]] == [SIGNER.name]


def test_a_note_without_a_known_signature_is_refused():
    with pytest.raises(notes.NoteError, match="not signed"):
        notes.open_note(notes.sign_note(TEXT, [OTHER]), [SIGNER.verifier])


def test_one_failing_signature_of_a_known_key_refuses_the_whole_note():
    forged = notes.sign_note(TEXT.replace(b"\n7\n", b"\n8\n"), [OTHER]).split(b"\n\n")[1]
    note = notes.sign_note(TEXT, [SIGNER]) + forged
    with pytest.raises(notes.NoteError, match="is not valid"):
        notes.open_note(note, [SIGNER.verifier, OTHER.verifier])


def test_a_key_that_signed_twice_is_refused():
    note = notes.sign_note(TEXT, [SIGNER, SIGNER])
    with pytest.raises(notes.NoteError, match="twice"):
        notes.open_note(note, [SIGNER.verifier])


def test_sixteen_signatures_are_accepted_and_a_flood_is_not():
    many = [notes.Signer(f"w{number}", bytes([number]) * 32) for number in range(101)]
    assert len(notes.open_note(notes.sign_note(TEXT, many[:16]), [w.verifier for w in many])[1]) == 16
    with pytest.raises(notes.NoteError, match="too many"):
        notes.open_note(notes.sign_note(TEXT, many), [many[0].verifier])


@given(at=st.integers(0, 10**6), to=st.integers(0, 255))
def test_no_changed_byte_passes(at, to):
    note = bytearray(notes.sign_note(TEXT, [SIGNER]))
    at %= len(note)
    if note[at] == to:
        return
    note[at] = to
    with pytest.raises(notes.NoteError):
        notes.parse_tree_head(notes.open_note(bytes(note), [SIGNER.verifier])[0])


def test_a_cosignature_carries_the_time_it_signs():
    seen = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
    witness = notes.Cosigner("witness.example.test", bytes(range(32)), seen)
    note = notes.sign_note(TEXT, [SIGNER, witness])
    assert notes.open_note(note, [witness.verifier])[1][0].seen_at == seen
    assert notes.parse_vkey(witness.verifier.vkey) == witness.verifier
    later = bytearray(note)
    value = notes.split_note(note)[1][1]
    moved = notes.to_base64(value.key_id + b"\x00" * 8 + value.value[8:])
    later = note.replace(notes.to_base64(value.key_id + value.value).encode(), moved.encode())
    with pytest.raises(notes.NoteError, match="is not valid"):
        notes.open_note(bytes(later), [witness.verifier])


def test_a_vkey_is_read_back_whatever_its_base64_holds():
    for number in range(64):
        verifier = notes.Signer("log.example.test", bytes([number]) * 32).verifier
        assert notes.parse_vkey(verifier.vkey) == verifier
    assert any("+" in notes.Signer("l", bytes([n]) * 32).verifier.vkey.split("+", 2)[2] for n in range(64))


@pytest.mark.parametrize(
    "bend",
    [
        lambda vkey: vkey.replace("+", "+A", 1) if vkey[vkey.index("+") + 1] != "A" else vkey + "x",
        lambda vkey: vkey[: vkey.index("+")] + vkey[vkey.index("+") :].upper(),
        lambda vkey: vkey[:-1],
        lambda vkey: vkey + "=",
        lambda vkey: vkey.replace("ledger", "Ledger"),
        lambda vkey: " " + vkey,
        lambda vkey: vkey + "\n",
        lambda vkey: vkey.split("+")[0],
        lambda vkey: "",
    ],
)
def test_a_damaged_vkey_is_refused_in_words(bend):
    with pytest.raises(notes.NoteError, match=r"[a-z]"):
        notes.parse_vkey(bend(SIGNER.verifier.vkey))


@pytest.mark.parametrize("text", ["012", "+1", "1 ", "", "-1", "１", "1_0", "1" * 20])
def test_a_number_has_one_way_to_be_written(text):
    with pytest.raises(notes.NoteError):
        notes.parse_number(text)


@pytest.mark.parametrize("text", ["AB==", "AA", "AA=", "A A=", "AA==\n", "é", "AAA_"])
def test_base64_has_one_way_to_be_written(text):
    with pytest.raises(notes.NoteError):
        notes.from_base64(text)


@pytest.mark.parametrize(
    "text", [b"a\r\n1\nAA==\n", b"a\n1\n" + b"A" * 44 + b"\n", b"a\n1\n", b"\n1\nAA==\n", b"a\n1\nAA==\nmore\n"]
)
def test_a_checkpoint_has_three_lines_and_no_more(text):
    with pytest.raises(notes.NoteError):
        notes.parse_tree_head(text)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "नाम"])
def test_a_key_name_is_plain(name):
    with pytest.raises(notes.NoteError):
        notes.Signer(name, bytes(32))


def test_a_private_key_is_not_printed():
    assert "1f" * 3 not in repr(notes.Signer("x", b"\x1f" * 32))
    assert "\\x1f" not in repr(notes.Signer("x", b"\x1f" * 32))
