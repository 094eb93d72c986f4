"""Passkeys of staff: forms that the sign-in library asks. A passkey counts as both factors, so the device must have verified
its user, and its answer must have been made on a page of the portal (SITE_URL), not of a subdomain or another port.
"""

import struct
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms as library
from allauth.mfa.webauthn.internal import auth
from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from portal.fronts.signin import browser_devices
from portal.kernel.core.pii_guard import PlainWords

LONGEST_NAME: Final = 60
_MISSING: Final = _("Your browser sent no passkey. Scripts must be on. Try again, or use another way to sign in.")


def origin() -> str:
    """Scheme, host and port of the portal's pages, as a browser says them."""
    asked = urlsplit(str(settings.SITE_URL))
    return f"{asked.scheme}://{asked.netloc}"


def _name_field() -> PlainWords:
    return PlainWords(
        label=_("Name of the passkey"),
        help_text=_("By which you will know it: the device or the key that keeps it."),
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


def _require_here(parse: Callable[[Any], Any], credential: Any) -> None:
    """Raises ValidationError for an answer of another page, and for what is no answer of a browser: the library lets some of
    its parser's errors pass.
    """
    try:
        said = parse(credential).response.client_data.origin
    except (AttributeError, LookupError, TypeError, ValueError, struct.error):
        said = None
    if said != origin():
        raise get_adapter().validation_error("incorrect_code")


class _Credential(forms.Form):
    """The answer of the browser, which the script of the page puts into a hidden field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["credential"].error_messages.update(required=_MISSING, invalid=_MISSING)
        self.fields["credential"].label = _("Passkey")


class AddForm(_Credential, library.AddWebAuthnForm):
    passwordless = None  # every one is
    name = _name_field()

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError unless the device verified its user, on a page of the portal."""
        self.cleaned_data["passwordless"] = True
        credential = self.cleaned_data.get("credential")
        if credential:
            _require_here(auth.parse_registration_response, credential)
        return super().clean() or {}


class NameForm(library.EditWebAuthnForm):
    name = _name_field()


class _Shown(_Credential):
    """A passkey that is shown: on this page, by this person; refused while the login is locked for this browser."""

    passwordless = True

    def clean_credential(self) -> Authenticator:
        credential = self.cleaned_data["credential"]
        _require_here(auth.parse_authentication_response, credential)
        user: Any = self.user or auth.extract_user_from_response(credential)  # type: ignore[attr-defined]
        if not user.is_staff or not user.is_active:
            raise get_adapter().validation_error("incorrect_code")
        if browser_devices.is_locked(context.request, user.email):
            raise get_account_adapter().validation_error("too_many_login_attempts")
        shown: Authenticator = super().clean_credential()  # type: ignore[misc]
        return shown


class SignInForm(_Shown, library.LoginWebAuthnForm):
    pass


class FactorForm(_Shown, library.AuthenticateWebAuthnForm):
    pass


class FactorAgainForm(_Shown, library.ReauthenticateWebAuthnForm):
    pass
