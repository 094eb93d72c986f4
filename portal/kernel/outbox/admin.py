from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.admin import ReadOnlyAdmin, RowsBeside, service_action
from portal.kernel.core.admin.record_access import OpeningForm
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.outbox.choices import MessageState
from portal.kernel.outbox.models import AddressFault, Delivery, Message, TemplateVersion
from portal.kernel.outbox.permissions import Permission
from portal.kernel.outbox.selectors import can_send
from portal.kernel.outbox.services import failed_messages
from portal.kernel.people import name_columns


def not_failed(message: Message, user: Any) -> str:
    """Why there is nothing to decide about this message; empty when there is."""
    return "" if message.state == MessageState.DEAD else str(_("This message has not failed."))


class DeliveryInline(RowsBeside):
    """Each attempt and what came of it."""

    model = Delivery
    fields = ("attempt", "outcome", "code", "provider_reference", "happened_at")
    verbose_name_plural = _("attempts and reports")


@admin.register(Message)
class MessageAdmin(AuditedExport, ReadOnlyAdmin):
    """Messages without their words and addresses: those open by an act of their own, with a trace."""

    export_resource = resource_of(
        Message,
        "reference kind subject_ref fiduciary channel language purpose category about template_sha256 state reason attempts created_at sent_at seen_at",
    )
    view_permission = Permission.MESSAGE_VIEW
    list_display = (
        *(
            "created_at",
            "kind",
            name_columns.of_subjects(),
            "way",
            "category",
            "state",
            "outcome",
            "attempts",
            "sent_at",
        ),
        "reference",
    )
    list_display_links = ("reference",)
    list_filter = ("state", "channel", "category")
    search_fields = ("reference", "about")
    search_help_text = _("Reference of the message, or of what it is about")
    date_hierarchy = "created_at"
    inlines = (DeliveryInline,)
    fields = (
        "reference",
        "kind",
        "about",
        "subject_ref",
        "fiduciary",
        "way",
        "to",
        "only_here",
        "goes_on",
        "purpose",
        "category",
        "category_is_disputed",
        "state",
        "outcome",
        "reason",
        "attempts",
        "attempts_allowed",
        "next_attempt_at",
        "message_id",
        "template_language",
        "template_sha256",
        "created_at",
        "sent_at",
        "seen_at",
    )

    @admin.display(description=_("channel"), ordering="channel")
    def way(self, message: Message) -> str:
        """The channel, and whether this installation can send by it at all."""
        name = message.get_channel_display()
        return name if can_send(message.channel) else f"{name} ({_('not set up here')})"

    @admin.display(description=_("by another channel"))
    def goes_on(self, message: Message) -> str:
        """The message that took over from this one, or the one that this took over from."""
        later = getattr(message, "moved_to", None)
        if later is not None:
            return format_html(
                '<a href="{}">{} ({})</a>',
                reverse("admin:outbox_message_change", args=[later.pk]),
                later.reference,
                later.get_channel_display(),
            )
        earlier = message.instead_of
        if earlier is None:
            return "-"
        return format_html(
            '{} <a href="{}">{} ({})</a>',
            _("instead of"),
            reverse("admin:outbox_message_change", args=[earlier.pk]),
            earlier.reference,
            earlier.get_channel_display(),
        )

    @admin.display(description=_("outcome"))
    def outcome(self, message: Message) -> str:
        """Stays marked when a later attempt was accepted: the person may have received it twice."""
        return str(_("Outcome unknown of an attempt")) if message.outcome_is_unknown else "-"

    @admin.display(description=_("to"))
    def to(self, message: Message) -> str:
        """The mask, never the address."""
        destination = getattr(message, "destination", None)
        return destination.masked if destination is not None else "-"

    @service_action(permission=Permission.MESSAGE_RETRY, label=_("Retry"), skip=not_failed)
    def try_again(self, request: HttpRequest, obj: Message, answer: dict[str, Any]) -> str:
        failed_messages.retry(message=obj, actor=actor_of(request))
        return str(_("Will be tried again now."))

    @service_action(permission=Permission.MESSAGE_CLOSE, label=_("Close without sending"), skip=not_failed)
    def close_unsent(self, request: HttpRequest, obj: Message, answer: dict[str, Any]) -> str:
        failed_messages.close(message=obj, actor=actor_of(request))
        return str(_("Closed. Nothing more is sent."))

    @service_action(
        permission=Permission.MESSAGE_READ,
        ask=OpeningForm,
        label=_("Show the words"),
        description=_(
            "What was sent appears once on the next page. Codes, and links that open something, are dots. "
            "That you read it is recorded."
        ),
    )
    def show_words(self, request: HttpRequest, obj: Message, answer: dict[str, Any]) -> str:
        text = failed_messages.read(message=obj, **answer, actor=actor_of(request))
        return f"{text.subject}\n\n{text.body}"


@admin.register(TemplateVersion)
class TemplateVersionAdmin(AuditedExport, ReadOnlyAdmin):
    """What each kind of message said, and since when."""

    export_resource = resource_of(TemplateVersion, "id kind language sha256 first_used_at")
    view_permission = Permission.MESSAGE_VIEW
    list_display = ("kind", "language", "short_sha256", "first_used_at")
    list_filter = ("language",)
    search_fields = ("kind",)

    @admin.display(description=_("SHA-256"))
    def short_sha256(self, version: TemplateVersion) -> str:
        return version.sha256[:12]


@admin.register(AddressFault)
class AddressFaultAdmin(AuditedExport, ReadOnlyAdmin):
    """Where messages do not arrive or are not wanted, by the message that showed it; never the address itself."""

    export_resource = resource_of(AddressFault, "subject_ref channel reason code message noted_at")
    view_permission = Permission.MESSAGE_VIEW
    list_display = ("message", "channel", "reason", "code", "noted_at")
    list_filter = ("channel", "reason")
    list_select_related = ("message",)
    date_hierarchy = "noted_at"
    fields = ("message", "subject_ref", "channel", "reason", "code", "noted_at")
