"""Staff's pages of copies and of proposed answers: what a second person reads before anything goes out."""

from dataclasses import replace
from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, linebreaks
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from grievances.base import selectors
from grievances.base.encryption import Shredded
from grievances.base.models.data_copies import Bundle, BundleSection, RequestProposal
from grievances.base.permissions import GrievancePermission
from grievances.base.request_choices import BundleState, SectionState
from grievances.requests.request_details import details_in_words
from grievances.requests.services import data_copies, request_decisions
from grievances.tickets.forms.staff import ApproveForm
from grievances.tickets.services import deadlines
from portal.kernel.core import access, clock, ports
from portal.kernel.core.admin import OpenedWithPurpose, ReadOnlyAdmin, service_action
from portal.kernel.core.admin.actions import MOST_ROWS, ServiceAction
from portal.kernel.core.admin.filters import one_of
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.people.admin.proposals import not_answerable
from portal.kernel.people.forms import RefuseForm


def _not_to_approve(row: RequestProposal, user: Any) -> str:
    if row.is_kept_out:
        return str(_("It is on appeal against your answer."))
    return not_answerable(row, user)


def _not_failed(row: BundleSection, user: Any) -> str:
    if row.state != SectionState.FAILED:
        return str(_("It did not fail."))
    is_over = row.bundle.state != BundleState.COLLECTING
    return str(_("This copy is no longer in preparation. Build it again as a whole.")) if is_over else ""


@admin.register(BundleSection)
class BundleSectionAdmin(AuditedExport, ReadOnlyAdmin):
    """The parts of copies: which failed, why, and that one again. Nobody's data stands here."""

    view_permission = GrievancePermission.REQUEST_VIEW
    export_permission = GrievancePermission.TICKET_EXPORT
    export_resource = resource_of(BundleSection, "bundle name state error records tries finished_at")
    list_display = ("bundle", "name", "state", "error", "records", "tries", "finished_at")
    list_filter = ("state", ("name", one_of(lambda: [(one.name, one.label) for one in ports.sections])))
    list_select_related = ("bundle__request__ticket",)
    fields = ("bundle", "name", "state", "error", "records", "tries", "finished_at")
    ordering = ("-bundle", "name")

    @service_action(
        permission=GrievancePermission.REQUEST_ANSWER,
        label=_("Try this part again"),
        skip=_not_failed,
        description=_("Only this part is collected again; the others stay as they are."),
    )
    def try_again(self, request: Any, obj: BundleSection, given: dict[str, Any]) -> str:
        data_copies.try_again(section=obj, by=request.user, actor=actor_of(request), at=clock.now())
        return str(_("It is tried again in a job."))


@admin.register(Bundle)
class BundleAdmin(AuditedExport, OpenedWithPurpose, ReadOnlyAdmin):
    """Copies: how far they are, and the archive for the officers who have to answer for it."""

    view_permission = GrievancePermission.REQUEST_VIEW
    export_permission = GrievancePermission.TICKET_EXPORT
    export_resource = resource_of(Bundle, "request state started_at released_at expires_at downloads")
    list_display = ("request", "state", "missing", "started_at", "released_at", "expires_at", "downloads")
    list_filter = ("state",)
    list_select_related = ("request__ticket",)
    fields = ("request", "state", "missing", "archive", "started_at", "released_at", "expires_at", "downloads")

    def subject_ref_of(self, obj: Any) -> Any:
        return obj.request.ticket.subject_ref

    def about_of(self, obj: Any) -> str:
        return str(obj.request.ticket.about)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Bundle]:
        """With the parts of every copy of the page in one query more."""
        return super().get_queryset(request).prefetch_related("sections")

    @admin.display(description=_("parts missing"))
    def missing(self, obj: Bundle) -> str:
        parts = [part for part in obj.sections.all() if part.state != SectionState.DONE]
        return ", ".join(f"{part.name} ({part.error or part.get_state_display()})" for part in parts) or "–"

    @admin.display(description=_("archive"))
    def archive(self, obj: Bundle) -> str:
        if obj.file_id is None or obj.state == BundleState.ENDED:
            return "–"
        url = reverse("admin:grievances_bundle_archive", args=[obj.pk])
        return format_html('<a href="{}">{}</a>', url, _("Open the archive"))

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [path("<int:number>/archive/", wrap(self.archive_view), name="grievances_bundle_archive")]
        return own + super().get_urls()

    def archive_view(self, request: HttpRequest, number: int) -> HttpResponse | FileResponse:
        """The archive as a download; vault writes who opened it."""
        found = Bundle.objects.select_related("request__ticket", "file").filter(pk=number).first()
        bundle = self.only_opened(request, found)
        access.require(request.user, GrievancePermission.REQUEST_ANSWER)
        stream = data_copies.look(bundle=bundle, by=request.user, actor=actor_of(request))  # type: ignore[arg-type]
        name = f"{bundle.request.ticket.reference}.zip"
        return FileResponse(stream, as_attachment=True, filename=name, content_type="application/zip")


