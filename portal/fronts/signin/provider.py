"""Providers of company sign-in, as the sign-in library knows them (it finds this module by its name).

A login at the provider is known here by the digest of its issuer and its subject; nothing else of its claims is kept.
"""

import hashlib
import time
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import jwt
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base import Provider, ProviderAccount
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.utils import generate_code_challenge
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from portal.kernel.core import http_client
from portal.kernel.core.strict_json import DoubledMember
from portal.kernel.core.strict_json import loads as strict_loads

#: How a token may be signed: with a key that only the provider has.
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
LEEWAY: Final = 60
#: Addresses of the discovery document (OpenID Connect Discovery 1.0, 3) without which nobody signs in.
NEEDED: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
#: Seconds for which a process trusts what it read of a provider.
TRUSTED_FOR: Final = 3600.0
LONGEST: Final = 512 * 1024
_kept: dict[str, tuple[float, bytes]] = {}


class NotProven(OAuth2Error):
    """What a provider said proves nothing: why, for the log, in words of our own; nothing that the provider said."""


@dataclass(frozen=True)
class Claims:
    """What a provider says of who signed in: the digest of issuer and subject, the address, and how it knew them."""

    subject: str
    email: str = ""
    is_verified: bool = False
    contexts: frozenset[str] = frozenset()

    @property
    def has_factor(self) -> bool:
        """Whether the provider asked for a second factor that counts here (SIGNIN_COMPANY_FACTORS)."""
        return bool(self.contexts & set(settings.SIGNIN_COMPANY_FACTORS))


def digest(issuer: str, subject: str) -> str:
    return hashlib.sha256(f"{issuer}\0{subject}".encode()).hexdigest()


def own_address(name: str) -> str:
    """The address of one of our pages as a provider knows it: by SITE_URL, never by what a request names."""
    return str(settings.SITE_URL).rstrip("/") + reverse(name)


def read(url: str, *, anew: bool = False) -> bytes:
    """What lies at an address of the provider, at most an hour old. Raises NotProven."""
    at, kept = _kept.get(url, (0.0, b""))
    if kept and not anew and time.monotonic() - at < TRUSTED_FOR:
        return kept
    try:
        answer = http_client.request("GET", url, headers={"Accept": "*/*"}, own=True, longest=LONGEST)
    except (http_client.Unreachable, http_client.BrokenOff) as error:
        raise NotProven(f"provider: {error.code}") from None
    if answer.status != 200:
        raise NotProven(f"provider: HTTP {answer.status}")
    _kept[url] = (time.monotonic(), answer.body)
    return answer.body


class _Company(Provider):
    account_class = ProviderAccount
    setting: ClassVar[str]

    def get_login_url(self, request: HttpRequest, **kwargs: Any) -> str:
        return reverse("signin:company", args=[self.id])

    def extract_uid(self, data: Claims) -> str:
        return data.subject

    def extract_extra_data(self, data: Claims) -> dict[str, Any]:
        return {}

    def extract_common_fields(self, data: Claims) -> dict[str, Any]:
        return {}

    def extract_email_addresses(self, data: Claims) -> list[Any]:
        return []

    def login_from(self, request: HttpRequest, claims: Claims) -> Any:
        """The library's login, with what the provider said beside it."""
        found = self.sociallogin_from_response(request, claims)
        found.claims = claims
        return found


