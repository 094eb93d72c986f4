"""The person's word on our answer: it settles the grievance, it does not, or another officer has to look at it."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from grievances.base import selectors
from grievances.base.choices import EntryKind, TicketState
from grievances.base.models.ticket import Ticket
from grievances.tickets import grievance_status
from grievances.tickets.forms import public
from grievances.tickets.services import appeals, conversation, deadlines, ratings, resolutions
from portal.fronts.selfservice.language_switch import keeps_answers, refilled
from portal.fronts.selfservice.views.track import ask_first, open_to, show, to_page, told_how_it_stands
from portal.kernel.core import clock
from portal.kernel.core.errors import IllegalMove, LostRace, Refused
from portal.kernel.core.requests import actor_of


@require_POST
def settle(request: HttpRequest, reference: str) -> HttpResponse:
    """Does this settle it? A yes closes, a no opens it again with what is still wrong."""
    found = open_to(request, reference)
    if found is None:
        return ask_first(request, reference)
    can_appeal = grievance_status.why_no_appeal(found, now=clock.now()) is None
    if request.POST.get("settled") == "appeal" and not can_appeal:
        return _not_appealed(request, found)
    form = public.SettledForm(request.POST, can_appeal=can_appeal, is_request=selectors.is_request(found))
    if not form.is_valid():
        return show(request, found, settled_form=form)
    actor = actor_of(request)
    if form.cleaned_data["settled"] == "appeal":
        return _appeal(request, found, form.cleaned_data["why"])
    is_settled = form.cleaned_data["settled"] == "yes"
    why = "" if is_settled else form.cleaned_data["why"]
    try:
        if is_settled:
            resolutions.accept(ticket=found, actor=actor, at=clock.now())
        else:
            resolutions.decline(ticket=found, why=why, actor=actor, at=clock.now())
    except (IllegalMove, LostRace, Refused):
        found.refresh_from_db()
        if found.state == TicketState.ANSWERED:
            raise
        return told_how_it_stands(request, found, why, kind=EntryKind.DECLINED)
    return to_page(found.reference)


@keeps_answers
@require_http_methods(["GET", "HEAD", "POST"])
def appeal(request: HttpRequest, reference: str) -> HttpResponse:
    """Take the grievance to another officer: what that means and until when, then why."""
    found = open_to(request, reference)
    if found is None:
        return ask_first(request, reference)
    now = clock.now()
    no_appeal = grievance_status.why_no_appeal(found, now=now)
    form = public.AppealForm(request.POST if request.method == "POST" and no_appeal is None else None)
    if request.method == "POST" and no_appeal is None and form.is_valid():
        return _appeal(request, found, form.cleaned_data["why"])
    if request.method == "POST" and no_appeal is not None:
        return _not_appealed(request, found)
    if no_appeal is not None:
        return to_page(found.reference)
    context = {
        "ticket": found,
        "form": refilled(form, request),
        "until": selectors.appeal_until(found),
        "zone": selectors.zone_of(found),
        "expected": deadlines.expected_reply(now=now, ticket=found, kind=deadlines.APPEAL),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "selfservice/track/appeal.html", context, status=status)


def _appeal(request: HttpRequest, found: Ticket, why: str) -> HttpResponse:
    """The appeal itself. A second press, or an old page, is told that none was made, and why."""
    actor = actor_of(request)
    try:
        appeals.appeal(ticket=found, why=why, actor=actor, at=clock.now())
    except (IllegalMove, LostRace, Refused):
        found.refresh_from_db()
        if grievance_status.why_no_appeal(found, now=clock.now()) is None:
            raise
        return _not_appealed(request, found)
    return to_page(found.reference)


def _not_appealed(request: HttpRequest, found: Ticket) -> HttpResponse:
    """No appeal was made: why not, how it stands, and the words again. The same words twice are a second press."""
    form = public.AppealForm(request.POST)
    why = form.cleaned_data["why"] if form.is_valid() else request.POST.get("why", "").strip()
    refused = grievance_status.why_no_appeal(found, now=clock.now())
    if refused is not None and not conversation.has_said(found, EntryKind.APPEALED, why):
        said = _("No appeal was made. %(why)s") % {"why": appeals.why_not(found, refused)}
        messages.warning(request, said)
    return told_how_it_stands(request, found, why, kind=EntryKind.APPEALED)


@require_POST
def rate(request: HttpRequest, reference: str) -> HttpResponse:
    """How we dealt with it, once it is over."""
    found = open_to(request, reference)
    if found is None:
        return ask_first(request, reference)
    form = public.RatingForm(request.POST)
    if not form.is_valid():
        return show(request, found, rating_form=form)
    given = form.cleaned_data
    try:
        ratings.rate(
            ticket=found,
            rating=given["rating"],
            why=given["why"],
            actor=actor_of(request),
            at=clock.now(),
        )
    except Refused as refused:
        messages.info(request, str(refused.message))
    else:
        messages.success(request, _("Your rating is kept. It goes to those who answer for our work."))
    return to_page(found.reference)
