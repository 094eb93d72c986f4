"""Sealing and signing: order, gaps, rollback, the anchor, and who may seal at the same time."""

import json
import threading
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
import time_machine
from django.db import connection, transaction

from portal.kernel.core import clock, ports
from portal.kernel.core.errors import Refused
from portal.kernel.ledger import notes, services, tree
from portal.kernel.ledger.choices import EntryKind
from portal.kernel.ledger.errors import AnchorUnusable, NotSealed, SigningStopped
from portal.kernel.ledger.models import Checkpoint, Entry, Head, Leaf, Pending
from portal.kernel.ledger.services import anchor, checkpoints, sealer
from tests.campaigns.counts import conclude
from tests.ledger import attacks
from tests.ledger.factories import EntryFactory, consent_payload

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def leaves():
    return [bytes(leaf) for leaf in Leaf.objects.order_by("pk").values_list("entry__leaf_hash", flat=True)]


def root_of(hashes):
    frontier = tree.Frontier()
    frontier.extend(hashes)
    return frontier.root()


def test_the_first_seal_begins_with_the_genesis_entry_that_names_log_and_key():
    EntryFactory()
    checkpoint = services.seal_now()
    first = Leaf.objects.get(pk=0).entry
    assert first.kind == EntryKind.GENESIS
    said = services.payload_of(first)
    assert said["origin"] == services.verifier().name
    assert said["vkeys"] == [{"vkey": services.verifier().vkey, "first_size": 0}]
    assert checkpoint.size == 2


def test_a_checkpoint_signs_the_root_of_all_leaves_in_order():
    entries = EntryFactory.create_batch(300)
    checkpoint = services.seal_now()
    assert list(Leaf.objects.order_by("pk").values_list("entry_id", flat=True))[1:] == [e.pk for e in entries]
    text, _ = notes.open_note(bytes(checkpoint.note), [services.verifier()])
    assert notes.parse_tree_head(text) == notes.TreeHead(services.verifier().name, 301, root_of(leaves()))
    assert not Pending.objects.exists()


def test_an_entry_knows_its_index_once_sealed():
    entry = EntryFactory()
    services.seal_now(entry=entry)
    assert Entry.objects.get(pk=entry.pk).index == 1


def test_sealing_with_nothing_waiting_signs_nothing_new():
    EntryFactory()
    first = services.seal_now()
    assert services.seal_now() == first
    assert Checkpoint.objects.count() == 1


def test_a_backlog_is_sealed_in_turns_without_a_gap(monkeypatch):
    monkeypatch.setattr(sealer, "BATCH", 7)
    EntryFactory.create_batch(30)
    checkpoint = services.seal_now(wait=10)
    assert checkpoint.size == 31
    assert list(Leaf.objects.order_by("pk").values_list("pk", flat=True)) == list(range(31))
    assert bytes(checkpoint.root) == root_of(leaves())


@pytest.mark.django_db(transaction=True)
def test_an_entry_that_commits_late_is_not_lost():
    """Numbers commit out of order: an entry with a lower number may appear after a higher one was sealed."""
    with transaction.atomic():
        late = services.append(kind="consent", payload=consent_payload(), subject_ref=None, recorded_at=clock.now())
        Pending.objects.filter(pk=late.pk).delete()
    EntryFactory()
    services.seal_now()
    Pending.objects.create(entry=late)
    services.seal_now(entry=late)
    assert Entry.objects.get(pk=late.pk).index == 2


@pytest.mark.django_db(transaction=True)
def test_sealing_inside_a_transaction_is_refused_because_a_signature_cannot_be_rolled_back():
    with pytest.raises(RuntimeError), transaction.atomic():
        services.seal_now()
    assert not Checkpoint.objects.exists()
    assert anchor.read() is None


