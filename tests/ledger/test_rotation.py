"""Another key: agreed in the log itself, old receipts hold on, and the old key signs nothing more."""

import json

import pytest
from django.db import IntegrityError, transaction

from portal.kernel.core import clock
from portal.kernel.core.errors import Refused
from portal.kernel.ledger import commitment, notes, receipts, services, tree
from portal.kernel.ledger.choices import EntryKind
from portal.kernel.ledger.errors import KeyNotAgreed
from portal.kernel.ledger.ledger_checks import KeyRotations
from portal.kernel.ledger.models import Checkpoint, Entry, Head, KeyRotation, Leaf
from portal.kernel.ledger.system_checks import signing_key
from tests.ledger import attacks
from tests.ledger.factories import EntryFactory
from tests.ledger.test_commands import answer, run

pytestmark = pytest.mark.django_db

NEXT = "ab" * 32
THIRD = "cd" * 32


def key(seed):
    return notes.Signer(services.verifier().name, bytes.fromhex(seed)).verifier


def grow(count=3):
    EntryFactory.create_batch(count)
    return services.seal_now()


def rotate(cause="routine", good_size=None, vkey=None):
    with transaction.atomic():
        return services.rotate_key(vkey=vkey or services.next_vkey(), cause=cause, good_size=good_size, now=clock.now())


def signed_by(checkpoint):
    _text, lines = notes.split_note(bytes(checkpoint.note))
    return [line.key_id for line in lines]


@pytest.fixture
def old():
    grow()
    return services.verifier()


@pytest.fixture
def new(old, settings):
    settings.LEDGER_KEY_NEXT = NEXT
    return key(NEXT)


def test_before_the_change_the_next_key_signs_nothing(old, new):
    assert signed_by(grow()) == [old.key_id]
    assert services.verifiers() == [old]


def test_the_change_is_a_record_of_the_log_and_both_keys_sign_after_it(old, new, settings):
    made = rotate()
    assert (made.old_vkey, made.new_vkey, made.first_size) == (old.vkey, new.vkey, 5)
    later = grow(2)
    assert signed_by(later) == [new.key_id, old.key_id]
    record = Entry.objects.get(kind=EntryKind.KEY_ROTATION)
    said = services.payload_of(record)
    assert (said["old"], said["new"], said["first_size"], said["cause"]) == (old.vkey, new.vkey, 5, "routine")
    assert Leaf.objects.get(entry=record).pk == 4
    assert services.verifiers() == [new, old]
    assert [services.verifier_at(size) for size in (1, 4, 5, 700)] == [old, old, new, new]
    assert services.verify().failures == []
    settings.LEDGER_KEY, settings.LEDGER_KEY_NEXT = NEXT, ""
    assert signed_by(grow()) == [new.key_id]
    assert services.verify().failures == []


def test_receipts_from_before_hold_under_the_old_key_and_later_ones_under_the_new(old, new, settings):
    before = services.receipt_for(Entry.objects.get(leaf__index=2))
    rotate()
    grow()
    overlapping = services.receipt_for(Entry.objects.get(leaf__index=6))
    settings.LEDGER_KEY, settings.LEDGER_KEY_NEXT = NEXT, ""
    grow()
    after = services.receipt_for(Entry.objects.get(leaf__index=9))
    holds = {
        name: [receipts.check_receipt(data, [verifier]).ok for verifier in (old, new)]
        for name, data in (("before", before), ("overlapping", overlapping), ("after", after))
    }
    assert holds == {"before": [True, False], "overlapping": [True, True], "after": [False, True]}
    assert all(services.check_presented(data).ok for data in (before, overlapping, after))
    assert services.verify(old_receipts=[before, overlapping, after]).failures == []


def test_a_key_that_nobody_agreed_to_signs_nothing(old, settings):
    settings.LEDGER_KEY = NEXT
    EntryFactory()
    with pytest.raises(KeyNotAgreed, match="rotate_ledger_key"):
        services.seal_now()
    assert services.readiness() == ("ledger", False, "the key is not the one agreed to")
    assert Checkpoint.objects.count() == 1
    settings.LEDGER_KEY_NEXT, settings.LEDGER_KEY = NEXT, THIRD
    with pytest.raises(KeyNotAgreed):
        services.seal_now()


