"""The entry page and the pages about these pages."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from typing import Any
from uuid import UUID

from django.db.models import Case, QuerySet, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from consent.base.choices import Answer
from consent.base.selectors import notices
from consent.preferences.services import preference_options
from consent.prompts.services import consent_prompts
from consent.records.models.events import ConsentEvent
from consent.records.selectors import history
from consent.records.selectors.consent_activity import Acts, Told
from consent.records.services.addresses import contacts_of
from consent.suppressions.services import address_opt_outs
from grievances.base.choices import OPEN_STATES, TicketState
from grievances.base.models.ticket import Ticket
from grievances.base.selectors import tickets_of
from grievances.tickets.grievance_status import sentences_for_person
from kyc.base.choices import GONE
from kyc.cases.selectors import documents_of
from portal.fronts.selfservice.page_context import CHECKS, address_of, links
from portal.fronts.selfservice.views.kyc_lists import progress
from portal.fronts.selfservice.views.preferences import ticket_of
from portal.kernel.core import clock
from portal.kernel.core.addresses import EMAIL, mask
from portal.kernel.core.errors import PortalError
from portal.kernel.law.choices import Channel
from portal.kernel.law.labels import names_of_purposes
from portal.kernel.people.choices import ContactKind
from portal.kernel.people.customer_access import login_of
from portal.kernel.people.models.people import Principal
from portal.kernel.people.selectors import refs_of
from portal.kernel.registers.senders.selectors.senders import fiduciaries_of

#: How many requests, and how many of their last acts, the first page shows of a person.
REQUESTS, RECENT = 1, 3
#: Among how many acts those are looked for: one press can answer more than a dozen questions.
LOOKED_THROUGH = 30


@dataclass(frozen=True)
class Row:
    """A line of the entry page: the whole row is the link."""

    label: Any
    hint: Any
    url: str


class Turn(IntEnum):
    """What can wait for a person, what comes first first: a question that holds up our answer, a document, an answer to read."""

    QUESTION = 0
    PAPER = 1
    ANSWER = 2


@dataclass(frozen=True)
class YourTurn:
    """What waits for the person. ``due_on``: until when, if there is a day; a question of ours has none."""

    what: Any
    url: str
    kind: Turn
    due_on: date | None = None

    @property
    def order(self) -> tuple[Turn, date]:
        return self.kind, self.due_on or date.max


#: What people come for, the most frequent first: (label, hint, name of the address).
ERRANDS = (
    (_("Stop messages"), _("No account needed"), "privacy:stop-without-login"),
    (_("Who sent me this?"), _("Check a sender or a message"), "privacy:who"),
    (
        _("Your data"),
        _("See it, correct it, erase it, move it, or name a nominee"),
        "privacy:new-request",
    ),
    (_("Complain"), _("You need no account. It takes about 10 minutes."), "privacy:grievance-start"),
)
#: What the site map has besides, because it needs a login.
OWN = (
    (
        _("Choose your messages"),
        _("SMS, WhatsApp, RCS, email, calls, push and dashboard"),
        "privacy:preferences",
    ),
    (_("Documents (KYC)"), _("Send documents and see what is still missing"), "privacy:kyc"),
    (_("Receipts"), _("What you agreed to"), "privacy:consents"),
)


def errands(named: tuple[tuple[Any, Any, str], ...] = ERRANDS) -> list[Row]:
    """Those whose pages exist here."""
    return [Row(label, hint, url) for label, hint, name in named if (url := address_of(name))]


def _status(request: HttpRequest, principal: Principal, now: datetime) -> dict[str, Any]:
    """What a person who is signed in sees first: how everything is, and the one thing that waits for them."""
    refs = refs_of(principal.subject)
    contacts, events = contacts_of(refs), list(history.events_of(principal.subject.ref, refs=refs))
    offers = preference_options.ways_of_promotion(
        principal.subject.ref, at=now, refs=refs, contacts=contacts, events=events
    )
    documents = progress(request.user) if documents_of(request.user).exclude(state__in=GONE).exists() else None
    asked = tickets_of(request.user, refs=refs)
    turns, latest = _requests(asked, now)
    if documents is not None and documents.next is not None:
        turns.append(YourTurn(documents.next.label, documents.next.url, Turn.PAPER, documents.next.due_on))
    return {
        "name": principal.full_name,
        "your_turn": min(turns, key=lambda turn: turn.order, default=None),
        "contacts": [contact for contact in contacts if contact.verified_at],
        "codes_to": mask(EMAIL, login_of(request).email),
        "has_phone": any(contact.kind == ContactKind.PHONE for contact in contacts),
        "stopped_since": address_opt_outs.person_stopped_since(contacts),
        "ticket": ticket_of(request, principal),
        "offers": ", ".join(str(Channel(channel).label) for channel in offers),
        "answers": ", ".join(_answers(_counted(events, refs, now))),
        "documents": documents,
        "open_requests": asked.filter(state__in=OPEN_STATES).count(),
        "requests": latest,
        "recent": _recent(refs, names_of_purposes(on=clock.day(now))),
        "questions": _questions(principal, refs, now),
        "to_read": notices.to_read(principal.subject.ref, at=now),
        "is_client": fiduciaries_of(request.user, at=now).exists(),
    }


def _requests(asked: QuerySet[Ticket], now: datetime) -> tuple[list[YourTurn], list[tuple[Ticket, str]]]:
    """What waits for the person among their requests, and the latest, each with its sentence."""
    found = list(asked.order_by("-received_at", "-pk")[:REQUESTS])
    answered = list(
        asked.filter(state__in=(TicketState.WITH_YOU, TicketState.ANSWERED)).order_by(
            Case(When(state=TicketState.WITH_YOU, then=0), default=1), "received_at", "pk"
        )[:1]
    )
    rows = {row.pk: row for row in (*found, *answered)}
    said = sentences_for_person(list(rows.values()), now=now)
    turns = [
        YourTurn(
            said[row.pk],
            reverse("privacy:track-ticket", args=[row.reference]),
            Turn.QUESTION if row.state == TicketState.WITH_YOU else Turn.ANSWER,
        )
        for row in answered
    ]
    return turns, [(row, said[row.pk]) for row in found]


def _recent(refs: Collection[UUID], names: Mapping[str, str]) -> list[tuple[Told, str, bool]]:
    """The last acts, one for each receipt: with what its purpose is called, and whether the receipt has more answers."""
    found: dict[str, list[Told]] = {}
    for act in Acts(refs)[:LOOKED_THROUGH]:
        found.setdefault(act.reference, []).append(act)
    return [
        (acts[0], names.get(acts[0].purpose, acts[0].purpose), len(acts) > 1) for acts in list(found.values())[:RECENT]
    ]


def _counted(events: Iterable[ConsentEvent], refs: Collection[UUID], now: datetime) -> list[tuple[str, bool]]:
    """What the latest answers of a person say now, each with whether it waits for something before it counts."""
    waiting = history.waiting(refs)
    said = history.latest(events).values()
    return [(history.standing_of(event, at=now), event.pk in waiting) for event in said]


def _answers(counted: Iterable[tuple[str, bool]]) -> list[str]:
    """How many answers of a person count now, told apart with the words of the other pages; without those of which there is
    none. Empty where nothing was asked or agreed to.
    """
    counted = list(counted)
    found = Counter(answer for answer, waits in counted if not waits)
    counts = (
        (gettext("Yes: %(count)s"), found[Answer.GIVEN] + found[Answer.RENEWED]),
        (gettext("yes that does not count yet: %(count)s"), sum(waits for _answer, waits in counted)),
        (gettext("no: %(count)s"), found[Answer.DENIED]),
        (gettext("withdrawn: %(count)s"), found[Answer.WITHDRAWN]),
    )
    return [said % {"count": count} for said, count in counts if count]


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The first page. Signed in, it begins with how everything is, and the one thing that waits for the person."""
    now = clock.now()
    principal: Principal | None = getattr(request.user, "principal", None)
    context: dict[str, Any] = {
        "errands": errands(),
        "check_url": address_of("privacy:check"),
        "is_customer": principal is not None,
    }
    if principal is not None:
        context |= _status(request, principal, now)
    return render(request, "selfservice/pages/home.html", context)


def _questions(principal: Principal, refs: Collection[UUID], now: datetime) -> int:
    """How many questions are open that the person has not sent away. What they cannot be asked now is none."""
    try:
        return consent_prompts.waiting(principal.subject.ref, refs=refs, at=now, language=get_language() or "en")
    except PortalError:
        return 0


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "selfservice/pages/accessibility.html")


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    return render(
        request, "selfservice/pages/sitemap.html", {"errands": errands(ERRANDS + OWN), "checks": links(CHECKS)}
    )
