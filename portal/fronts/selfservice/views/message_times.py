"""When and how often messages come, and in which language: quiet hours, the most messages, a pause."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from consent.preferences.forms import WhenForm
from consent.preferences.services import preference_options, preferences
from consent.preferences.services.preference_options import Offer
from portal.fronts.selfservice.language_switch import keeps_answers, refilled
from portal.kernel.core import clock
from portal.kernel.core.errors import LostRace, Refused
from portal.kernel.core.requests import actor_of
from portal.kernel.people.customer_access import customer_required, principal_of


@keeps_answers
@customer_required
@require_http_methods(["GET", "HEAD", "POST"])
def message_times(request: HttpRequest) -> HttpResponse:
    """GET shows what the person wants; POST keeps all of it or nothing. Whoever writes, it is the person's own."""
    subject_ref, now = principal_of(request).subject.ref, clock.now()
    offer = preference_options.offer(subject_ref, at=now, language=get_language() or "en")
    form = _form(request.POST if request.method == "POST" else None, offer, now)
    if form.is_bound and form.is_valid():
        try:
            changed = preferences.change(
                subject_ref=subject_ref, wishes=form.wishes(_usual_quiet(offer)), actor=actor_of(request)
            )
        except (Refused, LostRace) as refusal:
            form.add_error(None, str(refusal))
        else:
            said = _("Your preferences are saved.") if changed else _("Nothing was changed, so nothing was saved.")
            messages.info(request, said)
            return HttpResponseRedirect(reverse("privacy:message-times"))
    context = {
        "form": refilled(form, request),
        "usual": _usual_quiet(offer),
        "steps": [(_("Choose your messages"), reverse("privacy:preferences"))],
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "selfservice/preferences/when.html", context, status=status)


def _usual_quiet(offer: Offer) -> tuple[time, time] | None:
    """Outside the hours that the law permits, promotion is quiet anyway; the page shows those as the start."""
    return (offer.hours.closes, offer.hours.opens) if offer.hours else None


def _form(data: Mapping[str, Any] | None, offer: Offer, now: datetime) -> WhenForm:
    wishes = offer.wishes
    usual = _usual_quiet(offer) or (None, None)
    paused = wishes.paused_until if wishes.paused_until and wishes.paused_until > now else None
    return WhenForm(
        data,
        now=now,
        longest_pause=offer.longest_pause,
        usual=_usual_quiet(offer),
        initial={
            "quiet_from": wishes.quiet_from or usual[0],
            "quiet_until": wishes.quiet_until or usual[1],
            "quiet_for_service": wishes.quiet_for_service,
            "pace": wishes.pace,
            "paused_until": (paused.astimezone(clock.IST) - timedelta(days=1)).date() if paused else None,
            "language": wishes.language,
        },
    )
