"""Forgeries of columns that a later act changed: the row says again what it said before, or what nobody ever stated."""

import json

from portal.kernel.ledger import program
from tests.evidence.forgeries import OF_OTHER_DAYS, _name_as_missing, _set

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
    _name_erased(pack, f"tickets {last} grievances.ticket.filed 3")


def name_an_erased_leaf_twice(pack):
    """The same, with the entry that another row names."""
    change_a_row_whose_leaves_are_hidden(pack)
    last = pack.lines("registers/tickets.jsonl")[-1]["reference"]
    line = next(line for line in pack.files["MISSING.csv"].decode().split("\r\n") if line.startswith("statement"))
    place = line.split(",")[1].rpartition(" ")[2]
    _name_erased(pack, f"tickets {last} grievances.ticket.filed {place}")


def _name_erased(pack, name):
    _name_as_missing(pack, "statement of a row", name, ERASED)


def _erased_in_the_period(pack):
    """The place of the entry of October that was erased: an act of staff about no register."""
    return next(row["index"] for row in pack.lines("ledger/leaves.jsonl") if row.get("erased"))


def _row_of(pack, column, *, after):
    """A ticket that has a value there, filed before or after a place of the log."""
    filed = {}
    for row in (*pack.lines("ledger/leaves.jsonl"), *pack.lines("ledger/others.jsonl")):
        said = json.loads(row.get("payload", "{}"))
        if said.get("act") == "grievances.ticket.filed":
            filed[said["about"].partition(":")[2]] = row["index"]
    rows = pack.lines("registers/tickets.jsonl")
    return next(row for row in rows if row[column] and (filed.get(row["reference"], -1) > after[0]) == after[1])


def _free_by_an_entry(act, *, column, later):
    """The erased entry of something else is named as an act about a ticket, and a time of it is changed."""

    def edit(pack):
        place = _erased_in_the_period(pack)
        row = _row_of(pack, column, after=(place, later))
        _name_erased(pack, f"tickets {row['reference']} {act} {place}")
        _set("tickets", column, "2026-10-30T10:00:00.000Z", lambda one: one["row"] == row["row"])(pack)

    edit.__name__ = f"free_{column}_by_an_entry_{'before' if later else 'after'}_the_row_as_{act}"
    return edit


def change_more_than_the_erased_act_states(pack):
    """The act by which a ticket was closed was erased, and its receipt is changed."""
    line = next(
        line
        for line in pack.files["MISSING.csv"].decode().split("\r\n")
        if line.startswith("statement of a row,tickets")
    )
    reference = line.split(" ")[4]
    _set("tickets", "received_at", "2026-10-11T06:30:00.000Z", lambda row: row["reference"] == reference)(pack)


def name_a_first_act_that_is_shown(pack):
    place, row = _erased_in_the_period(pack), pack.lines("registers/tickets.jsonl")[0]
    _name_erased(pack, f"tickets {row['reference']} grievances.ticket.filed {place}")


def name_an_act_of_another_register(pack):
    place, row = _erased_in_the_period(pack), pack.lines("registers/tickets.jsonl")[0]
    _name_erased(pack, f"tickets {row['reference']} vault.file.stored {place}")


#: Of a pack in which records of erasures do not name the act: an erased entry frees no row that it cannot be about.
FREED = {
    _free_by_an_entry(
        "grievances.ticket.closed", column="closed_at", later=True
    ): r"MISSING\.csv: it names the erased entry .* for the row tickets .*, which began after it",
    _free_by_an_entry(
        "grievances.ticket.closed", column="received_at", later=False
    ): r"registers/tickets\.csv, row \d+: received_at is ",
    _free_by_an_entry(
        "grievances.ticket.reopened", column="acknowledged_at", later=False
    ): r"registers/tickets\.csv, row \d+: acknowledged_at is ",
    change_more_than_the_erased_act_states: r"registers/tickets\.csv, row \d+: received_at is ",
    name_a_first_act_that_is_shown: r"MISSING\.csv: it names the erased entry .* for the row tickets .*, which has acts before it",
    name_an_act_of_another_register: "nothing of the registers is missing there",
}
#: Where the record of an erasure names the act, it was no other.
NAMED = {
    _free_by_an_entry(
        "grievances.ticket.acknowledged", column="acknowledged_at", later=False
    ): r"MISSING\.csv: it names the erased entry .* as the act grievances\.ticket\.acknowledged about the row .*, but its erasure was recorded as that of ",
}


