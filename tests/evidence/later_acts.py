"""Forgeries of columns that a later act changed: the row says again what it said before, or what nobody ever stated."""

import json

from portal.ledger import program
from tests.evidence.forgeries import _set

ERASED = program.reasons()["statement of a row"]["erased"]


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


def call_a_corrected_start_right(pack):
    """A deadline whose start was wrong ended as done: it would be a case that was met."""
    _set("clocks", "ended", "done", lambda row: row["ended"] == "corrected")(pack)


def date_an_order_that_was_answered_by_nobody(pack):
    _set("authority_orders", "answered_at", "2026-10-20T06:30:00.000Z", lambda row: row["answered_at"] is None)(pack)


#: Each, and a part of what is said of it.
LATER = {
    call_a_corrected_start_right: r"registers/clocks\.csv: the log recorded that the start of a deadline of .* was wrong, but its row does not say so",
    date_an_order_that_was_answered_by_nobody: r"registers/authority_orders\.csv, row \d+: answered_at is ",
    take_back_a_corrected_receipt(0): r"registers/tickets\.csv, row \d+: received_at is ",
    take_back_a_corrected_receipt(-1): r"registers/tickets\.csv, row \d+: received_at is ",
    _set("tickets", "received_at", "2026-10-11T06:30:00.000Z"): r"registers/tickets\.csv, row \d+: received_at is ",
    speak_of_a_silenced_order(0): r"registers/authority_orders\.csv, row \d+: is_secret is ",
    speak_of_a_silenced_order(1): r"registers/authority_orders\.csv, row \d+: is_secret is ",
}


def _hide_the_leaves(pack, about):
    """The leaves of a ticket outside the period are shown no more."""
    rows = pack.lines("ledger/others.jsonl")
    kept = [row for row in rows if json.loads(row.get("payload", "{}")).get("about") != about]
    assert len(kept) < len(rows)
    pack.write_lines("ledger/others.jsonl", kept)
    pack.prove()


def change_a_row_whose_leaves_are_hidden(pack):
    """The last ticket, filed after the period: its leaves are left out, so that nothing contradicts the row."""
    last = pack.lines("registers/tickets.jsonl")[-1]
    _hide_the_leaves(pack, f"grievances.ticket:{last['reference']}")
    _set("tickets", "received_at", "2026-10-30T06:30:00.000Z", lambda row: row["row"] == last["row"])(pack)


def call_a_hidden_statement_erased(pack):
    """The same, and the list of what is missing names an entry that was not erased."""
    change_a_row_whose_leaves_are_hidden(pack)
    last = pack.lines("registers/tickets.jsonl")[-1]["reference"]
    pack.files["MISSING.csv"] += f"statement of a row,tickets {last} 3,{ERASED}\r\n".encode()


def name_an_erased_leaf_twice(pack):
    """The same, with the entry that another row names."""
    change_a_row_whose_leaves_are_hidden(pack)
    last = pack.lines("registers/tickets.jsonl")[-1]["reference"]
    line = next(line for line in pack.files["MISSING.csv"].decode().split("\r\n") if line.startswith("statement"))
    place = line.split(",")[1].rpartition(" ")[2]
    pack.files["MISSING.csv"] += f"statement of a row,tickets {last} {place},{ERASED}\r\n".encode()


def name_no_erased_statement(pack):
    lines = pack.files["MISSING.csv"].decode().split("\r\n")
    pack.files["MISSING.csv"] = "\r\n".join(line for line in lines if not line.startswith("statement")).encode()


#: Rows whose leaf is outside the period.
OUTSIDE = {
    change_a_row_whose_leaves_are_hidden: r"registers/.*\.csv: no entry of the log states the row .*, and MISSING\.csv names none as erased",
    call_a_hidden_statement_erased: r"MISSING\.csv: it names entry .* as erased for the row .*, but the entry was not erased",
    name_an_erased_leaf_twice: r"MISSING\.csv: one erased entry is named for two rows",
    name_no_erased_statement: r"registers/.*\.csv: no entry of the log states the row .*, and MISSING\.csv names none as erased",
}