class OidcAdapter(OpenIDConnectOAuth2Adapter):
    """The library trusts the connection for the token and asks no nonce. Here every token is checked, each time."""

    verifier = ""

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the provider says of itself. Raises NotProven, also where an address that is needed is missing."""
        issuer = settings.SIGNIN_OIDC_ISSUER
        try:
            found: Any = strict_loads(read(issuer.rstrip("/") + "/.well-known/openid-configuration"))
        except (DoubledMember, ValueError) as error:
            raise NotProven(f"discovery: {type(error).__name__}") from None
        if not isinstance(found, dict) or found.get("issuer") != issuer:
            raise NotProven("the provider calls itself by another name than SIGNIN_OIDC_ISSUER")
        if not all(isinstance(found.get(name), str) for name in NEEDED):
            raise NotProven("discovery: an address is missing")
        return found

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return own_address("signin:company-oidc-done")

    def get_access_token_data(
        self, request: HttpRequest, app: SocialApp, client: Any, pkce_code_verifier: str | None = None
    ) -> Any:
        self.verifier = pkce_code_verifier or ""
        return super().get_access_token_data(request, app, client, pkce_code_verifier=pkce_code_verifier)

    def complete_login(self, request: HttpRequest, app: SocialApp, token: Any, **kwargs: Any) -> Any:
        claims = self._checked(str(kwargs["response"].get("id_token") or ""))
        contexts = {*_listed([claims.get("acr")]), *_listed(claims.get("amr"))}
        email = claims.get("email")
        return self.get_provider().login_from(
            request,
            Claims(
                subject=digest(settings.SIGNIN_OIDC_ISSUER, str(claims["sub"])),
                email=email if isinstance(email, str) else "",
                is_verified=claims.get("email_verified") is True,
                contexts=frozenset(contexts),
            ),
        )

    def _checked(self, token: str) -> dict[str, Any]:
        """The claims of an ID token (OpenID Connect Core 1.0, 3.1.3.7). Raises NotProven."""
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") not in ALGORITHMS:
                raise NotProven("the token is signed in no way that counts")
            claims: dict[str, Any] = jwt.decode(
                token,
                key=self._key(header),
                algorithms=[header["alg"]],
                issuer=settings.SIGNIN_OIDC_ISSUER,
                audience=settings.SIGNIN_OIDC_CLIENT_ID,
                leeway=LEEWAY,
                options={"require": ["exp", "iat", "iss", "aud", "sub", "nonce"]},
            )
        except jwt.PyJWTError as error:
            raise NotProven(f"token: {type(error).__name__}") from None
        meant_for = claims.get("azp", settings.SIGNIN_OIDC_CLIENT_ID)
        if meant_for != settings.SIGNIN_OIDC_CLIENT_ID:
            raise NotProven("the token is for another program")
        if not self.verifier or not constant_time_compare(str(claims["nonce"]), nonce_of(self.verifier)):
            raise NotProven("the token answers another question")
        return claims

    def _key(self, header: dict[str, Any]) -> Any:
        """The provider's key of that name; its list is read anew once for a name that it did not have."""
        for anew in (False, True):
            try:
                keys = jwt.PyJWKSet.from_dict(strict_loads(read(self.openid_config["jwks_uri"], anew=anew))).keys
            except (DoubledMember, ValueError, LookupError, TypeError, AttributeError) as error:
                raise NotProven(f"keys: {type(error).__name__}") from None
            named = [
                key for key in keys if header.get("kid") in {None, key.key_id} and key.public_key_use in {None, "sig"}
            ]
            if len(named) == 1:
                return named[0].key
        raise NotProven("the token names no key of the provider")


def _listed(value: Any) -> list[Any]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def nonce_of(verifier: str) -> str:
    """Ties the token to the browser that asked: whoever sees the nonce cannot tell the verifier."""
    return hashlib.sha256(f"nonce:{verifier}".encode()).hexdigest()


class Oidc(_Company, OpenIDConnectProvider):
    id, name = "oidc", "OIDC"
    oauth2_adapter_class = OidcAdapter
    supports_token_authentication = False
    setting = "SIGNIN_OIDC_ISSUER"

    def get_pkce_params(self) -> dict[str, str]:
        """RFC 7636, and the nonce beside it."""
        asked: dict[str, str] = generate_code_challenge()
        return {**asked, "nonce": nonce_of(asked["code_verifier"])}

    def get_scope(self) -> list[str]:
        return ["openid", "email"]

    def get_auth_params(self) -> dict[str, str]:
        return {}


class Saml(_Company):
    id, name = "saml", "SAML"
    supports_redirect = True
    setting = "SIGNIN_SAML_METADATA"


PROVIDERS: Final = {kind.id: kind for kind in (Oidc, Saml)}
provider_classes = list(PROVIDERS.values())


def is_set_up(kind: str) -> bool:
    return kind in PROVIDERS and bool(getattr(settings, PROVIDERS[kind].setting))
