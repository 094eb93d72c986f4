"""Asks a staff session for its factor again where an act needs one that is younger (``portal.kernel.people.services.factor_ages``).

The page needs no script: it carries what was sent as hidden fields beside the box for the code, and sends it to the same
address once more. Nothing typed is lost, and nothing of it is kept here. Files cannot be carried: the page says so.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth
from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from portal.fronts.signin import mfa_status, passkeys
from portal.fronts.signin.forms import FactorAgainForm
from portal.kernel.people.services import factor_ages

#: The act may have a field "code" of its own.
PREFIX: Final = "factor"
CODE: Final = f"{PREFIX}-code"
CREDENTIAL: Final = f"{PREFIX}-credential"
_NOT_CARRIED: Final = frozenset({CODE, CREDENTIAL, "csrfmiddlewaretoken"})


class FactorPrompt:
    """Tells services how old the factor of this session is, and turns their "too old" into the page that asks for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = factor_ages.shown.set(lambda: mfa_status.shown_at(request) if _is_staff(request) else None)
        try:
            return self.get_response(request)
        finally:
            factor_ages.shown.reset(token)

    def process_view(self, request: HttpRequest, view: object, _args: object, _kwargs: object) -> HttpResponse | None:
        """The answer to the page comes with what the page carried: once it is right, the view gets that alone.

        What is exempt from CSRF is no form of ours: it acts for no session, and may need its body unread for a signature.
        """
        if request.method != "POST" or getattr(view, "csrf_exempt", False) or not _is_staff(request):
            return None
        if not {CODE, CREDENTIAL} & set(request.POST):
            return None
        form = _answer(request)
        if not form.is_valid():
            return ask(request, form)
        form.save()
        request.POST = _carried(request.POST)  # type: ignore[assignment]
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return ask(request) if isinstance(exception, factor_ages.FactorTooOld) else None


def _is_staff(request: HttpRequest) -> bool:
    """Asked of every address: a check that lies elsewhere than under ``/admin/`` asks as well. Without a cookie nothing is read."""
    return bool(request.session.session_key) and request.user.is_authenticated and request.user.is_staff


def _answer(request: HttpRequest) -> Any:
    """The form of the code, or of the passkey, as it was answered."""
    user: Any = request.user
    kind = passkeys.FactorAgainForm if request.POST.get(CREDENTIAL) else FactorAgainForm
    return kind(user=user, data=request.POST, prefix=PREFIX)


def _carried(sent: QueryDict) -> QueryDict:
    """What was sent but the answer to the page."""
    kept = QueryDict(mutable=True, encoding=sent.encoding)
    for name, values in sent.lists():
        if name not in {CODE, CREDENTIAL}:
            kept.setlist(name, values)
    return kept


def ask(request: HttpRequest, answered: forms.Form | None = None) -> HttpResponse:
    """The page that asks for the factor. A page that is only read is opened anew once the factor was shown."""
    user: Any = request.user
    if request.method != "POST":
        asked = urlencode({"next": request.get_full_path()})
        return HttpResponseRedirect(f"{reverse(mfa_status.confirm_page(user))}?{asked}")
    has_passkeys = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).exists()
    is_code = isinstance(answered, FactorAgainForm)
    form = FactorAgainForm(user=user, prefix=PREFIX) if answered is None or not is_code else answered
    context = {
        "form": form,
        "faults": []
        if answered is None or is_code
        else [str(fault) for fault in answered.errors.get("credential", [])],
        "fields": [
            (name, value) for name, values in request.POST.lists() if name not in _NOT_CARRIED for value in values
        ],
        "has_files": bool(request.FILES),
        "options": auth.begin_authentication(user) if has_passkeys else None,
    }
    status = HTTPStatus.OK if answered is None else HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "mfa/prompt.html", context, status=status)
