"""The stand-alone program, run as an auditor runs it: ``python3 -I verify.py``, no project on the path."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.kernel.ledger import notes
from tests.ledger.test_receipts import SIGNER, make_receipt

#: The Python of the project, and the one that the system brings along where it is another.
PYTHONS = sorted({sys.executable, *(path for path in ("/usr/bin/python3",) if Path(path).exists())})
PROGRAM = Path(__file__).parents[2] / "portal/kernel/ledger/data/verify.py"


@pytest.fixture(scope="module")
def program():
    """The program's own functions, loaded from the file alone."""
    space = {"__name__": "verify"}
    exec(compile(PROGRAM.read_text(), str(PROGRAM), "exec"), space)
    return space


@pytest.fixture
def receipt(tmp_path):
    path = tmp_path / "mine.tlog-proof"
    path.write_bytes(make_receipt())
    return path


def run(*args, cwd="/", python=sys.executable):
    done = subprocess.run(
        [python, "-I", str(PROGRAM), *map(str, args)], capture_output=True, text=True, cwd=cwd, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_a_receipt_holds_under_its_key(receipt):
    code, said = run(receipt, "--vkey", SIGNER.verifier.vkey)
    assert code == 0
    assert said.startswith(
        "HOLDS: entry 2 of the log ledger.example.test/consent/2026, which had 7 entries when it was signed"
    )


def test_without_a_key_it_is_consistent_and_not_authenticated(receipt):
    code, said = run(receipt)
    assert code == 3
    assert said.startswith("CONSISTENT, NOT AUTHENTICATED")


def test_another_key_a_damaged_key_and_a_missing_file(receipt):
    other = notes.Signer(SIGNER.name, b"\x03" * 32).verifier.vkey
    assert run(receipt, "--vkey", other) == (
        1,
        "REFUSED: The signed record of the log (checkpoint) is not signed by the key given. The key is of another log, or the file was not made by this operator.\n",
    )
    assert run(receipt, "--vkey", other[:-4])[0] == 2
    assert run(receipt.with_name("none"), "--vkey", other)[0] == 2
    assert run("--vkey", other)[0] == 2


def test_a_changed_file_is_refused_with_and_without_a_key(receipt):
    receipt.write_bytes(receipt.read_bytes().replace(b"index 2", b"index 3"))
    for key in ([], ["--vkey", SIGNER.verifier.vkey]):
        code, said = run(receipt, *key)
        assert (code, said.splitlines()[0][:7]) == (1, "REFUSED")


@pytest.mark.parametrize("python", PYTHONS)
def test_one_changed_byte_in_each_line_of_a_receipt_ends_in_refused_on_each_python(receipt, python):
    whole = receipt.read_bytes()
    assert run(receipt, "--vkey", SIGNER.verifier.vkey, python=python)[0] == 0
    assert run(receipt, python=python)[0] == 3
    at = 0
    for line in whole.splitlines(keepends=True):
        middle = at + len(line) // 2
        receipt.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
        assert run(receipt, "--vkey", SIGNER.verifier.vkey, python=python)[0] == 1, line
        at += len(line)


def test_it_imports_nothing_but_the_standard_library(program):
    imported = {
        line.split()[1].split(".")[0]
        for line in PROGRAM.read_text().splitlines()
        if line.startswith(("import ", "from "))
    }
    assert imported <= set(sys.stdlib_module_names)


def test_no_single_changed_byte_of_a_receipt_passes(program):
    data, key = make_receipt(), program["Trust"]((program["read_key"](SIGNER.verifier.vkey),))
    program["check_receipt"](data, key)
    for at in range(len(data)):
        for flip in (0x01, 0x20, 0x80):
            bent = data[:at] + bytes([data[at] ^ flip]) + data[at + 1 :]
            with pytest.raises((program["Bad"], ValueError)):
                program["check_receipt"](bent, key)


@pytest.mark.parametrize(
    ("public", "message", "signature"),
    [
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
    ],
)
def test_the_signatures_of_rfc_8032_hold(program, public, message, signature):
    """Test vectors 1 and 3 of section 7.1."""
    public, message, signature = (bytes.fromhex(text) for text in (public, message, signature))
    assert program["is_signed"](public, message, signature)
    assert not program["is_signed"](public, message + b"x", signature)


@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=64), bit=st.integers(0, 511))
@settings(max_examples=25, deadline=None)
def test_its_signatures_agree_with_a_library(program, seed, message, bit):
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    assert program["is_signed"](public, message, signature)
    bent = (int.from_bytes(signature, "big") ^ 1 << bit).to_bytes(64, "big")
    try:
        assert not program["is_signed"](public, message, bent)
    except program["Bad"]:
        return


def test_a_signature_with_a_scalar_beyond_the_order_is_refused(program):
    key = Ed25519PrivateKey.from_private_bytes(b"\x05" * 32)
    public, signature = key.public_key().public_bytes_raw(), key.sign(b"x")
    scalar = int.from_bytes(signature[32:], "little") + program["ORDER"]
    assert not program["is_signed"](public, b"x", signature[:32] + scalar.to_bytes(32, "little"))


def test_one_of_several_keys_is_enough_and_every_witness_named_must_have_cosigned(receipt):
    other = notes.Signer(SIGNER.name, b"\x03" * 32).verifier
    assert run(receipt, "--vkey", other.vkey, "--vkey", SIGNER.verifier.vkey)[0] == 0
    seen_at = datetime(2026, 11, 25, tzinfo=UTC)
    witness = notes.Cosigner("witness.example.test", b"\x04" * 32, seen_at)
    stranger = notes.Cosigner("stranger.example.test", b"\x05" * 32, seen_at)
    receipt.write_bytes(make_receipt(signers=(SIGNER, witness)))
    keys = ["--vkey", SIGNER.verifier.vkey, "--witness", witness.verifier.vkey]
    assert run(receipt, *keys)[0] == 0
    code, said = run(receipt, *keys, "--witness", stranger.verifier.vkey)
    assert (code, said) == (
        1,
        "REFUSED: A witness that you named has not signed as well. Ask for a file that it has signed.\n",
    )
    assert run(receipt, *keys[:3], SIGNER.verifier.vkey)[0] == 2
    late = notes.Cosigner(witness.name, witness.seed, datetime(2026, 11, 26, tzinfo=UTC))
    bent = bytearray(make_receipt(signers=(SIGNER, late)))
    bent[-90] ^= 1
    receipt.write_bytes(bytes(bent))
    assert run(receipt, *keys)[0] == 1
