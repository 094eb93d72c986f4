"""The entry page and the pages about these pages."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from consent.base.choices import Answer
from consent.base.selectors import notices
from consent.prompts.services import consent_prompts
from consent.records.selectors import history
from consent.records.selectors.history import consents_as_of
from consent.records.services.addresses import contacts_of
from consent.suppressions.services import address_opt_outs
from grievances.base.selectors import outside_bodies, tickets_of
from grievances.tickets.grievance_status import sentences_for_person
from kyc.base.choices import GONE
from kyc.cases.selectors import documents_of
from portal.fronts.selfservice.page_context import DO, address_of, links
from portal.fronts.selfservice.views.kyc_lists import progress
from portal.fronts.selfservice.views.preferences import ticket_of
from portal.kernel.core import clock
from portal.kernel.core.errors import PortalError
from portal.kernel.people.models.people import Principal
from portal.kernel.people.selectors import refs_of
from portal.kernel.registers.base.selectors.current_entries import company_details
from portal.kernel.registers.senders.selectors.senders import fiduciaries_of

#: How many of a person's requests the first page shows.
REQUESTS = 5


@dataclass(frozen=True)
class Row:
    """A line of the entry page: the whole row is the link."""

    label: Any
    hint: Any
    url: str


#: What people come for, the most frequent first: (label, hint, name of the address).
ERRANDS = (
    (_("Stop messages"), _("No account needed"), "privacy:stop-without-login"),
    (
        _("Choose your messages"),
        _("SMS, WhatsApp, RCS, email, calls, push and dashboard"),
        "privacy:preferences",
    ),
    (
        _("Ask about your data"),
        _("See it, correct it, erase it, move it, or name a nominee"),
        "privacy:new-request",
    ),
    (_("Complain (file a grievance)"), _("You need no account. It takes about 10 minutes."), "privacy:grievance-start"),
    (_("Prove who you are (KYC)"), _("Send documents and see what is still missing"), "privacy:kyc"),
    (_("See what you agreed to"), _("Every yes and every no, with receipts"), "privacy:consents"),
)


def errands(hints: Mapping[str, str] | None = None) -> list[Row]:
    """The errands whose pages exist here; ``hints`` says, by name, what stands instead of the general words."""
    own = hints or {}
    return [Row(label, own.get(name, hint), url) for label, hint, name in ERRANDS if (url := address_of(name))]


def hints_for(user: Any, refs: Collection[UUID], *, now: datetime) -> dict[str, str]:
    """How far a signed-in person, known by ``refs``, is: in place of the general words."""
    hints = {}
    if documents_of(user).exclude(state__in=GONE).exists():
        done, total = progress(user)
        if total:
            said = ngettext("%(done)s of %(total)s task completed.", "%(done)s of %(total)s tasks completed.", total)
            hints["privacy:kyc"] = said % {"done": done, "total": total}
    answers = _answers(user, refs, now=now)
    if answers:
        hints["privacy:consents"] = ", ".join(answers)
    return hints


def _answers(user: Any, refs: Collection[UUID], *, now: datetime) -> list[str]:
    """How many answers of a person count now, told apart with the words of the other pages; without those of which there is
    none. Empty where nothing was asked or agreed to.
    """
    waiting = history.waiting(refs)
    events = list(consents_as_of(user.subject_ref, now, refs=refs))
    found = Counter(event.answer for event in events if event.pk not in waiting)
    counts = (
        (gettext("Yes: %(count)s"), found[Answer.GIVEN] + found[Answer.RENEWED]),
        (gettext("yes that does not count yet: %(count)s"), sum(1 for event in events if event.pk in waiting)),
        (gettext("no: %(count)s"), found[Answer.DENIED]),
        (gettext("withdrawn: %(count)s"), found[Answer.WITHDRAWN]),
    )
    return [said % {"count": count} for said, count in counts if count]


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The first page. Signed in, it also shows what the person has asked and how far it is."""
    now = clock.now()
    principal: Principal | None = getattr(request.user, "principal", None)
    refs = refs_of(principal.subject) if principal is not None else set[UUID]()
    context: dict[str, Any] = {
        "errands": errands(hints_for(request.user, refs, now=now) if refs else None),
        "track_url": address_of("privacy:track"),
        "company": company_details(on=clock.day(now)),
        "outside_bodies": [body.said(get_language() or "en") for body in outside_bodies(at=now)],
        "is_customer": principal is not None,
    }
    if principal is not None:
        context["contacts"] = contacts_of(refs)
        context["stopped_since"] = address_opt_outs.person_stopped_since(context["contacts"])
        context["ticket"] = ticket_of(request, principal)
        context["questions"] = _questions(principal, refs, now)
        context["to_read"] = notices.to_read(principal.subject.ref, at=now)
        context["is_client"] = fiduciaries_of(request.user, at=now).exists()
        found = list(tickets_of(request.user, refs=refs).order_by("-received_at", "-pk")[: REQUESTS + 1])
        said = sentences_for_person(found[:REQUESTS], now=now)
        context["requests"] = [(row, said[row.pk]) for row in found[:REQUESTS]]
        context["has_more"] = len(found) > REQUESTS
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
    return render(request, "selfservice/pages/sitemap.html", {"errands": errands(), "checks": links(DO[-2:])})
