"""The rows of the threat table that only an outside witness catches: the attacker has the database, the key and the anchor.

Rows 4, 5, 6b, 7 and 13 beside a witness; X2 with a receipt that somebody kept; row 18 by the age of what waits. Row 17 is
in ``tests/consent/test_receipts.py``: it needs a person's answers.
"""

from datetime import timedelta

import pytest
import time_machine

from portal.kernel.core import clock
from portal.kernel.ledger import notes, services
from portal.kernel.ledger.models import Checkpoint, Cosignature, Entry, Head, WitnessRefusal
from portal.kernel.ledger.services import anchor
from tests.ledger import attacks
from tests.ledger.factories import EntryFactory
from tests.ledger.test_threats import bend_leaf, cut_back, fired, resign_everything
from tests.servers import witness as witness_server

pytestmark = pytest.mark.django_db

VICTIM = 5


@pytest.fixture(autouse=True)
def no_foreign_keys():
    with attacks.without_foreign_keys():
        yield


@pytest.fixture
def witness(settings):
    with witness_server.running(witness_server.Witness(services.verifier())) as server:
        settings.WITNESSES = [server.setting]
        settings.OUTGOING_PRIVATE_HOSTS = [server.host]
        yield server


@pytest.fixture(autouse=True)
def witnessed_ledger(witness):
    """Twelve leaves under three checkpoints, each cosigned. Nobody has attacked yet."""
    for count in (4, 4, 3):
        EntryFactory.create_batch(count)
        services.seal_now()
        assert [one.code for one in services.ask_witnesses()] == ["COSIGNED"]
    assert services.verify().failures == []


def forge(index=VICTIM, *, sizes=(5, 9, 12)):
    """Another past: tree, head, tiles, checkpoints with the stolen key, and the anchor."""
    with attacks.unguarded():
        bend_leaf(index)
        attacks.rebuild_tree()
        resign_everything(sizes)
    anchor_the_newest()


def forget_cosignatures(*, above=0):
    with attacks.unguarded():
        attacks.execute("DELETE FROM ledger_cosignature WHERE checkpoint_id > %s", above)


def anchor_the_newest():
    newest = Checkpoint.objects.order_by("-size").first()
    anchor.write(anchor.Anchored(newest.size, bytes(newest.root), bytes(newest.note)))


def refusal():
    """The witness is asked; what it refused is kept and signing has stopped."""
    assert [one.code for one in services.ask_witnesses()] == ["REFUSED"]
    assert Head.objects.get().stopped_by == "X1"
    assert services.readiness() == ("ledger", False, "signing stopped")
    EntryFactory()
    with pytest.raises(services.SigningStopped):
        services.seal_now()
    return WitnessRefusal.objects.get()


def head_of(note):
    text, _ = notes.open_note(bytes(note), [services.verifier()])
    return notes.parse_tree_head(text)


def test_row_4_a_forged_past_no_longer_carries_the_cosignatures_that_are_kept(witness):
    forge()
    assert fired() == ["X1"]


def test_row_4_without_the_cosignatures_the_forgery_is_clean_and_says_that_nobody_saw_it():
    forge()
    forget_cosignatures()
    report = services.verify()
    assert report.checks == []
    assert [one.last for one in report.witnesses] == [None]


def test_row_5_sealing_on_after_a_forgery_is_refused_by_the_witness_and_the_note_is_kept(witness):
    forge()
    forget_cosignatures()
    EntryFactory()
    services.seal_now()  # the anchor was forged too
    kept = refusal()
    assert (kept.status, kept.old_size, kept.vkey) == (422, 12, witness.vkey)
    assert head_of(kept.note).size == 13


def test_row_6b_a_tail_cut_off_with_its_traces_is_missed_by_the_witness(witness):
    with attacks.unguarded():
        cut_back(9)
        attacks.rebuild_tree()
        attacks.execute("DELETE FROM ledger_cosignature WHERE checkpoint_id > 9")
    anchor_the_newest()
    assert fired() == []
    # The witness is asked again as soon as the head is one that it has not cosigned, as far as we know.
    forget_cosignatures()
    kept = refusal()
    assert (kept.status, kept.known_size, head_of(kept.note).size) == (409, 12, 9)


def test_row_7_a_restored_backup_that_grew_past_its_old_size_is_refused(witness):
    with attacks.unguarded():
        cut_back(9)
        attacks.rebuild_tree()
        attacks.execute("DELETE FROM ledger_cosignature WHERE checkpoint_id > 9")
    anchor_the_newest()
    EntryFactory.create_batch(6)
    services.seal_now()
    kept = refusal()
    assert (kept.status, kept.old_size, head_of(kept.note).size) == (422, 12, 15)


def test_row_13_two_trees_of_one_size_are_a_proof_that_anybody_can_check(witness):
    before = bytes(Checkpoint.objects.get(size=12).note)
    forge()
    forget_cosignatures()
    assert fired() == []
    kept = refusal()
    assert (kept.status, kept.known_size) == (409, 12)
    first, second = head_of(before), head_of(kept.note)
    assert (first.origin, first.size) == (second.origin, second.size)
    assert first.root != second.root


def test_check_x2_a_receipt_that_somebody_kept_shows_the_fork():
    receipt = services.receipt_for(Entry.objects.get(leaf__index=2))
    later = services.receipt_for(Entry.objects.get(leaf__index=11))
    assert services.verify(old_receipts=[receipt, later]).failures == []
    forge(1)
    forget_cosignatures()
    assert services.verify().checks == []
    report = services.verify(old_receipts=[receipt, later])
    assert [(failure.check, failure.index) for failure in report.failures] == [("X2", 5), ("X2", 12)]


def test_check_x2_a_receipt_over_leaves_that_are_gone_shows_the_rollback():
    receipt = services.receipt_for(Entry.objects.get(leaf__index=11))
    with attacks.unguarded():
        cut_back(9)
        attacks.rebuild_tree()
    anchor_the_newest()
    forget_cosignatures()
    assert services.verify().checks == []
    assert services.verify(old_receipts=[receipt]).checks == ["X2"]


def test_row_18_what_waits_for_longer_than_a_minute_raises_the_alarm():
    entry = EntryFactory()
    assert services.readiness() == ("ledger", True, "sealed")
    with time_machine.travel(clock.now() + timedelta(seconds=61), tick=False):
        assert services.readiness() == ("ledger", False, "sealing is late")
    assert not Entry.objects.get(pk=entry.pk).is_sealed
    with pytest.raises(services.NotSealed):
        services.receipt_for(entry)
    services.seal_now()
    with time_machine.travel(clock.now() + timedelta(seconds=61), tick=False):
        assert services.readiness() == ("ledger", True, "sealed")


def test_cosignatures_of_an_honest_log_hold_for_every_checkpoint(witness):
    assert list(Cosignature.objects.order_by("checkpoint").values_list("checkpoint", flat=True)) == [5, 9, 12]
    with attacks.unguarded():
        attacks.execute("UPDATE ledger_cosignature SET value = %s WHERE checkpoint_id = 9", b"\x01" * 72)
    assert fired() == ["X1"]
