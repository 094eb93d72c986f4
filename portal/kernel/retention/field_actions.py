"""What becomes of each field when its class ends (``data/field_acts.toml``), and which fields each rule that keeps a record names
(``data/kept_fields.toml``).
"""

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache

from portal.kernel.core.data_files import data_of

FILE = data_of("portal.kernel.retention") / "field_acts.toml"
NAMED = FILE.parent / "kept_fields.toml"
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
def named() -> Mapping[str, Mapping[str, frozenset[str]]]:
    """The fields of each model that each rule with a table names, by the key of the rule."""
    found = tomllib.loads(NAMED.read_text(encoding="utf-8"))
    return {key: {label: frozenset(names) for label, names in table.items()} for key, table in found.items()}


def unnamed(fields: Iterable[str], keys: Iterable[str]) -> frozenset[str]:
    """Those of the fields ("people.User.password") that none of the rules names. A rule without a table names every field."""
    left = set(fields)
    for key in keys:
        table = named().get(key)
        if table is None:
            return frozenset()
        left -= {f"{label}.{name}" for label, names in table.items() for name in names}
    return frozenset(left)


@cache
def file_sha256() -> str:
    """SHA-256 of the file: stands on certificates, so that what was done with each field can be shown later."""
    return hashlib.sha256(FILE.read_bytes()).hexdigest()


def acts_of(models: Iterable[str]) -> dict[str, dict[str, str]]:
    """What becomes of the fields of these models, as plain words for a certificate."""
    return {label: {field: str(act) for field, act in acts().get(label, {}).items()} for label in sorted(models)}
