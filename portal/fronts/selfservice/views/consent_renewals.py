"""What ends soon: say yes again, say no, or leave it and let it end."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from consent.prompts.forms import QuestionsForm, answered_late
from consent.prompts.services import consent_renewals
from consent.records.services import receipts
from portal.kernel.core import clock
from portal.kernel.core.errors import LostRace, Refused
from portal.kernel.core.requests import actor_of
from portal.kernel.people.customer_access import customer_required, principal_of


@customer_required
@require_http_methods(["GET", "HEAD", "POST"])
def renew(request: HttpRequest) -> HttpResponse:
    """GET shows what ends soon; POST records what was answered under one receipt, all of it or nothing.

    A no from a window that was opened before the yes was renewed elsewhere is not lost.
    """
    subject_ref, language = principal_of(request).subject.ref, get_language() or "en"
    endings = consent_renewals.endings(subject_ref, at=clock.now(), language=language)
    form = QuestionsForm(
        request.POST if request.method == "POST" else None,
        questions=[(e.purpose.code, e.purpose.name) for e in endings],
    )
    if request.method == "POST" and form.is_valid():
        try:
            done = consent_renewals.renew(
                subject_ref=subject_ref,
                answers={
                    **answered_late(request.POST, offered=[e.purpose.code for e in endings]),
                    **{code: said.is_yes for code, said in form.answers.items()},
                },
                shown={e.purpose.code: request.POST.get(f"notice_{e.purpose.code}", "") for e in endings},
                actor=actor_of(request),
                language=language,
            )
        except (Refused, LostRace) as refusal:
            form.add_error(None, str(refusal))
        else:
            if done.receipt is None:
                messages.info(request, _("Nothing was answered, so nothing was changed."))
                return HttpResponseRedirect(reverse("privacy:renew"))
            receipts.seal(done.receipt)
            return HttpResponseRedirect(reverse("privacy:consent-receipt", args=[done.receipt.reference]))
    context = {
        "form": form,
        "asked": [(ending, form[ending.purpose.code]) for ending in endings],
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "selfservice/consents/renew.html", context, status=status)
