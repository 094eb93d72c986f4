"""Tiles in the database: read for proofs, written by the sealer."""

from collections.abc import Mapping

from django.db import connection

from portal.ledger import tree
from portal.ledger.models import Tile

#: A shorter tile never replaces a longer one, whoever comes late.
UPSERT = """
INSERT INTO ledger_tile (level, n, w, hashes) VALUES (%s, %s, %s, %s)
ON CONFLICT (level, n) DO UPDATE SET w = excluded.w, hashes = excluded.hashes WHERE ledger_tile.w < excluded.w
"""


def read_tile(level: int, n: int) -> bytes:
    """The bytes of one tile, empty when there is none."""
    found = Tile.objects.filter(level=level, n=n).values_list("hashes", flat=True).first()
    return b"" if found is None else bytes(found)


def write_tiles(tiles: Mapping[tree.TileKey, bytes]) -> None:
    """Insert or lengthen tiles, in the caller's transaction."""
    rows = [(level, n, len(tile) // tree.HASH_BYTES, tile) for (level, n), tile in sorted(tiles.items())]
    with connection.cursor() as cursor:
        cursor.executemany(UPSERT, rows)


def nodes() -> tree.Nodes:
    """A reader of roots and proofs over the stored tiles."""
    return tree.Nodes(read_tile)
