"""Forms of sign-in. Views answer 422 with the form when it has errors; nothing entered is lost but passwords."""

import contextlib
from typing import Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.account.forms import (
    ChangePasswordForm,
    LoginForm,
    ReauthenticateForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
)
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as MfaReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.fronts.signin import browser_devices, mfa_status
from portal.kernel.core import clock
from portal.kernel.core.enqueue import enqueue
from portal.kernel.core.errors import Refused
from portal.kernel.core.pii_guard import NameWords
from portal.kernel.law.choices import Regime
from portal.kernel.people.choices import CodePurpose, ContactKind, MemberRole
from portal.kernel.people.forms import email_field, phone_field
from portal.kernel.people.models import User
from portal.kernel.people.services import codes

#: Before a secret that is encrypted; no secret in the clear (base 32) begins so.
SEALED = "sealed:"


MISSING = _("Enter the code from the email.")


def code_field(missing: Any = MISSING) -> forms.CharField:
    return forms.CharField(
        label=_("Six-digit code"),
        max_length=32,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "spellcheck": "false"}),
        error_messages={"required": missing},
    )


class _Plain(forms.Form):
    """The library's forms without words inside the boxes: a label stays when somebody types."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            if name in {"login", "email"}:
                field.label = _("Email address")
            if name == "code":
                field.label = _("Code of the app")
                field.widget.attrs.update({"inputmode": "numeric", "spellcheck": "false"})


class StaffLoginForm(_Plain, LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""


class PasswordChangeForm(_Plain, ChangePasswordForm):
    """Whoever got into an open session must not guess the password here for longer than at the sign-in: wrong ones count and
    lock together, and are written into the history.
    """

    def clean_oldpassword(self) -> str:
        request, user = context.request, self.user
        if browser_devices.is_locked(request, user.email):
            raise get_account_adapter().validation_error("too_many_login_attempts")
        try:
            return str(super().clean_oldpassword())
        except forms.ValidationError:
            browser_devices.note_wrong(request, user.email)
            raise


class NewPasswordForm(_Plain, ResetPasswordKeyForm):
    pass


class PasswordAgainForm(_Plain, ReauthenticateForm):
    pass


class _Once(_Plain):
    """A code of the app works once (``mfa_status.use_counter``), and only while the login is not locked for this browser:
    whoever has the password must not guess codes for longer than they might guess passwords.
    """

    def clean_code(self) -> str:
        request, user = context.request, self.user  # type: ignore[attr-defined]
        if browser_devices.is_locked(request, user.email):
            raise get_account_adapter().validation_error("too_many_login_attempts")
        code = str(super().clean_code())  # type: ignore[misc]
        factor = self.authenticator  # type: ignore[attr-defined]
        if factor.type == Authenticator.Type.TOTP and not mfa_status.use_counter(factor, code):
            raise forms.ValidationError(_("This code was used already. Wait for the next one."), code="CODE_USED")
        return code


class FactorForm(_Once, AuthenticateForm):
    pass


class FactorAgainForm(_Once, MfaReauthenticateForm):
    pass


class FirstFactorForm(_Plain, ActivateTOTPForm):
    """The library keeps the new secret in the session, a row of the database, until a first code is typed. Here it lies
    there encrypted, as the finished factor does.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        session, adapter = context.request.session, get_adapter()
        kept = str(session[SECRET_SESSION_KEY])
        if kept.startswith(SEALED):
            self.secret = adapter.decrypt(kept.removeprefix(SEALED))
        else:
            session[SECRET_SESSION_KEY] = SEALED + adapter.encrypt(kept)


class ResetForm(_Plain, ResetPasswordForm):
    """Only staff have passwords: for any other address nothing is sent and the same page is shown.

    The request stores one row and sends one task, whatever was typed; the task alone looks the address up. The library
    would look it up, make a key and write a letter here, which a clock tells from a "nobody has this address".
    """

    email = email_field(label=_("Email address"))

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"])

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Ask for a letter with a link. Asking too often changes nothing: the links sent before still work."""
        email = str(self.cleaned_data["email"])
        with contextlib.suppress(Refused):
            row = codes.issue(purpose=CodePurpose.RESET, kind=ContactKind.EMAIL, address=email, now=clock.now())
            enqueue("portal.signin.tasks.send_password_link", row.pk)
        return email


class AskCodeForm(forms.Form):
    email = email_field(label=_("Email address"))


class CodeForm(forms.Form):
    code = code_field()


class PhoneCodeForm(forms.Form):
    code = code_field(_("Enter the code from the SMS."))


class AcceptForm(forms.Form):
    full_name = NameWords(
        label=_("Your name"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Enter your name.")},
    )
    phone = phone_field(label=_("Mobile number"), required=False)


class JoinForm(forms.Form):
    """Nothing to ask: the person has a login at the address already, with a name of its own."""


class FirstPasswordForm(forms.Form):
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=password_validators_help_text_html,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("The same password again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("password") and cleaned["password"] != cleaned.get("again"):
            self.add_error("again", _("The two passwords differ. Type the same one twice."))
        return cleaned

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, self.user)
        return password


class NewEmailForm(forms.Form):
    email = email_field(label=_("New email address"))


class PhoneForm(forms.Form):
    phone = phone_field(label=_("Mobile number"))


class ResidenceForm(forms.Form):
    regime = forms.ChoiceField(
        label=_("Where do you live?"),
        help_text=_("We ask only for this, not for your address. You can change it at any time."),
        choices=[
            (Regime.IN, _("In India, or anywhere that is not named below")),
            (Regime.EU, _("In the European Union, or in Iceland, Liechtenstein or Norway")),
            (Regime.US_CA, _("In California, United States")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose where you live.")},
    )


class MemberForm(forms.Form):
    ROLES = (
        (MemberRole.OWNER, _("Owner: everything, and invite and remove people")),
        (MemberRole.MEMBER, _("Member: everything but invite and remove people")),
    )
    email = email_field(label=_("Email address of the person"))
    role = forms.ChoiceField(label=_("What may they do?"), choices=ROLES, widget=forms.RadioSelect)

    def __init__(self, *args: Any, only_members: bool = False, **given: Any) -> None:
        """``only_members``: nobody becomes an owner now."""
        super().__init__(*args, **given)
        role = self.fields["role"]
        if only_members and isinstance(role, forms.ChoiceField):
            role.choices = [choice for choice in self.ROLES if choice[0] == MemberRole.MEMBER]
