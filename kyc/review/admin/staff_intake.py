"""The staff page on which a document that came by post, by e-mail or in person is brought in for a case."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from kyc.base.choices import DocumentKind
from kyc.base.models.cases import Case
from kyc.base.models.parties import Party
from kyc.base.permissions import Permission
from kyc.cases.outstanding_items import kinds_wanted, parties_of
from kyc.cases.selectors import party_of
from kyc.review.forms.document_uploads import BroughtForm
from kyc.review.services import staff_intake
from portal.kernel.core import access, clock
from portal.kernel.core.admin import StaffModelAdmin
from portal.kernel.core.errors import NotFound, PortalError
from portal.kernel.core.requests import actor_of


class BringsDocuments(StaffModelAdmin):
    """Mixin of the case's admin: ``<case>/bring/`` lists what may be brought in; ``?kind=&party=`` is the form for it."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = path("<int:number>/bring/", wrap(self.bring_view), name="kyc_case_bring")
        return [own, *super().get_urls()]

    def bring_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """GET: the places and kinds, or one form. POST: takes the document and sends it for checking."""
        access.require(request.user, Permission.DOCUMENT_BRING)
        case = Case.objects.select_related("customer__subject").filter(pk=number).first()
        if case is None:
            raise Http404
        kind = request.GET.get("kind", "")
        party = _party(case, request.GET.get("party", ""))
        if not kind:
            return self._answer(request, case, {"places": _places(case)})
        if kind not in kinds_wanted(case, party, now=clock.now()):
            raise Http404
        form = BroughtForm(request.POST or None, request.FILES or None, kind=kind)
        if request.method == "POST" and form.is_valid() and self._brought(request, case, party, form):
            return HttpResponseRedirect(reverse("admin:kyc_case_bring", args=[case.pk]))
        return self._answer(request, case, {"form": form, "label": DocumentKind(kind).label, "party": party})

    def _brought(self, request: HttpRequest, case: Case, party: Party | None, form: BroughtForm) -> bool:
        try:
            staff_intake.by_staff(
                form.sent(case.customer, party),
                form.cleaned_data["file"],
                actor=actor_of(request),
                now=clock.now(),
            )
        except PortalError as refused:
            form.refuse(refused)
            return False
        messages.success(request, _("Received and sent for checking. The customer is informed."))
        return True

    def _answer(self, request: HttpRequest, case: Case, about: dict[str, Any]) -> HttpResponse:
        form = about.get("form")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Upload a document"),
            "opts": self.opts,
            "case": case,
            **about,
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form is not None and form.errors else HTTPStatus.OK
        return TemplateResponse(request, "admin/kyc/case/bring.html", context, status=status)


def _party(case: Case, reference: str) -> Party | None:
    try:
        return party_of(case, reference) if reference else None
    except NotFound as error:
        raise Http404 from error


def _places(case: Case) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Whose documents may be brought in, by reference, and of which kinds; those a box of consent stands before too."""
    now = clock.now()
    found = []
    for party in (None, *parties_of(case)):
        kinds = sorted(kinds_wanted(case, party, now=now))
        whose = party.reference if party else ""
        if kinds:
            found.append(
                (whose, whose or _("The customer's own"), [(one, str(DocumentKind(one).label)) for one in kinds])
            )
    return found
