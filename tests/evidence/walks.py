"""A walk over every register of a pack: what in it no program could join and no person could read."""

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any

#: Columns that say who did something or answers for it. The owner of a clock is what the clock is of.
WHO = {
    *("actor", "made_by", "checked_by", "started_by", "ended_by", "asked_by", "placed_by", "looked_by", "written_by"),
    *("user", "reader", "owner"),
}
OWNED = {"clocks", "clock_events"}
PEOPLE = {"subject_ref", "subject_refs", "told_refs"}
#: What people wrote, or the names of rules: such a cell may say anything.
SPELLED = re.compile(r"(staff|customer|interface|system|consent_manager|stranger)(:[^\s:][^\s]*)?")
REFERENCE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
REPR = re.compile(
    r"\[.*\]|\{'.*\}|\(.*,\)|None|True|False|.*(datetime\.|UUID\(|Decimal\(|memoryview|<.* object).*", re.DOTALL
)


def faults_of(files: dict[str, bytes]) -> list[str]:
    """One line for each fault, of any register of the pack."""
    found: list[str] = []
    names = sorted(name.removesuffix(".jsonl") for name in files if re.fullmatch(r"registers/\w+\.jsonl", name))
    for name in names:
        lines = [json.loads(line) for line in files[f"{name}.jsonl"].splitlines()]
        table = list(csv.reader(io.StringIO(files[f"{name}.csv"].decode(), newline="")))
        found += [f"{name}: {fault}" for fault in _faults(name.removeprefix("registers/"), table, lines)]
    return found


def _faults(register: str, table: list[list[str]], lines: list[dict[str, Any]]) -> Iterator[str]:
    heads, *rows = table
    yield from (f"the column {head} is no name of a field" for head in heads if "__" in head or head.endswith("_by_id"))
    if len(set(heads)) != len(heads):
        yield "two columns have one name"
    if len(rows) != len(lines):
        yield f"{len(rows)} rows as CSV, {len(lines)} as JSON lines"
    for row in rows:
        yield from (f"{head} is {cell!r}" for head, cell in zip(heads, row, strict=True) if REPR.fullmatch(cell))
    for line in lines:
        if list(line) != heads:
            yield f"{sorted({*line} ^ {*heads})} stand in one form only"
        for head, value in line.items():
            if head in WHO - ({"owner"} if register in OWNED else set()) and value and not is_spelled(value):
                yield f"{head} names somebody as {value!r}"
            if head not in WHO and isinstance(value, str) and re.fullmatch(r"(\w+:)?user:\d+", value):
                yield f"{head} names a login as {value!r}"
            if head in PEOPLE:
                refs = value if isinstance(value, list) else [value] if value else []
                yield from (f"{head} names a person as {ref!r}" for ref in refs if not REFERENCE.fullmatch(str(ref)))


def is_spelled(who: Any) -> bool:
    """Whether it is kind, colon, number or name; ``user`` is no name."""
    return isinstance(who, str) and SPELLED.fullmatch(who) is not None and ":user:" not in who
