"""To DigiLocker and back: the holder signs in there, and comes back with a code that fetches one document."""

from typing import Any, Final
from urllib.parse import urljoin

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from kyc.base.models.parties import Party
from kyc.cases.outstanding_items import kinds_wanted
from kyc.cases.providers.digilocker import DOCTYPES, Errand
from kyc.review.services import digilocker_fetch
from portal.fronts.selfservice.views.kyc_lists import place, upload_url
from portal.kernel.core import clock
from portal.kernel.core.errors import IllegalMove, NotFound, Refused, Unavailable
from portal.kernel.core.requests import actor_of
from portal.kernel.law.selectors import house_rule
from portal.kernel.people.customer_access import customer_required
from portal.kernel.people.models import Customer
from portal.kernel.people.services import authority

ERRAND: Final = "kyc_digilocker"
#: The promise that says for how long somebody may sign in there.
LIFE: Final = "kyc.fetch_life"
LABELS: Final = {
    "DRVLC": gettext_lazy("Fetch your driving licence from DigiLocker"),
    "PANCR": gettext_lazy("Fetch your PAN card from DigiLocker"),
}


@customer_required
@require_POST
def leave(request: HttpRequest, customer: str, doctype: str, party: str = "") -> HttpResponse:
    """Where it comes back to, and for what, waits in the session; the page sends the browser to DigiLocker.

    A page and no redirect: ``form-action`` lets no form end on another site. Only a press begins: an address that a browser
    fetches ahead would take the place of an errand that runs.
    """
    case, whose, now = *place(request.user, customer, party), clock.now()
    if doctype not in DOCTYPES or digilocker_fetch.KIND not in kinds_wanted(case, whose, now=now):
        raise NotFound("Task not found.")
    if said := authority.said_of(case.customer, request.user.pk, at=now):
        messages.error(request, said)
        return HttpResponseRedirect(reverse("privacy:kyc"))
    errand = Errand.new()
    address = digilocker_fetch.begin(errand, back=_back())
    request.session[ERRAND] = {
        "state": errand.state,
        "verifier": errand.verifier,
        "customer": customer,
        "party": party,
        "doctype": doctype,
        "until": (now + house_rule(LIFE, on=clock.day(now)).duration).timestamp(),
    }
    response = render(request, "selfservice/kyc/fetch.html", {"address": address})
    response["Refresh"] = f"0; url={address}"
    return response


@customer_required
@require_safe
@sensitive_variables("waiting", "errand")
def come_back(request: HttpRequest) -> HttpResponse:
    """Fetch the document, once: the errand ends with the first return, whatever comes of it."""
    waiting = request.session.pop(ERRAND, None)
    given = request.GET.get("state", "")
    now = clock.now()
    if waiting is None or waiting["until"] < now.timestamp() or not constant_time_compare(given, waiting["state"]):
        messages.error(request, _("You came back too late, or began elsewhere. Begin again from your list."))
        return HttpResponseRedirect(reverse("privacy:kyc"))
    case, whose = place(request.user, waiting["customer"], waiting["party"])
    again = upload_url(case.customer, whose, digilocker_fetch.KIND)
    code = request.GET.get("code", "")
    if not code:
        messages.error(request, _("You did not let DigiLocker give us the document. You can send the file yourself."))
        return HttpResponseRedirect(again)
    try:
        document = digilocker_fetch.fetch(
            waiting["doctype"],
            code=code,
            errand=Errand(waiting["state"], waiting["verifier"]),
            back=_back(),
            customer=case.customer,
            party=whose,
            actor=actor_of(request),
            now=now,
        )
    except (Refused, IllegalMove, Unavailable) as refused:
        messages.error(request, str(refused))
        return HttpResponseRedirect(again)
    return HttpResponseRedirect(reverse("privacy:kyc-check", args=[document.reference]))


def ways_to_fetch(customer: Customer, party: Party | None, kind: str) -> list[tuple[Any, str]]:
    """What may be fetched in place of sending a file, with its address; nothing where DigiLocker is not set up."""
    if kind != digilocker_fetch.KIND or not digilocker_fetch.is_set_up():
        return []
    name, args = ("privacy:kyc-party-fetch", [party.reference]) if party else ("privacy:kyc-fetch", [])
    return [(LABELS[doctype], reverse(name, args=[customer.reference, *args, doctype])) for doctype in DOCTYPES]


def _back() -> str:
    return str(urljoin(settings.SITE_URL, reverse("privacy:kyc-fetched")))
