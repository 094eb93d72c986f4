"""Company sign-in: to the provider and back, by OIDC and by SAML."""

import base64
import json
from dataclasses import asdict
from typing import Any

from allauth.core.internal import ratelimit
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import complete_social_login
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from portal.fronts.signin import company, saml
from portal.fronts.signin.middleware import STAFF_PATHS
from portal.fronts.signin.provider import Claims, OidcAdapter, is_set_up
from portal.kernel.core import ciphers, clock, error_pages
from portal.kernel.people.services import factor_ages

LIMIT = {"company_sign_in": "30/m/ip"}
#: Seconds in which a browser comes back from our own redirect, and the key of what it comes back for.
HANDED_OVER, ANSWER = 120, "saml_answer"


def _provider(request: HttpRequest, kind: str) -> Any:
    if not is_set_up(kind):
        raise Http404
    return get_adapter().get_provider(request, kind)


def _is_too_often(request: HttpRequest) -> bool:
    return ratelimit.consume(request, app="portal", action="company_sign_in", config=LIMIT) is None


def _going_to(request: HttpRequest) -> str:
    asked = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(asked, allowed_hosts=None, require_https=request.is_secure())
    return asked if is_ours and asked.startswith(STAFF_PATHS) else reverse("admin:index")


@require_GET
def start(request: HttpRequest, kind: str) -> HttpResponse:
    """To the provider. Another site cannot start it: a link there leads to the sign-in page."""
    provider = _provider(request, kind)
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return HttpResponseRedirect(reverse("account_login"))
    if _is_too_often(request):
        return error_pages.too_many(request)
    try:
        if kind == "saml":
            return HttpResponseRedirect(saml.begin(request, provider, going_to=_going_to(request)))
        answer: HttpResponse = provider.redirect(request, "login", next_url=_going_to(request))
    except (OAuth2Error, saml.NotBelieved) as error:
        return company.refused(request, company.reason(error))
    return answer


@require_GET
def oidc_done(request: HttpRequest) -> HttpResponse:
    """Back from the provider with a code."""
    _provider(request, "oidc")
    if _is_too_often(request):
        return error_pages.too_many(request)
    answer: HttpResponse = OAuth2CallbackView.adapter_view(OidcAdapter(request, "oidc"))(request)
    return answer


def _sealed(claims: Claims, question: str) -> str:
    """What an answer proves, for the session table: nobody who reads it there learns who signs in."""
    said = json.dumps({"question": question, "claims": {**asdict(claims), "contexts": sorted(claims.contexts)}})
    return base64.b64encode(ciphers.encrypt(said.encode(), purpose=f"signin.{ANSWER}")).decode()


def _opened(sealed: str) -> tuple[Claims, str]:
    said = json.loads(ciphers.decrypt(base64.b64decode(sealed), purpose=f"signin.{ANSWER}"))
    return Claims(**{**said["claims"], "contexts": frozenset(said["claims"]["contexts"])}), str(said["question"])


@csrf_exempt
@require_POST
def saml_answer(request: HttpRequest) -> HttpResponse:
    """The provider's page posts its answer here. Browsers send no session with a form of another site: what the answer proves
    waits for the redirect, which has one, under a key that only this browser gets. Of an answer that proves nothing, or signs
    in nobody, nothing is stored.
    """
    _provider(request, "saml")
    answer = request.POST.get("SAMLResponse", "")
    if _is_too_often(request):
        return error_pages.too_many(request)
    if not answer or len(answer) > saml.LONGEST:
        return company.refused(request, "no answer of this form")
    try:
        claims, question = saml.prove(answer)
    except saml.NotBelieved as error:
        return company.refused(request, company.reason(error))
    user = company.login_of(claims, "saml")
    if user is None or not user.is_staff or not user.is_active:
        return company.refused(request, "no active staff login" if user else "no login", user)
    kept = SessionStore()
    kept[ANSWER] = _sealed(claims, question)
    kept.set_expiry(HANDED_OVER)
    kept.create()
    asked = urlencode({"answer": str(kept.session_key)})
    return HttpResponseRedirect(f"{reverse('signin:saml-done')}?{asked}")


@require_GET
def saml_done(request: HttpRequest) -> HttpResponse:
    """The same browser, with its session: it must have asked the question, which is spent, as the answer is."""
    provider = _provider(request, "saml")
    kept = SessionStore(request.GET.get("answer", ""))
    sealed = kept.get(ANSWER)
    if not isinstance(sealed, str):
        return company.refused(request, "the answer is over")
    kept.delete()
    claims, question = _opened(sealed)
    try:
        state = provider.unstash_redirect_state(request, question)
    except (PermissionDenied, UpdateError) as error:
        return company.refused(request, company.reason(error))
    found = provider.login_from(request, claims)
    found.state = state
    done: HttpResponse = complete_social_login(request, found)
    return done


@require_safe
def saml_metadata(request: HttpRequest) -> HttpResponse:
    _provider(request, "saml")
    try:
        return HttpResponse(saml.metadata(), content_type="application/samlmetadata+xml")
    except saml.NotBelieved as error:
        raise Http404 from error


@login_required
@require_http_methods(["POST"])
def release(request: HttpRequest, number: int) -> HttpResponse:
    """Part a company login from one's own."""
    factor_ages.require(factor_ages.OWN_FACTORS, now=clock.now())
    if company.release(request, request.user, number):  # type: ignore[arg-type]
        said = _(
            "The company login is removed, and your other sessions ended. You sign in with your password or a passkey."
        )
        messages.success(request, said)
    return HttpResponseRedirect(reverse("mfa_index"))
