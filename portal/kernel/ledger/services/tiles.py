"""Tiles in the database: read for proofs, written by the sealer."""

from collections.abc import Collection, Mapping

from django.db import connection

from portal.kernel.ledger import tree

#: A shorter tile never replaces a longer one, whoever comes late.
UPSERT = """
INSERT INTO ledger_tile (level, n, w, hashes) VALUES (%s, %s, %s, %s)
ON CONFLICT (level, n) DO UPDATE SET w = excluded.w, hashes = excluded.hashes WHERE ledger_tile.w < excluded.w
"""


def read_tile(level: int, n: int) -> bytes:
    """The bytes of one tile, empty when there is none."""
    return read_tiles([(level, n)]).get((level, n), b"")


def read_tiles(keys: Collection[tree.TileKey]) -> dict[tree.TileKey, bytes]:
    """The tiles that exist among these, in one statement: a proof waits for the database once."""
    if not keys:
        return {}
    places = ", ".join(["(%s, %s)"] * len(keys))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT level, n, hashes FROM ledger_tile WHERE (level, n) IN (VALUES {places})",  # noqa: S608 - places only
            [part for key in keys for part in key],
        )
        return {(level, n): bytes(hashes) for level, n, hashes in cursor.fetchall()}


def write_tiles(tiles: Mapping[tree.TileKey, bytes]) -> None:
    """Insert or lengthen tiles, in the caller's transaction."""
    rows = [(level, n, len(tile) // tree.HASH_BYTES, tile) for (level, n), tile in sorted(tiles.items())]
    with connection.cursor() as cursor:
        cursor.executemany(UPSERT, rows)


def reader(index: int, size: int) -> tree.TileReader:
    """Reads tiles of a tree of ``size`` leaves; those on the path of leaf ``index`` are fetched at once, now."""
    fetched = read_tiles(tree.tiles_on_path(index, size))

    def read(level: int, n: int) -> bytes:
        found = fetched.get((level, n))
        return read_tile(level, n) if found is None else found

    return read


def nodes(*, index: int, size: int) -> tree.Nodes:
    """A reader of the root and of the proof of leaf ``index`` in a tree of ``size`` leaves."""
    return tree.Nodes(reader(index, size))


def root_of(size: int) -> bytes:
    """The root over the first ``size`` leaves, from the stored tiles."""
    return nodes(index=max(0, size - 1), size=size).root(size)
