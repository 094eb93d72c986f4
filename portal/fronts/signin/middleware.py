"""Sessions that end, staff and customer logins kept apart, and the cookie that makes a browser known."""

from collections.abc import Callable

from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponseBase

from portal.fronts.signin import browser_devices, session_limits
from portal.kernel.core import clock

Answer = Callable[[HttpRequest], HttpResponseBase]
BEGAN, SEEN = "session_began", "session_seen"
WRITTEN_EVERY = 60
STAFF_PATHS = ("/admin/", "/staff/")
CUSTOMER_PATHS = ("/privacy/",)


class SessionEnds:
    """Ends a session that was left alone, or open, for longer than our rules say, and with it the factor that it showed.

    The time of the last request is written at most once a minute: a page costs no write.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.session.session_key and request.user.is_authenticated:
            self._look(request)
        return self.get_response(request)

    def _look(self, request: HttpRequest) -> None:
        now = clock.now()
        at = now.timestamp()
        began = request.session.get(BEGAN, at)
        seen = request.session.get(SEEN, at)
        rest, longest = session_limits.of(request.user.is_staff, now=now)
        if at - seen >= rest or at - began >= longest:
            logout(request)
            return
        if BEGAN not in request.session or at - seen >= WRITTEN_EVERY:
            request.session[BEGAN], request.session[SEEN] = began, at


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
        browser_devices.keep_token(request, response)
        return response
