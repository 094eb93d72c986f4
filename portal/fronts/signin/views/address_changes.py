"""The pages on which a customer changes their email address or adds a number, and the one that cancels such a change."""

from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from portal.fronts.signin import address_changes, cancellation, change_rows
from portal.fronts.signin.forms import CodeForm, NewEmailForm, PhoneCodeForm, PhoneForm
from portal.fronts.signin.views.responses import page, put
from portal.kernel.core import actor, addresses, clock
from portal.kernel.core.errors import Refused
from portal.kernel.core.middleware import client_address
from portal.kernel.core.requests import actor_of
from portal.kernel.law.choices import Channel
from portal.kernel.outbox.selectors import can_send
from portal.kernel.people.choices import ContactKind
from portal.kernel.people.customer_access import customer_required, login_of, principal_of
from portal.kernel.people.models import AccountChange, AddressChange, ContactPoint
from portal.kernel.people.services import account_changes, contacts
from portal.kernel.people.step_up_codes import browser_key, note


@dataclass(frozen=True)
class _Pages:
    """What differs between a new email address and a number."""

    start: str
    code: str
    template: str
    form: type[Form]


_PAGES: Final = {
    ContactKind.EMAIL: _Pages("new-email", "new-email-code", "new_email_code", CodeForm),
    ContactKind.PHONE: _Pages("add-phone", "phone-code", "phone_code", PhoneCodeForm),
}


@customer_required
@require_http_methods(["GET", "POST"])
def new_email(request: HttpRequest) -> HttpResponse:
    """Ask for the new address; POST sends a code to the address that the login has."""
    form = NewEmailForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return _begin(request, ContactKind.EMAIL, form.cleaned_data["email"])
        except Refused as error:
            put(form, "email", error)
    return page(request, "selfservice/signin/new_email.html", form=form)


@customer_required
@require_http_methods(["GET", "POST"])
def add_phone(request: HttpRequest) -> HttpResponse:
    """Ask for a number. Where no SMS can be sent it is saved and counts for nothing; else POST begins with the login's code."""
    form = PhoneForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        phone = form.cleaned_data["phone"]
        try:
            if can_send(Channel.SMS):
                return _begin(request, ContactKind.PHONE, phone)
            contacts.add(principal=principal_of(request), kind=ContactKind.PHONE, address=phone, **_acting(request))
        except Refused as error:
            put(form, "phone", error)
        else:
            messages.success(request, _("The number is saved. It counts as yours once it is confirmed."))
            return _to("account")
    return page(request, "selfservice/signin/phone.html", form=form)


@customer_required
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def proof(request: HttpRequest, kind: str) -> HttpResponse:
    """The code that came to the login's address. ``again`` sends another, ``lost`` says that none arrives there."""
    change = _change(request, kind)
    if change is None or change.is_proved or change.waits_until is not None:
        return _to(_PAGES[ContactKind(kind)].start if change is None else _PAGES[ContactKind(kind)].code)
    if request.method == "POST" and "code" not in request.POST:
        return _pressed(request, change)
    form = CodeForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            address_changes.prove(typed=form.cleaned_data["code"], **_act(request, change), **_acting(request))
        except Refused as error:
            put(form, "code", error)
        else:
            note(request, now=clock.now())
            return _to(_PAGES[ContactKind(kind)].code)
    masked = addresses.mask(ContactKind.EMAIL, change.old_address)
    return page(
        request,
        "selfservice/signin/change_proof.html",
        form=form,
        masked=masked,
        wait=account_changes.wait_words(now=clock.now()),
    )


