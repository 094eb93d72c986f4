"""Who may open a customer's page. Stands here so that every front can use it."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.translation import gettext as _

from portal.kernel.core.errors import NotAllowed, NotFound
from portal.kernel.people.models import Principal, User

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
SIGN_IN = "privacy:sign-in"


def is_customer(request: HttpRequest) -> bool:
    """Whether a customer's login is signed in. A staff login never is."""
    user: Any = request.user
    return bool(user.is_authenticated and user.is_active and not user.is_staff and user.principal_id)


def customer_required(view: View[P]) -> View[P]:
    """Send whoever is not signed in as a customer to the customers' sign-in page, and back afterwards.

    Whoever sent a form is told that it was not saved: the session ended while the page stood open.
    """

    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if is_customer(request):
            return view(request, *args, **kwargs)
        if request.method == "POST":
            said = _("Nothing was saved: your session had ended. Sign in, then send it again.")
            messages.warning(request, said)
        return HttpResponseRedirect(f"{resolve_url(SIGN_IN)}?{urlencode({'next': request.get_full_path()})}")

    update_wrapper(guarded, view)
    guarded.customers_only = True  # type: ignore[attr-defined]
    return guarded


def login_of(request: HttpRequest) -> User:
    """The signed-in login, with its person, as this request found it. Raises NotAllowed for a stranger."""
    if not isinstance(request.user, User):
        raise NotAllowed("Sign in first.")
    return request.user


def principal_of(request: HttpRequest) -> Principal:
    """The person behind the login. Raises NotFound for a login without one."""
    principal = login_of(request).principal
    if principal is None:
        raise NotFound("There is no person behind this login.")
    return principal
