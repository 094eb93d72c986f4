"""Changes in the admin: which field, from what to what, from which network address."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Model

from portal.audit import rules
from portal.audit.kinds import AuditKind
from portal.audit.models import AuditEvent
from portal.audit.services.events import Fact, record
from portal.core.actor import Actor
from portal.core.data_categories import personal_fields


def values_of(obj: Model) -> dict[str, Any]:
    """The values of a row's columns, by field name."""
    return {field.name: field.value_from_object(obj) for field in obj._meta.concrete_fields}


def record_change(
    *,
    obj: Model,
    before: Mapping[str, Any] | None,
    actor: Actor,
    about: str | None = None,
    subject_ref: UUID | None = None,
    reason_code: str | None = None,
) -> AuditEvent | None:
    """Record that a row was added (``before`` None) or changed, in the caller's transaction; None when nothing differs.

    The names of the fields are facts. Old and new values are facts only where the field is declared to hold no
    personal data; all others, and the network address, go to the erasable part.
    """
    after = values_of(obj)
    changed = sorted(name for name in after if before is None or before.get(name) != after[name])
    if not changed:
        return None
    personal_names = personal_fields(getattr(obj, "data_categories", dict.fromkeys(after, "unknown")))
    plain: dict[str, list[str | None]] = {}
    personal: dict[str, dict[str, str | None]] = {}
    for name in changed:
        old, new = _text(None if before is None else before.get(name)), _text(after[name])
        if name in personal_names or _is_unfit(old) or _is_unfit(new):
            personal[name] = {"old": old, "new": new}
        else:
            plain[name] = [old, new]
    facts: dict[str, Fact] = {"model": obj._meta.label_lower, "fields": ",".join(changed), "reason_code": reason_code}
    text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
    if len(text) > rules.LONGEST_FACT or rules.looks_personal(text):
        personal |= {name: {"old": values[0], "new": values[1]} for name, values in plain.items()}
    else:
        facts["changes"] = text
    return record(
        AuditKind.ADMIN_RECORD_ADDED if before is None else AuditKind.ADMIN_RECORD_CHANGED,
        actor=actor,
        about=about or f"{obj._meta.label_lower}:{getattr(obj, 'reference', obj.pk)}",
        facts=facts,
        subject_ref=subject_ref or getattr(obj, "subject_ref", None),
        personal=personal,
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _is_unfit(text: str | None) -> bool:
    return text is not None and (len(text) > 100 or rules.looks_personal(text))
