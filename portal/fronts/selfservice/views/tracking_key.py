"""The tracking key of somebody who cannot be sent a code: shown once, on a page that a person sees."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse

from grievances.base.models.draft import TicketDraft
from grievances.base.models.ticket import Ticket
from grievances.tickets.services import drafts


def shown(
    request: HttpRequest, *, ticket: Ticket, draft: TicketDraft | None, page: Callable[[str], HttpResponse]
) -> HttpResponse:
    """``page``, made with the key where this look uses it up, else with an empty text.

    The key is shown once, so only a page that somebody will see may use it up: made first, then the key is gone. What a
    browser fetches ahead is answered with 503.
    """
    key = (draft.tracking_key or "") if draft is not None and draft.ticket_id == ticket.pk else ""
    if draft is None or not key or request.method != "GET":
        return page("")
    if "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", "")):
        return HttpResponse(status=HTTPStatus.SERVICE_UNAVAILABLE)
    made = page(key)
    return made if drafts.use_up_tracking_key(draft) else page("")
