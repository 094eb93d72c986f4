"""The auditors' page of frozen samples."""

from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.exceptions import NotRegistered
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from portal.fronts.evidence import samples, sampling
from portal.fronts.evidence.forms import MOST_SAMPLES, SampleForm, day_field
from portal.fronts.evidence.models import DrawnSample
from portal.fronts.evidence.period import Period
from portal.fronts.evidence.permissions import Permission
from portal.fronts.evidence.registers import REGISTERS, Register
from portal.fronts.evidence.views import staff_page
from portal.kernel.core import access, answers, clock
from portal.kernel.core.admin.lists import page_of
from portal.kernel.core.errors import Refused
from portal.kernel.core.requests import actor_of

#: Where a refusal of the draw stands.
AT_FIELD = {"EMPTY": "last_day", "MANY": "last_day", "NO_RISK": "method", "PERIOD_NOT_ENDED": "last_day"}
#: How many samples the page lists, and how many rows of each.
LISTED = 50
SHOWN = 100


class DrawForm(SampleForm):
    """Of which register, how, and how many."""

    register = forms.ChoiceField(label=gettext_lazy("Register"))
    method = forms.ChoiceField(
        label=gettext_lazy("Way of drawing"),
        choices=[
            (sampling.RANDOM, gettext_lazy("At random, by the seed")),
            (sampling.EVERY, gettext_lazy("Each k-th row, from a start by the seed")),
            (sampling.FIRST, gettext_lazy("The highest risk first (deadlines, erasure runs, screenings)")),
        ],
        widget=forms.RadioSelect,
        initial=sampling.RANDOM,
    )
    last_day = day_field(gettext_lazy("Included. Choose days that are over: of today more may come."))
    sample = forms.IntegerField(label=gettext_lazy("Size"), min_value=1, max_value=MOST_SAMPLES, initial=25)
    field_order = ("register", "first_day", "last_day", "method", "sample", "seed")

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, user=request.user, **kwargs)
        field: Any = self.fields["register"]
        field.choices = [
            (one.name, capfirst(one.model._meta.verbose_name_plural)) for one in REGISTERS if _is_shown(request, one)
        ]


def _is_shown(request: HttpRequest, register: Register) -> bool:
    """Whether this login may see the list of the register's rows: nobody draws from what they may not read."""
    try:
        return bool(page_of(register.label).has_view_permission(request))
    except (LookupError, NotRegistered):
        return False


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def samples_page(request: HttpRequest) -> HttpResponse:
    """GET lists the frozen samples of the days and registers that the login sees; POST draws one."""
    access.require(request.user, Permission.SAMPLE_MAKE)
    form = DrawForm(request.POST if request.method == "POST" else None, request=request)
    if request.method == "POST" and form.is_valid() and (drawn := _drawn(request, form)):
        messages.success(request, _("Sample %(reference)s is drawn and frozen.") % {"reference": drawn.reference})
        return HttpResponseRedirect(reverse("evidence:samples"))
    context = {
        **admin.site.each_context(request),
        "title": _("Samples"),
        "form": form,
        "rows": [(row, samples.title_of(row), _links(row)) for row in _asked_for(request)[:LISTED]],
        "is_one": "sample" in request.GET,
        "shown": SHOWN,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return TemplateResponse(request, "evidence/samples.html", context, status=status)


def seen_by(request: HttpRequest) -> QuerySet[DrawnSample]:
    """The samples of registers and days that the login may see, the newest first."""
    scope = answers.reading_scope.ask(request.user)
    rows = DrawnSample.objects.filter(register__in={one.name for one in REGISTERS if _is_shown(request, one)})
    return rows if scope is None else rows.filter(first_day__gte=scope.first_day, last_day__lte=scope.last_day)


def _asked_for(request: HttpRequest) -> QuerySet[DrawnSample]:
    """All of them, or the one whose reference stands in the address."""
    rows, one = seen_by(request), request.GET.get("sample")
    return rows if one is None else rows.filter(reference=one)


def _drawn(request: HttpRequest, form: DrawForm) -> DrawnSample | None:
    given = form.cleaned_data
    try:
        return samples.draw(
            register=samples.BY_NAME[given["register"]],
            period=Period.of(given["first_day"], given["last_day"], now=clock.now()),
            method=given["method"],
            size=given["sample"],
            seed=given["seed"],
            actor=actor_of(request),
            now=clock.now(),
        )
    except Refused as refusal:
        form.add_error(AT_FIELD.get(refusal.code), str(refusal))
        return None


def _links(row: DrawnSample) -> list[tuple[str, str]]:
    """The rows that were drawn: each by its reference where it has one, else by what it is and its number."""
    model, chosen = samples.BY_NAME[row.register].model, row.chosen[:SHOWN]
    name, what = f"admin:{model._meta.app_label}_{model._meta.model_name}_change", capfirst(model._meta.verbose_name)
    references: dict[str, str] = {}
    if any(field.name == "reference" for field in model._meta.concrete_fields):
        rows = model._default_manager.filter(pk__in=chosen).values_list("pk", "reference")
        references = {str(number): reference for number, reference in rows}
    return [(references.get(number) or f"{what} {number}", reverse(name, args=[number])) for number in chosen]
