"""Staff: the invitation's first password, open sessions, and the way to the second factor."""

from typing import Any

from allauth.account.views import LogoutView, PasswordChangeView, PasswordResetFromKeyView
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from portal.fronts.signin import mfa_status
from portal.fronts.signin.forms import FirstPasswordForm
from portal.fronts.signin.views.account import sessions_page
from portal.fronts.signin.views.responses import page, put
from portal.kernel.core import clock, error_pages
from portal.kernel.core.errors import PortalError, Refused
from portal.kernel.people.choices import InvitationKind
from portal.kernel.people.services import invitations, staff


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Set the first password. Afterwards the person signs in with it and sets up the second factor."""
    now = clock.now()
    try:
        found = invitations.by_token(token, now=now)
    except Refused as error:
        return page(request, "account/invitation_ended.html", message=str(error))
    if found.kind != InvitationKind.STAFF or found.user is None:
        return error_pages.not_found(request)
    form = FirstPasswordForm(request.POST or None, user=found.user)
    if request.method == "POST" and form.is_valid():
        try:
            staff.accept(invitation=found, password=form.cleaned_data["password"], now=now)
        except ValidationError as error:
            form.add_error("password", error)
        except PortalError as error:
            put(form, None, error)
        else:
            return HttpResponseRedirect(reverse("account_login"))
    return page(request, "account/invitation.html", form=form, address=found.user.email)


@login_required
@require_http_methods(["GET", "POST"])
def open_sessions(request: HttpRequest) -> HttpResponse:
    """Where the login is signed in. POST ends one session, or all; the end of this very one is a sign-out."""
    answer = sessions_page(request, "account/sessions.html", "signin:sessions", "account_login")
    return _dropping(answer) if answer.get("Location") == reverse("account_login") else answer


class _Whole:
    """A password changes with its audit event and letter, or not at all."""

    @transaction.atomic
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer: HttpResponse = super().post(request, *args, **kwargs)  # type: ignore[misc]
        return answer


class ChangePassword(_Whole, PasswordChangeView):
    pass


class SetPassword(_Whole, PasswordResetFromKeyView):
    pass


change_password, set_password = ChangePassword.as_view(), SetPassword.as_view()


class SignOut(LogoutView):
    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return _dropping(super().post(*args, **kwargs))


sign_out = SignOut.as_view()


def _dropping(answer: HttpResponse) -> HttpResponse:
    """Ask the browser to delete what its tabs keep of the portal: words about people that were typed and not sent."""
    answer["Clear-Site-Data"] = '"storage"'
    return answer


@login_required
def second_factor(request: HttpRequest) -> HttpResponse:
    """Where a staff member without a second factor in this session goes: to set one up, or to show it."""
    return HttpResponseRedirect(reverse(mfa_status.confirm_page(request.user)) + "?next=/admin/")