@customer_required
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest, kind: str) -> HttpResponse:
    """The code that came to the new address; ``again`` sends another. The change is made with it, or waits."""
    change, pages = _change(request, kind), _PAGES[ContactKind(kind)]
    if change is None or not (change.is_proved or change.waits_until):
        return _to(pages.start) if change is None else _to("change-proof", kind)
    if request.method == "POST" and "code" not in request.POST:
        return _pressed(request, change)
    form = pages.form(request.POST or None)
    if form.is_bound and form.is_valid():
        key = request.session.session_key or ""
        try:
            made = address_changes.confirm(
                typed=form.cleaned_data["code"], session_key=key, **_act(request, change), **_acting(request)
            )
        except Refused as error:
            put(form, "code", error)
        else:
            messages.success(request, _said(made))
            return _to("account")
    masked = addresses.mask(change.kind, change.new_address)
    return page(request, f"selfservice/signin/{pages.template}.html", form=form, masked=masked, change=change)


@customer_required
@require_POST
def discard(request: HttpRequest, kind: str) -> HttpResponse:
    """The person takes back a change that waits."""
    change = _change(request, kind)
    if change is not None:
        address_changes.drop(change=change, **_acting(request))
        messages.success(request, _("The change is discarded."))
    return _to("account")


@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows what the link of the letter does; POST cancels the change. No account is needed: the link is the proof."""
    now = clock.now()
    template = "selfservice/signin/cancel_change.html"
    who = actor.stranger(address=client_address(request), via="cancel_link")
    try:
        change, contact = change_rows.by_token(token, now=now)
        if request.method == "POST":
            if isinstance(change, AccountChange):
                cancellation.cancel_account_change(change=change, contact=contact, actor=who, now=now)
            else:
                cancellation.cancel(change=change, actor=who, now=now)
            return HttpResponseRedirect(request.path)
        if isinstance(change, AccountChange) and change.cancelled_at is None:
            cancellation.undone_with(change, contact, now)
    except Refused as error:
        return page(request, template, message=str(error))
    return page(request, template, wait=account_changes.wait_words(now=now), **_told(change, contact))


def _told(change: AddressChange | AccountChange, contact: ContactPoint | None) -> dict[str, Any]:
    """What the page says of a change depends on who reads it, whose login made it, and whether the company's people stay."""
    about: dict[str, Any] = {"change": change, "is_cancelled": change.cancelled_at is not None, "login": "own"}
    if isinstance(change, AddressChange):
        return about
    if change.user is None:
        about["login"] = "none"
    elif contact is None or contact.principal_id != change.user.principal_id:
        about["login"] = "other"
    company = change.customer
    return about | {"company": company, "people_stay": company is not None and account_changes.people_stay(company)}


def _acting(request: HttpRequest) -> dict[str, Any]:
    return {"actor": actor_of(request), "now": clock.now()}


def _act(request: HttpRequest, change: AddressChange) -> dict[str, Any]:
    return {"change": change, "browser": browser_key(request)}


def _pressed(request: HttpRequest, change: AddressChange) -> HttpResponse:
    """A button beside the code: none arrives there, or another one, please."""
    try:
        if "lost" in request.POST:
            address_changes.wait(**_act(request, change), **_acting(request))
        else:
            address_changes.send_again(**_act(request, change), now=clock.now())
            messages.success(request, _("We have sent a new code. The earlier one works until its time is over."))
    except Refused as error:
        messages.error(request, str(error))
    return _to("change-proof", change.kind)


def _to(name: str, *args: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse(f"privacy:{name}", args=args))


def _begin(request: HttpRequest, kind: ContactKind, address: str) -> HttpResponse:
    address_changes.begin(
        user=login_of(request), kind=kind, address=address, browser=browser_key(request), **_acting(request)
    )
    return _to("change-proof", str(kind))


def _change(request: HttpRequest, kind: str) -> AddressChange | None:
    if kind not in ContactKind.values:
        raise Http404
    return change_rows.open_change(login_of(request), kind)


def _said(change: AddressChange) -> str:
    if change.done_at is None and change.waits_until is not None:
        when = date_format(localtime(change.waits_until), "j F Y, H:i")
        return str(_("The new address is confirmed. The change will be made on %(when)s IST.") % {"when": when})
    if change.kind == ContactKind.EMAIL:
        return str(_("Your email address is changed. Use the new one to sign in."))
    return str(_("The number is confirmed."))
