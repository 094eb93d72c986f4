"""What a forger changes in an honest pack: the eleven that were seen in life, and more."""

import json
from hashlib import sha256

import rfc8785

from portal.fronts.evidence import sampling
from portal.fronts.evidence.reports.tables import Table, csv_of
from portal.kernel.ledger import program


def drop_a_consent(pack):
    last = pack.lines("registers/consents.jsonl")[-1]
    pack.keep_rows("consents", lambda row: row != last)


def turn_withdrawn_into_given(pack):
    cells = pack.cells("consents")
    assert any("withdrawn" in line for line in cells)
    pack.write_cells("consents", [["given" if cell == "withdrawn" else cell for cell in line] for line in cells])


def change_the_time_of_a_grievance(pack):
    first = pack.lines("registers/tickets.jsonl")[0]["reference"]

    def later(row):
        if row["reference"] == first:
            row["received_at"] = "2026-10-20T06:30:00.000Z"

    pack.change_rows("tickets", later)


def call_a_record_erased(pack):
    rows = pack.lines("ledger/leaves.jsonl")
    place = next(place for place, row in enumerate(rows) if place > 4 and "payload" in row)
    rows[place] = {"index": rows[place]["index"], "leaf": rows[place]["leaf"], "erased": True}
    pack.write_leaves(rows)
    pack.name_erased()


def strip_a_record(pack):
    rows = pack.lines("ledger/leaves.jsonl")
    place = next(place for place, row in enumerate(rows) if place > 4 and "payload" in row)
    rows[place] = {"index": rows[place]["index"], "leaf": rows[place]["leaf"]}
    pack.write_leaves(rows)


def leave_out_the_first_leaves(pack):
    pack.write_leaves(pack.lines("ledger/leaves.jsonl")[4:])


def leave_out_the_last_leaves(pack):
    pack.write_leaves(pack.lines("ledger/leaves.jsonl")[:-4])


def turn_missing_into_fresh(pack):
    body = pack.body("controls.json")
    wanting = {"missing": "fresh", "stale": "fresh", "missed": "met", "no_case": "met", "not_measured": "met"}
    for control in (*body["measures"], *body["law"]):
        control["state"] = wanting.get(control["state"], control["state"])
    assert body != pack.body("controls.json")
    pack.write_body("controls.json", body)


def count_9999_rows(pack):
    pack.manifest["registers"]["consents"] = 9999


def swap_a_receipt_of_the_sample(pack):
    rows = pack.lines("ledger/leaves.jsonl")
    told = pack.body("samples/sample.json")
    other = next(str(row["index"]) for row in rows if pack.is_counted(row) and str(row["index"]) not in told["chosen"])
    chosen = [other, *told["chosen"][1:]]
    pack.draw([str(row["index"]) for row in rows if pack.is_counted(row)], chosen=chosen)


def put_the_members_in_another_order(pack):
    pack.order = lambda names: sorted(names, reverse=True)


#: The eleven of the issue, and a part of what is said of each. The receipt of the sample was refused from the beginning.
ELEVEN = {
    drop_a_consent: r"registers/consents\.csv: entry .* of the log has no row here",
    turn_withdrawn_into_given: r"registers/consents\.csv: it does not say the same as registers/.*\.jsonl",
    change_the_time_of_a_grievance: r"registers/tickets\.csv, row \d+: received_at is ",
    call_a_record_erased: "ledger, entry .*: it is called erased, but no later entry records the erasure",
    strip_a_record: "ledger, entry .*: it has no content and is not called erased",
    leave_out_the_first_leaves: r"ledger/leaves\.jsonl: it does not begin with an entry from before the period",
    leave_out_the_last_leaves: r"ledger/leaves\.jsonl: it does not end with an entry from after the period",
    turn_missing_into_fresh: r"controls\.json: the log recorded another content for this period",
    count_9999_rows: r"registers/consents\.jsonl: manifest\.json counts another number of rows",
    swap_a_receipt_of_the_sample: r"samples/sample\.json: the seed draws other entries",
    put_the_members_in_another_order: "The files of the pack are in another order than packs have",
}


def _set(register, column, value, which=lambda row: True):
    """An edit of one cell in both forms of a register: of the first row that ``which`` takes."""

    def edit(pack):
        wanted = next(row["row"] for row in pack.lines(f"registers/{register}.jsonl") if which(row))

        def change(row):
            if row["row"] == wanted:
                assert row[column] != value, (register, column)
                row[column] = value

        pack.change_rows(register, change)

    edit.__name__ = f"set_{column}_of_{register}"
    return edit


