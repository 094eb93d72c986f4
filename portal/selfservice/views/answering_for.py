"""A parent or lawful guardian, signed in, answers for somebody: what is asked, and what was agreed to. Every change is a POST."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consent.questions_forms import QuestionsForm, answered_late
from consent.selectors import wards
from consent.selectors.wards import Ward
from consent.services import answering_for, asking, receipts, standing_down
from consent.services.recording import Recorded
from consent.states import EndedBy
from portal.core import clock
from portal.core.errors import IllegalMove, LostRace, NotFound, Refused
from portal.core.requests import actor_of
from portal.people.pages import customer_required, principal_of
from portal.selfservice.frame import address_of
from portal.selfservice.views.questions import by_notice


def _ward(request: HttpRequest, reference: str) -> Ward:
    return wards.ward_of(principal_of(request).subject.ref, reference, at=clock.now())


@customer_required
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Everybody for whom the person answers."""
    found = wards.wards_of(principal_of(request).subject.ref, at=clock.now())
    return render(request, "selfservice/wards/list.html", {"wards": found})


@customer_required
@require_http_methods(["GET", "HEAD", "POST"])
def ward(request: HttpRequest, reference: str) -> HttpResponse:
    """GET shows what is asked and what was agreed to; POST records what was answered, all of it or nothing."""
    found, now, language = _ward(request, reference), clock.now(), get_language() or "en"
    open_ones = asking.questions(found.subject_ref, at=now, language=language)
    form = QuestionsForm(
        request.POST if request.method == "POST" else None,
        questions=[(q.purpose.code, q.purpose.name) for q in open_ones],
        channels={q.purpose.code: q.channels for q in open_ones},
    )
    if request.method == "POST" and form.is_valid():
        late = answered_late(request.POST, offered=[q.purpose.code for q in open_ones])
        try:
            done = answering_for.answer(
                ward=found,
                answers=form.answers,
                late=late,
                shown={q.purpose.code: request.POST.get(f"notice_{q.purpose.code}", "") for q in open_ones},
                language=language,
                actor=actor_of(request),
                now=now,
            )
        except (Refused, LostRace) as refusal:
            form.add_error(None, str(refusal))
        else:
            return _told(request, found, done)
    waiting = wards.waiting_for(found)
    context: dict[str, Any] = {
        "ward": found,
        "form": form,
        "notices": by_notice(open_ones, form),
        "waiting": [(q.purpose, waiting[q.purpose.code]) for q in open_ones if q.purpose.code in waiting],
        "agreed": wards.agreed_for(found, at=now),
        "rights_url": address_of("privacy:new-request") or reverse("privacy:grievance-start"),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "selfservice/wards/ward.html", context, status=status)


@customer_required
@require_POST
def take_back(request: HttpRequest, reference: str, number: int) -> HttpResponse:
    """Withdraw one yes. One press, as easy as saying yes; of one that was withdrawn already nothing is left to do."""
    found = _ward(request, reference)
    try:
        done = answering_for.take_back(ward=found, event_id=number, actor=actor_of(request), now=clock.now())
    except NotFound:
        done = Recorded(None, ())
    return _told(request, found, done)


@customer_required
@require_POST
def end(request: HttpRequest, reference: str) -> HttpResponse:
    """The person answers for this one no more. One press; the page says before what it means. A second press leads to
    the receipt of the first.
    """
    try:
        found = _ward(request, reference)
        receipt = standing_down.end(last=found.last, by=EndedBy.GUARDIAN, actor=actor_of(request), now=clock.now())
    except (NotFound, IllegalMove):
        receipt = wards.end_of(principal_of(request).subject.ref, reference).receipt
    else:
        receipts.seal(receipt)
    return HttpResponseRedirect(reverse("privacy:consent-receipt", args=[receipt.reference]))


def _told(request: HttpRequest, found: Ward, done: Recorded) -> HttpResponse:
    if done.receipt is None:
        messages.info(request, _("Nothing was answered, so nothing was changed."))
    else:
        receipts.seal(done.receipt)
        messages.success(request, _("Recorded under receipt %(receipt)s.") % {"receipt": done.receipt})
    return HttpResponseRedirect(reverse("privacy:ward", args=[found.reference]))