@pytest.mark.django_db(transaction=True)
def test_many_writers_and_sealers_leave_no_gap_and_no_fork():
    errors = []

    def work():
        try:
            for _ in range(5):
                services.seal_now(wait=30, entry=EntryFactory())
        except Exception as error:  # noqa: BLE001
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    leaves = set(Leaf.objects.values_list("pk", flat=True))
    assert leaves == set(range(21))
    conclude("Four writers that seal at once", attempts=20, refused=0, acknowledged=20, lost=set(range(21)) - leaves)
    assert services.verify().failures == []


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer: nobody can seal meanwhile")
@pytest.mark.django_db(transaction=True)
def test_of_two_sealers_at_once_one_seals_and_the_other_is_told_that(monkeypatch):
    EntryFactory()
    others: list[int | None] = []

    def another() -> None:
        try:
            others.append(sealer.seal_batch())
        finally:
            connection.close()

    def grown(*given, whole=sealer._grow):
        beside = threading.Thread(target=another)
        monkeypatch.setattr(sealer, "_grow", whole)
        beside.start()
        beside.join(timeout=5)
        whole(*given)

    monkeypatch.setattr(sealer, "_grow", grown)
    assert (sealer.seal_batch(), others) == (2, [None])
    assert sealer.seal_batch() == 0


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer: nobody can sign meanwhile")
@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_stays_open_for_minutes_is_no_alarm_and_back_dating_beside_it_is():
    written, may_commit = threading.Event(), threading.Event()

    def work():
        try:
            with transaction.atomic():
                services.append(kind="consent", payload=consent_payload(), subject_ref=None, recorded_at=clock.now())
                written.set()
                may_commit.wait(30)
        finally:
            connection.close()

    slow = threading.Thread(target=work)
    slow.start()
    assert written.wait(30)
    begun = clock.now()
    with time_machine.travel(begun + timedelta(minutes=20)):
        EntryFactory()
        services.seal_now()
        may_commit.set()
        slow.join()
        assert services.seal_now().size == 3
        assert services.verify().failures == []
        EntryFactory(recorded_at=begun - timedelta(minutes=10))
        services.seal_now()
        assert [(failure.check, failure.index) for failure in services.verify().failures] == [("V8", 3)]


def test_a_queue_that_waited_for_an_hour_and_takes_many_turns_is_no_alarm(monkeypatch):
    monkeypatch.setattr(sealer, "BATCH", 5)
    EntryFactory.create_batch(3)
    services.seal_now()
    outage = clock.now() + timedelta(minutes=1)
    for minute in range(12):
        EntryFactory(recorded_at=outage + timedelta(minutes=minute))
    with time_machine.travel(outage + timedelta(hours=1)):
        sizes = [services.seal_now(wait=0).size for _ in range(3)]
        assert sizes == [9, 14, 16]
        assert services.verify().failures == []
        EntryFactory(recorded_at=outage)
        services.seal_now()
        assert services.verify().checks == ["V8"]


def test_a_first_queue_that_waited_for_an_hour_and_takes_many_turns_is_no_alarm(monkeypatch):
    monkeypatch.setattr(sealer, "BATCH", 5)
    EntryFactory.create_batch(12, recorded_at=clock.now() - timedelta(hours=1))
    assert [services.seal_now(wait=0).size for _ in range(3)] == [6, 11, 13]
    assert services.verify().failures == []


def test_a_checkpoint_from_before_the_column_counts_by_the_time_of_its_signature():
    EntryFactory()
    services.seal_now()
    with attacks.unguarded():
        attacks.execute("UPDATE ledger_checkpoint SET complete_to = NULL")
    EntryFactory(recorded_at=clock.now() - timedelta(minutes=6))
    services.seal_now()
    assert services.verify().checks == ["V8"]


def test_an_entry_nobody_has_sealed_yet_is_not_called_recorded(monkeypatch):
    entry = EntryFactory()
    monkeypatch.setattr(sealer, "seal_batch", lambda **kwargs: None)
    with pytest.raises(NotSealed, match="kept"):
        services.seal_now(wait=0.05, entry=entry)
    with pytest.raises(NotSealed):
        services.receipt_for(entry)


