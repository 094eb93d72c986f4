"""The threat table: somebody with every right on the database acts, and the named check fires.

Each engine in its own form: triggers disabled on PostgreSQL, dropped on SQLite. Rows that only an outside witness
catches are run against the anchor alone (check X1).
"""

import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from portal.kernel.core import clock
from portal.kernel.ledger import commitment, notes, receipts, services, tree
from portal.kernel.ledger.models import Checkpoint, Entry, Leaf, Payload
from portal.kernel.ledger.services import anchor
from tests.ledger import attacks
from tests.ledger.factories import EntryFactory, consent_payload

pytestmark = pytest.mark.django_db

VICTIM = 5


@pytest.fixture(autouse=True)
def no_foreign_keys():
    """The attacker is not held by foreign keys."""
    with attacks.without_foreign_keys():
        yield


@pytest.fixture(autouse=True)
def sealed_ledger():
    """Genesis and eleven entries under three checkpoints; the last is anchored. Nobody has attacked yet."""
    for count in (4, 4, 3):
        EntryFactory.create_batch(count)
        services.seal_now()
    assert services.verify().failures == []


def fired():
    return services.verify().checks


def payload_at(index):
    return Payload.objects.get(entry__leaf__index=index)


def bend_payload(index):
    kept = payload_at(index)
    body = bytes(kept.body).replace(b'"given"', b'"denied"')
    attacks.execute("UPDATE ledger_payload SET body = %s WHERE entry_id = %s", body, kept.pk)
    return commitment.leaf_hash(bytes(kept.salt), body), kept.pk


def bend_leaf(index):
    leaf, pk = bend_payload(index)
    kept = payload_at(index)
    committed = commitment.commitment(bytes(kept.salt), bytes(kept.body))
    attacks.execute("UPDATE ledger_entry SET leaf_hash = %s, commitment = %s WHERE id = %s", leaf, committed, pk)


def resign_everything(sizes):
    """Forge the past: new tree, new checkpoints with the stolen key."""
    attacks.execute("DELETE FROM ledger_checkpoint")
    leaves = attacks.stored_leaves()
    for size in sizes:
        frontier = tree.Frontier()
        frontier.extend(leaves[:size])
        attacks.sign_as_the_log(size, frontier.root())


def cut_back(size):
    attacks.execute("DELETE FROM ledger_leaf WHERE idx >= %s", size)
    for table, key in (("ledger_payload", "entry_id"), ("ledger_entry", "id")):
        attacks.execute(f"DELETE FROM {table} WHERE {key} NOT IN (SELECT entry_id FROM ledger_leaf)")
    attacks.execute("DELETE FROM ledger_checkpoint WHERE size > %s", size)
    root = bytes(Checkpoint.objects.get(size=size).root)
    attacks.execute("UPDATE ledger_head SET size = %s, root = %s", size, root)


def test_row_1_an_edited_payload_no_longer_opens_its_leaf():
    with attacks.unguarded():
        bend_payload(VICTIM)
    assert fired() == ["V2"]


def test_row_2_an_edited_payload_with_its_leaf_leaves_the_tree():
    with attacks.unguarded():
        bend_leaf(VICTIM)
    assert fired() == ["V3", "V4", "V6", "X1"]


def test_row_3_a_rebuilt_tree_contradicts_its_old_checkpoints():
    with attacks.unguarded():
        bend_leaf(VICTIM)
        attacks.rebuild_tree()
    assert fired() == ["V6", "X1"]


def test_row_4_everything_rebuilt_and_signed_again_contradicts_the_anchor_and_every_old_receipt():
    old_receipt = services.receipt_for(Entry.objects.get(leaf__index=2))
    with attacks.unguarded():
        bend_leaf(1)
        attacks.rebuild_tree()
        resign_everything([5, 9, 12])
    assert fired() == ["X1"]
    anchor.settings.LEDGER_ANCHOR.unlink()
    attacks.execute("UPDATE ledger_head SET size = size")
    assert services.verify(old_receipts=[old_receipt]).checks == ["X1", "X2"]


def test_row_5_sealing_on_after_a_forgery_is_stopped_by_the_anchor():
    with attacks.unguarded():
        bend_leaf(VICTIM)
        attacks.rebuild_tree()
        resign_everything([5, 9, 12])
    EntryFactory()
    with pytest.raises(services.SigningStopped, match="forked"):
        services.seal_now()
    assert fired() == ["X1"]