@admin.register(RequestProposal)
class RequestProposalAdmin(AuditedExport, OpenedWithPurpose, ReadOnlyAdmin):
    """The letter as the person will read it. It goes out when a second person has said yes."""

    view_permission = GrievancePermission.REQUEST_VIEW
    export_permission = GrievancePermission.TICKET_EXPORT
    export_resource = resource_of(
        RequestProposal,
        "id request act outcome ground despite_tasks made_by made_at checked_by checked_at shown_sha256 answer",
    )
    list_display = ("request", "right", "outcome", "answer", "made_by", "made_at", "checked_by")
    list_filter = ("answer", "outcome")
    list_select_related = ("request__ticket", "made_by", "checked_by")
    fields = (
        *("request", "right", "asked", "outcome", "written", "ground", "despite_tasks", "letter", "answer"),
        *("made_by", "made_at", "checked_by", "checked_at", "reason", "shown_sha256"),
    )
    shown_before = ("request", "right", "asked", "outcome", "written", "ground", "despite_tasks", "letter")

    def get_queryset(self, request: HttpRequest) -> QuerySet[RequestProposal]:
        """Each with whether the appeal of its request keeps the reader out."""
        rows = super().get_queryset(request)
        return selectors.with_kept_out(rows, user_id=request.user.pk or 0, ticket="request__ticket")

    def subject_ref_of(self, obj: Any) -> Any:
        return obj.request.ticket.subject_ref

    def about_of(self, obj: Any) -> str:
        return str(obj.request.ticket.about)

    @admin.display(description=_("right"))
    def right(self, obj: RequestProposal) -> str:
        return str(obj.request.get_right_display())

    @admin.display(description=_("details"))
    def asked(self, obj: RequestProposal) -> str:
        """What was asked for beyond the right: of a correction the detail and how it should be."""
        return details_in_words(obj.request)

    @admin.display(description=_("what is written in the record"))
    def written(self, obj: RequestProposal) -> str:
        """Of a correction, what the record says once it is approved; of anything else nothing."""
        try:
            return request_decisions.to_be_written(obj) or "–"
        except Shredded:
            return str(_("These words were erased."))

    @admin.display(description=_("letter"))
    def letter(self, obj: RequestProposal) -> str:
        """The words of the letter; gone once the request was erased."""
        try:
            return mark_safe(linebreaks(request_decisions.letter_text(obj), autoescape=True))  # noqa: S308 - escaped
        except (Shredded, KeyError, ValueError):
            return str(_("These words were erased."))

    def action_page(self, request: HttpRequest, action: ServiceAction, rows: QuerySet[Any]) -> HttpResponseBase:
        """A yes asks why an answer is late and what becomes of an earlier one, where there is something to say."""
        if action.name == "approve":
            tickets = [row.request.ticket for row in rows[: MOST_ROWS + 1]]
            late, appeals = deadlines.late_ones(tickets, at=clock.now()), selectors.on_appeal(tickets)
            if late or appeals:
                action = replace(action, ask=partial(ApproveForm, late=bool(late), on_appeal=bool(appeals)))
        return super().action_page(request, action, rows)

    @service_action(
        permission=GrievancePermission.REQUEST_ANSWER,
        label=_("Approve"),
        skip=_not_to_approve,
        description=_(
            "The message is sent, a copy can be downloaded, and the deadlines stop. What is erased is gone for "
            "good; a withdrawal, restriction or objection, also granted in part, ends every use that needs consent "
            "or may be objected to."
        ),
    )
    def approve(self, request: Any, obj: RequestProposal, given: dict[str, Any]) -> None:
        now, ticket = clock.now(), obj.request.ticket
        late, appeals = deadlines.late_ones([ticket], at=now), selectors.on_appeal([ticket])
        request_decisions.answer(
            proposal=obj,
            approve=True,
            late_because=given.get("late_because", "") if late else "",
            on_appeal=given.get("on_appeal") if appeals else None,
            actor=actor_of(request),
            at=now,
        )

    @service_action(
        permission=GrievancePermission.REQUEST_ANSWER, ask=RefuseForm, label=_("Refuse"), skip=not_answerable
    )
    def refuse(self, request: Any, obj: RequestProposal, given: dict[str, Any]) -> None:
        request_decisions.answer(
            proposal=obj, approve=False, reason=given["reason"], actor=actor_of(request), at=clock.now()
        )
