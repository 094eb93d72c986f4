"""Witnesses: asked, resynced, kept, served, and heard when they refuse."""

import json
from datetime import timedelta

import pytest
import time_machine

from portal.kernel.core import clock
from portal.kernel.core.errors import Refused
from portal.kernel.ledger import notes, receipts, services, tree
from portal.kernel.ledger.models import Checkpoint, Cosignature, Entry, Head, WitnessRefusal
from portal.kernel.ledger.services import checkpoints, witnesses
from portal.kernel.ledger.system_checks import named_witnesses
from portal.kernel.ledger.tasks import ask_witnesses
from tests.ledger import attacks
from tests.ledger.factories import EntryFactory
from tests.ledger.test_commands import answer, run
from tests.servers import witness as witness_server

pytestmark = pytest.mark.django_db


def grow(count=3):
    EntryFactory.create_batch(count)
    return services.seal_now()


@pytest.fixture
def witness(settings):
    """One that trusts our key, is configured, and may be reached on this machine."""
    with witness_server.running(witness_server.Witness(services.verifier())) as server:
        settings.WITNESSES = [server.setting]
        settings.OUTGOING_PRIVATE_HOSTS = [server.host]
        yield server


def codes():
    return [one.code for one in services.ask_witnesses()]


def sizes():
    return list(Cosignature.objects.order_by("checkpoint").values_list("checkpoint", flat=True))


def test_a_checkpoint_is_cosigned_kept_and_served(witness, client):
    newest = grow()
    assert codes() == ["COSIGNED"]
    kept = Cosignature.objects.get()
    assert (kept.checkpoint, kept.vkey, kept.seen_at) == (newest, witness.vkey, witness.seen_at)
    note = client.get("/ledger/checkpoint").content
    assert note == bytes(newest.note) + witness.line(notes.split_note(bytes(newest.note))[0])
    _text, held = notes.open_note(note, [services.verifier(), notes.parse_vkey(witness.vkey)])
    assert [one.name for one in held] == [services.verifier().name, witness.name]


def test_each_checkpoint_is_shown_with_the_proof_that_it_continues_the_one_before(witness):
    for count in (1, 4, 9, 250, 2):
        grow(count)
        assert codes() == ["COSIGNED"]
    assert sizes() == [2, 6, 15, 265, 267]
    assert [body.split(b"\n")[0] for body in witness.asked] == [b"old 0", b"old 2", b"old 6", b"old 15", b"old 265"]


def test_a_checkpoint_is_shown_once(witness):
    grow()
    assert codes() == codes() == ["COSIGNED"]
    assert len(witness.asked) == 1


def test_a_witness_that_knows_us_further_than_we_remember_is_asked_again_from_there(witness):
    for _ in range(2):
        grow()
        codes()
    with attacks.unguarded():
        attacks.execute("DELETE FROM ledger_cosignature")
    grow()
    assert codes() == ["COSIGNED"]
    assert [body.split(b"\n")[0] for body in witness.asked[2:]] == [b"old 0", b"old 7"]
    assert sizes() == [10]


def test_a_witness_that_forgot_is_asked_again_from_the_beginning(witness):
    grow()
    codes()
    grow()
    witness.known.clear()
    assert codes() == ["COSIGNED"]
    assert witness.asked[-1].split(b"\n")[:2] == [b"old 0", b""]