def test_row_6_a_cut_off_tail_leaves_stale_tiles_and_a_longer_anchor():
    with attacks.unguarded():
        cut_back(9)
    assert fired() == ["V4", "X1"]


def test_row_6b_a_carefully_cut_off_tail_is_caught_by_the_anchor_alone():
    with attacks.unguarded():
        cut_back(9)
        attacks.rebuild_tree()
    assert fired() == ["X1"]


def test_row_7_a_restored_backup_that_grew_again_contradicts_the_anchor():
    with attacks.unguarded():
        cut_back(9)
        attacks.rebuild_tree()
    EntryFactory.create_batch(6)
    services.seal_batch()
    with pytest.raises(services.SigningStopped, match="forked"):
        services.sign()
    assert fired() == ["X1"]


def test_row_8_a_deleted_middle_row_leaves_a_gap():
    with attacks.unguarded():
        attacks.execute("DELETE FROM ledger_leaf WHERE idx = %s", VICTIM)
    assert fired() == ["V1", "V3", "V4", "V6", "X1"]


def test_row_9_two_swapped_rows_make_another_tree():
    with attacks.unguarded():
        first, second = Leaf.objects.get(pk=VICTIM).entry_id, Leaf.objects.get(pk=6).entry_id
        attacks.execute("UPDATE ledger_leaf SET entry_id = -1 WHERE idx = %s", VICTIM)
        attacks.execute("UPDATE ledger_leaf SET entry_id = %s WHERE idx = 6", first)
        attacks.execute("UPDATE ledger_leaf SET entry_id = %s WHERE idx = %s", second, VICTIM)
    assert fired() == ["V3", "V4", "V6", "X1"]


def test_row_10_a_back_dated_record_lies_outside_its_checkpoints():
    EntryFactory(recorded_at=clock.now() - timedelta(days=30))
    services.seal_now()
    assert fired() == ["V8"]


def test_row_11_content_that_vanishes_without_a_redaction_is_missed():
    with attacks.unguarded():
        attacks.execute("DELETE FROM ledger_payload WHERE entry_id = %s", payload_at(VICTIM).pk)
    report = services.verify()
    assert (report.checks, report.failures[0].index) == (["V7"], VICTIM)


def test_row_12_a_lawful_erasure_is_clean_and_other_peoples_receipts_still_hold():
    victim, other = (Entry.objects.get(leaf__index=index) for index in (VICTIM, 6))
    receipt = services.receipt_for(other)
    assert services.redact([victim], basis="retention.consent", requested_at=clock.now()) == 1
    report = services.verify(old_receipts=[receipt])
    assert (report.failures, report.redacted) == ([], 1)
    assert services.payload_of(victim) is None
    assert services.verify_receipt(receipt, services.verifier().vkey).ok


def test_row_13_a_second_tree_of_the_same_size_is_a_fork_for_whoever_holds_the_other_note():
    """Locally all is clean; the note that was shown to somebody else is the proof."""
    other_view = anchor.settings.LEDGER_ANCHOR.with_name("other-view.json")
    signer = services.signer()
    note = notes.sign_note(notes.TreeHead(signer.name, 12, b"\x05" * 32).text, [signer])
    body = {"size": 12, "root": notes.to_base64(b"\x05" * 32), "note": note.decode()}
    other_view.write_text(json.dumps(body))
    assert fired() == []
    assert services.verify(anchor_path=other_view).checks == ["X1"]


def test_row_14_a_checkpoint_signed_by_another_key_is_refused():
    last = Checkpoint.objects.get(size=12)
    impostor = notes.Signer(services.signer().name, b"\x09" * 32)
    with attacks.unguarded():
        attacks.execute("DELETE FROM ledger_checkpoint WHERE size = 12")
        attacks.sign_as_the_log(12, bytes(last.root), impostor)
    assert fired() == ["V5"]


def test_row_15_a_corrupted_tile_is_found():
    attacks.execute("UPDATE ledger_tile SET hashes = %s WHERE level = 0", b"\x01" * 32 * 12)
    assert fired() == ["V4"]


def test_row_16_a_second_row_at_an_index_is_impossible():
    entry = EntryFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        Leaf.objects.bulk_create([Leaf(index=VICTIM, entry=entry)])


def test_row_19_a_leaf_edited_with_the_triggers_off_shows_everywhere():
    with attacks.unguarded():
        attacks.execute("UPDATE ledger_entry SET leaf_hash = %s WHERE id = %s", b"\x01" * 32, payload_at(VICTIM).pk)
    assert fired() == ["V2", "V3", "V4", "V6", "X1"]


