"""The JSON form of a receipt: the proof, and beside it a part for people to read. Plain Python, no database.

Nothing signs the readable part. Whoever checks the proof alone lets a changed "no" stand beside a true "yes": so each
member is compared with what the proof says, and what no proof can say is named.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from portal.kernel.ledger import commitment, notes, receipts

#: The name of the JSON form; a change of its members is another name.
FORMAT: Final = "onesetu-receipt/1"
MEMBERS: Final = frozenset({"format", "receipt", "record", "ledger", "status", "proof"})
LEDGER_MEMBERS: Final = frozenset({"origin", "vkey", "index", "size", "leaf", "witnesses"})
#: What the portal said when it wrote the file; only the portal can say it again.
NEVER_PROVED: Final = ("status", "ledger.witnesses")
GIVE_THE_PROOF: Final = "Give the .tlog-proof file."
PDF: Final = b"%PDF-"


def check_file(
    data: bytes, verifiers: Sequence[notes.Verifier], *, witnesses: Sequence[notes.Verifier] = ()
) -> receipts.ReceiptResult:
    """Check a receipt file, or its JSON form with each word of it. Of any other file nothing can be proved as a whole.

    As ``receipts.check_receipt`` otherwise. ``unproved`` of the result names the members of a JSON form that no proof
    covers.
    """
    if data.startswith(receipts.HEADER.encode() + b"\n"):
        return receipts.check_receipt(data, verifiers, witnesses=witnesses)
    try:
        body = read_document(data)
    except receipts.ReceiptError as error:
        return receipts.ReceiptResult(ok=False, reason=f"{error} {GIVE_THE_PROOF}")
    if body is None:
        return receipts.ReceiptResult(ok=False, reason=_why_not(data))
    proof = body["proof"].encode(errors="replace") if isinstance(body.get("proof"), str) else b""
    result = receipts.check_receipt(proof, verifiers, witnesses=witnesses)
    if not result.consistent:
        return result
    if changed := differences(body, proof, result, vkeys=[one.vkey for one in verifiers]):
        said = f"The readable part of this file is not what is proved: {', '.join(changed)}."
        return receipts.ReceiptResult(ok=False, reason=f"{said} {GIVE_THE_PROOF}")
    return replace(result, unproved=tuple(_unproved(body, result, verifiers)))


def read_document(data: bytes) -> dict[str, Any] | None:
    """The members of a JSON form; None for what is none. Raises ReceiptError where a member stands twice in it."""
    twice: list[str] = []

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            twice.append("")
        return found

    try:
        body = json.loads(data.decode("utf-8-sig"), object_pairs_hook=unique)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        return None
    if twice:
        raise receipts.ReceiptError("A member appears twice in this file, so that it can be read in two ways.")
    return body


def is_other_form(data: bytes) -> bool:
    """Whether a file is neither a receipt file nor its JSON form, but something that may carry one (a PDF, a view)."""
    return not data.startswith(receipts.HEADER.encode() + b"\n") and read_document(data) is None


def differences(
    body: Mapping[str, Any], proof: bytes, result: receipts.ReceiptResult, *, vkeys: Collection[str]
) -> list[str]:
    """The members of a JSON form that say something else than ``proof``, which fits together with this ``result``.

    With ``vkeys`` given its key must be one of them: a reader might take the key from the file. Empty when all agree.
    """
    record, head = result.payload or {}, body.get("ledger")
    head = head if isinstance(head, dict) else {}
    said = {
        "record": (body.get("record"), record),
        "proof": (body.get("proof"), proof.decode(errors="replace")),
        "ledger.origin": (head.get("origin"), result.origin),
        "ledger.index": (head.get("index"), result.index),
        "ledger.size": (head.get("size"), result.size),
        "ledger.leaf": (head.get("leaf"), receipts.read_receipt(proof).leaf.hex()),
    }
    if reference := _reference(record):
        said["receipt"] = (body.get("receipt"), reference)
    found = [name for name, (here, proved) in said.items() if not _same(here, proved)]
    if "record" in found and isinstance(body.get("record"), dict):
        there = body["record"]
        found[found.index("record")] = next(
            (f"record.{name}" for name in record if not _same(there.get(name), record[name])), "record"
        )
    if vkeys and head.get("vkey") not in vkeys:
        found.append("ledger.vkey")
    if set(body) != MEMBERS or set(head) != LEDGER_MEMBERS:
        found.append("it has other members than the portal writes")
    return found


def _unproved(
    body: Mapping[str, Any], result: receipts.ReceiptResult, verifiers: Sequence[notes.Verifier]
) -> Iterator[str]:
    yield from NEVER_PROVED
    if not verifiers:
        yield "ledger.vkey"
    # Entries from before the reference stood in them, and a document that names none.
    if not _reference(result.payload or {}) and body.get("receipt") is not None:
        yield "receipt"


def _reference(record: Mapping[str, Any]) -> str:
    """The reference that the record itself says; empty for a record without one."""
    facts = record.get("facts")
    found = record.get("receipt") or (facts.get("reference") if isinstance(facts, dict) else "")
    return found if isinstance(found, str) else ""


def _same(here: Any, proved: Any) -> bool:
    """Whether two values are written alike: 1 is not true, and not 1.0."""
    try:
        return commitment.canonical({"": here}) == commitment.canonical({"": proved})
    except commitment.PayloadError:
        return False


def _why_not(data: bytes) -> str:
    if data.startswith(PDF):
        return "What a PDF shows cannot be proved. Give the .tlog-proof file that is attached to it."
    return f"There is nothing in this file that can be proved as a whole. {GIVE_THE_PROOF}"
