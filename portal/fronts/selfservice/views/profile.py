"""What a signed-in customer's account holds about them, and the way to have each line of it corrected. Needs no script."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from grievances.base import selectors as grievances
from grievances.base.request_choices import Capacity, Right
from grievances.requests.correctable_fields import LANGUAGE, NAME, ZONE
from grievances.requests.forms import FIELDS, CorrectionForm
from grievances.tickets.forms import public as grievance_forms
from grievances.tickets.services import drafts, thread_access
from portal.fronts.selfservice import limits
from portal.fronts.selfservice.language_switch import keeps_answers, typed
from portal.fronts.selfservice.views import requests
from portal.kernel.core import clock, error_pages
from portal.kernel.people import selectors as people
from portal.kernel.people.customer_access import customer_required, principal_of
from portal.kernel.people.models import ContactPoint, Membership, Principal

#: What a correction is asked for here. Addresses are changed by a code that comes to the new one.
ASKED: Final = ("name", "language", "zone", "organisation", "other")


@dataclass(frozen=True)
class Held:
    """One line of the record. ``url`` leads to where it is changed, or where that is asked; ``is_marked``: confirmed or not."""

    label: Any
    value: Any
    url: str
    is_changed_at_once: bool = False
    is_marked: bool | None = None


@customer_required
@require_safe
def profile(request: HttpRequest) -> HttpResponse:
    """Every line that the account holds about the person."""
    person = principal_of(request)
    context = {"held": list(_held(person)), "waiting": _waiting(person)}
    return render(request, "selfservice/pages/profile.html", context)


@keeps_answers
@customer_required
@sensitive_post_parameters("should_be", "words")
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, field: str) -> HttpResponse:
    """How one line should be. POST keeps the answer and goes on to the page on which the request is checked and sent."""
    if field not in ASKED:
        raise Http404
    person = principal_of(request)
    stands = {NAME: person.full_name, LANGUAGE: person.language, ZONE: person.zone}.get(field, "")
    data = request.POST if request.method == "POST" else None
    form = CorrectionForm(data, field=field, stands=stands, initial=typed(request))
    if form.is_bound and form.is_valid():
        if limits.exceeded(request, "request.ask"):
            return error_pages.too_many(request)
        draft, secret = drafts.start(at=clock.now())
        answers = {
            "right": str(Right.CORRECTION),
            "capacity": str(Capacity.SELF),
            "field": field,
            **form.cleaned_data,
            **requests.reach_of(request),
        }
        drafts.save(draft=draft, answers=answers)
        response = HttpResponseRedirect(reverse("privacy:request-check"))
        requests.remember(response, draft, secret)
        return response
    context = {"form": form, "label": FIELDS[field]}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "selfservice/pages/correct.html", context, status=status)


def _held(person: Principal) -> Iterator[Held]:
    languages = dict(grievance_forms.LANGUAGES)
    yield Held(_("Name"), person.full_name, _ask("name"))
    points = ContactPoint.objects.filter(principal=person, left_at=None).order_by("kind", "added_at")
    for point in points:
        yield Held(
            point.get_kind_display(), point.address, reverse("privacy:account"), True, is_marked=bool(point.verified_at)
        )
    yield Held(
        _("The language we write to you in"),
        languages.get(person.language, person.language),
        _ask("language"),
    )
    yield Held(_("Time zone"), person.zone, _ask("zone"))
    lives = people.declared_regime(person.subject.ref)
    yield Held(_("Where you live"), lives.label, reverse("privacy:residence"), True)
    acts = Membership.objects.filter(principal=person, ended_at=None).select_related("customer").order_by("joined_at")
    for membership in acts:
        said = f"{membership.customer.name} ({membership.get_role_display()})"
        yield Held(_("You act for"), said, _ask("organisation"))


def _waiting(person: Principal) -> list[tuple[str, Any, datetime]]:
    """The corrections that wait for an answer: reference, what about, since when."""
    found = []
    for asked in grievances.open_corrections(person.subject.ref):
        field = thread_access.details_of(asked).get("field", "other")
        found.append((asked.ticket.reference, FIELDS.get(field, FIELDS["other"]), asked.ticket.received_at))
    return found


def _ask(field: str) -> str:
    return reverse("privacy:correct", args=[field])
