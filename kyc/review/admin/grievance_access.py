"""The staff pages of a document that a grievance is about: why it is opened, and what it shows, for a while."""

from http import HTTPStatus
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from kyc.base.choices import DecisionReason
from kyc.base.models.documents import Document
from kyc.base.permissions import Permission
from kyc.cases import labels
from kyc.cases.selectors import latest_checks
from kyc.review.admin import review_view
from kyc.review.services import document_decisions, grievance_access
from kyc.review.services.grievance_access import open_for_grievance
from kyc.review.services.protected_access import Look, page_of
from portal.kernel.core import access, answers, clock
from portal.kernel.core.admin import StaffModelAdmin
from portal.kernel.core.admin.record_access import OpenUntil, TicketField
from portal.kernel.core.errors import BadReference, Refused
from portal.kernel.core.ids import parse_reference
from portal.kernel.core.requests import actor_of
from portal.kernel.people.choices import Answer

#: Documents that are open to a session for a grievance.
OPEN = OpenUntil("kyc_for_grievance")


class LookForm(forms.Form):
    """Which document, and for which grievance."""

    document = forms.CharField(
        label=_("Reference of the document"),
        max_length=24,
        help_text=_("As the grievance names it, such as OS-DO-7K4M-9QX3."),
        error_messages={"required": _("Enter the reference of the document.")},
    )
    ticket = TicketField(queues=False, label=_("Grievance"), help_text=_("Its reference, such as OS-GR-7K4M-9QXK."))

    def clean_document(self) -> str:
        try:
            return parse_reference(self.cleaned_data["document"], "DO")
        except BadReference as error:
            raise forms.ValidationError(str(error), code=error.code) from error


class OpenedForGrievances(StaffModelAdmin):
    """Mixin of the document's admin: ``for-grievance/`` asks, ``<document>/for-grievance/`` shows, page by page."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("for-grievance/", wrap(self.ask_view), name="kyc_document_for_grievance"),
            path("<int:number>/for-grievance/", wrap(self.look_view), name="kyc_document_look"),
            path("<int:number>/for-grievance/<int:page>.png", wrap(self.look_page_view), name="kyc_document_look_page"),
        ]
        return [*own, *super().get_urls()]

    def ask_view(self, request: HttpRequest) -> HttpResponse:
        """GET asks for which grievance, POST opens the document for the time that a rule gives."""
        access.require(request.user, Permission.DOCUMENT_LOOK)
        given = {name: request.GET.get(name, "") for name in ("document", "ticket")}
        form = LookForm(request.POST or None, initial=given)
        if request.method == "POST" and form.is_valid():
            now = clock.now()
            try:
                document = open_for_grievance(
                    form.cleaned_data["document"],
                    ticket=form.cleaned_data["ticket"],
                    actor=actor_of(request),
                )
            except Refused as refused:
                form.add_error(None, str(refused))
            else:
                OPEN.allow(request, document, until=now + answers.opening_life.ask(at=now), now=now)
                return HttpResponseRedirect(reverse("admin:kyc_document_look", args=[document.pk]))
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return self._page_of(request, {"title": _("Open a document for a grievance"), "form": form}, status=status)

    def look_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """What was decided and told, the checks, and the pages with a mark over them. No number, and no note of the desk."""
        document = self._open_document(request, number)
        reason_code, message = document_decisions.customer_words(document) if document.erased_at is None else ("", "")
        told = document.decisions.filter(answer=Answer.APPROVED).order_by("-made_at")
        context = {
            "title": document.reference,
            "document": document,
            "checks": [review_view.check_line(check) for check in latest_checks(document)],
            "reason": DecisionReason(reason_code).label if reason_code else "",
            "message": message,
            "earlier": [labels.decision(row) for row in told.select_related("made_by", "checked_by")],
            "pages": range(1, document.pages + 1) if document.kept_id and document.erased_at is None else (),
        }
        return self._page_of(request, context)

    def look_page_view(self, request: HttpRequest, number: int, page: int) -> HttpResponse:
        """One page as a picture with a mark that says who looks. The vault writes down who looked."""
        document = self._open_document(request, number)
        look = Look(mark=review_view.mark(request.user, document, now=clock.now()))
        actor = actor_of(request)
        return HttpResponse(
            page_of(document, page, actor=actor, reason=grievance_access.PURPOSE, look=look), content_type="image/png"
        )

    def _open_document(self, request: HttpRequest, number: int) -> Document:
        access.require(request.user, Permission.DOCUMENT_LOOK)
        document = Document.objects.select_related("case__customer", "kept").filter(pk=number).first()
        if document is None or not OPEN.holds(request, document, now=clock.now()):
            raise Http404
        return document

    def _page_of(self, request: HttpRequest, about: dict[str, Any], status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **about}
        return TemplateResponse(request, "admin/kyc/document/for_grievance.html", context, status=status)
