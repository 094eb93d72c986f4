"""Messages that a person reads in the dashboard."""

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.kernel.core import clock
from portal.kernel.core.errors import NotFound
from portal.kernel.outbox import selectors
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import message_content
from portal.kernel.people.customer_access import customer_required, login_of
from portal.kernel.people.selectors import refs_of

A_PAGE = 20


@customer_required
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    page = Paginator(selectors.in_dashboard(_refs(request)), A_PAGE).get_page(request.GET.get("page"))
    rows = [(message, _subject(message)) for message in page.object_list]
    return render(request, "selfservice/messages/inbox.html", {"page": page, "rows": rows})


@customer_required
@require_safe
def one(request: HttpRequest, reference: str) -> HttpResponse:
    message = selectors.dashboard_message(_refs(request), reference)
    text = message_content.open_in_dashboard(message, now=clock.now())
    return render(request, "selfservice/messages/one.html", {"message": message, "text": text})


def _refs(request: HttpRequest) -> set[UUID]:
    principal = login_of(request).principal
    return refs_of(principal.subject) if principal is not None else set()


def _subject(message: Message) -> str:
    try:
        return message_content.text_of(message).subject
    except NotFound:  # its key ended while the page was made
        return _("This message was erased.")
