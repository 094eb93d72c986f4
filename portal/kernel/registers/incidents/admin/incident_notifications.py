"""What is owed under incidents, and what two people decided about it."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import access, answers, clock, date_format
from portal.kernel.core.admin import ReadOnlyAdmin, service_action
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.law import labels as law_labels
from portal.kernel.people.admin.proposals import PROPOSAL, AnswerForm, answered, not_answerable
from portal.kernel.people.choices import Answer
from portal.kernel.people.forms import WhyLate
from portal.kernel.people.services.maker_checker import person_of
from portal.kernel.registers.base.permissions import Act, Permission
from portal.kernel.registers.incidents import incident_pdfs, rules
from portal.kernel.registers.incidents.admin.labels import open_fields, pdf, sourced, worded
from portal.kernel.registers.incidents.choices import DutyState, IncidentStep
from portal.kernel.registers.incidents.forms.incidents import AddressForm, FiledForm, PendingForm, WhyForm
from portal.kernel.registers.incidents.models import IncidentDecision, IncidentDuty
from portal.kernel.registers.incidents.selectors import incident_gaps, incidents
from portal.kernel.registers.incidents.services import incident_follow_ups, incident_notifications


class ReportAnswerForm(AnswerForm):
    """A yes to a report may come late."""

    late_because = WhyLate()


def not_open(duty: IncidentDuty, user: Any) -> str:
    return "" if duty.state == DutyState.OPEN else str(_("Nothing has to be reported here."))


def nothing_to_report(duty: IncidentDuty, user: Any) -> str:
    """Why no report can be proposed; a further one may follow the first."""
    if duty.incident.closed_at is not None or duty.state == DutyState.NOT_DUE:
        return str(_("Nothing has to be reported here."))
    return ""


def nothing_open(duty: IncidentDuty, user: Any) -> str:
    """Why no field can be left open: letters to people have all their words, and what is known is not open."""
    if why := nothing_to_report(duty, user):
        return why
    known = incident_gaps.known_codes(duty.incident)
    asked = {code for code, _says in rules.terms(duty.code).fields}
    return "" if asked - known else str(_("Every field is known."))


def goes_to_people(duty: IncidentDuty, user: Any) -> str:
    if rules.terms(duty.code).audience == rules.PEOPLE:
        return str(_("This is sent to each person."))
    return nothing_to_report(duty, user)


def goes_elsewhere(duty: IncidentDuty, user: Any) -> str:
    if rules.terms(duty.code).audience != rules.PEOPLE:
        return str(_("This is sent to an authority or a client."))
    return nothing_to_report(duty, user)


def not_to_be_filed(decision: IncidentDecision, user: Any) -> str:
    is_filed = decision.step == IncidentStep.FILE and decision.answer == Answer.APPROVED and decision.done_at is None
    return "" if is_filed else str(_("There is nothing to note here."))


@admin.register(IncidentDuty)
class IncidentDutyAdmin(AuditedExport, ReadOnlyAdmin):
    """One report that is owed: its draft as it stands, what is missing in it, and the ways to make it."""

    view_permission = Permission.INCIDENT_VIEW
    export_resource = resource_of(
        IncidentDuty, "incident__reference code client__code state not_due_because reported_at"
    )
    list_display = ("what", "incident", "due", "state", "not_due_because", "reported_at")
    list_filter = ("state", "code")
    list_select_related = ("incident", "client")
    search_fields = ("incident__reference", "code")
    fields = (
        "what",
        "incident",
        "under",
        "phases",
        "due",
        "state",
        "not_due_because",
        "waiting",
        "reported_at",
        "gaps",
        "draft",
    )
    readonly_fields: ClassVar[tuple[str, ...]] = fields
    shown_before = ("incident", "under", "due", "waiting", "gaps", "draft")

    @admin.display(description=_("Report"))
    def what(self, obj: IncidentDuty) -> str:
        return str(obj)

    @admin.display(description=_("Under"))
    def under(self, obj: IncidentDuty) -> str:
        return sourced(obj, incident_gaps.source_rules())

    @admin.display(description=_("Report in phases"))
    def phases(self, obj: IncidentDuty) -> str:
        """By which source a report may leave with open fields."""
        rule = incident_gaps.source_rules().get(rules.terms(obj.code).phases)
        if rule is None:
            return gettext("Our own practice")
        doubt = "" if rule.is_text_read else gettext(" (source to be confirmed)")
        return f"{law_labels.source(rule)}{doubt}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return incidents.with_due(super().get_queryset(request))

    @admin.display(description=_("Due"), ordering="due_at")
    def due(self, obj: Any) -> str:
        return date_format.in_both(obj.due_at) if obj.due_at is not None else ""

    @admin.display(description=_("Waiting for a second person"))
    def waiting(self, obj: IncidentDuty) -> str:
        """Each proposal about this report that nobody has answered, as a link: what, by whom, since when, and for whom it waits."""
        rows = obj.decisions.filter(answer=Answer.PENDING).select_related("made_by").order_by("pk")
        lines = [
            (
                reverse("admin:registers_incidentdecision_change", args=[row.pk]),
                row.get_step_display(),
                gettext("proposed by {name}, {at}; may decide: {people}").format(
                    name=row.made_by.display_name,
                    at=date_format.moment(row.made_at),
                    people=answers.second_people.ask(act=row.act, user=row.made_by) or gettext("nobody"),
                ),
            )
            for row in rows
        ]
        return format_html_join(mark_safe("<br>"), '<a href="{}">{}</a>: {}', lines) or gettext("None")

    @admin.display(description=_("Fields not known"))
    def gaps(self, obj: IncidentDuty) -> str:
        now = clock.now()
        lines = open_fields(obj, now=now) or incident_notifications.missing(obj, now=now)
        return "\n".join(lines) or gettext("Nothing")

    @admin.display(description=_("Words as they would be sent now"))
    def draft(self, obj: IncidentDuty) -> str:
        return worded(incident_notifications.draft(obj, now=clock.now()))

    @service_action(
        permission=Permission.INCIDENT_OPEN,
        ask=PendingForm,
        label=_("Set fields to not known yet"),
        description=_("The report can leave with these fields open. A follow-up is owed until they are reported."),
        skip=nothing_open,
    )
    def set_pending(self, request: HttpRequest, obj: IncidentDuty, answer: dict[str, Any]) -> str:
        asked = {code for code, _says in rules.terms(obj.code).fields}
        rows = incident_follow_ups.set_pending(
            incident=obj.incident,
            codes=[code for code in answer["codes"] if code in asked],
            owner=answer["owner"] or person_of(actor_of(request)),
            due_at=answer["due_at"],
            actor=actor_of(request),
            now=clock.now(),
        )
        return gettext("Fields set to not known yet: {count}").format(count=len(rows))

    @service_action(
        permission=Permission.INCIDENT_DECIDE,
        ask=AddressForm,
        label=_("Propose to send it by email"),
        act=Act.INCIDENT_DECIDE,
        skip=goes_to_people,
    )
    def propose_send(self, request: HttpRequest, obj: IncidentDuty, answer: dict[str, Any]) -> None:
        _propose(request, obj, IncidentStep.SEND, to=answer["to"])

    @service_action(
        permission=Permission.INCIDENT_DECIDE,
        label=_("Propose to file on the authority's form"),
        act=Act.INCIDENT_DECIDE,
        skip=goes_to_people,
    )
    def propose_file(self, request: HttpRequest, obj: IncidentDuty, answer: dict[str, Any]) -> None:
        _propose(request, obj, IncidentStep.FILE)

    @service_action(
        permission=Permission.INCIDENT_DECIDE,
        label=_("Propose to notify every affected person"),
        act=Act.INCIDENT_DECIDE,
        description=_("Everyone gets a message once. With changed words, everyone gets another."),
        skip=goes_elsewhere,
    )
    def propose_tell(self, request: HttpRequest, obj: IncidentDuty, answer: dict[str, Any]) -> None:
        _propose(request, obj, IncidentStep.TELL)

    @service_action(
        permission=Permission.INCIDENT_DECIDE,
        ask=WhyForm,
        label=_("Propose not to report"),
        act=Act.INCIDENT_DECIDE,
        skip=not_open,
    )
    def propose_none(self, request: HttpRequest, obj: IncidentDuty, answer: dict[str, Any]) -> None:
        incident_notifications.propose_none(duty=obj, why=answer["why"], actor=actor_of(request), now=clock.now())


@admin.register(IncidentDecision)
class IncidentDecisionAdmin(AuditedExport, ReadOnlyAdmin):
    """What one person proposed, for another to answer; afterwards the proof."""

    view_permission = Permission.INCIDENT_VIEW
    export_resource = resource_of(
        IncidentDecision,
        "incident__reference duty__code step made_by made_at checked_by checked_at shown_sha256 answer "
        "late_because done_at "
        "undelivered_at filed_reference proof_sha256",
    )
    list_display = ("incident", "duty", "step", "answer", "made_by", "made_at", "checked_by", "done_at")
    list_filter = ("answer", "step")
    list_select_related = ("incident", "duty__incident", "duty__client")
    search_fields = ("incident__reference",)
    fields = (
        *("incident", "what", "kind", "step", "why", "affected", "given_up", "to", "text", *PROPOSAL),
        *("late_because", "done_at", "undelivered_at", "filed_reference", "proof_sha256", "paper"),
    )
    readonly_fields: ClassVar[tuple[str, ...]] = fields

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.paper_view)
        return [path("<int:pk>/paper/", view, name="registers_incidentdecision_paper"), *super().get_urls()]

    def paper_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The report as PDF."""
        access.require(request.user, self.view_permission)
        decision = get_object_or_404(self.get_queryset(request), pk=pk)
        return pdf(incident_pdfs.report_pdf(decision, at=clock.now()), f"{decision.incident.reference}-{decision.pk}")

    @admin.display(description=_("Report"))
    def what(self, obj: IncidentDecision) -> str:
        return str(obj.duty) if obj.duty is not None else ""

    @admin.display(description=_("Kind of report"))
    def kind(self, obj: IncidentDecision) -> str:
        return incident_gaps.kind_of_report(obj)

    @admin.display(description=_("Affected people"))
    def affected(self, obj: IncidentDecision) -> str:
        """How many a letter reaches, for who agrees to it or to the end."""
        return incidents.people_told(obj.incident) if obj.step in {IncidentStep.TELL, IncidentStep.CLOSE} else ""

    @admin.display(description=_("Cancelled searches"))
    def given_up(self, obj: IncidentDecision) -> str:
        return (
            "\n".join(incidents.given_up(obj.incident)) if obj.step in {IncidentStep.TELL, IncidentStep.CLOSE} else ""
        )

    @admin.display(description=_("Words"))
    def text(self, obj: IncidentDecision) -> str:
        return worded(obj.words)

    @admin.display(description=_("On paper"))
    def paper(self, obj: IncidentDecision) -> str:
        place = reverse("admin:registers_incidentdecision_paper", args=[obj.pk])
        return format_html('<a href="{}">{}</a>', place, gettext("This report as PDF"))

    @service_action(permission=Permission.INCIDENT_DECIDE, ask=ReportAnswerForm, label=_("Decide"), skip=not_answerable)
    def answer_decision(self, request: HttpRequest, obj: IncidentDecision, answer: dict[str, Any]) -> str:
        about = {
            "decision": obj,
            "late_because": answer["late_because"],
            "actor": actor_of(request),
            "now": clock.now(),
        }
        return answered(incident_notifications.answer, answer, **about)

    @service_action(
        permission=Permission.INCIDENT_DECIDE, ask=FiledForm, label=_("Note that it was filed"), skip=not_to_be_filed
    )
    def note_filed(self, request: HttpRequest, obj: IncidentDecision, answer: dict[str, Any]) -> str:
        incident_notifications.note_filed(decision=obj, **answer, actor=actor_of(request), now=clock.now())
        return gettext("Noted.")


def _propose(request: HttpRequest, duty: IncidentDuty, step: IncidentStep, *, to: str = "") -> None:
    incident_notifications.propose_report(duty=duty, step=step, to=to, actor=actor_of(request), now=clock.now())
