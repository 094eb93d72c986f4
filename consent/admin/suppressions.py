"""Addresses at which promotion was stopped, found by an exact address; and where staff stop it at a person's wish."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from consent.base.choices import Way
from consent.base.permissions import Permission
from consent.decisions.export_resources import SuppressionResource
from consent.preferences.forms import StopForm
from consent.records.models.suppressions import Suppression
from consent.staff_labels import ADDRESS_KINDS
from consent.suppressions.services.address_opt_outs import stop_at_address
from portal.kernel.core.admin.filters import one_of
from portal.kernel.core.admin.labels import RowTexts, yes_or_no
from portal.kernel.core.admin.opening_view import Nothing
from portal.kernel.core.admin.search import SearchedByPost, keys_in, reference_in
from portal.kernel.core.errors import Refused
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport
from portal.kernel.law.labels import PurposeNames
from portal.kernel.outbox.selectors import masks_at
from portal.kernel.people import short_names
from portal.kernel.people.admin.create_view import CreatingAdmin
from portal.kernel.people.choices import ContactKind

#: In the words of the lists.
_KINDS = [(kind.value, ADDRESS_KINDS[kind.value]) for kind in ContactKind]


def _addresses_of(rows: Sequence[Suppression], user: Any) -> dict[int, str]:
    """Masked, where a message went there and is still kept, to logins that may see names; else what kind of address it is."""
    masks = masks_at({bytes(row.address_key) for row in rows}) if short_names.may_see_names(user) else {}
    return {row.pk: masks.get(bytes(row.address_key)) or str(ADDRESS_KINDS[row.address_kind]) for row in rows}


def _scopes_of(rows: Sequence[Suppression], user: Any) -> dict[int, str]:
    """What was stopped: a purpose or everything promotional, and the one sender where it was one."""
    named = PurposeNames()
    everything = str(gettext_lazy("Everything promotional"))
    said = {row.pk: named(row.purpose) if row.purpose else everything for row in rows}
    return {row.pk: f"{said[row.pk]}, {row.header}" if row.header else said[row.pk] for row in rows}


@admin.register(Suppression)
class SuppressionAdmin(SearchedByPost, AuditedExport, CreatingAdmin):
    reference_prefix = "CR"
    view_permission = Permission.STATE_VIEW
    add_permission = Permission.EVENT_RECORD
    create_form = StopForm
    create_title = gettext_lazy("Stop all promotional messages at a person's wish")
    export_permission = Permission.EVENT_EXPORT
    export_resource = SuppressionResource
    list_display = (
        *("suppressed_at", RowTexts("address", gettext_lazy("address"), _addresses_of)),
        *(RowTexts("scope", gettext_lazy("scope"), _scopes_of), "channel", "way", "fiduciary", "receipt"),
    )
    list_select_related = ("fiduciary", "receipt", "entry__leaf")
    nothing = Nothing(
        gettext_lazy("Addresses with opt-outs would be here. No one has opted out yet."),
        gettext_lazy("Stop messages for a person"),
        "consent.Suppression",
        adds=True,
    )
    ordering = ("-suppressed_at", "-id")
    list_filter = (("address_kind", one_of(_KINDS)), "channel", "way", "suppressed_at")
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
    search_help_text = gettext_lazy("A receipt number, or an email address or number in full")
    list_note = gettext_lazy(
        "Keyed hashes of addresses: they stay when the person is erased. An empty channel: all of them. A consent "
        "that is given later counts again for its own purpose and channel."
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        receipt = reference_in(term, self.reference_prefix)
        asked = Q(receipt__reference=receipt) if receipt else Q(address_key__in=keys_in(term))
        return queryset.filter(asked), False

    @staticmethod
    def create(request: HttpRequest, entered: dict[str, Any]) -> int | None:
        """Stops for the person at the address, who is told; the first row of the receipt, if there is one.

        A single sender is stopped at that address alone.
        """
        receipt = stop_at_address(
            kind=entered["kind"],
            address=entered["address"],
            fiduciary=entered["fiduciary"],
            way=Way(entered["way"]),
            actor=actor_of(request),
            occurred_at=entered["occurred_at"],
            channel=entered["channel"],
            header=entered["header"],
        )
        if receipt is None:
            raise Refused(
                gettext_lazy(
                    "All promotional messages were stopped there already. Where the person asked another time, "
                    "enter when: that is recorded too."
                ),
                code="STOPPED_ALREADY",
            )
        first = receipt.suppressions.order_by("pk").first()
        return first.pk if first is not None else None

    @admin.display(description=gettext_lazy("place in the ledger"))
    def place(self, obj: Suppression) -> str:
        return "–" if obj.entry.index is None else str(obj.entry.index)

    @admin.display(description=gettext_lazy("lifted"))
    def taken_back(self, obj: Suppression) -> str:
        return yes_or_no(value=hasattr(obj, "lift"))
