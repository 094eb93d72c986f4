"""Copies of the anchor, on a disk and on another host: renewed, compared, and heard when they disagree."""

import json

import pytest

from portal.kernel.ledger import notes, services
from portal.kernel.ledger.models import Head
from portal.kernel.ledger.services import anchor, copies
from portal.kernel.ledger.tasks import renew_copies
from tests.ledger import attacks
from tests.ledger.factories import EntryFactory
from tests.servers import store as store_server

pytestmark = pytest.mark.django_db


def grow(count=3):
    EntryFactory.create_batch(count)
    return services.seal_now()


@pytest.fixture
def store(settings):
    with store_server.running(store_server.Store(token="s3cret")) as server:
        settings.LEDGER_ANCHOR_COPIES = [f"http://{server.host}/anchor.json"]
        settings.LEDGER_ANCHOR_TOKEN = "s3cret"
        settings.OUTGOING_PRIVATE_HOSTS = [server.host]
        yield server


@pytest.fixture
def disk(settings, tmp_path):
    path = tmp_path / "elsewhere" / "checkpoint.json"
    settings.LEDGER_ANCHOR_COPIES = [str(path)]
    return path


def codes():
    return [(one.code, one.size) for one in services.renew_copies()]


def size_of(store):
    return json.loads(store.objects["/anchor.json"])["size"]


def test_a_copy_on_another_host_is_made_and_follows(store):
    assert codes() == []
    grow()
    assert codes() == [("KEPT", 4)]
    assert size_of(store) == 4
    grow()
    assert codes() == [("KEPT", 7)]
    assert codes() == [("KEPT", 7)]
    methods = [(method, bool(match), none) for method, match, none in store.seen]
    assert methods == [
        ("GET", False, ""),
        ("PUT", False, "*"),
        ("GET", False, ""),
        ("PUT", True, ""),
        ("GET", False, ""),
    ]


def test_a_copy_on_another_disk_is_an_anchor_that_verify_takes(disk):
    grow()
    renew_copies()
    assert anchor.read(disk) == anchor.read()
    assert services.verify(anchor_path=disk).failures == []


def test_a_slow_process_moves_no_copy_back(disk):
    grow()
    renew_copies()
    old = anchor.read(disk)
    grow()
    renew_copies()
    copies._write(str(disk), old, "", is_new=False)
    assert anchor.read(disk) == anchor.read()


def test_a_forgery_with_key_database_and_anchor_contradicts_the_copy(store):
    grow()
    codes()
    with attacks.without_foreign_keys(), attacks.unguarded():
        attacks.execute(
            "UPDATE ledger_entry SET leaf_hash = %s WHERE id = (SELECT max(id) FROM ledger_entry)", b"\1" * 32
        )
        frontier = attacks.rebuild_tree()
        attacks.execute("DELETE FROM ledger_checkpoint")
        note = attacks.sign_as_the_log(4, frontier.root())
    anchor.write(anchor.Anchored(4, frontier.root(), note))
    assert codes() == [("DISAGREES", 4)]
    assert Head.objects.get().stopped_by == "X1"
    assert size_of(store) == 4
    assert codes() == []


def test_a_database_that_was_rolled_back_contradicts_the_copy(store):
    grow()
    grow()
    codes()
    with attacks.without_foreign_keys(), attacks.unguarded():
        attacks.execute("DELETE FROM ledger_leaf WHERE idx >= 4")
        attacks.execute("DELETE FROM ledger_checkpoint WHERE size > 4")
        attacks.rebuild_tree()
    assert codes() == [("DISAGREES", 7)]
    assert Head.objects.get().stopped_by == "X1"


@pytest.mark.parametrize(
    ("statuses", "code"), [([500], "HTTP_500"), ([403], "HTTP_403"), ([404, 507], "HTTP_507"), ([302], "HTTP_302")]
)
def test_a_store_that_is_out_of_order_changes_nothing(store, statuses, code):
    grow()
    store.statuses = statuses
    assert codes() == [(code, None)]
    assert not Head.objects.exclude(stopped_at=None).exists()
    assert codes() == [("KEPT", 4)]


def test_another_machine_that_was_quicker_is_no_fault(store):
    grow()
    codes()
    grow()
    store.statuses = []
    kept = store.put
    store.put = lambda *given: 412
    assert codes() == [("KEPT", 7)]
    assert size_of(store) == 4
    store.put = kept
    assert codes() == [("KEPT", 7)]
    assert size_of(store) == 7


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"size": 1, "root": "AA==", "note": "x"}'])
def test_what_is_no_copy_of_ours_is_named_and_stops_nothing(store, data):
    grow()
    store.objects["/anchor.json"] = data
    assert codes()[0][0] in {"ANCHOR", "NOT_OURS"}
    assert not Head.objects.exclude(stopped_at=None).exists()


def test_a_copy_that_somebody_else_signed_proves_nothing(store):
    grow()
    stranger = notes.Signer(services.verifier().name, b"\x09" * 32)
    note = notes.sign_note(notes.TreeHead(stranger.name, 900, b"\1" * 32).text, [stranger])
    store.objects["/anchor.json"] = json.dumps(anchor.body_of(anchor.Anchored(900, b"\1" * 32, note))).encode()
    assert codes() == [("NOT_OURS", None)]
    assert not Head.objects.exclude(stopped_at=None).exists()


def test_a_wrong_token_or_a_host_that_is_not_ours_is_named(store, settings):
    grow()
    settings.LEDGER_ANCHOR_TOKEN = "wrong"
    assert codes() == [("HTTP_401", None)]
    settings.OUTGOING_PRIVATE_HOSTS = []
    assert codes() == [("NOT_HTTPS", None)]


@pytest.mark.parametrize(("size", "code"), [(5, "NOT_OURS"), (-1, "ANCHOR")])
def test_a_copy_whose_size_was_edited_is_named_and_stops_nothing(disk, size, code):
    grow()
    renew_copies()
    disk.write_text(json.dumps({**json.loads(disk.read_text()), "size": size}))
    assert codes() == [(code, None)]
    assert not Head.objects.exclude(stopped_at=None).exists()
