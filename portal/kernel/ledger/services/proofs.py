"""Receipts of sealed entries."""

from dataclasses import dataclass
from uuid import UUID

from portal.kernel.core import ports
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.ledger import notes, receipts
from portal.kernel.ledger.errors import NotSealed
from portal.kernel.ledger.models import Checkpoint, Entry, Head, Payload
from portal.kernel.ledger.services import checkpoints, keys, sealer, tiles, witnesses


def entries_of(named: str) -> list[Entry]:
    """The entries that somebody names: by an event's number, "latest", or the reference that people see (OS-...).

    A reference may stand for several, in the order in which its page counts them. Raises NotFound.
    """
    if not named.strip().upper().startswith("OS"):
        return [entry_by_event(named)]
    found = [entry for ask in ports.referred_entries for entry in ask(named)]
    if not found:
        raise NotFound("No receipt has this reference. Compare it with the page or the message that shows it.")
    return found


def entry_by_event(event_id: UUID | str) -> Entry:
    """The entry with this event's number; ``"latest"`` is the last one that was sealed. Raises NotFound."""
    entries = Entry.objects.select_related("leaf")
    if event_id == "latest":
        found = entries.exclude(leaf=None).order_by("-leaf__index").first()
    else:
        try:
            found = entries.filter(event_id=UUID(str(event_id))).first()
        except ValueError as error:
            raise NotFound(
                "Give a receipt's reference such as OS-CR-7K4M-9QX2-C3TN, an event's number (a UUID), or: latest."
            ) from error
    if found is None:
        raise NotFound("The ledger has no entry with this number.")
    return found


def receipt_for(entry: Entry, *, checkpoint: Checkpoint | None = None) -> bytes:
    """The receipt of an entry as a C2SP tlog-proof file, under ``checkpoint`` or the first one that covers it.

    Where witnesses are configured, the first one that one of them has cosigned is taken if there is any, with its
    cosignatures; under a ``checkpoint`` that the caller names it is the bare note, the same bytes at any time.
    It holds the payload, so it is for the person whom the entry is about, over an encrypted connection.
    Raises NotSealed before the entry stands under a signed checkpoint, Refused when its payload was redacted.
    """
    index = entry.index if entry.index is not None else Entry.objects.get(pk=entry.pk).index
    witnessed = None if checkpoint or index is None else witnesses.cosigned_over(index)
    covering = checkpoint or witnessed or sealer.checkpoint_over(entry)
    if covering is None or index is None or index >= covering.size:
        raise NotSealed("The entry is kept and will be sealed shortly. Ask for its receipt in a minute.")
    kept = Payload.objects.filter(pk=entry.pk).first()
    if kept is None:
        raise Refused("The content of this entry was erased; only its place in the ledger is left.")
    path = tiles.nodes(index=index, size=covering.size).inclusion(index, covering.size)
    note = bytes(covering.note) if witnessed is None else witnesses.cosigned_note(covering)
    receipt = receipts.Receipt(bytes(kept.salt), bytes(kept.body), index, tuple(path), note)
    return receipts.write_receipt(receipt)


@dataclass(frozen=True)
class Presented(receipts.ReceiptResult):
    """The check of a receipt that somebody brought, against our own tree too; ``witnesses`` of others had seen it."""

    witnesses: int = 0


def check_presented(data: bytes) -> Presented:
    """Check a receipt with our own keys, each for the sizes that it signed, and that the tree it stands in is the beginning of ours (check X2).

    A receipt that our key signed over another tree, or over more leaves than were ever here, proves a fork or a
    rollback: signing is stopped, as by every failed check. One under a key that somebody else may have proves nothing
    where it contradicts our tree: it is refused and stops nothing, for else whoever stole the key could stop us.
    """
    known = keys.terms()
    result = receipts.check_receipt(data, [term.verifier for term in known])
    if not result.ok:
        return Presented(**vars(result))
    note = receipts.read_receipt(data).checkpoint
    head = notes.parse_tree_head(notes.split_note(note)[0])
    if not notes.is_signed(note, keys.verifier_at(head.size, known)):
        return Presented(ok=False, reason="The receipt is signed by a key that did not sign at its size.")
    newest = Head.objects.filter(pk=checkpoints.HEAD_ID).first()
    if newest is None or newest.size < head.size or tiles.root_of(head.size) != head.root:
        if keys.term_at(head.size, known).is_given_up:
            return Presented(ok=False, reason="The receipt is in another tree than ours, under a key that was retired.")
        checkpoints.stop_signing(check="X2", index=head.size)
        return Presented(ok=False, reason="The receipt is in another tree than ours: a fork.")
    return Presented(**vars(result), witnesses=witnesses.independent_over(note))


def verify_receipt(data: bytes, vkey: str) -> receipts.ReceiptResult:
    """Check a receipt against a key given from outside. Touches no database. Raises NoteError for a malformed key."""
    return receipts.check_receipt(data, [notes.parse_vkey(vkey)])