def test_row_21_a_restore_that_brings_an_erased_payload_back_is_found_and_erased_again():
    victim = Entry.objects.get(leaf__index=VICTIM)
    kept = payload_at(VICTIM)
    services.redact([victim], basis="retention.consent", requested_at=clock.now())
    Payload.objects.create(entry=victim, body=kept.body, salt=kept.salt)
    report = services.verify()
    assert (report.checks, report.failures[0].index) == (["V7b"], VICTIM)
    assert services.finish_redactions() == 0
    assert services.redact([victim], basis="retention.consent", requested_at=clock.now()) == 1
    assert services.verify().failures == []


def test_an_anchor_that_another_tree_advanced_lets_this_one_sign_no_more():
    kept = anchor.read()
    EntryFactory()
    services.seal_batch()
    mine = services.sign()
    anchor.write(anchor.Anchored(kept.size + 1, b"\x04" * 32, kept.note))
    EntryFactory()
    services.seal_batch()
    with pytest.raises(services.SigningStopped, match="forked"):
        services.sign()
    assert Checkpoint.objects.order_by("-size").first() == mine


def test_a_column_that_contradicts_the_content_is_found():
    with attacks.unguarded():
        attacks.execute("UPDATE ledger_entry SET kind = 'audit' WHERE id = %s", payload_at(VICTIM).pk)
    assert fired() == ["V2"]


def test_a_deleted_head_does_not_hide_the_leaves():
    attacks.execute("DELETE FROM ledger_head")
    assert "V1" in fired()


def test_an_anchor_signed_by_another_key_is_refused():
    kept = anchor.read()
    impostor = notes.Signer(services.signer().name, b"\x09" * 32)
    note = notes.sign_note(notes.TreeHead(impostor.name, kept.size, kept.root).text, [impostor])
    anchor.write(anchor.Anchored(kept.size, kept.root, note))
    assert fired() == ["X1"]


def test_a_file_that_is_no_receipt_is_named():
    assert services.verify(old_receipts=[b"hello"]).checks == ["X2"]


def test_checks_of_new_leaves_start_from_the_last_clean_run():
    from portal.kernel.ledger.choices import Scope

    first = services.check_ledger(scope=Scope.NEW)
    assert (first.ok, first.size) == (True, 12)
    EntryFactory.create_batch(3)
    services.seal_now()
    with attacks.unguarded():
        bend_payload(13)
        bend_payload(3)
    second = services.check_ledger(scope=Scope.NEW)
    assert [failure[:2] for failure in second.failures] == [["V2", 13]]
    assert services.readiness() == ("ledger", False, "signing stopped")
    third = services.check_ledger(scope=Scope.ALL)
    assert [failure[:2] for failure in third.failures] == [["V2", 3], ["V2", 13]]


@pytest.mark.parametrize("size", [1, 9, 12])
def test_checks_may_start_anywhere_in_a_clean_tree(size):
    assert services.verify(start=size).failures == []


def test_a_payload_appended_with_consent_still_opens_from_the_receipt_after_erasure():
    """By design: the customer's own receipt stays a proof."""
    victim = Entry.objects.get(leaf__index=VICTIM)
    receipt = services.receipt_for(victim)
    services.redact([victim], basis="retention.consent", requested_at=clock.now())
    result = services.verify_receipt(receipt, services.verifier().vkey)
    assert result.ok
    assert result.payload["purpose"] == consent_payload()["purpose"]
    assert receipts.read_receipt(receipt).index == VICTIM


def test_an_entry_kept_out_of_the_tree_is_found():
    with transaction.atomic():
        entry = EntryFactory()
        attacks.execute("DELETE FROM ledger_pending WHERE entry_id = %s", entry.pk)
    services.seal_now()
    report = services.verify()
    assert report.checks == ["V1"]
    assert str(entry.event_id) in report.failures[0].message


def test_an_entry_that_waits_for_its_place_is_no_failure():
    EntryFactory()
    assert fired() == []


@pytest.mark.parametrize("column", ["NULL", "event_id"])
def test_an_entry_hidden_from_its_subject_is_found(column):
    with attacks.unguarded():
        sql = f"UPDATE ledger_entry SET subject_ref = {column} WHERE id = %s"
        attacks.execute(sql, Leaf.objects.get(pk=VICTIM).entry_id)
    assert fired() == ["V2"]