def _place(pack, *, inside=True):
    """The place among the leaves of one in the middle of the period that has its content."""
    rows = pack.lines("ledger/leaves.jsonl")
    return next(place for place, row in enumerate(rows) if place > len(rows) // 2 and pack.is_counted(row) == inside)


def drop_an_act(pack):
    last = pack.lines("registers/audit.jsonl")[-1]
    pack.keep_rows("audit", lambda row: row != last)


def drop_a_ticket(pack):
    last = pack.lines("registers/tickets.jsonl")[-1]
    pack.keep_rows("tickets", lambda row: row != last)


def invent_a_consent(pack):
    last = pack.lines("registers/consents.jsonl")[-1]
    pack.add_row("consents", {**last, "row": last["row"] + 1, "leaf_index": last["leaf_index"] + 1})


def show_a_consent_twice(pack):
    last = pack.lines("registers/consents.jsonl")[-1]
    pack.add_row("consents", {**last, "row": last["row"] + 1})


def show_a_consent_of_another_month(pack):
    last = pack.lines("registers/consents.jsonl")[-1]
    pack.add_row("consents", {**last, "row": last["row"] + 1, "leaf_index": 0})


def hang_a_consent_on_an_erased_leaf(pack):
    last = pack.lines("registers/consents.jsonl")[-1]
    erased = next(row["index"] for row in pack.lines("ledger/leaves.jsonl") if row.get("erased"))
    pack.add_row("consents", {**last, "row": last["row"] + 1, "leaf_index": erased, "answer": "given"})


def change_places_of_two_consents(pack):
    first, *_others, last = pack.lines("registers/consents.jsonl")

    def swap(row):
        pairs = {first["row"]: last["leaf_index"], last["row"]: first["leaf_index"]}
        row["leaf_index"] = pairs.get(row["row"], row["leaf_index"])

    pack.change_rows("consents", swap)


def turn_the_rows_around(pack):
    heads, *cells = pack.cells("consents")
    pack.write_lines("registers/consents.jsonl", pack.lines("registers/consents.jsonl")[::-1])
    pack.write_cells("consents", [heads, *cells[::-1]])


def change_lines_for_programs_alone(pack):
    rows = pack.lines("registers/clocks.jsonl")
    rows[0]["due_at"] = "2026-12-31T00:00:00.000Z"
    pack.write_lines("registers/clocks.jsonl", rows)


def change_cells_for_people_alone(pack):
    heads, first, *others = pack.cells("clocks")
    first[heads.index("state")] = "paused"
    pack.write_cells("clocks", [heads, first, *others])


def leave_out_a_register(pack):
    for end in ("csv", "jsonl"):
        del pack.files[f"registers/sign_ins.{end}"]
    del pack.manifest["registers"]["sign_ins"]


def add_a_register(pack):
    pack.files["registers/more.csv"], pack.files["registers/more.jsonl"] = b"row\r\n", b""
    pack.manifest["registers"]["more"] = 0


def leave_out_a_column(pack):
    heads, *cells = pack.cells("consents")
    at = heads.index("answer")
    pack.write_cells("consents", [[*line[:at], *line[at + 1 :]] for line in (heads, *cells)])
    rows = pack.lines("registers/consents.jsonl")
    pack.write_lines("registers/consents.jsonl", [{k: v for k, v in row.items() if k != "answer"} for row in rows])


def leave_out_a_leaf_in_the_middle(pack):
    rows = pack.lines("ledger/leaves.jsonl")
    del rows[_place(pack)]
    pack.write_leaves(rows)


def show_a_leaf_twice(pack):
    rows = pack.lines("ledger/leaves.jsonl")
    place = _place(pack)
    pack.write_leaves([*rows[:place], rows[place], *rows[place:]])


def change_the_content_of_a_leaf(pack):
    rows = pack.lines("ledger/leaves.jsonl")
    row = next(row for row in rows if "withdrawn" in row.get("payload", ""))
    row["payload"] = row["payload"].replace("withdrawn", "given")
    pack.write_leaves(rows)


def exchange_the_contents_of_two_leaves(pack):
    rows = pack.lines("ledger/leaves.jsonl")
    one, two = [row for row in rows if pack.is_counted(row)][:2]
    for name in ("salt", "payload"):
        one[name], two[name] = two[name], one[name]
    pack.write_leaves(rows)


def hide_the_redaction(pack):
    rows = pack.lines("ledger/others.jsonl")
    pack.write_lines("ledger/others.jsonl", [row for row in rows if '"redaction"' not in row["payload"]])
    pack.prove()


def let_a_redaction_name_another_leaf(pack):
    rows = pack.lines("ledger/others.jsonl")
    row = next(row for row in rows if '"redaction"' in row["payload"])
    said = json.loads(row["payload"])
    row["payload"] = row["payload"].replace(
        f'"target_index":{said["target_index"]}', f'"target_index":{said["target_index"] + 1}'
    )
    pack.write_lines("ledger/others.jsonl", rows)


def end_the_period_earlier(pack):
    pack.manifest["period"]["to"] = "2026-10-12"


def end_the_period_at_an_instant(pack):
    pack.manifest["period"]["until"] = "2026-10-13T00:00:00.000Z"


def count_more_records(pack):
    pack.manifest["records"] += 1


def count_nothing_erased(pack):
    pack.manifest["erased_entries"] = 0


def leave_an_erased_record_unnamed(pack):
    lines = pack.files["MISSING.csv"].decode().split("\r\n")
    pack.files["MISSING.csv"] = "\r\n".join(line for line in lines if not line.startswith("erased record,")).encode()


def name_another_checkpoint(pack):
    pack.manifest["checkpoint"]["root"] = "A" * 43 + "="


def change_the_policy_map(pack):
    pack.files["policy-map.json"] += b" "


def change_a_report(pack):
    """Both forms, as an operator would: the counted figures are others."""
    path = "reports/2026-10-consents"
    tables = json.loads(pack.files[f"{path}.json"])
    tables[0]["note"] = "All is well."
    tables[0]["title"] = "Fewer"
    pack.files[f"{path}.json"] = rfc8785.dumps(tables)
    pack.files[f"{path}.csv"] = csv_of([Table(**table) for table in tables])


def change_a_report_for_people_alone(pack):
    path = "reports/2026-10-grievances.csv"
    pack.files[path] = pack.files[path].replace(b"3", b"2", 1)


def leave_out_a_report(pack):
    for end in ("csv", "json"):
        del pack.files[f"reports/2026-10-incidents.{end}"]


def change_a_letter(pack):
    path = next(path for path in pack.files if path.startswith("letters/"))
    text = pack.files.pop(path) + b" And more."
    kind, language, _hash, _end = path.removeprefix("letters/").rsplit(".", 3)
    pack.files[f"letters/{kind}.{language}.{sha256(text).hexdigest()[:12]}.txt"] = text


def add_a_file(pack):
    pack.files["certificate.pdf"] = b"%PDF-1.7"


def draw_in_another_way(pack):
    told, rows = pack.body("samples/sample.json"), pack.lines("ledger/leaves.jsonl")
    population = [str(row["index"]) for row in rows if pack.is_counted(row)]
    pack.draw(population, chosen=population[: told["size"]])
    pack.write_body("samples/sample.json", {**pack.body("samples/sample.json"), "method": "first"})


def draw_from_fewer(pack):
    population = pack.files["samples/population.txt"].decode().split()
    records = pack.manifest["records"]
    pack.draw(population[1:])
    pack.manifest["records"] = records


def rename_a_column(register):
    def edit(pack):
        (heads, *cells), last = pack.cells(register), "confidence"
        pack.write_cells(register, [["certainty" if head == last else head for head in heads], *cells])
        rows = pack.lines(f"registers/{register}.jsonl")
        renamed = [{"certainty" if name == last else name: value for name, value in row.items()} for row in rows]
        pack.write_lines(f"registers/{register}.jsonl", renamed)

    edit.__name__ = f"rename_a_column_of_{register}"
    return edit


def rename_a_column_of_an_empty_register(pack):
    assert not pack.lines("registers/disclosures.jsonl")
    pack.files["registers/disclosures.csv"] = pack.files["registers/disclosures.csv"].replace(b"basis", b"why")


def exchange_two_empty_registers(pack):
    for end in ("csv", "jsonl"):
        one, two = f"registers/book_contract.{end}", f"registers/book_transfer.{end}"
        pack.files[one], pack.files[two] = pack.files[two], pack.files[one]


def empty_the_rules(pack):
    pack.keep_rows("legal_rules", lambda row: False)


def say_that_a_ticket_was_in_force_and_not_entered(pack):
    rows, (heads, *cells) = pack.lines("registers/tickets.jsonl"), pack.cells("tickets")
    rows[0]["in_period"] = ["in_force"]
    cells[0][heads.index("in_period")] = "in_force"
    pack.write_lines("registers/tickets.jsonl", rows)
    pack.write_cells("tickets", [heads, *cells])


def _in_lines(register, change):
    """An edit of the bytes of the first line for programs; what it says stays the same."""

    def edit(pack):
        path = f"registers/{register}.jsonl"
        first, rest = pack.files[path].split(b"\n", 1)
        changed = change(first)
        assert changed != first
        pack.files[path] = changed + b"\n" + rest

    edit.__name__ = change.__name__
    return edit


def write_a_number_as_a_fraction(line):
    return line.replace(b'"number":1,', b'"number":1.0,')


def write_a_letter_as_its_number(line):
    return line.replace(b'"consent"', b'"\\u0063onsent"')


def write_a_space_more(line):
    return line.replace(b":", b": ", 1)


def end_cells_otherwise(pack):
    pack.files["registers/clocks.csv"] = pack.files["registers/clocks.csv"].replace(b"\r\n", b"\n")


def hide_a_line_for_people(pack):
    """A line feed in a cell draws a row more for who opens the file with a simple tool."""
    heads, first, *others = pack.cells("legal_rules")
    first[-1] += "\r\n9,more"
    pack.write_cells("legal_rules", [heads, first, *others])


def hang_a_consent_on_an_act(pack):
    place = pack.lines("registers/audit.jsonl")[-1]["leaf_index"]
    last = pack.lines("registers/consents.jsonl")[-1]
    pack.keep_rows("audit", lambda row: row["leaf_index"] != place)
    pack.add_row("consents", {**last, "row": last["row"] + 1, "leaf_index": place})


def invent_a_ticket_that_names_nothing(pack):
    last = pack.lines("registers/tickets.jsonl")[-1]
    pack.add_row("tickets", {**last, "row": last["row"] + 1, "reference": None})


def exchange_the_people_of_two_tickets(pack):
    first, *_others, last = pack.lines("registers/tickets.jsonl")
    pairs = {first["row"]: last["subject_ref"], last["row"]: first["subject_ref"]}
    pack.change_rows("tickets", lambda row: row.update(subject_ref=pairs.get(row["row"], row["subject_ref"])))


def double_a_deadline_with_another_end(pack):
    last = pack.lines("registers/clocks.jsonl")[-1]
    pack.add_row("clocks", {**last, "row": last["row"] + 1, "target_at": "2026-12-31T00:00:00.000Z"})


def add_a_letter(pack):
    text = b"Another text."
    pack.files[f"letters/signin.otp.en.{sha256(text).hexdigest()[:12]}.txt"] = text


def leave_out_a_letter(pack):
    del pack.files[next(path for path in pack.files if path.startswith("letters/"))]


def doubles(pack):
    """For each register that has rows an edit that shows its last one twice."""

    def double(name):
        def edit(forged):
            last = forged.lines(f"registers/{name}.jsonl")[-1]
            number = last["row"]
            again = {**last, "row": number + 1 if isinstance(number, int) else f"{number}0"}
            forged.write_lines(f"registers/{name}.jsonl", [*forged.lines(f"registers/{name}.jsonl"), again])
            heads, *cells = forged.cells(name)
            line = [str(again["row"]) if head == "row" else text for head, text in zip(heads, cells[-1], strict=True)]
            forged.write_cells(name, [heads, *cells, line])
            forged.count(name)

        edit.__name__ = f"double_a_row_of_{name}"
        return edit

    return {double(name): "" for name, count in pack.manifest["registers"].items() if count}


def drop_a_deadline(pack):
    first = pack.lines("registers/clocks.jsonl")[0]
    pack.keep_rows("clocks", lambda row: row != first)


def _restated(path, change):
    """An edit of a file that the operator states anew in the log."""

    def edit(pack):
        body = pack.body(path)
        change(body)
        assert body != pack.body(path)
        pack.write_body(path, body)
        pack.restate(path)

    edit.__name__ = change.__name__
    return edit


def call_missed_duties_met(body):
    for control in body["law"]:
        if control["derived_from"] == "registers/clocks":
            control["state"] = "met"


def add_cases_that_were_met(body):
    control = next(one for one in body["law"] if one["derived_from"] == "registers/clocks")
    control["met"] += 1
    control["population"] += 1
    control["state"] = "missed" if control["missed"] else "met"


def leave_out_a_duty(body):
    body["law"].remove(next(one for one in body["law"] if one.get("running")))


def list_a_duty_twice(body):
    body["law"].append(body["law"][0])


def leave_out_a_measure(body):
    del body["measures"][0]


def call_a_duty_no_deadline(body):
    control = next(one for one in body["law"] if one["derived_from"] == "registers/clocks" and one["running"])
    control |= {"state": "not_measured", "derived_from": None}


def call_an_old_measure_fresh(body):
    body["measures"][0]["state"] = "fresh"


def move_the_period_of_the_controls(body):
    body["about"]["end"] = body["about"]["start"]


def _frozen(change):
    """An edit of the frozen sample, drawn again from what it then says."""

    def edit(pack):
        (reference,) = pack.manifest["sample"]["drawn"]
        path = f"samples/drawn/{reference}"
        told, population = pack.body(f"{path}.json"), pack.files[f"{path}.txt"].decode().splitlines()
        told, population = change(told, population)
        told["population_size"], told["population_sha256"] = len(population), sampling.digest(population)
        told["chosen"] = sampling.drawn(population, method=told["method"], size=told["size"], seed=told["seed"])
        pack.write_body(f"{path}.json", told)
        pack.files[f"{path}.txt"] = sampling.listed(population)

    edit.__name__ = change.__name__
    return edit


@_frozen
def freeze_another_seed(told, population):
    return {**told, "seed": told["seed"] + 1}, population


@_frozen
def freeze_fewer_rows(told, population):
    return told, population[1:]


@_frozen
def freeze_a_smaller_sample(told, population):
    return {**told, "size": told["size"] - 1}, population


@_frozen
def freeze_another_row(told, population):
    number, reference, _hash = population[0].split(",")
    return told, [f"{number},{reference},{'0' * 64}", *population[1:]]


def _name_as_missing(pack, kind, name, why):
    """A line more in the list of what is missing."""
    pack.files["MISSING.csv"] += f"{kind},{name},{quoted(why)}\r\n".encode()


def quoted(text):
    return f'"{text}"' if "," in text else text


OF_OTHER_DAYS = "An act of the period is about this row, but the row belongs to other days."


def _named(register, column, value, keys, which=lambda row: True):
    """An edit of a time that a leaf states, and the list of what is missing names the act that states it."""

    def edit(pack):
        row = next(row for row in pack.lines(f"registers/{register}.jsonl") if row[column] and which(row))
        _set(register, column, value, lambda one: one["row"] == row["row"])(pack)
        _name_as_missing(pack, "row", " ".join([register, *(row[key] for key in keys)]), OF_OTHER_DAYS)

    edit.__name__ = f"set_{column}_of_{register}_and_name_the_act"
    return edit


def name_a_row_that_is_there(pack):
    row = pack.lines("registers/files.jsonl")[0]
    _name_as_missing(pack, "row", f"files {row['id']}", OF_OTHER_DAYS)


def name_a_letter_that_is_there(pack):
    path = next(path for path in pack.files if path.startswith("letters/"))
    _name_as_missing(pack, "letter", path[8:-4], program.reasons()["letter"]["lost"])


def name_a_report_that_is_there(pack):
    _name_as_missing(pack, "report", "2026-10 incidents", program.reasons()["report"]["failed"])


def name_something_else(pack):
    _name_as_missing(pack, "certificate", "of honesty", "It is on its way.")


def give_another_reason(pack):
    reason = program.reasons()["erased record"]["erased"]
    before = pack.files["MISSING.csv"]
    pack.files["MISSING.csv"] = before.replace(quoted(reason).encode(), b"It is secret.")
    assert pack.files["MISSING.csv"] != before


def leave_a_missed_duty_unnamed(pack):
    lines = pack.files["MISSING.csv"].decode().split("\r\n")
    kept = [line for line in lines if not line.startswith("duty of law,")]
    assert len(kept) < len(lines)
    pack.files["MISSING.csv"] = "\r\n".join(kept).encode()


def hide_what_is_missing_in_a_cell(pack):
    """A quote that is never closed swallows the lines after it in a simple tool."""
    pack.files["MISSING.csv"] = pack.files["MISSING.csv"].replace(b"why\r\n", b'"why"\r\n', 1)


def drop_a_ticket_and_name_it(pack):
    last = pack.lines("registers/tickets.jsonl")[-1]
    pack.keep_rows("tickets", lambda row: row != last)
    _name_as_missing(pack, "row", f"tickets {last['reference']}", OF_OTHER_DAYS)


def drop_a_deadline_that_ended_and_name_it(pack):
    row = next(row for row in pack.lines("registers/clocks.jsonl") if row["stopped_at"])
    pack.keep_rows("clocks", lambda one: one != row)
    _name_as_missing(pack, "row", f"clocks {row['owner']} {row['rule_key']} {row['stopped_at']}", OF_OTHER_DAYS)
    key = f"{row['owner']} {row['kind']} {row['rule_key']} {row['started_at']}"
    _name_as_missing(pack, "row", f"clocks {key}", OF_OTHER_DAYS)


def leave_out_a_message(pack):
    """With the text of its letter, so that nothing else tells of it."""
    pack.keep_rows("messages", lambda row: row["kind"] != "signin.otp")
    for path in [path for path in pack.files if path.startswith("letters/")]:
        del pack.files[path]


#: More, each with a part of what is said of it.
MORE = {
    _named(
        "tickets", "closed_at", "2026-10-13T10:00:00.000Z", ["reference", "closed_at"]
    ): r"registers/tickets\.csv, row \d+: closed_at is ",
    _named(
        "tickets", "acknowledged_at", "2026-10-12T10:00:00.000Z", ["reference", "acknowledged_at"]
    ): r"registers/tickets\.csv, row \d+: acknowledged_at is ",
    _named(
        "clocks", "stopped_at", "2026-10-12T10:00:00.000Z", ["owner", "rule_key", "stopped_at"]
    ): r"registers/clocks\.csv, row \d+: stopped_at is ",
    _set("clocks", "due_at", "2026-12-31T18:29:59.000Z"): r"registers/clocks\.csv, row \d+: due_at is ",
    _set("clocks", "ended", "corrected", lambda row: row["stopped_at"]): r"registers/\w+\.csv, row \d+: stopped_at is ",
    _set(
        "messages", "sent_at", "2026-10-30T10:00:00.000Z", lambda row: row["kind"] == "signin.otp"
    ): r"registers/messages\.csv, row \d+: sent_at is ",
    _set(
        "role_grants", "ends_at", "2026-12-31T00:00:00.000Z", lambda row: row["role"] == "support"
    ): r"registers/role_grants\.csv, row \d+: ends_at is ",
    name_a_row_that_is_there: "nothing of the registers is missing there",
    name_a_letter_that_is_there: "it names the letter .*, which is there or was not sent in the period",
    name_a_report_that_is_there: "the report .* of .* is named as missing, but it is there",
    name_something_else: "names nothing of this kind as missing",
    give_another_reason: "a pack knows no such reason",
    leave_a_missed_duty_unnamed: "it does not name the same things of the kind “duty of law” as the files",
    hide_what_is_missing_in_a_cell: "it is not written as packs write it",
    drop_a_ticket_and_name_it: r"registers/tickets\.csv: the row .* is not there, but the log has an act about it in the period",
    drop_a_deadline_that_ended_and_name_it: r"registers/clocks\.csv: the row .* is not there, but the log has an act about it in the period",
    leave_out_a_message: r"registers/messages\.csv: the row .* is not there, but the log has an act about it in the period",
    _set("consents", "occurred_at", "2026-10-01T00:00:00.000Z"): r"registers/consents\.csv, row \d+: occurred_at is ",
    _set(
        "consents", "subject_ref", "00000000-0000-4000-8000-000000000000"
    ): r"registers/\w+\.csv, row \d+: subject_ref is ",
    _set("consents", "answer", "denied"): r"registers/\w+\.csv, row \d+: answer is ",
    _set("consents", "expires_at", None): r"registers/\w+\.csv, row \d+: expires_at is ",
    _set("audit", "actor", "staff:999"): r"registers/audit\.csv, row \d+: actor is ",
    _set(
        "audit",
        "subject_ref",
        "00000000-0000-4000-8000-000000000000",
        lambda row: row["subject_ref"] is None and row["at"] > "2026-10-13",
    ): r"registers/\w+\.csv, row \d+: subject_ref is ",
    _set("audit", "about", "people.customer:OS-CU-0000-0000"): r"registers/\w+\.csv, row \d+: about is ",
    _set("audit", "at", "2026-10-01T00:00:00.000Z"): r"registers/\w+\.csv, row \d+: at is ",
    _set("tickets", "subject_ref", "00000000-0000-4000-8000-000000000000"): r"registers/tickets\.csv, row \d+: \w+ is ",
    _set(
        "role_grants", "role", "administrator", lambda row: row["role"] == "support"
    ): r"registers/role_grants\.csv, row \d+: role is ",
    _set(
        "messages", "purpose", "marketing", lambda row: row["kind"] == "signin.otp"
    ): r"registers/messages\.csv, row \d+: purpose is ",
    _set(
        "clocks", "started_at", "2026-10-11T00:00:00.000Z"
    ): r"registers/.*\.csv: no entry of the log states the row .*, and MISSING\.csv names none as erased",
    _set(
        "clocks", "stopped_at", "2026-10-12T10:00:00.000Z", lambda row: row["stopped_at"]
    ): r"registers/clocks\.csv, row \d+: stopped_at is ",
    drop_a_deadline: r"registers/clocks\.csv: the row .* is not there, but the log has an act about it in the period",
    _restated(
        "controls.json", call_missed_duties_met
    ): r"controls\.json, control .*: registers/clocks\.csv gives another state or other cases",
    _restated(
        "controls.json", add_cases_that_were_met
    ): r"controls\.json, control .*: registers/clocks\.csv gives another state or other cases",
    _restated(
        "controls.json", call_a_duty_no_deadline
    ): r"controls\.json, control .*: registers/clocks\.csv gives another state or other cases",
    _restated(
        "controls.json", call_an_old_measure_fresh
    ): r"controls\.json, measure .*: registers/book_measure\.csv gives another state",
    _restated(
        "controls.json", move_the_period_of_the_controls
    ): r"controls\.json: it is about another period than the pack",
    _set("tickets", "acknowledged_at", "2026-10-02T00:00:00.000Z"): r"registers/\w+\.csv, row \d+: acknowledged_at is ",
    _set("tickets", "closed_at", None, lambda row: row["closed_at"]): r"registers/\w+\.csv, row \d+: closed_at is ",
    _set(
        "tickets", "closed_because", "erased", lambda row: row["closed_at"]
    ): r"registers/\w+\.csv, row \d+: closed_because is ",
    drop_an_act: r"registers/audit\.csv: entry .* of the log has no row here",
    drop_a_ticket: r"registers/tickets\.csv: the row .* is not there, but the log has an act about it in the period",
    invent_a_consent: r"registers/consents\.csv: two rows name the same entry of the log",
    show_a_consent_twice: r"registers/consents\.csv: a row is there twice",
    show_a_consent_of_another_month: r"registers/consents\.csv: a row names an entry that is not one of the period",
    hang_a_consent_on_an_erased_leaf: r"registers/consents\.csv: two rows name the same entry of the log",
    change_places_of_two_consents: r"registers/consents\.csv, row \d+: event_id is ",
    turn_the_rows_around: r"registers/consents\.jsonl: its rows are not in the order of their numbers",
    change_lines_for_programs_alone: r"registers/clocks\.csv: it does not say the same as registers/.*\.jsonl",
    change_cells_for_people_alone: r"registers/clocks\.csv: it does not say the same as registers/.*\.jsonl",
    leave_out_a_register: "registers/: a register is missing, or one is too many",
    add_a_register: "registers/: a register is missing, or one is too many",
    leave_out_a_column: r"registers/consents\.jsonl: it does not have the columns of this register",
    leave_out_a_leaf_in_the_middle: r"ledger/leaves\.jsonl: an entry of the period is missing or there twice",
    show_a_leaf_twice: r"ledger/leaves\.jsonl: an entry of the period is missing or there twice",
    change_the_content_of_a_leaf: "ledger, entry .*: its content is not what the log recorded",
    exchange_the_contents_of_two_leaves: "ledger, entry .*: its content is not what the log recorded",
    hide_the_redaction: "ledger, entry .*: it is called erased, but no later entry records the erasure",
    let_a_redaction_name_another_leaf: "ledger, entry .*: its content is not what the log recorded",
    end_the_period_earlier: "",
    end_the_period_at_an_instant: "",
    count_more_records: r"manifest\.json: it counts another number of entries than ledger/leaves\.jsonl",
    count_nothing_erased: r"manifest\.json: it counts another number of entries than ledger/leaves\.jsonl",
    leave_an_erased_record_unnamed: r"MISSING\.csv: the erased entries that it names are not those of ledger/leaves\.jsonl",
    name_another_checkpoint: r"manifest\.json: it names another checkpoint than ledger/checkpoint\.txt",
    change_the_policy_map: r"policy-map\.json: the log recorded another content for this period",
    change_a_report: r"\.json: the log recorded another content of this report",
    change_a_report_for_people_alone: r"reports/2026-10-grievances\.csv: it does not say the same as reports/2026-10-grievances\.json",
    leave_out_a_report: r"reports/2026-10-incidents\.csv: the report is not there, and MISSING\.csv does not name it",
    change_a_letter: r"letters/.*\.txt: this text was sent in the period, but it is not there, and MISSING\.csv does not name it",
    add_a_letter: r": registers/messages\.csv has no message with this text",
    add_a_file: ": packs have no such file",
    draw_in_another_way: r"samples/sample\.json: method, size or seed are not those of manifest\.json",
    draw_from_fewer: r"samples/population\.txt: it is not the list of the entries of the period",
    freeze_another_seed: r"samples/drawn/.*\.json: the log recorded another sample",
    freeze_fewer_rows: r"samples/drawn/.*\.json: the log recorded another sample",
    freeze_a_smaller_sample: r"samples/drawn/.*\.json: the log recorded another sample",
    freeze_another_row: r"samples/drawn/.*\.json: the log recorded another sample",
    rename_a_column("legal_rules"): r"registers/legal_rules\.jsonl: it does not have the columns of this register",
    rename_a_column_of_an_empty_register: r"registers/disclosures\.csv: it does not say the same as registers/.*\.jsonl",
    exchange_two_empty_registers: r"registers/book_contract\.csv: it does not say the same as registers/.*\.jsonl",
    empty_the_rules: r"controls\.json, control .*: registers/legal_rules\.csv does not have its rule",
    say_that_a_ticket_was_in_force_and_not_entered: r"registers/tickets\.csv, row \d+: in_period does not follow from the dates of the row",
    _in_lines("notice_versions", write_a_number_as_a_fraction): "",
    _in_lines(
        "notice_versions", write_a_letter_as_its_number
    ): r"registers/notice_versions\.jsonl: a row is not written as packs write it",
    _in_lines(
        "notice_versions", write_a_space_more
    ): r"registers/notice_versions\.jsonl: a row is not written as packs write it",
    end_cells_otherwise: r"registers/clocks\.csv: it does not say the same as registers/.*\.jsonl",
    hide_a_line_for_people: r"registers/legal_rules\.csv: it does not say the same as registers/.*\.jsonl",
    hang_a_consent_on_an_act: r"registers/audit\.csv: entry .* of the log has no row here",
    invent_a_ticket_that_names_nothing: r"registers/tickets\.csv: a row is empty in a column that names it",
    exchange_the_people_of_two_tickets: r"registers/\w+\.csv, row \d+: subject_ref is ",
    double_a_deadline_with_another_end: r"registers/clocks\.csv: a row is there twice",
    leave_out_a_letter: r"letters/.*\.txt: this text was sent in the period, but it is not there, and MISSING\.csv does not name it",
    _restated(
        "controls.json", leave_out_a_duty
    ): r"controls\.json: the control .* is not there, though the registers have a case of it",
    _restated("controls.json", list_a_duty_twice): r"controls\.json: a control is there twice",
    _restated(
        "controls.json", leave_out_a_measure
    ): r"controls\.json: the control .* is not there, though the registers have a case of it",
}


def _paths(pack):
    return [path for path in sorted(pack.files) if path.startswith("attachments/")]


def leave_out_an_attachment(pack):
    del pack.files[_paths(pack)[0]]


def change_an_attachment(pack):
    pack.files[_paths(pack)[0]] += b" "


def exchange_two_attachments(pack):
    one, two = _paths(pack)[:2]
    pack.files[one], pack.files[two] = pack.files[two], pack.files[one]


def add_an_attachment(pack):
    pack.files["attachments/OS-AT-0000-0000-0000.pdf"] = b"%PDF-1.7"


def add_an_attachment_in_a_folder(pack):
    pack.files["attachments/a/b.pdf"] = b"%PDF-1.7"


def call_an_attachment_something_else(pack):
    path = _paths(pack)[0]
    pack.files[path.replace(".pdf", ".png")] = pack.files.pop(path)


def change_an_attachment_and_its_row(pack):
    path = _paths(pack)[0]
    pack.files[path] = content = b"%PDF-1.7 another"

    def change(row):
        if row["reference"] in path:
            row.update(sha256=sha256(content).hexdigest(), size=len(content))

    pack.change_rows("attachments", change)


def name_an_attachment_that_is_there(pack):
    _name_as_missing(pack, "attachment", _paths(pack)[0][12:-4], NOT_EXPORTED)


def name_an_attachment_that_nobody_has(pack):
    _name_as_missing(pack, "attachment", "OS-AT-0000-0000-0000", NOT_EXPORTED)


def leave_out_an_attachment_with_its_row(pack):
    path = _paths(pack)[0]
    del pack.files[path]
    pack.keep_rows("attachments", lambda row: row["reference"] not in path)


NOT_EXPORTED = "The role of the person who asked for the pack may not export this file."


def _left_out(why):
    """An edit that takes the first file out of the pack and names it as left out for this reason."""

    def edit(pack):
        path = _paths(pack)[0]
        del pack.files[path]
        words = program.reasons()["attachment"].get(why, why)
        _name_as_missing(pack, "attachment", path[12:-4], words)

    edit.__name__ = f"leave_out_an_attachment_as_{why}"
    return edit


def call_a_destroyed_attachment_one_of_people(pack):
    """The reason of one that is left out is exchanged for another."""
    reasons = program.reasons()["attachment"]
    before = pack.files["MISSING.csv"]
    pack.files["MISSING.csv"] = before.replace(
        quoted(reasons["destroyed"]).encode(), quoted(reasons["people"]).encode()
    )
    assert pack.files["MISSING.csv"] != before


def show_a_destroyed_attachment_as_kept(pack):
    _set("attachments", "ended_at", None, lambda row: row["ended_at"])(pack)


#: Of a pack that holds files of attachments.
ATTACHED = {
    _left_out("Lost in the post."): "a pack knows no such reason",
    _left_out("destroyed"): "the reason for which the attachment .* is left out is not true of it",
    _left_out("people"): "the reason for which the attachment .* is left out is not true of it",
    _left_out("size"): "the reason for which the attachment .* is left out is not true of it",
    _left_out("full"): "the reason for which the attachment .* is left out is not true of it",
    _left_out("command"): "it says that a command made the pack, which exports no files, but the pack contains some",
    call_a_destroyed_attachment_one_of_people: "the reason for which the attachment .* is left out is not true of it",
    show_a_destroyed_attachment_as_kept: r"registers/attachments\.csv, row \d+: ended_at is ",
    leave_out_an_attachment: r"attachments/: the file of .* is not there, and MISSING\.csv does not name it",
    change_an_attachment: r": it is not the file of its row in registers/attachments\.csv",
    exchange_two_attachments: r": it is not the file of its row in registers/attachments\.csv",
    add_an_attachment: r": registers/attachments\.csv has no row for it",
    add_an_attachment_in_a_folder: ": packs have no such file",
    call_an_attachment_something_else: r"attachments/: the file of .* is not there, and MISSING\.csv does not name it",
    change_an_attachment_and_its_row: r"registers/attachments\.csv, row \d+: \w+ is ",
    name_an_attachment_that_is_there: r"MISSING\.csv: it names the attachment .* as left out, but its file is there",
    name_an_attachment_that_nobody_has: r"MISSING\.csv: it names an attachment that registers/attachments\.csv does not have",
    leave_out_an_attachment_with_its_row: r"registers/attachments\.csv: the row .* is not there, but the log has an act about it in the period",
}
