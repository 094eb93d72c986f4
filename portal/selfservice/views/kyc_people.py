"""Prove who you are: the people and organisations behind a customer."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from kyc import services
from kyc.forms import PartyForm
from kyc.models import Case
from kyc.needs import parties_of, requirements_of
from kyc.selectors import party_of
from portal.core import clock
from portal.core.errors import NotFound, Refused
from portal.people.pages import customer_required
from portal.selfservice.views.kyc_lists import place

FIELDS = {"NAME": "name", "ROLE": "roles", "PERCENT": "percent", "HELD": "held"}


@customer_required
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, customer: str) -> HttpResponse:
    """GET asks who it is; POST puts them on the list, and their papers are asked for where their capacity needs any."""
    case, _party = place(request.user, customer, "")
    roles = requirements_of(case, now=clock.now()).roles
    if not roles:
        raise NotFound("Nobody is asked for here.")
    form = PartyForm(request.POST or None, roles=roles, bodies=_bodies(case))
    if request.method == "POST" and form.is_valid() and _added(request, case, form):
        return HttpResponseRedirect(reverse("privacy:kyc"))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "selfservice/kyc/person.html", {"form": form, "customer": case.customer}, status=status)


@customer_required
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, customer: str, party: str) -> HttpResponse:
    """GET asks once more; POST takes somebody off the list."""
    case, whose = place(request.user, customer, party)
    if whose is None:
        raise NotFound("There is no such person.")
    if request.method == "POST":
        services.leave(whose, actor=request.actor, now=clock.now())  # type: ignore[attr-defined]
        return HttpResponseRedirect(reverse("privacy:kyc"))
    return render(request, "selfservice/kyc/leave.html", {"name": whose.full_name, "customer": case.customer})


def _bodies(case: Case) -> list[tuple[str, str]]:
    """What a share may be in: the customer, and each organisation that owns a part of it."""
    between = [(one.reference, one.full_name) for one in parties_of(case) if one.principal_id is None]
    return [("", str(case.customer.name)), *between]


def _added(request: HttpRequest, case: Case, form: PartyForm) -> bool:
    """Whether the service took it; what it refuses becomes an error of the form."""
    given = form.cleaned_data
    common = {
        "percent": given["percent"],
        "held": party_of(case, given["held"]) if given["held"] else None,
        "actor": request.actor,  # type: ignore[attr-defined]
        "now": clock.now(),
    }
    try:
        if given["is_organisation"]:
            services.add_organisation(case, name=given["name"], **common)
        else:
            services.add_person(case, full_name=given["name"], roles=given["roles"], **common)
    except Refused as refused:
        name = FIELDS.get(refused.code)
        form.add_error(name if name in form.fields else None, str(refused))
        return False
    return True
