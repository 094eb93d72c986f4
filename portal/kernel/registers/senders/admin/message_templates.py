"""Texts that may be sent: what the check found stands beside the text, with each place marked."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock
from portal.kernel.core.admin import service_action
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import resource_of
from portal.kernel.people.admin.proposals import not_answerable
from portal.kernel.people.choices import Answer
from portal.kernel.registers.base.choices import TEMPLATE_MOVES, FindingCode, Severity
from portal.kernel.registers.base.permissions import Permission
from portal.kernel.registers.senders.admin.sender_entries import ENTRY, EntryAdmin, holds_no_more
from portal.kernel.registers.senders.forms import ConsentTemplateForm, MoveForm, TemplateForm
from portal.kernel.registers.senders.models.templates import ConsentTemplate, ContentTemplate
from portal.kernel.registers.senders.rules.template_checks import pieces
from portal.kernel.registers.senders.services import message_templates

#: What the second person must look at: the check of words cannot.
QUESTIONS = (
    _("Does every sentence belong to the category? One promotional sentence makes the whole message promotional."),
    _("Does each variable contain only what its kind says?"),
    _("Do the links and numbers lead to the fiduciary, and to no one else?"),
    _("Is the reason for each warning valid?"),
)


def cannot_be_agreed_to(template: ContentTemplate, user: Any) -> str:
    """Why this person cannot agree to it; empty when they can."""
    if any(found["severity"] == Severity.ERROR for found in template.findings):
        return str(_("It has errors: refuse it, and ask for a corrected text."))
    return not_answerable(template, user)


def cannot_be_moved(template: ContentTemplate, user: Any) -> str:
    """Why the platform's word cannot be recorded; empty when it can."""
    if why := holds_no_more(template, user):
        return why
    return "" if TEMPLATE_MOVES[template.state] else str(_("The platform has disabled it for good."))


class TemplateBookAdmin(EntryAdmin):
    view_permission = Permission.TEMPLATE_VIEW
    add_permission = Permission.TEMPLATE_PROPOSE
    end_permission = Permission.TEMPLATE_END
    end_means = _("Nothing may be sent with it from now on.")


@admin.register(ContentTemplate)
class ContentTemplateAdmin(TemplateBookAdmin):
    export_resource = resource_of(ContentTemplate, f"{ENTRY} channel template_id category language brand text state")
    change_form_template = "admin/registers/contenttemplate/page.html"
    create_form = TemplateForm
    create_title = _("Propose a template")
    list_display = (
        "template_id",
        "channel",
        "category",
        "language",
        "fiduciary",
        "finds",
        "answer",
        "state",
        "ends_at",
    )
    list_filter = ("channel", "category", "answer", "state")
    search_fields = ("template_id", "fiduciary__code")
    own_fields = ("channel", "template_id", "category", "language", "brand", "sent_from", "state")
    readonly_fields = ("sent_from",)
    also_shown = ("text", "finds_in_words")

    @admin.display(description=_("Finds"))
    def finds_in_words(self, obj: ContentTemplate) -> str:
        return "; ".join(str(FindingCode(find.code).label) for find in message_templates.findings_of(obj))

    @admin.display(description=_("Sent from"))
    def sent_from(self, obj: ContentTemplate) -> str:
        return ", ".join(str(sender) for sender in obj.senders.all()) or "–"

    @admin.display(description=_("Finds"))
    def finds(self, obj: ContentTemplate) -> int:
        return len(obj.findings)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        obj: ContentTemplate = kwargs["obj"]
        found = message_templates.findings_of(obj)
        context["pieces"] = pieces(obj.text, found)
        context["findings"] = [(FindingCode(find.code), Severity(find.severity), find) for find in found]
        context["is_pending"] = obj.answer == Answer.PENDING
        context["questions"] = QUESTIONS
        context["text_sha256"] = obj.shown()["text_sha256"]
        return super().render_change_form(request, context, *args, **kwargs)

    @staticmethod
    def create(request: HttpRequest, entered: dict[str, Any]) -> int:
        return message_templates.propose(**entered, actor=actor_of(request), now=clock.now()).pk

    @service_action(permission=Permission.TEMPLATE_PROPOSE, label=_("Approve"), skip=cannot_be_agreed_to)
    def approve(self, request: HttpRequest, obj: ContentTemplate, answer: dict[str, Any]) -> None:
        message_templates.answer(template=obj, approve=True, actor=actor_of(request), now=clock.now())

    @service_action(
        permission=Permission.TEMPLATE_MOVE, ask=MoveForm, label=_("Record the platform's word"), skip=cannot_be_moved
    )
    def record_state(self, request: HttpRequest, obj: ContentTemplate, answer: dict[str, Any]) -> None:
        message_templates.move_to(template=obj, state=answer["state"], actor=actor_of(request), now=clock.now())


@admin.register(ConsentTemplate)
class ConsentTemplateAdmin(TemplateBookAdmin):
    export_resource = resource_of(
        ConsentTemplate, f"{ENTRY} template_id short_code__value brand language scope revocation_text"
    )
    create_form = ConsentTemplateForm
    create_title = _("Propose a consent template")
    list_display = ("template_id", "brand", "language", "fiduciary", "short_code", "answer", "holds_from", "ends_at")
    list_filter = ("language", "answer")
    list_select_related = ("fiduciary", "short_code")
    search_fields = ("template_id", "fiduciary__code")
    own_fields = ("template_id", "short_code", "brand", "language", "scope", "revocation_text")

    @staticmethod
    def create(request: HttpRequest, entered: dict[str, Any]) -> int:
        return message_templates.propose_consent(**entered, actor=actor_of(request), now=clock.now()).pk
