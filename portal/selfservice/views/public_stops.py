"""Stopping messages without a login: an address, the code that came there, and one press. Every change is a POST."""

import secrets
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from consent.models.events import ConsentEvent, ConsentReceipt
from consent.models.suppressions import Suppression
from consent.selectors.undos import undo_until
from consent.services import deferred_opt_outs, one_click, public_stops, receipts
from consent.stop_forms import StopAddressForm, StopCodeForm
from portal.core import addresses, clock, error_pages
from portal.core.errors import NotFound, Refused
from portal.core.requests import actor_of
from portal.ledger.errors import NotSealed
from portal.people.models import Fiduciary, OneTimeCode
from portal.people.services.codes import TOO_MANY_CODES
from portal.selfservice import limits
from portal.selfservice.views.receipt_files import OF_ALL

#: A receipt, and what it says about the address: an answer, or a stop that stands alone.
Row = tuple[ConsentReceipt, ConsentEvent | Suppression]
#: In the session: the browser's mark, the code asked for, who led here, the receipts of the last press and of those before.
BROWSER: Final = "stop_browser"
ASKED: Final = "stop_asked"
STOPPED: Final = "stop_receipts"
BEFORE: Final = "stop_receipts_before"
ALL, UNDO, LEAVE = "all", "undo", "leave"


@sensitive_post_parameters("address")
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Every way to stop without a login; POST sends a code. Work and answer are the same for every address."""
    client = _client(request.POST.get("for") or request.GET.get("for", ""))
    form = StopAddressForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        kind, address = form.cleaned_data["address"]
        try:
            code = _send(request, kind, address)
        except Refused as refused:
            form.add_error("address", _words(refused))
        else:
            if code is None:
                return error_pages.too_many(request)
            request.session[ASKED] = {"code": code.pk, "for": one_click.mark_of(client) if client else ""}
            for key in (STOPPED, BEFORE):
                request.session.pop(key, None)
            return HttpResponseRedirect(reverse("privacy:stop-code"))
    context = {"form": form, "mark": one_click.mark_of(client) if client else ""}
    return _page(request, "selfservice/stop/ask.html", form, context)


@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Take the code; ``again`` sends another one."""
    asked = OneTimeCode.objects.filter(pk=_asked(request).get("code") or 0).first()
    if asked is None:
        return HttpResponseRedirect(reverse("privacy:stop-without-login"))
    form = StopCodeForm(request.POST if "code" in request.POST else None)
    note = ""
    if request.method == "POST" and not form.is_bound:
        try:
            fresh = _send(request, asked.kind, asked.address)
        except Refused as refused:
            note = _words(refused)
        else:
            if fresh is None:
                return error_pages.too_many(request)
            request.session[ASKED] = {**_asked(request), "code": fresh.pk}
            note = _("We have sent a new code. The earlier one works until its time is over.")
    elif form.is_bound and form.is_valid():
        if limits.exceeded(request, "stop.enter"):
            return error_pages.too_many(request)
        try:
            used = public_stops.enter_code(
                code=asked, typed=form.cleaned_data["code"], browser=_browser(request), now=clock.now()
            )
        except Refused as refused:
            form.add_error("code", forms.ValidationError(str(refused), code=refused.code))
        else:
            request.session[ASKED] = {**_asked(request), "code": used.pk}
            return HttpResponseRedirect(reverse("privacy:stop-choose"))
    client = _led_by(request)
    context = {
        "form": form,
        "note": note,
        "masked": addresses.mask(asked.kind, asked.address),
        "ticket": deferred_opt_outs.ticket_of_code(
            asked, browser=_browser(request), until=asked.expires_at, also=client.code if client else ""
        ),
    }
    return _page(request, "selfservice/stop/code.html", form, context)


@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """GET shows whom one may stop; POST stops at once, or takes the last press back for some minutes."""
    proof = _proof(request)
    if proof is None:
        return HttpResponseRedirect(reverse("privacy:stop-without-login"))
    if request.method != "POST":
        return _show(request, proof)
    act = request.POST.get("act", "")
    if act == LEAVE:
        for key in (ASKED, STOPPED, BEFORE, BROWSER):
            request.session.pop(key, None)
        return HttpResponseRedirect(reverse("privacy:stop-without-login"))
    return _undo(request, proof) if act == UNDO else _stop(request, proof, act)


@require_safe
def receipt_file(request: HttpRequest, reference: str, form: str) -> HttpResponseBase:
    """One form of the receipt of a stop: for the browser that stopped, and of an earlier stop of the address alone."""
    make, proof = OF_ALL.get(form), _proof(request)
    rows = [*_rows(request, proof, STOPPED), *_earlier(request, proof)] if proof else []
    said = next((said for receipt, said in rows if receipt.reference == reference), None)
    if make is None or said is None:
        raise Http404
    try:
        response = make(said)
    except NotSealed:
        return _back(done="stopped")
    response["Content-Disposition"] = f'attachment; filename="{reference}-{form}"'
    return response


@require_safe
def all_receipts(request: HttpRequest) -> HttpResponseBase:
    """The address above the receipts' files leads to where they are listed, or to where a code opens that page."""
    if _proof(request) is None:
        return HttpResponseRedirect(reverse("privacy:stop-without-login"))
    return HttpResponseRedirect(f"{reverse('privacy:stop-choose')}#receipts")


