"""Loading the retention rules that ship with the portal."""

import hashlib
import tomllib
from collections.abc import Mapping
from typing import Any

import rfc8785
from django.db import transaction

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.data_files import data_of
from portal.kernel.core.errors import Refused
from portal.kernel.retention.models import RetentionRule

SHIPPED = data_of("portal.kernel.retention") / "retention_rules.toml"
FIELDS = ("name", "counts_from", "house_rule", "legal_rules", "source", "note")
#: The same, where the file may leave it out.
OPTIONAL = ("erasing_rules", "notice_rules", "needs_approval", "system")


def shipped() -> list[dict[str, Any]]:
    """The rules of the file, in its order."""
    return list(tomllib.loads(SHIPPED.read_text())["rule"])


def load_shipped(*, actor: Actor) -> int:
    """Load the rules of the file (``sync_rules``); returns how many were added."""
    return sync(shipped(), actor=actor)


def sync(entries: list[dict[str, Any]], *, actor: Actor) -> int:
    """Add the rules that are not there yet; returns how many. Safe to repeat.

    Raises Refused when a rule differs from the row of the same version: a rule is superseded, never edited.
    """
    added = 0
    with transaction.atomic():
        for entry in entries:
            added += _add(entry, actor)
    return added


def _add(entry: Mapping[str, Any], actor: Actor) -> bool:
    digest = digest_of(entry)
    once = {"retention_class": entry["retention_class"], "version": entry["version"]}
    kept = RetentionRule.objects.filter(**once).first()
    if kept is not None:
        if kept.sha256 != digest:
            raise Refused(
                f"The retention rule {kept} was changed in its file. Give the change a version and a date of its own.",
                code="RULE_EDITED",
            )
        return False
    values = {name: entry.get(name, "") for name in FIELDS} | {name: entry[name] for name in OPTIONAL if name in entry}
    rule = RetentionRule.objects.create(
        **once, **values, effective_from=entry["effective_from"], sha256=digest, recorded_at=clock.now()
    )
    audit.record(
        AuditKind.RETENTION_RULE_CHANGED,
        actor=actor,
        about=f"retention.rule:{rule.pk}",
        facts={"rule": str(rule), "retention_class": rule.retention_class, "sha256": digest},
    )
    return True


def digest_of(entry: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of a version of a rule, days as text."""
    plain = {key: value if isinstance(value, str | int | list) else value.isoformat() for key, value in entry.items()}
    return hashlib.sha256(rfc8785.dumps(plain)).hexdigest()
