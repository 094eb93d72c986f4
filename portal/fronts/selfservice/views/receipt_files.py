"""One answer's receipt in each of its forms, to keep."""

from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from consent.records.models.events import ConsentEvent, ConsentReceipt
from consent.records.models.guardians import StandingEnded
from consent.records.models.preferences import PreferenceChange
from consent.records.models.suppressions import Suppression
from consent.records.pdfs import fact_pdf, receipt_pdf, stop_pdf
from consent.records.rules import receipt_standards
from consent.records.selectors import history, receipt_context
from consent.records.services import receipts
from portal.fronts.selfservice.views.consents import event_of
from portal.kernel.core import clock
from portal.kernel.ledger.errors import NotSealed
from portal.kernel.people.customer_access import customer_required, principal_of


def _proof(said: receipts.Said) -> HttpResponse:
    return HttpResponse(receipts.file_for(said), content_type="application/octet-stream")


def _json(said: receipts.Said) -> HttpResponse:
    return _as_json(receipts.document(said, now=clock.now()))


def _pdf(said: receipts.Said) -> HttpResponse:
    receipt: Any = said.receipt  # a change of wishes that has no receipt has no file either
    proof, address = (
        receipts.file_for(said),
        settings.SITE_URL + reverse("privacy:check-number", args=[receipt.reference]),
    )
    if isinstance(said, Suppression):
        content = stop_pdf(said, proof=proof, address=address, at=clock.now())
    elif isinstance(said, PreferenceChange | StandingEnded):
        content = fact_pdf(said, proof=proof, address=address, at=clock.now())
    else:
        content = receipt_pdf(said, proof=proof, address=address, at=clock.now())
    return HttpResponse(content, content_type="application/pdf")


def _kantara(event: ConsentEvent) -> HttpResponse:
    if event.answer not in receipt_standards.YES:  # the standard has no words for a no
        raise Http404
    return _as_json(receipt_standards.kantara(_shown(event)))


def _iso27560(event: ConsentEvent) -> HttpResponse:
    return _as_json(receipt_standards.iso27560(_shown(event)), content_type="application/ld+json")


def _shown(event: ConsentEvent) -> receipt_standards.Shown:
    proof = receipts.file_for(event)
    return receipt_context.shown(
        event,
        proof=proof.decode(),
        vkey=receipts.key_of(proof),
        policy_url=settings.SITE_URL + reverse("privacy:policies"),
        withdraw_url=settings.SITE_URL + reverse("privacy:preferences"),
    )


def _as_json(body: dict[str, Any], content_type: str = "application/json") -> HttpResponse:
    options = {"ensure_ascii": False, "indent": 2}
    return JsonResponse(body, content_type=content_type, json_dumps_params=options)


#: The name at the end of the address, and what makes the file: of whatever has a receipt.
OF_ALL: Final[dict[str, Callable[[Any], HttpResponse]]] = {
    "receipt.tlog-proof": _proof,
    "receipt.json": _json,
    "receipt.pdf": _pdf,
}
FORMS: Final[dict[str, Callable[[ConsentEvent], HttpResponse]]] = {
    **OF_ALL,
    "kantara.json": _kantara,
    "iso-27560.jsonld": _iso27560,
}


@customer_required
@require_safe
def blocked_file(request: HttpRequest, reference: str, form: str) -> HttpResponseBase:
    """One form of the receipt of what the person blocked ("Do not disturb")."""
    receipt = history.receipt_of(principal_of(request).subject.ref, reference)
    return _of_fact(
        receipt, receipt.preference_changes.select_related("receipt", "entry__leaf", "entry__auditevent").first(), form
    )


@customer_required
@require_safe
def standing_file(request: HttpRequest, reference: str, form: str) -> HttpResponseBase:
    """One form of the receipt of somebody who answers for another person no more."""
    receipt = history.receipt_of(principal_of(request).subject.ref, reference)
    return _of_fact(receipt, receipt.standings_ended.select_related("receipt", "entry__leaf").first(), form)


@customer_required
@require_safe
def stopped_file(request: HttpRequest, reference: str, form: str) -> HttpResponseBase:
    """One form of the receipt of a stop that changed no answer."""
    receipt = history.receipt_of(principal_of(request).subject.ref, reference)
    alone = receipt.suppressions.filter(event=None).select_related("receipt", "fiduciary", "entry__leaf")
    return _of_fact(receipt, alone.order_by("pk").first(), form)


def _of_fact(receipt: ConsentReceipt, fact: receipts.Said | None, form: str) -> HttpResponseBase:
    make = OF_ALL.get(form)
    if make is None or fact is None:
        raise Http404
    try:
        response = make(fact)
    except NotSealed:
        return HttpResponseRedirect(reverse("privacy:consent-receipt", args=[receipt.reference]))
    response["Content-Disposition"] = f'attachment; filename="{receipt.reference}-{form}"'
    return response


@customer_required
@require_safe
def file(request: HttpRequest, reference: str, number: int, form: str) -> HttpResponseBase:
    """One form of one answer's receipt. Not ready within a second of the answer: the page of the receipt says when."""
    make = FORMS.get(form)
    if make is None:
        raise Http404
    receipt, event = event_of(request, reference, number)
    try:
        response = make(event)
    except NotSealed:
        return HttpResponseRedirect(reverse("privacy:consent-receipt", args=[receipt.reference]))
    response["Content-Disposition"] = f'attachment; filename="{receipt.reference}-{number}-{form}"'
    return response