def _stop(request: HttpRequest, proof: OneTimeCode, act: str) -> HttpResponse:
    """Everybody, one of those who are named on the page, or one sender of theirs."""
    common: dict[str, Any] = {"code": proof, "language": get_language() or "en", "actor": actor_of(request)}
    if act == ALL:
        stopped = public_stops.stop_everybody(**common)
    else:
        named = _senders(request, proof)
        singles = {one.act: one for one in public_stops.single_senders_to(proof, named)}
        whose = singles[act].fiduciary if act in singles else next((one for one in named if one.code == act), None)
        if whose is None:
            return _show(request, proof, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        stopped = public_stops.stop(fiduciary=whose, sender=singles.get(act), **common)
    if not stopped:
        return _back(done="before")
    receipts.seal(stopped[-1])
    request.session[BEFORE] = [*_references(request, BEFORE), *_references(request, STOPPED)]
    request.session[STOPPED] = [receipt.reference for receipt in stopped]
    return _back(done="stopped")


def _undo(request: HttpRequest, proof: OneTimeCode) -> HttpResponse:
    stopped = _receipts(request, STOPPED)
    if not stopped or request.POST.get("of") != stopped[0].reference:
        return _back(done="late")  # the button stood beside another stop, in another window
    try:
        undone = public_stops.undo(receipts=stopped, code=proof, actor=actor_of(request))
    except Refused:
        return _back(done="late")
    request.session.pop(STOPPED, None)
    if undone:
        receipts.seal(undone[-1])
    return _back(done="undone")


def _send(request: HttpRequest, kind: str, address: str) -> OneTimeCode | None:
    """Ask for a code. None: this network address asked too often. Raises Refused where the address was asked too often."""
    if limits.exceeded(request, "stop.ask"):
        return None
    return public_stops.ask_code(
        kind=kind, address=address, language=get_language() or "en", browser=_browser(request), now=clock.now()
    )


def _words(refused: Refused) -> str:
    if refused.code == TOO_MANY_CODES:
        return _("Too many codes were asked for this address. Wait an hour, or use another way of this page.")
    return str(refused)


def _browser(request: HttpRequest) -> str:
    """Binds codes to the browser that asked: guessing in another one burns nobody's tries."""
    key: str = request.session.setdefault(BROWSER, secrets.token_hex(16))
    return key


def _asked(request: HttpRequest) -> dict[str, Any]:
    return dict(request.session.get(ASKED) or {})


def _client(mark: str) -> Fiduciary | None:
    return one_click.client_of(mark) if mark else None


def _led_by(request: HttpRequest) -> Fiduciary | None:
    """The client whose link led this browser to the page."""
    return _client(str(_asked(request).get("for", "")))


def _proof(request: HttpRequest) -> OneTimeCode | None:
    """The code that was typed in this browser, while the page is open behind it."""
    try:
        return public_stops.proven(_asked(request).get("code") or 0, browser=_browser(request), now=clock.now())
    except NotFound:
        return None


def _senders(request: HttpRequest, proof: OneTimeCode) -> list[Fiduciary]:
    return public_stops.senders_to(proof, also=_led_by(request))


def _references(request: HttpRequest, kept: str) -> list[str]:
    return list(request.session.get(kept) or [])


def _receipts(request: HttpRequest, kept: str) -> list[ConsentReceipt]:
    return list(ConsentReceipt.objects.filter(reference__in=_references(request, kept)).order_by("pk"))


def _rows(request: HttpRequest, proof: OneTimeCode, kept: str) -> list[Row]:
    """The receipts of presses, each with what it says about the address: one of each company that was stopped."""
    return receipts.stops_at(_receipts(request, kept), keys=public_stops.keys_of(proof))


def _earlier(request: HttpRequest, proof: OneTimeCode) -> list[Row]:
    """Those of earlier presses, and of stops that were made at the address before."""
    shown = {*_references(request, STOPPED), *_references(request, BEFORE)}
    before = [receipt for receipt in public_stops.earlier_receipts(proof) if receipt.reference not in shown]
    return receipts.stops_at([*_receipts(request, BEFORE), *before], keys=public_stops.keys_of(proof))


def _back(**query: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{reverse('privacy:stop-choose')}?{urlencode(query)}")


def _page(request: HttpRequest, template: str, form: forms.Form, context: dict[str, Any]) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, template, context, status=status)


def _said_first(done: str, *, is_stopped: bool, may_undo: bool) -> str:
    """What came of the last press. The address stays in the browser's history, so what it says is compared with what stands;
    without it, a stop that may be taken back is shown with the way back.
    """
    if not is_stopped:
        return done if done in {"before", "undone", "late"} else ""
    if done in {"stopped", "before", "late"}:
        return done
    return "stopped" if may_undo else ""


def _show(request: HttpRequest, proof: OneTimeCode, *, status: int = HTTPStatus.OK) -> HttpResponse:
    stopped = _receipts(request, STOPPED)
    until = undo_until(stopped[0]) if stopped else None
    until = until if until is not None and clock.now() <= until else None
    since, senders = public_stops.stopped_since(proof), _senders(request, proof)
    client = _led_by(request)
    context = {
        "masked": addresses.mask(proof.kind, proof.address),
        "senders": [(one, since.get(one.pk)) for one in senders],
        "singles": public_stops.single_senders_to(proof, senders),
        "since": public_stops.everybody_stopped_since(proof),
        "done": _said_first(request.GET.get("done", ""), is_stopped=bool(stopped), may_undo=until is not None),
        "rows": _rows(request, proof, STOPPED),
        "of": stopped[0].reference if stopped else "",
        "earlier": _earlier(request, proof),
        "undo_until": until,
        "ticket": deferred_opt_outs.ticket_of_code(
            proof,
            browser=_browser(request),
            until=public_stops.open_until(proof),
            also=client.code if client else "",
        ),
    }
    return render(request, "selfservice/stop/choose.html", context, status=status)
