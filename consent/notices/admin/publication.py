"""What two people decide about a text: that a defect may stay, and that a version is published."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.base.models.notices import NoticeVersion
from consent.base.permissions import Permission
from consent.notices.admin.changes import ChangesBeside, changes_of
from consent.notices.admin.studio import checks_of
from consent.notices.models.publication import DefectOverride, PublicationProposal
from consent.notices.selectors.languages import language_of
from consent.notices.services import publication
from portal.kernel.core.admin import ReadOnlyAdmin, service_action
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.law import selectors as law
from portal.kernel.people.admin.proposals import PROPOSAL, AnswerForm, not_answerable


def in_words(version: NoticeVersion, weight: str) -> str:
    """What both people are bound to, as they read it; the texts themselves stand on the page."""
    bound = publication.shown(version, weight)
    names = [purpose.name for purpose in law.purposes_in_force(on=version.effective_on, codes=version.purposes)]
    old, is_taken_over = bound["compared_with"], version.is_taken_over
    said = [
        (_("In force from"), date_format(version.effective_on, "j F Y")),
        (_("Imported"), _("this text was in force elsewhere before it is published here") if is_taken_over else ""),
        (_("What changed, in English"), bound["what_changed"]),
        *((_("What changed, in %s") % language_of(code).name, text) for code, text in bound["summaries"].items()),
        (_("Languages"), ", ".join(language_of(code).name for code in bound["texts"])),
        (_("Purposes"), ", ".join(names)),
        (_("Policy exceptions approved by two people"), ", ".join(bound["overridden"])),
        (_("Compared with"), _("version %s") % old["version"] if old else _("nothing: no version is in force before")),
        (_("Changed words or passages"), str(bound["changes"]) if old else ""),
        (_("Clauses left out"), ", ".join(bound["dropped"])),
    ]
    return "\n".join(f"{label}: {value}" for label, value in said if value)


@admin.register(DefectOverride)
class DefectOverrideAdmin(AuditedExport, ReadOnlyAdmin):
    export_resource = resource_of(
        DefectOverride, "id defect act made_by made_at checked_by checked_at shown_sha256 answer"
    )
    view_permission = Permission.NOTICE_VIEW
    list_display = ("defect", "answer", "made_by", "made_at", "checked_by", "checked_at")
    list_select_related = ("defect__version__notice", "made_by", "checked_by")
    list_filter = ("answer",)
    fields = ("text", "what_is_wrong", "words_of_the_clause", "why", *PROPOSAL)
    readonly_fields = fields

    @admin.display(description=gettext_lazy("text"))
    def text(self, obj: DefectOverride) -> str:
        return str(obj.defect.version)

    @admin.display(description=gettext_lazy("what is wrong"))
    def what_is_wrong(self, obj: DefectOverride) -> str:
        return f"{obj.defect.code} {obj.defect.clause}: {obj.defect.message}"

    @admin.display(description=gettext_lazy("words of the clause"))
    def words_of_the_clause(self, obj: DefectOverride) -> str:
        clause = obj.defect.version.binding.clauses.filter(number=obj.defect.clause).first()
        return "\n".join([f"{clause.number} {clause.title}", *clause.paragraphs]) if clause else ""

    @service_action(
        permission=Permission.NOTICE_PUBLISH,
        ask=AnswerForm,
        label=gettext_lazy("Decide: approve the policy exception?"),
        skip=not_answerable,
    )
    def answer_override(self, request: HttpRequest, obj: DefectOverride, answer: dict[str, Any]) -> str:
        approve = answer["decision"] == "approve"
        publication.answer_override(
            override=obj,
            approve=approve,
            reason=answer["reason"],
            actor=actor_of(request),
        )
        return _("Agreed.") if approve else _("Refused.")


@admin.register(PublicationProposal)
class PublicationProposalAdmin(ChangesBeside, AuditedExport, ReadOnlyAdmin):
    export_resource = resource_of(
        PublicationProposal, "id version weight act made_by made_at checked_by checked_at shown_sha256 answer"
    )
    change_form_template = "admin/consent/version_changes.html"
    view_permission = Permission.NOTICE_VIEW
    list_display = ("version", "weight", "answer", "made_by", "made_at", "checked_by", "checked_at")
    list_select_related = ("version__notice", "made_by", "checked_by")
    list_filter = ("answer", "weight")
    fields = ("version", "weight", "what_is_published", *PROPOSAL)
    readonly_fields = fields

    @admin.display(description=gettext_lazy("what would be published"))
    def what_is_published(self, obj: PublicationProposal) -> str:
        return in_words(obj.version, obj.weight)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page of a proposal shows what its version changes."""
        obj = kwargs.get("obj")
        if obj is not None:
            context.update(changes_of(obj.version), checks=checks_of(request, obj.version, obj.weight))
        return super().render_change_form(request, context, *args, **kwargs)

    @service_action(
        permission=Permission.NOTICE_PUBLISH,
        ask=AnswerForm,
        label=gettext_lazy("Decide about the publication"),
        skip=not_answerable,
        description=gettext_lazy(
            "Approving publishes the text at once, as the kind of change that the proposal names. From then on its "
            "words "
            "cannot be changed."
        ),
    )
    def answer_proposal(self, request: HttpRequest, obj: PublicationProposal, answer: dict[str, Any]) -> str:
        approve = answer["decision"] == "approve"
        publication.answer(
            proposal=obj,
            approve=approve,
            reason=answer["reason"],
            actor=actor_of(request),
        )
        return _("Published.") if approve else _("Refused.")