def test_a_tree_that_grew_while_the_witness_was_asked_is_shown_as_it_is_now(witness, monkeypatch):
    """Another process has shown the witness a newer head of ours, after this one had read which is the newest."""
    grow()
    codes()
    old = grow()
    newer = grow()
    witness.known[services.verifier().name] = (newer.size, bytes(newer.root))
    read = iter([old, newer])
    monkeypatch.setattr(witnesses, "_newest", lambda: next(read))
    assert codes() == ["COSIGNED"]
    assert sizes() == [4, 10]
    assert not WitnessRefusal.objects.exists()


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ((500, "text/plain", b""), "HTTP_500"),
        ((403, "text/plain", b""), "HTTP_403"),
        ((404, "text/plain", b""), "HTTP_404"),
        ((400, "text/plain", b""), "HTTP_400"),
        ((302, "text/plain", b""), "HTTP_302"),
        ((409, "text/plain", b"2\n"), "HTTP_409"),
        ((409, "text/x.tlog.size", b"two\n"), "HTTP_409"),
        ((409, "text/x.tlog.size", b"02\n"), "HTTP_409"),
        ((409, "text/x.tlog.size", b"0\n"), "HTTP_409"),
        ((200, "text/plain", b""), "MALFORMED"),
        ((200, "text/plain", b"hello"), "MALFORMED"),
        ((200, "text/plain", b"\n\n"), "MALFORMED"),
        ((200, "text/plain", b"\xff\n"), "MALFORMED"),
    ],
)
def test_an_answer_that_is_none_changes_nothing(witness, given, code):
    grow()
    witness.answers = [given]
    assert codes() == [code]
    assert not Cosignature.objects.exists()
    assert not checkpoints.is_stopped()
    assert codes() == ["COSIGNED"]


class Careless(witness_server.Witness):
    """Signs rightly, with a time that nobody lives at."""

    seconds = 0

    def line(self, text):
        one = self._cosigner()
        signed = notes.Signer.sign(one, notes.cosigned_message(text, self.seconds))
        return notes.signature_line(one.name, one.verifier.key_id, self.seconds.to_bytes(8, "big") + signed)


@pytest.mark.parametrize("seconds", [2**64 - 1, 2**63, 316_516_000_000, 253_402_300_799])
def test_a_witness_with_an_impossible_time_is_passed_over_and_the_next_one_is_asked(witness, settings, seconds):
    """The largest that fits, one too large for any machine, the year 12000, and the last second of the calendar."""
    with witness_server.running(
        Careless(services.verifier(), name="witness.example.test/w2", seed=b"\x32" * 32)
    ) as bad:
        bad.seconds = seconds
        settings.WITNESSES = [bad.setting | {"name": "Careless"}, *settings.WITNESSES]
        settings.OUTGOING_PRIVATE_HOSTS = [bad.host, witness.host]
        newest = grow()
        assert codes() == ["TIME", "COSIGNED"]
    assert Cosignature.objects.get().vkey == witness.vkey
    assert not checkpoints.is_stopped()
    assert witnesses.published() == newest


@pytest.mark.parametrize("size", ["9223372036854775808", "9999999999999999999", "1" + "0" * 19, "7" * 400])
def test_a_witness_that_knows_more_leaves_than_there_can_be_refuses_and_that_is_kept(witness, settings, size):
    grow()
    witness.answers = [(409, "text/x.tlog.size", f"{size}\n".encode())]
    assert codes() == ["REFUSED"]
    assert WitnessRefusal.objects.get().known_size == witnesses.LARGEST_SIZE
    assert checkpoints.is_stopped()


def test_what_breaks_at_one_witness_breaks_at_no_other(witness, settings, monkeypatch):
    settings.WITNESSES = [{**witness.setting, "name": "First", "vkey": other_key()}, *settings.WITNESSES]
    plain = witnesses.ask

    def broken(one, *, now):
        if one.name == "First":
            raise ZeroDivisionError
        return plain(one, now=now)

    monkeypatch.setattr(witnesses, "ask", broken)
    grow()
    assert codes() == ["CRASHED_ZeroDivisionError", "COSIGNED"]


def other_key():
    return notes.Cosigner("witness.example.test/w3", b"\x33" * 32, clock.now()).verifier.vkey


def test_a_signature_of_somebody_else_or_over_something_else_is_not_kept(witness):
    newest = grow()
    text = notes.split_note(bytes(newest.note))[0]
    other = witness_server.Witness(seed=b"\x32" * 32)
    witness.answers = [
        (200, "text/plain", other.line(text)),
        (200, "text/plain", witness.line(text.replace(b"4\n", b"5\n"))),
        (200, "text/plain", b"\nmore text\n\n" + witness.line(bytes(newest.note) + b"\nmore text\n")),
    ]
    assert codes() + codes() + codes() == ["MALFORMED"] * 3
    assert not Cosignature.objects.exists()


