"""What anybody may read of the company's books: what we hold, how long, where, how it is guarded, who asked for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from consent.collection.services import non_consent_processing
from consent.records.models.events import ConsentEvent
from grievances.base.models.requests import RightsRequest
from grievances.base.models.ticket import Ticket
from portal.fronts.selfservice.page_context import links
from portal.fronts.selfservice.templatetags.consent_tags import purpose_name
from portal.kernel.core import clock, ports
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import LawfulBasis, Regime
from portal.kernel.law.labels import period
from portal.kernel.people.models import Fiduciary
from portal.kernel.registers.base.choices import Control, Mechanism
from portal.kernel.registers.base.labels import CATEGORIES
from portal.kernel.registers.base.models.security import ExternalLink, Measure
from portal.kernel.registers.entries.models.processing import ProcessingActivity, Product
from portal.kernel.registers.entries.selectors import inventory
from portal.kernel.registers.orders import selectors
from portal.kernel.registers.recipients.models.vendor_assurance import Transfer
from portal.kernel.registers.recipients.selectors import recipients as recipient_selectors
from portal.kernel.registers.recipients.selectors import vendor_assurance
from portal.kernel.registers.senders.selectors.senders import in_force
from portal.kernel.retention import selectors as retention

#: These pages, each with the name of its address.
PAGES = (
    (_("What we have about you"), "privacy:what-we-hold"),
    (_("Who has your data"), "privacy:who-has-my-data"),
    (_("How long we keep what"), "privacy:how-long"),
    (_("Where your data is stored"), "privacy:where-data-lies"),
    (_("How we guard data"), "privacy:measures"),
    (_("How often authorities asked"), "privacy:transparency"),
    (_("For partners and applicants"), "privacy:partners-and-applicants"),
)
#: Years that the page of counts shows.
YEARS = 3


def _page(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    here = f"privacy:{name}"
    others = links(tuple(page for page in PAGES if page[1] != here))
    return render(request, f"selfservice/books/{name}.html", {**context, "others": others})


def _kinds(codes: Iterable[str]) -> str:
    wanted = set(codes)
    return ", ".join(str(label) for code, label in CATEGORIES if code in wanted)


def _purposes(codes: Iterable[str]) -> str:
    return ", ".join(purpose_name(code) for code in codes)


@require_safe
def what_we_hold(request: HttpRequest) -> HttpResponse:
    """Each kind of data that a column of ours holds, and what for."""
    held = inventory.categories_held()
    rows = [
        (label, _purposes(dict.fromkeys(code for column in held[category] for code in column.purposes)))
        for category, label in CATEGORIES
        if category in held
    ]
    return _page(request, "what-we-hold", {"rows": rows})


@dataclass(frozen=True)
class Kept:
    """One kind of record: how long it is kept at least, and who says so."""

    what: Any
    lasts: str
    law: str


@require_safe
def how_long(request: HttpRequest) -> HttpResponse:
    """Each kind of record with the longest period that binds us today."""
    rows = [row for eraser in ports.erasers if (row := _kept(eraser.label, eraser.retention_class)) is not None]
    # Of one kind there may be several classes; those that are kept alike are one line.
    alike = {(str(row.what), row.lasts, row.law): row for row in rows}
    return _page(request, "how-long", {"rows": [alike[key] for key in sorted(alike)]})


def _kept(label: Any, retention_class: str) -> Kept | None:
    keeper = retention.keeper_of(retention_class, on=clock.day(clock.now()))
    if keeper is None:
        return None
    return Kept(
        label,
        period(keeper.period.amount, keeper.period.unit),
        keeper.law.removesuffix(", not stated"),
    )


@dataclass(frozen=True)
class Abroad:
    """One recipient and where its data lies."""

    who: str
    country: str
    region: str
    what: str
    rests_on: str


@require_safe
def where_data_lies(request: HttpRequest) -> HttpResponse:
    """The countries of our own systems, and of everybody who gets data from us."""
    now = clock.now()
    own = in_force(Product.objects.filter(fiduciary__is_self=True), at=now).values_list("country", flat=True)
    recipients = recipient_selectors.recipients_of(*Fiduciary.objects.filter(is_self=True), at=now)
    checks = vendor_assurance.checks_of([row.code for row in recipients], at=now)
    transfers = {(row.recipient_code, row.country): row for row in in_force(Transfer.objects.all(), at=now)}
    rows = []
    for row in recipients:
        check, transfer = checks.get(row.code), transfers.get((row.code, row.country))
        rests_on = str(Mechanism(transfer.mechanism).label) if transfer is not None else ""
        region = check.region if check is not None else ""
        rows.append(
            Abroad(
                row.name, recipient_selectors.country_name(row.country), region, _kinds(row.used_categories), rests_on
            )
        )
    context = {"own": sorted({recipient_selectors.country_name(code) for code in own}), "rows": rows}
    return _page(request, "where-data-lies", context)


@dataclass(frozen=True)
class Guard:
    """One published measure, in the reader's language where somebody has written it in that."""

    said: str
    language: str
    evidence_on: date | None


