"""How allauth works here: no sign-up, letters through the outbox, a lockout by device, secrets encrypted."""

import base64
from typing import Any
from urllib.parse import urlsplit

import segno
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.fronts.signin import browser_devices, notifications
from portal.kernel.core import ciphers, clock
from portal.kernel.core.middleware import client_address
from portal.kernel.people.choices import SECOND_FACTORS
from portal.kernel.people.models import User

#: Seconds for which a password or code just typed stands for typing it again.
FRESH = 300


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("The email address or the password is not right."),
        "too_many_login_attempts": _(
            "There were too many wrong tries from devices we do not know. Wait 15 minutes, use a device you have signed "
            "in from before, or ask an administrator to unlock you."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request) or "0.0.0.0"  # noqa: S104 - no address, not a listening one

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Only staff sign in here. A customer's login has no password; this is the second lock on that door."""
        if not user.is_staff:
            return HttpResponseRedirect(reverse("account_login"))
        answer: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return answer

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse before the password is looked at. The library's own count by address alone would let anybody lock out
        anybody, so ours counts known devices apart.
        """
        if browser_devices.is_locked(request, _typed(credentials)):
            raise self.validation_error("too_many_login_attempts")

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Count it, whoever has the address. A task looks the login up and writes its history."""
        browser_devices.note_wrong(request, _typed(credentials))

    def get_login_stages(self) -> list[str]:
        stages: list[str] = super().get_login_stages()
        ours = {"allauth.mfa.stages.AuthenticateStage": "portal.fronts.signin.stages.FactorStage"}
        return [ours.get(stage, stage) for stage in stages]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Setting up the second factor right after the first password needs no third typing of it."""
        records = get_authentication_records(context.request, context.request.user)
        now = clock.now().timestamp()
        return not any(now - record["at"] < FRESH for record in records)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """The library's letters, as kinds of our own outbox."""
        notifications.from_library(template_prefix, email, context)

    def send_account_already_exists_mail(self, email: str) -> None:
        """Nobody signs up here."""


class MfaAdapter(DefaultMFAAdapter):
    """Secrets are AES-GCM ciphertext at rest; a staff member cannot take their own last factor away."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code or passkey is not right. Try again."),
    }

    def encrypt(self, text: str) -> str:
        return base64.b64encode(ciphers.encrypt(text.encode(), purpose="signin.mfa")).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return ciphers.decrypt(base64.b64decode(encrypted_text), purpose="signin.mfa").decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Only a passkey, and only beside another factor: the last one is reset by two colleagues."""
        others = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=SECOND_FACTORS)
        is_passkey = bool(authenticator.type == Authenticator.Type.WEBAUTHN)
        return is_passkey and bool(others.exclude(pk=authenticator.pk).exists())

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Passkeys belong to the host of SITE_URL, whatever host a request names."""
        return {"id": urlsplit(str(settings.SITE_URL)).hostname or "", "name": str(_("Onesetu compliance"))}

    def build_totp_svg(self, url: str) -> str:
        """An SVG without a style, so that the strict content policy holds inside it too."""
        return str(segno.make(url, error="m").svg_inline(scale=5, border=4))


def _typed(credentials: dict[str, Any]) -> str:
    return str(credentials.get("email") or credentials.get("username") or "").strip()
