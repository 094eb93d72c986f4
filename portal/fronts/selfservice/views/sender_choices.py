"""Messages by sender: stop one header or number of a company, or allow one while the others stay stopped."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consent.preferences.services import sender_choices
from consent.preferences.services.sender_choices import OfferedSender, SenderChoice
from consent.records.models.events import ConsentReceipt
from consent.records.selectors import history
from consent.records.services import opt_in_confirmation, receipts
from consent.suppressions.services import one_click_unsubscribe
from portal.fronts.selfservice.client_pages import client_of, code_of
from portal.fronts.selfservice.language_switch import keeps_answers, typed_in
from portal.fronts.selfservice.views.opt_in import confirm_again
from portal.kernel.core import clock
from portal.kernel.core.errors import LostRace, NotFound, Refused
from portal.kernel.core.requests import actor_of
from portal.kernel.people.customer_access import customer_required, principal_of
from portal.kernel.people.models import Fiduciary, Principal
from portal.kernel.people.models.fiduciaries import OWN_CODE

A_PAGE = 20


@customer_required
@require_safe
def choices(request: HttpRequest) -> HttpResponse:
    """Each sender of the company with what counts now, and a button for the other."""
    principal, client = principal_of(request), client_of(request)
    page = Paginator(_offered(principal, client), A_PAGE).get_page(request.GET.get("page"))
    context = {
        "company": client or Fiduciary.objects.get(code=OWN_CODE),
        "mark": one_click_unsubscribe.mark_of(client) if client is not None else "",
        "page": page,
        "just": _just_done(request, principal),
    }
    return render(request, "selfservice/preferences/senders.html", context)


@customer_required
@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """One press, at once: no question, no reason. The other senders stay as they are."""
    principal, client = principal_of(request), client_of(request)
    done = sender_choices.stop(
        subject_ref=principal.subject.ref,
        value=request.POST.get("choice", ""),
        fiduciary=code_of(client),
        actor=actor_of(request),
    )
    if done.receipt is None:
        messages.info(request, _("You had stopped these messages already."))
        return _back(client)
    receipts.seal(done.receipt)
    return _back(client, receipt=done.receipt.reference)


@keeps_answers
@customer_required
@require_http_methods(["GET", "HEAD", "POST"])
def allow(request: HttpRequest) -> HttpResponse:
    """GET shows the exact text that consent to one sender would agree to; POST records it."""
    principal, client = principal_of(request), client_of(request)
    value = request.POST.get("choice") or typed_in(request, "choice") or request.GET.get("choice", "")
    choice = sender_choices.find(_offered(principal, client), value)
    if request.method != "POST":
        return _ask(request, choice, client)
    try:
        done = sender_choices.allow(
            subject_ref=principal.subject.ref,
            value=value,
            shown=request.POST.get("notice", ""),
            language=get_language() or "en",
            fiduciary=code_of(client),
            opt_in=request.POST.get("opt_in", ""),
            actor=actor_of(request),
        )
    except Refused as refusal:
        if refusal.code == opt_in_confirmation.CONFIRM:
            wanted = [(choice.purpose.code, choice.channel)]
            return confirm_again(
                request, principal.subject.ref, wanted, fiduciary=code_of(client), page=_page_of(choice, client)
            )
        return _ask(request, choice, client, problem=str(refusal))
    except LostRace as lost:
        return _ask(request, choice, client, problem=str(lost))
    if done.receipt is None:
        messages.info(request, _("Nothing was changed, so nothing was saved."))
        return _back(client)
    receipts.seal(done.receipt)
    return _back(client, receipt=done.receipt.reference)


def _offered(principal: Principal, client: Fiduciary | None) -> tuple[OfferedSender, ...]:
    return sender_choices.offered(
        principal.subject.ref, at=clock.now(), language=get_language() or "en", fiduciary=code_of(client)
    )


def _ask(request: HttpRequest, choice: SenderChoice, client: Fiduciary | None, *, problem: str = "") -> HttpResponse:
    if not choice.can_be_allowed:
        messages.info(request, _("Nothing was changed, so nothing was saved."))
        return _back(client)
    context = {
        "choice": choice,
        "company": client or Fiduciary.objects.get(code=OWN_CODE),
        "mark": one_click_unsubscribe.mark_of(client) if client is not None else "",
        "back": _address(client),
        "problem": problem,
        "page_has_errors": bool(problem),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
    return render(request, "selfservice/preferences/allow_sender.html", context, status=status)


def _page_of(choice: SenderChoice, client: Fiduciary | None) -> str:
    return _address(client, "privacy:allow-sender", choice=choice.value)


def _back(client: Fiduciary | None, **query: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(_address(client, **query))


def _address(client: Fiduciary | None, name: str = "privacy:sender-choices", **query: str) -> str:
    if client is not None:
        query["for"] = one_click_unsubscribe.mark_of(client)
    return f"{reverse(name)}?{urlencode(query)}" if query else reverse(name)


def _just_done(request: HttpRequest, principal: Principal) -> dict[str, Any] | None:
    """What the receipt named in the address says, when it is the person's own and they answered nothing since."""
    try:
        receipt: ConsentReceipt = history.receipt_of(principal.subject.ref, request.GET.get("receipt", ""))
    except NotFound:
        return None
    if not history.is_latest(receipt):
        return None
    said = {(event.purpose, event.channel, event.sender): event for event in receipt.events.order_by("pk")}
    return {"receipt": receipt, "said": list(said.values()), "is_sealed": receipts.is_sealed(receipt)}
