"""Following a grievance: by reference and code without an account, or signed in. Every change is a POST."""

from http import HTTPStatus
from typing import Any, Final
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from grievances.base import labels, selectors
from grievances.base.choices import OPEN_STATES, EntryKind, TicketState
from grievances.base.models.ticket import Ticket
from grievances.base.rules import PersonAction, Standing, Turn
from grievances.tickets import grievance_status
from grievances.tickets.forms import public
from grievances.tickets.services import conversation, public_tracking, ratings, resolutions, thread_access
from grievances.tickets.services.uploads import FileFault
from portal.fronts.selfservice import limits
from portal.fronts.selfservice.language_switch import keeps_answers, refilled, typed_in
from portal.fronts.selfservice.views import request_summary
from portal.kernel.core import addresses, clock, error_pages
from portal.kernel.core.errors import BadReference, IllegalMove, LostRace, Refused
from portal.kernel.core.ids import parse_reference
from portal.kernel.core.requests import actor_of

COOKIE: Final = "grievance_view"
COOKIE_PATH: Final = "/privacy/"
COOKIE_SECONDS: Final = 3600  # the cookie outlives code and view together; the row on the server decides
_TAGS: Final = {Turn.US: "info", Turn.YOU: "warn", Turn.NOBODY: "none"}