@require_safe
def measures(request: HttpRequest) -> HttpResponse:
    """The published measures by what they are for, with the day of their evidence."""
    rows = list(in_force(Measure.objects.filter(is_published=True), at=clock.now()).order_by("name", "pk"))
    groups = [(control.label, [_guard(row) for row in rows if row.control == control]) for control in Control]
    return _page(request, "measures", {"groups": [group for group in groups if group[1]]})


def _guard(row: Measure) -> Guard:
    language = (get_language() or "en")[:2]
    said = {"hi": row.said_hi, "mr": row.said_mr}.get(language, "")
    return Guard(said or row.said, language if said else "en", row.evidence_on)


@require_safe
def transparency(request: HttpRequest) -> HttpResponse:
    """Counts by year: what authorities asked for, and what people asked for. Nothing about anybody."""
    now = clock.now()
    this_year = clock.day(now).year
    years = [(year, _counted(year, now)) for year in range(this_year, this_year - YEARS, -1)]
    return _page(request, "transparency", {"years": years})


def _counted(year: int, now: datetime) -> dict[str, int]:
    begins, ends = (datetime(each, 1, 1, tzinfo=clock.IST) for each in (year, year + 1))
    return {
        **selectors.counts(year=year, at=now),
        "grievances": Ticket.objects.filter(received_at__gte=begins, received_at__lt=ends).count(),
        "requests": RightsRequest.objects.filter(ticket__received_at__gte=begins, ticket__received_at__lt=ends).count(),
        "withdrawals": ConsentEvent.objects.filter(
            answer="withdrawn", recorded_at__gte=begins, recorded_at__lt=ends
        ).count(),
    }


@dataclass(frozen=True)
class Done:
    """One record of processing, as the people it is about read it."""

    purposes: str
    kinds: str
    recipients: str
    basis: str
    kept: list[str]


@require_safe
def partners_and_applicants(request: HttpRequest) -> HttpResponse:
    """The notice for those who are no customers: what is done with their data, by the records of processing."""
    now = clock.now()
    rows = list(in_force(ProcessingActivity.objects.filter(fiduciary__is_self=True), at=now).order_by("code"))
    groups = [(code, [_done(row) for row in rows if code in row.subjects]) for code in ("partners", "applicants")]
    return _page(request, "partners-and-applicants", {"groups": dict(groups)})


def _done(row: ProcessingActivity) -> Done:
    names = recipient_selectors.names_of(row.recipients)
    kept = [keeper for each in row.retention_classes if (keeper := _kept(each, each)) is not None]
    return Done(
        purposes=_purposes(row.purposes),
        kinds=_kinds(row.used_categories),
        recipients=", ".join(names[code] for code in row.recipients),
        basis=_basis(row),
        kept=sorted({each.lasts for each in kept}),
    )


def _basis(row: ProcessingActivity) -> str:
    """What allows it in India, by the purposes, of which people are told; what the record states only where they state none."""
    now = clock.now()
    words = non_consent_processing.grounds_in_words(at=now)
    known = {purpose.code: purpose for purpose in law.purposes_in_force(on=clock.day(now))}
    found = [known[code].basis(Regime.IN) for code in row.purposes if code in known]
    stated = [LawfulBasis(row.basis_in)] if row.basis_in else []
    return ", ".join(
        dict.fromkeys(str(words.get(basis, basis.label)) for basis in [each for each in found if each] or stated)
    )


@require_safe
def leaving(request: HttpRequest) -> HttpResponse:
    """Before a page of somebody else: only hosts that stand in the book, and nothing about anybody in the address."""
    to = _fit(request.GET.get("to", ""))
    listed = (
        in_force(ExternalLink.objects.filter(host=urlsplit(to).hostname or ""), at=clock.now()).first() if to else None
    )
    status = HTTPStatus.OK if listed is not None else HTTPStatus.NOT_FOUND
    context = {"to": to if listed is not None else "", "link": listed, "host": listed.host if listed else ""}
    return render(request, "selfservice/books/leaving.html", context, status=status)


def _fit(text: str) -> str:
    """The address over https without what follows a ? or #; empty for one that is none or hides its host."""
    if len(text) > 300 or any(character.isspace() or character == "\\" for character in text):
        return ""
    try:
        parts = urlsplit(text)
        is_fit = parts.scheme == "https" and parts.username is None and parts.password is None and parts.port is None
    except ValueError:
        return ""
    if not is_fit or not parts.hostname:
        return ""
    return f"https://{parts.hostname.lower()}{parts.path or '/'}"
