"""What every customer page carries around its own words: links, languages, the officer, the day of the last change."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from consent.collection.services.gpc_signals import stands_against
from grievances.base.selectors import outside_bodies
from portal.fronts.selfservice import cookie_choices, gpc
from portal.fronts.selfservice.cookie_choices import CookieQuestion
from portal.fronts.selfservice.language_switch import typed_in
from portal.kernel.core import clock, read_only
from portal.kernel.core.error_texts import TEXTS, ErrorText
from portal.kernel.law.models import Purpose
from portal.kernel.people.customer_access import is_customer, principal_of
from portal.kernel.registers.base.models.company import CompanyDetails
from portal.kernel.registers.base.models.officers import Officer
from portal.kernel.registers.base.selectors.current_entries import company_details, current_officer

#: Written in the footer of each page. Change it when the words of these pages change.
UPDATED_ON = date(2026, 12, 3)

#: (label, name of the address). A page whose room is not part of this installation is left out.
TRACK = (_("Check a reference"), "privacy:track")
MENU = (
    (_("Home"), "privacy:home"),
    (_("Stop messages"), "privacy:stop-without-login"),
    (_("Who sent me this?"), "privacy:who"),
    (_("Your data"), "privacy:new-request"),
    (_("Complain"), "privacy:grievance-start"),
)
#: What the menu of a person who is signed in has besides.
ACCOUNT = (
    (_("Messages you get"), "privacy:preferences"),
    (_("Receipts"), "privacy:consents"),
    (_("Requests"), "privacy:grievances"),
    (_("Documents (KYC)"), "privacy:kyc"),
    (_("Account"), "privacy:account"),
)
VERIFY = (_("Check a reference or receipt"), "privacy:check")
#: What anybody may check who has a number of ours.
CHECKS = (TRACK, VERIFY)
DO = (*MENU[1:], VERIFY)
READ = (
    (_("Privacy policy"), "privacy:policies"),
    (_("Who has your data"), "privacy:who-has-my-data"),
    (_("Cookies"), "privacy:cookies"),
    (_("Accessibility"), "privacy:accessibility"),
    (_("Report a child's account"), "privacy:report-a-child"),
)


@dataclass(frozen=True)
class Link:
    label: Any
    url: str


def address_of(name: str) -> str:
    """The address of a named page, empty where there is none."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def own_page(request: HttpRequest, *, otherwise: str) -> str:
    """Where the person was going, or came from (``next``): a page of ours, else that of the address named ``otherwise``."""
    asked = request.POST.get("next") or typed_in(request, "next") or request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return asked if is_ours else reverse(otherwise)


def links(named: tuple[tuple[Any, str], ...]) -> list[Link]:
    """The pages of ``named`` that exist here."""
    return [Link(label, url) for label, name in named if (url := address_of(name))]


class Frame:
    """Worked out when a template asks: a page without the frame costs no query."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    #: Whether the page asks no database and no session: it then shows nothing of a reader and no officer.
    is_static = False
    languages = settings.LANGUAGES
    updated_on = UPDATED_ON

    @property
    def is_demo(self) -> bool:
        return bool(settings.DEMO)

    @property
    def read_only(self) -> ErrorText | None:
        """What is said on every page while nothing is taken in; None in ordinary times."""
        return TEXTS["read_only"][get_language() or "en"] if read_only.is_on() else None

    @property
    def hears_signal(self) -> bool:
        """Whether the browser asks not to sell or share its owner's data (Sec-GPC)."""
        return gpc.is_sent(self._request)

    @cached_property
    def own_yes(self) -> list[Purpose]:
        """What the browser's signal is about and the person agreed to after it: their yes counts."""
        if not self.hears_signal or not is_customer(self._request):
            return []
        return stands_against(principal_of(self._request).subject.ref, at=clock.now())

    @property
    def here(self) -> str:
        """The page to come back to after a change of language. A page that only answers a POST is asked with GET."""
        return self._request.get_full_path()

    @property
    def home_url(self) -> str:
        return address_of("privacy:home")

    @property
    def sitemap_url(self) -> str:
        return address_of("privacy:sitemap")

    @property
    def menu_links(self) -> list[Link]:
        return links(MENU)

    @property
    def do_links(self) -> list[Link]:
        return links(DO)

    @property
    def read_links(self) -> list[Link]:
        return links(READ)

    @property
    def account_links(self) -> list[Link]:
        if self._request.user.is_staff:
            return [Link(_("Workplace"), reverse("admin:index"))]
        return links(ACCOUNT)

    @property
    def sign_in_url(self) -> str:
        return address_of("privacy:sign-in")

    @property
    def sign_out_url(self) -> str:
        return address_of("account_logout") if self._request.user.is_staff else address_of("privacy:sign-out")

    @cached_property
    def cookie_question(self) -> CookieQuestion | None:
        """The group of cookies to ask about; none in the portal as it comes, so there is no banner."""
        return cookie_choices.open_question(self._request)

    @property
    def scripts(self) -> list[str]:
        """Scripts that this browser said yes to."""
        return cookie_choices.allowed_scripts(self._request)

    @cached_property
    def officer(self) -> Officer | None:
        """The Grievance Officer of today: the law has name and contact published (SPDI Rules r.5(9))."""
        return current_officer(on=clock.day(clock.now()))

    @cached_property
    def company(self) -> CompanyDetails | None:
        """Our name, telephone and address of today, for whoever finds no officer."""
        return company_details(on=clock.day(clock.now()))

    @cached_property
    def outside_bodies(self) -> list[str]:
        """Who outside the house can help, each in a sentence."""
        return [body.said(get_language() or "en") for body in outside_bodies(at=clock.now())]


class StaticFrame(Frame):
    """The frame of a page about a fault: links and words, nothing that could be down."""

    is_static = True

    def __init__(self) -> None:
        super().__init__(HttpRequest())


def frame(request: HttpRequest) -> dict[str, Frame]:
    """Context processor: ``frame`` in every template."""
    return {"frame": Frame(request)}
