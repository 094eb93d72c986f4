"""The stock Django admin for the models of the ten tasks, well set up, at ``/stock/`` beside the portal's own pages.

It is what ``portal/docs/ten-tasks.md`` compares with: lists with columns, filters and a search, a plain form for each
model with the fields that a person must fill. What a form cannot enter (sealed words, keys, who is signed in) it gets for
nothing from ``unseen``.
"""

import uuid
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.contrib.admin import AdminSite, ModelAdmin
from django.http import HttpRequest
from django.urls import path

from grievances.models import Resolution, Ticket, TicketContact, TicketEntry
from kyc.models import Decision, Document
from portal.fronts.evidence.models import InformationRequest, RequestEntry
from portal.fronts.workplace.models import ProfileProposal
from portal.kernel.core import clock
from portal.kernel.law.models import Clock, OrganisationProfile
from portal.kernel.people.choices import Answer
from portal.kernel.vault.models import StoredFile
from portal.urls import urlpatterns as our_addresses

#: A value that no form can enter, from the request.
Unseen = Mapping[str, Callable[[HttpRequest], Any]]


class PlainAdmin(ModelAdmin):
    """As Django makes it. Whoever is signed in may do everything: rights cost neither admin a click."""

    unseen: ClassVar[Unseen] = {}

    def has_module_permission(self, request: HttpRequest) -> bool:
        return True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return True

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        for name, value in self.unseen.items() if not change else ():
            setattr(obj, name, value(request))
        super().save_model(request, obj, form, change)

    def log_addition(self, *args: Any) -> Any:
        """The portal has no such log: it keeps an audit trail of its own."""

    def log_change(self, *args: Any) -> Any:
        """As above."""


class ProposalAdmin(PlainAdmin):
    """The second person is whoever is signed in when the answer changes."""

    unseen = {"made_by": lambda request: request.user, "made_at": lambda request: clock.now()}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if obj.answer != Answer.PENDING:
            obj.checked_by, obj.checked_at = request.user, clock.now()
        super().save_model(request, obj, form, change)


class DocumentAdmin(PlainAdmin):
    list_display = ("reference", "kind", "state")
    list_filter = ("state", "kind")
    search_fields = ("reference",)
    fields = ("reference", "kind", "state", "kept")
    readonly_fields = ("reference", "kind", "kept")


class StoredFileAdmin(PlainAdmin):
    fields = readonly_fields = ("sha256", "size", "stored_at")


class DecisionAdmin(ProposalAdmin):
    list_display = ("reference", "document", "outcome", "answer")
    list_filter = ("answer",)
    fields = ("reference", "document", "document_sha256", "outcome", "reason_code", "answer")


class TicketAdmin(PlainAdmin):
    list_display = ("reference", "kind", "state", "due_at")
    list_filter = ("state", "kind")
    search_fields = ("reference",)
    fields = (
        "reference",
        "fiduciary",
        "kind",
        "door",
        "for_whom",
        "state",
        "language",
        "received_at",
        "turn_at",
        "answered_at",
    )
    unseen = {"filing_key": lambda request: uuid.uuid4(), "subject_ref": lambda request: uuid.uuid4()}


class TicketEntryAdmin(PlainAdmin):
    list_display = ("ticket", "kind", "at")
    fields = ("ticket", "kind", "author", "visibility", "written_by", "at")
    unseen = {"written_by": lambda request: request.user}


class ResolutionAdmin(PlainAdmin):
    fields = ("ticket", "entry", "proposed_by", "proposed_at")


class TicketContactAdmin(PlainAdmin):
    fields = ("ticket", "kind")
    unseen = {"address_sealed": lambda request: b"sealed", "address_key": lambda request: b"hash"}


class ClockAdmin(PlainAdmin):
    list_display = ("owner", "kind", "state", "due_at")
    search_fields = ("owner",)
    fields = ("owner", "kind", "state", "paused_at", "stopped_at")
    readonly_fields = ("owner", "kind")


class ProfileProposalAdmin(ProposalAdmin):
    list_display = ("effective_from", "answer")
    list_filter = ("answer",)
    fields = ("answers", "effective_from", "answer", "shown_sha256")
    readonly_fields = ("answers", "effective_from", "shown_sha256")


class OrganisationProfileAdmin(PlainAdmin):
    pass


class InformationRequestAdmin(PlainAdmin):
    fields = ("reference", "asked_by", "asked_at", "due_on")


class RequestEntryAdmin(PlainAdmin):
    fields = ("request", "state", "text", "link", "by", "at")


class StockSite(AdminSite):
    """Without the page of each application: nobody needs it for the ten tasks."""

    enable_nav_sidebar = False


site = StockSite(name="stock")
for model, admin in (
    (Document, DocumentAdmin),
    (StoredFile, StoredFileAdmin),
    (Decision, DecisionAdmin),
    (Ticket, TicketAdmin),
    (TicketEntry, TicketEntryAdmin),
    (Resolution, ResolutionAdmin),
    (TicketContact, TicketContactAdmin),
    (Clock, ClockAdmin),
    (ProfileProposal, ProfileProposalAdmin),
    (OrganisationProfile, OrganisationProfileAdmin),
    (InformationRequest, InformationRequestAdmin),
    (RequestEntry, RequestEntryAdmin),
):
    site.register(model, admin)

urlpatterns = [path("stock/", site.urls), *our_addresses]
