"""Filing a grievance: seven steps, one question a page, each with an address of its own. Needs no sign-in, no script."""

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from django import forms as django_forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from grievances.base import labels, selectors
from grievances.base.models.draft import TicketDraft
from grievances.base.models.ticket import Ticket
from grievances.tickets import category_details, grievance_status
from grievances.tickets.forms import category_questions, public
from grievances.tickets.services import deadlines, drafts, thread_access
from portal.fronts.selfservice import limits
from portal.fronts.selfservice.language_switch import keeps_answers, typed
from portal.fronts.selfservice.views import grievance_summary, track
from portal.fronts.selfservice.views import tracking_key as tracking_key_page
from portal.kernel.core import clock, error_pages
from portal.kernel.core.errors import Refused, Unavailable
from portal.kernel.core.requests import actor_of
from portal.kernel.ledger.errors import NotSealed

COOKIE: Final = "grievance_draft"
COOKIE_PATH: Final = "/privacy/grievances/"
#: Longer numbers are no row's number on any database.
MOST_DIGITS: Final = 18
#: The pages in their order; ``organisation``, ``message`` and ``details`` are asked only about those.
PAGES: Final = ("who", "organisation", "about", "message", "details", "what-happened", "files", "contact", "check")
#: Of seven steps: the start page is the first, and the message's details belong to the third.
NUMBER: Final = {
    "who": 2,
    "organisation": 2,
    "about": 3,
    "message": 3,
    "details": 3,
    "what-happened": 4,
    "files": 5,
    "contact": 6,
    "check": 7,
}
FIELDS: Final = {
    "who": ("for_whom",),
    "organisation": ("organisation_reference", "organisation"),
    "about": ("kind",),
    "message": ("sender", "received_at_number", "day", "month", "year", "received_on"),
    "what-happened": ("what_happened", "wanted"),
    "contact": ("email", "phone", "language"),
}
#: Pages that come behind another, to which a changed answer there leads.
BEHIND: Final = {("who", "organisation"), ("about", "message"), ("about", "details")}
#: The page on which a missing answer is given.
PAGE_OF: Final = {name: page for page, names in FIELDS.items() for name in names}


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Step 1: what this is for, how long it takes, by when we reply, and how to complain without this page."""
    now = clock.now()
    draft = _draft(request)
    context = {
        "expected": deadlines.expected_reply(now=now, principal=getattr(request.user, "principal", None)),
        "officer": grievance_status.officer(at=now),
        "draft_days": selectors.promise(selectors.DRAFT_LIFE, at=now).days,
        "resume": _page(_first_open(drafts.answers_of(draft))) if draft and not draft.ticket_id else "",
        "step": 1,
    }
    return render(request, "selfservice/grievances/start.html", context)


def begin(request: HttpRequest, answers: Mapping[str, str], *, page: str, keeps_draft: bool = False) -> HttpResponse:
    """A grievance about something that another page shows: its answers are in, and it goes on at ``page``.

    ``keeps_draft``: one that the browser is writing already is not replaced, and the person goes on with that; for a page which
    any other may post to.
    """
    if keeps_draft and (written := _draft(request)) is not None and written.ticket is None:
        return HttpResponseRedirect(reverse("privacy:grievance-start"))
    if limits.exceeded(request, "grievance.file"):
        return error_pages.too_many(request)
    draft, secret = drafts.start(at=clock.now())
    drafts.save(draft=draft, answers=answers)
    response = HttpResponseRedirect(_page(page))
    _remember(response, draft, secret)
    return response


@keeps_answers
@require_http_methods(["GET", "HEAD", "POST"])
def question(request: HttpRequest, page: str) -> HttpResponse:
    """Steps 2, 3, 4 and 6: one form. GET shows it with what was answered; POST keeps the answer and goes on."""
    draft = _draft(request)
    if draft is not None and draft.ticket is not None:
        return _sent(draft.ticket)
    answers = drafts.answers_of(draft) if draft else {}
    if (page != "who" and not answers.get("for_whom")) or (page == "details" and page not in _asked(answers)):
        return HttpResponseRedirect(reverse("privacy:grievance-start"))
    if request.method != "POST":
        return _ask(request, page, _form(request, page, answers, None, _initial(request, page, answers)), answers)
    form = _form(request, page, answers, request.POST, None)
    if not form.is_valid():
        return _ask(request, page, form, answers, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    given = {name: str(form.cleaned_data.get(name) or "") for name in _fields(page, answers)}
    secret = ""
    if draft is None:
        if limits.exceeded(request, "grievance.file"):
            return error_pages.too_many(request)
        draft, secret = drafts.start(at=clock.now())
    drafts.save(draft=draft, answers=given)
    response = HttpResponseRedirect(_next(request, page, answers | given))
    if secret:
        _remember(response, draft, secret)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def files(request: HttpRequest) -> HttpResponse:
    """Step 5: up to five files, one at a time; add, remove, go on."""
    draft = _draft(request)
    if draft is None:
        return HttpResponseRedirect(reverse("privacy:grievance-start"))
    if draft.ticket is not None:
        return _sent(draft.ticket)
    if request.method != "POST":
        return _show_files(request, draft)
    if "remove" in request.POST:
        number = request.POST["remove"]
        file_id = int(number) if number.isdecimal() and len(number) < MOST_DIGITS else 0
        drafts.remove_file(draft=draft, file_id=file_id, actor=actor_of(request))
        return HttpResponseRedirect(request.get_full_path())
    return _add_file(request, draft)


def _add_file(request: HttpRequest, draft: TicketDraft) -> HttpResponse:
    """Keep the chosen file, if one was chosen, and go where the button pressed leads."""
    form = public.FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _show_files(request, draft, form)
    upload = form.cleaned_data["file"]
    if upload is None and "add" in request.POST:
        form.add_error("file", _("Choose a file to add"))
        return _show_files(request, draft, form)
    if upload is not None:
        if limits.exceeded(request, "grievance.upload"):
            return error_pages.too_many(request)
        try:
            drafts.add_file(
                draft=draft,
                stream=upload,
                name=upload.name or "",
                actor=actor_of(request),
                at=clock.now(),
            )
        except (Refused, Unavailable) as refused:
            form.add_error("file", str(refused.message))
            return _show_files(request, draft, form)
        if "add" in request.POST:
            return HttpResponseRedirect(request.get_full_path())
    return HttpResponseRedirect(_next(request, "files", drafts.answers_of(draft)))


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """Step 7: everything on one page, with a way back to each answer. POST sends it, once."""
    draft = _draft(request)
    if draft is None:
        return HttpResponseRedirect(reverse("privacy:grievance-start"))
    answers = drafts.answers_of(draft)
    if draft.ticket is None and drafts.missing(answers):
        return HttpResponseRedirect(_page(_first_open(answers)))
    if request.method != "POST":
        if draft.ticket is not None:
            return _sent(draft.ticket)
        context = {
            "rows": grievance_summary.rows(draft, answers, page=_page),
            "expected": deadlines.expected_reply(now=clock.now(), principal=getattr(request.user, "principal", None)),
            "step": NUMBER["check"],
            "back": _page("contact"),
        }
        return render(request, "selfservice/grievances/check.html", context)
    filed = drafts.send(
        draft=draft,
        principal=getattr(request.user, "principal", None),
        actor=actor_of(request),
        at=clock.now(),
    )
    return _sent(filed.ticket)


@require_safe
def sent(request: HttpRequest, reference: str) -> HttpResponse:
    """The confirmation: reference, date, what happens next. A bookmark of it asks for a code, not for a session."""
    draft = _draft(request)
    ticket = _mine(request, reference, draft)
    if ticket is None:
        return HttpResponseRedirect(f"{reverse('privacy:track')}?reference={selectors.canonical(reference)}")
    return tracking_key_page.shown(request, ticket=ticket, draft=draft, page=partial(_confirmation, request, ticket))


def _confirmation(request: HttpRequest, ticket: Ticket, tracking_key: str) -> HttpResponse:
    now = clock.now()
    context = {
        "ticket": ticket,
        "tracking_key": tracking_key,
        "has_email": ticket.contacts.filter(kind="email").exists(),
        "due": labels.day(ticket.due_at, selectors.zone_of(ticket)) if ticket.due_at else "",
        "officer": grievance_status.officer(at=now),
        "page_title": _("Grievance sent"),
    }
    return render(request, "selfservice/grievances/sent.html", context)


@require_safe
def receipt(request: HttpRequest, reference: str, part: str = "") -> HttpResponse:
    """The proof that the grievance, or with ``part`` its closing, stands in the ledger, as a file to keep; it names no person."""
    ticket = _mine(request, reference, _draft(request))
    if ticket is None:
        return HttpResponseRedirect(f"{reverse('privacy:track')}?reference={selectors.canonical(reference)}")
    try:
        proof = thread_access.receipt(ticket, of_closing=part == "closed")
    except NotSealed:
        status = HTTPStatus.SERVICE_UNAVAILABLE
        return render(request, "selfservice/grievances/receipt_later.html", {"ticket": ticket}, status=status)
    response = HttpResponse(proof, content_type="text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{ticket.reference}.tlog-proof"'
    return response


def _draft(request: HttpRequest) -> TicketDraft | None:
    return selectors.draft_for(request.COOKIES.get(COOKIE, ""), now=clock.now())


def _mine(request: HttpRequest, reference: str, draft: TicketDraft | None) -> Ticket | None:
    """The grievance, for the browser that sent it, the signed-in person, or an open tracking view."""
    canonical = selectors.canonical(reference)
    if draft is not None and draft.ticket is not None and draft.ticket.reference == canonical:
        return draft.ticket
    return track.open_to(request, canonical)


def _remember(response: HttpResponse, draft: TicketDraft, secret: str) -> None:
    response.set_cookie(
        COOKIE,
        secret,
        expires=draft.expires_at,
        path=COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _fields(page: str, answers: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the answers on a page."""
    if page == "details":
        return (*category_details.names_of(answers.get("kind", "")), *category_questions.BOXES)
    return FIELDS.get(page, ())


