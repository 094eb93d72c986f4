"""Asking for something about one's data: three short pages with an account, four without. Needs no script."""

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.forms import Form, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from grievances.base import labels, request_labels, selectors
from grievances.base.models.draft import TicketDraft
from grievances.base.models.requests import RightsRequest
from grievances.base.models.ticket import Ticket
from grievances.base.request_choices import CORRECTIONS, Capacity, RequestState, Right
from grievances.requests import forms, rules
from grievances.requests.services import erasure_requests, identity_verification, repeats, request_intake
from grievances.tickets import grievance_status
from grievances.tickets.forms import public
from grievances.tickets.services import conversation, deadlines, drafts
from portal.fronts.selfservice import limits
from portal.fronts.selfservice.language_switch import keeps_answers, typed
from portal.fronts.selfservice.views import track
from portal.fronts.selfservice.views import tracking_key as tracking_key_page
from portal.fronts.selfservice.views.grievance_summary import Row
from portal.kernel.core import addresses, clock, error_pages
from portal.kernel.core.errors import Refused, Unavailable
from portal.kernel.core.requests import actor_of
from portal.kernel.people.customer_access import is_customer
from portal.kernel.people.models import Principal

COOKIE: Final = "request_draft"
COOKIE_PATH: Final = "/privacy/requests/"
PAGES: Final = ("details", "contact", "check")
#: The steps that everybody takes, in their order; whoever we cannot reach yet takes "contact" before the last.
STEPS: Final = ("right", "details", "check")
DETAILS: Final = ("capacity", "person_name", "person_address", "field", "should_be", "words")
CONTACT: Final = ("email", "phone", "language")


@keeps_answers
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """Step 1: what one wants. A new choice keeps what was written before."""
    draft = _draft(request)
    answers = drafts.answers_of(draft) if draft is not None and draft.ticket is None else {}
    given = answers.get("right") or request.GET.get("right", "")
    form = forms.RightForm(
        request.POST if request.method == "POST" else None,
        initial={"right": given} | typed(request),
        rights=_rights(request),
    )
    if not form.is_bound or not form.is_valid():
        return _page(request, "choose", form, step="right", back=reverse("privacy:home"))
    right = form.cleaned_data["right"]
    if right == Right.WITHDRAWAL and is_customer(request):
        return HttpResponseRedirect(reverse("privacy:consents"))
    secret = ""
    if draft is None or draft.ticket is not None:
        if limits.exceeded(request, "request.ask"):
            return error_pages.too_many(request)
        draft, secret = drafts.start(at=clock.now())
    drafts.save(draft=draft, answers={"right": right, **reach_of(request)})
    response = HttpResponseRedirect(_to("details"))
    if secret:
        remember(response, draft, secret)
    return response


@keeps_answers
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: HttpRequest) -> HttpResponse:
    """Step 2: for whom, and what exactly; with what one gets, how long it takes, and what stays."""
    draft = _draft(request)
    if (elsewhere := _not_here(draft)) is not None or draft is None:
        return elsewhere or HttpResponseRedirect(reverse("privacy:new-request"))
    answers = drafts.answers_of(draft)
    right = answers["right"]
    initial = {name: answers[name] for name in DETAILS if name in answers} | typed(request)
    form = forms.DetailsForm(request.POST if request.method == "POST" else None, initial=initial, right=right)
    if not form.is_bound or not form.is_valid():
        context = {
            "right": request_labels.RIGHTS[right],
            "promise": request_labels.PROMISES[right],
            "expected": deadlines.expected_reply(
                now=clock.now(), kind=rules.plan_of(right), principal=_principal(request)
            ),
        }
        return _page(request, "details", form, step="details", back=reverse("privacy:new-request"), **context)
    given = {name: str(form.cleaned_data.get(name) or "") for name in DETAILS}
    drafts.save(draft=draft, answers=given)
    is_known = bool(answers.get("email") or answers.get("phone"))
    return HttpResponseRedirect(_to("check" if is_known else "contact"))


