"""Customers sign in with a code by e-mail; invitations; sign-out."""

from typing import Any

from allauth.core.internal import ratelimit
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from portal.fronts.signin import browser_devices, post_signin
from portal.fronts.signin.forms import AcceptForm, AskCodeForm, CodeForm, JoinForm
from portal.fronts.signin.views.responses import page, put, safe_next
from portal.kernel.core import actor, addresses, clock, error_pages
from portal.kernel.core.enqueue import enqueue
from portal.kernel.core.errors import PortalError, Refused
from portal.kernel.core.middleware import client_address
from portal.kernel.core.requests import actor_of
from portal.kernel.outbox.choices import FaultReason
from portal.kernel.outbox.services import faults
from portal.kernel.people.choices import CodePurpose, ContactKind, InvitationKind, SignInOutcome
from portal.kernel.people.customer_access import is_customer, login_of
from portal.kernel.people.models import OneTimeCode, User
from portal.kernel.people.selectors import customer_login_at
from portal.kernel.people.services import codes, devices, invitations, logins
from portal.kernel.people.step_up_codes import browser_key, note

HOME = "/privacy/"
PENDING = "sign_in"
#: Codes that one network address may ask for, whomever for.
ASKING_LIMIT = {"ask_code": "60/h/ip"}


def ask_code(request: HttpRequest, address: str) -> OneTimeCode:
    """Write a sign-in code and have it sent. The work and the answer are the same for an unknown address."""
    code = codes.issue(
        purpose=CodePurpose.SIGN_IN,
        kind=ContactKind.EMAIL,
        address=address,
        browser=browser_key(request),
        known_device=devices.is_known_for(address=address, token=browser_devices.token_of(request)),
        now=clock.now(),
    )
    enqueue("portal.signin.tasks.send_code", code.pk, get_language() or "")
    return code


@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for the e-mail address."""
    if is_customer(request):
        return HttpResponseRedirect(safe_next(request, HOME))
    form = AskCodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if ratelimit.consume(request, app="portal", action="ask_code", config=ASKING_LIMIT) is None:
            return error_pages.too_many(request)
        try:
            code = ask_code(request, form.cleaned_data["email"])
        except Refused as error:
            put(form, "email", error)
        else:
            request.session[PENDING] = {"code": code.pk, "next": safe_next(request, HOME)}
            return HttpResponseRedirect(reverse("privacy:sign-in-code"))
    return page(request, "selfservice/signin/sign_in.html", form=form, next=safe_next(request, ""))


@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """Ask for the code; ``again`` sends a new one."""
    pending: dict[str, Any] = request.session.get(PENDING) or {}
    asked = OneTimeCode.objects.filter(pk=pending.get("code") or 0).first()
    if asked is None:
        return HttpResponseRedirect(reverse("privacy:sign-in"))
    form = CodeForm(request.POST if "code" in request.POST else None)
    if request.method == "POST" and "again" in request.POST:
        return _send_again(request, asked)
    if form.is_bound and form.is_valid():
        try:
            user = _redeem(request, asked, form.cleaned_data["code"])
        except Refused as error:
            put(form, "code", error)
        else:
            del request.session[PENDING]
            # A code that came back shows that letters arrive again. A complaint is another matter.
            faults.forget(
                kind=ContactKind.EMAIL, address=asked.address, reasons=[FaultReason.BOUNCED], before=clock.now()
            )
            browser_devices.open_session(request, user, method="code")
            note(request, now=clock.now())
            return HttpResponseRedirect(
                post_signin.first_page(request, user, going_to=str(pending.get("next") or HOME))
            )
    context = {"masked": addresses.mask(ContactKind.EMAIL, asked.address)}
    return page(request, "selfservice/signin/code.html", form=form, **context)


def _send_again(request: HttpRequest, asked: OneTimeCode) -> HttpResponse:
    if ratelimit.consume(request, app="portal", action="ask_code", config=ASKING_LIMIT) is None:
        return error_pages.too_many(request)
    try:
        code = ask_code(request, asked.address)
    except Refused as error:
        messages.error(request, str(error))
    else:
        request.session[PENDING] = {**request.session[PENDING], "code": code.pk}
        messages.success(request, _("We have sent a new code. The earlier one works until its time is over."))
    return HttpResponseRedirect(reverse("privacy:sign-in-code"))


def _redeem(request: HttpRequest, asked: OneTimeCode, typed: str) -> User:
    user = User.objects.filter(email__iexact=asked.address, is_staff=False, is_active=True).first()
    codes.redeem(
        purpose=CodePurpose.SIGN_IN,
        kind=ContactKind.EMAIL,
        address=asked.address,
        typed=typed,
        browser=browser_key(request),
        seen_from=codes.SeenFrom(
            client_address(request), browser_devices.label(request), browser_devices.token_of(request)
        ),
        now=clock.now(),
    )
    if user is None:
        raise Refused(_("This code is not right. Check it, or ask for a new one."), code="CODE_WRONG")
    return user


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session and say so."""
    if is_customer(request):
        user = login_of(request)
        devices.note(
            user=user,
            outcome=SignInOutcome.SIGNED_OUT,
            actor=actor_of(request),
            device=browser_devices.device_of(request, user),
            now=clock.now(),
        )
        logout(request)
    messages.success(request, _("You are signed out."))
    return HttpResponseRedirect(HOME)


@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Accept an invitation: opening the link changes nothing, only the button does."""
    now = clock.now()
    try:
        found = invitations.by_token(token, now=now)
    except Refused as error:
        return page(request, "selfservice/signin/invitation_ended.html", message=str(error))
    if found.kind == InvitationKind.STAFF:
        return error_pages.not_found(request)
    is_known = customer_login_at(found.address) is not None
    form = (JoinForm if is_known else AcceptForm)(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = logins.accept(
                invitation=found,
                actor=actor.stranger(address=client_address(request), via="invitation"),
                now=now,
                **({"full_name": ""} | form.cleaned_data),
            )
        except PortalError as error:
            put(form, None, error)
        else:
            browser_devices.open_session(request, user, method="invitation")
            return HttpResponseRedirect(post_signin.first_page(request, user, going_to=HOME))
    return page(request, "selfservice/signin/invitation.html", form=form, customer=found.customer, role=found.role)
