"""The Merkle tree of RFC 6962, kept as tiles of 256 hashes, and its proofs. Plain Python, no database.

A tile ``(level, n)`` holds up to 256 hashes of 32 bytes: the roots of the complete subtrees of ``256 ** level``
leaves numbered ``n * 256`` and up. A stored tile never loses a hash, it only grows until it is full, so a tile that
is longer than a given tree size needs still serves that size.
"""

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence

HASH_BYTES = 32
TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
EMPTY_ROOT = hashlib.sha256(b"").digest()

TileKey = tuple[int, int]
TileReader = Callable[[int, int], bytes]


class ProofError(ValueError):
    """A proof does not lead to the root it claims, or has not the shape its sizes demand."""


def hash_leaf(entry: bytes) -> bytes:
    """The hash of one log entry (RFC 6962 section 2.1)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """The hash of an interior node (RFC 6962 section 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The growing edge of the tree: takes leaves, gives the root at once and the tiles that changed.

    Memory is bounded: at most 63 subtree roots and one open tile for each level; ``take_tiles`` empties what was
    filled since the last call.
    """

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []
        self._open: dict[int, bytearray] = {}
        self._changed: dict[TileKey, bytes | None] = {}

    @classmethod
    def load(cls, size: int, read: TileReader) -> "Frontier":
        """The frontier of a tree of ``size`` leaves, from its last tiles: a few reads, whatever the size."""
        frontier, nodes = cls(), Nodes(read)
        frontier.size = size
        for level in range(_tile_levels(size)):
            n, width = divmod(size >> (TILE_HEIGHT * level), TILE_WIDTH)
            if width:
                frontier._open[level] = bytearray(nodes.tile(level, n, width=width))
        frontier._peaks = [nodes.subtree(height, start >> height) for start, height in _peaks(size)]
        return frontier

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash at the end: one hash on average."""
        index, height, node = self.size, 0, leaf
        self._keep(0, node)
        while index & 1:
            node = hash_node(self._peaks.pop(), node)
            index >>= 1
            height += 1
            if height % TILE_HEIGHT == 0:
                self._keep(height // TILE_HEIGHT, node)
        self._peaks.append(node)
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add leaf hashes in order."""
        for leaf in leaves:
            self.append(leaf)

    def root(self) -> bytes:
        """The tree head of all leaves so far: MTH of RFC 6962."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = hash_node(peak, root)
        return root

    def take_tiles(self, *, whole_only: bool = False) -> dict[TileKey, bytes]:
        """The tiles that changed since they were last taken; with ``whole_only`` the open ones stay for later."""
        taken = {key: tile for key, tile in self._changed.items() if tile is not None}
        kept: dict[TileKey, bytes | None] = {key: None for key, tile in self._changed.items() if tile is None}
        if whole_only:
            self._changed = kept
            return taken
        self._changed = {}
        return taken | {key: bytes(self._open[key[0]]) for key in kept}

    def _keep(self, level: int, node: bytes) -> None:
        tile = self._open.setdefault(level, bytearray())
        n = self.size >> (TILE_HEIGHT * (level + 1))
        tile += node
        if len(tile) == TILE_WIDTH * HASH_BYTES:
            self._changed[level, n] = bytes(tile)
            del self._open[level]
        else:
            self._changed[level, n] = None


class Nodes:
    """Reads nodes, roots and proofs out of stored tiles; each tile is read once in the life of the object."""

    def __init__(self, read: TileReader) -> None:
        self._read = read
        self._tiles: dict[TileKey, bytes] = {}

    def subtree(self, height: int, index: int) -> bytes:
        """The root of the complete subtree of ``2 ** height`` leaves numbered ``index`` among its equals."""
        level, rest = divmod(height, TILE_HEIGHT)
        n, offset = divmod(index << rest, TILE_WIDTH)
        end = (offset + (1 << rest)) * HASH_BYTES
        part = self.tile(level, n, width=offset + (1 << rest))[offset * HASH_BYTES : end]
        hashes = [part[at : at + HASH_BYTES] for at in range(0, len(part), HASH_BYTES)]
        while len(hashes) > 1:
            hashes = [hash_node(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)]
        return hashes[0]

    def range_root(self, start: int, end: int) -> bytes:
        """MTH of the leaves ``start`` to ``end``, a range that is a node of the tree."""
        nodes = [self.subtree(height, (start + at) >> height) for at, height in _peaks(end - start)]
        if not nodes:
            return EMPTY_ROOT
        root = nodes.pop()
        while nodes:
            root = hash_node(nodes.pop(), root)
        return root

    def root(self, size: int) -> bytes:
        """The tree head over the first ``size`` leaves."""
        return self.range_root(0, size)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """The audit path of a leaf, from its sibling up (RFC 6962 section 2.1.1)."""
        if not 0 <= index < size:
            raise ProofError("The record is not in a tree of this size.")
        start, end, path = 0, size, []
        while end - start > 1:
            middle = start + _split(end - start)
            if index < middle:
                path.append(self.range_root(middle, end))
                end = middle
            else:
                path.append(self.range_root(start, middle))
                start = middle
        return path[::-1]

    def consistency(self, old: int, new: int) -> list[bytes]:
        """The proof that the tree of ``old`` leaves is the beginning of that of ``new`` (RFC 6962 section 2.1.2)."""
        if not 0 <= old <= new:
            raise ProofError("The old size is larger than the new one.")
        if old in {0, new}:
            return []
        start, end, path = 0, new, []
        while end != old:
            middle = start + _split(end - start)
            if old <= middle:
                path.append(self.range_root(middle, end))
                end = middle
            else:
                path.append(self.range_root(start, middle))
                start = middle
        if start:
            path.append(self.range_root(start, end))
        return path[::-1]

    def outside(self, kept: Sequence[tuple[int, int]], size: int) -> list[bytes]:
        """The nodes that, with the leaves at hand, give the root: what a proof of many leaves is made of.

        ``kept`` are the ranges of those leaves, each with its end left out, in order and apart. The nodes come in the
        order in which a walk from the left, from the root down, needs them.
        """
        found: list[bytes] = []
        starts = [first for first, _end in kept]
        open_ranges = [(0, size)]
        while open_ranges:
            start, stop = open_ranges.pop()
            place = bisect_left(starts, stop) - 1  # the last range that begins before this one ends
            if place < 0 or kept[place][1] <= start:
                found.append(self.range_root(start, stop))
            elif not (kept[place][0] <= start and stop <= kept[place][1]):
                middle = start + _split(stop - start)
                open_ranges += [(middle, stop), (start, middle)]
        return found

    def tile(self, level: int, n: int, *, width: int) -> bytes:
        """The first ``width`` hashes of a tile. Raises ProofError when it holds fewer."""
        key = (level, n)
        if key not in self._tiles:
            self._tiles[key] = self._read(level, n)
        kept = self._tiles[key][: width * HASH_BYTES]
        if len(kept) != width * HASH_BYTES:
            raise ProofError(f"Tile {level}/{n} is too short.")
        return kept


def root_from_inclusion(leaf: bytes, *, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root that an audit path leads to (RFC 9162 section 2.1.3.2); the caller compares it with a signed one.

    Raises ProofError when the path has not exactly the length that index and size demand.
    """
    if not 0 <= index < size:
        raise ProofError("The record is not in a tree of this size.")
    if len(leaf) != HASH_BYTES or any(len(step) != HASH_BYTES for step in path):
        raise ProofError("A hash has not 32 bytes.")
    node, position, last = leaf, index, size - 1
    for step in path:
        if last == 0:
            raise ProofError("The path is too long.")
        if position & 1 or position == last:
            node = hash_node(step, node)
            while not position & 1:
                position >>= 1
                last >>= 1
        else:
            node = hash_node(node, step)
        position >>= 1
        last >>= 1
    if last:
        raise ProofError("The path is too short.")
    return node


def check_consistency(*, old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]) -> None:
    """Raises ProofError unless the tree of ``old`` leaves begins that of ``new`` (RFC 9162 section 2.1.4.2).

    The RFC defines a proof for 0 < old < new only. At the edges this holds:

    - ``old`` is 0: the empty tree begins every tree. The path is empty, and ``old_root`` is the hash of the empty tree
      (``EMPTY_ROOT``), as a witness expects that has seen no tree yet (C2SP tlog-witness); any other root is refused. This
      says nothing about ``new_root``: it binds the new tree to no history, and a caller needs a signature over it.
    - ``old`` equals ``new``, 0 included: the path is empty and both roots are the same.
    - ``old`` is a power of two: its root is a whole subtree of the new tree, so the path leaves it out and the check starts
      from ``old_root`` (step 1 of the RFC).
    - ``old`` greater than ``new`` is refused: a tree only grows.

    A path that is too short, too long or holds a step that is no hash is refused in each case. The JavaScript and Python
    verifiers of packs check inclusion, no consistency, and so have no twin of these rules.
    """
    if not 0 <= old <= new or any(len(step) != HASH_BYTES for step in path):
        raise ProofError("The proof has not the shape of its sizes.")
    if old in {0, new}:
        if path or old_root != (new_root if old == new else EMPTY_ROOT):
            raise ProofError("The roots do not agree.")
        return
    steps = list(path)
    if old & (old - 1) == 0:
        steps.insert(0, old_root)
    if not steps:
        raise ProofError("The path is too short.")
    position, last = old - 1, new - 1
    while position & 1:
        position >>= 1
        last >>= 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise ProofError("The path is too long.")
        if position & 1 or position == last:
            first, second = hash_node(step, first), hash_node(step, second)
            while position and not position & 1:
                position >>= 1
                last >>= 1
        else:
            second = hash_node(second, step)
        position >>= 1
        last >>= 1
    if last or first != old_root or second != new_root:
        raise ProofError("The proof does not lead to both roots.")


def _split(count: int) -> int:
    """The largest power of two smaller than ``count``."""
    return 1 << ((count - 1).bit_length() - 1)


def _peaks(count: int) -> Iterable[tuple[int, int]]:
    """Start and height of the complete subtrees that make up ``count`` leaves, largest first."""
    start = 0
    for height in reversed(range(count.bit_length())):
        if count >> height & 1:
            yield start, height
            start += 1 << height


def _tile_levels(size: int) -> int:
    """How many levels of tiles a tree of this size has."""
    return (size.bit_length() + TILE_HEIGHT - 1) // TILE_HEIGHT


def tiles_on_path(index: int, size: int) -> set[TileKey]:
    """The tiles that a proof for ``index`` reads: those above it and those at the tree's right edge."""
    keys: set[TileKey] = set()
    for level in range(_tile_levels(size)):
        last = (size >> (TILE_HEIGHT * level)) - 1
        keys |= {(level, min(index >> (TILE_HEIGHT * level), last) // TILE_WIDTH), (level, last // TILE_WIDTH)}
    return keys
