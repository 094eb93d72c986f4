"""Choose your messages: stop everything with one press, or tick what you want and save once."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from consent.forms import ChoosingForm
from consent.models import ConsentReceipt
from consent.selectors import history
from consent.services import choosing, opting_in, receipts, stop_all_promotional, undo_stop, withdrawing
from consent.services.choosing import Offer
from consent.states import Way
from portal.core import clock
from portal.core.errors import LostRace, NotFound, Refused
from portal.people.models import Principal
from portal.people.pages import customer_required, login_of
from portal.selfservice.views.opting_in import confirm_again

#: The stop that this browser made and may take back.
STOPPED = "consent_stopped"


def principal_of(request: HttpRequest) -> Principal:
    """The person behind the login. Raises NotFound for a login without one."""
    principal = login_of(request).principal
    if principal is None:
        raise NotFound("There is no person behind this login.")
    return principal


@customer_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """GET shows what the person gets; POST saves every change under one receipt, all of it or nothing."""
    principal, now = principal_of(request), clock.now()
    subject_ref = principal.subject.ref
    offer = choosing.offer(subject_ref, at=now, language=get_language() or "en")
    form = _form(request.POST if request.method == "POST" else None, offer, now)
    if request.method != "POST":
        return _show(request, form, offer, principal, now)
    if not form.is_valid():
        return _show(request, form, offer, principal, now, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        saved = choosing.save(
            subject_ref=subject_ref,
            ticked=frozenset(form.cleaned_data["choices"]),
            was_ticked=frozenset(request.POST["was"].split()) if "was" in request.POST else None,
            shown={group.purpose.code: request.POST.get(f"notice_{group.purpose.code}", "") for group in offer.groups},
            wishes=form.wishes(_usual_quiet(offer)),
            actor=request.actor,  # type: ignore[attr-defined]
            language=get_language() or "en",
            opt_in=request.POST.get("opt_in", ""),
        )
    except (Refused, LostRace) as refusal:
        if refusal.code == opting_in.CONFIRM:
            wanted = [tuple(v.split(":", 1)) for v in form.cleaned_data["choices"] if v not in offer.ticked]
            return confirm_again(request, subject_ref, [(purpose, channel) for purpose, channel in wanted])
        form.add_error(None, str(refusal))
        return _show(request, form, offer, principal, now, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if saved.receipt is not None:
        receipts.seal(saved.receipt)
        return _back(receipt=saved.receipt.reference)
    said = _("Your wishes are saved.") if saved.wishes_changed else _("Nothing was changed, so nothing was saved.")
    messages.info(request, said)
    return _back()


@customer_required
@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """One press, at once: no question, no reason. This browser may take it back for some minutes."""
    done = stop_all_promotional(subject_ref=principal_of(request).subject.ref, actor=request.actor)  # type: ignore[attr-defined]
    if done.receipt is None:
        messages.info(request, _("You had stopped all promotional messages already."))
        return _back()
    receipts.seal(done.receipt)
    request.session[STOPPED] = done.receipt.reference
    return _back(receipt=done.receipt.reference)


@customer_required
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Take the stop of this browser back: exactly the state before it."""
    reference = str(request.session.get(STOPPED, ""))
    try:
        receipt = history.receipt_of(principal_of(request).subject.ref, reference)
        done = undo_stop(receipt=receipt, actor=request.actor)  # type: ignore[attr-defined]
    except (Refused, NotFound) as refusal:
        said = str(refusal) if isinstance(refusal, Refused) else _("There is nothing to undo in this browser.")
        messages.warning(request, said)
        return _back()
    request.session.pop(STOPPED, None)
    if done.receipt is None:
        messages.info(request, _("There was nothing to restore."))
        return _back()
    receipts.seal(done.receipt)
    return _back(receipt=done.receipt.reference)


def _back(**query: str) -> HttpResponseRedirect:
    address = reverse("privacy:preferences")
    return HttpResponseRedirect(f"{address}?{urlencode(query)}" if query else address)


def _usual_quiet(offer: Offer) -> tuple[time, time] | None:
    """Outside the hours that the law permits, promotion is quiet anyway; the page shows those as the start."""
    return (offer.hours.closes, offer.hours.opens) if offer.hours else None


def _form(data: Mapping[str, Any] | None, offer: Offer, now: datetime) -> ChoosingForm:
    wishes = offer.wishes
    usual = _usual_quiet(offer) or (None, None)
    paused = wishes.paused_until if wishes.paused_until and wishes.paused_until > now else None
    return ChoosingForm(
        data,
        offered=offer.groups,
        now=now,
        longest_pause=offer.longest_pause,
        initial={
            "choices": offer.ticked,
            "quiet_from": wishes.quiet_from or usual[0],
            "quiet_until": wishes.quiet_until or usual[1],
            "quiet_for_service": wishes.quiet_for_service,
            "pace": wishes.pace,
            "paused_until": (paused.astimezone(clock.IST) - timedelta(days=1)).date() if paused else None,
            "language": wishes.language,
        },
    )


def _show(
    request: HttpRequest,
    form: ChoosingForm,
    offer: Offer,
    principal: Principal,
    now: datetime,
    *,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    ticked = set(form["choices"].value() or ())
    context = {
        "form": form,
        "groups": offer.groups,
        "ticked": ticked,
        # After a refusal the boxes are still compared with those that the person first had before them.
        "was": request.POST.get("was") if form.is_bound else " ".join(offer.ticked),
        "contacts": offer.contacts,
        "just": _just_done(request, principal, now),
        "usual": _usual_quiet(offer),
    }
    return render(request, "selfservice/preferences/choose.html", context, status=status)


def _just_done(request: HttpRequest, principal: Principal, now: datetime) -> dict[str, Any] | None:
    """What the receipt named in the address says, when it is the person's own."""
    reference = request.GET.get("receipt", "")
    if not reference:
        return None
    try:
        receipt: ConsentReceipt = history.receipt_of(principal.subject.ref, reference)
    except NotFound:
        return None
    ways = set(receipt.events.values_list("way", flat=True))
    may_undo = request.session.get(STOPPED) == receipt.reference and now <= withdrawing.undo_until(receipt)
    return {
        "receipt": receipt,
        "is_sealed": receipts.is_sealed(receipt),
        "is_stop": ways == {Way.STOP_ALL},
        "is_undo": ways == {Way.UNDO},
        "may_undo": may_undo,
        "undo_until": withdrawing.undo_until(receipt) if may_undo else None,
    }
