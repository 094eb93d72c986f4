"""Receipts: one file that proves one record is in the log (C2SP tlog-proof). Plain Python, no database.

The ``extra`` line carries version, salt and payload. C2SP does not authenticate it; opening the leaf with it does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from portal.kernel.ledger import commitment, notes, tree

HEADER = "c2sp.org/tlog-proof@v1"
EXTRA_VERSION = b"\x01"
MOST_BYTES = 1_000_000
MOST_HASHES = 64
NOT_AUTHENTICATED = "consistent, not authenticated"


class ReceiptError(ValueError):
    """A file is not a receipt of this form."""


@dataclass(frozen=True)
class Receipt:
    """A receipt taken apart, nothing in it checked yet."""

    salt: bytes
    payload: bytes
    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes

    @property
    def leaf(self) -> bytes:
        """The leaf that salt and payload open."""
        return commitment.leaf_hash(self.salt, self.payload)


@dataclass(frozen=True)
class ReceiptResult:
    """What a check of a receipt found.

    ``ok`` only when a given key signed the tree that holds the record. ``consistent`` when, without any key, record,
    path and root fit together: whoever made the file may have made all of it. ``unproved`` names the members of a JSON
    form that no proof covers.
    """

    ok: bool
    consistent: bool = False
    index: int | None = None
    size: int | None = None
    origin: str | None = None
    payload: dict[str, Any] | None = None
    reason: str | None = None
    unproved: tuple[str, ...] = ()


def write_receipt(receipt: Receipt) -> bytes:
    """The bytes of a receipt. They hold personal data: for download by the person, never in a URL."""
    extra = notes.to_base64(EXTRA_VERSION + receipt.salt + receipt.payload)
    lines = [HEADER, f"extra {extra}", f"index {receipt.index}", *map(notes.to_base64, receipt.path), "", ""]
    return "\n".join(lines).encode() + receipt.checkpoint


def read_receipt(data: bytes) -> Receipt:
    """A receipt taken apart, strictly: one way to write each. Raises ReceiptError."""
    if len(data) > MOST_BYTES:
        raise ReceiptError("The file is too large for a receipt.")
    head, _, checkpoint = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
        return _from_lines(lines, checkpoint)
    except (UnicodeDecodeError, notes.NoteError) as error:
        raise ReceiptError("The file is not a receipt, or it is damaged.") from error


def check_receipt(
    data: bytes, verifiers: Sequence[notes.Verifier], *, witnesses: Sequence[notes.Verifier] = ()
) -> ReceiptResult:
    """Open the leaf, follow its path to the root, check the signature under that root.

    Changes nothing and needs no database. The keys come from the caller, never from the receipt: one of ``verifiers``
    must have signed, and every one of ``witnesses`` cosigned. With no key given the answer is at best "consistent, not
    authenticated".
    """
    try:
        receipt = read_receipt(data)
        head = _signed_head(receipt.checkpoint, verifiers)
        if not all(notes.is_signed(receipt.checkpoint, witness) for witness in witnesses):
            raise ReceiptError("A witness that you named has not cosigned.")
        root = tree.root_from_inclusion(receipt.leaf, index=receipt.index, size=head.size, path=receipt.path)
        if root != head.root:
            raise ReceiptError("The record is not in the tree that was signed.")
        payload = commitment.read_payload(receipt.payload)
    except (ReceiptError, notes.NoteError, tree.ProofError, commitment.PayloadError) as error:
        return ReceiptResult(ok=False, reason=str(error))
    return ReceiptResult(
        ok=bool(verifiers),
        consistent=True,
        index=receipt.index,
        size=head.size,
        origin=head.origin,
        payload=payload,
        reason=None if verifiers else NOT_AUTHENTICATED,
    )


def _signed_head(checkpoint: bytes, verifiers: Sequence[notes.Verifier]) -> notes.TreeHead:
    if not verifiers:
        text, _ = notes.split_note(checkpoint)
        return notes.parse_tree_head(text)
    text, signatures = notes.open_note(checkpoint, verifiers)
    head = notes.parse_tree_head(text)
    if head.origin not in {signature.name for signature in signatures}:
        raise ReceiptError("The receipt is of another log than the key.")
    return head


def _from_lines(lines: Sequence[str], checkpoint: bytes) -> Receipt:
    if len(lines) < 3 or lines[0] != HEADER:
        raise ReceiptError("The file is not a receipt: its first line is another.")
    extra = notes.from_base64(_after(lines[1], "extra "))
    index = notes.parse_number(_after(lines[2], "index "))
    path = tuple(notes.from_base64(line) for line in lines[3:])
    if len(path) > MOST_HASHES or any(len(step) != tree.HASH_BYTES for step in path):
        raise ReceiptError("The proof in the receipt has not the right shape.")
    if extra[:1] != EXTRA_VERSION or len(extra) <= commitment.SALT_BYTES:
        raise ReceiptError("The record in the receipt is of an unknown form.")
    salt, payload = extra[1 : 1 + commitment.SALT_BYTES], extra[1 + commitment.SALT_BYTES :]
    return Receipt(salt, payload, index, path, checkpoint)


def _after(line: str, word: str) -> str:
    if not line.startswith(word):
        raise ReceiptError(f"The receipt lacks its line “{word.strip()}”.")
    return line.removeprefix(word)
