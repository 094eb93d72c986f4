"""Notice and questions: each may be answered or left open, and the account works either way."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

import structlog
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from consent.base.labels import answer_words
from consent.base.models.notices import NoticeText
from consent.base.rules.status_fold import YES as AGREED
from consent.base.selectors.purposes import is_asked_of_visitors
from consent.prompts.forms import NO, YES, QuestionsForm, ways
from consent.prompts.services import consent_prompts, visitor_choices
from consent.prompts.services.consent_prompts import Answered, Question
from consent.records.models.events import ConsentEvent, ConsentReceipt
from consent.records.selectors import history
from consent.records.services import opt_in_confirmation, receipts
from portal.fronts.selfservice import limits
from portal.fronts.selfservice.language_switch import keeps_answers, refilled
from portal.fronts.selfservice.page_context import address_of, own_page
from portal.fronts.selfservice.views.opt_in import confirm_again
from portal.fronts.selfservice.views.underage_reports import age_first
from portal.kernel.core import clock
from portal.kernel.core.errors import LostRace, PortalError, Refused
from portal.kernel.core.requests import actor_of
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import Channel
from portal.kernel.people import selectors as people
from portal.kernel.people.customer_access import is_customer, principal_of
from portal.kernel.people.services import age_declarations

log = structlog.get_logger(__name__)

#: In the form of the first page: the person wants to hear no more of what is open.
LATER = "later"
#: A visitor who has chosen nothing has no reference; this one stands for nobody.
NOBODY = UUID(int=0)


@keeps_answers
@require_http_methods(["GET", "HEAD", "POST"])
def questions(request: HttpRequest) -> HttpResponse:
    """GET shows the notice and what is open; POST records what was answered, all of it or nothing.

    A visitor is asked about the use of these pages only. What another window answered meanwhile is not lost on it: a no
    is recorded, a yes is shown beside the answer that stands. After signing in the page names what this browser chose before.
    """
    known = is_customer(request)
    subject_ref = principal_of(request).subject.ref if known else _visitor(request)
    language, now = get_language() or "en", clock.now()
    if known and request.method == "GET" and age_declarations.is_to_be_asked(principal_of(request).subject.ref, at=now):
        return HttpResponseRedirect(age_first(request))
    open_ones = consent_prompts.questions(subject_ref or NOBODY, at=now, language=language, known=known)
    if known and request.method == "POST":
        _meet(request, principal_of(request).subject.ref, language, now)
        if LATER in request.POST:
            return HttpResponseRedirect(own_page(request, otherwise="privacy:home"))
    form = QuestionsForm(
        request.POST if request.method == "POST" else None,
        questions=[(q.purpose.code, q.purpose.name) for q in open_ones],
        channels={q.purpose.code: q.channels for q in open_ones},
    )
    if request.method == "POST" and form.is_valid():
        late = _late(request, open_ones, subject_ref, now)
        if any(late.values()) or (late and not known and not _are_asked_here(late, now)):
            form.add_error(None, _stands(late, subject_ref, now))
        else:
            answers = {**form.answers, **{code: Answered(is_yes=False) for code in late}}
            answer = _answer(request, form, answers, open_ones, subject_ref, language)
            if answer is not None:
                return answer
    context = {
        "form": refilled(form, request),
        "notices": by_notice(open_ones, form),
        "next": own_page(request, otherwise="privacy:home"),
        "known": known,
        "joined": _joined(request, subject_ref) if known and subject_ref else [],
        "held_for": people.protection_of(subject_ref, at=now) if subject_ref else None,
        "rights_url": address_of("privacy:new-request") or reverse("privacy:grievance-start"),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "selfservice/consents/questions.html", context, status=status)


def _meet(request: HttpRequest, subject_ref: UUID, language: str, now: datetime) -> None:
    """Note that the person knows of these questions: the first page names them no more. Whatever they left open stays so."""
    try:
        consent_prompts.meet(subject_ref=subject_ref, language=language, actor=actor_of(request), now=now)
    except PortalError as error:
        log.warning("selfservice.questions_not_noted", code=error.code)


def _visitor(request: HttpRequest) -> UUID | None:
    return visitor_choices.visitor_of(request.session.get(visitor_choices.SESSION_KEY))


def _late(
    request: HttpRequest, open_ones: tuple[Question, ...], subject_ref: UUID | None, now: datetime
) -> dict[str, bool]:
    """The purposes that the form answers although their question is not open (any more), with True for a yes.

    Without a yes that stands already: the form was sent twice.
    """
    shown = {q.purpose.code for q in open_ones}
    codes = [p.code for p in law.purposes_in_force(on=clock.day(now)) if p.needs_consent and p.code not in shown]
    found = {code: request.POST[code] == YES for code in codes if request.POST.get(code) in {YES, NO}}
    if not found:
        return {}
    agreed = {(event.purpose, event.channel) for event in _said(subject_ref) if event.answer in AGREED}
    return {
        code: is_yes
        for code, is_yes in found.items()
        if not (is_yes and agreed >= {(code, way) for way in request.POST.getlist(ways(code)) or [str(Channel.NONE)]})
    }


def _said(subject_ref: UUID | None) -> list[ConsentEvent]:
    if subject_ref is None:
        return []
    return list(history.latest(history.events_of(subject_ref).filter(fiduciary__is_self=True)).values())


def _are_asked_here(codes: Iterable[str], now: datetime) -> bool:
    asked = {p.code for p in law.purposes_in_force(on=clock.day(now)) if is_asked_of_visitors(p)}
    return asked.issuperset(codes)


def _stands(late: Mapping[str, bool], subject_ref: UUID | None, now: datetime) -> str:
    """Why the form is not taken: what stands about each question that is not open, and where it is changed."""
    said = _said(subject_ref)
    lines = []
    for purpose in law.purposes_in_force(on=clock.day(now), codes=list(late)):
        words = {str(answer_words(event)) for event in said if event.purpose == purpose.code}
        lines.append(f"{purpose.name}: {', '.join(sorted(words)) or _('not asked here')}")
    return _(
        "Nothing is saved yet: these questions were answered elsewhere meanwhile, or are not asked here. The "
        "present answers are %(answers)s. Once you are signed in you can change it under “Choose your messages”."
    ) % {"answers": "; ".join(lines)}


def _joined(request: HttpRequest, subject_ref: UUID) -> list[tuple[ConsentEvent, int]]:
    """What was taken over at sign-in and still stands, each with its number on its receipt."""
    mine = ConsentReceipt.objects.filter(
        reference__in=request.session.get(visitor_choices.JOINED_KEY, ()), subject_ref__in=people.refs_of(subject_ref)
    )
    rows = [
        (event, number)
        for found in mine.order_by("pk")
        for number, event in enumerate(found.events.select_related("receipt").order_by("pk"), 1)
    ]
    later = set(
        ConsentEvent.objects.filter(previous__in=[event for event, _n in rows]).values_list("previous", flat=True)
    )
    return [(event, number) for event, number in rows if event.pk not in later]


def by_notice(
    open_ones: tuple[Question, ...], form: QuestionsForm
) -> list[tuple[NoticeText, list[tuple[Question, object, object]]]]:
    """Each notice once, with the questions that rest on it."""
    found: dict[int, tuple[NoticeText, list[tuple[Question, object, object]]]] = {}
    for question in open_ones:
        code = question.purpose.code
        row = (question, form[code], form[ways(code)] if question.channels else None)
        found.setdefault(question.notice.pk, (question.notice, []))[1].append(row)
    return list(found.values())


def _yeses(answers: Mapping[str, Answered]) -> list[tuple[str, str]]:
    """Purpose and channel of each yes."""
    return [
        (code, channel)
        for code, said in answers.items()
        if said.is_yes
        for channel in sorted(said.channels) or [str(Channel.NONE)]
    ]


def _answer(
    request: HttpRequest,
    form: QuestionsForm,
    answers: Mapping[str, Answered],
    open_ones: tuple[Question, ...],
    subject_ref: UUID | None,
    language: str,
) -> HttpResponse | None:
    """Record and say so; None when it was refused, with the reason on the form."""
    if not answers:
        messages.info(request, _("Nothing was answered, so nothing was changed."))
        return HttpResponseRedirect(own_page(request, otherwise="privacy:home"))
    known, since = is_customer(request), clock.now()
    if subject_ref is None:
        if limits.exceeded(request, "questions.visitor"):
            form.add_error(None, _("Too many answers came from your network. Try again in an hour."))
            return None
        subject_ref = visitor_choices.new_visitor(now=clock.now())
    try:
        done = consent_prompts.answer(
            subject_ref=subject_ref,
            answers=answers,
            shown={q.purpose.code: request.POST.get(f"notice_{q.purpose.code}", "") for q in open_ones},
            actor=actor_of(request),
            language=language,
            opt_in=request.POST.get("opt_in", ""),
            known=known,
        )
    except (Refused, LostRace) as refusal:
        if refusal.code == opt_in_confirmation.CONFIRM:
            return confirm_again(request, subject_ref, _yeses(answers))
        form.add_error(None, str(refusal))
        return None
    if not known:
        visitor_choices.remember(request.session, subject_ref, since=since)
        messages.success(
            request,
            _(
                "Your answer is recorded. When you sign in with this browser you see it, and it becomes yours where you have not answered yet."
            ),
        )
        return HttpResponseRedirect(reverse("privacy:questions"))
    if done.held:
        messages.info(
            request, _("Your consent waits for your parent or guardian. Until they agree nothing is done with it.")
        )
    if done.receipt is not None:
        receipts.seal(done.receipt)
        messages.success(request, _("Your answers are recorded under receipt %(receipt)s.") % {"receipt": done.receipt})
    elif not done.held:
        messages.info(request, _("You had refused this already, so nothing was changed."))
    return HttpResponseRedirect(own_page(request, otherwise="privacy:home"))
