"""Audit events against their leaves: staff read the rows, the ledger proves the leaves."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.db import connection
from django.db.models import BinaryField, ExpressionWrapper, F

from portal.kernel.audit import rules
from portal.kernel.audit.models import AuditEvent, AuditPersonal
from portal.kernel.core.ciphers import CannotDecrypt
from portal.kernel.core.fields import EncryptedTextField
from portal.kernel.ledger.choices import EntryKind

_BODY: Final[EncryptedTextField] = AuditPersonal._meta.get_field("body")
COLUMNS = ("kind", "actor_kind", "actor_ref", "via", "about", "facts", "at")


class AuditRows:
    """Registered in ``ports.ledger_rows``. The personal part is compared by its hash while it is there: it may be erased."""

    kind = EntryKind.AUDIT
    model = AuditEvent
    since: frozenset[str] = frozenset()

    def said(self, entries: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
        """For each of the entries that has an event: what its payload has to say."""
        rows = AuditEvent.objects.filter(entry__id__among=frozenset(entries)).values(
            "entry_id", "subject_ref", *COLUMNS
        )
        hashes = _personal_hashes(entries)
        return {entry: {**_members(**row), **hashes.get(entry, {})} for row in rows for entry in [row.pop("entry_id")]}


def _personal_hashes(entries: Sequence[int]) -> dict[int, dict[str, str]]:
    """What the leaf has to say of each personal part that is there. One that cannot be opened has no hash, and so differs."""
    sealed = ExpressionWrapper(F("body"), output_field=BinaryField())  # as it lies there: one broken row stops no check
    rows = AuditPersonal.objects.filter(event__entry__id__among=frozenset(entries)).annotate(sealed=sealed)
    return {entry: {"personal": _hash_of(body)} for entry, body in rows.values_list("event__entry_id", "sealed")}


def _hash_of(sealed: bytes) -> str:
    try:
        text = _BODY.from_db_value(sealed, None, connection) or ""
    except (CannotDecrypt, ValueError):
        return ""
    return hashlib.sha256(text.encode()).hexdigest()


def _members(*, subject_ref: Any, **columns: Any) -> dict[str, Any]:
    return {**rules.members_of(**columns), "subject": None if subject_ref is None else str(subject_ref)}
