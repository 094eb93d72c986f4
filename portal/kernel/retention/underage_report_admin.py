"""The staff's pages of reports of children."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock
from portal.kernel.core.admin import OpenedWithPurpose, ReadOnlyAdmin, RowsBeside, service_action
from portal.kernel.core.admin.record_access import pages_beside
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.people.admin.proposals import PROPOSAL, AnswerForm, answered, not_answerable
from portal.kernel.people.choices import ProtectionGround
from portal.kernel.people.services import age_declarations
from portal.kernel.retention.choices import ChildState
from portal.kernel.retention.models import ChildDecision, ChildReport
from portal.kernel.retention.permissions import Act, Permission
from portal.kernel.retention.services import underage_reports
from portal.kernel.retention.underage_report_forms import OutcomeForm, WhoForm

_AGES = {age_declarations.ADULT: _("18 or older"), age_declarations.CHILD: _("Under 18")}
#: What stands behind each: a note that a report made is the report, and no evidence of an age.
_GROUNDS = {
    age_declarations.SIGNED: _("a signed document shows it"),
    ProtectionGround.DECLARED: _("the person stated it"),
    ProtectionGround.REPORTED: _("only a report says so"),
    ProtectionGround.DOCUMENT: _("noted from a document"),
    ProtectionGround.ORDER: _("noted from an order"),
}


def not_to_freeze(row: ChildReport, user: Any) -> str:
    return "" if row.state == ChildState.OPEN else str(_("Nothing is to be frozen here."))


def is_decided(row: ChildReport, user: Any) -> str:
    return str(_("This report is decided.")) if row.decided_at is not None else ""


def _age_of(ref: UUID) -> str:
    said = [f"{_AGES[age]}: {_GROUNDS[ground]}" for age, ground in age_declarations.grounds_of(ref, at=clock.now())]
    return "; ".join(said) or str(_("Nothing says it."))


class DecisionsBeside(RowsBeside):
    """What was proposed about the report."""

    model = ChildDecision
    fields = ("outcome", "why", "answer", "made_by", "made_at", "checked_by", "checked_at")


@admin.register(ChildReport)
class ChildReportAdmin(AuditedExport, OpenedWithPurpose, ReadOnlyAdmin):
    """From the report to the freeze, the decision and the erasure, with every time, and what a law kept."""

    view_permission = Permission.CHILD_VIEW
    export_resource = resource_of(
        ChildReport, "reference relation state reported_at frozen_at decided_at erased_at erased kept"
    )
    list_display = ("reference", "state", "relation", "reported_at", "frozen_at", "decided_at", "erased_at")
    list_filter = ("state", "relation")
    search_fields = ("reference",)
    inlines: ClassVar[list[Any]] = [DecisionsBeside]
    fields = (
        *("reference", "state", "relation", "written", "address_given", "meant", "known_age"),
        *("reported_at", "frozen_at", "decided_at", "erased_at", "erased", "what_is_kept"),
    )
    readonly_fields: ClassVar[tuple[str, ...]] = fields

    def pages_of_persons(self, request: HttpRequest, obj: Any) -> list[tuple[Any, str]]:
        """Who reported it is another person than the child: each link says whose file it opens."""
        persons = [(_("File of who reported it"), obj.subject_ref), (_("File of the child"), obj.child_ref)]
        return [(said, url) for said, ref in persons for _label, url in pages_beside(request, ref)]

    @admin.display(description=_("What was written"))
    def written(self, obj: ChildReport) -> str:
        return obj.words

    @admin.display(description=_("Address of the child"))
    def address_given(self, obj: ChildReport) -> str:
        return obj.address

    @admin.display(description=_("People at this address"))
    def meant(self, obj: ChildReport) -> str:
        return str(obj.child_ref) if obj.child_ref else "\n".join(str(ref) for ref in underage_reports.persons_of(obj))

    @admin.display(description=_("What says how old they are"))
    def known_age(self, obj: ChildReport) -> str:
        """A line for each person, with every ground."""
        found = [obj.child_ref] if obj.child_ref else underage_reports.persons_of(obj)
        return "\n".join(_age_of(ref) for ref in found)

    @admin.display(description=_("Retained by a law or a legal hold"))
    def what_is_kept(self, obj: ChildReport) -> str:
        lines = [
            gettext("{what}: {law}, until {day}").format(what=what, law=law, day=day)
            if day
            else gettext("{what}: {law}").format(what=what, law=law)
            for what, law, day in obj.kept
        ]
        return "\n".join(lines)

    @service_action(
        permission=Permission.CHILD_FREEZE,
        ask=WhoForm,
        label=_("Freeze the person it means"),
        description=_("What they agreed to ends, promotion stops, their own account closes, they are signed out."),
        skip=not_to_freeze,
    )
    def freeze_person(self, request: HttpRequest, obj: ChildReport, answer: dict[str, Any]) -> None:
        underage_reports.freeze(row=obj, **answer, actor=actor_of(request), now=clock.now())

    @service_action(
        permission=Permission.CHILD_DECIDE,
        ask=OutcomeForm,
        label=_("Propose a decision"),
        act=Act.CHILD_DECIDE,
        skip=is_decided,
    )
    def propose_decision(self, request: HttpRequest, obj: ChildReport, answer: dict[str, Any]) -> None:
        underage_reports.propose(row=obj, **answer, actor=actor_of(request), now=clock.now())


@admin.register(ChildDecision)
class ChildDecisionAdmin(AuditedExport, ReadOnlyAdmin):
    """What one person proposed, for another to answer: from "a child" everything is erased that no law keeps."""

    view_permission = Permission.CHILD_VIEW
    export_resource = resource_of(
        ChildDecision, "report__reference outcome made_by made_at checked_by checked_at shown_sha256 answer"
    )
    list_display = ("report", "outcome", "answer", "made_by", "made_at", "checked_by")
    list_filter = ("answer", "outcome")
    list_select_related = ("report",)
    fields = ("report", "outcome", "why", *PROPOSAL)
    readonly_fields: ClassVar[tuple[str, ...]] = fields

    @service_action(permission=Permission.CHILD_DECIDE, ask=AnswerForm, label=_("Decide"), skip=not_answerable)
    def answer_decision(self, request: HttpRequest, obj: ChildDecision, answer: dict[str, Any]) -> str:
        return answered(underage_reports.answer, answer, decision=obj, actor=actor_of(request), now=clock.now())
