"""Law and promises from ``portal/kernel/law/data`` into rows. Safe to repeat; what was loaded is superseded, never edited."""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from django.db import transaction

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core.actor import Actor
from portal.kernel.core.data_files import data_of
from portal.kernel.law.calendars import Calendar
from portal.kernel.law.models import HouseRule, LegalRule, Purpose
from portal.kernel.law.services import purposes

DATA = data_of("portal.kernel.law")
SHIPPED = "sync_rules"


@dataclass(frozen=True)
class Synced:
    """What one run wrote: new keys, new versions of known keys, and purposes that were not there yet."""

    added: int
    superseded: int
    purposes: int
    rules: int
    house_rules: int

    @property
    def changed(self) -> int:
        return self.added + self.superseded + self.purposes


@cache
def read(name: str) -> Any:
    """One data file as plain values, parsed once in a process: whoever wants to change them takes a copy."""
    return tomllib.loads((DATA / name).read_text(encoding="utf-8"))


def calendar(code: str) -> Calendar | None:
    """The holidays of one territory; None for no code. Raises KeyError for a code without data."""
    if not code:
        return None
    rows = {row["code"]: row for row in read("calendars.toml")["calendar"]}
    return Calendar.from_rows(code, rows[code]["holidays"])


def sync(*, actor: Actor, now: datetime) -> Synced:
    """Load every row that is new or differs from its last version, in one transaction with one audit event.

    A changed row becomes the next version of its key, beside the old one, which running clocks keep. Nothing changed:
    nothing is written, no event either. Purposes are adopted only where their code has no version yet: later changes
    are proposals of two people.
    """
    with transaction.atomic():
        law = _load(LegalRule, read("legal_rules.toml")["rule"], _legal_row, now)
        house = _load(HouseRule, read("house_rules.toml")["rule"], _house_row, now)
        begun = _first_purposes(actor=actor, now=now)
        done = Synced(
            added=law[0] + house[0],
            superseded=law[1] + house[1],
            purposes=begun,
            rules=LegalRule.objects.newest().count(),
            house_rules=HouseRule.objects.newest().count(),
        )
        if done.changed:
            record(
                AuditKind.LAW_RULES_SYNCED,
                actor=actor,
                about="law.rules:all",
                facts={
                    "added": done.added,
                    "superseded": done.superseded,
                    "purposes": done.purposes,
                    "rules": done.rules,
                    "house_rules": done.house_rules,
                },
                at=now,
            )
    return done


def fingerprint(row: Mapping[str, Any]) -> str:
    """SHA-256 of a row of a data file, whatever the order of its fields."""
    text = json.dumps(row, sort_keys=True, ensure_ascii=False, default=date.isoformat, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _load(model: Any, rows: list[dict[str, Any]], fields_of: Any, now: datetime) -> tuple[int, int]:
    last = {rule.key: rule for rule in model.objects.newest()}
    fresh, superseded = [], 0
    for row in rows:
        digest = fingerprint(row)
        known = last.get(row["key"])
        if known is not None and known.sha256 == digest:
            continue
        superseded += known is not None
        version = known.version + 1 if known else 1
        fresh.append(model(**fields_of(row), version=version, sha256=digest, recorded_at=now))
    model.objects.bulk_create(fresh)
    return len(fresh) - superseded, superseded


def _dated_row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "key": row["key"],
        "kind": row["kind"],
        "amount": row.get("amount"),
        "unit": row["unit"],
        "start_event": row["start_event"],
        "counting": row["counting"],
        "pauses": row.get("pauses", False),
        "values": row.get("values", []),
        "effective_from": row.get("effective_from"),
        "effective_to": row.get("effective_to"),
        "source": row["source"],
        "note": row.get("note", ""),
    }


def _legal_row(row: Mapping[str, Any]) -> dict[str, Any]:
    stated = {name: row[name] for name in ("law", "provision", "jurisdiction", "roll", "applies_to", "confidence")}
    optional = {name: row.get(name, "") for name in ("calendar", "same_as", "switch", "date_confidence")}
    return {**_dated_row(row), **stated, **optional, "binds": row.get("binds", "us")}


def _house_row(row: Mapping[str, Any]) -> dict[str, Any]:
    return _dated_row(row)


def _first_purposes(*, actor: Actor, now: datetime) -> int:
    known = set(Purpose.objects.values_list("code", flat=True))
    rows = [row for row in read("purposes.toml")["purpose"] if row["code"] not in known]
    for row in rows:
        fields = {name: value for name, value in row.items() if name not in {"code", "effective_from"}}
        purposes.adopt(
            code=row["code"],
            fields=fields,
            effective_from=row["effective_from"],
            made_by_ref=SHIPPED,
            checked_by_ref=SHIPPED,
            shown_sha256=fingerprint(row),
            actor=actor,
            now=now,
        )
    return len(rows)
