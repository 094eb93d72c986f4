"""Who did what, on what: read and filtered, never changed."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from import_export.fields import Field

from portal.audit.kinds import AuditKind
from portal.audit.models import AuditEvent
from portal.core.admin import ReadOnlyAdmin
from portal.jobs.audited_export import AuditedExport, AuditedResource
from portal.workplace.permissions import Permission


class AreaFilter(admin.SimpleListFilter):
    """The area of the act: the first word of its kind."""

    title = _("area")
    parameter_name = "area"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(area, area) for area in sorted({kind.partition(".")[0] for kind in AuditKind})]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        area = self.value()
        return queryset.filter(kind__startswith=f"{area}.") if area else queryset


class AuditEventResource(AuditedResource):
    """What of the audit log leaves the portal: the frozen row, which holds nothing personal."""

    class Meta(AuditedResource.Meta):
        model = AuditEvent
        fields = ("at", "kind", "actor_kind", "actor_ref", "via", "about", "facts", "subject_ref", "event", "leaf")

    event = Field("entry__event_id", column_name="event")
    leaf = Field(column_name="leaf")

    def dehydrate_leaf(self, obj: AuditEvent) -> int | None:
        leaf = getattr(obj.entry, "leaf", None)
        return leaf.index if leaf is not None else None

    def dehydrate_facts(self, obj: AuditEvent) -> str:
        return json.dumps(obj.facts, sort_keys=True)


@admin.register(AuditEvent)
class AuditEventAdmin(AuditedExport, ReadOnlyAdmin):
    """Codes, references and times only; what was personal lies in an erasable row and is not shown here."""

    export_permission = Permission.AUDIT_EXPORT
    export_resource = AuditEventResource
    view_permission = Permission.AUDIT_VIEW
    list_note = _("Every act leaves one event and one entry of the ledger. Nothing here can be changed or removed.")
    list_display = ("at", "kind", "actor_kind", "actor_ref", "about", "via")
    list_filter = (AreaFilter, "actor_kind")
    search_fields = ("=about", "=actor_ref", "=kind")
    search_help_text = _("The exact label of a record (people.customer:OS-CU-…), of an actor (user:12) or an act.")
    date_hierarchy = "at"
    ordering = ("-at", "-pk")
    list_select_related = ("entry__leaf",)
    fields = ("at", "kind", "actor_kind", "actor_ref", "via", "about", "facts_in_words", "subject_ref", "leaf")
    readonly_fields = ("facts_in_words", "leaf")

    @admin.display(description=_("facts"))
    def facts_in_words(self, obj: AuditEvent) -> str:
        return "\n".join(f"{name}: {json.dumps(value)}" for name, value in sorted(obj.facts.items()))

    @admin.display(description=_("entry of the ledger"))
    def leaf(self, obj: AuditEvent) -> Any:
        leaf = getattr(obj.entry, "leaf", None)
        return leaf.index if leaf is not None else _("waits to be sealed")
