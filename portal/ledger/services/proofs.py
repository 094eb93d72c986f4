"""Receipts of sealed entries."""

from uuid import UUID

from portal.core.errors import NotFound, Refused
from portal.ledger import notes, receipts
from portal.ledger.errors import NotSealed
from portal.ledger.models import Checkpoint, Entry, Payload
from portal.ledger.services import sealing, tiles


def entry_by_event(event_id: UUID | str) -> Entry:
    """The entry with this event's number; ``"latest"`` is the last one that was sealed. Raises NotFound."""
    entries = Entry.objects.select_related("leaf")
    if event_id == "latest":
        found = entries.exclude(leaf=None).order_by("-leaf__index").first()
    else:
        try:
            found = entries.filter(event_id=UUID(str(event_id))).first()
        except ValueError as error:
            raise NotFound("An event's number is a UUID such as 123e4567-e89b-12d3-a456-426614174000.") from error
    if found is None:
        raise NotFound("The ledger has no entry with this number.")
    return found


def receipt_for(entry: Entry, *, checkpoint: Checkpoint | None = None) -> bytes:
    """The receipt of an entry as a C2SP tlog-proof file, under ``checkpoint`` or the first one that covers it.

    It holds the payload, so it is for the person whom the entry is about, over an encrypted connection.
    Raises NotSealed before the entry stands under a signed checkpoint, Refused when its payload was redacted.
    """
    covering = checkpoint or sealing.checkpoint_over(entry)
    index = entry.index if entry.index is not None else Entry.objects.get(pk=entry.pk).index
    if covering is None or index is None or index >= covering.size:
        raise NotSealed("The entry is kept and will be sealed shortly. Ask for its receipt in a minute.")
    kept = Payload.objects.filter(pk=entry.pk).first()
    if kept is None:
        raise Refused("The content of this entry was erased; only its place in the ledger is left.")
    path = tiles.nodes(index=index, size=covering.size).inclusion(index, covering.size)
    receipt = receipts.Receipt(bytes(kept.salt), bytes(kept.body), index, tuple(path), bytes(covering.note))
    return receipts.write_receipt(receipt)


def verify_receipt(data: bytes, vkey: str) -> receipts.ReceiptResult:
    """Check a receipt against a key given from outside. Touches no database. Raises NoteError for a malformed key."""
    return receipts.check_receipt(data, [notes.parse_vkey(vkey)])
