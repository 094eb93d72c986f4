"""The entry page and the pages about these pages."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from portal.selfservice.cookies import COOKIES
from portal.selfservice.frame import address_of


@dataclass(frozen=True)
class Row:
    """A line of the entry page: the whole row is the link."""

    label: Any
    hint: Any
    url: str


#: What people come for, the most frequent first: (label, hint, name of the address).
ERRANDS = (
    (
        _("Stop or choose messages"),
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


def errands() -> list[Row]:
    """The errands whose pages exist here."""
    return [Row(label, hint, url) for label, hint, name in ERRANDS if (url := address_of(name))]


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(
        request, "selfservice/pages/home.html", {"errands": errands(), "track_url": address_of("privacy:track")}
    )


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "selfservice/pages/accessibility.html")


@require_safe
def cookies(request: HttpRequest) -> HttpResponse:
    return render(request, "selfservice/pages/cookies.html", {"cookies": COOKIES})


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    return render(request, "selfservice/pages/sitemap.html", {"errands": errands()})
