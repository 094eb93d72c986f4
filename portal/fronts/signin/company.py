"""Company sign-in: which staff login a login at the provider stands for, and what it is worth.

It signs in an existing, active staff login and nobody else: no sign-up, no role. A provider's login first meets the staff
login of its verified address, where its domain is set, the person has accepted the invitation and has a factor here. That
factor is asked, and only then the two are bound, by the provider's subject: afterwards no address counts.
"""

from typing import Any, Final, Self

import requests
import structlog
from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.account.signals import user_logged_in
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from portal.fronts.signin import browser_devices, mfa_status, notifications
from portal.fronts.signin.events import told
from portal.fronts.signin.provider import PROVIDERS, Claims, NotProven, is_set_up
from portal.fronts.signin.saml import NotBelieved
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import actor, advisory_locks, clock, http_client
from portal.kernel.core.middleware import client_address
from portal.kernel.people.choices import SECOND_FACTORS
from portal.kernel.people.models import User
from portal.kernel.people.services import sessions

log = structlog.get_logger(__name__)

TO_BIND: Final = "company_login_to_bind"
#: Seconds in which the factor must be shown after the provider's answer.
BOUND_WITHIN: Final = 600


class CompanyAdapter(DefaultSocialAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """The providers of the settings; none lies in the database."""
        apps = {
            "oidc": SocialApp(
                provider="oidc",
                provider_id="oidc",
                name=settings.SIGNIN_OIDC_NAME,
                client_id=settings.SIGNIN_OIDC_CLIENT_ID,
                secret=settings.SIGNIN_OIDC_CLIENT_SECRET,
            ),
            "saml": SocialApp(provider="saml", provider_id="saml", name=settings.SIGNIN_SAML_NAME),
        }
        return [app for kind, app in apps.items() if is_set_up(kind) and provider in {None, kind}]

    def get_requests_session(self) -> Any:
        return _Outgoing()

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        raise ImmediateHttpResponse(refused(request, reason(exception) if exception else "no code"))

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        raise ImmediateHttpResponse(sign_in(request, sociallogin))


class _Outgoing:
    """What the library asks of its HTTP client, by the one way out that the portal has."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        return None

    def request(
        self, method: str, url: str, *, data: Any = None, headers: Any = None, auth: Any = None, **_more: Any
    ) -> Any:
        made = requests.Request(method, url, data=data, headers=headers, auth=auth).prepare()
        answered = requests.Response()
        try:
            answer = http_client.request(
                method,
                url,
                body=str(made.body or "").encode(),
                headers={name: str(value) for name, value in made.headers.items()},
                own=True,
            )
        except (http_client.Unreachable, http_client.BrokenOff) as error:
            raise requests.ConnectionError(error.code) from None
        answered.status_code = answer.status
        answered.headers.update({"content-type": "", **{name.lower(): value for name, value in answer.headers.items()}})
        answered._content = answer.body  # noqa: SLF001 - as the library's own mocks do
        return answered


def reason(error: Exception) -> str:
    """Why, for the log: our own words, or the kind of an error whose words may repeat what a provider or a stranger sent."""
    return str(error) if isinstance(error, NotProven | NotBelieved) else type(error).__name__


def refused(request: HttpRequest, why: str, user: User | None = None) -> HttpResponse:
    """The same answer for whatever is wrong; why stands in the log, and in the history of a login that there is.

    The sign-in page reads from its address that it has to say so: a message would begin a session, and store a row, for
    whatever stranger sends anything here.
    """
    log.warning("company_sign_in_refused", why=why)
    if user is not None:
        told(AuditKind.SIGNIN_LOGIN_FAILED, request, user, method="company")
    return HttpResponseRedirect(f"{reverse('account_login')}?company=refused")


def sign_in(request: HttpRequest, sociallogin: Any) -> HttpResponse:
    """Go on with the sign-in of the staff login behind a provider's answer, or refuse it."""
    claims: Claims = sociallogin.claims
    is_bound = bool(sociallogin.is_existing)
    user: Any = sociallogin.user if is_bound else _to_bind(claims, sociallogin.account.provider)
    if user is None:
        return refused(request, "no login")
    if not user.is_staff or not user.is_active:
        return refused(request, "no active staff login", user)
    if browser_devices.is_locked(request, user.email):
        return refused(request, "locked", user)
    if not Authenticator.objects.filter(user=user, type__in=SECOND_FACTORS).exists():
        # After a reset the password comes first, as it did at the first sign-in: the provider's word alone opens nothing.
        return refused(request, "no factor here", user)
    if request.user.is_authenticated:
        get_account_adapter(request).logout(request)
    account = sociallogin.account
    record_authentication(request, user, "socialaccount", provider=account.provider, uid=account.uid)
    if not is_bound:
        kept = {"user": user.pk, "provider": account.provider, "uid": account.uid, "at": clock.now().timestamp()}
        request.session[TO_BIND] = kept
    elif claims.has_factor:
        record_authentication(request, user, "mfa", type=mfa_status.OF_COMPANY)
    answer: HttpResponse = perform_login(request, Login(user=user, redirect_url=sociallogin.get_redirect_url(request)))
    return answer


def login_of(claims: Claims, provider: str) -> User | None:
    """The login that is bound to what a provider said, or the staff login that may be, active or not."""
    bound = SocialAccount.objects.filter(provider=provider, uid=claims.subject).select_related("user").first()
    return _to_bind(claims, provider) if bound is None else bound.user


def _to_bind(claims: Claims, provider: str) -> User | None:
    """The staff login of a verified address, where its domain is set; it has a factor here, and nobody of this provider."""
    domains = {domain.lower().lstrip("@") for domain in settings.SIGNIN_COMPANY_DOMAINS}
    if not claims.is_verified or claims.email.rpartition("@")[2].lower() not in domains:
        return None
    found = User.objects.filter(email__iexact=claims.email, is_staff=True, is_active=True).first()
    if found is None or not found.has_usable_password():
        return None
    if not Authenticator.objects.filter(user=found, type__in=SECOND_FACTORS).exists():
        return None
    return None if _is_taken(found, provider) else found


def _is_taken(user: User, provider: str) -> bool:
    return bool(SocialAccount.objects.filter(user=user, provider=provider).exists())


def bind_waiting(request: HttpRequest, user: User) -> None:
    """Bind the company login that began this sign-in to the staff login, once its own factor was shown: one row, its audit
    event and the letter to the owner in one transaction. Nothing where they were bound in another browser meanwhile.

    Raises ImmediateHttpResponse, and ends the sign-in, where one of the two was bound to another login meanwhile.
    """
    kept = request.session.pop(TO_BIND, None)
    if kept is None or kept["user"] != user.pk or clock.now().timestamp() - kept["at"] >= BOUND_WITHIN:
        return
    if not mfa_status.has_shown_second_factor(request):
        return
    if not _bind(request, user, kept["provider"], kept["uid"]):
        get_account_adapter(request).logout(request)
        raise ImmediateHttpResponse(refused(request, "bound to another login meanwhile", user))


def _bind(request: HttpRequest, user: User, provider: str, uid: str) -> bool:
    """In the turns of both: two browsers may have begun with the same company login, or with two for one login here."""
    with transaction.atomic():
        advisory_locks.take(f"signin.company:{user.pk}/{provider}", f"signin.company:{provider}/{uid}")
        bound = SocialAccount.objects.filter(provider=provider, uid=uid).first()
        if bound is not None or _is_taken(user, provider):
            return bound is not None and bound.user_id == user.pk
        SocialAccount.objects.create(user=user, provider=provider, uid=uid, extra_data={})
        told(AuditKind.SIGNIN_COMPANY_BOUND, request, user, method=provider)
        notifications.company("signin.company_bound", user, PROVIDERS[provider].name)
    return True


def connect() -> None:
    """Called from ``ready()``, after the events: a sign-in is told before what it binds."""
    user_logged_in.connect(on_sign_in)


def on_sign_in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    bind_waiting(request, user)


def release(request: HttpRequest, user: User, number: int) -> bool:
    """Part a company login from one's own staff login, with its audit event and letter, and end the login's other sessions:
    whoever read the provider's account may have opened them. False: there is none.
    """
    with transaction.atomic():
        row = SocialAccount.objects.select_for_update().filter(user=user, pk=number).first()
        if row is None:
            return False
        row.delete()
        here, by = request.session.session_key or "", actor.staff(user.pk, address=client_address(request), via="page")
        sessions.end_all(user=user, actor=by, now=clock.now(), except_key=here)
        told(AuditKind.SIGNIN_COMPANY_RELEASED, request, user, method=row.provider)
        notifications.company("signin.company_released", user, PROVIDERS[row.provider].name)
    return True
