"""Factors of one's own: passkeys are added, named and removed; the second step of signing in."""

from typing import Any

from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.internal import auth
from allauth.mfa.webauthn.views import (
    AddWebAuthnView,
    EditWebAuthnView,
    ReauthenticateWebAuthnView,
    RemoveWebAuthnView,
)
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.fronts.signin import events
from portal.fronts.signin.adapters import MfaAdapter
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import actor, clock
from portal.kernel.core.middleware import client_address
from portal.kernel.people.models import User
from portal.kernel.people.services import factor_ages, sessions


class _WithFactor:
    """Whoever changes how a login is signed in to shows a factor of it now; a login without one sets up its first.

    A change, its audit event and its letter are made together or not at all, and the changes of one login one after another.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and Authenticator.objects.filter(user_id=request.user.pk).exists():
            factor_ages.require(factor_ages.OWN_FACTORS, now=clock.now())
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        return answer

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user: Any = request.user
        with transaction.atomic():
            User.objects.select_for_update().get(pk=user.pk)
            theirs = Authenticator.objects.filter(user_id=user.pk).order_by("pk")
            before = list(theirs.values_list("pk", flat=True))
            answer: HttpResponse = super().post(request, *args, **kwargs)  # type: ignore[misc]
            events.factors_made(request, user, list(theirs.exclude(pk__in=before)))
        return answer


class SetUpApp(_WithFactor, ActivateTOTPView):
    pass


class AddPasskey(_WithFactor, AddWebAuthnView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The library would ask for a security key that only stands beside a password."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["js_data"] = {"creation_options": auth.begin_registration(self.request.user, passwordless=True)}
        return context


class RenamePasskey(_WithFactor, EditWebAuthnView):
    def form_valid(self, form: Any) -> HttpResponse:
        form.save()
        events.told(AuditKind.SIGNIN_MFA_RENAMED, self.request, self.request.user, method=str(self.object.type))
        return HttpResponseRedirect(reverse("mfa_index"))


class RemovePasskey(_WithFactor, RemoveWebAuthnView):
    def form_valid(self, form: Any) -> HttpResponse:
        """End the login's other sessions with the passkey: it may have opened them. Refused for the last factor: two colleagues
        reset that.
        """
        if not MfaAdapter().can_delete_authenticator(self.object):
            messages.error(
                self.request,
                _("This is your only factor. Set up another one first, or ask two colleagues to reset it."),
            )
            return HttpResponseRedirect(reverse("mfa_index"))
        answer: HttpResponse = super().form_valid(form)
        user: Any = self.request.user
        by = actor.staff(user.pk, address=client_address(self.request), via="page")
        sessions.end_all(user=user, actor=by, now=clock.now(), except_key=self.request.session.session_key or "")
        return answer


class ConfirmPasskey(ReauthenticateWebAuthnView):
    def form_invalid(self, form: Any) -> HttpResponse:
        """Say what is wrong on this page again, with the same way on. The library would lead to the sign-in page."""
        for fault in form.errors.get("credential", []):
            messages.error(self.request, fault)
        return HttpResponseRedirect(self.passthrough_next_url(self.request.path))


class NewRecoveryCodes(_WithFactor, GenerateRecoveryCodesView):
    pass


class Authenticate(AuthenticateView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        user = self.stage.login.user
        passkeys = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN)
        context["has_passkeys"] = passkeys.exists()
        return context


add_passkey, rename_passkey, remove_passkey = AddPasskey.as_view(), RenamePasskey.as_view(), RemovePasskey.as_view()
new_recovery_codes, authenticate = NewRecoveryCodes.as_view(), Authenticate.as_view()
set_up_app, confirm_passkey = SetUpApp.as_view(), ConfirmPasskey.as_view()
