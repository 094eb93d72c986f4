"""Which cookies there are, and the choice about those that need a yes."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from consent.collection.services import cookies as cookie_services
from consent.prompts.services import visitor_choices
from consent.records.services import receipts
from portal.fronts.selfservice import cookie_choices, limits
from portal.fronts.selfservice.cookies import COOKIES
from portal.fronts.selfservice.gpc import is_sent
from portal.fronts.selfservice.page_context import UPDATED_ON, own_page
from portal.kernel.core import clock
from portal.kernel.core.errors import LostRace, Refused
from portal.kernel.core.requests import actor_of
from portal.kernel.people.customer_access import is_customer, principal_of


@require_safe
def cookies(request: HttpRequest) -> HttpResponse:
    """The list, made from the register; and where there are groups, each with its choice."""
    context = {
        "cookies": COOKIES,
        "questions": cookie_choices.questions(request),
        "says_no": is_sent(request),
        "is_cookie_page": True,
    }
    return render(request, "selfservice/pages/cookies.html", context)


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """One press, yes or no with equal buttons; the page the person was on comes back."""
    wanted = request.POST.get("group", "")
    question = next((one for one in cookie_choices.questions(request) if one.group.code == wanted), None)
    if question is None or request.POST.get("answer") not in {"yes", "no"}:
        raise Http404
    back = own_page(request, otherwise="privacy:cookies")
    if request.POST.get("list") != question.group.fingerprint:
        messages.error(request, _("The list of these cookies has changed. Check it again, then choose."))
        return HttpResponseRedirect(reverse("privacy:cookies"))
    subject_ref = _who(request)
    if subject_ref is None:
        messages.error(request, _("Too many answers came from your network. Try again in an hour."))
        return HttpResponseRedirect(back)
    try:
        chosen = cookie_services.choose(
            subject_ref=subject_ref,
            group=wanted,
            is_yes=request.POST["answer"] == "yes",
            fingerprint=question.group.fingerprint,
            shown=request.POST.get("notice", ""),
            actor=actor_of(request),
            language=get_language() or "en",
        )
    except (Refused, LostRace) as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("privacy:cookies"))
    if chosen.receipt is not None:
        receipts.seal(chosen.receipt)
    response = HttpResponseRedirect(back)
    if chosen.until is not None:
        cookie_choices.keep(
            request,
            response,
            question.group,
            visitor="" if is_customer(request) else str(subject_ref),
            is_yes=chosen.is_yes,
            until=chosen.until,
        )
    if not chosen.is_yes:
        said = _("You refused. None of these cookies is set.")
    elif is_sent(request):
        said = _("You agreed. Your browser refuses for you, so none of them is set as long as it does.")
    else:
        said = _("You agreed. These cookies may be set now.")
    messages.success(request, said)
    return response


@require_safe
def gpc(request: HttpRequest) -> JsonResponse:
    """That we heed a browser's wish not to be followed (Global Privacy Control)."""
    return JsonResponse({"gpc": True, "lastUpdate": UPDATED_ON.isoformat()})


def _who(request: HttpRequest) -> UUID | None:
    """The person, the visitor this browser was before, or a new one; None when too many came from one network.

    The session remembers a visitor, so that a person who signs in here is shown the choice.
    """
    if is_customer(request):
        return principal_of(request).subject.ref
    known = visitor_choices.visitor_of(request.session.get(visitor_choices.SESSION_KEY)) or visitor_choices.visitor_of(
        cookie_choices.kept(request).visitor
    )
    if known is None:
        if limits.exceeded(request, "questions.visitor"):
            return None
        known = visitor_choices.new_visitor(now=clock.now())
    visitor_choices.remember(request.session, known, since=clock.now())
    return known
