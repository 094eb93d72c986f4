"""The ledger in public: every tile, entry and head as C2SP tlog-tiles says, and nothing about anybody."""

import struct
from hashlib import sha256

import pytest
from django.urls import reverse

from portal.kernel.core import clock
from portal.kernel.ledger import commitment, notes, services
from portal.kernel.ledger.models import Checkpoint, Entry, Leaf, Payload
from tests.ledger import reference_tree
from tests.ledger.attacks import stored_leaves
from tests.ledger.factories import EntryFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ledger_alone")]

FOREVER = "public, max-age=31536000, immutable"
#: Asked for where 600 leaves are signed.
NOT_THERE = (
    "tile/0/002",  # not full
    "tile/0/002.p/89",  # beyond the head
    "tile/0/003.p/1",
    "tile/2/000.p/1",  # an empty level
    "tile/63/000",
    "tile/64/000",
    "tile/00/000",
    "tile/0/0",
    "tile/0/0000",
    "tile/0/x000/000",  # another way to write 000
    "tile/0/000/",
    "tile/0/000.p/0",
    "tile/0/000.p/08",
    "tile/0/000.p/256",
    "tile/0/٠٠٠",
    "tile/-1/000",
    "tile/data/000",
    "tile/entries/002",
    "tile/entries/002.p/89",
    "tile/0/x999/x999/x999/x999/x999/999",
    "checkpoint/",
)


def get(client, path, status=200):
    answer = client.get(f"/ledger/{path}")
    assert answer.status_code == status, (path, answer.status_code)
    return answer


def split(data, width=32):
    return [data[at : at + width] for at in range(0, len(data), width)]


def read_bundle(data):
    """Entries, each behind its length in two bytes."""
    found, at = [], 0
    while at < len(data):
        (length,) = struct.unpack_from(">H", data, at)
        found.append(data[at + 2 : at + 2 + length])
        at += 2 + length
    return found


@pytest.fixture
def sealed():
    """600 leaves under two heads."""
    EntryFactory.create_batch(300)
    services.seal_now(wait=10)
    EntryFactory.create_batch(299)
    services.seal_now(wait=10)
    return stored_leaves()


def test_before_the_first_head_there_is_nothing(client):
    for path in ("checkpoint", "tile/0/000.p/1", "tile/entries/000.p/1"):
        answer = get(client, path, 404)
        assert answer["Content-Type"] == "text/plain; charset=utf-8"
        assert answer["Cache-Control"] == "no-store"


def test_the_head_is_the_newest_note_and_is_kept_for_a_moment_only(client, sealed):
    answer = get(client, "checkpoint")
    assert answer.content == bytes(Checkpoint.objects.get(size=600).note)
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Cache-Control"] == "public, max-age=5"
    text, _ = notes.open_note(answer.content, [services.verifier()])
    assert notes.parse_tree_head(text).root == reference_tree.mth(sealed)


def test_tiles_hold_the_hashes_of_the_tree_and_are_kept_for_ever(client, sealed):
    answer = get(client, "tile/0/000")
    assert split(answer.content) == sealed[:256]
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Cache-Control"] == FOREVER
    assert split(get(client, "tile/0/001").content) == sealed[256:512]
    assert split(get(client, "tile/0/002.p/88").content) == sealed[512:]
    whole = [reference_tree.mth(sealed[:256]), reference_tree.mth(sealed[256:512])]
    assert split(get(client, "tile/1/000.p/2").content) == whole


def test_a_part_of_a_tile_is_there_for_every_head_that_was_signed(client, sealed):
    assert split(get(client, "tile/0/001.p/45").content) == sealed[256:301]
    assert split(get(client, "tile/1/000.p/1").content) == [reference_tree.mth(sealed[:256])]


def test_entries_hash_to_the_tile_of_level_0(client, sealed):
    answer = get(client, "tile/entries/000")
    assert answer["Cache-Control"] == FOREVER
    found = read_bundle(answer.content) + read_bundle(get(client, "tile/entries/001").content)
    found += read_bundle(get(client, "tile/entries/002.p/88").content)
    assert [sha256(b"\x00" + entry).digest() for entry in found] == sealed
    assert {len(entry) for entry in found} == {33}
    kept = Payload.objects.get(entry__leaf__index=7)
    assert found[7] == commitment.entry(commitment.commitment(bytes(kept.salt), bytes(kept.body)))


def test_what_the_signed_tree_does_not_have_is_not_found_and_not_kept(client, sealed):
    for path in NOT_THERE:
        assert get(client, path, 404)["Cache-Control"] == "no-store", path


def test_a_large_number_is_written_in_groups_of_three():
    assert reverse("ledger-tile", args=[0, 1234067]) == "/ledger/tile/0/x001/x234/067"
    assert reverse("ledger-tile-part", args=[1, 999, 4]) == "/ledger/tile/1/999.p/4"


def test_what_is_sealed_and_not_signed_yet_is_not_shown(client, sealed):
    EntryFactory.create_batch(3)
    services.seal_batch()
    get(client, "tile/0/002.p/91", 404)
    get(client, "tile/entries/002.p/91", 404)
    services.sign()
    get(client, "tile/0/002.p/91")
    get(client, "tile/entries/002.p/91")


def test_an_erased_record_keeps_its_opaque_entry(client, sealed):
    before = get(client, "tile/entries/000").content
    services.redact([Entry.objects.get(leaf__index=7)], basis="retention.consent", requested_at=clock.now())
    assert get(client, "tile/entries/000").content == before


def test_a_bundle_with_an_entry_that_can_no_longer_be_told_is_not_there(client, sealed):
    from tests.ledger import attacks

    with attacks.unguarded():
        attacks.execute("UPDATE ledger_entry SET commitment = NULL")
    get(client, "tile/entries/000")  # from salt and content
    services.redact([Entry.objects.get(leaf__index=7)], basis="retention.consent", requested_at=clock.now())
    get(client, "tile/entries/000", 404)
    get(client, "tile/entries/001")


def test_nothing_of_a_record_stands_in_public(client, sealed):
    entry = EntryFactory()
    services.seal_now()
    index = Leaf.objects.get(entry=entry).pk
    bundle = get(client, f"tile/entries/002.p/{index % 256 + 1}").content
    for told in (str(entry.subject_ref), entry.subject_ref.bytes.hex(), str(entry.event_id), "marketing"):
        assert told.encode() not in bundle


def test_every_answer_is_the_same_for_everybody_and_costs_two_queries(client, sealed, django_assert_num_queries):
    with django_assert_num_queries(2):
        answer = get(client, "tile/0/000")
    assert not answer.cookies
    assert not answer.has_header("Vary")
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    with django_assert_num_queries(2):
        get(client, "tile/entries/000")
    assert client.head("/ledger/checkpoint").status_code == 200
    assert client.post("/ledger/checkpoint").status_code == 405
