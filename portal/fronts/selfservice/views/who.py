"""Who sent me this? Anybody types a sender or a message and reads what is registered about it.

What was typed is read once and goes nowhere: not into a row, a log or an address. The address of the result holds a sealed
ticket with the outcome and the numbers of the entries. These pages read no session and no user, and set no cookie.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consent.suppressions.services import one_click_unsubscribe
from grievances.base.choices import ForWhom, TicketKind
from grievances.base.selectors import outside_bodies
from portal.fronts.selfservice import limits
from portal.fronts.selfservice.views import grievances
from portal.kernel.core import ciphers, clock, error_pages
from portal.kernel.law.choices import MessageCategory
from portal.kernel.people.models.fiduciaries import Fiduciary
from portal.kernel.registers.senders.models.senders import Sender
from portal.kernel.registers.senders.rules.sender_search import LEAST, Asked, read
from portal.kernel.registers.senders.rules.senders import CATEGORY_OF_SUFFIX, GOVERNMENT
from portal.kernel.registers.senders.selectors.sender_search import Found, Outcome, is_named_to_anybody, who_sent

TICKET: Final = "selfservice.who_ticket"
#: A result is for reading now: after this its address leads to the question again.
OPEN_FOR: Final = timedelta(hours=1)
#: Bytes of what a ticket holds and of what a result says: the same for every outcome, so that their length tells nothing.
TICKET_BYTES: Final = 80
RESULT_BYTES: Final = 6_000
LONGEST: Final = 2_000
#: What the field of the grievance takes.
LONGEST_SENDER: Final = 40


class WhoForm(forms.Form):
    typed = forms.CharField(
        label=_("Sender or message"),
        help_text=_("For example AD-ONESTU-P, +91 91400 00001, offers@shop.example, or the whole text"),
        min_length=LEAST,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}),
        error_messages={
            "required": _("Enter who sent it, or the whole text"),
            "min_length": _("Enter at least %(limit_value)d characters"),
            "max_length": _("Enter %(limit_value)d characters or fewer"),
        },
    )

    def clean_typed(self) -> Asked:
        """What was typed, taken apart. Nothing is looked up."""
        return read(str(self.cleaned_data["typed"]))


@dataclass(frozen=True)
class Result:
    """What a ticket says, with the entries behind it."""

    outcome: Outcome
    sender: Sender | None
    fiduciary: Fiduciary | None
    suffix: str

    @property
    def is_named(self) -> bool:
        return self.fiduciary is not None and is_named_to_anybody(self.fiduciary, self.sender)

    @property
    def kinds(self) -> list[Any]:
        """What it sends, by the letter at the end of the header, else by what the sender is registered for."""
        if self.sender is None:
            return []
        codes = [CATEGORY_OF_SUFFIX[self.suffix]] if self.suffix in CATEGORY_OF_SUFFIX else self.sender.carries
        return [MessageCategory(code).label for code in codes]


@csrf_exempt  # reads no session; whoever makes a browser ask has gained nothing
@sensitive_post_parameters("typed")
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The question; a POST looks it up and leads to the result. The work is the same for every sender and text."""
    form = WhoForm(request.POST if request.method == "POST" else None)
    if form.is_bound:
        if limits.exceeded(request, "who.ask"):
            return error_pages.too_many(request)
        if form.is_valid():
            asked: Asked = form.cleaned_data["typed"]
            now = clock.now()
            ticket = _sealed(who_sent(asked, at=now), asked.suffix, until=now + OPEN_FOR)
            return HttpResponseRedirect(f"{reverse('privacy:who-result')}?{urlencode({'t': ticket})}")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "selfservice/who/ask.html", {"form": form, "is_public": True}, status=status)


@require_safe
def result(request: HttpRequest) -> HttpResponse:
    """What the registers say, of the same length for every outcome."""
    found = _opened(request.GET.get("t", ""))
    if found is None:
        return HttpResponseRedirect(reverse("privacy:who"))
    client = found.fiduciary if found.is_named and found.fiduciary and not found.fiduciary.is_self else None
    context = {
        "found": found,
        "outcome": found.outcome.name,
        "is_governments": found.suffix == GOVERNMENT,
        "bodies": [(body.said(get_language() or "en"), body.url) for body in _bodies()],
        "mark": one_click_unsubscribe.mark_of(client) if client else "",
        "t": request.GET["t"],
    }
    said = render_to_string("selfservice/who/said.html", context, request)
    padding = max(0, RESULT_BYTES - len(said.encode()))
    page = {"said": mark_safe(said + " " * padding), "is_public": True}  # noqa: S308  # a template of ours
    return render(request, "selfservice/who/result.html", page)


@csrf_exempt  # the ticket is sealed by us, and a grievance that the browser is writing is never replaced
@require_POST
def complain(request: HttpRequest) -> HttpResponse:
    """A grievance about the message begins with its sender filled in, and asks for the rest."""
    found = _opened(request.POST.get("t", ""))
    if found is None:
        return HttpResponseRedirect(reverse("privacy:who"))
    answers = {"for_whom": str(ForWhom.SELF), "kind": str(TicketKind.UNWANTED_MESSAGES)}
    if found.sender is not None:
        value = "-".join(filter(None, (found.sender.value, found.suffix)))
        named = f"{value} ({found.fiduciary.name})" if found.is_named and found.fiduciary is not None else value
        answers["sender"] = next((text for text in (named, value) if len(text) <= LONGEST_SENDER), "")
    return grievances.begin(request, answers, page="message", keeps_draft=True)


def _bodies() -> list[Any]:
    everybody = outside_bodies(at=clock.now(), kind="unknown_sender")
    return [body for body in everybody if "unknown_sender" in body.kinds]


def _sealed(found: Found, suffix: str, *, until: datetime) -> str:
    values = [int(until.timestamp()), found.outcome, found.sender, found.fiduciary, suffix]
    plain = json.dumps(values, separators=(",", ":")).ljust(TICKET_BYTES)
    return ciphers.encrypt_for_address(plain.encode(), purpose=TICKET)


def _opened(ticket: str) -> Result | None:
    """What a ticket holds, read anew from the registers; None for one that is none of ours or over."""
    try:
        plain = ciphers.decrypt_from_address(ticket, purpose=TICKET)
    except ciphers.CannotDecrypt:
        return None
    until, outcome, sender, fiduciary, suffix = json.loads(plain)
    if datetime.fromtimestamp(until, UTC) < clock.now():
        return None
    return Result(
        Outcome(outcome),
        Sender.objects.filter(pk=sender).first(),
        Fiduciary.objects.filter(pk=fiduciary).first(),
        suffix,
    )
