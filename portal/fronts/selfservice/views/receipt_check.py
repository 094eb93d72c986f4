"""Anybody may check a receipt, signed in or not. The page says whether it is genuine, never whose it is."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from consent.preferences.forms import ReceiptForm
from consent.records.rules.receipt_extraction import LARGEST
from consent.records.services import receipts
from portal.fronts.selfservice import receipt_verifier
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


@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """GET asks for the receipt, POST answers. Nothing is kept of it."""
    form = ReceiptForm(request.POST, request.FILES) if request.method == "POST" else ReceiptForm()
    context: dict[str, Any] = {"form": form, "checked": None, **_keys()}
    if request.method == "POST":
        if not form.is_valid():
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            return render(request, "selfservice/receipts/verify.html", context, status=status)
        context["checked"] = receipts.check(form.content(LARGEST + 1))
    return render(request, "selfservice/receipts/verify.html", context)


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
