"""Stopping messages without an account: an address, the code that came there, and one press. Every change is a POST.

These pages read no session and no user, and set no cookie: who acts is said by the sealed ticket in their address
(``consent.collection.services.opt_out_tickets``), which is why no token of a form is asked for. Only the first page looks whether somebody
is signed in: they stop with the button of the preferences, without a code.
"""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from secrets import token_hex
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from consent.collection.forms.opt_outs import StopAddressForm, StopCodeForm
from consent.collection.services import opt_out_tickets, public_opt_outs
from consent.collection.services.public_opt_outs import Press
from consent.records.models.events import ConsentEvent, ConsentReceipt
from consent.records.models.suppressions import Suppression
from consent.records.selectors.undos import undo_until
from consent.records.services import receipts
from consent.records.services.addresses import contacts_of
from consent.suppressions.services import address_opt_outs, one_click_unsubscribe
from portal.fronts.selfservice import limits
from portal.fronts.selfservice.views.preferences import ticket_of
from portal.fronts.selfservice.views.receipt_files import OF_ALL
from portal.kernel.core import actor, addresses, clock, error_pages
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.core.middleware import client_address
from portal.kernel.ledger.errors import NotSealed
from portal.kernel.people import selectors as people
from portal.kernel.people.customer_access import is_customer, principal_of
from portal.kernel.people.models.fiduciaries import Fiduciary
from portal.kernel.people.models.invitations import OneTimeCode
from portal.kernel.people.services import codes
from portal.kernel.people.services.codes import TOO_MANY_CODES

#: A receipt, and what it says about the address: an answer, or a stop without one.
Row = tuple[ConsentReceipt, ConsentEvent | Suppression]
#: What the buttons send.
ALL, UNDO, LEAVE = "all", "undo", "leave"
#: Receipts that are shown open; more of them are a list to open.
FEW: Final = 3


@dataclass(frozen=True)
class Place:
    """What the ticket in the address of a page says: the code, the mark of who asked for it, and the client who led here."""

    code: OneTimeCode
    browser: str
    client: Fiduciary | None

    @property
    def also(self) -> str:
        return self.client.code if self.client is not None else ""

    def leads_to(self, name: str, **query: str) -> HttpResponseRedirect:
        """See another of these pages, with a ticket of its own."""
        return HttpResponseRedirect(f"{reverse(f'privacy:{name}')}?{urlencode({'t': self.ticket, **query})}")

    @property
    def ticket(self) -> str:
        """For the address of a page."""
        until = self.open_until if self.code.used_at else self.code.expires_at + codes.TOLD_EXPIRED_FOR
        return opt_out_tickets.ticket_of_page(self.code, browser=self.browser, until=until, also=self.also)

    @property
    def button(self) -> str:
        """For a stop button, while the database is away."""
        return opt_out_tickets.ticket_of_code(self.code, browser=self.browser, until=self.open_until, also=self.also)

    @property
    def open_until(self) -> datetime:
        return public_opt_outs.open_until(self.code)


