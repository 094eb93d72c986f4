"""The auditors' page of controls, and its export."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any

from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from portal.fronts.evidence import control_columns, controls, legal_duties, policy_commitments
from portal.fronts.evidence.control_choices import TONES, WORDS
from portal.fronts.evidence.controls import Control
from portal.fronts.evidence.forms import PeriodForm
from portal.fronts.evidence.period import Period
from portal.fronts.evidence.permissions import Permission
from portal.fronts.evidence.views import staff_page
from portal.fronts.evidence.violations.findings import LINKED
from portal.kernel.core import access, answers, clock
from portal.kernel.core.admin.lists import page_of
from portal.kernel.core.errors import Refused
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExportForm, short_response
from portal.kernel.jobs.permissions import Permission as JobsPermission
from portal.kernel.jobs.services.exports import Wish
from portal.kernel.law.date_arithmetic import add_months
from portal.kernel.law.models import Clock
from portal.kernel.people.signin_limits import number
from portal.kernel.registers.base.permissions import Permission as RegistersPermission
from portal.kernel.registers.entries.services import register_tasks

#: Words of the links to the cases of a rule.
CASES = {"met": gettext_lazy("%s met"), "missed": gettext_lazy("%s missed"), "running": gettext_lazy("%s running")}


@dataclass(frozen=True)
class Part:
    """One kind of controls, with the links to the evidence of each."""

    code: str
    title: Any
    about: Any
    rows: list[tuple[Control, list[tuple[str, str]]]]

    @property
    def counts(self) -> dict[str, int]:
        return controls.counted([control for control, _links in self.rows])

    @property
    def counted(self) -> list[tuple[Any, str, int]]:
        """How many have which state: its words, its tone, the number."""
        return [(WORDS[state], TONES.get(state, ""), count) for state, count in self.counts.items()]


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def control_list(request: HttpRequest) -> HttpResponse:
    """Every control that this login may see, with its evidence in a period; POST takes the list away as a file."""
    access.require(request.user, Permission.MAP_VIEW)
    days = _days(request.user)
    asked = {name: request.GET[name] for name in days if name in request.GET}
    form = PeriodForm({**days, **asked}, user=request.user)
    context = {**admin.site.each_context(request), "title": _("Controls"), "form": form}
    if not form.is_valid():
        return TemplateResponse(request, "evidence/controls.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    period = Period.of(form.cleaned_data["first_day"], form.cleaned_data["last_day"], now=clock.now())
    parts = _parts(request, period)
    export = AuditedExportForm(request.POST if request.method == "POST" else None)
    may_take = access.allowed(request.user, JobsPermission.LIST_EXPORT)
    if request.method == "POST":
        access.require(request.user, JobsPermission.LIST_EXPORT)
        if export.is_valid() and (taken := _exported(request, export, parts, period)):
            return taken
    context |= {"parts": parts, "period": period, "export": export, "may_take": may_take, "query": _query(period)}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if export.errors else HTTPStatus.OK
    return TemplateResponse(request, "evidence/controls.html", context, status=status)


def _days(user: Any) -> dict[str, date]:
    """The days that are shown where none are asked for: those of an auditor's login, or as far back as evidence counts."""
    now = clock.now()
    today, scope = clock.day(now), answers.reading_scope.ask(user)
    if scope is not None:
        return {"first_day": scope.first_day, "last_day": min(scope.last_day, today)}
    months = number(register_tasks.EVIDENCE, now=now, otherwise=12)
    return {"first_day": add_months(today, -months) + timedelta(days=1), "last_day": today}


def _query(period: Period) -> str:
    return urlencode({"first_day": period.first_day.isoformat(), "last_day": period.last_day.isoformat()})


