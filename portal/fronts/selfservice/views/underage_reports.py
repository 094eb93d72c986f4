"""Children: a report without a login, and the question whether somebody is 18 or older. Every change is a POST."""

from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from portal.fronts.selfservice import limits
from portal.fronts.selfservice.language_switch import keeps_answers, refilled
from portal.fronts.selfservice.page_context import own_page
from portal.kernel.core import clock, error_pages
from portal.kernel.core.errors import Refused
from portal.kernel.core.requests import actor_of
from portal.kernel.people.customer_access import customer_required, principal_of
from portal.kernel.people.services import age_declarations
from portal.kernel.retention.services import underage_reports
from portal.kernel.retention.underage_report_forms import ReportForm

#: In the session: the reference of the report that this browser sent last.
SENT: Final = "child_report"


@keeps_answers
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """Ask, and take the report. What is answered does not depend on whether we know the address."""
    form = ReportForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        if limits.exceeded(request, "child.report"):
            return error_pages.too_many(request)
        try:
            row = underage_reports.report(
                **form.cleaned_data,
                language=get_language() or "en",
                actor=actor_of(request),
                now=clock.now(),
            )
        except Refused as refused:
            form.add_error("words" if refused.code == "NUMBER_IN_WORDS" else None, str(refused))
        else:
            request.session[SENT] = row.reference
            return HttpResponseRedirect(reverse("privacy:child-reported"))
    refilled(form, request)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "selfservice/children/report.html", {"form": form}, status=status)


@require_safe
def reported(request: HttpRequest) -> HttpResponse:
    """What happens now, with the reference, for the browser that reported."""
    reference = request.session.get(SENT)
    if reference is None:
        return HttpResponseRedirect(reverse("privacy:report-a-child"))
    return render(request, "selfservice/children/reported.html", {"reference": reference})


def age_first(request: HttpRequest) -> str:
    """The question whether a person is 18 or older, and back to this page: before a consent, or before documents are sent."""
    return f"{reverse('privacy:age')}?{urlencode({'next': request.get_full_path()})}"


@customer_required
@require_http_methods(["GET", "HEAD", "POST"])
def age(request: HttpRequest) -> HttpResponse:
    """GET asks once; POST with "adult" keeps the yes. A no goes on to the page that says what follows for a child."""
    going_to = own_page(request, otherwise="privacy:home")
    subject_ref, now = principal_of(request).subject.ref, clock.now()
    if not age_declarations.is_to_be_asked(subject_ref, at=now):
        return HttpResponseRedirect(going_to)
    is_wrong = request.method == "POST" and request.POST.get("age") != age_declarations.ADULT
    if request.method == "POST" and not is_wrong:
        age_declarations.state_adult(subject_ref=subject_ref, actor=actor_of(request), now=now)
        return HttpResponseRedirect(going_to)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_wrong else HTTPStatus.OK
    return render(request, "selfservice/children/age.html", {"next": going_to}, status=status)
