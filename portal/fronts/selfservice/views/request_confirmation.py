"""Somebody asked for data in another person's name: that person confirms it here, with the code of our letter to them."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from grievances.base import selectors
from grievances.requests.forms import PersonCodeForm
from grievances.requests.services import subject_identification
from portal.fronts.selfservice import limits
from portal.kernel.core import clock, error_pages
from portal.kernel.core.errors import BadReference, Refused
from portal.kernel.core.ids import parse_reference
from portal.kernel.core.requests import actor_of

PAGE = "selfservice/requests/for_you.html"
#: What else the service says is for officers.
OVER = gettext_noop("This request no longer waits for a code: it was answered, or another address was entered.")
WHY_NOT = {
    "CODE_WRONG": gettext_noop(
        "This code does not fit, or its time is over. Check it, or let them ask us for a new one."
    )
}


@sensitive_post_parameters("address", "code")
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """GET shows the form, and changes nothing; POST takes the code. One sentence for everything that does not fit."""
    if request.method != "POST":
        reference = selectors.canonical(request.GET.get("reference", ""))
        return render(request, PAGE, {"form": PersonCodeForm(initial={"reference": reference})})
    form = PersonCodeForm(request.POST)
    reference = ""
    if form.is_valid():
        try:
            reference = parse_reference(form.cleaned_data["reference"], "GR")
        except BadReference as bad:
            form.add_error("reference", str(bad.message))
    if form.is_valid():
        if limits.exceeded(request, "request.for_you"):
            return error_pages.too_many(request)
        kind, address = form.cleaned_data["address"]
        try:
            subject_identification.confirm(
                reference=reference,
                kind=kind,
                address=address,
                typed=form.cleaned_data["code"],
                actor=actor_of(request),
                at=clock.now(),
            )
        except Refused as refused:
            form.add_error("code", _(WHY_NOT.get(str(refused.code), OVER)))
        else:
            return render(request, PAGE, {"confirmed": reference})
    return render(request, PAGE, {"form": form}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
