"""Whose messages a page of preferences is about: ours, or a client's whose message led there."""

from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from consent.suppressions.services import one_click_unsubscribe
from portal.fronts.selfservice.language_switch import typed_in
from portal.kernel.people.models.fiduciaries import OWN_CODE, Fiduciary


def client_of(request: HttpRequest) -> Fiduciary | None:
    """The client whose message led here; None: it is our own page. Raises NotFound for a mark that is none."""
    mark = request.POST.get("for") or typed_in(request, "for") or request.GET.get("for", "")
    found = one_click_unsubscribe.client_of(mark) if mark else None
    return None if found is None or found.is_self else found


def code_of(client: Fiduciary | None) -> str:
    """The code of the company that a page is about: ours where it is about no client."""
    return OWN_CODE if client is None else client.code


def preferences_url(client: Fiduciary | None, **query: str) -> str:
    """The page of preferences about the company."""
    if client is not None:
        query["for"] = one_click_unsubscribe.mark_of(client)
    address = reverse("privacy:preferences")
    return f"{address}?{urlencode(query)}" if query else address
