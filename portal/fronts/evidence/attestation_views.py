"""The page on which staff attest a promise that a person judges, and the file of an attestation."""

from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from portal.fronts.evidence import attestations, policy_commitments
from portal.fronts.evidence.choices import Judgement
from portal.fronts.evidence.models import Attestation
from portal.fronts.evidence.permissions import Permission
from portal.fronts.evidence.policy_map_views import as_of
from portal.fronts.evidence.views import staff_page
from portal.kernel.core import access, clock
from portal.kernel.core.errors import NotFound, PortalError
from portal.kernel.core.requests import actor_of
from portal.kernel.core.time_range import DayField, day_input
from portal.kernel.vault.services.keys import Shredded


class AttestationForm(forms.Form):
    """What was judged, when, and the document that shows it."""

    outcome = forms.ChoiceField(label=gettext_lazy("Judgement"), choices=Judgement.choices, widget=forms.RadioSelect)
    judged_on = DayField(label=gettext_lazy("Judged on"), widget=day_input())
    document = forms.FileField(
        label=gettext_lazy("Document"),
        help_text=gettext_lazy("The signed judgement as a PDF. It is encrypted, and auditors can open it."),
    )


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def attest(request: HttpRequest, promise: str) -> HttpResponse:
    """GET shows the attestations of a promise; POST makes one."""
    access.require(request.user, Permission.MAP_VIEW)
    asked = next((each for each in policy_commitments.promises() if each.key == promise and each.is_judged), None)
    if asked is None:
        raise Http404
    may_attest = access.allowed(request.user, Permission.ATTESTATION_MAKE)
    form = AttestationForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        access.require(request.user, Permission.ATTESTATION_MAKE)
        if form.is_valid() and _attested(request, form, promise):
            messages.success(request, _("The attestation is kept."))
            return HttpResponseRedirect(reverse("evidence:attestation", args=[promise]))
    rows = Attestation.objects.filter(promise=promise, made_at__lte=as_of(request.user)).select_related("made_by")
    context = {
        **admin.site.each_context(request),
        "title": _("Attestations"),
        "promise": asked,
        "rows": rows,
        "form": form,
        "may_attest": may_attest,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return TemplateResponse(request, "evidence/attestations.html", context, status=status)


def _attested(request: HttpRequest, form: AttestationForm, promise: str) -> bool:
    said: dict[str, Any] = form.cleaned_data
    try:
        attestations.attest(
            promise=promise,
            outcome=said["outcome"],
            judged_on=said["judged_on"],
            document=said["document"],
            actor=actor_of(request),
            now=clock.now(),
        )
    except PortalError as refusal:
        form.add_error("judged_on" if refusal.code == "DAY_AHEAD" else "document", str(refusal))
        return False
    return True


@staff_page
@require_safe
def attestation_file(request: HttpRequest, number: int) -> HttpResponseBase:
    """The file of an attestation that was made by the end of the login's days; opening it is an audit event."""
    access.require(request.user, Permission.MAP_VIEW)
    if not Attestation.objects.filter(pk=number, made_at__lte=as_of(request.user)).exists():
        raise Http404
    try:
        row, stream = attestations.open_file(number, actor=actor_of(request))
    except (NotFound, Shredded) as error:
        raise Http404 from error
    return FileResponse(stream, as_attachment=True, filename=f"attestation-{row.promise}-{row.judged_on}.pdf")
