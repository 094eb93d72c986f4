"""A page that makes a row through a service: what was entered stays when the service says no."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import field_changes
from portal.kernel.core.admin import StaffModelAdmin
from portal.kernel.core.admin.actions import waits_for
from portal.kernel.core.errors import PortalError
from portal.kernel.core.requests import actor_of


def add_refusal(form: forms.Form, error: PortalError) -> None:
    """Put what a service refused beside the fields it names; above the form what belongs to none of them."""
    beside = {name: said for name, said in error.fields.items() if name in form.fields}
    for name, said in beside.items():
        for each in said:
            form.add_error(name, forms.ValidationError(str(each), code=error.code))
    if not beside:
        form.add_error(None, forms.ValidationError(str(error), code=error.code))


class CreatingAdmin(StaffModelAdmin):
    """``create_form`` asks, ``create`` calls one service and gives the new row's number."""

    create_form: type[forms.Form]
    create_title: Any = ""
    #: What is said when the row is there: of a proposal, who does what next.
    create_done: Any = _("Done.")
    create_template = "admin/people/create.html"
    create: Callable[[HttpRequest, dict[str, Any]], int | None]

    def initial_of(self, request: HttpRequest) -> dict[str, Any]:
        """What stands in the form before anybody typed."""
        return {}

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = self.create_form(request.POST or None, request.FILES or None, initial=self.initial_of(request))
        if request.method == "POST" and form.is_valid():
            try:
                with field_changes.watching(actor_of(request), "add", entered=form.cleaned_data) as watch:
                    pk = self.create(request, form.cleaned_data)
            except PortalError as error:
                add_refusal(form, error)
            else:
                messages.success(request, f"{self.create_done} {waits_for(request, watch)}".strip())
                info = self.opts.app_label, self.opts.model_name
                to = reverse("admin:{}_{}_changelist".format(*info))
                return HttpResponseRedirect(reverse("admin:{}_{}_change".format(*info), args=[pk]) if pk else to)
        context = {**self.admin_site.each_context(request), "title": self.create_title, "form": form, "opts": self.opts}
        context["second_people"] = self.second_people(request)
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return TemplateResponse(request, self.create_template, context, status=status)
