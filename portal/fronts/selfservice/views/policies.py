"""The privacy policy: the version in force, the one of any other day, what changed, and that somebody has read it."""

from datetime import date
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_safe

from consent.base.models.notices import NoticeText, NoticeVersion
from consent.base.selectors import notices
from consent.base.selectors.notices import clauses_of
from consent.notices.rules import text_diff
from consent.notices.selectors import languages
from consent.notices.services import acknowledgements
from consent.preferences.forms import AcknowledgementForm, DayForm
from portal.fronts.selfservice.page_context import address_of
from portal.kernel.core import clock
from portal.kernel.core.errors import NotFound
from portal.kernel.core.requests import actor_of
from portal.kernel.law import selectors as law
from portal.kernel.law.models import Purpose
from portal.kernel.people.customer_access import customer_required, is_customer, principal_of

CODE = "privacy-policy"


def _version(number: int) -> NoticeVersion:
    found = notices.published(CODE).filter(number=number).first()
    if found is None:
        raise Http404
    return found


def _wanted(request: HttpRequest) -> str:
    """The language asked for, or the reader's."""
    return (request.GET.get("language") or get_language() or "en")[:12]


def _text(request: HttpRequest, version: NoticeVersion) -> NoticeText:
    """In the language asked for, in the reader's, or the binding text."""
    return version.text_in(_wanted(request))


def _today() -> date:
    return clock.day(clock.now())


def _page(request: HttpRequest, version: NoticeVersion, *, is_current: bool) -> HttpResponse:
    text = _text(request, version)
    asked = languages.languages().get(_wanted(request))
    summary, summary_language = version.summary_in(_wanted(request))
    context: dict[str, Any] = {
        "version": version,
        "summary": summary,
        "summary_language": summary_language,
        "text": text,
        "language": languages.language_of(text.language),
        "missing": asked if asked and asked.code != text.language else None,
        "review": text.reviews.order_by("-reviewed_at").first(),
        "clauses": list(text.clauses.all()),
        "slots": languages.slots(version),
        "has_older": notices.published(CODE).exclude(pk=version.pk).exists(),
        "before": notices.earlier(version).first(),
        "is_current": is_current,
        "coming": notices.coming(CODE, on=_today()) if is_current else None,
        "has_seen": is_customer(request) and acknowledgements.has_seen(principal_of(request).subject.ref, text),
    }
    return render(request, "selfservice/policies/version.html", context)


@require_safe
def current(request: HttpRequest) -> HttpResponse:
    try:
        version = notices.in_force(CODE, on=_today())
    except NotFound:
        return render(request, "selfservice/policies/none.html", {"coming": notices.published(CODE).first()})
    return _page(request, version, is_current=True)


@require_safe
def version(request: HttpRequest, number: int) -> HttpResponse:
    return _page(request, _version(number), is_current=False)


@require_safe
def archive(request: HttpRequest) -> HttpResponse:
    """Every version with the days on which it was in force; and the one of the day asked for."""
    form = DayForm(request.GET if "on" in request.GET else None)
    rows = notices.periods(CODE)
    found, is_asked = None, form.is_bound and form.is_valid()
    if is_asked:
        found = next((row for row in rows if row.holds_on(form.cleaned_data["on"])), None)
    context = {
        "form": form,
        "rows": rows,
        "found": found,
        "is_asked": is_asked,
        "on": form.cleaned_data.get("on") if is_asked else None,
        "today": _today(),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "selfservice/policies/archive.html", context, status=status)


@require_safe
def changes(request: HttpRequest, number: int) -> HttpResponse:
    """Word by word against the version before, or another earlier one; every change also says in words what it is.

    In the reader's language where both versions have a text in it, else in the binding one.
    """
    new = _version(number)
    earlier = list(notices.earlier(new))
    if not earlier:
        raise Http404
    wanted = request.GET.get("from", "")
    old = next((one for one in earlier if str(one.number) == wanted), earlier[0])
    pair = [version.texts.filter(language=_wanted(request)).first() for version in (old, new)]
    texts = [text for text in pair if text is not None]
    if len(texts) < len(pair):
        texts = [old.binding, new.binding]
    compared = text_diff.compare(clauses_of(texts[0]), clauses_of(texts[1]))
    context = {
        "version": new,
        "old": old,
        "earlier": earlier,
        "language": languages.language_of(texts[1].language),
        "differences": compared,
        "count": text_diff.changes(compared),
        "numbers": range(1, text_diff.changes(compared) + 1),
    }
    return render(request, "selfservice/policies/changes.html", context)


def _new_purposes(version: NoticeVersion) -> list[Purpose]:
    """The purposes that came with the version. Each is a question of its own, elsewhere: nothing here answers one."""
    return law.purposes_in_force(on=max(version.effective_on, _today()), codes=version.purposes)


@customer_required
@require_http_methods(["GET", "HEAD", "POST"])
def acknowledge(request: HttpRequest, number: int) -> HttpResponse:
    """That somebody has read what changed: a record of its own. It is never consent, and "Not now" costs nothing."""
    found = _version(number)
    text = _text(request, found)
    subject_ref = principal_of(request).subject.ref
    form = AcknowledgementForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        acknowledgements.acknowledge(subject_ref=subject_ref, text=text, actor=actor_of(request))
        return HttpResponseRedirect(reverse("privacy:policy-read", args=[number]))
    summary, summary_language = found.summary_in(_wanted(request))
    context = {
        "form": form,
        "version": found,
        "summary": summary,
        "summary_language": summary_language,
        "text": text,
        "before": notices.earlier(found).first(),
        "has_seen": acknowledgements.has_seen(subject_ref, text),
        "new_purposes": _new_purposes(found),
        "questions_url": address_of("privacy:questions") or address_of("privacy:preferences"),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "selfservice/policies/read.html", context, status=status)
