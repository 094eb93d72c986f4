"""What the program for auditors (``portal/kernel/ledger/data/verify.py``) has to know of each register of a pack.

It is a program of its own that asks nothing of the portal, so its tables are written down in it. A register that is new, or
has another column, is written into them by ``python -m tests.evidence.program_tables``.
"""

import json
import os
import re
import sys
from pathlib import Path
from typing import Any, Final

import django
from django.db.models import UniqueConstraint

PROGRAM: Final = Path(__file__).resolve().parents[2] / "portal/kernel/ledger/data/verify.py"


def described(register: Any) -> dict[str, Any]:
    """Columns, which of them no two rows share, and the days by which a row belongs to a period."""
    path = {column.paths[0]: column.name for column in register.columns if len(column.paths) == 1}
    fields = [(field.name,) for field in register.model._meta.concrete_fields if field.unique and not field.primary_key]
    constraints = (one for one in register.model._meta.constraints if isinstance(one, UniqueConstraint))
    keys = [*fields, *(one.fields for one in constraints if one.condition is None and one.fields)]
    once = [" ".join(path[name] for name in key) for key in keys if set(key) <= set(path)]
    days = register.days
    among = dict(days.among.children) if days.among else {}
    named = {*filter(None, [days.entered, *days.changed, days.since, days.until, days.last]), *among}
    found: dict[str, Any] = {"columns": " ".join(register.heads)} | ({"once": once} if once else {})
    if len(days.names) > 1 and days.one_per is None and named <= set(path):
        found["days"] = {"entered": path[days.entered]}
        found["days"] |= {"changed": [path[name] for name in days.changed]} if days.changed else {}
        found["days"] |= {mark: path[at] for mark in ("since", "until", "last") if (at := getattr(days, mark))}
        found["days"] |= {"among": {path[name]: str(value) for name, value in among.items()}} if among else {}
    return found


def written(source: str, table: str, rows: dict[str, str]) -> str:
    """The program with these rows in one of its tables."""
    begin, end = f'{table}: dict[str, Any] = json.loads(\n    """{{\n', '\n}"""\n)\n'
    before, _begin, rest = source.partition(begin)
    lines = ",\n".join(f'  "{name}": {rows[name]}' for name in sorted(rows))
    return f"{before}{begin}{lines}{end}{rest.partition(end)[2]}"


def stated(source: str) -> dict[str, str]:
    """What the leaves say of each register, as it is written."""
    table = source.partition("STATED: dict[str, Any]")[2].partition('\n}"""')[0]
    return dict(re.findall(r'^  "(\w+)": (\[\]|\[\n.*?\n  \])(?:,|$)', table, re.MULTILINE | re.DOTALL))


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from portal.fronts.evidence.registers import REGISTERS

    source = PROGRAM.read_text(encoding="utf-8")
    # A new one is stated by no leaf until somebody says by which.
    leaves = {register.name: stated(source).get(register.name, "[]") for register in REGISTERS}
    columns = {register.name: json.dumps(described(register)) for register in REGISTERS}
    PROGRAM.write_text(written(written(source, "STATED", leaves), "REGISTERS", columns), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