def test_a_replaced_key_that_was_stolen_signs_no_later_head(old, new, settings):
    """V5: a head of a later size needs the key of its size, whoever else signed."""
    rotate()
    thief = services.signer()
    settings.LEDGER_KEY, settings.LEDGER_KEY_NEXT = NEXT, ""
    last = grow()
    receipt = receipts.read_receipt(services.receipt_for(Entry.objects.get(leaf__index=6)))
    note = notes.sign_note(notes.split_note(bytes(last.note))[0], [thief])
    forged = receipts.write_receipt(receipts.Receipt(receipt.salt, receipt.payload, receipt.index, receipt.path, note))
    assert services.check_presented(forged).reason == "The receipt is signed by a key that did not sign at its size."
    assert services.verify(old_receipts=[forged]).checks == ["X2"]
    with attacks.unguarded():
        attacks.execute("UPDATE ledger_checkpoint SET note = %s WHERE size = %s", note, last.size)
    assert "V5" in services.verify().checks


def test_after_a_compromise_the_old_key_signs_nothing_more_and_the_last_good_head_is_published(old, new, client):
    good = Checkpoint.objects.get()
    grow()
    rotate("compromise", good.size)
    assert signed_by(grow()) == [new.key_id]
    told = client.get("/ledger/keys.json").json()["keys"]
    assert [(one["vkey"], one["first_size"], one["last_size"]) for one in told] == [
        (new.vkey, 8, None),
        (old.vkey, 0, 7),
    ]
    assert told[1]["replaced"] == "compromise"
    assert told[1]["good"] == {"size": good.size, "root": notes.to_base64(bytes(good.root))}
    assert f"log {old.vkey}" not in client.get("/ledger/policy").content.decode()
    assert services.verify().failures == []


def test_the_policy_names_keys_and_any_witness(old, new, client, settings):
    text = client.get("/ledger/policy").content.decode()
    assert text.splitlines()[1:] == [f"log {old.vkey}", "quorum none"]
    rotate()
    from tests.servers.witness import Witness

    one, own = Witness(name="w.example/1"), Witness(name="w.example/2", seed=b"\x09" * 32)
    settings.WITNESSES = [
        {"vkey": one.vkey, "url": "https://w.example/1"},
        {"vkey": own.vkey, "url": "https://own.example", "own": True},
    ]
    text = client.get("/ledger/policy").content.decode()
    assert text.splitlines()[1:] == [
        f"log {old.vkey}",
        f"log {new.vkey}",
        f"witness w1 {one.vkey} https://w.example/1",
        "group witnesses any w1",
        "quorum witnesses",
    ]


def test_a_forged_row_that_lets_another_key_sign_is_found(old, monkeypatch):
    from portal.kernel.core import ports

    monkeypatch.setattr(ports, "ledger_rows", [KeyRotations()])
    entry = Entry.objects.get(leaf__index=2)
    row = KeyRotation.objects.create(
        entry=entry, old_vkey=services.verifier().vkey, new_vkey=key(THIRD).vkey, first_size=6, cause="routine"
    )
    assert "V9" in services.verify().checks
    with attacks.unguarded():
        attacks.execute("DELETE FROM ledger_keyrotation WHERE id = %s", row.pk)
    assert services.verify().failures == []


def test_a_record_of_a_change_whose_row_is_gone_or_bent_is_found(old, new, monkeypatch):
    from portal.kernel.core import ports

    monkeypatch.setattr(ports, "ledger_rows", [KeyRotations()])
    made = rotate("compromise", 4)
    grow()
    assert services.verify().failures == []
    with pytest.raises(IntegrityError), transaction.atomic():
        KeyRotation.objects.update(first_size=900)
    with attacks.unguarded():
        attacks.execute("UPDATE ledger_keyrotation SET good_size = 1 WHERE id = %s", made.pk)
    assert services.verify().checks == ["V9"]
    with attacks.unguarded():
        attacks.execute("DELETE FROM ledger_keyrotation")
    assert "V9" in services.verify().checks


