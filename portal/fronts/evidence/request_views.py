"""Both sides' pages of information requests: auditors ask, accept and send back; staff answer."""

from collections.abc import Callable
from datetime import date
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from portal.fronts.evidence import requests
from portal.fronts.evidence.choices import OWED, RequestState
from portal.fronts.evidence.models import InformationRequest
from portal.fronts.evidence.permissions import Permission
from portal.fronts.evidence.views import staff_page
from portal.kernel.core import access, clock, field_changes
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.core.pii_guard import PlainWords
from portal.kernel.core.requests import actor_of
from portal.kernel.core.time_range import DayField, day_input
from portal.kernel.law.selectors import house_rule

#: How many requests the page lists, the newest first.
LISTED = 200
#: The rule that gives the day which the form offers for an answer; an auditor may write any other.
USUAL = "evidence.request_answer"
#: Where a refusal of the service stands.
AT_FIELD = {"CONTROL": "control", "DAY_PASSED": "due_on", "LINK": "link", "TEXT_MISSING": "text"}
NOT_NAMED = gettext_lazy("Do not name a person or a number: the text is kept with the audit.")


def _due() -> DayField:
    return DayField(
        label=gettext_lazy("Answer wanted by"),
        widget=day_input(),
        initial=_usual_day,
    )


def _usual_day() -> date:
    today = clock.day(clock.now())
    return today + house_rule(USUAL, on=today).duration


class AskForm(forms.Form):
    text = PlainWords(label=gettext_lazy("What do you want to be shown?"), help_text=NOT_NAMED, max_length=4000)
    control = forms.CharField(
        label=gettext_lazy("Control"),
        help_text=gettext_lazy("Its code from the list of controls, such as 2-1, if it is about one."),
        max_length=40,
        required=False,
    )
    due_on = _due()


class AnswerForm(forms.Form):
    text = PlainWords(label=gettext_lazy("Answer"), help_text=NOT_NAMED, max_length=4000)
    link = forms.CharField(
        label=gettext_lazy("Page that shows it"),
        help_text=gettext_lazy("The address from /admin/ on: a list with its filters, a record, a report, a pack."),
        max_length=300,
        required=False,
    )


class FlagForm(forms.Form):
    text = PlainWords(label=gettext_lazy("Why does the answer not do?"), help_text=NOT_NAMED, max_length=4000)
    due_on = _due()


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def requests_page(request: HttpRequest) -> HttpResponse:
    """GET lists the requests that this login sees and asks for one; POST asks."""
    access.require(request.user, Permission.REQUEST_VIEW)
    form = AskForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        access.require(request.user, Permission.REQUEST_MAKE)
        if form.is_valid() and (row := _tried(form, lambda given: requests.ask(**given, **_common(request)))):
            messages.success(request, _("Request %(reference)s was sent.") % {"reference": row.reference})
            return HttpResponseRedirect(reverse("evidence:requests"))
    now = clock.now()
    rows = requests.seen_by(request.user)[:LISTED]
    context = {
        **admin.site.each_context(request),
        "title": _("Auditor requests"),
        "form": form,
        "may_ask": access.allowed(request.user, Permission.REQUEST_MAKE),
        "rows": [(row, row.state in OWED and requests.is_late(row, now=now)) for row in rows],
    }
    return TemplateResponse(request, "evidence/requests.html", context, status=_status(form))


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def request_page(request: HttpRequest, reference: str) -> HttpResponse:
    """One request with what was written; POST answers, accepts or sends back."""
    access.require(request.user, Permission.REQUEST_VIEW)
    row = requests.seen_by(request.user).filter(reference=reference).first()
    if row is None:
        raise Http404
    field_changes.watch_row(row)
    form = _form_of(request, row)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    if act and (done := _done_already(request, row, act)):
        messages.warning(request, done)
        return HttpResponseRedirect(reverse("evidence:request", args=[row.reference]))
    if act == "accept":
        requests.accept(row=row, **_common(request))
        return _back(request, row, _("The answer is accepted."))
    if act:
        if form is None:
            raise NotAllowed(_("You cannot do this in its present state."))
        if form.is_valid() and _tried(form, lambda given: _done(request, row, act, given)):
            return _back(request, row, _("It is written down."))
    context = {
        **admin.site.each_context(request),
        "title": _("Information request %(reference)s") % {"reference": row.reference},
        "row": row,
        "entries": row.entries.select_related("by"),
        "form": form,
        "may_accept": isinstance(form, FlagForm),
        "is_late": row.state in OWED and requests.is_late(row, now=clock.now()),
    }
    return TemplateResponse(request, "evidence/request.html", context, status=_status(form))


def _form_of(request: HttpRequest, row: InformationRequest) -> AnswerForm | FlagForm | None:
    """What this login may write now; None for nothing."""
    data = request.POST if request.method == "POST" else None
    is_asker = row.asked_by_id == request.user.pk
    if row.state in OWED and not is_asker and access.allowed(request.user, Permission.REQUEST_ANSWER):
        return AnswerForm(data)
    return FlagForm(data) if row.state == RequestState.ANSWERED and is_asker else None


def _done_already(request: HttpRequest, row: InformationRequest, act: str) -> str:
    """What has happened to the request meanwhile, where it is no more in the state that the act is for; empty where it is."""
    if act == "answer" and row.state not in OWED and access.allowed(request.user, Permission.REQUEST_ANSWER):
        return _("Nothing was written: the request was answered already. The answer is below.")
    if act in {"accept", "flag"} and row.state != RequestState.ANSWERED and row.asked_by_id == request.user.pk:
        return _("Nothing was written: the answer was accepted or sent back already.")
    return ""


def _done(request: HttpRequest, row: InformationRequest, act: str, given: dict[str, Any]) -> bool:
    if act == "answer":
        requests.answer(row=row, **given, **_common(request))
    elif act == "flag":
        requests.flag(row=row, **given, **_common(request))
    else:
        raise NotAllowed(_("You cannot do this in its present state."))
    return True


def _tried(form: forms.Form, act: Callable[[dict[str, Any]], Any]) -> Any:
    """What the service gives; None where it refused, with its words above the form."""
    try:
        return act(form.cleaned_data)
    except Refused as refusal:
        field = AT_FIELD.get(refusal.code)
        form.add_error(field if field in form.fields else None, str(refusal))
        return None


def _common(request: HttpRequest) -> dict[str, Any]:
    return {"actor": actor_of(request), "now": clock.now()}


def _back(request: HttpRequest, row: InformationRequest, said: str) -> HttpResponse:
    messages.success(request, said)
    return HttpResponseRedirect(reverse("evidence:request", args=[row.reference]))


def _status(form: forms.Form | None) -> HTTPStatus:
    return HTTPStatus.UNPROCESSABLE_ENTITY if form is not None and form.errors else HTTPStatus.OK
