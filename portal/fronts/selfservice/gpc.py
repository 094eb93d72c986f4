"""Global Privacy Control: the header ``Sec-GPC: 1`` of a browser is heard on every customers' page."""

from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponseBase

from consent.collection.services import gpc_signals
from portal.kernel.core.errors import PortalError
from portal.kernel.core.requests import actor_of
from portal.kernel.people.customer_access import is_customer, login_of

log = structlog.get_logger(__name__)

#: In the session: the signal of this browser was recorded for this person.
HEARD = "gpc_heard"
PAGES = "/privacy/"


def is_sent(request: HttpRequest) -> bool:
    """Whether the browser sends the signal; the specification knows this one value."""
    return request.headers.get("Sec-GPC") == "1"


class PrivacySignal:
    """Records the signal of a signed-in person once for each session, before the page is made.

    A stranger's signal needs no record: without a yes nothing is done with a stranger's data.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if is_sent(request) and request.path.startswith(PAGES) and is_customer(request):
            self._hear(request)
        return self.get_response(request)

    def _hear(self, request: HttpRequest) -> None:
        if request.session.get(HEARD) == request.user.pk:
            return
        principal = login_of(request).principal
        if principal is None:
            return
        try:
            gpc_signals.honour(subject_ref=principal.subject.ref, actor=actor_of(request))
        except PortalError as error:  # somebody answered for the same at this instant: the next page hears it again
            log.warning("selfservice.signal_not_heard", code=error.code)
            return
        request.session[HEARD] = request.user.pk
