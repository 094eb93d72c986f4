"""A customer's documents for the bundle of its own data: what was sent, what was decided and when,
and who looked at it; numbers masked.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kyc import words
from kyc.models import Document
from kyc.viewings import viewings_of


class KycSection:
    """Registered in ``hooks.sections``. Notes that are internal stay out."""

    name = "kyc"
    label = _("Identity and business documents")

    def collect(self, *, subject_refs: Iterable[UUID]) -> list[dict[str, Any]]:
        """One record for each document ever sent about this customer or person, oldest first."""
        refs = list(subject_refs)
        whose = Q(party=None, case__subject_ref__in=refs) | Q(party__subject_ref__in=refs)
        rows = list(
            Document.objects.filter(whose)
            .select_related("case")
            .prefetch_related("checks")
            .order_by("uploaded_at", "pk")
        )
        looks: dict[int, list[dict[str, Any]]] = {}
        for look in viewings_of(rows):
            said = {"at": look.at, "who": words.roles(look.roles), "why": words.purpose(look.why)}
            looks.setdefault(look.document.pk, []).append({**said, "what": words.shown(look.what)})
        return [
            {
                "case": row.case.reference,
                "document": row.reference,
                "kind": str(row.get_kind_display()),
                "number": row.number_display,
                "state": str(row.get_state_display()),
                "uploaded_at": row.uploaded_at,
                "sent_at": row.sent_at,
                "checked_at": row.checked_at,
                "valid_until": row.expires_on,
                "checks": [
                    {"check": check.name, "outcome": check.outcome, "at": check.ended_at} for check in row.checks.all()
                ],
                "viewed": looks.get(row.pk, []),
            }
            for row in rows
        ]
