"""Who sends: entities, headers and numbers, allowed links, and what disagreed."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock
from portal.kernel.core.admin import ReadOnlyAdmin
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.law.choices import PreferenceCategory
from portal.kernel.registers.base.permissions import Permission
from portal.kernel.registers.senders.admin.sender_entries import ENTRY, EntryAdmin
from portal.kernel.registers.senders.forms import EntityForm, SenderForm, TargetForm
from portal.kernel.registers.senders.models.senders import ListedTarget, Sender, SendingEntity
from portal.kernel.registers.senders.models.templates import CATEGORIES, SenderDefect
from portal.kernel.registers.senders.services import senders


class SenderBookAdmin(EntryAdmin):
    view_permission = Permission.SENDER_VIEW
    add_permission = Permission.SENDER_PROPOSE
    end_permission = Permission.SENDER_END
    end_means = _(
        "It is no longer valid from now on. It stays in the register and can be registered anew by two people."
    )


@admin.register(SendingEntity)
class SendingEntityAdmin(SenderBookAdmin):
    export_resource = resource_of(SendingEntity, f"{ENTRY} entity_id customer__reference advertises")
    create_form = EntityForm
    create_title = _("Propose a DLT entity")
    list_display = ("fiduciary", "entity_id", "customer", "answer", "holds_from", "ends_at")
    list_select_related = ("fiduciary", "customer")
    search_fields = ("entity_id", "fiduciary__code")
    own_fields = ("entity_id", "customer", "subjects")
    readonly_fields = ("subjects",)

    @admin.display(description=_("What it advertises"))
    def subjects(self, obj: SendingEntity) -> str:
        return ", ".join(str(PreferenceCategory(code).label) for code in obj.advertises)

    @staticmethod
    def create(request: HttpRequest, entered: dict[str, Any]) -> int:
        return senders.propose_entity(**entered, actor=actor_of(request), now=clock.now()).pk


@admin.register(Sender)
class SenderAdmin(SenderBookAdmin):
    export_resource = resource_of(Sender, f"{ENTRY} kind value carries records_calls announcement")
    create_form = SenderForm
    create_title = _("Propose a sender")
    list_display = ("value", "kind", "fiduciary", "may_carry", "answer", "holds_from", "ends_at")
    list_filter = ("kind", "answer")
    search_fields = ("value", "fiduciary__code")
    own_fields = ("kind", "value", "may_carry", "records_calls", "announcement")
    readonly_fields = ("may_carry",)

    @admin.display(description=_("May carry"))
    def may_carry(self, obj: Sender) -> str:
        return ", ".join(str(label) for category, label in CATEGORIES if category in obj.carries)

    @staticmethod
    def create(request: HttpRequest, entered: dict[str, Any]) -> int:
        return senders.propose_sender(**entered, actor=actor_of(request), now=clock.now()).pk


@admin.register(ListedTarget)
class ListedTargetAdmin(SenderBookAdmin):
    export_resource = resource_of(ListedTarget, f"{ENTRY} kind value")
    create_form = TargetForm
    create_title = _("Propose an allowed link or number")
    list_display = ("value", "kind", "fiduciary", "answer", "holds_from", "ends_at")
    list_filter = ("kind", "answer")
    search_fields = ("value", "fiduciary__code")
    own_fields = ("kind", "value")

    @staticmethod
    def create(request: HttpRequest, entered: dict[str, Any]) -> int:
        return senders.propose_target(**entered, actor=actor_of(request), now=clock.now()).pk


@admin.register(SenderDefect)
class SenderDefectAdmin(AuditedExport, ReadOnlyAdmin):
    """Purpose, header and template that were asked for together and name different categories."""

    export_resource = resource_of(
        SenderDefect, "id fiduciary__code channel purpose sender__value template__template_id category first_at last_at"
    )
    view_permission = Permission.SENDER_VIEW
    list_display = ("purpose", "channel", "fiduciary", "sender", "template", "category", "first_at", "last_at")
    list_filter = ("channel", "category")
    list_select_related = ("fiduciary", "sender", "template")
    search_fields = ("purpose", "fiduciary__code")
    fields = ("fiduciary", "channel", "purpose", "sender", "template", "category", "first_at", "last_at")
