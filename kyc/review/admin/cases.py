"""The staff page of a case: its tasks and whose turn it is, the people behind the customer, and its type."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from kyc.base.choices import CaseState
from kyc.base.models.cases import Case
from kyc.base.permissions import Permission
from kyc.cases import labels, party_labels
from kyc.cases.admin import OpenedForItsCustomer
from kyc.cases.export_resources import CaseResource
from kyc.cases.forms import AskAgainForm, ReclassifyForm
from kyc.cases.outstanding_items import needs_of, ownership_of, parties_of
from kyc.cases.selectors import standing_of, to_review
from kyc.outcomes import notices
from kyc.review.admin.staff_intake import BringsDocuments
from kyc.review.services import type_changes
from kyc.review.services.kyc_renewals import ask_again
from kyc.risk.admin import RiskForm
from kyc.risk.services import risk_ratings
from portal.kernel.core import clock, date_format, field_changes
from portal.kernel.core.admin import ReadOnlyAdmin, service_action
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport
from portal.kernel.people.labels import insolvency_line


def _never_verified(case: Case, user: Any) -> str:
    return "" if case.rekyc_on else str(_("This customer was never verified: there is nothing to renew."))


class WaitsFilter(admin.SimpleListFilter):
    """Open cases by whom they wait for: of the customer alone, or of us as well."""

    title = _("waits for")
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("customer", CaseState.OPEN.label), ("both", labels.WAITS_FOR_BOTH)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        ours = to_review(at=clock.now()).order_by().values("case")
        match self.value():
            case "customer":
                return queryset.filter(state=CaseState.OPEN).exclude(pk__in=ours)
            case "both":
                return queryset.filter(state=CaseState.OPEN, pk__in=ours)
        return queryset


@admin.register(Case)
class CaseAdmin(BringsDocuments, AuditedExport, OpenedForItsCustomer, ReadOnlyAdmin):
    """One row for each customer's KYC."""

    view_permission = Permission.CASE_VIEW
    export_permission = Permission.CASE_EXPORT
    export_resource = CaseResource
    list_display = (
        *("customer", "stands", "customer_type", "relation", "risk"),
        *("opened_at", "review_since", "decided_at", "rekyc_on", "reference"),
    )
    list_display_links = ("reference",)
    list_filter = ("state", WaitsFilter, "risk", "relation", "customer_type")
    list_select_related = ("customer",)
    search_fields = ("reference", "customer__reference")
    search_help_text = _("A reference, for example OS-KY-7K4M-9QXN")
    ordering = ("-opened_at",)
    fields = (
        "reference",
        "customer",
        "insolvency",
        "relation",
        "customer_type",
        "state",
        "tasks",
        "brought",
        "people",
        "ownership",
        "opened_at",
        "review_since",
        "decided_at",
        "risk",
        "risk_points",
        "verified_at",
        "rekyc_on",
        "standing",
        "retained_until",
        "keeping",
    )

    shown_before = ("customer", "customer_type", "state", "risk", "risk_points")

    @admin.display(description=_("insolvency"))
    def insolvency(self, obj: Case) -> str:
        return insolvency_line(obj.customer) or date_format.NONE

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        """With whether a paper of the case waits for a person."""
        waiting = to_review(at=clock.now()).order_by().filter(case=OuterRef("pk"))
        rows: QuerySet[Case] = super().get_queryset(request)
        return rows.annotate(waits_for_us=Exists(waiting))

    @admin.display(description=_("state"), ordering="state")
    def stands(self, obj: Any) -> str:
        """Whose turn it is: of an open case both sides' where something that was sent waits already."""
        is_both = obj.state == CaseState.OPEN and obj.waits_for_us
        return str(labels.WAITS_FOR_BOTH if is_both else CaseState(obj.state).label)

    @admin.display(description=_("what keeps the documents"))
    def keeping(self, obj: Case) -> str:
        """Class by class: how many documents, until when, and the law or promise that keeps them."""
        lines = ((line,) for line in notices.keeping_lines(obj, now=clock.now()))
        return format_html_join("", "<p>{}</p>", lines) or date_format.NONE

    @admin.display(description=_("points of risk"))
    def risk_points(self, obj: Case) -> str:
        """What adds up now, line by line, and whether two people set the risk against it."""
        now = clock.now()
        found, said = risk_ratings.rating_of(obj, needs_of(obj, now=now), now=now), risk_ratings.set_by_people(obj)
        lines = [f"{line.points}: {line.says}" for line in found.lines]
        total = _("%(points)d points: %(level)s (table %(version)s)") % {
            "points": found.points,
            "level": found.level.label,
            "version": found.table.version,
        }
        people = [_("Set by two people: %(why)s") % {"why": said.get_why_display()}] if said is not None else []
        return format_html_join("", "<p>{}</p>", ((line,) for line in [*lines, total, *people]))

    @service_action(
        permission=Permission.CASE_DECIDE,
        label=_("Set the risk"),
        ask=RiskForm,
        description=_("Against the points, or by them again. It is valid once a second person approves."),
    )
    def set_risk(self, request: Any, obj: Case, given: dict[str, Any]) -> str:
        risk_ratings.propose(obj, **given, actor=actor_of(request), now=clock.now())
        return str(_("Proposed. The risk stays as it is until a second person approves."))

    @admin.display(description=_("standing today"))
    def standing(self, obj: Case) -> str:
        """Whether the customer may send, as far as KYC goes."""
        return str(standing_of(obj, on=clock.day(clock.now())).label)

    @admin.display(description=_("tasks"))
    def tasks(self, obj: Case) -> str:
        """What is asked for, of whom, how it stands and whose turn it is, line by line."""
        return format_html_join(
            "", "<p>{}</p>", ((line,) for line in labels.task_lines(needs_of(obj, now=clock.now())))
        )

    @admin.display(description=_("what came by post, by email or in person"))
    def brought(self, obj: Case) -> str:
        """Where staff bring it in."""
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:kyc_case_bring", args=[obj.pk]), _("Upload a document")
        )

    @admin.display(description=_("people behind the customer"))
    def people(self, obj: Case) -> str:
        """References and capacities: who they are is behind the page of the person."""
        owned = ownership_of(obj, now=clock.now())
        lines = (
            f"{party.reference}: {party_labels.capacities(party, owned.percents.get(party.pk) if owned else None)}"
            for party in parties_of(obj)
        )
        return format_html_join("", "<p>{}</p>", ((line,) for line in lines)) or date_format.NONE

    @admin.display(description=_("ownership"))
    def ownership(self, obj: Case) -> str:
        """What is doubtful about the shares that were named."""
        owned = ownership_of(obj, now=clock.now())
        faults = sorted(owned.faults) if owned else []
        return (
            format_html_join("", "<p>{}</p>", ((party_labels.OWNERSHIP[fault],) for fault in faults))
            or date_format.NONE
        )

    @service_action(
        permission=Permission.CASE_DECIDE,
        label=_("Do KYC again"),
        ask=AskAgainForm,
        skip=_never_verified,
        description=_(
            "What is to be shown anew, and by when, follows from what has happened. The customer is informed."
        ),
    )
    def ask_again(self, request: Any, obj: Case, given: dict[str, Any]) -> None:
        field_changes.watch_row(obj)
        ask_again(obj, **given, actor=actor_of(request), now=clock.now())

    @service_action(
        permission=Permission.CASE_DECIDE,
        label=_("Change the type"),
        ask=ReclassifyForm,
        description=_(
            "The list of documents follows from it. It is valid once a second person approves; documents that were "
            "sent stay."
        ),
    )
    def reclassify(self, request: Any, obj: Case, given: dict[str, Any]) -> str:
        type_changes.propose(obj, **given, actor=actor_of(request), now=clock.now())
        return str(_("Proposed. The list of documents stays as it is until a second person approves."))
