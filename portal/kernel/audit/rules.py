"""Which facts an audit event may carry. Plain values in."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from portal.kernel.core import clock
from portal.kernel.core.ids import without_references

#: Tripwires, not proof: an e-mail address, or ten digits and more in a row that are no hash, UUID or time.
LOOKS_LIKE_AN_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
TEN_DIGITS = re.compile(r"\d(?:[\s-]?\d){9,}")
OPAQUE = re.compile(
    r"[0-9a-f]{32,128}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\d(?:[T ].*)?", re.IGNORECASE
)
LONGEST_FACT = 500


def check_facts(kind: str, *, about: str, facts: Mapping[str, object], allowed: frozenset[str]) -> None:
    """Raises ValueError unless each fact is allowed for the kind, is a plain value and shows no personal data.

    The error names the fact, never its value.
    """
    unknown = facts.keys() - allowed
    if unknown:
        raise ValueError(
            f"{kind} may not carry {sorted(unknown)}; add them to portal/kernel/audit/kinds.py if they are codes."
        )
    for name, value in {**facts, "about": about}.items():
        if value is not None and not isinstance(value, str | int):
            raise ValueError(f"{kind}: {name} has to be text, a number, yes, no or nothing.")
        if isinstance(value, str) and (len(value) > LONGEST_FACT or looks_personal(value)):
            raise ValueError(f"{kind}: {name} is long or looks like personal data; hand it over as personal.")


def names(fields: Iterable[str]) -> str:
    """Names of fields as one fact, in their order; of very many the first, and a sign that there were more."""
    text = ",".join(sorted(fields))
    return text if len(text) <= LONGEST_FACT else f"{text[: LONGEST_FACT - 1].rpartition(',')[0]},…"


def members_of(
    *,
    kind: str,
    actor_kind: str,
    actor_ref: str,
    via: str,
    about: str,
    facts: Mapping[str, object],
    at: datetime,
) -> dict[str, Any]:
    """What the ledger commits to about an event, from its columns: written by one hand, compared by another (V9)."""
    return {
        "act": kind,
        "actor": {"kind": actor_kind, "ref": actor_ref},
        "via": via,
        "about": about,
        "at": clock.stamp(at),
        "facts": dict(facts),
    }


def looks_personal(text: str) -> bool:
    """Whether a text holds what looks like an address or a long number. Hashes, UUIDs and times do not count, alone or
    after a label (``vault.storedfile:<UUID>``), nor do our own references, some of which are digits but for a letter.
    """
    if OPAQUE.fullmatch(text) or OPAQUE.fullmatch(text.partition(":")[2]):
        return False
    seen = without_references(text)
    return bool(LOOKS_LIKE_AN_ADDRESS.search(seen) or TEN_DIGITS.search(seen))