@csrf_exempt  # the POST reads no session: it sends a code to whatever address was typed
@sensitive_post_parameters("address")
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Every way to stop without an account; POST sends a code. Work and answer are the same for every address.

    A person who is signed in sees the button that stops everything at once.
    """
    client = _client(request.POST.get("for") or request.GET.get("for", ""))
    form = StopAddressForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        kind, address = form.cleaned_data["address"]
        browser = token_hex(16)
        try:
            code = _send(request, kind, address, browser)
        except Refused as refused:
            form.add_error("address", _words(refused))
        else:
            if code is None:
                return error_pages.too_many(request)
            return Place(code, browser, client).leads_to("stop-code")
    context = {"form": form, "mark": one_click_unsubscribe.mark_of(client) if client else "", **_of_person(request)}
    return _page(request, "ask", context, form)


@csrf_exempt  # the ticket in the address is the secret
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Take the code, and with the same press stop everybody (``all``); ``again`` sends another code."""
    place = _place(request)
    if place is None:
        return _start()
    form = StopCodeForm(request.POST if "code" in request.POST else None)
    note = ""
    if request.method == "POST" and not form.is_bound:
        try:
            fresh = _send(request, place.code.kind, place.code.address, place.browser)
        except Refused as refused:
            note = _words(refused)
        else:
            if fresh is None:
                return error_pages.too_many(request)
            return Place(fresh, place.browser, place.client).leads_to("stop-code", sent="again")
    elif form.is_bound and form.is_valid():
        if limits.exceeded(request, "stop.enter"):
            return error_pages.too_many(request)
        try:
            used = public_opt_outs.enter_code(
                code=place.code, typed=form.cleaned_data["code"], browser=place.browser, now=clock.now()
            )
        except Refused as refused:
            form.add_error("code", forms.ValidationError(str(refused), code=refused.code))
        else:
            proven = Place(used, place.browser, place.client)
            return _stop(request, proven, ALL) if request.POST.get("act") == ALL else proven.leads_to("stop-choose")
    if not note and not form.is_bound and request.GET.get("sent") == "again":
        note = _("We have sent a new code. The earlier one works until its time is over.")
    context = {
        "form": form,
        "note": note,
        "masked": addresses.mask(place.code.kind, place.code.address),
        "ticket": place.button,
        "minutes": int((place.code.expires_at - place.code.made_at).total_seconds() // 60),
    }
    return _page(request, "code", context, form)


@csrf_exempt  # the ticket in the address is the secret
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """GET shows who writes to the address; POST stops everybody, one of them or one sender."""
    place = _proven(request)
    if place is None:
        return _start()
    if request.method == "POST":
        return _stop(request, place, request.POST.get("act", ""))
    return _show_choice(request, place)


@csrf_exempt  # the ticket in the address is the secret
@require_http_methods(["GET", "HEAD", "POST"])
def done(request: HttpRequest) -> HttpResponse:
    """What was stopped, with the receipts; POST undoes the last press for some minutes, or shuts these pages."""
    place = _proven(request)
    if place is None:
        return _start()
    act = request.POST.get("act", "")
    if act == LEAVE:
        public_opt_outs.leave(place.code)
        return _start()
    presses = public_opt_outs.presses_behind(place.code)
    if not presses:
        return place.leads_to("stop-choose")
    if act == UNDO:
        return _undo(request, place, presses[0])
    return _page(request, "done", _context_of_done(request, place, presses))


@require_safe
def receipt_file(request: HttpRequest, reference: str, form: str) -> HttpResponseBase:
    """One form of the receipt of a stop: behind the code that stopped, and of an earlier stop of the address alone."""
    make, place = OF_ALL.get(form), _proven(request)
    presses = public_opt_outs.presses_behind(place.code) if place else []
    rows = _rows(place, presses) + _earlier(place, presses) if place else []
    said = next((said for receipt, said in rows if receipt.reference == reference), None)
    if make is None or place is None or said is None:
        raise Http404
    try:
        response = make(said)
    except NotSealed:
        return place.leads_to("stop-done")
    response["Content-Disposition"] = f'attachment; filename="{reference}-{form}"'
    return response


def _stop(request: HttpRequest, place: Place, act: str) -> HttpResponse:
    """Everybody, one of those who are named on the page, or one sender of theirs."""
    common: dict[str, Any] = {"code": place.code, "language": get_language() or "en", "actor": _actor(request)}
    if act == ALL:
        stopped = public_opt_outs.stop_everybody(**common)
    else:
        named = public_opt_outs.senders_to(place.code, also=place.client)
        singles = {one.act: one for one in public_opt_outs.single_senders_to(place.code, named)}
        whose = singles[act].fiduciary if act in singles else next((one for one in named if one.code == act), None)
        if whose is None:
            return _show_choice(request, place, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        stopped = public_opt_outs.stop(fiduciary=whose, sender=singles.get(act), **common)
    if stopped:
        receipts.seal(stopped[-1])
    return place.leads_to("stop-done")


def _undo(request: HttpRequest, place: Place, last: Press) -> HttpResponse:
    if last.is_undone or request.POST.get("of") != last.reference:  # the button stood beside another stop
        return place.leads_to("stop-done", late="1")
    try:
        undone = public_opt_outs.undo(receipts=last.receipts, code=place.code, actor=_actor(request))
    except Refused:
        return place.leads_to("stop-done", late="1")
    if undone:
        receipts.seal(undone[-1])
    return place.leads_to("stop-done")


def _context_of_done(request: HttpRequest, place: Place, presses: list[Press]) -> dict[str, Any]:
    """What came of the last press, worked out from what is recorded: the page says the same whenever it is opened."""
    last, now = presses[0], clock.now()
    made_at = last.receipts[0].made_at
    since = address_opt_outs.everybody_stopped_since(public_opt_outs.keys_of(place.code))
    until = undo_until(last.receipts[0])
    was_before = since is not None and since < made_at
    rows = _rows(place, [last])
    return {
        "masked": addresses.mask(place.code.kind, place.code.address),
        "is_undone": last.is_undone,
        "is_late": "late" in request.GET and not last.is_undone,
        "since": since,
        "was_before": was_before,
        "rows": rows,
        "is_long": len(rows) > FEW,
        "names": [_name_of(said) for _receipt, said in rows],
        "of": last.reference,
        "undo_until": until if not last.is_undone and not was_before and now <= until else None,
        "more": _rows(place, presses[1:]) + _earlier(place, presses),
        "t": place.ticket,
    }


def _name_of(said: ConsentEvent | Suppression) -> str:
    header = getattr(said, "header", "")
    return f"{said.fiduciary.name} ({header})" if header else said.fiduciary.name


def _show_choice(request: HttpRequest, place: Place, *, status: int = HTTPStatus.OK) -> HttpResponse:
    code = place.code
    senders = public_opt_outs.senders_to(code, also=place.client)
    since = address_opt_outs.stopped_since(public_opt_outs.keys_of(code))
    context = {
        "masked": addresses.mask(code.kind, code.address),
        "senders": [(one, since.get(one.pk)) for one in senders],
        "singles": public_opt_outs.single_senders_to(code, senders),
        "since": address_opt_outs.everybody_stopped_since(public_opt_outs.keys_of(code)),
        "earlier": _earlier(place, public_opt_outs.presses_behind(code)),
        "ticket": place.button,
        "t": place.ticket,
    }
    return _page(request, "choose", context, status=status)


def _of_person(request: HttpRequest) -> dict[str, Any]:
    """For a person who is signed in, on the way in only: their confirmed addresses, and the button that needs no code."""
    if request.method == "POST" or settings.SESSION_COOKIE_NAME not in request.COOKIES or not is_customer(request):
        return {"is_public": True}
    principal = principal_of(request)
    contacts = contacts_of(people.refs_of(principal.subject))
    return {
        "is_signed_in": True,
        "contacts": contacts,
        "since": address_opt_outs.person_stopped_since(contacts),
        "ticket": ticket_of(request, principal),
    }


def _send(request: HttpRequest, kind: str, address: str, browser: str) -> OneTimeCode | None:
    """Ask for a code. None: this network address asked too often. Raises Refused where the address was asked too often."""
    if limits.exceeded(request, "stop.ask"):
        return None
    return public_opt_outs.ask_code(
        kind=kind, address=address, language=get_language() or "en", browser=browser, now=clock.now()
    )


def _words(refused: Refused) -> str:
    if refused.code == TOO_MANY_CODES:
        return _("Too many codes were asked for this address. Wait an hour, or use another way of this page.")
    return str(refused)


def _actor(request: HttpRequest) -> actor.Actor:
    """Whoever holds the code. No session is read: somebody who is signed in here acts as a stranger too."""
    return actor.stranger(address=client_address(request), via="page")


def _client(mark: str) -> Fiduciary | None:
    return one_click_unsubscribe.client_of(mark) if mark else None


def _place(request: HttpRequest) -> Place | None:
    """What the ticket in the address says, while its code is known; None for a ticket that is none of ours or over."""
    try:
        held = opt_out_tickets.opened(request.GET.get("t", ""), at=clock.now())
    except NotFound:
        return None
    if held["of"] != opt_out_tickets.PAGE:
        return None
    code = OneTimeCode.objects.filter(pk=held["code"], browser=held["browser"]).first()
    client = Fiduciary.objects.filter(code=held["also"]).first() if held["also"] else None
    return Place(code, held["browser"], client) if code is not None else None


def _proven(request: HttpRequest) -> Place | None:
    """The same behind a code that was typed, while the page is open behind it."""
    place = _place(request)
    if place is None:
        return None
    try:
        public_opt_outs.proven(place.code.pk, browser=place.browser, now=clock.now())
    except NotFound:
        return None
    return place


def _rows(place: Place, presses: list[Press]) -> list[Row]:
    """The receipts of presses, each with what it says about the address: one of each company that was stopped."""
    given = [receipt for press in presses for receipt in press.receipts]
    return receipts.stops_at(given, keys=public_opt_outs.keys_of(place.code))


def _earlier(place: Place, presses: list[Press]) -> list[Row]:
    """Stops that were made at the address before the code was typed: ``presses`` are all that were made behind it."""
    behind = {receipt.pk for press in presses for receipt in press.receipts}
    before = [receipt for receipt in public_opt_outs.earlier_receipts(place.code) if receipt.pk not in behind]
    return receipts.stops_at(before, keys=public_opt_outs.keys_of(place.code))


def _start() -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("privacy:stop-without-login"))


def _page(
    request: HttpRequest,
    name: str,
    context: dict[str, Any],
    form: forms.Form | None = None,
    *,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    if form is not None and form.errors:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    return render(
        request, f"selfservice/stop/{name}.html", {"is_public": "is_signed_in" not in context, **context}, status=status
    )
