"""Consent managers: whom a person lets act for them, and how that ends."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from consent.collection.services import consent_managers
from consent.collection.services.consent_managers import Offered
from portal.kernel.core import clock
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.core.requests import actor_of
from portal.kernel.people.customer_access import customer_required, principal_of
from portal.kernel.registers.entries.selectors.consent_managers import managers_in_force


@customer_required
@require_safe
def managers(request: HttpRequest) -> HttpResponse:
    """The managers that may act for people, those that act for this one, and those that are linked but may not act now."""
    return _show(request)


@customer_required
@require_POST
def link(request: HttpRequest) -> HttpResponse:
    """Make a code for one manager and show it once. Nothing is linked before the manager uses it."""
    found = managers_in_force(at=clock.now()).filter(pk=_number(request, "manager")).first()
    if found is None:
        raise NotFound("Consent manager not found.")
    try:
        offered = consent_managers.offer_link(subject_ref=principal_of(request).subject.ref, manager=found)
    except Refused as refusal:
        return _show(request, refused=str(refusal), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _show(request, offered=offered)


@customer_required
@require_POST
def unlink(request: HttpRequest) -> HttpResponse:
    """End a link at once; what was said through it stays. A second press finds it ended, and says the same."""
    own = consent_managers.own_link(principal_of(request).subject.ref, _number(request, "link"))
    consent_managers.unlink(found=own, actor=actor_of(request))
    messages.success(request, _("%(name)s no longer acts for you.") % {"name": own.manager.name})
    return HttpResponseRedirect(reverse("privacy:consent-managers"))


def _number(request: HttpRequest, name: str) -> int:
    """A row's number from the form; no row has 0."""
    given = request.POST.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0


def _show(
    request: HttpRequest, *, offered: Offered | None = None, refused: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    now = clock.now()
    links = [
        (one, consent_managers.entry_of(one, at=now))
        for one in consent_managers.links_of(principal_of(request).subject.ref)
    ]
    linked = {entry.pk for _link, entry in links if entry is not None}
    context = {
        "links": [(one, entry) for one, entry in links if entry is not None],
        "silent": [(one, one.manager) for one, entry in links if entry is None],
        "managers": [one for one in managers_in_force(at=now) if one.pk not in linked],
        "offered": offered,
        "refused": refused,
    }
    return render(request, "selfservice/preferences/managers.html", context, status=status)
