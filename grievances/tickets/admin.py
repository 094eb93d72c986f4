"""The staff page on which a grievance that came by telephone or post is filed for the person."""

from http import HTTPStatus
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from grievances.base.permissions import GrievancePermission
from grievances.tickets.forms.staff import FiledForm
from grievances.tickets.services import assisted_intake, uploads
from grievances.tickets.services.intake import Filed, Reach, Story
from portal.kernel.core import access, clock, field_changes
from portal.kernel.core.admin import StaffModelAdmin
from portal.kernel.core.errors import PortalError
from portal.kernel.core.requests import actor_of


class FilesForPeople(StaffModelAdmin):
    """Mixin of the tickets' admin: ``new/`` is the form."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [path("new/", wrap(self.file_for_view), name="grievances_ticket_new"), *super().get_urls()]

    def file_for_view(self, request: HttpRequest) -> HttpResponse:
        """GET: the form. POST: files it, and shows its reference and, once, the key that a person without e-mail needs."""
        access.require(request.user, GrievancePermission.TICKET_FILE)
        if request.method != "POST":
            return self._form(request, FiledForm(initial={"key": uuid4()}))
        form = FiledForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                filed = self._file(request, form)
            except PortalError as error:
                form.add_error("file" if isinstance(error, uploads.FileFault) else None, str(error))
            else:
                return self._filed(request, filed)
        return self._form(request, form)

    def _file(self, request: HttpRequest, form: FiledForm) -> Filed:
        given = form.cleaned_data
        field_changes.watch_entered(
            {name: given[name] for name in ("door", "received_at", "kind", "for_whom", "language")}
        )
        upload = given["file"]
        files = [(uploads.made_safe(upload), upload.name or "")] if upload else []
        return assisted_intake.by_staff(
            filing_key=given["key"],
            story=Story(
                kind=given["kind"],
                for_whom=given["for_whom"],
                what_happened=given["what_happened"],
                wanted=given["wanted"],
                sender=given["sender"],
                received_at_number=given["received_at_number"],
            ),
            reach=Reach(language=given["language"], email=given["email"], phone=given["phone"], door=given["door"]),
            received_at=given["received_at"],
            by=request.user,  # type: ignore[arg-type]
            actor=actor_of(request),
            now=clock.now(),
            files=files,
        )

    def _filed(self, request: HttpRequest, filed: Filed) -> HttpResponse:
        page = reverse("admin:grievances_ticket_change", args=[filed.ticket.pk])
        if not filed.tracking_key:
            messages.success(request, _("Filed as %(reference)s.") % {"reference": filed.ticket.reference})
            return HttpResponseRedirect(page)
        context = {
            **self.admin_site.each_context(request),
            "title": filed.ticket.reference,
            "opts": self.opts,
            "ticket": filed.ticket,
            "tracking_key": filed.tracking_key,
            "page": page,
        }
        return TemplateResponse(request, "admin/grievances/ticket/filed.html", context)

    def _form(self, request: HttpRequest, form: FiledForm) -> HttpResponse:
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _("File a grievance for a person"),
            "opts": self.opts,
            "form": form,
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return TemplateResponse(request, "admin/grievances/ticket/new.html", context, status=status)
