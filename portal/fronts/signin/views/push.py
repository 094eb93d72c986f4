"""Notices in the browser: the page that switches them on and off, and the program that shows them."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from portal.fronts.signin.browser_devices import label
from portal.fronts.signin.views.responses import page
from portal.kernel.core import clock
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.core.requests import actor_of
from portal.kernel.law.choices import Channel
from portal.kernel.outbox.channels.push import public_key
from portal.kernel.outbox.selectors import can_send
from portal.kernel.outbox.services import push_subscriptions
from portal.kernel.people.customer_access import customer_required, login_of


@customer_required
@require_http_methods(["GET", "HEAD", "POST"])
def notices(request: HttpRequest) -> HttpResponse:
    """GET lists the browsers; POST switches this one on, with what its script filled in, or one of the list off."""
    principal = login_of(request).principal
    if principal is None:
        raise NotFound("There is no person behind this login.")
    subject_ref, is_set_up = principal.subject.ref, can_send(Channel.PUSH)
    if request.method == "POST":
        off = request.POST.get("off", "")
        acting: dict[str, Any] = {"subject_ref": subject_ref, "actor": actor_of(request), "now": clock.now()}
        if off:
            push_subscriptions.switch_off(pk=int(off) if off.isdecimal() and len(off) < 19 else 0, **acting)
            messages.success(request, _("Notices are switched off in that browser."))
        elif is_set_up:
            try:
                push_subscriptions.switch_on(
                    endpoint=request.POST.get("endpoint", ""),
                    p256dh=request.POST.get("p256dh", ""),
                    auth=request.POST.get("auth", ""),
                    browser=label(request),
                    **acting,
                )
            except Refused as refusal:
                messages.error(request, str(refusal))
            else:
                messages.success(request, _("Notices are switched on in this browser."))
        return HttpResponseRedirect(reverse("privacy:push"))
    key = public_key() if is_set_up else ""
    return page(request, "selfservice/signin/push.html", browsers=push_subscriptions.of(subject_ref), key=key)


@require_safe
@cache_control(no_cache=True)
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, at an address that stays and from which it may serve the customers' pages."""
    return render(request, "selfservice/signin/push_worker.js", content_type="text/javascript; charset=utf-8")
