"""The freezes that signed documents of children made, as ``ports.freezes`` asks for them."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from kyc.base.models.cases import Case
from kyc.base.models.documents import Document
from kyc.cases.minor_guard import is_a_person
from kyc.outcomes.services import case_status
from kyc.review.models.underage_detections import MinorFound
from kyc.review.services import signed_documents
from portal.kernel.core.actor import Actor
from portal.kernel.people.choices import ProtectionGround
from portal.kernel.people.services.freezes import Taken


class DocumentFreezes:
    """A signed date of birth freezes the person of the document until two people end that."""

    ground = ProtectionGround.DOCUMENT

    def stands(self, *, refs: Collection[UUID]) -> bool:
        return bool(_standing(refs))

    def closed(self, *, refs: Collection[UUID]) -> set[str]:
        return {reference for row in _standing(refs) for reference in row.closed_customers}

    def take_over(self, *, refs: Collection[UUID], taken: Taken) -> None:
        """The note that they are a child ends with the document in any case."""
        row = _standing(refs)[0]
        row.closed_customers = sorted({*row.closed_customers, *taken.customers})
        row.save(update_fields=["closed_customers"])

    def ended(self, *, refs: Collection[UUID], actor: Actor, at: datetime) -> None:
        """The person's own cases are no longer frozen."""
        frozen = [row.case_id for row in _rows(refs) if row.party_id is None]
        for case in Case.objects.filter(pk__in=frozen).order_by("pk"):
            thaw(case, actor=actor, now=at)


def person_behind(document: Document) -> UUID | None:
    """The subject of whoever the document is about: the party's person, or the one that is the customer."""
    if document.party is not None:
        principal = document.party.principal
        return principal.subject.ref if principal is not None else None
    owner = signed_documents.owner_of(document.case.customer) if is_a_person(document.case) else None
    return owner.subject.ref if owner is not None else None


def thaw(case: Case, *, actor: Actor, now: datetime) -> None:
    """A frozen case is open again and asks for papers, unless another document of its customer still freezes it. In the
    caller's transaction.
    """
    standing = MinorFound.objects.filter(case=OuterRef("pk"), party=None, lifted_at=None)
    if Case.objects.filter(~Exists(standing), pk=case.pk, frozen_at__isnull=False).update(frozen_at=None):
        case_status.settle(case, actor=actor, now=now)


def _standing(refs: Collection[UUID]) -> list[MinorFound]:
    return [row for row in _rows(refs) if row.lifted_at is None]


def _rows(refs: Collection[UUID]) -> list[MinorFound]:
    """Whatever documents showed of the person, in the order in which it was found."""
    behind = Q(party__principal__subject__ref__in=refs)
    itself = Q(party=None, case__customer__memberships__principal__subject__ref__in=refs)
    rows = MinorFound.objects.filter(behind | itself).select_related(
        "document__case__customer", "document__party__principal__subject"
    )
    return [row for row in rows.distinct().order_by("pk") if person_behind(row.document) in refs]
