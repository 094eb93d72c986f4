"""Texts by language: which are there, who read them, and proposed translations."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.base.models.notices import NoticeText, TextReview
from consent.base.permissions import Permission
from consent.notices.forms import TranslationAnswerForm
from consent.notices.models.publication import TranslationProposal
from consent.notices.selectors.languages import language_of
from consent.notices.services import translations
from portal.kernel.core.admin import ReadOnlyAdmin, RowsBeside, service_action
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.people.admin.proposals import PROPOSAL, not_answerable


def not_to_review(text: NoticeText, user: Any) -> str:
    """Why there is nothing to review; empty when there is."""
    return translations.not_reviewable(text)


class ReviewInline(RowsBeside):
    model = TextReview
    fields = ("reviewed_by", "reviewed_at")
    verbose_name_plural = gettext_lazy("read by")


@admin.register(NoticeText)
class NoticeTextAdmin(AuditedExport, ReadOnlyAdmin):
    """Each version in each language, as it stands."""

    export_resource = resource_of(NoticeText, "id version language revision sha256 needs_native_review added_at")
    view_permission = Permission.NOTICE_VIEW
    list_display = ("version", "language_name", "standing", "added_at")
    list_select_related = ("version__notice",)
    list_filter = ("language",)
    fields = ("version", "language_name", "standing", "revision", "sha256", "added_at", "words")
    readonly_fields = fields
    inlines = (ReviewInline,)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("reviews").defer("body")

    @admin.display(description=gettext_lazy("language"), ordering="language")
    def language_name(self, obj: NoticeText) -> str:
        return f"{language_of(obj.language).name} ({obj.language})"

    @admin.display(description=gettext_lazy("standing"))
    def standing(self, obj: NoticeText) -> str:
        if obj.language == "en":
            return _("binding text")
        return _("read by a native speaker") if obj.is_reviewed else _("not read by a native speaker yet")

    @admin.display(description=gettext_lazy("text"))
    def words(self, obj: NoticeText) -> str:
        return obj.text

    @service_action(
        permission=Permission.NOTICE_PUBLISH,
        label=gettext_lazy("I have read this translation"),
        skip=not_to_review,
        description=gettext_lazy(
            "You speak this language from home, and the translation says what the binding text says. It is shown as checked, "
            "with the day, from now on."
        ),
    )
    def review(self, request: HttpRequest, obj: NoticeText, answer: dict[str, Any]) -> str:
        translations.review(text=obj, actor=actor_of(request))
        return _("Recorded.")


@admin.register(TranslationProposal)
class TranslationProposalAdmin(AuditedExport, ReadOnlyAdmin):
    export_resource = resource_of(
        TranslationProposal, "id version language act made_by made_at checked_by checked_at shown_sha256 answer"
    )
    view_permission = Permission.NOTICE_VIEW
    list_display = ("version", "language", "answer", "made_by", "made_at", "checked_by", "checked_at")
    list_select_related = ("version__notice", "made_by", "checked_by")
    list_filter = ("answer", "language")
    fields = ("version", "language", "words", "binding_words", *PROPOSAL)
    readonly_fields = fields

    @admin.display(description=gettext_lazy("translation"))
    def words(self, obj: TranslationProposal) -> str:
        return obj.text

    @admin.display(description=gettext_lazy("binding text"))
    def binding_words(self, obj: TranslationProposal) -> str:
        return obj.version.binding.text

    @service_action(
        permission=Permission.NOTICE_PUBLISH,
        ask=TranslationAnswerForm,
        label=gettext_lazy("Decide about the translation"),
        skip=not_answerable,
    )
    def answer_translation(self, request: HttpRequest, obj: TranslationProposal, answer: dict[str, Any]) -> str:
        approve = answer["decision"] == "approve"
        translations.answer(
            proposal=obj,
            approve=approve,
            speaks_it=answer["speaks_it"],
            reason=answer["reason"],
            actor=actor_of(request),
        )
        return _("Added.") if approve else _("Refused.")
