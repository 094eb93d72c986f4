"""Approvals: one list of all that waits for this login, the answer to one of them, and the login's own proposals."""

from collections.abc import Iterable
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.exceptions import NotRegistered
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal.fronts.workplace import approvals, record_names
from portal.fronts.workplace.approvals import AFTER
from portal.fronts.workplace.permissions import Permission
from portal.kernel.core import access, clock
from portal.kernel.core.admin.actions import Outcome
from portal.kernel.core.admin.lists import page_of
from portal.kernel.people.admin.proposals import ways_to_answer
from portal.kernel.people.labels import ActNames
from portal.kernel.people.models import FourEyesModel
from portal.kernel.retention.selectors import open_questions_named

MINE = "mine"
#: This page, as the events say of lists that showed names.
LISTED = "workplace.approvals"


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """What this login may answer, of one kind or of all, or what it proposed itself (``?tab=mine``), each with whose it is.

    One event where names are shown.
    For who proposes the company profile, its open questions are named below the list.
    """
    now = clock.now()
    shown = admin.site.each_context(request)
    found: approvals.Open = shown["approvals"]
    is_mine = request.GET.get("tab") == MINE
    kind = request.GET.get("kind", "")
    context = {**shown, "title": _("Approvals"), "found": found, "is_mine": is_mine, "kind": kind}
    if is_mine:
        context["waiting"] = approvals.of_ones_own(request.user, found, now=now)
        context["answered"] = approvals.answered_lately(request.user, now=now)
        context["decided_within"] = approvals.ANSWERED
    else:
        context["waiting"] = approvals.to_answer(request.user, found, now=now, kind=kind)
        proposes = access.allowed(request.user, Permission.PROFILE_PROPOSE)
        context["questions"] = open_questions_named(on=clock.day(now)).values() if proposes else ()
    said = record_names.names_of(_rows(context), user=request.user)
    for name in ("waiting", "answered"):
        if name in context:
            context[name] = [replace(one, who=said.get(record_names.key_of(one.row), "")) for one in context[name]]
    record_names.record_shown(
        request, LISTED, said, filters=[name for name in ("tab", "kind") if request.GET.get(name)]
    )
    return TemplateResponse(request, "workplace/approvals.html", context)


def _rows(context: dict[str, Any]) -> Iterable[FourEyesModel]:
    return [one.row for name in ("waiting", "answered") for one in context.get(name, ())]


@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, model: str, number: int) -> HttpResponseBase:
    """POST: approve, refuse or withdraw by the act of the proposal's own page, then open the next one.

    What the service refuses stands on the page of the act, with what was entered. GET leads to the proposal.
    """
    row_page, row = _found(request, model, number)
    if request.method != "POST":
        return HttpResponseRedirect(approvals.url_of(row))
    decision = request.POST.get("decision") or request.GET.get("decision", "")
    ways = ways_to_answer(row_page)
    act = ways.of(decision) if ways is not None else None
    if act is None:
        raise Http404
    done = f"{ActNames()(row.act)}: {approvals.title_of(row)}"
    response: HttpResponseBase = row_page.action_view(request, act.name, str(number))
    shown: dict[str, Any] = getattr(response, "context_data", None) or {}
    outcome = shown.get("outcome")
    if response.status_code != HTTPStatus.OK or not isinstance(outcome, Outcome) or outcome.done == 0:
        shown["do_url"] = f"{request.path}?{urlencode({'decision': decision})}"
        return response
    link = format_html('<a href="{}">{}</a>', approvals.url_of(row), done)
    messages.success(request, format_html("{} {}", outcome.results[0].message, link))
    if decision == "withdraw":
        return HttpResponseRedirect(f"{reverse('admin:approvals')}?tab={MINE}")
    return HttpResponseRedirect(_next(request, request.POST.get("kind", "")))


def _found(request: HttpRequest, model: str, number: int) -> tuple[Any, FourEyesModel]:
    """The page of a proposal and the proposal, to a login that may see it. Raises Http404 to every other."""
    try:
        row_page = page_of(model)
    except (LookupError, ValueError, NotRegistered) as error:
        raise Http404 from error
    row = row_page.get_queryset(request).filter(pk=number).first()
    if not isinstance(row, FourEyesModel) or not row_page.has_view_permission(request, row):
        raise Http404
    return row_page, row


def _next(request: HttpRequest, kind: str) -> str:
    """The proposal that is due next, of the same kind while there is one; the list where none waits any more.

    Its page says that it came by itself (``AFTER``): a second click in haste must not decide what nobody has read.
    """
    now, found = clock.now(), approvals.open_to(request.user)
    of_kind = kind if found.to_answer[kind] else ""
    waiting = (one for one in approvals.to_answer(request.user, found, now=now, kind=of_kind) if one.url)
    following = next(waiting, None)
    if following is None:
        messages.info(request, _("Nothing else waits for your approval."))
        return reverse("admin:approvals")
    asked = {AFTER: "1", **({"kind": of_kind} if of_kind else {})}
    return f"{following.url}?{urlencode(asked)}"
