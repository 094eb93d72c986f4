"""A customer's documents for the bundle of its own data: what was sent, what was decided and when, and who looked at it;
numbers masked. With it the people behind a customer, and their shares.

Matches with sanctions lists stay out, whatever was decided of them: docs/decisions/sanctions-screening.md.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q
from django.utils.translation import gettext_lazy as _

from kyc.base.choices import DecisionOutcome, DecisionReason, PartyRole
from kyc.base.models.decisions import Decision
from kyc.base.models.documents import Document
from kyc.base.models.parties import Party
from kyc.cases import labels
from kyc.cases.check_labels import OUTCOMES
from kyc.cases.check_labels import label as check_label
from kyc.outcomes.services.deletion_requests import is_said_kept
from kyc.review.services.document_decisions import words_of
from kyc.review.view_log import viewings_of
from portal.kernel.people.choices import Answer
from portal.kernel.vault.services.keys import Shredded


class KycSection:
    """Registered in ``ports.sections``. Notes that are internal, and proposals that nobody agreed to, stay out."""

    name = "kyc"
    label = _("Identity and business documents")
    covers = ("kyc.Case", "kyc.Decision", "kyc.Document", "kyc.Holding", "kyc.Party")

    def collect(self, *, subject_refs: Iterable[UUID]) -> list[dict[str, Any]]:
        """One record for each document ever sent about this customer or person, oldest first; then one for each place
        behind a customer.
        """
        refs = list(subject_refs)
        return [*_documents(refs), *_places(refs)]


def _documents(refs: list[UUID]) -> list[dict[str, Any]]:
    whose = Q(party=None, case__subject_ref__in=refs) | Q(party__subject_ref__in=refs)
    told = Decision.objects.filter(answer=Answer.APPROVED).order_by("checked_at", "pk")
    rows = list(
        Document.objects.filter(whose)
        .select_related("case", "party")
        .prefetch_related("checks", Prefetch("decisions", queryset=told))
        .order_by("uploaded_at", "pk")
    )
    looks: dict[int, list[dict[str, Any]]] = {}
    for look in viewings_of(rows):
        said = {"at": look.at, "who": labels.roles(look.roles), "why": labels.purpose(look.why)}
        looks.setdefault(look.document.pk, []).append({**said, "what": labels.shown(look.what)})
    return [
        {
            "case": row.case.reference,
            "document": row.reference,
            "kind": str(row.get_kind_display()),
            "number": row.number_display if is_said_kept(row) else "",
            "state": str(row.get_state_display()),
            "uploaded_at": row.uploaded_at,
            "sent_at": row.sent_at,
            "checked_at": row.checked_at,
            "valid_until": row.expires_on,
            "checks": [
                {
                    "check": str(check_label(check.name, check.document.kind)),
                    "outcome": str(OUTCOMES.get(check.outcome, check.outcome)),
                    "at": check.ended_at,
                }
                for check in row.checks.all()
            ],
            "decisions": [_decision(row, one) for one in row.decisions.all()],
            "viewed": looks.get(row.pk, []),
        }
        for row in rows
    ]


def _decision(document: Document, told: Decision) -> dict[str, Any]:
    """As the customer was told; the message is empty once it was erased."""
    told.document = document
    try:
        message = words_of(told)[0]
    except Shredded:
        message = ""
    return {
        "at": told.checked_at,
        "outcome": str(DecisionOutcome(told.outcome).label),
        "reason": str(DecisionReason(told.reason_code).label) if told.reason_code else "",
        "message": message,
    }


def _places(refs: list[UUID]) -> list[dict[str, Any]]:
    """In what capacity, since when and with which shares somebody stands behind a customer."""
    parties = Party.objects.filter(subject_ref__in=refs, erased_at=None).select_related("case")
    return [
        {
            "case": party.case.reference,
            "person": party.reference,
            "roles": _roles(party),
            "added_at": party.added_at,
            "ended_at": party.ended_at,
            "shares": [
                {
                    "percent": f"{share.percent.normalize():f}",
                    "through": share.held.reference if share.held else "",
                    "since": share.since,
                    "ended_at": share.ended_at,
                }
                for share in party.holdings.all()
            ],
        }
        for party in parties.prefetch_related("holdings__held").order_by("added_at", "pk")
    ]


def _roles(party: Party) -> list[str]:
    is_owner = bool(party.holdings.all())
    held = [
        (party.is_signatory, PartyRole.SIGNATORY),
        (party.is_director, PartyRole.DIRECTOR),
        (is_owner, PartyRole.OWNER),
    ]
    return [str(role.label) for is_it, role in held if is_it]
