"""Who else has people's data: the book of recipients as anybody may read it, and what each was told about the reader."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from consent.records.models.state import ConsentState
from portal.fronts.selfservice.templatetags.consent_tags import purpose_name
from portal.kernel.core import clock
from portal.kernel.people import selectors as people
from portal.kernel.people.models import Fiduciary, Principal
from portal.kernel.registers.base.labels import CATEGORIES, values
from portal.kernel.registers.orders import selectors
from portal.kernel.registers.recipients.models.recipients import Recipient
from portal.kernel.registers.recipients.selectors import recipients


@dataclass(frozen=True)
class Row:
    """One recipient. ``told_at`` is when it was first told about the reader, if it was."""

    recipient: Recipient
    purposes: str
    categories: str
    country: str
    told_at: datetime | None


@dataclass(frozen=True)
class Given:
    """One request that carried data about the reader, or about a customer the reader acts for."""

    at: datetime
    to: str
    what: str
    purpose: str


#: Requests that the page lists; the bundle of one's own data has all of them.
MOST_GIVEN = 50


@require_safe
def who_has_my_data(request: HttpRequest) -> HttpResponse:
    """Onesetu's recipients for everybody; signed in, those of each company whose messages the person answered too."""
    now = clock.now()
    principal: Principal | None = getattr(request.user, "principal", None)
    fiduciaries = Fiduciary.objects.filter(is_self=True)
    told: dict[str, datetime] = {}
    refs: set[UUID] = set()
    if principal is not None:
        refs = people.refs_of(principal.subject.ref)
        answered = ConsentState.objects.filter(subject_ref__in=refs).values("fiduciary")
        fiduciaries = fiduciaries | Fiduciary.objects.filter(pk__in=answered)
        told = recipients.told_since(refs)
    groups: dict[Fiduciary, list[Row]] = {one: [] for one in fiduciaries.order_by("-is_self", "name")}
    for recipient in recipients.recipients_of(*groups, at=now):
        groups[recipient.fiduciary].append(_row(recipient, told))
    given = _given(request.user, refs)
    context = {
        "groups": [(fiduciary, rows) for fiduciary, rows in groups.items() if rows],
        "is_signed_in": principal is not None,
        "given": given,
    }
    return render(request, "selfservice/recipients/list.html", context)


def _given(user: Any, own: set[UUID]) -> list[Given]:
    """What was given away about the reader, known by the references ``own``, and about whom they act for."""
    if not own:
        return []
    refs = people.every_ref([*own, *(customer.subject.ref for customer in people.customers_of(user))])
    rows = list(selectors.disclosures_to_show(refs, at=clock.now()).order_by("-pk")[:MOST_GIVEN])
    authorities = selectors.authority_of(rows)
    names = recipients.names_of(row.recipient_code for row in rows)
    return [
        Given(
            row.disclosed_at,
            authorities.get(row.about, names[row.recipient_code]),
            values(row.fields),
            purpose_name(row.purpose),
        )
        for row in rows
    ]


def _row(recipient: Recipient, told: dict[str, datetime]) -> Row:
    return Row(
        recipient,
        ", ".join(purpose_name(code) for code in recipient.purposes),
        ", ".join(str(label) for category, label in CATEGORIES if category in recipient.used_categories),
        recipients.country_name(recipient.country),
        told.get(recipient.code),
    )
