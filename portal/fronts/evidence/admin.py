"""Bundles of persons' files: asked for on the file itself, read and signed off here."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.fronts.evidence.models import PersonFile
from portal.fronts.evidence.permissions import Permission
from portal.fronts.evidence.person import sign_off as person_sign_off
from portal.fronts.evidence.person.links import page_about
from portal.kernel.core import access, clock
from portal.kernel.core.admin import ReadOnlyAdmin, service_action
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.people.admin.proposals import PROPOSAL, AnswerForm, answered, not_answerable
from portal.kernel.people.choices import Answer


@admin.register(PersonFile)
class PersonFileAdmin(AuditedExport, ReadOnlyAdmin):
    """Which bundle was made, as of when, by whom; who signed it off; the way to the file and to the bundle."""

    view_permission = Permission.FILE_VIEW
    export_resource = resource_of(
        PersonFile,
        "reference as_of ticket events sha256 size proved made_by made_at checked_by checked_at shown_sha256 answer",
    )
    change_form_template = "evidence/person_file.html"
    list_display = ("reference", "as_of", "events", "answer", "made_by", "made_at", "checked_by")
    list_filter = ("answer",)
    list_select_related = ("made_by", "checked_by")
    search_fields = ("reference",)
    fields = (
        "reference",
        "as_of",
        "ticket",
        "events",
        "proved",
        "events_sha256",
        "sha256",
        "size",
        *PROPOSAL,
    )
    readonly_fields: ClassVar[tuple[str, ...]] = fields

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        beside = self._beside(request, row) if row is not None and self.has_view_permission(request, row) else []
        is_there = row is not None and row.job is not None
        job = row.job if is_there else None
        return super().change_view(
            request, object_id, form_url, {**(extra_context or {}), "beside": beside, "job": job}
        )

    def _beside(self, request: HttpRequest, row: PersonFile) -> list[tuple[Any, str]]:
        """The file as of the same instant; once it is signed off, the bundle and its receipt."""
        found = []
        if (page := page_about(user=request.user, subject_ref=row.subject_ref)) is not None:
            found.append(page)
        if row.answer == Answer.APPROVED and access.allowed(request.user, Permission.FILE_MAKE):
            found.append((_("Fetch the bundle"), reverse("evidence:person-fetch", args=[row.reference])))
            found.append((_("Fetch its receipt"), reverse("evidence:person-receipt", args=[row.reference])))
        return found

    @service_action(
        permission=Permission.FILE_VIEW, ask=AnswerForm, label=_("Sign the bundle off"), skip=not_answerable
    )
    def sign_off(self, request: HttpRequest, obj: PersonFile, answer: dict[str, Any]) -> str:
        return answered(person_sign_off.answer, answer, row=obj, actor=actor_of(request), now=clock.now())
