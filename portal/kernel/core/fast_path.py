"""The short way to what machines ask before each message: no session, login, form or message is looked for there.

What stands before ``ShortWay`` among the middleware holds for them too; of what stands behind it, only ``KEPT``. A key
says who asks, so that nothing of a browser is needed.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponseBase
from django.utils.module_loading import import_string

Answer = Callable[[HttpRequest], HttpResponseBase]

PATHS: Final = ("/api/v1/decisions",)
KEPT: Final = (
    "portal.kernel.core.middleware.Language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "portal.kernel.core.middleware.WrongMethod",
)


class ShortWay:
    """Takes the requests under ``PATHS`` out of the line."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response
        self._short = _Direct().chain(KEPT)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith(PATHS):
            return self._short(request)
        return self.get_response(request)


class _Direct(BaseHandler):
    """Django's own step from a request to its view, without the middleware of the settings."""

    def __init__(self) -> None:
        self._view_middleware: list[Answer] = []
        self._template_response_middleware: list[Answer] = []
        self._exception_middleware: list[Answer] = []

    def chain(self, names: Sequence[str]) -> Answer:
        """The views behind these middleware, the first name outermost."""
        handler: Any = convert_exception_to_response(self._get_response)  # type: ignore[attr-defined]  # private, so without stubs
        for name in reversed(names):
            handler = convert_exception_to_response(import_string(name)(handler))
        answer: Answer = handler
        return answer
