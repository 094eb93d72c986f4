"""Incidents: what is known, what is owed and until when, what two people decided, who is affected."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import access, clock, date_format
from portal.kernel.core.admin import RowsBeside, service_action
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, AuditedResource, resource_of
from portal.kernel.people.admin.create_view import CreatingAdmin
from portal.kernel.registers.base.permissions import Act, Permission
from portal.kernel.registers.incidents import incident_pdfs, rules
from portal.kernel.registers.incidents.admin.labels import counted, pdf, sourced
from portal.kernel.registers.incidents.forms.incidents import (
    DecidingForm,
    GiveUpForm,
    IncidentForm,
    SearchForm,
    WhyForm,
    telling_form,
)
from portal.kernel.registers.incidents.models import Incident, IncidentDecision, IncidentDuty, IncidentSearch
from portal.kernel.registers.incidents.selectors import incident_gaps
from portal.kernel.registers.incidents.selectors import incidents as incident_selectors
from portal.kernel.registers.incidents.services import affected_people, incident_notifications, incidents


def closed(incident: Incident, user: Any) -> str:
    return str(_("This incident is closed.")) if incident.closed_at is not None else ""


def ended(search: IncidentSearch, user: Any) -> str:
    if search.done_at is not None or search.given_up_at is not None:
        return str(_("This search is done or was cancelled already."))
    return closed(search.incident, user)


class DutiesBeside(RowsBeside):
    """What is owed, each with its clock and its page."""

    model = IncidentDuty
    fields = ("what", "under", "due", "known", "state", "not_due_because", "reported_at")

    @admin.display(description=_("report"))
    def what(self, obj: IncidentDuty) -> str:
        place = reverse("admin:registers_incidentduty_change", args=[obj.pk])
        return format_html('<a href="{}">{}</a>', place, str(obj))

    @admin.display(description=_("under"))
    def under(self, obj: IncidentDuty) -> str:
        return sourced(obj, self._looked_up(obj)[0])

    @admin.display(description=_("fields known"))
    def known(self, obj: IncidentDuty) -> str:
        _sources, known, waits = self._looked_up(obj)
        return counted(obj, known, waits)

    def _looked_up(self, obj: IncidentDuty) -> Any:
        """What every row of the table asks for, once for one page."""
        if not hasattr(self, "_found"):
            self._found = (
                incident_gaps.source_rules(),
                incident_gaps.known_codes(obj.incident),
                incident_gaps.pending_rows(obj.incident),
            )
        return self._found

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return incident_selectors.with_due(super().get_queryset(request).select_related("client"))

    @admin.display(description=_("due"))
    def due(self, obj: Any) -> str:
        return date_format.in_both(obj.due_at) if obj.due_at is not None else ""


class DecisionsBeside(RowsBeside):
    """What was proposed and agreed to."""

    model = IncidentDecision
    fields = ("page", "duty", "answer", "made_by", "made_at", "checked_by", "done_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the duty, whose name says its client."""
        rows: QuerySet[Any] = super().get_queryset(request).select_related("duty__client", "made_by", "checked_by")
        return rows

    @admin.display(description=_("decision"))
    def page(self, obj: IncidentDecision) -> str:
        place = reverse("admin:registers_incidentdecision_change", args=[obj.pk])
        return format_html('<a href="{}">{}</a>', place, obj.get_step_display())


class IncidentResource(AuditedResource):
    """The register of all incidents, also of those that nobody had to be told of, with what was owed and why not."""

    class Meta(AuditedResource.Meta):
        model = Incident
        fields = (
            *("reference", "role", "regimes", "is_cyber", "is_telecom", "has_personal_data", "risk", "began_at"),
            *("noticed_at", "aware_at", "opened_at", "closed_at"),
        )
        export_order = fields


