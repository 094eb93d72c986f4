"""The second of two steps in which somebody says yes again after a no, where the law asks for two (11 CCR 7028)."""

from collections.abc import Sequence
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from consent.records.models.events import ConsentReceipt
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
    receipt: ConsentReceipt | None = None,
    is_saved: bool = False,
    was: str | None = None,
) -> HttpResponse:
    """Keep the request and ask for its confirmation, with everything that was entered, which ``page`` takes again.

    ``is_saved``: all else of it is saved, and what was answered stands on ``receipt``; without it nothing is saved yet.
    ``was`` are the boxes that are ticked since, so that the second step changes nothing but those it asks about.
    """
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
        for value in ([was] if name == "was" and was is not None else values)
    ]
    context = {
        "wanted": wanted,
        "entered": entered,
        "opt_in": kept.sha256,
        "page": page or request.path,
        "receipt": receipt,
        "is_saved": is_saved,
    }
    return render(request, "selfservice/preferences/confirm.html", context)
