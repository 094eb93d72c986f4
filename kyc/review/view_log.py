"""Who looked at a customer's documents, as the customer may read it: when, in which role, why, and what was shown.

It is folded from the audit events: each opening of a document's page by staff, and each reveal. No name of staff is told.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from kyc.base.models.documents import Document
from kyc.base.permissions import Permission
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.people.models import Customer, RoleGrant

ABOUT = "kyc.document:"
KINDS = (AuditKind.ADMIN_RECORD_OPENED, AuditKind.ADMIN_VALUE_REVEALED)
STAFF = "user:"
#: What lets a role look at documents: at the desk, or for a grievance.
LOOKING = [str(Permission.DOCUMENT_LOOK), str(Permission.DOCUMENT_VIEW)]


@dataclass(frozen=True)
class Viewing:
    """One look. ``roles`` are codes of the roles that let the person see it then; ``what`` is empty for the page as it is."""

    document: Document
    at: datetime
    roles: tuple[str, ...]
    why: str
    what: str


def viewings_of(documents: Iterable[Document]) -> list[Viewing]:
    """Every look at these documents, newest first. Four queries, whatever their number."""
    by_about = {f"{ABOUT}{one.reference}": one for one in documents}
    events = list(AuditEvent.objects.filter(kind__in=KINDS, about__in=by_about).order_by("-at", "-pk"))
    grants = _grants({event.actor_ref for event in events})
    return [
        Viewing(
            by_about[event.about],
            event.at,
            tuple(
                role
                for role, starts_at, ends_at in grants.get(event.actor_ref, ())
                if starts_at <= event.at and (ends_at is None or ends_at > event.at)
            ),
            event.facts.get("purpose") or event.facts.get("reason_code") or "",
            event.facts.get("field", ""),
        )
        for event in events
    ]


def times_viewed(customers: Collection[Customer]) -> Counter[int]:
    """How often the documents of each customer were looked at, by its row. Two queries, whatever their number."""
    documents = Document.objects.filter(case__customer__in=customers).values_list("reference", "case__customer")
    owners = {f"{ABOUT}{reference}": owner for reference, owner in documents}
    looks = AuditEvent.objects.filter(kind__in=KINDS, about__in=owners).order_by().values("about")
    found: Counter[int] = Counter()
    for about, count in looks.annotate(count=Count("pk")).values_list("about", "count"):
        found[owners[about]] += count
    return found


def _grants(actor_refs: Iterable[str]) -> dict[str, list[tuple[str, datetime, datetime | None]]]:
    """Of each of them: the roles that may see documents, with the time for which they were held."""
    users = [int(ref.removeprefix(STAFF)) for ref in actor_refs if ref.startswith(STAFF)]
    rows = RoleGrant.objects.filter(user__in=users, role__permissions__code__in=LOOKING).distinct()
    found: dict[str, list[tuple[str, datetime, datetime | None]]] = {}
    for user, role, starts_at, ends_at in rows.values_list("user", "role__code", "starts_at", "ends_at"):
        found.setdefault(f"{STAFF}{user}", []).append((role, starts_at, ends_at))
    return found