def test_the_anchor_follows_each_checkpoint():
    EntryFactory()
    checkpoint = services.seal_now()
    known = anchor.read()
    assert (known.size, known.root, known.note) == (2, bytes(checkpoint.root), bytes(checkpoint.note))


def test_a_missing_anchor_stops_signing_once_checkpoints_exist(anchor_of_its_own):
    EntryFactory()
    services.seal_now()
    anchor_of_its_own.unlink()
    EntryFactory()
    with pytest.raises(AnchorUnusable, match="LEDGER_ANCHOR"):
        services.seal_now()
    assert Checkpoint.objects.count() == 1


@pytest.mark.parametrize("text", ["", "{", "[]", '{"size": "x"}', '{"size": 1, "root": "AA==", "note": 3}'])
def test_a_damaged_anchor_is_refused(anchor_of_its_own, text):
    anchor_of_its_own.parent.mkdir(parents=True)
    anchor_of_its_own.write_text(text)
    EntryFactory()
    with pytest.raises(AnchorUnusable):
        services.seal_now()
    assert not Checkpoint.objects.exists()


def test_an_anchor_that_cannot_be_written_leaves_no_checkpoint(monkeypatch, tmp_path):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a directory should be")
    monkeypatch.setattr("django.conf.settings.LEDGER_ANCHOR", blocked / "checkpoint.json")
    EntryFactory()
    with pytest.raises(AnchorUnusable):
        services.seal_now()
    assert not Checkpoint.objects.exists()


def raise_anchor(path, **changes):
    kept = json.loads(path.read_text())
    path.write_text(json.dumps({**kept, **changes}))


def test_an_anchor_ahead_of_the_tree_means_a_rollback_and_stops_signing(anchor_of_its_own):
    EntryFactory()
    services.seal_now()
    raise_anchor(anchor_of_its_own, size=9)
    EntryFactory()
    with pytest.raises(SigningStopped, match="6 leaves ahead"):
        services.seal_now()
    assert Head.objects.get().stopped_by == "X1"
    assert services.readiness() == ("ledger", False, "signing stopped")


def test_a_tree_that_does_not_continue_the_anchor_means_a_fork_and_stops_signing(anchor_of_its_own):
    EntryFactory()
    services.seal_now()
    raise_anchor(anchor_of_its_own, root=notes.to_base64(b"\x01" * 32))
    EntryFactory()
    with pytest.raises(SigningStopped, match="forked"):
        services.seal_now()
    with pytest.raises(SigningStopped, match="X1"):
        services.seal_now()
    assert Checkpoint.objects.count() == 1


def test_signing_resumes_only_after_every_check_has_passed(anchor_of_its_own):
    EntryFactory()
    services.seal_now()
    kept = anchor_of_its_own.read_text()
    raise_anchor(anchor_of_its_own, size=9)
    EntryFactory()
    with pytest.raises(SigningStopped):
        services.seal_now()
    with pytest.raises(Refused, match="X1"):
        services.resume_signing_after_check()
    anchor_of_its_own.write_text(kept)
    services.resume_signing_after_check()
    assert services.seal_now().size == Leaf.objects.count() > 2


def test_every_listener_hears_of_a_stop_once(anchor_of_its_own, monkeypatch):
    heard = []
    monkeypatch.setattr(ports, "ledger_stopped", [lambda **what: heard.append(what)])
    EntryFactory()
    services.seal_now()
    raise_anchor(anchor_of_its_own, size=9)
    for _ in range(2):
        with pytest.raises(SigningStopped):
            services.seal_now()
    assert heard == [{"check": "X1", "index": 2}]


