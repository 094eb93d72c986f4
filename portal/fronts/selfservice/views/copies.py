"""The copy of one's data: handed out to whoever has shown within minutes that it is theirs."""

from http import HTTPStatus

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from grievances.base import selectors
from grievances.base.models.data_copies import Bundle
from grievances.base.models.requests import RightsRequest
from grievances.base.models.ticket import Ticket
from grievances.requests.services import data_copies
from grievances.tickets.forms import public
from portal.fronts.selfservice.views import track
from portal.kernel.core import clock
from portal.kernel.core.errors import NotFound
from portal.kernel.core.requests import actor_of
from portal.kernel.people import step_up_codes
from portal.kernel.people.choices import ProvenAct
from portal.kernel.people.customer_access import is_customer


@require_http_methods(["GET", "HEAD", "POST"])
def copy(request: HttpRequest, reference: str) -> HttpResponse | FileResponse:
    """POST: the copy of one's data, to whoever the request is open to and typed a code within ``signin.recent_factor``.

    It is counted: so it takes a press, and no look ahead of a browser or a scanner of links spends one. A look leads to the
    page with the button.
    """
    ticket = track.open_to(request, selectors.canonical(reference))
    found = RightsRequest.objects.filter(ticket=ticket).first() if ticket is not None else None
    if found is None:
        return HttpResponseRedirect(f"{reverse('privacy:track')}?reference={selectors.canonical(reference)}")
    bundle = Bundle.objects.select_related("request__ticket", "file").filter(request=found).first()
    if bundle is None or request.method != "POST":
        return _to_ticket(found)
    proof = _proof(request, found.ticket)
    if proof is not None:
        return proof
    try:
        stream = data_copies.fetch(bundle=bundle, actor=actor_of(request), at=clock.now())
    except NotFound as gone:
        messages.info(request, str(gone.message))
        return _to_ticket(found)
    name = f"{found.ticket.reference}.zip"
    return FileResponse(stream, as_attachment=True, filename=name, content_type="application/zip")


def _to_ticket(found: RightsRequest) -> HttpResponse:
    return HttpResponseRedirect(reverse("privacy:track-ticket", args=[found.ticket.reference]))


def _proof(request: HttpRequest, ticket: Ticket) -> HttpResponse | None:
    """The page that asks for a code; None where one was typed within the time: in this session, or to open this view."""
    now = clock.now()
    view = selectors.tracking_code(request.COOKIES.get(track.COOKIE, ""))
    opened_at = view.used_at if view is not None and view.ticket_id == ticket.pk else None
    if opened_at is not None and now - opened_at < step_up_codes.recent(now=now):
        return None
    if is_customer(request):
        return step_up_codes.ask(request, ProvenAct.COPY, even_if_recent=False)
    messages.info(
        request,
        _("A copy of data needs a code of the last %(time)s. Ask for a new one.")
        % {"time": step_up_codes.recent_words(now=now)},
    )
    form = public.TrackForm(initial={"reference": ticket.reference})
    return render(request, "selfservice/track/ask.html", {"form": form}, status=HTTPStatus.FORBIDDEN)
