"""What becomes of each field when its class ends (``data/field_acts.toml``)."""

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path

FILE = Path(__file__).resolve().parent / "data" / "field_acts.toml"
EVERY = "*"


class Act(StrEnum):
    DELETE = "delete"
    ANONYMISE = "anonymise"
    PSEUDONYMISE = "pseudonymise"


@cache
def acts() -> Mapping[str, Mapping[str, Act]]:
    """By model and field. Raises ValueError for an act that is none."""
    found = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {label: {field: Act(act) for field, act in fields.items()} for label, fields in found.items()}


@cache
def file_sha256() -> str:
    """SHA-256 of the file: stands on certificates, so that what was done with each field can be shown later."""
    return hashlib.sha256(FILE.read_bytes()).hexdigest()


def acts_of(models: Iterable[str]) -> dict[str, dict[str, str]]:
    """What becomes of the fields of these models, as plain words for a certificate."""
    return {label: {field: str(act) for field, act in acts().get(label, {}).items()} for label in sorted(models)}