@admin.register(Incident)
class IncidentAdmin(AuditedExport, CreatingAdmin):
    view_permission = Permission.INCIDENT_VIEW
    add_permission = Permission.INCIDENT_OPEN
    export_resource = IncidentResource
    create_form = IncidentForm
    create_title = _("Enter an incident")
    list_display = ("reference", "headline", "noticed_at", "owed", "closed_at")
    list_filter = ("is_cyber", "has_personal_data", "risk", "role")
    search_fields = ("reference", "headline")
    inlines: ClassVar[list[Any]] = [DutiesBeside, DecisionsBeside]
    fields = (
        *("reference", "headline", "began_at", "noticed_at", "aware_at", "role", "laws", "is_cyber", "is_telecom"),
        *(
            "has_personal_data",
            "risk",
            "opened_at",
            "opened_by",
            "closed_at",
            "affected",
            "given_up",
            "known",
            "papers",
        ),
    )
    readonly_fields: ClassVar[tuple[str, ...]] = fields

    @staticmethod
    def create(request: HttpRequest, entered: dict[str, Any]) -> int:
        return incidents.open_incident(**entered, actor=actor_of(request), now=clock.now()).pk

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.file_view)
        return [path("<int:pk>/file/", view, name="registers_incident_file"), *super().get_urls()]

    def file_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The whole file as PDF."""
        access.require(request.user, self.view_permission)
        incident = get_object_or_404(self.get_queryset(request), pk=pk)
        return pdf(incident_pdfs.file_pdf(incident, at=clock.now()), incident.reference)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return incident_selectors.with_owed(super().get_queryset(request))

    @admin.display(description=_("Still owed"))
    def owed(self, obj: Any) -> str:
        if not obj.owed_count:
            return gettext("Nothing")
        return gettext("{count}, the first by {due}").format(
            count=obj.owed_count, due=date_format.moment(obj.first_due)
        )

    @admin.display(description=_("Affected people"))
    def affected(self, obj: Incident) -> str:
        return incident_selectors.people_told(obj)

    @admin.display(description=_("Cancelled searches"))
    def given_up(self, obj: Incident) -> str:
        return "\n".join(incident_selectors.given_up(obj)) or gettext("None")

    @admin.display(description=_("Laws of the people"))
    def laws(self, obj: Incident) -> str:
        return ", ".join(obj.regimes)

    @admin.display(description=_("What is known"))
    def known(self, obj: Incident) -> str:
        labels = {code: f"{kind.label} ({kind.part})" for code, kind in rules.fact_kinds().items()}
        return "\n".join(
            f"{labels.get(code, code)}: {words}" for code, words in incident_selectors.facts_of(obj).items()
        )

    @admin.display(description=_("On paper"))
    def papers(self, obj: Incident) -> str:
        place = reverse("admin:registers_incident_file", args=[obj.pk])
        return format_html('<a href="{}">{}</a>', place, gettext("The whole file as PDF"))

    @service_action(
        permission=Permission.INCIDENT_OPEN, ask=telling_form("happened"), label=_("Update facts"), skip=closed
    )
    def tell_happened(self, request: HttpRequest, obj: Incident, answer: dict[str, Any]) -> str:
        return _tell(request, obj, answer)

    @service_action(
        permission=Permission.INCIDENT_OPEN, ask=telling_form("harm"), label=_("Update causes and harm"), skip=closed
    )
    def tell_harm(self, request: HttpRequest, obj: Incident, answer: dict[str, Any]) -> str:
        return _tell(request, obj, answer)

    @service_action(
        permission=Permission.INCIDENT_OPEN, ask=telling_form("response"), label=_("Update measures"), skip=closed
    )
    def tell_response(self, request: HttpRequest, obj: Incident, answer: dict[str, Any]) -> str:
        return _tell(request, obj, answer)

    @service_action(
        permission=Permission.INCIDENT_OPEN, ask=telling_form("systems"), label=_("Update systems"), skip=closed
    )
    def tell_systems(self, request: HttpRequest, obj: Incident, answer: dict[str, Any]) -> str:
        return _tell(request, obj, answer)

    @service_action(
        permission=Permission.INCIDENT_OPEN,
        ask=telling_form("letter_en"),
        label=_("Write to people: English"),
        skip=closed,
    )
    def write_english(self, request: HttpRequest, obj: Incident, answer: dict[str, Any]) -> str:
        return _tell(request, obj, answer)

    @service_action(
        permission=Permission.INCIDENT_OPEN,
        ask=telling_form("letter_hi"),
        label=_("Write to people: Hindi"),
        skip=closed,
    )
    def write_hindi(self, request: HttpRequest, obj: Incident, answer: dict[str, Any]) -> str:
        return _tell(request, obj, answer)

    @service_action(
        permission=Permission.INCIDENT_OPEN,
        ask=telling_form("letter_mr"),
        label=_("Write to people: Marathi"),
        skip=closed,
    )
    def write_marathi(self, request: HttpRequest, obj: Incident, answer: dict[str, Any]) -> str:
        return _tell(request, obj, answer)

    @service_action(
        permission=Permission.INCIDENT_OPEN,
        ask=DecidingForm,
        label=_("Edit notification criteria"),
        description=_(
            "What becomes due by it runs from when the incident was noticed or known. Nothing stops being due, and "
            "no client is removed. What two people decided not to report is open again where the role, the laws or "
            "the risk grew."
        ),
        skip=closed,
    )
    def put_right(self, request: HttpRequest, obj: Incident, answer: dict[str, Any]) -> str:
        fresh = incidents.change(incident=obj, actor=actor_of(request), now=clock.now(), **answer)
        return gettext("Reports that became due: {count}").format(count=len(fresh))

    @service_action(
        permission=Permission.INCIDENT_DECIDE,
        ask=WhyForm,
        label=_("Propose to close it"),
        act=Act.INCIDENT_DECIDE,
        skip=closed,
    )
    def propose_close(self, request: HttpRequest, obj: Incident, answer: dict[str, Any]) -> None:
        incident_notifications.propose_close(incident=obj, why=answer["why"], actor=actor_of(request), now=clock.now())


@admin.register(IncidentSearch)
class IncidentSearchAdmin(AuditedExport, CreatingAdmin):
    """How affected people were found."""

    view_permission = Permission.INCIDENT_VIEW
    add_permission = Permission.INCIDENT_OPEN
    export_resource = resource_of(
        IncidentSearch,
        "incident__reference source since until of list_sha256 asked_at asked_by done_at found added unknown "
        "given_up_at "
        "given_up_by",
    )
    create_form = SearchForm
    create_title = _("Find affected people")
    list_display = ("incident", "source", "of", "asked_at", "done_at", "found", "added", "unknown")
    list_filter = ("source",)
    list_select_related = ("incident",)
    search_fields = ("incident__reference",)
    fields = (
        *("incident", "source", "since", "until", "of", "list_sha256", "asked_at", "asked_by", "done_at"),
        *("found", "added", "unknown", "given_up_at", "given_up_by", "given_up_because"),
    )
    shown_before = ("incident", "source", "of", "asked_at", "asked_by")
    readonly_fields: ClassVar[tuple[str, ...]] = fields

    @staticmethod
    def create(request: HttpRequest, entered: dict[str, Any]) -> int:
        file = entered.pop("file")
        given: Any = {"incident": entered["incident"], "actor": actor_of(request), "now": clock.now()}
        if entered["source"] == affected_people.LIST:
            return affected_people.take_list(name=file.name, content=file.read(), **given).pk
        asked = {name: entered[name] for name in ("source", "since", "until", "of")}
        return affected_people.search(**asked, **given).pk

    @service_action(
        permission=Permission.INCIDENT_OPEN,
        ask=GiveUpForm,
        label=_("Cancel this search"),
        skip=ended,
        description=_("For one that fails for ever: the incident can be closed without it. Whom it had found stay."),
    )
    def give_up(self, request: HttpRequest, obj: IncidentSearch, answer: dict[str, Any]) -> None:
        affected_people.give_up(obj, why=answer["why"], actor=actor_of(request), now=clock.now())


def _tell(request: HttpRequest, incident: Incident, answer: dict[str, Any]) -> str:
    posted = request.POST
    shown = {code: posted[f"initial-{code}"] for code in answer if f"initial-{code}" in posted}
    made = incidents.tell(
        incident=incident,
        words=answer,
        actor=actor_of(request),
        now=clock.now(),
        shown=shown or None,
    )
    return gettext("Informed: {count}").format(count=len(made))