@keeps_answers
@sensitive_post_parameters("email", "phone")
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    """Step 3: where to reach the person. Who is signed in is asked only when they want to change it."""
    draft = _draft(request)
    if (elsewhere := _not_here(draft)) is not None or draft is None:
        return elsewhere or HttpResponseRedirect(reverse("privacy:new-request"))
    answers = drafts.answers_of(draft)
    initial: dict[str, Any] = {name: answers[name] for name in CONTACT if name in answers}
    initial.setdefault("language", translation.get_language() or "en")
    initial |= typed(request)
    form = public.ContactForm(request.POST if request.method == "POST" else None, initial=initial)
    if not form.is_bound or not form.is_valid():
        return _page(request, "contact", form, step="contact", back=_to("details"))
    drafts.save(draft=draft, answers={name: str(form.cleaned_data.get(name) or "") for name in CONTACT})
    return HttpResponseRedirect(_to("check"))


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """Step 4: everything on one page. POST sends it, once."""
    draft = _draft(request)
    if draft is not None and draft.ticket is not None:
        return _sent(draft.ticket)
    if (elsewhere := _not_here(draft)) is not None or draft is None:
        return elsewhere or HttpResponseRedirect(reverse("privacy:new-request"))
    answers = drafts.answers_of(draft)
    gaps = request_intake.missing(answers)
    if gaps:
        return HttpResponseRedirect(_to("details" if set(gaps) - set(CONTACT) else "contact"))
    if request.method != "POST":
        context = {
            "rows": _rows(answers),
            "outline": _outline(request, answers),
            "earlier": _earlier(request, answers),
            "is_general": _principal(request) is None or answers["capacity"] != Capacity.SELF,
            "expected": deadlines.expected_reply(
                now=clock.now(), kind=rules.plan_of(answers["right"]), principal=_principal(request)
            ),
        }
        return _page(request, "check", None, step="check", back=_to("details"), **context)
    asked = request_intake.send(draft=draft, principal=_principal(request), actor=actor_of(request), at=clock.now())
    return _sent(asked.request.ticket)


def _earlier(request: HttpRequest, answers: Mapping[str, str]) -> dict[str, str] | None:
    """Of whoever is signed in, a request for the same thing that is open or freshly answered, to open instead of a second."""
    principal = _principal(request)
    if principal is None or answers["capacity"] != Capacity.SELF:
        return None
    found = repeats.earlier_request(principal=principal, right=answers["right"], at=clock.now())
    if found is None:
        return None
    zone, answering = selectors.zone_of(found.ticket), repeats.where_answered(found)
    return {
        "reference": found.ticket.reference,
        "asked": labels.day(found.ticket.received_at, zone),
        "answered": labels.day(answering.decided_at, zone) if answering.decided_at else "",
        "within": answering.ticket.reference if answering != found else "",
        "url": _ticket_url(answering),
    }


def _outline(request: HttpRequest, answers: Mapping[str, str]) -> erasure_requests.Outline | None:
    """Of a request to erase what would go and what would stay, before it is sent (policy 9.3); the letter is made of the same."""
    if answers["right"] != Right.ERASURE:
        return None
    now, principal = clock.now(), _principal(request)
    due = deadlines.reply_due(now=now, kind=rules.plan_of(answers["right"]), principal=principal)
    reply_on = due[0].astimezone(due[1]).date() if due is not None else None
    if principal is None or answers["capacity"] != Capacity.SELF:
        plan = erasure_requests.preview_of_anyone(reply_on=reply_on, at=now)
    else:
        plan = erasure_requests.preview(principal, reply_on=reply_on, at=now)
    return erasure_requests.outline(plan, language=translation.get_language() or "en", closes_on=reply_on, at=now)


@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def sent(request: HttpRequest, reference: str) -> HttpResponse:
    """Step 5: reference and date, and the code that shows who asks; ``again`` sends another one."""
    draft = _draft(request)
    found = _mine(request, reference, draft)
    if found is None:
        return HttpResponseRedirect(f"{reverse('privacy:track')}?reference={selectors.canonical(reference)}")
    form = forms.ProofCodeForm(request.POST if "code" in request.POST else None)
    note = ""
    if form.is_bound and form.is_valid():
        if limits.exceeded(request, "request.prove"):
            return error_pages.too_many(request)
        try:
            goes_on, secret = identity_verification.enter_code(
                request=found,
                typed=form.cleaned_data["code"],
                actor=actor_of(request),
                at=clock.now(),
            )
        except Refused as refused:
            form.add_error("code", ValidationError(str(refused), code=refused.code))
        else:
            response = HttpResponseRedirect(_after(goes_on))
            track.remember(response, secret)
            return response
    elif request.method == "POST" and not form.is_bound:
        if limits.exceeded(request, "request.prove"):
            return error_pages.too_many(request)
        is_sent = identity_verification.send_code(request=found, at=clock.now())
        note = _("We have sent a new code.") if is_sent else _("No more codes can be sent within this hour.")
    page = partial(_confirmation, request, found, form, note)
    return tracking_key_page.shown(request, ticket=found.ticket, draft=draft, page=page)