def _parts(request: HttpRequest, period: Period) -> list[Part]:
    now = period.end
    found_map = policy_commitments.policy_map(now=now, start=period.start)
    title = _("Promises of the privacy policy")
    parts = [_part(request, "policy", title, _as_in(found_map), controls.of_map(found_map, now=now))]
    if access.allowed(request.user, RegistersPermission.BOOK_VIEW):
        about = _(
            "The evidence of a measure and its date are entered by two people. Fresh: the date is no older than our own rule."
        )
        parts.append(_part(request, "measures", _("Security measures"), about, controls.of_measures(now=now)))
    if access.allowed(request.user, Permission.CLOCK_VIEW):
        clocks = access.within_scope(request.user, Clock.objects.all())
        about = _(
            "Each case is a deadline that ran in the period and ended in it, or whose date passed in it. What is running and "
            "not due yet is no case."
        )
        parts.append(
            _part(request, "law", _("Duties of law that count time"), about, legal_duties.of_law(clocks, period))
        )
    return parts


def _exported(
    request: HttpRequest, form: AuditedExportForm, parts: Sequence[Part], period: Period
) -> HttpResponse | None:
    """The file; None where the reason was refused, which the form says then."""
    said = form.cleaned_data
    wish = Wish(control_columns.LIST, said["file_format"], _query(period), said["reason"])
    rows = [(str(part.title), control) for part in parts for control, _links in part.rows]
    try:
        return short_response(wish, rows, actor=actor_of(request))
    except Refused as refusal:
        form.add_error("reason", str(refusal))
        return None


def _as_in(found: policy_commitments.Map) -> str:
    """What the states of promises mean, and how these counts and those of the policy map are the same."""
    said = _(
        "Met: a search for what would break the promise found nothing among the cases of the period. Fresh: a person judged the "
        "promise and attested it. The policy map calls both kept; missed, stale and missing are what it calls not shown."
    )
    if not found.unnamed:
        return said
    more = _("It counts %(count)s more: what no published notice names.") % {"count": len(found.unnamed)}
    return f"{said} {more}"


def _part(request: HttpRequest, code: str, title: Any, about: Any, rows: list[Control]) -> Part:
    # Several questions to one list are one link.
    linked = [
        (row, list(dict.fromkeys(link for where in row.where if (link := _link(request, where))))) for row in rows
    ]
    return Part(code, title, about, linked)


def _link(request: HttpRequest, where: str) -> tuple[str, str] | None:
    """What shows a control, as words and the address of its page; None where there is no page for this login."""
    word, *rest = where.split()
    if word == "page":
        return _page(rest[0])
    if word == "attested":
        return _("Attestations"), reverse("evidence:attestation", args=[rest[0]])
    if word in {"cases", "found"}:
        return _rows(request, word, rest)
    if word == "record":
        return _listed(request, rest[0], "", number=rest[1])
    asked = {
        "acts": ("people.FourEyesRule", f"q={rest[0]}"),
        "event": ("audit.AuditEvent", f"area={rest[0].partition('.')[0]}"),
        "held": (rest[0], ""),
        "no": (rest[0], ""),
        "rows": (rest[0], ""),
    }
    return _listed(request, *asked[word]) if word in asked else None


def _rows(request: HttpRequest, word: str, rest: list[str]) -> tuple[str, str] | None:
    """A list of exactly the rows that were counted."""
    if word == "cases":
        kind, count, value = rest
        return _listed(request, Clock._meta.label, urlencode({"cases": value}), words=CASES[kind] % count)
    label, keys = rest
    number_of = len(keys.split(","))
    words = ngettext("%(count)s that breaks it", "%(count)s that break it", number_of) % {"count": number_of}
    if number_of >= LINKED:
        words = _("The first that break it")
    return _listed(request, label, urlencode({"pk__in": keys}), words=words)


def _page(name: str) -> tuple[str, str] | None:
    try:
        address = reverse(name)
    except NoReverseMatch:
        return None
    return _("Page %(address)s") % {"address": address}, address


def _listed(
    request: HttpRequest, model: str, query: str, *, number: str = "", words: Any = ""
) -> tuple[str, str] | None:
    try:
        page = page_of(model)
    except (LookupError, NotRegistered):
        return None
    if not page.has_view_permission(request):
        return None
    name = f"admin:{page.opts.app_label}_{page.opts.model_name}"
    if number:
        return str(page.opts.verbose_name), reverse(f"{name}_change", args=[number])
    address = reverse(f"{name}_changelist") + (f"?{query}" if query else "")
    return str(words or page.opts.verbose_name_plural), address
