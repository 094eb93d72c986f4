"""Addresses at which promotion was stopped: read only, found by an exact address."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from consent.models import Suppression
from consent.permissions import Permission
from consent.resources import SuppressionResource
from portal.core import addresses
from portal.core.admin import ReadOnlyAdmin
from portal.core.errors import BadReference, Refused
from portal.core.ids import parse_reference
from portal.jobs.audited_export import AuditedExport


@admin.register(Suppression)
class SuppressionAdmin(AuditedExport, ReadOnlyAdmin):
    view_permission = Permission.STATE_VIEW
    export_permission = Permission.EVENT_EXPORT
    export_resource = SuppressionResource
    list_display = ("suppressed_at", "fiduciary", "address_kind", "purpose", "channel", "header", "way", "receipt")
    list_select_related = ("fiduciary", "receipt", "entry__leaf")
    list_filter = ("address_kind", "channel", "way", "suppressed_at")
    fields = (
        "fiduciary",
        "address_kind",
        "purpose",
        "channel",
        "header",
        "way",
        "receipt",
        "place",
        "suppressed_at",
        "recorded_at",
        "taken_back",
    )
    readonly_fields = fields
    search_fields = ("pk",)
    search_help_text = gettext_lazy("A receipt number, or an e-mail address or number in full")
    list_note = gettext_lazy(
        "Keyed hashes of addresses: they stay when the person is erased. Empty purpose, channel or header: all of them."
        " A yes that is given later counts again for its own purpose and channel."
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        try:
            return queryset.filter(receipt__reference=parse_reference(term, "CR")), False
        except BadReference:
            pass
        for kind in (addresses.EMAIL, addresses.PHONE):
            try:
                keys = addresses.address_keys(addresses.normalise(kind, term))
            except Refused:
                continue
            return queryset.filter(address_key__in=keys), False
        return queryset.none(), False

    @admin.display(description=gettext_lazy("place in the ledger"))
    def place(self, obj: Suppression) -> str:
        return "–" if obj.entry.index is None else str(obj.entry.index)

    @admin.display(description=gettext_lazy("taken back"), boolean=True)
    def taken_back(self, obj: Suppression) -> bool:
        return hasattr(obj, "lift")
