"""What a session alone does not do: a six-digit code to the address of the login confirms it at the last step.

Stands here so that every front can use it. The page needs no script: it carries what was sent as hidden fields, and the
code is bound to exactly that.
"""

import json
import secrets
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import addresses, ciphers, clock
from portal.kernel.core.enqueue import enqueue
from portal.kernel.core.errors import Refused
from portal.kernel.core.requests import actor_of
from portal.kernel.people import signin_limits
from portal.kernel.people.choices import CodePurpose, ContactKind, ProvenAct
from portal.kernel.people.customer_access import login_of
from portal.kernel.people.models import Customer, User
from portal.kernel.people.services import account_changes, codes

BROWSER: Final = "code_browser"
#: Where a session keeps when a code to an address of its login was last typed.
PROVEN: Final = "proven_at"
#: Until the rules are loaded.
DEFAULT_RECENT: Final = timedelta(minutes=15)
_CODE, _AGAIN, _TOKEN = "proof_code", "proof_again", "csrfmiddlewaretoken"


class _ProofForm(forms.Form):
    proof_code = forms.CharField(
        label="",
        max_length=32,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "spellcheck": "false"}),
    )

    def __init__(self, data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        field = self.fields[_CODE]
        field.label = _("Six-digit code")
        field.error_messages["required"] = _("Enter the code from the email.")


def browser_key(request: HttpRequest) -> str:
    """Binds codes to the browser that asked: guessing in another one burns nobody's tries."""
    key: str = request.session.setdefault(BROWSER, secrets.token_hex(16))
    return key


def note(request: HttpRequest, *, now: datetime) -> None:
    """A code to an address of the login was typed in this session."""
    request.session[PROVEN] = now.timestamp()


def is_recent(request: HttpRequest, *, now: datetime) -> bool:
    """Whether a code was typed in this session within the time of ``signin.recent_factor``; signing in by code is one."""
    at = float(request.session.get(PROVEN, 0))
    return 0 <= now.timestamp() - at < recent(now=now).total_seconds()


def recent(*, now: datetime) -> timedelta:
    """How long a code that was typed proves who acts, by our own rule."""
    return signin_limits.length("signin.recent_factor", now=now, otherwise=DEFAULT_RECENT)


def recent_words(*, now: datetime) -> str:
    """The same in words, in the active language."""
    return signin_limits.in_words(recent(now=now))


def ask(
    request: HttpRequest, act: ProvenAct, *, even_if_recent: bool = True, customer: Customer | None = None
) -> HttpResponse | None:
    """The page that asks for the code of what this POST would do, or None once the right code came with it.

    While the login is frozen, everywhere or for this ``customer``, nothing of this is done: it leads to the account, which says so. The first POST sends a code to the login's address and shows the page; its form sends the same again with the code. With
    ``even_if_recent`` off, a code typed within ``signin.recent_factor`` is enough. What is done afterwards is the caller's.
    """
    user, now = login_of(request), clock.now()
    if words := account_changes.frozen_words(user, customer=customer, now=now):
        messages.error(request, words)
        return HttpResponseRedirect(reverse("privacy:account"))
    if not even_if_recent and is_recent(request, now=now):
        return None
    form = _ProofForm(request.POST if _CODE in request.POST and _AGAIN not in request.POST else None)
    note_sent = ""
    try:
        if not form.is_bound:
            _send(request, user, act, now)
            note_sent = _("We have sent a new code.") if _AGAIN in request.POST else ""
        elif form.is_valid():
            _redeem(request, user, act, form.cleaned_data[_CODE], now)
            note(request, now=now)
            return None
    except Refused as refused:
        if not form.is_bound:
            form = _ProofForm({_CODE: ""})
            form.errors.clear()
        form.add_error(_CODE, forms.ValidationError(str(refused), code=refused.code))
    context = {
        "form": form,
        "act": act,
        "label": act.label,
        "fields": _sent(request),
        "masked": addresses.mask(ContactKind.EMAIL, user.email),
        "note": note_sent,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "selfservice/signin/proof.html", context, status=status)


def _sent(request: HttpRequest) -> list[tuple[str, str]]:
    """What the page sends again: every field of this POST but the code and the token."""
    return [
        (name, value)
        for name, values in request.POST.lists()
        if name not in {_CODE, _AGAIN, _TOKEN}
        for value in values
    ]


def _about(request: HttpRequest, user: User, act: ProvenAct) -> str:
    """What the code is bound to: this act, at this address of the site, with these answers. A keyed hash: it holds no text."""
    said = json.dumps([request.path, *_sent(request)], ensure_ascii=False)
    return f"{act}/{ciphers.blind_index(said, domain='people.proofs').hex()[:32]}:{user.pk}"


def _send(request: HttpRequest, user: User, act: ProvenAct, now: datetime) -> None:
    with transaction.atomic():
        code = codes.issue(
            purpose=CodePurpose.ACT,
            kind=ContactKind.EMAIL,
            address=user.email,
            about=_about(request, user, act),
            browser=browser_key(request),
            known_device=True,
            now=now,
        )
        enqueue("portal.signin.tasks.send_code", code.pk, get_language() or "")


def _redeem(request: HttpRequest, user: User, act: ProvenAct, typed: str, now: datetime) -> None:
    with transaction.atomic():
        found = codes.attempt(
            purpose=CodePurpose.ACT,
            kind=ContactKind.EMAIL,
            address=user.email,
            typed=typed,
            about=_about(request, user, act),
            browser=browser_key(request),
            now=now,
        )
        if not isinstance(found, Refused):
            record(
                AuditKind.SIGNIN_ACT_CONFIRMED,
                actor=actor_of(request),
                about=f"people.user:{user.pk}",
                facts={"user": user.pk, "method": str(act)},
                subject_ref=user.subject_ref,
                at=now,
            )
    if isinstance(found, Refused):
        raise found
