"""Anybody may check a receipt, signed in or not. The page says whether it is genuine, never whose it is."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from consent.forms import ReceiptForm
from consent.services import receipts
from portal.ledger import services as ledger


@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """GET asks for the file, POST answers. Nothing is kept of it."""
    form = ReceiptForm(request.POST, request.FILES) if request.method == "POST" else ReceiptForm()
    context: dict[str, Any] = {"form": form, "checked": None, "vkey": ledger.verifier().vkey}
    if request.method == "POST":
        if not form.is_valid():
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            return render(request, "selfservice/receipts/verify.html", context, status=status)
        upload = form.cleaned_data["receipt"]
        context["checked"] = receipts.check(upload.read(receipts.LARGEST + 1))
    return render(request, "selfservice/receipts/verify.html", context)
