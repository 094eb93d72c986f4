"""The demonstration's witness is a process of its own: it cosigns what continues the log, and nothing else."""

import base64
from pathlib import Path

import pytest

from portal.demo import shifted_clock, witness, witness_process
from portal.demo.story import builder
from portal.kernel.core import clock
from portal.kernel.ledger import notes
from portal.kernel.ledger.models import Cosignature
from portal.kernel.ledger.services import keys, seal_now, verify, witnesses
from tests.ledger import reference_tree
from tests.ledger.factories import EntryFactory

LOG = notes.Signer("log.example.test/one", b"\x11" * 32)
OTHER = notes.Signer("log.example.test/one", b"\x22" * 32)
LEAVES = [bytes([number]) * 32 for number in range(9)]


def head(size: int, *, signer: notes.Signer = LOG, leaves: list[bytes] = LEAVES) -> bytes:
    root = reference_tree.mth(leaves[:size])
    text = f"{signer.name}\n{size}\n{base64.b64encode(root).decode()}\n".encode()
    return notes.sign_note(text, [signer])


def body(old: int, size: int, *, note: bytes | None = None) -> bytes:
    proof = reference_tree.proof(old, LEAVES[:size]) if 0 < old < size else []
    lines = [f"old {old}", *(base64.b64encode(step).decode() for step in proof), "", ""]
    return "\n".join(lines).encode() + (note or head(size))


@pytest.fixture
def seen(tmp_path: Path) -> witness.Witness:
    return witness.Witness(tmp_path, LOG.verifier)


def test_it_cosigns_what_continues_the_head_that_it_remembers(seen: witness.Witness, tmp_path: Path) -> None:
    for old, size in ((0, 3), (3, 3), (3, 7), (7, 9)):
        status, _kind, line = seen.add_checkpoint(body(old, size))
        assert status == 200
        _text, signatures = notes.open_note(head(size) + line, [notes.parse_vkey(seen.vkey)])
        assert len(signatures) == 1
        # Its memory and its key outlive the process.
        seen = witness.Witness(tmp_path, LOG.verifier)


@pytest.mark.parametrize(
    ("request_body", "status"),
    [
        (b"not a request", 400),
        (body(5, 3, note=head(3)), 400),
        (body(3, 7, note=head(7, signer=OTHER)), 403),
        (body(3, 7, note=head(7, signer=notes.Signer("log.example.test/two", b"\x11" * 32))), 404),
        (body(0, 7), 409),
        (body(3, 7, note=head(7, leaves=LEAVES[::-1])), 422),
        (body(3, 3, note=head(3, leaves=LEAVES[::-1])), 422),
    ],
)
def test_it_refuses_everything_else_and_remembers_what_it_knew(
    seen: witness.Witness, request_body: bytes, status: int
) -> None:
    assert seen.add_checkpoint(body(0, 3))[0] == 200
    assert seen.add_checkpoint(request_body)[0] == status
    assert seen.add_checkpoint(body(3, 7))[0] == 200


@pytest.mark.django_db(transaction=True)
def test_the_process_cosigns_the_ledger_and_is_gone_afterwards(settings, tmp_path: Path, ledger_alone: None) -> None:
    settings.VAR, settings.WITNESSES = tmp_path, []
    EntryFactory.create_batch(5)
    seal_now(wait=30)
    with witness_process.witnessed():
        assert [each.cosigned for each in witnesses.ask_all()] == [True]
        EntryFactory.create_batch(3)
        seal_now(wait=30)
        assert [each.cosigned for each in witnesses.ask_all()] == [True]
        assert witnesses.independent() == []  # it is our own, and says so
        assert verify().ok
    assert (settings.WITNESSES, Cosignature.objects.count()) == ([], 2)


def test_witnesses_of_the_settings_are_left_as_they_are(settings) -> None:
    settings.WITNESSES = given = [{"vkey": keys.verifier().vkey, "url": "https://witness.example"}]
    with witness_process.witnessed():
        assert settings.WITNESSES is given


def test_a_production_system_never_has_its_clock_set(settings) -> None:
    now, settings.LEDGER_ORIGIN = clock.now(), builder.ORIGIN
    with shifted_clock.set_to(now.replace(year=2020)):
        assert clock.now().year == 2020
    assert clock.now() >= now
    settings.PRODUCTION = True
    with pytest.raises(RuntimeError, match="never set"), shifted_clock.set_to(now):
        pass
    settings.PRODUCTION, settings.LEDGER_ORIGIN = False, "ledger.onesetu.example/portal/2026"
    with pytest.raises(RuntimeError, match="never set"), shifted_clock.set_to(now):
        pass
