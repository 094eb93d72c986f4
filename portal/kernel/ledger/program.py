"""The program for auditors, ``data/verify.py``, and the table in it that says which fact of a leaf each column of a register repeats."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

#: A table is between these two lines of the program. It is JSON: the page that checks packs in a browser reads it too.
BEGIN, END = ': dict[str, Any] = json.loads(\n    """', '"""\n)\n'
TABLES = ("STATED", "REGISTERS", "REASONS")


def source() -> bytes:
    """The program as it is handed out."""
    return files("portal.kernel.ledger").joinpath("data/verify.py").read_bytes()


@cache
def table_text(name: str) -> str:
    """A table of the program as JSON."""
    return source().decode().partition(f"{name}{BEGIN}")[2].partition(END)[0]


def stated() -> dict[str, Any]:
    """For each register: which leaves state its rows, how a row and its leaf are found, and which columns are compared."""
    return dict(json.loads(table_text("STATED")))


def registers() -> dict[str, Any]:
    """For each register its columns, which of them no two rows share, and those from which follows why a row is there."""
    return dict(json.loads(table_text("REGISTERS")))


def reasons() -> dict[str, dict[str, str]]:
    """By kind of what a pack may lack the reasons that it may give, by code."""
    return dict(json.loads(table_text("REASONS")))
