"""The tile tree against the recursive definition of RFC 6962, and every proof against its forgeries."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.fronts.evidence import proofs
from portal.kernel.ledger import program, tree
from tests.ledger import reference_tree

# The eight entries and the roots of their prefixes that the reference tests of Certificate Transparency use.
CT_ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


class Store:
    """Tiles kept as a sealer keeps them: a shorter tile never replaces a longer one."""

    def __init__(self):
        self.tiles = {}
        self.reads = 0

    def read(self, level, n):
        self.reads += 1
        return self.tiles[level, n]

    def write(self, tiles):
        for key, tile in tiles.items():
            assert len(tile) >= len(self.tiles.get(key, b""))
            self.tiles[key] = tile


def grown(size, batch=64):
    """A store and its frontier grown in batches, loaded afresh each time as the sealer does."""
    store = Store()
    for start in range(0, size, batch):
        frontier = tree.Frontier.load(start, store.read)
        frontier.extend(reference_tree.leaf(i) for i in range(start, min(start + batch, size)))
        store.write(frontier.take_tiles())
    return store


@pytest.fixture(scope="module")
def leaves():
    return [reference_tree.leaf(i) for i in range(700)]


@pytest.fixture(scope="module")
def store():
    return grown(700)


def test_the_published_certificate_transparency_roots_are_ours():
    frontier = tree.Frontier()
    for entry, root in zip(CT_ENTRIES, CT_ROOTS, strict=True):
        frontier.append(tree.hash_leaf(entry))
        assert frontier.root().hex() == root
    assert tree.EMPTY_ROOT == sha256(b"").digest() == tree.Frontier().root()


def test_every_root_up_to_300_leaves_is_that_of_the_definition(leaves, store):
    frontier = tree.Frontier()
    nodes = tree.Nodes(store.read)
    for size in range(301):
        assert frontier.root() == nodes.root(size) == reference_tree.mth(leaves[:size])
        frontier.append(leaves[size])


@given(size=st.integers(1, 700), data=st.data())
@settings(max_examples=80, deadline=None)
def test_an_inclusion_proof_is_that_of_the_definition_and_leads_to_the_root(leaves, store, size, data):
    index = data.draw(st.integers(0, size - 1))
    path = tree.Nodes(store.read).inclusion(index, size)
    assert path == reference_tree.path(index, leaves[:size])
    assert tree.root_from_inclusion(leaves[index], index=index, size=size, path=path) == reference_tree.mth(
        leaves[:size]
    )


@given(new=st.integers(1, 700), data=st.data())
@settings(max_examples=80, deadline=None)
def test_a_consistency_proof_is_that_of_the_definition_and_holds(leaves, store, new, data):
    old = data.draw(st.integers(1, new))
    path = tree.Nodes(store.read).consistency(old, new)
    assert path == reference_tree.proof(old, leaves[:new])
    tree.check_consistency(
        old=old,
        old_root=reference_tree.mth(leaves[:old]),
        new=new,
        new_root=reference_tree.mth(leaves[:new]),
        path=path,
    )


@given(cuts=st.lists(st.integers(1, 200), min_size=1, max_size=8))
@settings(max_examples=40, deadline=None)
def test_batches_of_any_size_make_the_same_tiles(cuts):
    total = sum(cuts)
    by_cuts, start = Store(), 0
    for cut in cuts:
        frontier = tree.Frontier.load(start, by_cuts.read)
        frontier.extend(reference_tree.leaf(i) for i in range(start, start + cut))
        by_cuts.write(frontier.take_tiles())
        start += cut
        assert frontier.root() == tree.Nodes(by_cuts.read).root(start)
    assert by_cuts.tiles == grown(total, batch=total).tiles


@pytest.mark.parametrize("size", [255, 256, 257, 65_535, 65_536, 65_537])
def test_tiles_close_exactly_at_their_width(size):
    frontier = tree.Frontier()
    frontier.extend(reference_tree.leaf(i) for i in range(size))
    store = Store()
    store.write(frontier.take_tiles())
    for level in range(3):
        count = size >> (8 * level)
        assert sum(len(tile) // 32 for key, tile in store.tiles.items() if key[0] == level) == count
    assert tree.Frontier.load(size, store.read).root() == frontier.root() == tree.Nodes(store.read).root(size)


def test_loading_the_edge_of_a_large_tree_reads_only_its_last_tiles():
    store = grown(70_000, batch=70_000)
    store.reads = 0
    tree.Frontier.load(70_000, store.read)
    assert store.reads <= 6


def forgeries(path):
    """Every way a path is commonly bent."""
    for at in range(len(path)):
        flipped = bytes([path[at][0] ^ 1]) + path[at][1:]
        yield [*path[:at], flipped, *path[at + 1 :]]
        yield [*path[:at], path[at][:31], *path[at + 1 :]]
        yield [*path[:at], *path[at + 1 :]]
        if at and path[at] != path[at - 1]:
            yield [*path[: at - 1], path[at], path[at - 1], *path[at + 1 :]]
    yield [*path, reference_tree.leaf(0)]
    yield [reference_tree.leaf(0), *path]


@given(size=st.integers(2, 300), data=st.data())
@settings(max_examples=60, deadline=None)
def test_no_bent_inclusion_proof_leads_to_the_root(leaves, store, size, data):
    index = data.draw(st.integers(0, size - 1))
    path = reference_tree.path(index, leaves[:size])
    root = reference_tree.mth(leaves[:size])
    claims = [(leaves[index], index, size, bent) for bent in forgeries(path)]
    claims += [(leaves[index], other, size, path) for other in (index - 1, index + 1, size, -1)]
    claims += [(root, index, size, path), (leaves[index][:31], index, size, path), (root, 0, 1, path)]
    for leaf, at, of, bent in claims:
        try:
            assert tree.root_from_inclusion(leaf, index=at, size=of, path=bent) != root
        except tree.ProofError:
            continue


@given(new=st.integers(2, 300), data=st.data())
@settings(max_examples=60, deadline=None)
def test_no_bent_consistency_proof_holds(leaves, store, new, data):
    old = data.draw(st.integers(1, new - 1))
    path = reference_tree.proof(old, leaves[:new])
    roots = {"old_root": reference_tree.mth(leaves[:old]), "new_root": reference_tree.mth(leaves[:new])}
    other = reference_tree.mth(leaves[1 : old + 1])
    claims = [{"old": old, "new": new, "path": bent, **roots} for bent in forgeries(path)]
    claims += [
        {"old": old, "new": new, "path": path, **roots, "old_root": other},
        {"old": old, "new": new, "path": path, **roots, "new_root": other},
        {"old": new, "new": old, "path": path, **roots},
        {"old": 0, "new": new, "path": path, **roots},
        {"old": new, "new": new, "path": path, **roots},
    ]
    for claim in claims:
        with pytest.raises(tree.ProofError):
            tree.check_consistency(**claim)


def test_an_empty_tree_begins_every_tree_and_a_tree_begins_itself(leaves):
    root = reference_tree.mth(leaves[:5])
    tree.check_consistency(old=0, old_root=tree.EMPTY_ROOT, new=5, new_root=root, path=[])
    tree.check_consistency(old=5, old_root=root, new=5, new_root=root, path=[])


def test_at_its_edges_a_consistency_proof_is_empty_and_binds_the_old_root(leaves):
    """An old size of 0, equal sizes and a power of two: what the docstring of ``check_consistency`` says of each."""
    root, other, step = reference_tree.mth(leaves[:5]), reference_tree.mth(leaves[:4]), reference_tree.mth(leaves[4:5])
    tree.check_consistency(old=0, old_root=tree.EMPTY_ROOT, new=0, new_root=tree.EMPTY_ROOT, path=[])
    # Of the new root an old size of 0 says nothing.
    tree.check_consistency(old=0, old_root=tree.EMPTY_ROOT, new=5, new_root=other, path=[])
    tree.check_consistency(old=4, old_root=other, new=5, new_root=root, path=[step])
    refused = [
        {"old": 0, "old_root": root, "new": 5, "new_root": root, "path": []},
        {"old": 0, "old_root": tree.EMPTY_ROOT, "new": 5, "new_root": root, "path": [step]},
        {"old": 0, "old_root": tree.EMPTY_ROOT, "new": 0, "new_root": root, "path": []},
        {"old": 5, "old_root": root, "new": 5, "new_root": other, "path": []},
        {"old": 5, "old_root": root, "new": 5, "new_root": root, "path": [step]},
        {"old": 4, "old_root": other, "new": 5, "new_root": root, "path": []},
        {"old": 4, "old_root": other, "new": 5, "new_root": root, "path": [other, step]},
        {"old": 5, "old_root": root, "new": 4, "new_root": other, "path": []},
        {"old": -1, "old_root": tree.EMPTY_ROOT, "new": 5, "new_root": root, "path": []},
    ]
    for claim in refused:
        with pytest.raises(tree.ProofError):
            tree.check_consistency(**claim)


def test_a_proof_beyond_the_tree_or_on_short_tiles_is_refused(store):
    nodes = tree.Nodes(store.read)
    with pytest.raises(tree.ProofError):
        nodes.inclusion(5, 5)
    with pytest.raises(tree.ProofError):
        nodes.consistency(6, 5)
    short = dict(store.tiles)
    short[0, 1] = short[0, 1][:64]
    with pytest.raises(tree.ProofError):
        tree.Nodes(lambda level, n: short[level, n]).root(400)
    with pytest.raises(tree.ProofError):
        tree.Frontier.load(300, lambda level, n: short[level, n])


@given(size=st.integers(1, 700), data=st.data())
@settings(max_examples=60)
def test_any_leaves_of_a_tree_are_proved_by_the_nodes_outside_them(size, data):
    """As ``verify.py`` walks it; with one hash changed, left out or too many it leads elsewhere or nowhere."""
    space = {"__name__": "verify"}
    exec(program.source(), space)
    kept = sorted(data.draw(st.sets(st.integers(0, size - 1), min_size=1, max_size=40)))
    store = grown(size)
    ranges = proofs.joined((index, index + 1) for index in kept)
    hashes = tree.Nodes(store.read).outside(ranges, size)
    leaves, root = {index: reference_tree.leaf(index) for index in kept}, tree.Nodes(store.read).root(size)
    left = hashes[::-1]
    assert space["tree_root"](0, size, kept, leaves, left) == root
    assert left == []
    bent = {**leaves, kept[0]: sha256(b"another").digest()}
    assert space["tree_root"](0, size, kept, bent, hashes[::-1]) != root
    if hashes:
        with pytest.raises(space["Bad"]):
            space["tree_root"](0, size, kept, leaves, hashes[:0:-1])
