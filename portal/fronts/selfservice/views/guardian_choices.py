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

from consent.base.choices import EndedBy
from consent.collection.services import guardian_choices
from consent.prompts.forms import QuestionsForm, answered_late
from consent.prompts.services import consent_prompts
from consent.records.selectors import guardianships
from consent.records.selectors.guardianships import Ward
from consent.records.services import guardianship_ends, receipts
from consent.records.services.consent_events import Recorded
from portal.fronts.selfservice.page_context import address_of
from portal.fronts.selfservice.views.consent_prompts import by_notice
from portal.kernel.core import clock
from portal.kernel.core.errors import IllegalMove, LostRace, NotFound, Refused
from portal.kernel.core.requests import actor_of
from portal.kernel.people.customer_access import customer_required, principal_of


def _ward(request: HttpRequest, reference: str) -> Ward:
    return guardianships.ward_of(principal_of(request).subject.ref, reference, at=clock.now())


@customer_required
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Everybody for whom the person answers."""
    found = guardianships.wards_of(principal_of(request).subject.ref, at=clock.now())
    return render(request, "selfservice/wards/list.html", {"wards": found})


@customer_required
@require_http_methods(["GET", "HEAD", "POST"])
def ward(request: HttpRequest, reference: str) -> HttpResponse:
    """GET shows what is asked and what was agreed to; POST records what was answered, all of it or nothing."""
    found, now, language = _ward(request, reference), clock.now(), get_language() or "en"
    open_ones = consent_prompts.questions(found.subject_ref, at=now, language=language)
    form = QuestionsForm(
        request.POST if request.method == "POST" else None,
        questions=[(q.purpose.code, q.purpose.name) for q in open_ones],
        channels={q.purpose.code: q.channels for q in open_ones},
    )
    if request.method == "POST" and form.is_valid():
        late = answered_late(request.POST, offered=[q.purpose.code for q in open_ones])
        try:
            done = guardian_choices.answer(
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
    waiting = guardianships.waiting_for(found)
    context: dict[str, Any] = {
        "ward": found,
        "form": form,
        "notices": by_notice(open_ones, form),
        "waiting": [(q.purpose, waiting[q.purpose.code]) for q in open_ones if q.purpose.code in waiting],
        "agreed": guardianships.agreed_for(found, at=now),
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
        done = guardian_choices.take_back(ward=found, event_id=number, actor=actor_of(request), now=clock.now())
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
        receipt = guardianship_ends.end(last=found.last, by=EndedBy.GUARDIAN, actor=actor_of(request), now=clock.now())
    except (NotFound, IllegalMove):
        receipt = guardianships.end_of(principal_of(request).subject.ref, reference).receipt
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
