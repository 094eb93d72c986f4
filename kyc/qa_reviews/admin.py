"""Staff pages of second looks: what was drawn, whether the draw can be replayed, and what was found."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, F, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from kyc.base.choices import DecisionReason, LookResult
from kyc.base.permissions import Permission
from kyc.qa_reviews.models import Draw, SecondLook
from kyc.qa_reviews.services import qa_reviews
from portal.kernel.core import clock, date_format, field_changes
from portal.kernel.core.admin import ReadOnlyAdmin, service_action
from portal.kernel.core.admin.opening_view import Nothing
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of


class LookForm(forms.Form):
    """What a second look found."""

    result = forms.ChoiceField(
        label=_("What did you find?"),
        choices=[choice for choice in LookResult.choices if choice[0] != LookResult.OPEN],
        widget=forms.RadioSelect,
    )
    reason_code = forms.ChoiceField(
        label=_("What is wrong"),
        choices=[("", _("Nothing")), *(one for one in DecisionReason.choices if one[0] != DecisionReason.APPEAL)],
        required=False,
        help_text=_("A fault puts the document back into the queue: two people decide anew."),
    )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        is_fault, reason = given.get("result") == LookResult.FAULT, given.get("reason_code")
        if is_fault and not reason and "reason_code" not in self.errors:
            self.add_error("reason_code", _("Choose what is wrong."))
        if given.get("result") == LookResult.FINE and reason:
            self.add_error(
                "reason_code", _("You found it right: choose \u201cNothing\u201d here, or \u201cA fault\u201d above.")
            )
        return given


def _not_to_look(row: SecondLook, user: Any) -> str:
    if row.result != LookResult.OPEN:
        return str(_("It was reviewed already."))
    if qa_reviews.had_part(row.decision, user):
        return str(_("Another person must review: you had a part in this decision."))
    return ""


@admin.register(SecondLook)
class SecondLookAdmin(AuditedExport, ReadOnlyAdmin):
    """The queue of approvals that were drawn, and what was found."""

    view_permission = Permission.DOCUMENT_VIEW
    export_permission = Permission.CASE_EXPORT
    export_resource = resource_of(SecondLook, "id draw decision result reason_code looked_by looked_at")
    list_display = ("drawn", "document", "approved_by", "result", "reason_code", "looked_at")
    list_display_links = ("drawn",)
    list_filter = ("result",)
    list_select_related = ("decision__document", "decision__checked_by", "draw")
    nothing = Nothing(
        _(
            "Approvals that were drawn for a QA review would be here. Each night a share of the day's approvals is "
            "drawn."
        ),
        _("QA samples"),
        "kyc.Draw",
    )
    search_fields = ("decision__reference", "decision__document__reference")
    search_help_text = _("A reference, for example OS-PR-7K4M-9QX1 or OS-DO-7K4M-9QX3")
    shown_before = ("document", "kind", "draw")
    fields = ("decision", "document", "kind", "draw", "result", "reason_code", "looked_by", "looked_at")
    readonly_fields = ("document", "kind")
    ordering = (F("looked_at").desc(nulls_first=True), "draw__day", "pk")

    @admin.display(description=_("drawn"), ordering="draw__day")
    def drawn(self, obj: SecondLook) -> str:
        return date_format.day(obj.draw.day)

    @admin.display(description=_("approved by"))
    def approved_by(self, obj: SecondLook) -> str:
        """The second person of the decision, once it was reviewed: a review is made as if nobody had looked."""
        checker = obj.decision.checked_by if obj.result != LookResult.OPEN else None
        return str(checker.full_name or checker.email) if checker is not None else date_format.NONE

    @admin.display(description=_("document"))
    def document(self, obj: SecondLook) -> str:
        """Where it is looked at; opening it asks for a reason, as always."""
        url = reverse("admin:kyc_document_change", args=[obj.decision.document_id])
        return format_html('<a href="{}">{}</a>', url, obj.decision.document.reference)

    @admin.display(description=_("kind"))
    def kind(self, obj: SecondLook) -> str:
        return str(obj.decision.document.get_kind_display())

    @service_action(
        permission=Permission.CASE_DECIDE,
        label=_("Say what you found"),
        ask=LookForm,
        skip=_not_to_look,
        description=_("Open the document first and review it independently."),
    )
    def say(self, request: HttpRequest, obj: SecondLook, answer: dict[str, Any]) -> None:
        field_changes.watch_row(obj)
        qa_reviews.look(obj, **answer, actor=actor_of(request), now=clock.now())


@admin.register(Draw)
class DrawAdmin(AuditedExport, ReadOnlyAdmin):
    """The draws, day by day, with all that is needed to draw again."""

    view_permission = Permission.DOCUMENT_VIEW
    export_permission = Permission.CASE_EXPORT
    export_resource = resource_of(Draw, "id day seed tree_size share population drawn_at")
    list_display = ("day", "population", "per_cent", "how_many", "left", "drawn_at")
    fields = ("day", "population", "per_cent", "drawn", "seed", "tree_size", "drawn_at", "again")
    readonly_fields = ("per_cent", "drawn", "again")
    ordering = ("-day",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """With how many were drawn, and how many of them nobody has looked at."""
        is_open = Q(looks__result=LookResult.OPEN)
        return (
            super()
            .get_queryset(request)
            .annotate(looks_count=Count("looks"), open_count=Count("looks", filter=is_open))
        )

    @admin.display(description=_("share in %"), ordering="share")
    def per_cent(self, obj: Draw) -> str:
        return f"{obj.share.normalize():f}"

    @admin.display(description=_("drawn for a QA review"))
    def how_many(self, obj: Draw) -> int:
        return int(obj.looks_count)  # type: ignore[attr-defined]

    @admin.display(description=_("not reviewed yet"))
    def left(self, obj: Draw) -> int:
        return int(obj.open_count)  # type: ignore[attr-defined]

    @admin.display(description=_("drawn for a QA review"))
    def drawn(self, obj: Draw) -> str:
        """Each with what was found."""
        rows = obj.looks.select_related("decision__document").order_by("pk")
        found = (
            (reverse("admin:kyc_secondlook_change", args=[row.pk]), row.decision.reference, row.get_result_display())
            for row in rows
        )
        return format_html_join("", '<p><a href="{}">{}</a>: {}</p>', found) or date_format.NONE

    @admin.display(description=_("drawn again"))
    def again(self, obj: Draw) -> str:
        """Computed when the page is opened."""
        if qa_reviews.replayed(obj):
            return str(_("✓ The same approvals are drawn from the rows as they are now."))
        return str(_("■ Other approvals are drawn from the rows as they are now: inform the data protection officer."))
