"""Before a new consent: the whole notice of what was ticked, and two answers of equal look."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from consent.base.models.notices import NoticeText
from consent.base.selectors.notices import notices_for
from consent.preferences.services import preference_options, preference_updates
from consent.preferences.services.preference_options import Group
from consent.preferences.services.preference_updates import Saved
from consent.records.services import opt_in_confirmation, receipts
from portal.fronts.selfservice.client_pages import client_of, preferences_url
from portal.kernel.core import clock
from portal.kernel.core.errors import LostRace, Refused
from portal.kernel.core.requests import actor_of
from portal.kernel.law import selectors as law
from portal.kernel.people.customer_access import customer_required, principal_of
from portal.kernel.people.models.fiduciaries import OWN_CODE, Fiduciary

#: What was ticked and not agreed to yet, in the session by a random number: an address says nothing of it.
COLLECTED = "new_consents"
#: How many Saves of one browser wait beside each other, for as many open windows.
MOST = 3


def keep(request: HttpRequest, saved: Saved, fiduciary: str) -> str:
    """Keep in the session what a Save collected; the address of the page that asks about it."""
    number = secrets.token_urlsafe(9)
    waiting = list(request.session.get(COLLECTED, {}).items())[-(MOST - 1) :]
    one = {
        "wanted": list(saved.wanted),
        "fiduciary": fiduciary,
        "opt_in": saved.opt_in,
        "receipt": saved.receipt.reference if saved.receipt is not None else "",
        "user": request.user.pk,
        "at": clock.now().isoformat(),
    }
    request.session[COLLECTED] = dict([*waiting, (number, one)])
    return f"{reverse('privacy:new-consents')}?{urlencode({'t': number})}"


@customer_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_consents(request: HttpRequest) -> HttpResponse:
    """GET shows the notices of what was ticked (or, with ``of``, one notice to read); POST agrees to all of it, or leaves it."""
    if request.method != "POST" and request.GET.get("of"):
        return _read(request, request.GET["of"])
    number = request.GET.get("t", "")
    one = _collected(request, number)
    if one is None:
        messages.info(request, _("There is nothing left to confirm. Choose again and save."))
        return HttpResponseRedirect(preferences_url(None))
    return _answer(request, number, one) if request.method == "POST" else _ask(request, one)


def _answer(request: HttpRequest, number: str, one: dict[str, Any]) -> HttpResponse:
    """Agree to what was ticked, or leave it; what was asked is forgotten then, and after a refusal that a reader cannot mend."""
    if request.POST.get("answer") != "yes":
        _forget(request, number)
        messages.info(request, _("What you had ticked stays as it was."))
        return _back(one, receipt=one["receipt"])
    try:
        agreed = preference_updates.agree(
            subject_ref=principal_of(request).subject.ref,
            wanted=frozenset(one["wanted"]),
            shown={name.removeprefix("notice_"): str(value) for name, value in request.POST.items()},
            fiduciary=one["fiduciary"],
            opt_in=one["opt_in"],
            asked_at=datetime.fromisoformat(one["at"]),
            actor=actor_of(request),
            language=get_language() or "en",
        )
    except (Refused, LostRace) as refusal:
        over = _over(refusal)
        if not over:
            return _ask(request, one, problem=str(refusal))
        _forget(request, number)
        messages.warning(request, over)
        return _back(one)
    _forget(request, number)
    if agreed.held:
        messages.info(request, _("Waiting for your parent or guardian. Nothing is done with it until they agree."))
    if agreed.receipt is None:
        return _back(one, receipt=one["receipt"])
    receipts.seal(agreed.receipt)
    return _back(one, receipt=agreed.receipt.reference)


def _over(refusal: Refused | LostRace) -> str:
    """What is said of a refusal that no answer on this page mends; empty where the page can be answered again."""
    code = refusal.code if isinstance(refusal, Refused) else ""
    if code == preference_updates.STOPPED_SINCE:
        return str(refusal)
    if code in {opt_in_confirmation.CONFIRM, preference_updates.NOT_OFFERED}:
        return _("This took too long, or has changed meanwhile. Choose again and save.")
    return ""


def _collected(request: HttpRequest, number: str) -> dict[str, Any] | None:
    """What this login ticked and has not answered yet; nothing after the time in which a second step may follow a first."""
    one: dict[str, Any] | None = request.session.get(COLLECTED, {}).get(number)
    if one is None or one["user"] != request.user.pk:
        return None
    at, now = datetime.fromisoformat(one["at"]), clock.now()
    life = law.house_rule(opt_in_confirmation.LIFE, on=clock.day(now)).duration
    return one if now - at <= life else None


def _ask(request: HttpRequest, one: dict[str, Any], *, problem: str = "") -> HttpResponse:
    """What was ticked with its whole notices; without a notice in the reader's language there is nothing to agree to."""
    offer = preference_options.offer(
        principal_of(request).subject.ref,
        at=clock.now(),
        language=get_language() or "en",
        fiduciary=one["fiduciary"],
    )
    wanted = set(one["wanted"])
    lines = [
        (group, [box for box in group.boxes if box.value in wanted])
        for group in offer.groups
        if any(box.value in wanted for box in group.boxes)
    ]
    client = _client_of(one)
    context = {
        "lines": lines,
        "has_messages": any(group.purpose.sends_messages for group, _boxes in lines),
        "texts": _texts(group for group, _boxes in lines),
        "untranslated": [group for group, _boxes in lines if group.is_untranslated],
        "is_second_step": bool(one["opt_in"]),
        "receipt": one["receipt"],
        "client": client,
        "back": preferences_url(client),
        "problem": problem,
        "page_has_errors": bool(problem),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
    return render(request, "selfservice/preferences/yes.html", context, status=status)


def _texts(groups: Iterable[Group]) -> list[tuple[NoticeText, list[str]]]:
    """Each notice once, with the names of the purposes that it is about here."""
    found: dict[int, tuple[NoticeText, list[str]]] = {}
    for group in groups:
        if group.notice is not None:
            found.setdefault(group.notice.pk, (group.notice, []))[1].append(group.purpose.name)
    return list(found.values())


def _read(request: HttpRequest, purpose: str) -> HttpResponse:
    """The notice that asks for one purpose, in full; in the binding language where it is in no other yet."""
    text = notices_for([purpose], on=clock.day(clock.now()), language=get_language() or "en").get(purpose)
    if text is None:
        raise Http404
    context = {"text": text, "purpose": purpose, "back": preferences_url(client_of(request))}
    return render(request, "selfservice/preferences/notice.html", context)


def _client_of(one: dict[str, Any]) -> Fiduciary | None:
    return None if one["fiduciary"] == OWN_CODE else Fiduciary.objects.get(code=one["fiduciary"])


def _back(one: dict[str, Any], *, receipt: str = "") -> HttpResponseRedirect:
    query = {"receipt": receipt} if receipt else {}
    return HttpResponseRedirect(preferences_url(_client_of(one), **query))


def _forget(request: HttpRequest, number: str) -> None:
    """Only this one: what waits in another window stays."""
    waiting = request.session.get(COLLECTED, {})
    request.session[COLLECTED] = {known: one for known, one in waiting.items() if known != number}
