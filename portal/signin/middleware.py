"""Staff and customer logins kept apart, and the cookie that makes a browser known."""

from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponseBase

from portal.signin import browsers

Answer = Callable[[HttpRequest], HttpResponseBase]
STAFF_PATHS = ("/admin/", "/staff/")
CUSTOMER_PATHS = ("/privacy/",)


class KeepApart:
    """A customer's login finds no staff page; on customers' pages a staff login is a stranger.

    It stands right after the authentication middleware, so that nothing behind it sees the wrong login.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith(STAFF_PATHS):
            if request.user.is_authenticated and not request.user.is_staff:
                # The message names no page: a customer learns nothing about what is behind the address.
                raise Http404
        elif request.path.startswith(CUSTOMER_PATHS) and request.user.is_authenticated and request.user.is_staff:
            request.user = AnonymousUser()
        response = self.get_response(request)
        browsers.keep_token(request, response)
        return response
