"""What every request passes: a reference for its log lines, strict headers, the actor, and the portal's own errors."""

from collections.abc import Callable
from http import HTTPStatus

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.locale import LocaleMiddleware
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.functional import SimpleLazyObject

from portal.kernel.core import actor, error_pages, errors, ids, ports, problem_details
from portal.kernel.core.spool import AWAY
from portal.kernel.core.text import without_hiding_marks

Answer = Callable[[HttpRequest], HttpResponseBase]

#: No script or style from elsewhere, none inline. ``form-action`` and ``frame-ancestors`` have no fallback in default-src.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
#: Where staff work: these pages have no translation, and half of one would be worse than none.
STAFF_PAGES = ("/admin/", "/staff/")
CUSTOMER_PAGES = "/privacy/"
#: Bytes for machines: the public ledger.
WITHOUT_LANGUAGE = "/ledger/"
#: The methods of links and forms, and the one by which a program asks which there are.
OF_BROWSERS = ("GET", "HEAD", "OPTIONS", "POST")
#: How a browser sends a form.
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
PERMISSIONS_POLICY = "camera=(self), geolocation=(), microphone=(), payment=(), usb=()"


class RequestContext:
    """Gives each request a reference that stands in its log lines and on its error page."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.reference = ids.new_reference("ER")  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(request=request.reference)  # type: ignore[attr-defined]
        try:
            return self.get_response(request)
        finally:
            structlog.contextvars.unbind_contextvars("request")


class RequestSize:
    """Turns away a request larger than the largest file we take, before a byte of it is read or kept anywhere.

    An address of ``ports.larger_requests`` takes more, and measures it itself.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response
        self.larger = dict(ports.larger_requests)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"
        most = self.larger.get(request.path, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        if not length.isdigit() or int(length) > most:
            return error_pages.too_large(request)
        return self.get_response(request)


class SecurityHeaders:
    """The headers of every answer, admin and error pages included."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        if not request.path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def client_address(request: HttpRequest) -> str:
    """The person's network address: the peer, or the entry that our own outermost proxy wrote (TRUSTED_PROXIES)."""
    peer = str(request.META.get("REMOTE_ADDR", ""))
    hops = settings.TRUSTED_PROXIES
    if not hops:
        return peer
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    return forwarded[-hops] if len(forwarded) >= hops else peer


def _actor_of(request: HttpRequest) -> actor.Actor:
    user = getattr(request, "user", None)
    address = client_address(request)
    via = "admin" if request.path.startswith("/admin/") else "page"
    if user is None or not user.is_authenticated:
        return actor.stranger(address=address, via=via)
    make = actor.staff if user.is_staff else actor.customer
    return make(user.pk, address=address, via=via)


class CsrfProtection(CsrfViewMiddleware):
    """Django's check, made for pages that send no referrer.

    A browser sends ``Origin: null`` with the forms of such a page (Fetch standard, "append a request Origin header"),
    which Django takes for another site. Which site it was stands in ``Sec-Fetch-Site``, which no script can write.
    """

    def _origin_verified(self, request: HttpRequest) -> bool:
        if request.META["HTTP_ORIGIN"] != "null":
            return bool(super()._origin_verified(request))  # type: ignore[misc]  # private, so without stubs
        site = request.headers.get("Sec-Fetch-Site")
        # Without TLS browsers do not send it; there Django, too, trusts the token alone.
        return site == "same-origin" or (site is None and not request.is_secure())


class Language(LocaleMiddleware):
    """The reader's language on customers' pages. The pages of staff are written in English only, the ledger in none."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        if request.path.startswith(STAFF_PAGES):
            translation.activate(settings.LANGUAGE_CODE)
            request.LANGUAGE_CODE = settings.LANGUAGE_CODE

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """A tile is the same in every language: a cache keeps one copy of it."""
        if request.path.startswith(WITHOUT_LANGUAGE):
            return response
        return super().process_response(request, response)


class PlainText:
    """Takes out of everything typed into a form, and out of the names of files, what hides or turns words (``core.text``).

    Here, at the door: every page, search and file that shows the text later would have to know it otherwise. Bytes that
    a program sends (no form, or a view without the token of a form) are left as they are.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.GET = _plain(request.GET)  # type: ignore[assignment]
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., object], _args: object, _kwargs: object
    ) -> HttpResponse | None:
        if request.content_type not in FORMS or getattr(view, "csrf_exempt", False):
            return None
        try:
            request.POST = _plain(request.POST)  # type: ignore[assignment]
        except (RequestDataTooBig, TooManyFilesSent) as refusal:
            return error_pages.too_large(request, refusal)
        for _name, files in request.FILES.lists():
            for file in files:
                file.name = without_hiding_marks(file.name or "")
        return None


def _plain(data: QueryDict) -> QueryDict:
    """The same values without hiding marks; the very same object where there was none, as almost always."""
    if all(without_hiding_marks(value) == value for _name, values in data.lists() for value in values):
        return data
    plain = QueryDict(mutable=True, encoding=data.encoding)
    for name, values in data.lists():
        plain.setlist(name, [without_hiding_marks(value) for value in values])
    return plain


class RequestActor:
    """``request.actor``: who acts, worked out when first asked (a page that asks nobody costs no query)."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.actor = SimpleLazyObject(lambda: _actor_of(request))  # type: ignore[attr-defined]
        return self.get_response(request)


#: Which page each of our own errors becomes where no view has caught it.
ERROR_PAGES = (
    ((errors.NotFound, errors.BadReference), error_pages.not_found),
    ((errors.NotAllowed,), error_pages.forbidden),
    ((errors.IllegalMove, errors.LostRace), error_pages.conflict),
    ((errors.Unavailable,), error_pages.unavailable),
    ((errors.Refused,), error_pages.bad_request),
    (AWAY, error_pages.database_away),
    ((RequestDataTooBig, TooManyFilesSent), error_pages.too_large),
)


class PortalErrors:
    """Turns the portal's own errors, where no view has caught them, into pages with their status."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        for kinds, page in ERROR_PAGES:
            if isinstance(exception, kinds):
                return page(request, exception)
        return None


class WrongMethod:
    """No reader meets a bare 405.

    A customer's address that only takes a POST is asked with GET by a change of language, a reload or the way back from
    the sign-in page: the answer is the page it belongs to, the nearest one above it. Everything else gets our own page, under ``/api/`` a problem.

    Pages for people take what browsers send. The stock admin answers any other method with the whole page: here it is
    refused before any view is asked.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
            return response
        if request.path.startswith(CUSTOMER_PAGES) and request.method in {"GET", "HEAD"}:
            return HttpResponseRedirect(_page_above(request.path))
        if request.path.startswith((CUSTOMER_PAGES, problem_details.PLACE, *STAFF_PAGES)):
            return error_pages.wrong_method(request, response.headers.get("Allow", ""))
        return response

    def process_view(self, request: HttpRequest, _view: object, _args: object, _kwargs: object) -> HttpResponse | None:
        if request.method not in OF_BROWSERS and request.path.startswith((CUSTOMER_PAGES, *STAFF_PAGES)):
            return error_pages.wrong_method(request, ", ".join(OF_BROWSERS))
        return None


def _page_above(path: str) -> str:
    """The nearest address above ``path`` that is one of ours. It may be shut to the reader, as any address may."""
    while (path := path.rstrip("/").rpartition("/")[0] + "/") != CUSTOMER_PAGES:
        try:
            resolve(path)
        except Resolver404:
            continue
        break
    return path
