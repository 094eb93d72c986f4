"""What a case was judged by keeps its name: a table that says something else has another version."""

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from kyc.cases import check_plans
from kyc.names import romanisation
from kyc.names import tables as name_tables
from kyc.risk import scorecard

#: The SHA-256 of what each version says. Where this fails, give the file a new version (of risk: a new table with its day,
#: below those that have been in force) and put it here.
SAID = {
    "plans": {"2026-11-27.1": "f78a81432e8fee7fbc2bb78b5ba53f930df6c96dc0c070a5eff8dda7d8b9fc34"},
    "names": {"2026-11-30.1": "6ba188c7ec441f0a2e4cba7b88bf47ccfb7c1f5b12fb4cdea5f7fef546326a8b"},
    "scripts": {"2026-11-30.1": "a7bf8af021d3303802587d373b65267494a70f2e5b4d0c84d0958a041cad7276"},
    "risk": {"2026-11-26": "7aad5fb194d634bcb22659f8285776a36269f99741596a772c6c71c3bf71850b"},
}


def said(table: dict[str, Any]) -> tuple[str, str]:
    return table.pop("version"), hashlib.sha256(json.dumps(table, default=str).encode()).hexdigest()


def read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("plans", [read(check_plans.FILE)]),
        ("names", [read(name_tables.FILE)]),
        ("scripts", [read(romanisation.FILE)]),
        ("risk", read(scorecard.FILE)["table"]),
    ],
)
def test_a_table_that_says_something_else_has_another_version(name, found):
    assert dict(map(said, found)) == SAID[name]
