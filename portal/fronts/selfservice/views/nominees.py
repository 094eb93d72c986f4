"""Nominees: a signed-in person says who may use their rights when they die or can no longer act; and the claim of a nominee,
which needs no account. Every change is a POST.
"""

from http import HTTPStatus
from typing import Any, Final

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from grievances.base import labels as grievance_labels
from grievances.base.request_choices import Right
from grievances.nominees import labels
from grievances.nominees.choices import StandingState
from grievances.nominees.forms import ClaimForm, NomineeForm
from grievances.nominees.models import Nominee, NomineeStanding
from grievances.nominees.services import nominations, nominee_authority, nominee_claims
from grievances.nominees.services.nominations import Named
from grievances.requests import rules
from grievances.requests.services import request_intake
from grievances.tickets.services import deadlines, drafts
from portal.fronts.selfservice import limits
from portal.fronts.selfservice.language_switch import keeps_answers, refilled
from portal.fronts.selfservice.views import requests
from portal.kernel.core import clock, error_pages
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.core.requests import actor_of
from portal.kernel.ledger.errors import NotSealed
from portal.kernel.people import step_up_codes
from portal.kernel.people.choices import ProvenAct, RestCause
from portal.kernel.people.customer_access import customer_required, principal_of

#: Beside which question a refusal stands.
BESIDE: Final = {
    "NAME_MISSING": "full_name",
    "NUMBER_IN_NAME": "full_name",
    "NO_ADDRESS": "email",
    "ONESELF": "email",
    "ALREADY": "email",
    "NO_RIGHTS": "rights",
}


@customer_required
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Everybody whom the person named, and what each may do."""
    ref = principal_of(request).subject.ref
    context = {
        "nominees": [_shown(one) for one in nominations.of_person(ref)],
        "claims": [_claimed(one) for one in nominee_authority.live_about(ref)],
    }
    return render(request, "selfservice/nominees/list.html", context)


@keeps_answers
@customer_required
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def name(request: HttpRequest) -> HttpResponse:
    """GET asks; POST names a nominee."""
    form = NomineeForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        if (proof := step_up_codes.ask(request, ProvenAct.NOMINEES)) is not None:
            return proof
        try:
            done = nominations.name(
                principal=principal_of(request),
                named=Named(**form.cleaned_data),
                actor=actor_of(request),
                at=clock.now(),
            )
        except Refused as refused:
            form.add_error(BESIDE.get(refused.code), str(refused.message))
        else:
            messages.success(request, _("Your nominee is recorded: %(reference)s.") % {"reference": done.reference})
            return HttpResponseRedirect(reverse("privacy:nominees"))
    return _asked(request, form)


@keeps_answers
@customer_required
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, reference: str) -> HttpResponse:
    """GET shows what was said of a nominee; POST changes it."""
    nominee = _standing(request, reference)
    held = nominations.details_of(nominee)
    initial = {**held, "full_name": held.get("name", ""), "rights": nominee.rights}
    form = NomineeForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_bound and form.is_valid():
        if (proof := step_up_codes.ask(request, ProvenAct.NOMINEES)) is not None:
            return proof
        try:
            is_other = nominations.change(
                principal=principal_of(request),
                nominee=nominee,
                named=Named(**form.cleaned_data),
                actor=actor_of(request),
                at=clock.now(),
            )
        except Refused as refused:
            form.add_error(BESIDE.get(refused.code), str(refused.message))
        else:
            messages.success(request, _("The change is recorded.") if is_other else _("Nothing was changed."))
            return HttpResponseRedirect(reverse("privacy:nominees"))
    return _asked(request, form, nominee)


@customer_required
@require_POST
def end(request: HttpRequest, reference: str) -> HttpResponse:
    """The nominee may act no more. One press; the page says before what it means. A second press changes nothing."""
    nominee = _mine(request, reference)
    if (proof := step_up_codes.ask(request, ProvenAct.NOMINEES)) is not None:
        return proof
    nominations.end(principal=principal_of(request), nominee=nominee, actor=actor_of(request), at=clock.now())
    messages.success(request, _("%(reference)s is no longer your nominee.") % {"reference": nominee.reference})
    return HttpResponseRedirect(reverse("privacy:nominees"))


@customer_required
@require_safe
def receipt(request: HttpRequest, reference: str) -> HttpResponse:
    """The proof that what was last said about a nominee stands in the ledger, as a file to keep; it names no person."""
    nominee = _mine(request, reference)
    try:
        proof = nominations.receipt(nominee)
    except NotSealed:
        status = HTTPStatus.SERVICE_UNAVAILABLE
        return render(request, "selfservice/nominees/receipt_later.html", {"nominee": nominee}, status=status)
    response = HttpResponse(proof, content_type="text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{nominee.reference}.tlog-proof"'
    return response


@customer_required
@require_POST
def here(request: HttpRequest) -> HttpResponse:
    """The person is here: every claim about them ends. One press; a second one changes nothing."""
    ended = nominee_claims.object_to(principal=principal_of(request), actor=actor_of(request), at=clock.now())
    said = _("The claim has ended. No one acts in your place.") if ended else _("There is no claim about you.")
    messages.success(request, said)
    return HttpResponseRedirect(reverse("privacy:nominees"))


@keeps_answers
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: HttpRequest) -> HttpResponse:
    """Ask, and take the claim of a nominee, or a report of a death. What is answered does not depend on whom we know."""
    initial = {"language": translation.get_language() or "en"}
    form = ClaimForm(request.POST if request.method == "POST" else None, initial=initial)
    if not form.is_bound or not form.is_valid():
        context = {
            "form": refilled(form, request),
            "expected": deadlines.expected_reply(now=clock.now(), kind=rules.plan_of(Right.CLAIM)),
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return render(request, "selfservice/nominees/claim.html", context, status=status)
    if limits.exceeded(request, "nominee.claim"):
        return error_pages.too_many(request)
    now = clock.now()
    draft, secret = drafts.start(at=now)
    drafts.save(draft=draft, answers={"right": str(Right.CLAIM), **form.cleaned_data})
    draft.refresh_from_db()
    asked = request_intake.send(draft=draft, principal=None, actor=actor_of(request), at=now)
    response = HttpResponseRedirect(reverse("privacy:request-sent", args=[asked.request.ticket.reference]))
    requests.remember(response, draft, secret)
    return response


def _claimed(standing: NomineeStanding) -> dict[str, Any]:
    return {
        "row": standing,
        "cause": _("you died") if standing.cause == RestCause.DEATH else _("you can no longer act"),
        "is_in_force": standing.state == StandingState.IN_FORCE,
        "begins": grievance_labels.day(standing.begins_at),
    }


def _mine(request: HttpRequest, reference: str) -> Nominee:
    return nominations.one_of(principal_of(request).subject.ref, reference)


def _standing(request: HttpRequest, reference: str) -> Nominee:
    found = _mine(request, reference)
    if found.ended_at is not None:
        raise NotFound(_("Nominee not found."))
    return found


def _shown(nominee: Nominee) -> dict[str, Any]:
    held = nominations.details_of(nominee)
    return {
        "row": nominee,
        "name": held.get("name", ""),
        "relation": labels.RELATIONS.get(held.get("relation", ""), ""),
        "addresses": [text for text in (held.get("email"), held.get("phone")) if text],
        "rights": [labels.RIGHTS[right] for right in nominee.rights],
    }


def _asked(request: HttpRequest, form: Form, nominee: Nominee | None = None) -> HttpResponse:
    refilled(form, request)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "selfservice/nominees/form.html", {"form": form, "nominee": nominee}, status=status)