def test_lines_of_keys_we_do_not_know_are_passed_over(witness):
    newest = grow()
    text = notes.split_note(bytes(newest.note))[0]
    other = witness_server.Witness(name="another.example.test", seed=b"\x32" * 32)
    witness.answers = [(200, "text/plain", other.line(text) + witness.line(text))]
    assert codes() == ["COSIGNED"]
    assert Cosignature.objects.get().vkey == witness.vkey


def test_a_witness_that_is_down_is_flagged_and_nothing_waits_for_it(witness, settings, client):
    first = grow()
    codes()
    settings.OUTGOING_PRIVATE_HOSTS = []
    second = grow()
    assert codes() == ["NOT_HTTPS"]
    with time_machine.travel(clock.now() + timedelta(seconds=30), tick=False):
        assert client.get("/ledger/checkpoint").content.startswith(bytes(first.note))
        assert services.witness_readiness() == ("witnesses", True, "1 of 1 cosign")
    with time_machine.travel(clock.now() + timedelta(seconds=90), tick=False):
        assert client.get("/ledger/checkpoint").content == bytes(second.note)
        assert services.witness_readiness() == ("witnesses", True, "0 of 1 cosign")


def test_a_receipt_carries_the_cosignatures_of_the_first_checkpoint_that_has_some(witness):
    entry = EntryFactory()
    services.seal_now()
    assert b"witness.example.test" not in services.receipt_for(entry)
    grow()
    codes()
    grow()
    receipt = services.receipt_for(Entry.objects.get(pk=entry.pk))
    assert notes.parse_tree_head(notes.split_note(receipts.read_receipt(receipt).checkpoint)[0]).size == 5
    result = receipts.check_receipt(receipt, [services.verifier(), notes.parse_vkey(witness.vkey)])
    assert (result.ok, result.size) == (True, 5)
    named = services.receipt_for(entry, checkpoint=Checkpoint.objects.get(size=5))
    assert b"witness.example.test" not in named


def test_commands_name_the_witnesses_and_say_when_there_is_no_independent_one(witness, settings):
    grow()
    assert answer("ledger_info")[1]["witnesses"] == []
    assert "no independent witness" in run("ledger_info")[1]
    assert "no independent witness" in run("verify_ledger")[1]
    code, body = answer("ask_witnesses")
    assert (code, body) == (0, {"witnesses": [{"name": "Witness of the tests", "code": "COSIGNED", "size": 4}]})
    told = [
        {
            "name": "Witness of the tests",
            "vkey": witness.vkey,
            "size": 4,
            "seen_at": "2026-11-25T06:30:00.000Z",
            "named": True,
            "independent": True,
        }
    ]
    assert answer("ledger_info")[1]["witnesses"] == answer("verify_ledger")[1]["witnesses"] == told
    assert "1 independent witnesses" in run("ledger_info")[1]
    settings.WITNESSES = [{**witness.setting, "own": True}]
    assert answer("ledger_info")[1]["witnesses"] == [{**told[0], "independent": False}]
    # Of a witness that is named no more the cosignatures are still told, and it counts as no independent one.
    settings.WITNESSES = []
    for command in ("ledger_info", "verify_ledger"):
        (other,) = answer(command)[1]["witnesses"]
        assert (other["vkey"], other["size"]) == (told[0]["vkey"], told[0]["size"])
        assert (other["named"], other["independent"]) == (False, False)
    said = run("verify_ledger")[1]
    assert f"no independent witness (cosigned by {other['name']} up to {other['size']}, which WITNESSES" in said
    assert "no independent witness" in run("ledger_info")[1]
    assert services.witness_readiness() == ("witnesses", True, "no independent witness")