@require_http_methods(["GET", "HEAD", "POST"])
def papers(request: HttpRequest, reference: str) -> HttpResponse:
    """Send a paper that shows one may act for somebody else. It is destroyed once it was looked at."""
    found = _mine(request, reference, _draft(request))
    if found is None:
        return HttpResponseRedirect(f"{reverse('privacy:track')}?reference={selectors.canonical(reference)}")
    if not rules.needs_papers(right=found.right, capacity=found.capacity):
        return HttpResponseRedirect(reverse("privacy:track-ticket", args=[found.ticket.reference]))
    is_post = request.method == "POST"
    form = forms.PaperForm(request.POST, request.FILES) if is_post else forms.PaperForm()
    if is_post and form.is_valid():
        if limits.exceeded(request, "grievance.upload"):
            return error_pages.too_many(request)
        upload = form.cleaned_data["file"]
        try:
            identity_verification.add_paper(
                request=found,
                upload=conversation.Upload(upload, upload.name or ""),
                actor=actor_of(request),
                at=clock.now(),
            )
        except (Refused, Unavailable) as refused:
            form.add_error("file", str(refused.message))
        else:
            return HttpResponseRedirect(request.get_full_path())
    context = {
        "found": found,
        "needed": request_labels.PAPERS_NEEDED[found.capacity],
        "papers": found.papers.order_by("received_at", "pk"),
        "is_open": found.state == RequestState.ASKED,
        "zone": selectors.zone_of(found.ticket),
    }
    return _page(request, "papers", form, step="", back=_ticket_url(found), **context)


def _confirmation(request: HttpRequest, found: RightsRequest, form: Form, note: str, tracking_key: str) -> HttpResponse:
    ticket, now = found.ticket, clock.now()
    place = identity_verification.reached_at(found)
    context: dict[str, Any] = {
        "found": found,
        "ticket": ticket,
        "form": form,
        "note": note,
        "masked": addresses.mask(*place) if place else "",
        "waits_for_code": found.address_shown_at is None and place is not None,
        "is_code_open": identity_verification.is_code_open(found, at=now),
        "waits_for_call": found.address_shown_at is None and place is None,
        "needs_papers": _needs_papers(found),
        "needs_claim": _needs_claim(found),
        "due": labels.day(ticket.due_at, selectors.zone_of(ticket)) if ticket.due_at else "",
        "officer": grievance_status.officer(at=now),
        "tracking_key": tracking_key,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "selfservice/requests/sent.html", context, status=status)


def _draft(request: HttpRequest) -> TicketDraft | None:
    return selectors.draft_for(request.COOKIES.get(COOKIE, ""), now=clock.now())


def _not_here(draft: TicketDraft | None) -> HttpResponse | None:
    """Where a page of the questions leads when there is nothing to ask: it was sent, or nothing was chosen."""
    if draft is None:
        return None
    if draft.ticket is not None:
        return _sent(draft.ticket)
    if not drafts.answers_of(draft).get("right"):
        return HttpResponseRedirect(reverse("privacy:new-request"))
    return None


def _mine(request: HttpRequest, reference: str, draft: TicketDraft | None) -> RightsRequest | None:
    """The request, for the browser that sent it, the signed-in person, or an open tracking view."""
    canonical = selectors.canonical(reference)
    ticket = track.open_to(request, canonical)
    if ticket is None and draft is not None and draft.ticket is not None and draft.ticket.reference == canonical:
        ticket = draft.ticket
    if ticket is None:
        return None
    return RightsRequest.objects.select_related("ticket__fiduciary").filter(ticket=ticket).first()


