"""The plans of ``kyc/data/plans.toml``: number and checks by kind of document."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from kyc.outcomes import Severity
from kyc.states import PROVED_BY_SIGNATURE

FILE = Path(__file__).resolve().parent / "data" / "plans.toml"


@dataclass(frozen=True)
class PlannedCheck:
    name: str
    severity: Severity


@cache
def _read() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def version() -> str:
    return str(_read()["version"])


def number_type(document_kind: str) -> str:
    """The type of number that stands on a document of this kind, as ``kyc.numbers`` names it; empty for none."""
    return str(_read()["documents"][document_kind].get("number", ""))


def can_judge(document_kind: str) -> bool:
    """Whether more is known of such a document than that its file is safe; else a signature that proves it goes unread."""
    return document_kind not in PROVED_BY_SIGNATURE or bool(
        {planned.name for planned in checks_for(document_kind)} - {"file_safety", "expiry"}
    )


def shows_name(document_kind: str) -> bool:
    """Whether somebody has to type the name that such a document shows; one that is proved by a signature tells its own."""
    return document_kind not in PROVED_BY_SIGNATURE and "name" in {
        planned.name for planned in checks_for(document_kind)
    }


def sides(document_kind: str) -> int:
    """How many sides a document of this kind has, when it is more than one page that is worth looking at."""
    return int(_read()["documents"][document_kind].get("sides", 1))


def is_of_aadhaar(document_kind: str) -> bool:
    """Whether the document itself may show a whole Aadhaar number."""
    return bool(_read()["documents"][document_kind].get("aadhaar", False))


def checks_for(document_kind: str) -> tuple[PlannedCheck, ...]:
    """The checks of a document, in the order they run."""
    rows = _read()["documents"][document_kind]["checks"]
    return tuple(PlannedCheck(row["name"], Severity(row["severity"])) for row in rows)


def signed_checks() -> tuple[PlannedCheck, ...]:
    """What follows from the verdict on a document that its signature proves, in order."""
    return tuple(PlannedCheck(row["name"], Severity(row["severity"])) for row in _read()["signed"]["checks"])
