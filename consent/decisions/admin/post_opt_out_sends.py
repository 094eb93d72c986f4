"""Sends after a withdrawal: the queue of what must not happen, and what each was found to be."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from import_export.fields import Field

from consent.base.choices import SendFinding
from consent.base.permissions import Permission
from consent.decisions.models.post_opt_out_sends import SendAfterWithdrawal
from consent.decisions.services import post_opt_out_sends
from portal.kernel.core import clock
from portal.kernel.core.admin import ReadOnlyAdmin, service_action
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, AuditedResource


class FindingForm(forms.Form):
    finding = forms.ChoiceField(label=_("What you found out"), choices=SendFinding.choices, widget=forms.RadioSelect)


class SendResource(AuditedResource):
    """With the time from the no to the send."""

    seconds = Field("seconds", "seconds")

    class Meta(AuditedResource.Meta):
        model = SendAfterWithdrawal
        fields = (
            *("id", "send", "recipient_code", "event", "suppression", "purpose", "channel", "withdrawn_at", "sent_at"),
            *("seconds", "found_at", "finding", "looked_at", "looked_by"),
        )
        export_order = fields


class OpenFilter(admin.SimpleListFilter):
    title = _("investigated")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Not yet"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(finding="") if self.value() == "yes" else queryset


def was_looked_into(row: SendAfterWithdrawal, user: Any) -> str:
    return str(_("This was investigated already.")) if row.finding else ""


@admin.register(SendAfterWithdrawal)
class SendAfterWithdrawalAdmin(AuditedExport, ReadOnlyAdmin):
    view_permission = Permission.SEND_VIEW
    export_permission = Permission.EVENT_EXPORT
    export_resource = SendResource
    list_display = ("sent_at", "seconds", "purpose", "channel", "recipient_code", "send", "finding")
    list_filter = (OpenFilter, "finding", "channel")
    search_fields = ("send", "recipient_code")
    fields: ClassVar[tuple[str, ...]] = (
        *("send", "recipient_code", "purpose", "channel", "withdrawn_at", "sent_at", "seconds", "found_at"),
        *("event", "suppression", "finding", "looked_at", "looked_by"),
    )
    readonly_fields = ("seconds",)
    list_note = _(
        "Every message that was sent after the person had opted out, or the address was stopped. There should be none."
    )

    @admin.display(description=_("seconds after the opt-out"))
    def seconds(self, obj: SendAfterWithdrawal) -> int:
        return obj.seconds

    @service_action(permission=Permission.SEND_NOTE, ask=FindingForm, label=_("Note what it was"), skip=was_looked_into)
    def note_finding(self, request: HttpRequest, obj: SendAfterWithdrawal, answer: dict[str, Any]) -> None:
        post_opt_out_sends.note_finding(obj, finding=answer["finding"], actor=actor_of(request), now=clock.now())
