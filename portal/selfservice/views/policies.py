"""The privacy policy: the version in force, earlier ones, what changed, and that somebody has read it."""

from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_safe

from consent.forms import AcknowledgementForm
from consent.models import NoticeText, NoticeVersion
from consent.rules import differences
from consent.rules.policy import Clause
from consent.selectors import notices
from consent.services import acknowledging
from portal.core import clock
from portal.core.errors import NotFound
from portal.people.pages import customer_required, is_customer
from portal.selfservice.views.preferences import principal_of

CODE = "privacy-policy"


def _version(number: int) -> NoticeVersion:
    found = notices.published(CODE).filter(number=number).first()
    if found is None:
        raise Http404
    return found


def _text(request: HttpRequest, version: NoticeVersion) -> NoticeText:
    """In the language asked for, in the reader's, or the binding text."""
    wanted = request.GET.get("language") or get_language() or "en"
    return version.text_in(wanted[:12])


def _page(request: HttpRequest, version: NoticeVersion, *, is_current: bool) -> HttpResponse:
    text = _text(request, version)
    older = list(notices.published(CODE).exclude(pk=version.pk))
    context: dict[str, Any] = {
        "version": version,
        "text": text,
        "clauses": list(text.clauses.all()),
        "languages": list(version.texts.order_by("language")),
        "older": older,
        "before": _before(version),
        "is_current": is_current,
        "coming": notices.coming(CODE, on=clock.now().astimezone(clock.IST).date()) if is_current else None,
        "has_seen": is_customer(request) and acknowledging.has_seen(principal_of(request).subject.ref, text),
    }
    return render(request, "selfservice/policies/version.html", context)


def _before(version: NoticeVersion) -> NoticeVersion | None:
    return notices.published(CODE).filter(number__lt=version.number).order_by("-number").first()


@require_safe
def current(request: HttpRequest) -> HttpResponse:
    try:
        version = notices.in_force(CODE, on=clock.now().astimezone(clock.IST).date())
    except NotFound:
        return render(request, "selfservice/policies/none.html", {"coming": notices.published(CODE).first()})
    return _page(request, version, is_current=True)


@require_safe
def version(request: HttpRequest, number: int) -> HttpResponse:
    return _page(request, _version(number), is_current=False)


@require_safe
def changes(request: HttpRequest, number: int) -> HttpResponse:
    """Word by word against the version before; every change also says in words what it is."""
    new = _version(number)
    old = _before(new)
    if old is None:
        raise Http404
    compared = differences.compare(_clauses(old), _clauses(new))
    context = {
        "version": new,
        "old": old,
        "differences": compared,
        "count": differences.changes(compared),
        "numbers": range(1, differences.changes(compared) + 1),
    }
    return render(request, "selfservice/policies/changes.html", context)


def _clauses(version: NoticeVersion) -> list[Clause]:
    return [Clause(c.number, c.title, bytes(c.body).decode()) for c in version.binding.clauses.all()]


@customer_required
@require_http_methods(["GET", "HEAD", "POST"])
def acknowledge(request: HttpRequest, number: int) -> HttpResponse:
    """That somebody has read what changed: a record of its own. It is never consent, and "Not now" costs nothing."""
    found = _version(number)
    text = _text(request, found)
    subject_ref = principal_of(request).subject.ref
    form = AcknowledgementForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        acknowledging.acknowledge(subject_ref=subject_ref, text=text, actor=request.actor)  # type: ignore[attr-defined]
        return HttpResponseRedirect(reverse("privacy:policy-read", args=[number]))
    context = {
        "form": form,
        "version": found,
        "text": text,
        "before": _before(found),
        "has_seen": acknowledging.has_seen(subject_ref, text),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "selfservice/policies/read.html", context, status=status)
