"""The demonstration's mailbox: what recipients would have received on every channel, for whoever tries the portal out."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from portal.kernel.outbox import mailbox

P = ParamSpec("P")
A_PAGE = 25
#: How many of the newest letters a search by address reads.
SEARCHED = 1000
#: Where a demonstration was served when a letter was written; it may be another port today.
LOCAL = re.compile(r"http://localhost:\d+(?=/)")


def demo_only(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """404 everywhere but in the demonstration."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@demo_only
@require_http_methods(["GET", "HEAD", "POST"])
def mailbox_list(request: HttpRequest) -> HttpResponse:
    """The newest letters first. A search is posted, so that no address stands in a URL."""
    wanted = "".join(request.POST.get("to", "").lower().split())
    names = mailbox.names()
    if wanted:
        found = (mailbox.letter(name) for name in names[:SEARCHED])
        letters = [letter for letter in found if letter is not None and wanted in letter.to.lower()][:A_PAGE]
        return render(request, "demo/mailbox.html", {"letters": letters, "wanted": wanted})
    page = Paginator(names, A_PAGE).get_page(request.GET.get("page"))
    letters = [letter for name in page.object_list if (letter := mailbox.letter(name)) is not None]
    return render(request, "demo/mailbox.html", {"letters": letters, "page": page})


@demo_only
@require_safe
def mailbox_letter(request: HttpRequest, name: str) -> HttpResponse:
    """One letter as its recipient would read it, links included."""
    letter = mailbox.letter(name)
    if letter is None:
        raise Http404
    return render(request, "demo/letter.html", {"letter": replace(letter, body=_leading_here(letter.body))})


def _leading_here(body: str) -> str:
    """The letter with its links to this machine leading to where the demonstration is served now."""
    return LOCAL.sub(settings.SITE_URL, body) if LOCAL.match(f"{settings.SITE_URL}/") else body
