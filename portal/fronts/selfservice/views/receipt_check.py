"""Anybody may check a receipt, signed in or not. The page says whether it is genuine, never whose it is."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from consent.preferences.forms import ReceiptForm
from consent.records.rules.receipt_extraction import LARGEST
from consent.records.services import receipts
from portal.fronts.selfservice import limits, receipt_verifier
from portal.kernel.core import error_pages
from portal.kernel.ledger import program
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.services import witnesses


def _keys() -> dict[str, Any]:
    """Our public keys and who has cosigned: what a check without us starts from."""
    return {
        "vkeys": [one.vkey for one in ledger.verifiers()],
        "witnesses": witnesses.independent(),
        "witness_keys": [one.verifier.vkey for one in witnesses.configured() if not one.is_own],
    }


@csrf_exempt  # reads no session and changes nothing; the box of the first page, which sets no cookie, leads here
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """GET asks for a number or a receipt, POST answers. Nothing is kept of it.

    A number leads to the page with its answer, that of a grievance to where it is followed. What is typed gets into an address
    only if it can be a number of ours: people type telephone numbers and e-mail addresses into such a box, too.
    """
    if request.method != "POST":
        return _show(request, ReceiptForm())
    form = ReceiptForm(request.POST, request.FILES)
    if not form.is_valid():
        return _show(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if reference := form.cleaned_data["reference"]:
        return HttpResponseRedirect(_address_of(form.kind, reference))
    return _show(request, form, checked=receipts.check(form.content(LARGEST + 1)))


def _address_of(kind: str, reference: str) -> str:
    if kind == "CR":
        return reverse("privacy:check-number", args=[reference])
    return f"{reverse('privacy:track')}?{urlencode({'reference': reference})}"


@require_safe
def number(request: HttpRequest, reference: str) -> HttpResponse:
    """Whether a receipt with this number is genuine and when it was issued; nothing else. The code on its paper leads here."""
    form = ReceiptForm({"reference": reference})
    if not form.is_valid():
        return _show(request, form, status=HTTPStatus.NOT_FOUND)
    found = form.cleaned_data["reference"]
    if form.kind != "CR" or found != reference:
        return HttpResponseRedirect(_address_of(form.kind, found))
    if limits.exceeded(request, "receipt.number"):
        return error_pages.too_many(request)
    numbered = receipts.by_number(found)
    status = HTTPStatus.OK if numbered is not None else HTTPStatus.NOT_FOUND
    return _show(request, ReceiptForm(initial={"reference": found}), numbered=numbered, asked=found, status=status)


def _show(request: HttpRequest, form: ReceiptForm, *, status: int = HTTPStatus.OK, **said: Any) -> HttpResponse:
    return render(request, "selfservice/receipts/verify.html", {"form": form, **said, **_keys()}, status=status)


@csrf_exempt
def moved(request: HttpRequest) -> HttpResponse:
    """The address that stands on receipts printed before; a form that is open still keeps its method (308)."""
    return HttpResponsePermanentRedirect(reverse("privacy:check"), preserve_request=request.method == "POST")


@require_safe
def in_browser(request: HttpRequest) -> HttpResponse:
    """A page that checks in the reader's own browser; the receipt does not leave the device."""
    return render(request, "selfservice/receipts/in_browser.html", _keys())


@require_safe
def verifier_file(request: HttpRequest) -> HttpResponse:
    """The same page as one file to keep: it works from the disk, without a network. Its script and sheet stand in it."""
    return _download(receipt_verifier.page(_keys()), "onesetu-verifier.html", "text/html; charset=utf-8")


@require_safe
def verifier_program(request: HttpRequest) -> HttpResponse:
    """The program for auditors: one Python file."""
    return _download(program.source(), "verify.py", "text/x-python; charset=utf-8")


def _download(content: bytes, name: str, content_type: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=content_type, headers=headers)
