"""The program for auditors, ``data/verify.py``, and the table in it that says which fact of a leaf each column of a register repeats."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

#: The table is between these two lines of the program. It is JSON: the page that checks packs in a browser reads it too.
BEGIN, END = 'STATED: dict[str, Any] = json.loads(\n    """', '"""\n)\n'


def source() -> bytes:
    """The program as it is handed out."""
    return files("portal.ledger").joinpath("data/verify.py").read_bytes()


@cache
def stated_text() -> str:
    """The table as JSON."""
    return source().decode().partition(BEGIN)[2].partition(END)[0]


def stated() -> dict[str, Any]:
    """For each register: which leaves state its rows, how a row and its leaf are found, and which columns are compared."""
    return dict(json.loads(stated_text()))
