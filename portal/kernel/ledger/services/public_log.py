"""What anybody may read: the signed head, the tiles and the entries under it (C2SP tlog-tiles). Nothing else is told.

An entry is the salted hash that a leaf commits to, for every record alike: it says nothing about anybody, also after an
erasure.
"""

from django.db import connection

from portal.kernel.ledger import commitment, notes, tree
from portal.kernel.ledger.choices import RotationCause
from portal.kernel.ledger.models import Checkpoint
from portal.kernel.ledger.services import tiles, witnesses
from portal.kernel.ledger.services.keys import terms

ENTRIES = """
SELECT e.commitment, p.salt, p.body FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.entry_id
LEFT JOIN ledger_payload p ON p.entry_id = e.id AND e.commitment IS NULL
WHERE l.idx >= %s AND l.idx < %s ORDER BY l.idx
"""


def checkpoint() -> bytes | None:
    """The signed head as a note, with the cosignatures that witnesses gave; None before the first."""
    shown = witnesses.published()
    return None if shown is None else witnesses.cosigned_note(shown)


def tile(level: int, n: int, *, width: int = tree.TILE_WIDTH) -> bytes | None:
    """The first ``width`` hashes of a tile, or None unless the signed tree has them all."""
    if not _is_signed(level, n, width):
        return None
    kept = tiles.read_tile(level, n)[: width * tree.HASH_BYTES]
    return kept if len(kept) == width * tree.HASH_BYTES else None


def entries(n: int, *, width: int = tree.TILE_WIDTH) -> bytes | None:
    """The first ``width`` entries of bundle ``n``, each after its length in two bytes; None unless all can be told.

    Those can not whose content was erased before the portal kept what their leaves commit to.
    """
    if not _is_signed(0, n, width):
        return None
    first = n * tree.TILE_WIDTH
    with connection.cursor() as cursor:
        cursor.execute(ENTRIES, [first, first + width])
        committed = [_committed(*row) for row in cursor.fetchall()]
    if len(committed) != width:
        return None
    bundle = bytearray()
    for one in committed:
        if one is None:
            return None
        told = commitment.entry(one)
        bundle += len(told).to_bytes(2, "big") + told
    return bytes(bundle)


def key_terms() -> list[dict[str, object]]:
    """Every key of the log, the newest first, with the sizes that it signed and why it was replaced."""
    return [
        {
            "vkey": term.verifier.vkey,
            "first_size": term.first,
            "last_size": None if term.end is None else term.end - 1,
            "replaced": term.ended_by or None,
            "good": None
            if term.good_size is None
            else {"size": term.good_size, "root": notes.to_base64(term.good_root)},
        }
        for term in reversed(terms())
    ]


def policy() -> str:
    """Whom to trust, as a C2SP tlog-policy: our keys, and any one witness. A key that somebody else may have is left out."""
    lines = ["# The log's keys, and the witnesses that are not its own: c2sp.org/tlog-policy"]
    lines += [f"log {term.verifier.vkey}" for term in terms() if term.ended_by in {"", RotationCause.ROUTINE}]
    named = [one for one in witnesses.configured() if not one.is_own]
    lines += [f"witness w{number} {one.verifier.vkey} {one.url}" for number, one in enumerate(named, 1)]
    if named:
        lines.append(f"group witnesses any {' '.join(f'w{number}' for number in range(1, len(named) + 1))}")
    return "\n".join([*lines, f"quorum {'witnesses' if named else 'none'}", ""])


def _committed(kept: bytes | None, salt: bytes | None, body: bytes | None) -> bytes | None:
    if kept is not None:
        return bytes(kept)
    return None if salt is None or body is None else commitment.commitment(bytes(salt), bytes(body))


def _is_signed(level: int, n: int, width: int) -> bool:
    """Whether a checkpoint covers these hashes: what is sealed and not signed yet is not shown."""
    size = Checkpoint.objects.order_by("-size").values_list("size", flat=True).first() or 0
    return 0 < width <= tree.TILE_WIDTH and n * tree.TILE_WIDTH + width <= size >> (tree.TILE_HEIGHT * level)
