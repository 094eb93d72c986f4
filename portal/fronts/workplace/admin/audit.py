"""Who did what, on what: read and filtered, never changed."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from import_export.fields import Field

from portal.fronts.workplace.permissions import Permission
from portal.kernel.audit import services as audit
from portal.kernel.audit.facts import CHANGED
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent, AuditPersonal
from portal.kernel.core import clock
from portal.kernel.core.admin import ReadOnlyAdmin, service_action
from portal.kernel.core.admin.filters import one_of
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, AuditedResource
from portal.kernel.people.forms import RevealForm
from portal.kernel.people.labels import ACTORS


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
        fields = ("at", "kind", "actor_ref", "via", "about", "facts", "subject_ref", "event", "leaf")

    event = Field("entry__event_id", column_name="event")
    leaf = Field("entry__leaf__index", column_name="leaf")

    def dehydrate_facts(self, obj: AuditEvent) -> str:
        return json.dumps(obj.facts, sort_keys=True)


#: So many names of fields fit beside the other columns of the list.
SHOWN_FIELDS = 3
#: The event holds no value and no network address, or they were erased with the person.
NOTHING_PERSONAL = _("It contains no values, or they were erased.")


def _nothing_personal(event: AuditEvent, user: Any) -> str:
    return "" if AuditPersonal.objects.filter(pk=event.pk).exists() else str(NOTHING_PERSONAL)


def _in_words(found: audit.Revealed) -> str:
    """A line for each field, then what else was said, then where the act came from."""
    lines = [
        _("%(field)s: from %(old)s to %(new)s") % {"field": name, "old": _value(old), "new": _value(new)}
        for name, (old, new) in found.changes.items()
    ]
    lines += [f"{name}: {_value(value)}" for name, value in found.others.items()]
    if found.address:
        lines.append(_("Network address: %(address)s") % {"address": found.address})
    return "\n".join(lines)


def _value(value: Any) -> str:
    return str(_("(empty)")) if value in (None, "") else value if isinstance(value, str) else json.dumps(value)


@admin.register(AuditEvent)
class AuditEventAdmin(AuditedExport, ReadOnlyAdmin):
    """Codes, references, times and names of fields; values and network addresses are revealed with a reason."""

    export_permission = Permission.AUDIT_EXPORT
    export_resource = AuditEventResource
    view_permission = Permission.AUDIT_VIEW
    list_note = _("Every act leaves one event and one entry of the ledger. Nothing here can be changed or removed.")
    list_display = ("at", "kind", "about", "first_changed", "actor_ref", "actor_kind", "via")
    list_filter = (AreaFilter, ("actor_kind", one_of(ACTORS.items)))
    search_fields = ("=about", "=actor_ref", "=kind")
    search_help_text = _("The exact label of a record (people.customer:OS-CU-…), of an actor (user:12) or an act.")
    date_hierarchy = "at"
    ordering = ("-at", "-pk")
    list_select_related = ("entry__leaf",)
    fields = (
        "at",
        "kind",
        "actor_kind",
        "actor_ref",
        "via",
        "about",
        "changed",
        "facts_in_words",
        "subject_ref",
        "leaf",
    )
    readonly_fields = ("changed", "facts_in_words", "leaf")

    @admin.display(description=_("fields changed"))
    def changed(self, obj: AuditEvent) -> str:
        return str(obj.facts.get(CHANGED, "")).replace(",", ", ")

    @admin.display(description=_("fields changed"))
    def first_changed(self, obj: AuditEvent) -> str:
        """The first names; all of them stand on the event's page."""
        names = [name for name in str(obj.facts.get(CHANGED, "")).split(",") if name]
        return ", ".join([*names[:SHOWN_FIELDS], *(["…"] if len(names) > SHOWN_FIELDS else [])])

    @service_action(
        permission=Permission.AUDIT_REVEAL, ask=RevealForm, label=_("Show old and new values"), skip=_nothing_personal
    )
    def reveal_values(self, request: HttpRequest, obj: AuditEvent, answer: dict[str, Any]) -> str:
        found = audit.reveal(
            event=obj,
            reason=answer["reason"],
            ticket=answer["ticket"],
            actor=actor_of(request),
            now=clock.now(),
        )
        return _in_words(found) if found is not None else str(NOTHING_PERSONAL)

    @admin.display(description=_("facts"))
    def facts_in_words(self, obj: AuditEvent) -> str:
        others = sorted((name, value) for name, value in obj.facts.items() if name != CHANGED)
        return "\n".join(f"{name}: {json.dumps(value)}" for name, value in others)

    @admin.display(description=_("entry of the ledger"))
    def leaf(self, obj: AuditEvent) -> Any:
        leaf = getattr(obj.entry, "leaf", None)
        return leaf.index if leaf is not None else _("waits to be sealed")