def test_the_command_exits_3_without_an_answer_and_1_when_a_witness_refuses(witness, settings):
    grow()
    witness.answers = [(500, "text/plain", b"")]
    assert answer("ask_witnesses")[0] == 3
    witness.answers = [(422, "text/plain", b"")]
    code, text = run("ask_witnesses")
    assert code == 1
    assert "REFUSED" in text
    settings.WITNESSES = []
    assert answer("ask_witnesses") == (3, {"witnesses": []})


def test_the_task_asks(witness):
    grow()
    ask_witnesses()
    assert sizes() == [4]


def test_nobody_is_asked_before_the_first_head_or_while_signing_is_stopped(witness):
    assert codes() == ["NOTHING_SIGNED"]
    grow()
    Head.objects.update(stopped_at=clock.now(), stopped_by="V2")
    assert codes() == []
    assert witness.asked == []


@pytest.mark.parametrize(
    "given",
    [
        ["x"],
        [{}],
        [{"vkey": "x", "url": "https://w.example"}],
        [{"vkey": "LOG", "url": "https://w.example"}],
        [{"vkey": "OK"}],
        [{"vkey": "OK", "url": "ftp://w.example"}],
        [{"vkey": "OK", "url": "https://w.example"}] * 2,
    ],
)
def test_a_list_of_witnesses_that_cannot_be_used_is_named_by_a_check(settings, given):
    good = witness_server.Witness().vkey
    text = json.dumps(given).replace("OK", good).replace("LOG", services.verifier().vkey)
    settings.WITNESSES = json.loads(text)
    assert [found.id for found in named_witnesses(None)] == ["ledger.E002"]
    with pytest.raises(Refused):
        witnesses.configured()
    settings.WITNESSES = [{"vkey": good, "url": "https://w.example/"}]
    assert named_witnesses(None) == []
    assert (witnesses.configured()[0].url, witnesses.configured()[0].name) == (
        "https://w.example",
        "witness.example.test/w1",
    )


def test_the_witness_of_the_tests_is_a_strict_one():
    """It refuses what the specification says, with proofs that are wrong in one place."""
    signer = notes.Signer("log.example.test", b"\x01" * 32)
    witness = witness_server.Witness(signer.verifier)
    frontier, heads = tree.Frontier(), {}
    tiles = {}
    for number in range(1, 20):
        frontier.append(bytes([number]) * 32)
        tiles |= frontier.take_tiles()
        heads[number] = notes.sign_note(notes.TreeHead(signer.name, number, frontier.root()).text, [signer])
    nodes = tree.Nodes(lambda level, n: tiles[level, n])

    def ask(old, new, proof=None, note=None):
        path = nodes.consistency(old, new) if proof is None else proof
        lines = [f"old {old}", *map(notes.to_base64, path), "", ""]
        return witness.add_checkpoint("\n".join(lines).encode() + (note or heads[new]))

    assert ask(0, 7)[0] == 200
    assert ask(0, 9) == (409, "text/x.tlog.size", b"7\n")
    right = nodes.consistency(7, 12)
    for wrong in (right[1:], [*right, b"\x01" * 32], right[::-1], [bytes(32), *right[1:]], []):
        assert ask(7, 12, proof=wrong)[0] == 422
    stranger = notes.Signer(signer.name, b"\x02" * 32)
    unknown = notes.Signer("other.example.test", b"\x01" * 32)
    for signs, status in ((stranger, 403), (unknown, 404)):
        note = notes.sign_note(notes.TreeHead(signs.name, 12, frontier.root()).text, [signs])
        assert ask(7, 12, note=note)[0] == status
    assert ask(7, 7)[0] == 200
    assert ask(12, 7, proof=[])[0] == 400
    assert ask(7, 12)[0] == 200
    fork = notes.sign_note(notes.TreeHead(signer.name, 12, b"\x09" * 32).text, [signer])
    assert ask(12, 12, note=fork)[0] == 409
    assert ask(12, 19)[0] == 200