def test_readiness_tells_of_an_entry_that_waits_too_long():
    EntryFactory(recorded_at=clock.now() - timedelta(seconds=30))
    assert services.readiness() == ("ledger", True, "sealed")
    services.seal_now()
    EntryFactory(recorded_at=clock.now() - timedelta(seconds=90))
    assert services.readiness() == ("ledger", False, "sealing is late")


@pytest.mark.parametrize("key", ["", "ab" * 31, "zz" * 32])
def test_a_wrong_signing_key_is_refused_without_repeating_it(settings, key):
    settings.LEDGER_KEY = key
    with pytest.raises(Refused, match="LEDGER_KEY") as caught:
        services.signer()
    assert not key or key not in str(caught.value)


def test_a_wrong_origin_is_refused(settings):
    settings.LEDGER_ORIGIN = "has a space+plus"
    with pytest.raises(Refused, match="LEDGER_ORIGIN"):
        services.signer()


def test_a_backlog_that_one_turn_cannot_seal_is_signed_as_far_as_it_is_sealed(monkeypatch):
    monkeypatch.setattr(sealer, "BATCH", 5)
    EntryFactory.create_batch(12)
    assert services.seal_now(wait=0).size == 6
    assert Pending.objects.count() == 7


def test_who_does_not_wait_has_one_turn_however_coarse_the_clock_of_the_machine_is(monkeypatch):
    monkeypatch.setattr(sealer, "time", SimpleNamespace(monotonic=lambda: 7.0, sleep=time.sleep))
    monkeypatch.setattr(sealer, "BATCH", 5)
    EntryFactory.create_batch(12)
    assert services.seal_now(wait=0).size == 6


@pytest.mark.parametrize("entries", [0, 1])
def test_an_idle_turn_opens_no_transaction(entries, django_assert_num_queries):
    EntryFactory.create_batch(entries)
    checkpoint = services.seal_now()
    with django_assert_num_queries(4) as queries:
        assert services.seal_now() == checkpoint
    assert [query["sql"][:6] for query in queries] == ["SELECT"] * 4


def test_an_idle_turn_still_sees_that_the_anchor_disagrees(anchor_of_its_own):
    EntryFactory()
    services.seal_now()
    raise_anchor(anchor_of_its_own, root=notes.to_base64(b"\x01" * 32))
    with pytest.raises(SigningStopped):
        services.seal_now()


def test_a_seal_is_dated_by_the_time_that_it_was_given():
    EntryFactory()
    at = clock.now() + timedelta(hours=5)
    checkpoint = services.seal_now(now=at)
    assert Leaf.objects.get(pk=0).entry.recorded_at == at
    assert (checkpoint.signed_at, checkpoint.complete_to) == (at, at)


def test_a_seal_says_since_when_nothing_can_be_missing():
    before = clock.now()
    EntryFactory()
    complete_to = services.seal_now().complete_to
    assert complete_to is not None
    assert before - timedelta(seconds=1) < complete_to <= clock.now() + timedelta(seconds=1)


@pytest.mark.parametrize(("waited", "is_late"), [(MINUTE, False), (MINUTE + clock.TICK, True)])
def test_an_entry_that_waited_exactly_as_long_as_it_may_is_not_late(waited, is_late):
    entry = EntryFactory()
    with time_machine.travel(entry.recorded_at + waited, tick=False):
        assert services.readiness() == ("ledger", not is_late, "sealing is late" if is_late else "sealed")


def test_a_checkpoint_whose_root_was_changed_at_the_present_size_is_not_given_out_again():
    EntryFactory()
    services.seal_now()
    with attacks.unguarded():
        Checkpoint.objects.update(root=b"\x01" * 32)
    with pytest.raises(SigningStopped):
        services.seal_now()


@pytest.mark.django_db(transaction=True)
def test_signing_alone_inside_a_transaction_is_refused_too():
    EntryFactory()
    assert sealer.seal_batch() == 2
    with pytest.raises(RuntimeError), transaction.atomic():
        checkpoints.sign()
    assert not Checkpoint.objects.exists()
