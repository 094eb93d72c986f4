"""What a browser is known by: a random token in a cookie, whose hash the login's device row keeps."""

import re
import secrets

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import login as start_session
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext

from portal.kernel.core import actor, clock
from portal.kernel.core.enqueue import enqueue
from portal.kernel.core.middleware import client_address
from portal.kernel.people.models import Device, User
from portal.kernel.people.services import devices, signin_attempts

COOKIE = "device"
LIFE = 400 * 24 * 3600
#: How a label is kept, whatever its reader's language: ``Firefox on Linux``.
_UNKNOWN, _ON = "Browser", " on "
_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def label(request: HttpRequest) -> str:
    """``Firefox on Linux``: enough to recognise one's own, no version and no fingerprint."""
    agent = request.headers.get("User-Agent", "")
    browser = next((name for mark, name in _BROWSERS if mark in agent), _UNKNOWN)
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return f"{browser}{_ON}{system}" if system else browser


def in_words(label: str) -> str:
    """A label as it is kept, in the reader's language."""
    browser, on, system = label.partition(_ON)
    if browser == _UNKNOWN:
        browser = gettext("Browser")
    return gettext("%(browser)s on %(system)s") % {"browser": browser, "system": system} if on else browser


def token_of(request: HttpRequest) -> str:
    """The token the browser sent, if it has the form of one of ours."""
    token = request.COOKIES.get(COOKIE, "")
    return token if re.fullmatch(r"[A-Za-z0-9_-]{43}", token) else ""


def device_of(request: HttpRequest, user: User) -> Device | None:
    """The known device behind the request, or None for a browser this login never used."""
    return devices.known(user=user, token=token_of(request))


def is_locked(request: HttpRequest, address: str) -> bool:
    """Whether tries at a staff address are refused for this browser now. The same work for every address."""
    device = devices.known_staff_device(address=address, token=token_of(request))
    return signin_attempts.is_locked(address=address, device_sha256=device, now=clock.now())


def note_wrong(request: HttpRequest, address: str, *, is_noted: bool = False) -> None:
    """Count a wrong password or code at a staff address. The same work for every address."""
    token = token_of(request)
    signin_attempts.note(
        address=address,
        device_sha256=devices.known_staff_device(address=address, token=token),
        network=client_address(request),
        browser=label(request),
        token=token,
        is_noted=is_noted,
        now=clock.now(),
    )


def signed_in(request: HttpRequest, user: User, *, method: str) -> None:
    """Record that the login signed in from this browser; the owner is told when it is a new one."""
    token = token_of(request) or secrets.token_urlsafe(32)
    make = actor.staff if user.is_staff else actor.customer
    row, is_news = devices.signed_in(
        user=user,
        token=token,
        browser=label(request),
        actor=make(user.pk, address=client_address(request), via="page"),
        method=method,
        now=clock.now(),
    )
    request.device_token = token  # type: ignore[attr-defined]
    if is_news:
        enqueue("portal.signin.tasks.tell_new_device", row.pk)


def open_session(request: HttpRequest, user: User, *, method: str) -> None:
    """Sign a customer in: a fresh session key, a row in the list of sessions, the history, the device."""
    start_session(request, user, backend="portal.fronts.signin.backends.CustomerBackend")
    UserSession.objects.create_from_request(request)
    signed_in(request, user, method=method)


def keep_token(request: HttpRequest, response: HttpResponseBase) -> None:
    """Set the cookie on the answer to the request that signed in."""
    token = getattr(request, "device_token", None)
    if token and hasattr(response, "set_cookie"):
        response.set_cookie(
            COOKIE, token, max_age=LIFE, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
        )
