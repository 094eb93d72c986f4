"""Another author's reading of the formats (``aics-tlog``) agrees with ours: heads, tiles, entries and proofs.

It needs Python 3.12: ``PYTHON=python3.13 ./run test tests/ledger/test_independent.py``.
"""

import pytest

from portal.kernel.ledger import notes, receipts, services
from portal.kernel.ledger.models import Checkpoint, Entry, Leaf
from portal.kernel.ledger.services import tiles
from tests.ledger.factories import EntryFactory
from tests.servers import witness as witness_server

theirs = pytest.importorskip("aics_tlog", reason="The other implementation needs Python 3.12")

pytestmark = pytest.mark.django_db

SIZES = (1, 2, 40, 255, 256, 257, 511, 600)


class Reader:
    """Their protocol for a reader of tiles, over our pages."""

    def __init__(self, client):
        self.client = client

    def _get(self, path):
        answer = self.client.get(f"/ledger/{path}")
        return answer.content if answer.status_code == 200 else None

    def read_tile(self, level, index, width):
        return self._get(theirs.tiles.tile_path(level, index, width))

    def read_entry_bundle(self, index, width):
        return self._get(theirs.tiles.entry_bundle_path(index, width))


@pytest.fixture
def sealed():
    """A head at each of the sizes; the genesis entry is the first leaf."""
    size = 0
    for wanted in SIZES:
        EntryFactory.create_batch(wanted - max(size, 1))
        services.seal_now(wait=10)
        size = wanted
    assert sorted(Checkpoint.objects.values_list("size", flat=True)) == list(SIZES)


def signed(note):
    """What their reading says of a note that our key signed."""
    found = theirs.verify_checkpoint(theirs.parse_note(note), theirs.parse_vkey(services.verifier().vkey))
    assert found.ok, found.error
    return found


@pytest.fixture
def head(client, sealed):
    note = client.get("/ledger/checkpoint").content
    return signed(note)


def test_the_whole_log_holds_in_their_audit(client, head):
    report = theirs.audit_tiles(Reader(client), head.size, head.root)
    assert (report.size, report.tiles, report.bundles) == (600, 4, 3)


def test_every_head_is_the_root_of_their_tree_over_our_entries(client, head):
    reader = theirs.VerifiedTileReader(Reader(client), head.size, head.root)
    tree = theirs.MerkleTree(reader.entry(index) for index in range(head.size))
    for kept in Checkpoint.objects.order_by("size"):
        found = signed(bytes(kept.note))
        assert (found.size, found.root) == (kept.size, tree.root(kept.size))


def test_proofs_are_the_same_and_hold(client, head):
    reader = Reader(client)
    for index in (0, 1, 38, 254, 255, 256, 511, 599):
        proof = theirs.inclusion_proof_from_tiles(reader, index, head.size)
        assert proof == tiles.nodes(index=index, size=head.size).inclusion(index, head.size)
    for old in SIZES:
        proof = theirs.consistency_proof_from_tiles(reader, old, head.size)
        assert proof == tiles.nodes(index=head.size - 1, size=head.size).consistency(old, head.size)
        assert theirs.verify_consistency(old, head.size, tiles.root_of(old), head.root, proof)


def test_a_receipt_is_a_leaf_of_their_tree(client, head):
    entry = Entry.objects.get(leaf__index=300)
    receipt = receipts.read_receipt(services.receipt_for(entry))
    found = signed(receipt.checkpoint)
    told = theirs.read_entry(Reader(client), 300, head.size)
    assert theirs.leaf_hash(told) == receipt.leaf == bytes(Leaf.objects.get(pk=300).entry.leaf_hash)
    assert theirs.verify_inclusion(receipt.leaf, 300, found.size, list(receipt.path), found.root)


def test_their_reading_refuses_what_ours_refuses(client, head):
    note = client.get("/ledger/checkpoint").content
    stranger = notes.Signer(services.verifier().name, b"\x07" * 32).verifier
    assert not theirs.verify_checkpoint(theirs.parse_note(note), theirs.parse_vkey(stranger.vkey)).ok
    with pytest.raises(theirs.TileVerificationError):
        theirs.audit_tiles(Reader(client), head.size, b"\x01" * 32)


def test_a_cosignature_counts_in_their_policy(client, sealed, settings):
    with witness_server.running(witness_server.Witness(services.verifier())) as witness:
        settings.WITNESSES = [witness.setting]
        settings.OUTGOING_PRIVATE_HOSTS = [witness.host]
        assert [one.code for one in services.ask_witnesses()] == ["COSIGNED"]
    policy = theirs.WitnessPolicy(1, (theirs.parse_vkey(witness.vkey),))
    note = theirs.parse_note(client.get("/ledger/checkpoint").content)
    found = theirs.verify_checkpoint(note, theirs.parse_vkey(services.verifier().vkey), policy=policy)
    assert (found.ok, found.size, found.witnesses) == (True, 600, [witness.name])
