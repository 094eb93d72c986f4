"""Staff's queue of requests about data: what is asked, how it was shown who asks, by when, and the acts of officers."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from grievances.base import request_labels, selectors, ticket_summaries
from grievances.base.choices import OPEN_STATES
from grievances.base.external_task_labels import DESPITE_TASKS
from grievances.base.labels import short_day
from grievances.base.models.external_tasks import OutsideTask
from grievances.base.models.requests import ProofPaper, RightsRequest
from grievances.base.permissions import GrievancePermission
from grievances.base.request_choices import BUNDLED, UNDECIDED, RequestState, Right
from grievances.requests.admin.ccpa_log import RequestLogPage
from grievances.requests.admin.external_tasks import GiveForm
from grievances.requests.admin.subjects import NamesPerson
from grievances.requests.request_details import details_in_words
from grievances.requests.services import data_copies, erasure_requests, identity_verification, request_decisions
from grievances.tickets.forms.public import LONGEST_MESSAGE, Prose
from grievances.tickets.services import external_tasks
from portal.kernel.core import clock
from portal.kernel.core.admin import OpenedWithPurpose, ReadOnlyAdmin, service_action
from portal.kernel.core.admin.labels import RowTexts
from portal.kernel.core.errors import PortalError, Refused
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.law.rules import latest_missed
from portal.kernel.people.models import User
from portal.kernel.registers.recipients.selectors.recipients import instructions_because_of
from portal.kernel.retention.retention_check_view import page_about

EXTENSIONS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}


class RequestQueue(admin.SimpleListFilter):
    """The named queues of requests. Each is an address that can be kept and shared."""

    title = _("queue")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("open", _("All open")),
            ("answer", _("To be answered")),
            ("papers", _("Identity documents to review")),
            ("overdue", _("Overdue")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[RightsRequest]) -> QuerySet[RightsRequest]:
        undecided = queryset.filter(state__in=UNDECIDED, ticket__state__in=OPEN_STATES)
        match self.value():
            case "open":
                return undecided
            case "answer":
                return undecided.filter(state=RequestState.SHOWN)
            case "papers":
                waiting = ProofPaper.objects.filter(finding="", destroyed_at=None)
                return undecided.filter(pk__in=waiting.values("request"))
            case "overdue":
                return undecided.filter(ticket__due_at__lte=latest_missed(clock.now()))
        return queryset


class FindingForm(forms.Form):
    finding = forms.ChoiceField(
        label=_("What does the document show?"),
        choices=[(str(value), text) for value, text in request_labels.FINDINGS.items()],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what the document shows")},
    )


class ProposeForm(forms.Form):
    """What the person is answered. The letter is made of this and of what the law has it say besides."""

    outcome = forms.ChoiceField(
        label=_("Answer"),
        choices=[(str(value), text) for value, text in request_labels.OUTCOMES.items()],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the answer")},
    )
    ground = forms.ChoiceField(
        label=_("If refused: why"),
        choices=[("", _("Not refused")), *((str(value), text) for value, text in request_labels.GROUNDS.items())],
        required=False,
    )
    written = forms.CharField(
        label=_("If a correction is granted in part: what is written in the record"),
        help_text=_("Empty: nothing is written. The message names it, and the second person reads it there."),
        max_length=500,
        required=False,
    )
    despite_tasks = forms.ChoiceField(
        label=_("If a system outside has not done its part: why it goes out all the same"),
        choices=[("", _("Everything outside is done")), *((str(value), text) for value, text in DESPITE_TASKS.items())],
        required=False,
    )
    words_to_person = Prose(
        label=_("What the person reads"),
        help_text=_("In their language. The ground, the appeal, the bodies outside and what is kept are added."),
        longest=LONGEST_MESSAGE,
        error_messages={"required": _("Write what the person reads")},
    )


def _people_of(rows: Sequence[RightsRequest], user: Any) -> dict[int, str]:
    said = ticket_summaries.people_of([row.ticket for row in rows], user=user)
    return {row.pk: said[row.ticket_id] for row in rows if row.ticket_id in said}


def _not_to_collect(row: RightsRequest, user: Any) -> str:
    if row.right not in BUNDLED:
        return str(_("This request is not answered with a copy."))
    return "" if row.state == RequestState.SHOWN else str(_("It is not to be answered now."))


def _not_to_answer(row: RightsRequest, user: Any) -> str:
    if row.is_kept_out:
        return str(_("It is on appeal against your answer."))
    return "" if row.state in UNDECIDED else str(_("It was answered already."))


def _not_to_call(row: RightsRequest, user: Any) -> str:
    if row.state != RequestState.ASKED or row.address_shown_at is not None:
        return str(_("It was shown already who asks."))
    return str(_("A code can be sent to this address.")) if identity_verification.reached_at(row) else ""


def _checked(row: ProofPaper, user: Any) -> str:
    return str(_("This document was reviewed already.")) if row.destroyed_at is not None else ""


@admin.register(RightsRequest)
class RightsRequestAdmin(NamesPerson, RequestLogPage, AuditedExport, OpenedWithPurpose, ReadOnlyAdmin):
    """What is due first stands first. The thread with the person is the ticket's."""

    view_permission = GrievancePermission.REQUEST_VIEW
    export_permission = GrievancePermission.TICKET_EXPORT
    export_resource = resource_of(
        RightsRequest,
        "ticket__reference right capacity state proof address_shown_at shown_at decided_at joined_because",
    )
    list_display = (
        *("due", "right"),
        RowTexts("who", _("who"), _people_of),
        *("proof", "state", "assigned", "reference", "received"),
    )
    list_display_links = ("reference",)
    list_filter = (RequestQueue, "right", "state", "capacity")
    list_select_related = ("ticket__assigned_to", "ticket__fiduciary")
    search_fields = ("ticket__reference",)
    search_help_text = _("A reference, for example OS-GR-7K4M-9QXK")
    fields = (
        *("thread", "right", "capacity", "state", "details", "received", "due", "was_signed_in", "proof"),
        *("address_shown_at", "shown_at", "proofs", "outside", "told", "joined_to", "joined_because", "taken_in"),
        "decided_at",
    )
    shown_before = ("right", "capacity", "state", "due", "would_erase")
    ordering = (F("ticket__due_at").asc(nulls_last=True), "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[RightsRequest]:
        """With whether an appeal keeps this login out."""
        return selectors.with_kept_out(super().get_queryset(request), user_id=request.user.pk or 0, ticket="ticket")

    def subject_ref_of(self, obj: Any) -> Any:
        return obj.ticket.subject_ref

    def about_of(self, obj: Any) -> str:
        return str(obj.ticket.about)

    def pages_of_persons(self, request: HttpRequest, obj: Any) -> list[tuple[Any, str]]:
        """With the way to what is decided about each record of the person whose data is to be erased."""
        pages = super().pages_of_persons(request, obj)
        if obj.right == Right.ERASURE:
            with suppress(Refused):  # nobody is known at the address they named
                whose = data_copies.data_subject(obj)
                found = page_about(user=request.user, subject_ref=whose, case=obj.ticket.reference)
                pages += [found] if found is not None else []
        return pages

    @admin.display(description=_("reference"), ordering="ticket__reference")
    def reference(self, obj: RightsRequest) -> str:
        return obj.ticket.reference

    @admin.display(description=_("thread"))
    def thread(self, obj: RightsRequest) -> str:
        """The ticket, where one writes to the person."""
        url = reverse("admin:grievances_ticket_change", args=[obj.ticket_id])
        return format_html('<a href="{}">{}</a>', url, obj.ticket.reference)

    @admin.display(description=_("received"), ordering="ticket__received_at")
    def received(self, obj: RightsRequest) -> str:
        return short_day(obj.ticket.received_at)

    @admin.display(description=_("answer by"), ordering="ticket__due_at")
    def due(self, obj: RightsRequest) -> str:
        """The strictest clock's date, as the ticket and the person's page show it."""
        return selectors.due_in_words(obj.ticket, now=clock.now())

    @admin.display(description=_("assigned to"))
    def assigned(self, obj: RightsRequest) -> str:
        return obj.ticket.officer

    @admin.display(description=_("if granted"))
    def would_erase(self, obj: RightsRequest) -> str:
        """Of an erasure: what goes and what a law keeps, as the letter says it. Where something is kept it is granted in part."""
        if obj.right != Right.ERASURE or obj.state != RequestState.SHOWN:
            return ""
        try:
            plan = erasure_requests.plan(obj, at=clock.now())
        except PortalError as refusal:
            return str(refusal)
        whole = (
            _("Grant it in part: a law keeps a part.")
            if erasure_requests.is_partial(plan)
            else _("It can be granted whole.")
        )
        held = erasure_requests.count_held(plan)
        beside = _("A legal hold or a legal duty retains %(count)d records for now. The message does not say so.")
        reply_on = selectors.reply_on(obj.ticket)
        lines = erasure_requests.letter_lines(plan, language="en", closes_on=reply_on, at=clock.now())
        return "\n".join([str(whole), *([beside % {"count": held}] if held else []), *lines])

    @admin.display(description=_("details"))
    def details(self, obj: RightsRequest) -> str:
        """What was asked for beyond the right; its words are in the thread."""
        return details_in_words(obj)

    @admin.display(description=_("papers"))
    def proofs(self, obj: RightsRequest) -> str:
        """Each with what it came to and when it was destroyed; the acts on one are on its own page."""
        rows = [
            (reverse("admin:grievances_proofpaper_change", args=[paper.pk]), paper.pk, _said_of(paper))
            for paper in obj.papers.all()
        ]
        return format_html_join("", '<a href="{}">{}</a>: {}<br>', rows) or "–"

    @admin.display(description=_("tasks for systems outside"))
    def outside(self, obj: RightsRequest) -> str:
        """Each with where it stands; the acts on one are on its own page."""
        rows = [
            (reverse("admin:grievances_outsidetask_change", args=[task.pk]), *_task_in_words(task))
            for task in obj.outside_tasks.all()
        ]
        return format_html_join("", '<a href="{}">{}</a>: {}<br>', rows) or "–"

    @admin.display(description=_("recipients instructed"))
    def told(self, obj: RightsRequest) -> str:
        """Each recipient and how far it is; its own page says what went wrong and tries that one again."""
        rows = [
            (reverse("admin:registers_instruction_change", args=[each.pk]), each.recipient.name, _told_in_words(each))
            for each in instructions_because_of(obj.ticket.reference)
        ]
        return format_html_join("", '<a href="{}">{}</a>: {}<br>', rows) or "–"

    @admin.display(description=_("answers these too"))
    def taken_in(self, obj: RightsRequest) -> str:
        rows = [(row.ticket.reference, row.get_right_display()) for row in obj.joined.select_related("ticket")]
        return format_html_join("", "{}: {}<br>", rows) or "–"

    @service_action(
        permission=GrievancePermission.REQUEST_ANSWER,
        label=_("Put the copy together"),
        skip=_not_to_collect,
        description=_("Each room gives its part in a job. A part that fails can be tried again alone."),
    )
    def collect(self, request: Any, obj: RightsRequest, given: dict[str, Any]) -> str:
        data_copies.collect(request=obj, by=request.user, actor=actor_of(request), at=clock.now())
        return str(_("It is put together in a job."))

    @service_action(
        permission=GrievancePermission.REQUEST_ANSWER,
        label=_("Add a task for a system outside"),
        ask=GiveForm,
        skip=_not_to_answer,
        description=_("For a system that does not hear of the request by itself. The task has a date of its own."),
    )
    def give_task(self, request: Any, obj: RightsRequest, given: dict[str, Any]) -> str:
        external_tasks.give(request=obj, **given, by=request.user, actor=actor_of(request), at=clock.now())
        return str(_("The task is added."))

    @service_action(
        permission=GrievancePermission.REQUEST_ANSWER,
        label=_("Propose an answer"),
        ask=ProposeForm,
        skip=_not_to_answer,
        description=_("Nothing is sent until a second person has read the same message and approved."),
    )
    def propose(self, request: Any, obj: RightsRequest, given: dict[str, Any]) -> str:
        request_decisions.propose(request=obj, **given, actor=actor_of(request), at=clock.now())
        return str(_("Proposed. Nothing goes out until a second person agrees."))

    @service_action(
        permission=GrievancePermission.REQUEST_ANSWER,
        label=_("I called the number back"),
        skip=_not_to_call,
        description=_("Only after the person there confirmed that they asked, and for what."),
    )
    def call_back(self, request: Any, obj: RightsRequest, given: dict[str, Any]) -> str:
        identity_verification.called_back(request=obj, by=request.user, actor=actor_of(request), at=clock.now())
        return str(_("It counts as shown who asks."))


def _task_in_words(task: OutsideTask) -> tuple[str, str]:
    return f"{task.system}, {task.get_work_display()}", str(task.get_state_display())


def _told_in_words(instruction: Any) -> str:
    """How far a recipient is with its instruction (of rows with their standing)."""
    if instruction.acted_at is not None:
        return str(_("done"))
    return str(_("confirmed")) if instruction.acknowledged_at is not None else str(_("not confirmed yet"))


def _said_of(paper: ProofPaper) -> str:
    if paper.destroyed_at is None:
        return str(_("waits for review"))
    return f"{paper.get_finding_display()}, {_('destroyed')} {short_day(paper.destroyed_at)}"


@admin.register(ProofPaper)
class ProofPaperAdmin(AuditedExport, OpenedWithPurpose, ReadOnlyAdmin):
    """Papers that show who may act for whom: opened once by who looks at them, then destroyed."""

    view_permission = GrievancePermission.REQUEST_VIEW
    export_permission = GrievancePermission.TICKET_EXPORT
    export_resource = resource_of(ProofPaper, "id request media_type size received_at finding destroyed_at")
    list_display = ("id", "request", "capacity", "received_at", "finding", "destroyed_at")
    list_filter = ("finding",)
    list_select_related = ("request__ticket", "checked_by")
    fields = ("request", "capacity", "needed", "paper", "received_at", "finding", "checked_by", "destroyed_at")
    shown_before = ("request", "capacity", "needed", "received_at")
    ordering = (F("destroyed_at").desc(nulls_first=True), "received_at", "pk")

    def subject_ref_of(self, obj: Any) -> Any:
        return obj.request.ticket.subject_ref

    def about_of(self, obj: Any) -> str:
        return str(obj.request.ticket.about)

    @admin.display(description=_("in which capacity"))
    def capacity(self, obj: ProofPaper) -> str:
        return str(obj.request.get_capacity_display())

    @admin.display(description=_("what it has to show"))
    def needed(self, obj: ProofPaper) -> str:
        return str(request_labels.PAPERS_NEEDED.get(obj.request.capacity, "–"))

    @admin.display(description=_("paper"))
    def paper(self, obj: ProofPaper) -> str:
        if obj.destroyed_at is not None:
            return str(_("Destroyed: no one can open it again."))
        url = reverse("admin:grievances_proofpaper_open", args=[obj.pk])
        return format_html('<a href="{}">{}</a>', url, _("Open the document"))

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [path("<int:number>/open/", wrap(self.open_view), name="grievances_proofpaper_open")]
        return own + super().get_urls()

    def open_view(self, request: HttpRequest, number: int) -> HttpResponse | FileResponse:
        """The paper, as a download; vault writes who opened it."""
        found = ProofPaper.objects.select_related("request__ticket", "file").filter(pk=number).first()
        paper = self.only_opened(request, found)
        if paper.destroyed_at is not None:
            raise Http404
        by: User = request.user  # type: ignore[assignment]
        stream = identity_verification.open_paper(paper=paper, by=by, actor=actor_of(request))
        name = f"{paper.request.ticket.reference}-{paper.pk}.{EXTENSIONS.get(paper.media_type, 'bin')}"
        return FileResponse(stream, as_attachment=True, filename=name, content_type="application/octet-stream")

    @service_action(
        permission=GrievancePermission.REQUEST_ANSWER,
        label=_("Say what it shows"),
        ask=FindingForm,
        skip=_checked,
        description=_("The document is destroyed with your decision; the finding and the date stay."),
    )
    def check_paper(self, request: Any, obj: ProofPaper, given: dict[str, Any]) -> str:
        by: User = request.user
        identity_verification.check_paper(
            paper=obj, finding=given["finding"], by=by, actor=actor_of(request), at=clock.now()
        )
        return str(_("The document is destroyed."))
