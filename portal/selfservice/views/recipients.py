"""Who else has people's data: the book of recipients as anybody may read it, and what each was told about the reader."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from consent.models import ConsentState
from portal.core import clock
from portal.people import selectors as people
from portal.people.models import Fiduciary, Principal
from portal.registers.models import Recipient
from portal.registers.selectors import recipients as book
from portal.registers.words import CATEGORIES
from portal.selfservice.templatetags.consent_pages import purpose_name


@dataclass(frozen=True)
class Row:
    """One recipient. ``told_at`` is when it was first told about the reader, if it was."""

    recipient: Recipient
    purposes: str
    categories: str
    country: str
    told_at: datetime | None


@require_safe
def who_has_my_data(request: HttpRequest) -> HttpResponse:
    """Onesetu's recipients for everybody; signed in, those of each company whose messages the person answered too."""
    now = clock.now()
    principal: Principal | None = getattr(request.user, "principal", None)
    fiduciaries = Fiduciary.objects.filter(is_self=True)
    told: dict[str, datetime] = {}
    if principal is not None:
        refs = people.refs_of(principal.subject.ref)
        answered = ConsentState.objects.filter(subject_ref__in=refs).values("fiduciary")
        fiduciaries = fiduciaries | Fiduciary.objects.filter(pk__in=answered)
        told = book.told_since(refs)
    groups = [
        (fiduciary, [_row(recipient, told) for recipient in book.recipients_of(fiduciary, at=now)])
        for fiduciary in fiduciaries.order_by("-is_self", "name")
    ]
    context = {"groups": [group for group in groups if group[1]], "is_signed_in": principal is not None}
    return render(request, "selfservice/recipients/list.html", context)


def _row(recipient: Recipient, told: dict[str, datetime]) -> Row:
    return Row(
        recipient,
        ", ".join(purpose_name(code) for code in recipient.purposes),
        ", ".join(str(label) for category, label in CATEGORIES if category in recipient.used_categories),
        book.country_name(recipient.country),
        told.get(recipient.code),
    )