@pytest.mark.parametrize(
    ("set_up", "asked", "words"),
    [
        ("", {}, "LEDGER_KEY_NEXT, the key"),
        ("OLD", {}, "has signed here already"),
        (NEXT, {"vkey": "another"}, "not the key that was proposed"),
        (NEXT, {"cause": "compromise"}, "last size"),
        (NEXT, {"cause": "compromise", "good_size": 3}, "last size"),
    ],
)
def test_what_cannot_be_a_change_is_refused(old, settings, set_up, asked, words):
    settings.LEDGER_KEY_NEXT = settings.LEDGER_KEY if set_up == "OLD" else set_up
    with pytest.raises(Refused, match=words):
        rotate(**asked)
    assert not KeyRotation.objects.exists()


def test_a_log_without_entries_has_no_key_to_change(settings):
    settings.LEDGER_KEY_NEXT = NEXT
    with pytest.raises(Refused, match="no entry yet"):
        rotate()


def test_keys_follow_one_another(old, new, settings):
    rotate()
    grow()
    settings.LEDGER_KEY, settings.LEDGER_KEY_NEXT = NEXT, THIRD
    rotate()
    assert signed_by(grow()) == [key(THIRD).key_id, new.key_id]
    assert services.verifiers() == [key(THIRD), new, old]
    assert services.verify().failures == []
    settings.LEDGER_KEY_NEXT = NEXT
    settings.LEDGER_KEY = THIRD
    with pytest.raises(Refused, match="never comes back"):
        rotate()


def test_a_malformed_next_key_is_named_by_a_check(settings):
    settings.LEDGER_KEY_NEXT = "short"
    assert [found.id for found in signing_key(None)] == ["ledger.E001"]


def test_ledger_info_lists_the_keys(old, new):
    rotate()
    grow()
    body = answer("ledger_info")[1]
    assert body["vkey"] == new.vkey
    assert [one["vkey"] for one in body["keys"]] == [new.vkey, old.vkey]


def test_a_receipt_is_verified_under_any_of_several_keys_and_by_its_witnesses(old, new, tmp_path, settings):
    from tests.servers import witness as witness_server

    rotate()
    with witness_server.running(witness_server.Witness(services.verifier())) as witness:
        settings.WITNESSES, settings.OUTGOING_PRIVATE_HOSTS = [witness.setting], [witness.host]
        grow()
        services.ask_witnesses()
    path = tmp_path / "mine.tlog-proof"
    path.write_bytes(services.receipt_for(Entry.objects.get(leaf__index=6)))
    assert answer("verify_receipt", path, vkey=[key(THIRD).vkey, new.vkey])[0] == 0
    assert answer("verify_receipt", path, vkey=[new.vkey], witness=[witness.vkey])[0] == 0
    other = witness_server.Witness(name="other.example", seed=b"\x08" * 32)
    code, body = answer("verify_receipt", path, vkey=[new.vkey], witness=[witness.vkey, other.vkey])
    assert (code, body["reason"]) == (1, "A witness that you named has not cosigned.")
    assert "has not cosigned" in run("verify_receipt", path, vkey=[new.vkey], witness=[other.vkey])[1]
    assert json.dumps(body)


@pytest.mark.parametrize("size", [2, 4])
def test_what_a_stolen_key_signed_is_refused_and_stops_nothing(old, new, settings, size):
    """X2 under a key that was given up proves nothing: else whoever stole it could stop the log."""
    rotate("compromise", Checkpoint.objects.get().size)
    grow()
    thief = services.signer()
    salt, payload = b"\1" * 32, b"{}"
    other = b"\2" * 32
    root, path = tree.hash_node(commitment.leaf_hash(salt, payload), other), (other,)
    if size == 4:
        root, path = tree.hash_node(root, other), (other, other)
    note = notes.sign_note(notes.TreeHead(thief.name, size, root).text, [thief])
    forged = receipts.write_receipt(receipts.Receipt(salt, payload, 0, path, note))
    told = services.check_presented(forged)
    assert told.reason == "The receipt is in another tree than ours, under a key that was retired."
    assert not Head.objects.exclude(stopped_at=None).exists()
