"""How the pages of this front answer."""

from http import HTTPStatus
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from portal.kernel.core.errors import PortalError


def page(request: HttpRequest, template: str, *, form: forms.Form | None = None, **context: Any) -> HttpResponse:
    """Render a page; 422 when its form has errors."""
    bad = form is not None and bool(form.errors)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if bad else HTTPStatus.OK
    return render(request, template, {"form": form, **context}, status=status)


def put(form: forms.Form, field: str | None, error: PortalError) -> None:
    """Show a service's refusal at the field it is about."""
    form.add_error(field, forms.ValidationError(str(error), code=error.code))


def safe_next(request: HttpRequest, default: str) -> str:
    """Where to go afterwards: only an address of our own, and of the customers' pages."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(asked, allowed_hosts=None, require_https=request.is_secure())
    return asked if ours and asked.startswith("/privacy/") else default
