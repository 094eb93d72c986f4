"""Do not disturb: what a person blocks by subject, way, hour and day, whoever's messages they are."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from consent.base.choices import Way
from consent.collection.forms.dnd import BlockingForm, in_words
from consent.collection.services import dnd_preferences
from consent.records.selectors import history
from consent.records.services import receipts
from portal.fronts.selfservice.language_switch import keeps_answers, refilled
from portal.kernel.core import clock
from portal.kernel.core.errors import LostRace, NotFound, Refused
from portal.kernel.core.requests import actor_of
from portal.kernel.people.customer_access import customer_required, principal_of
from portal.kernel.people.models import Principal


@keeps_answers
@customer_required
@require_http_methods(["GET", "HEAD", "POST"])
def do_not_disturb(request: HttpRequest) -> HttpResponse:
    """GET shows what the person blocks; POST keeps exactly the ticked list, under one receipt."""
    principal = principal_of(request)
    blocked = dnd_preferences.blocked_of(principal.subject.ref)
    form = BlockingForm(
        request.POST if request.method == "POST" else None,
        offered=dnd_preferences.offered(at=clock.now(), now_blocked=blocked),
        blocked=blocked,
    )
    if request.method != "POST":
        return _show(request, refilled(form, request), principal)
    if not form.is_valid():
        return _show(request, form, principal, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        receipt = dnd_preferences.block(
            subject_ref=principal.subject.ref,
            lists=form.lists,
            way=Way.PAGE,
            actor=actor_of(request),
            seen=dnd_preferences.seen_in(form.cleaned_data["seen"]),
        )
    except LostRace as lost:
        return _merge(request, form, principal, lost)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _show(request, form, principal, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    address = reverse("privacy:do-not-disturb")
    if receipt is None:
        messages.info(request, _("Nothing was changed, so nothing was saved."))
        return HttpResponseRedirect(address)
    receipts.seal(receipt)
    return HttpResponseRedirect(f"{address}?receipt={receipt.reference}")


def _merge(request: HttpRequest, form: BlockingForm, principal: Principal, lost: LostRace) -> HttpResponse:
    """The ticks that the person changed stay as they entered them, all others stand as they are now; nothing is saved."""
    seen, now = dnd_preferences.seen_in(form.cleaned_data["seen"]), dnd_preferences.blocked_of(principal.subject.ref)
    again = BlockingForm(
        {**dnd_preferences.merged(form.lists, seen=seen, now=now), "seen": dnd_preferences.as_text(now)},
        offered=dnd_preferences.offered(at=clock.now(), now_blocked=now),
        blocked=now,
    )
    again.add_error(None, str(lost))
    return _show(
        request, again, principal, status=HTTPStatus.CONFLICT, meanwhile=dnd_preferences.differences(seen=seen, now=now)
    )


def _show(
    request: HttpRequest,
    form: BlockingForm,
    principal: Principal,
    *,
    status: int = HTTPStatus.OK,
    meanwhile: tuple[dict[str, list[str]], dict[str, list[str]]] | None = None,
) -> HttpResponse:
    more, less = meanwhile or ({}, {})
    context = {
        "form": form,
        "blocked_meanwhile": in_words(more),
        "lifted_meanwhile": in_words(less),
        "just": _just_done(request, principal),
        "is_confirmed": dnd_preferences.is_confirmed(at=clock.now()),
        "steps": [(_("Choose your messages"), reverse("privacy:preferences"))],
    }
    return render(request, "selfservice/preferences/do_not_disturb.html", context, status=status)


def _just_done(request: HttpRequest, principal: Principal) -> dict[str, Any] | None:
    """The receipt named in the address, when it is the person's own and nothing was answered since."""
    try:
        receipt = history.receipt_of(principal.subject.ref, request.GET.get("receipt", ""))
    except NotFound:
        return None
    if not history.is_latest(receipt):
        return None
    return {"receipt": receipt, "is_sealed": receipts.is_sealed(receipt)}
