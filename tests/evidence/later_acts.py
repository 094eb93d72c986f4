"""Forgeries of columns that a later act changed: the row says again what it said before, or what nobody ever stated."""

import json

from tests.evidence.forgeries import _set


def said_at_first(pack, kind):
    """What the leaf of each act said when it brought in its row, by the record's label or reference."""
    rows = (*pack.lines("ledger/leaves.jsonl"), *pack.lines("ledger/others.jsonl"))
    acts = [json.loads(row["payload"]) for row in rows if "payload" in row]
    return [act for act in acts if act.get("act") == kind]


def take_back_a_corrected_receipt(place):
    """The row of a ticket shows again when it was filed, though a later leaf states another receipt."""

    def edit(pack):
        filed = said_at_first(pack, "grievances.ticket.filed")[place]
        reference = filed["about"].partition(":")[2]
        _set("tickets", "received_at", filed["facts"]["received_at"], lambda row: row["reference"] == reference)(pack)

    edit.__name__ = f"take_back_a_corrected_receipt_{place}"
    return edit


def speak_of_a_silenced_order(place):
    """The row of an order shows that it binds to no silence, though a later leaf states that it does."""

    def edit(pack):
        order = said_at_first(pack, "registers.order.received")[place]["facts"]["order"]
        _set("authority_orders", "is_secret", False, lambda row: row["reference"] == order)(pack)

    edit.__name__ = f"speak_of_a_silenced_order_{place}"
    return edit


#: Each, and a part of what is said of it.
LATER = {
    take_back_a_corrected_receipt(0): "tickets says something else than the log: received_at",
    take_back_a_corrected_receipt(-1): "tickets says something else than the log: received_at",
    _set("tickets", "received_at", "2026-10-11T06:30:00.000Z"): "tickets says something else than the log: received_at",
    speak_of_a_silenced_order(0): "authority_orders says something else than the log: is_secret",
    speak_of_a_silenced_order(1): "authority_orders says something else than the log: is_secret",
}