@require_http_methods(["GET", "HEAD", "POST"])
def track(request: HttpRequest) -> HttpResponse:
    """Ask for reference and address. The answer and the work are the same for a right, a wrong and an unknown pair."""
    if request.method != "POST":
        reference = selectors.canonical(request.GET.get("reference", ""))
        if reference and open_to(request, reference) is not None:
            return to_page(reference)
        form = public.TrackForm(initial={"reference": reference})
        return render(request, "selfservice/track/ask.html", {"form": form})
    form = public.TrackForm(request.POST)
    if form.is_valid():
        try:
            reference = parse_reference(form.cleaned_data["reference"], "GR")
        except BadReference as bad:
            form.add_error("reference", str(bad.message))
    if not form.is_valid():
        return render(request, "selfservice/track/ask.html", {"form": form}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    kind, address = form.cleaned_data["address"]
    pair = addresses.address_key(f"{reference} {address}")
    if limits.exceeded(request, "track.ask") or limits.exceeded(request, "track.ask.pair", pair):
        return error_pages.too_many(request)
    secret = public_tracking.ask_code(reference=reference, kind=kind, address=address, at=clock.now())
    response = HttpResponseRedirect(reverse("privacy:track-code"))
    remember(response, secret)
    return response


def remember(response: HttpResponse, secret: str) -> None:
    """Give the browser the secret of a request to track, or of a view that is open already."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=COOKIE_SECONDS,
        path=COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """The signed-in person's own grievances, newest first, each with whose turn it is. Others track by reference."""
    if not request.user.is_authenticated:
        return HttpResponseRedirect(reverse("privacy:track"))
    now = clock.now()
    page = Paginator(selectors.tickets_of(request.user).order_by("-received_at", "-pk"), 20).get_page(
        request.GET.get("page")
    )
    found = list(page)
    stand = grievance_status.standings_of(found, now=now)
    said = grievance_status.sentences_for_person(found, now=now, stand=stand)
    rows = [_row(row, stand[row.pk], said[row.pk]) for row in found]
    return render(request, "selfservice/track/mine.html", {"page": page, "rows": rows})


def _row(found: Ticket, stands: Standing, sentence: str) -> dict[str, Any]:
    return {
        "ticket": found,
        "about": labels.KINDS[found.kind],
        "turn": labels.TURNS[stands.turn],
        "tag": _tag(stands),
        "sentence": sentence,
    }


def _tag(stands: Standing) -> str:
    return "err" if "late" in stands.situation else _TAGS[stands.turn]


@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Take the code or the tracking key. One sentence for everything that does not open."""
    if request.method != "POST":
        return render(request, "selfservice/track/code.html", _code_page(public.CodeForm()))
    form = public.CodeForm(request.POST)
    if form.is_valid():
        if limits.exceeded(request, "track.enter"):
            return error_pages.too_many(request)
        ticket = public_tracking.enter_code(
            secret=request.COOKIES.get(COOKIE, ""),
            typed=form.cleaned_data["code"],
            actor=actor_of(request),
            at=clock.now(),
        )
        if ticket is not None:
            return to_page(ticket.reference)
        form.add_error("code", _("This code does not open anything. Enter it again, or ask for a new one."))
    return render(request, "selfservice/track/code.html", _code_page(form), status=HTTPStatus.UNPROCESSABLE_ENTITY)


@keeps_answers
@require_safe
def ticket(request: HttpRequest, reference: str) -> HttpResponse:
    """The grievance: whose turn it is, by when, how that date came about, the thread, and the one thing to do."""
    found = open_to(request, reference)
    return ask_first(request, reference) if found is None else show(request, found)


@require_POST
def message(request: HttpRequest, reference: str) -> HttpResponse:
    """Add a message to an open grievance."""
    found = open_to(request, reference)
    if found is None:
        return ask_first(request, reference)
    form = public.ReplyForm(request.POST, request.FILES)
    if not form.is_valid():
        return show(request, found, message_form=form)
    if found.state not in OPEN_STATES:
        return told_how_it_stands(request, found, form.cleaned_data["message"], kind=EntryKind.MESSAGE)
    upload = form.cleaned_data["file"]
    if upload is not None and limits.exceeded(request, "grievance.upload"):
        return error_pages.too_many(request)
    try:
        written = conversation.person_writes(
            ticket=found,
            text=form.cleaned_data["message"],
            actor=actor_of(request),
            at=clock.now(),
            once_key=_once(request),
            upload=conversation.Upload(upload, upload.name or "") if upload else None,
        )
    except FileFault as fault:
        form.add_error("file", str(fault.message))
        return show(request, found, message_form=form)
    if written is None:
        messages.info(request, _("We have this message already. It is kept once."))
    else:
        messages.success(request, _("Your message is sent."))
    return to_page(found.reference)


@require_POST
def remind(request: HttpRequest, reference: str) -> HttpResponse:
    """Remind us of a late answer."""
    found = open_to(request, reference)
    if found is None:
        return ask_first(request, reference)
    conversation.remind(
        ticket=found,
        actor=actor_of(request),
        at=clock.now(),
        once_key=_once(request),
    )
    return to_page(found.reference)


@require_POST
def reopen(request: HttpRequest, reference: str) -> HttpResponse:
    """Open a closed grievance again."""
    found = open_to(request, reference)
    if found is None:
        return ask_first(request, reference)
    form = public.MessageForm(request.POST)
    if found.state != TicketState.CLOSED:  # an old page, or a second window: the page has other forms now
        return told_how_it_stands(request, found, request.POST.get("message", "").strip(), kind=EntryKind.REOPENED)
    if not form.is_valid():
        return show(request, found, message_form=form)
    why = form.cleaned_data["message"]
    try:
        resolutions.reopen(
            ticket=found,
            why=why,
            actor=actor_of(request),
            at=clock.now(),
        )
    except (IllegalMove, LostRace, Refused):
        found.refresh_from_db()
        if found.state == TicketState.CLOSED:
            raise
        return told_how_it_stands(request, found, why, kind=EntryKind.REOPENED)
    return to_page(found.reference)


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, reference: str) -> HttpResponse:
    """Say what withdrawing does; POST does it."""
    found = open_to(request, reference)
    if found is None:
        return ask_first(request, reference)
    if request.method != "POST":
        context = {"ticket": found, "is_request": selectors.is_request(found)}
        return render(request, "selfservice/track/withdraw.html", context)
    try:
        resolutions.withdraw(ticket=found, actor=actor_of(request), at=clock.now())
    except (IllegalMove, LostRace, Refused):
        found.refresh_from_db()
        if found.state != TicketState.CLOSED:
            raise
        return told_how_it_stands(request, found, "", kind=EntryKind.CLOSED)
    return to_page(found.reference)


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Stop looking: the view is closed on the server and the cookie goes."""
    public_tracking.close_view(secret=request.COOKIES.get(COOKIE, ""))
    response = HttpResponseRedirect(reverse("privacy:track"))
    response.delete_cookie(COOKIE, path=COOKIE_PATH)
    return response


@require_safe
def attachment(request: HttpRequest, reference: str, number: int) -> HttpResponse | FileResponse:
    """A file of the thread, as a download; never shown inside our pages."""
    found = open_to(request, reference)
    if found is None:
        return ask_first(request, reference)
    listed, stream = thread_access.open_attachment(
        ticket=found,
        attachment_id=number,
        internal=False,
        actor=actor_of(request),
        reason=f"grievance {found.reference}",
    )
    name = f"{found.reference}-{listed.pk}.{listed.kind.lower()}"
    return FileResponse(stream, as_attachment=True, filename=name, content_type="application/octet-stream")


def open_to(request: HttpRequest, reference: str) -> Ticket | None:
    """The grievance, for the signed-in person whose it is or an open tracking view; None for everybody else."""
    canonical = selectors.canonical(reference)
    return selectors.ticket_for_user(request.user, canonical) or selectors.ticket_for_view(
        request.COOKIES.get(COOKIE, ""), canonical, now=clock.now()
    )


def ask_first(request: HttpRequest, reference: str) -> HttpResponse:
    """The way in. Whoever sent something is told that it did not arrive, and gets the words back to copy."""
    written = [request.POST.get(name, "") or typed_in(request, name) for name in ("message", "why")]
    if request.method == "POST" or any(written):
        canonical = selectors.canonical(reference)
        context = {
            "form": public.TrackForm(initial={"reference": canonical}),
            "is_unsent": True,
            "unsent": written[0] or written[1],
        }
        request.keeps_answers = False  # type: ignore[attr-defined]  # the form of this page is another one
        return render(request, "selfservice/track/ask.html", context, status=HTTPStatus.FORBIDDEN)
    return HttpResponseRedirect(f"{reverse('privacy:track')}?reference={selectors.canonical(reference)}")


def to_page(reference: str) -> HttpResponse:
    """Back to the page of the grievance."""
    return HttpResponseRedirect(reverse("privacy:track-ticket", args=[reference]))


def told_how_it_stands(request: HttpRequest, found: Ticket, said: str, *, kind: EntryKind) -> HttpResponse:
    """A second press, or an old page: it is so already. Words that are not in the thread yet stand in the form again."""
    is_request = selectors.is_request(found)
    messages.info(request, labels.stands_already(found.state, is_request=is_request))
    if not said or conversation.has_said(found, kind, said):
        return to_page(found.reference)
    stands = grievance_status.standing_of(found, now=clock.now())
    if found.state == TicketState.CLOSED and stands.person != PersonAction.REOPEN:
        messages.warning(request, _("What you wrote is not sent. It is below, for you to copy."))
        return show(request, found, unsent=said)
    messages.warning(request, _("What you wrote is not sent. It is in the form below: send it from there."))
    if found.state == TicketState.ANSWERED:
        can_appeal = grievance_status.why_no_appeal(found, now=clock.now()) is None
        given = {"settled": "no", "why": said}
        form_of_word = public.SettledForm(initial=given, can_appeal=can_appeal, is_request=is_request)
        return show(request, found, settled_form=form_of_word)
    form = public.ReplyForm if found.state in OPEN_STATES else public.MessageForm
    return show(request, found, message_form=form(initial={"message": said}))


def _once(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("once", ""))
    except ValueError as error:
        raise Refused(_("This page was open for too long. Load it again.")) from error


def _code_page(form: public.CodeForm) -> dict[str, Any]:
    minutes = int(selectors.promise(selectors.CODE_LIFE, at=clock.now()).total_seconds() // 60)
    return {"form": form, "minutes": minutes}


def show(
    request: HttpRequest,
    found: Ticket,
    *,
    message_form: public.MessageForm | None = None,
    settled_form: public.SettledForm | None = None,
    rating_form: public.RatingForm | None = None,
    unsent: str = "",
) -> HttpResponse:
    """The page of one grievance, with the forms as they were sent where one has errors, or what no form takes now."""
    now = clock.now()
    stands = grievance_status.standing_of(found, now=now)
    can_remind = stands.person == PersonAction.REMIND
    no_appeal = grievance_status.why_no_appeal(found, now=now)
    has_errors = any(form is not None and form.errors for form in (message_form, settled_form, rating_form))
    context: dict[str, Any] = {
        "ticket": found,
        "about": labels.KINDS[found.kind],
        "turn": labels.TURNS[stands.turn],
        "tag": _tag(stands),
        "sentence": grievance_status.sentence_for_person(found, now=now, stands=stands),
        "deadlines": selectors.deadlines(found, now=now),
        "lines": thread_access.thread(found, internal=False),
        "zone": selectors.zone_of(found),
        "is_open": found.state in OPEN_STATES,
        "is_answered": found.state == TicketState.ANSWERED,
        "can_remind": can_remind,
        "remind_again_from": selectors.remind_again_from(found, now=now) if can_remind else None,
        "can_reopen": stands.person == PersonAction.REOPEN,
        "message_form": message_form or (public.ReplyForm() if found.state in OPEN_STATES else public.MessageForm()),
        "settled_form": settled_form
        or public.SettledForm(can_appeal=no_appeal is None, is_request=selectors.is_request(found)),
        "rating_form": (rating_form or public.RatingForm()) if ratings.can_rate(found) else None,
        "error_form": message_form or settled_form or rating_form,
        "page_has_errors": has_errors,
        "unsent": unsent,
        "outside": [
            body.said(translation.get_language() or "en") for body in selectors.outside_bodies(at=now, ticket=found)
        ],
        "appeal": selectors.appeal_of(found),
        "can_appeal": no_appeal is None,
        "appeal_until": selectors.appeal_until(found) if no_appeal is None else None,
        **request_summary.copy_of(selectors.request_of(found), now),
        "once": uuid4(),
    }
    for name in ("message_form", "settled_form"):
        refilled(context[name], request)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if has_errors else HTTPStatus.OK
    return render(request, "selfservice/track/ticket.html", context, status=status)
