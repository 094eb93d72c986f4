"""Notice and questions: each may be answered or left open, and the account works either way."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from consent.models import NoticeText
from consent.questions_forms import QuestionsForm, ways
from consent.services import asking, opting_in, receipts, visiting
from consent.services.asking import Question
from portal.core import clock
from portal.core.errors import LostRace, Refused
from portal.law.states import Channel
from portal.people import selectors as people
from portal.people.pages import customer_required, is_customer, principal_of
from portal.people.services import protections
from portal.people.states import ProtectionGround, ProtectionKind
from portal.selfservice import limits
from portal.selfservice.frame import address_of
from portal.selfservice.views.opting_in import confirm_again

#: A visitor who has chosen nothing has no reference; this one stands for nobody.
NOBODY = UUID(int=0)


@require_http_methods(["GET", "HEAD", "POST"])
def questions(request: HttpRequest) -> HttpResponse:
    """GET shows the notice and what is open; POST records what was answered, all of it or nothing.

    A visitor is asked about the use of these pages only; the answer is theirs once they sign in.
    """
    known = is_customer(request)
    subject_ref = principal_of(request).subject.ref if known else _visitor(request)
    language, now = get_language() or "en", clock.now()
    open_ones = asking.questions(subject_ref or NOBODY, at=now, language=language, messages=known)
    form = QuestionsForm(
        request.POST if request.method == "POST" else None,
        questions=[(q.purpose.code, q.purpose.name) for q in open_ones],
        channels={q.purpose.code: q.channels for q in open_ones},
    )
    if request.method == "POST" and form.is_valid():
        answer = _answer(request, form, open_ones, subject_ref, language)
        if answer is not None:
            return answer
    context = {
        "form": form,
        "notices": by_notice(open_ones, form),
        "next": _next(request),
        "known": known,
        "held_for": people.protection_of(subject_ref, at=now) if subject_ref else None,
        "rights_url": address_of("privacy:new-request") or reverse("privacy:grievance-start"),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "selfservice/consents/questions.html", context, status=status)


@customer_required
@require_POST
def somebody_else_answers(request: HttpRequest) -> HttpResponse:
    """The person says that a parent or guardian answers for them: from now on their own yes is held for that one."""
    kind = ProtectionKind.CHILD if request.POST.get("why") == "child" else ProtectionKind.GUARDED
    protections.protect(
        subject_ref=principal_of(request).subject.ref,
        kind=kind,
        ground=ProtectionGround.DECLARED,
        actor=request.actor,  # type: ignore[attr-defined]
        now=clock.now(),
    )
    messages.success(request, _("Thank you for telling us. What you agree to waits for your parent or guardian."))
    return HttpResponseRedirect(reverse("privacy:questions"))


def _visitor(request: HttpRequest) -> UUID | None:
    return visiting.visitor_of(request.session.get(visiting.SESSION_KEY))


def _next(request: HttpRequest) -> str:
    """Where the person was going; only a page of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else reverse("privacy:home")


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


def _yeses(form: QuestionsForm) -> list[tuple[str, str]]:
    """Purpose and channel of each yes."""
    return [
        (code, channel)
        for code, said in form.answers.items()
        if said.is_yes
        for channel in sorted(said.channels) or [str(Channel.NONE)]
    ]


def _answer(
    request: HttpRequest, form: QuestionsForm, open_ones: tuple[Question, ...], subject_ref: UUID | None, language: str
) -> HttpResponse | None:
    """Record and say so; None when it was refused, with the reason on the form."""
    if not form.answers:
        messages.info(request, _("Nothing was answered, so nothing was changed."))
        return HttpResponseRedirect(_next(request))
    if subject_ref is None:
        if limits.exceeded(request, "questions.visitor"):
            form.add_error(None, _("Too many answers came from your network. Try again in an hour."))
            return None
        subject_ref = visiting.new_visitor(now=clock.now())
    try:
        done = asking.answer(
            subject_ref=subject_ref,
            answers=form.answers,
            shown={q.purpose.code: request.POST.get(f"notice_{q.purpose.code}", "") for q in open_ones},
            actor=request.actor,  # type: ignore[attr-defined]
            language=language,
            opt_in=request.POST.get("opt_in", ""),
        )
    except (Refused, LostRace) as refusal:
        if refusal.code == opting_in.CONFIRM:
            return confirm_again(request, subject_ref, _yeses(form))
        form.add_error(None, str(refusal))
        return None
    if not is_customer(request):
        request.session[visiting.SESSION_KEY] = str(subject_ref)
        messages.success(request, _("Your answer is recorded. It stays yours when you sign in with this browser."))
        return HttpResponseRedirect(reverse("privacy:questions"))
    if done.held:
        messages.info(
            request, _("Your yes waits for your parent or guardian. Until they agree nothing is done with it.")
        )
    if done.receipt is not None:
        receipts.seal(done.receipt)
        messages.success(request, _("Your answers are recorded under receipt %(receipt)s.") % {"receipt": done.receipt})
    return HttpResponseRedirect(_next(request))