def _rights(request: HttpRequest) -> Mapping[str, Any]:
    """What can be asked for here: naming a nominee, and what a nominee claims, have pages of their own."""
    return {
        right: label for right, label in request_labels.RIGHTS.items() if right not in {Right.NOMINATION, Right.CLAIM}
    }


def _needs_papers(found: RightsRequest) -> bool:
    return found.state == RequestState.ASKED and rules.needs_papers(right=found.right, capacity=found.capacity)


def _needs_claim(found: RightsRequest) -> bool:
    return found.state == RequestState.ASKED and rules.needs_standing(right=found.right, capacity=found.capacity)


def _principal(request: HttpRequest) -> Principal | None:
    return getattr(request.user, "principal", None) if is_customer(request) else None


def reach_of(request: HttpRequest) -> dict[str, str]:
    """Where a signed-in person is reached: at the addresses we know, in the language they read here."""
    known = selectors.known_contacts(request.user) if is_customer(request) else {}
    return {**known, "language": translation.get_language() or "en"} if known else {}


def remember(response: HttpResponse, draft: TicketDraft, secret: str) -> None:
    """Give the browser the secret of a draft, by which it finds what it sent."""
    response.set_cookie(
        COOKIE,
        secret,
        expires=draft.expires_at,
        path=COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _path(request: HttpRequest, step: str) -> list[str]:
    """The steps that this person takes: who is signed in is asked for an address only where they want to change it."""
    known = reach_of(request)
    draft = _draft(request)
    answers = drafts.answers_of(draft) if draft is not None and draft.ticket is None else {}
    changed = any(answers.get(name, "") != known.get(name, "") for name in ("email", "phone")) and bool(answers)
    if known and step != "contact" and not changed:
        return list(STEPS)
    return [*STEPS[:-1], "contact", STEPS[-1]]


def _page(request: HttpRequest, name: str, form: Form | None, *, step: str, back: str, **context: Any) -> HttpResponse:
    """``step``: which of the path this page is; empty for one that comes after it was sent."""
    path = _path(request, step) if step else []
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form is not None and form.errors else HTTPStatus.OK
    context = {"form": form, "step": path.index(step) + 1 if step else 0, "steps": len(path), "back": back, **context}
    return render(request, f"selfservice/requests/{name}.html", context, status=status)


def _rows(answers: Mapping[str, str]) -> list[Row]:
    rows = [
        Row(_("What do you want?"), request_labels.RIGHTS[answers["right"]], reverse("privacy:new-request")),
        Row(_("Who is it for?"), request_labels.CAPACITIES[answers["capacity"]], _to("details")),
    ]
    if answers["capacity"] != Capacity.SELF:
        rows.append(Row(_("Their name"), answers.get("person_name"), _to("details")))
        rows.append(Row(_("Their address that we know"), answers.get("person_address"), _to("details")))
    if answers["right"] in CORRECTIONS:
        field = forms.FIELDS.get(answers.get("field", ""), "")
        rows.append(Row(_("What is wrong or missing?"), field, _to("details")))
        should_be = answers.get("should_be", "")
        shown = dict(public.LANGUAGES).get(should_be, should_be) if answers.get("field") == "language" else should_be
        rows.append(Row(_("How should it be?"), shown, _to("details")))
    return [
        *rows,
        Row(_("What else should we know?"), answers.get("words"), _to("details")),
        Row(_("Email address"), answers.get("email"), _to("contact")),
        Row(_("Mobile number"), answers.get("phone"), _to("contact")),
        Row(_("Language of our reply"), dict(public.LANGUAGES)[answers["language"]], _to("contact")),
    ]


def _to(page: str) -> str:
    return reverse(f"privacy:request-{page}")


def _sent(ticket: Ticket) -> HttpResponse:
    return HttpResponseRedirect(reverse("privacy:request-sent", args=[ticket.reference]))


def _ticket_url(found: RightsRequest) -> str:
    return reverse("privacy:track-ticket", args=[found.ticket.reference])


def _after(found: RightsRequest) -> str:
    """Where the proved address leads: to the papers that are missing, else to the request."""
    if _needs_papers(found):
        return reverse("privacy:request-papers", args=[found.ticket.reference])
    return _ticket_url(found)