def _form(
    request: HttpRequest,
    page: str,
    answers: Mapping[str, str],
    data: Mapping[str, Any] | None,
    initial: dict[str, Any] | None,
) -> django_forms.Form:
    if page == "organisation":
        known = {customer.reference: customer.name for customer in selectors.organisations_of(request.user)}
        return public.OrganisationForm(data, initial=initial, known=known)
    if page == "message":
        return category_questions.UnwantedMessageForm(data, initial=initial, today=timezone.localdate())
    if page == "details":
        return category_questions.DetailsForm(
            data, initial=initial, today=timezone.localdate(), kind=answers.get("kind", "")
        )
    kinds = {
        "who": public.WhoForm,
        "about": public.AboutForm,
        "what-happened": public.WhatHappenedForm,
        "contact": public.ContactForm,
    }
    if page not in kinds:
        raise Http404
    return kinds[page](data, initial=initial)


def _initial(request: HttpRequest, page: str, answers: Mapping[str, str]) -> dict[str, Any]:
    given = {name: answers[name] for name in _fields(page, answers) if name in answers}
    if page == "contact" and not given:
        given = selectors.known_contacts(request.user) | {"language": translation.get_language() or "en"}
    return given | typed(request)


def _ask(
    request: HttpRequest,
    page: str,
    form: django_forms.Form,
    answers: Mapping[str, str],
    *,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    context = {
        "form": form,
        "page": page,
        "step": NUMBER[page],
        "back": _back(request, page, answers),
    }
    return render(request, f"selfservice/grievances/{page.replace('-', '_')}.html", context, status=status)


def _show_files(request: HttpRequest, draft: TicketDraft, form: public.FileForm | None = None) -> HttpResponse:
    kept = thread_access.draft_files(draft)
    context = {
        "form": form or public.FileForm(),
        "files": kept,
        "is_full": len(kept) >= drafts.MOST_FILES,
        "most": drafts.MOST_FILES,
        "step": NUMBER["files"],
        "back": _back(request, "files", drafts.answers_of(draft)),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form is not None else HTTPStatus.OK
    return render(request, "selfservice/grievances/files.html", context, status=status)


def _page(page: str) -> str:
    if page in {"files", "check"}:
        return reverse(f"privacy:grievance-{page}")
    return reverse("privacy:grievance-question", args=[page])


def _asked(answers: Mapping[str, str]) -> list[str]:
    """The pages this grievance goes through."""
    left_out = {
        "organisation": not public.needs_organisation(answers.get("for_whom", "")),
        "message": not public.needs_message_details(answers.get("kind", "")),
        "details": not public.needs_details(answers.get("kind", "")),
    }
    return [page for page in PAGES if not left_out.get(page)]


def _next(request: HttpRequest, page: str, answers: Mapping[str, str]) -> str:
    """The next page; back to the check page after a change, by way of the details that the new answer asks for."""
    pages = _asked(answers)
    following = pages[pages.index(page) + 1] if page in pages else "what-happened"
    if "change" in request.GET and (page, following) not in BEHIND:
        return _page("check")
    return _page(following) + ("?change=1" if "change" in request.GET else "")


def _back(request: HttpRequest, page: str, answers: Mapping[str, str]) -> str:
    if "change" in request.GET:
        return _page("check")
    pages = _asked(answers)
    place = pages.index(page) if page in pages else 0
    return _page(pages[place - 1]) if place else reverse("privacy:grievance-start")


def _first_open(answers: Mapping[str, str]) -> str:
    gaps = drafts.missing(answers)
    return min((PAGE_OF[name] for name in gaps), key=PAGES.index) if gaps else "check"


def _sent(ticket: Ticket) -> HttpResponse:
    return HttpResponseRedirect(reverse("privacy:grievance-sent", args=[ticket.reference]))