def _dropped(register, name):
    """A row is taken out, and its act is named as one about a row of other days."""

    def edit(pack):
        row = pack.lines(f"registers/{register}.jsonl")[0]
        pack.keep_rows(register, lambda one: one != row)
        _name_as_missing(pack, "row", f"{register} {row[name]}", OF_OTHER_DAYS)

    edit.__name__ = f"drop_one_of_{register}_and_name_it"
    return edit


def _sample(place, edit_more):
    def edit(pack):
        reference = pack.manifest["sample"]["drawn"][place]
        for end in ("json", "txt"):
            del pack.files[f"samples/drawn/{reference}.{end}"]
        edit_more(pack, reference)

    edit.__name__ = edit_more.__name__
    return edit


def leave_out_a_sample(pack, reference):
    pack.manifest["sample"]["drawn"].remove(reference)


def leave_out_a_sample_as_of_other_days(pack, reference):
    pack.manifest["sample"]["drawn"].remove(reference)
    _name_as_missing(pack, "sample", reference, program.reasons()["sample"]["days"])


def call_a_sample_lost(pack, reference):
    _name_as_missing(pack, "sample", reference, program.reasons()["sample"]["lost"])


def call_a_sample_unknown(pack, reference):
    _name_as_missing(pack, "sample", reference, program.reasons()["sample"]["unknown"])


def leave_out_a_sample_of_other_days_unnamed(pack):
    lines = pack.files["MISSING.csv"].decode().split("\r\n")
    kept = [line for line in lines if not line.startswith("sample,")]
    assert len(kept) < len(lines)
    pack.files["MISSING.csv"] = "\r\n".join(kept).encode()


def leave_a_notified_recipient_unnamed(pack):
    lines = pack.files["MISSING.csv"].decode().split("\r\n")
    kept = [line for line in lines if not line.startswith("recipient notification,")]
    assert len(kept) < len(lines)
    pack.files["MISSING.csv"] = "\r\n".join(kept).encode()


def call_a_letter_a_notification(pack):
    path = next(path for path in pack.files if path.startswith("letters/"))
    why = program.reasons()["recipient notification"]["webhook"]
    _name_as_missing(pack, "recipient notification", path[8:].partition(".en.")[0], why)


GONE = "the row .* is not there, but the log has an act about it in the period"
TAKEN_OUT = r"samples/drawn/.*\.json: the log recorded the drawing of this sample in the period, but it is not there"
NOTIFIED = r"MISSING\.csv: the notifications of recipients that it names are not those of registers/messages\.csv"
UNTRUE = "the reason for which the sample .* is left out is not true of it"
#: Of a pack with a hold, a file, an erasure run and samples that were drawn in its period: none is left out without a word.
KEPT = {
    _dropped("holds", "row"): rf"registers/holds\.csv: {GONE}",
    _dropped("files", "id"): rf"registers/files\.csv: {GONE}",
    _dropped("erasure_runs", "reference"): rf"registers/erasure_runs\.csv: {GONE}",
    _set("holds", "placed_at", "2026-10-02T10:00:00.000Z"): r"registers/holds\.csv, row \d+: placed_at is ",
    _set("files", "stored_at", "2026-10-02T10:00:00.000Z"): r"registers/files\.csv, row .*: stored_at is ",
    _sample(0, leave_out_a_sample): TAKEN_OUT,
    _sample(0, leave_out_a_sample_as_of_other_days): TAKEN_OUT,
    _sample(0, call_a_sample_lost): UNTRUE,
    _sample(0, call_a_sample_unknown): UNTRUE,
    leave_out_a_sample_of_other_days_unnamed: TAKEN_OUT,
    leave_a_notified_recipient_unnamed: NOTIFIED,
    call_a_letter_a_notification: NOTIFIED,
}


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
