"""What people wrote or pressed: what it meant, and the way to what it changed. No words, no numbers."""

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from consent.base.permissions import Permission
from consent.collection.models.inbound_replies import InboundMessage
from consent.collection.rules.keywords import Effect
from portal.kernel.core.admin import OpenedWithPurpose, ReadOnlyAdmin
from portal.kernel.core.admin.filters import one_of, recent
from portal.kernel.core.admin.opening_view import Nothing
from portal.kernel.core.admin.search import SearchedByPost, keys_in, reference_in
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.outbox.selectors import masked_at
from portal.kernel.people import name_columns


@admin.register(InboundMessage)
class InboundMessageAdmin(SearchedByPost, AuditedExport, OpenedWithPurpose, ReadOnlyAdmin):
    reference_prefix = "CR"
    view_permission = Permission.STATE_VIEW
    export_permission = Permission.EVENT_EXPORT
    export_resource = resource_of(
        InboundMessage,
        "id channel fiduciary__code header effect keyword language is_known receipt__reference grievance said_at received_at",
    )
    list_display = (
        *(
            "said_at",
            name_columns.of_subjects("receipt.subject_ref"),
            "channel",
            "keyword",
            "effect",
            "header",
            "receipt",
        ),
    )
    list_select_related = ("receipt",)
    opens_with: ClassVar[Mapping[str, str]] = {"effect__exact": str(Effect.NOTHING), "period": "7"}
    nothing = Nothing(
        _("Replies of the last 7 days that no rule understood would be here. There is none now."),
        _("All replies"),
        "consent.InboundMessage",
        "all=1",
    )
    ordering = ("-said_at", "-id")
    list_filter = (
        *("effect", recent("said_at"), "channel", ("language", one_of(settings.LANGUAGES)), "is_known", "said_at"),
    )
    fields = (
        *("said_at", "received_at", "channel", "number", "fiduciary", "header", "effect", "keyword", "language"),
        *("is_known", "receipt", "changed", "key"),
    )
    readonly_fields = fields
    search_fields = ("pk",)
    search_help_text = _("A receipt number, the reference of a grievance, or a number in full")
    list_note = _(
        "Replies to messages, key presses and missed calls, each recorded once. The words themselves are not kept."
    )

    def subject_ref_of(self, obj: Any) -> UUID | None:
        return obj.receipt.subject_ref if obj.receipt else None

    def query_of(self, request: HttpRequest, term: str) -> dict[str, str]:
        """A grievance is found by its reference too."""
        grievance = reference_in(term, "GR")
        return {"q": grievance} if grievance else super().query_of(request, term)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        if grievance := reference_in(term, "GR"):
            return queryset.filter(grievance=grievance), False
        receipt = reference_in(term, self.reference_prefix)
        asked = Q(receipt__reference=receipt) if receipt else Q(address_key__in=keys_in(term))
        return queryset.filter(asked), False

    @admin.display(description=_("number"))
    def number(self, obj: InboundMessage) -> str:
        """Masked, from the answer that we sent there, as long as its address is kept."""
        return masked_at([bytes(obj.address_key)]) or "–"

    @admin.display(description=_("what it changed"))
    def changed(self, obj: InboundMessage) -> str | SafeString:
        """The lists that hold it: answers and suppressed addresses of the receipt, and the grievance."""
        links = []
        if obj.receipt is not None:
            for label, page, count in (
                (_("Answers"), "consent_consentevent", obj.receipt.events.count()),
                (_("Suppressed addresses"), "consent_suppression", obj.receipt.suppressions.count()),
            ):
                links += [(_found(page, obj.receipt.reference), f"{label}: {count}")] if count else []
        if obj.grievance:
            links.append((_found("grievances_ticket", obj.grievance), f"{_('Grievance')} {obj.grievance}"))
        return format_html_join(", ", '<a href="{}">{}</a>', links) or "–"


def _found(page: str, reference: str) -> str:
    try:
        return f"{reverse(f'admin:{page}_changelist')}?{urlencode({'q': reference})}"
    except NoReverseMatch:
        return ""
