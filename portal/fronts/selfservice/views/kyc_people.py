"""Prove who you are: the people and organisations behind a customer."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from kyc.base.models.cases import Case
from kyc.base.models.parties import Party
from kyc.cases import party_labels
from kyc.cases.document_requirements import Requirements
from kyc.cases.forms import PartyForm, SharesForm
from kyc.cases.outstanding_items import FATAL, ownership_of, parties_of, requirements_of, shares_of
from kyc.cases.rules.ownership import Ownership
from kyc.cases.selectors import party_of
from kyc.review.services import related_parties
from portal.fronts.selfservice.views.kyc_lists import place
from portal.kernel.core import clock
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.core.requests import actor_of
from portal.kernel.law.selectors import house_rule
from portal.kernel.people.customer_access import customer_required, principal_of

FIELDS = {"NAME": "name", "NUMBER_IN_NAME": "name", "ROLE": "roles", "PERCENT": "percent", "HELD": "held"}


@customer_required
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, customer: str) -> HttpResponse:
    """GET asks who it is; POST puts them on the list, and their papers are asked for where their capacity needs any."""
    case, _party = place(request.user, customer, "")
    now = clock.now()
    wanted = requirements_of(case, now=now)
    roles = wanted.roles
    if not roles:
        raise NotFound("No one is asked for here.")
    names = [one.full_name for one in parties_of(case)]
    form = PartyForm(request.POST or None, roles=roles, bodies=_bodies(case), me=_own_name(request, case), names=names)
    if request.method == "POST" and form.is_valid() and _added(request, case, form):
        return HttpResponseRedirect(reverse("privacy:kyc"))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context = {"form": form, "customer": case.customer, **_counted_from(wanted, now)}
    return render(request, "selfservice/kyc/person.html", context, status=status)


@customer_required
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, customer: str, party: str) -> HttpResponse:
    """GET asks once more; POST takes somebody off the list."""
    case, whose = place(request.user, customer, party)
    if whose is None:
        raise NotFound("Person not found.")
    if request.method == "POST":
        related_parties.leave(whose, actor=actor_of(request), now=clock.now())
        return HttpResponseRedirect(reverse("privacy:kyc"))
    return render(request, "selfservice/kyc/leave.html", {"name": whose.full_name, "customer": case.customer})


@customer_required
@require_http_methods(["GET", "HEAD", "POST"])
def shares(request: HttpRequest, customer: str, party: str) -> HttpResponse:
    """GET shows what somebody owns, POST notes what they own from now on; they stay on the list, and so do their papers."""
    case, whose = place(request.user, customer, party)
    if whose is None or ownership_of(case, now=clock.now()) is None:
        raise NotFound("Person not found, or no one is asked what they own.")
    bodies = [(held, name) for held, name in _bodies(case) if held != whose.reference]
    noted = {one.held.reference if one.held else "": one.percent for one in shares_of(case) if one.owner_id == whose.pk}
    form = SharesForm(request.POST or None, bodies=bodies, noted=noted)
    if request.method == "POST" and form.is_valid() and _shares_set(request, case, whose, form, bodies):
        return HttpResponseRedirect(reverse("privacy:kyc"))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context = {"form": form, "customer": case.customer, "name": whose.full_name}
    return render(request, "selfservice/kyc/shares.html", context, status=status)


@customer_required
@require_http_methods(["GET", "HEAD", "POST"])
def nobody_else(request: HttpRequest, customer: str) -> HttpResponse:
    """GET shows the owners who are named; POST records that the customer says nobody else owns as much as counts."""
    case, _party = place(request.user, customer, "")
    now = clock.now()
    owned, wanted = ownership_of(case, now=now), requirements_of(case, now=now)
    if owned is None:
        raise NotFound("No one is asked for here.")
    form = Form(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        try:
            related_parties.say_nobody_else(case, actor=actor_of(request), now=now)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            return HttpResponseRedirect(reverse("privacy:kyc"))
    wrong = next((party_labels.SHARES_WRONG[one] for one in sorted(owned.faults & FATAL)), "")
    context = {
        "customer": case.customer,
        "owners": _owners(case, owned),
        "form": form,
        "wrong": wrong,
        **_counted_from(wanted, now),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "selfservice/kyc/nobody_else.html", context, status=status)


def _owners(case: Case, owned: Ownership) -> list[tuple[str, str]]:
    """Everybody who is named as an owner, organisations too, with what they own."""
    shares = shares_of(case)
    found = ((one, party_labels.owned_shares(one, owned.percents.get(one.pk), shares)) for one in parties_of(case))
    return [(one.full_name, "; ".join(said)) for one, said in found if said]


def _counted_from(wanted: Requirements, now: datetime) -> dict[str, Any]:
    """From which share on an owner counts, and whether the share itself does; nothing where no owners are asked for."""
    if wanted.beneficial is None:
        return {}
    share = house_rule(wanted.beneficial.rule, on=clock.day(now)).amount
    return {"share": share, "at_least": wanted.beneficial.at_least}


def _bodies(case: Case) -> list[tuple[str, str]]:
    """What a share may be in: the customer, and each organisation that owns a part of it."""
    between = [(one.reference, one.full_name) for one in parties_of(case) if one.principal_id is None]
    return [("", str(case.customer.name)), *between]


def _own_name(request: HttpRequest, case: Case) -> str:
    """What whoever fills it in is called; empty where no name is known, and for who stands on the list already."""
    me = principal_of(request)
    return "" if me.pk in {one.principal_id for one in parties_of(case)} else str(me.full_name)


def _added(request: HttpRequest, case: Case, form: PartyForm) -> bool:
    """Whether the service took it; what it refuses becomes an error of the form."""
    given = form.cleaned_data
    common = {
        "percent": given["percent"],
        "held": party_of(case, given["held"]) if given["held"] else None,
        "actor": actor_of(request),
        "now": clock.now(),
    }
    try:
        if given["is_organisation"]:
            related_parties.add_organisation(case, name=given["name"], **common)
        elif given["is_me"]:
            me = principal_of(request)
            related_parties.add_person(case, full_name=me.full_name, principal=me, roles=given["roles"], **common)
        else:
            related_parties.add_person(case, full_name=given["name"], roles=given["roles"], **common)
    except Refused as refused:
        name = FIELDS.get(refused.code)
        form.add_error(name if name in form.fields else None, str(refused))
        return False
    return True


def _shares_set(
    request: HttpRequest, case: Case, owner: Party, form: SharesForm, bodies: list[tuple[str, str]]
) -> bool:
    """Whether the service took it; what it refuses becomes an error of the form."""
    named = {party_of(case, held) if held else None: form.cleaned_data[form.name_of(held)] for held, _name in bodies}
    try:
        related_parties.set_shares(owner, named, actor=actor_of(request), now=clock.now())
    except Refused as refused:
        form.add_error(form.name_of("") if refused.code == "SHARE" else None, str(refused))
        return False
    return True
