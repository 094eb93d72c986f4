"""The second of two steps in which somebody says yes again after a no, where the law asks for two (11 CCR 7028)."""

from collections.abc import Sequence
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from consent.records.services import opt_in_confirmation
from portal.kernel.core import clock
from portal.kernel.core.requests import actor_of
from portal.kernel.people.models import Fiduciary
from portal.kernel.people.models.fiduciaries import OWN_CODE


def confirm_again(
    request: HttpRequest,
    subject_ref: UUID,
    wanted: Sequence[tuple[str, str]],
    *,
    fiduciary: str = OWN_CODE,
    page: str = "",
) -> HttpResponse:
    """Keep the request and ask for its confirmation, with everything that was entered, which ``page`` takes again."""
    kept = opt_in_confirmation.request(
        subject_ref=subject_ref,
        fiduciary=Fiduciary.objects.get(code=fiduciary),
        values=wanted,
        actor=actor_of(request),
        now=clock.now(),
    )
    entered = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in {"csrfmiddlewaretoken", "opt_in"}
        for value in values
    ]
    context = {
        "wanted": wanted,
        "entered": entered,
        "opt_in": kept.sha256,
        "page": page or request.path,
    }
    return render(request, "selfservice/preferences/confirm.html", context)
