"""No answer sets a cookie that stands in no list, or one that needs a yes which is not there, without a trace."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from consent.base.choices import CookieFault
from consent.collection.services import cookies as faults
from portal.fronts.selfservice import cookies
from portal.fronts.selfservice.cookie_choices import choice_of


class ListedCookies:
    """Looks at each answer that sets cookies; the others cost nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.cookies:
            self._look(request, response)
        return response

    def _look(self, request: HttpRequest, response: HttpResponseBase) -> None:
        listed, groups = cookies.names(), {group.code: group for group in cookies.groups()}
        page = request.resolver_match.view_name if request.resolver_match else ""
        for name, morsel in list(response.cookies.items()):
            if not morsel.value:  # it is being removed
                continue
            if name not in listed:
                faults.note(name=name, fault=CookieFault.UNLISTED, page=page)
            elif listed[name] and not choice_of(request, groups[listed[name]]):
                del response.cookies[name]
                faults.note(name=name, fault=CookieFault.WITHOUT_YES, page=page)
