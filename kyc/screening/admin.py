"""The staff's pages of sanctions lists: which edition counts, who was held against it, and likenesses to answer."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Exists, F, OuterRef
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from kyc.base.choices import LikenessState
from kyc.base.models.sanctions import Likeness, LikenessAnswer, SanctionsList, Screening
from kyc.base.permissions import Permission
from kyc.cases import staff_labels
from kyc.cases.admin import OpenedForItsCustomer
from kyc.screening.services import sanctions_matches
from portal.kernel.core import clock, date_format, field_changes
from portal.kernel.core.admin import ReadOnlyAdmin, service_action
from portal.kernel.core.pii_guard import PublicWords
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.people import name_columns
from portal.kernel.people.choices import Answer
from portal.kernel.people.forms import RefuseForm
from portal.kernel.people.labels import LoginNames


class NoteForm(forms.Form):
    """What somebody found who compared the two."""

    note = PublicWords(
        label=_("What you found"),
        help_text=_("Which documents you compared, and what tells the two apart or shows that they are one."),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=500,
    )


@admin.register(SanctionsList)
class SanctionsListAdmin(AuditedExport, ReadOnlyAdmin):
    """Each edition that was imported. ``import_sanctions`` brings the next."""

    view_permission = Permission.SCREENING_VIEW
    export_resource = resource_of(SanctionsList, "source version sha256 names_sha256 size imported_at superseded_at")
    list_display = ("source", "version", "size", "imported_at", "superseded_at")
    list_filter = ("source",)
    fields = ("source", "version", "sha256", "names_sha256", "size", "imported_at", "superseded_at")


@admin.register(Screening)
class ScreeningAdmin(AuditedExport, ReadOnlyAdmin):
    """Who was held against which edition, with how many likenesses."""

    view_permission = Permission.SCREENING_VIEW
    export_resource = resource_of(
        Screening,
        "case__reference party__reference source list_version list_sha256 names_version likenesses known screened_at",
    )
    list_display = ("case", "whose", "source", "list_version", "likenesses", "known", "screened_at")
    list_filter = ("source",)
    list_select_related = ("case", "party")
    search_fields = ("case__reference",)
    search_help_text = _("A reference, for example OS-KY-7K4M-9QXN")
    fields = (
        *("case", "whose", "source", "list_version", "list_sha256", "names_version", "likenesses", "known"),
        "screened_at",
    )

    @admin.display(description=_("whose name"))
    def whose(self, obj: Screening) -> str:
        return staff_labels.whose(obj)


def _answered(likeness: Likeness, user: Any) -> str:
    return "" if likeness.state == LikenessState.OPEN else str(_("This was decided already."))


def _not_to_propose(likeness: Likeness, user: Any) -> str:
    """Somebody else: of one that is open, or was said to be the same by mistake."""
    if sanctions_matches.open_answer(likeness) is not None:
        return str(_("A colleague has decided. It waits for a second person."))
    return "" if likeness.state == LikenessState.SAME else _answered(likeness, user)


def _not_to_say(likeness: Likeness, user: Any) -> str:
    return _answered(likeness, user) or _not_to_propose(likeness, user)


def _not_to_answer(likeness: Likeness, user: Any) -> str:
    waiting = sanctions_matches.open_answer(likeness)
    if waiting is None:
        return str(_("No decision was proposed."))
    return str(_("You proposed this: another person must decide.")) if waiting.made_by_id == user.pk else ""


@admin.register(Likeness)
class LikenessAdmin(AuditedExport, OpenedForItsCustomer, ReadOnlyAdmin):
    """Somebody may be on a list: compare, and say whether they are. What was answered is remembered."""

    view_permission = Permission.SCREENING_VIEW
    export_permission = Permission.CASE_EXPORT
    export_resource = resource_of(
        Likeness,
        "reference case__reference party__reference state source uid list_version list_sha256 decision why birth "
        "score found_at "
        "answered_at",
    )
    list_display = (
        *("found_at", name_columns.of_accounts("case.customer_id"), "whose", "uid", "score", "source", "decision"),
        *("state", "waits_for", "case", "reference"),
    )
    list_display_links = ("reference",)
    list_filter = ("state", "source", "decision")
    ordering = (F("answered_at").desc(nulls_first=True), "found_at", "pk")
    shown_before = (
        *("our_name", "listed_names", "decision", "names_fit", "score", "birth", "listed_births", "listed_countries"),
        *("papers", "note", "proposed"),
    )
    search_fields = ("reference", "case__reference", "uid")
    search_help_text = _("A reference, for example OS-SC-7K4M-9QX9, or the number in the list")
    fields = (
        *("reference", "case", "whose", "state", "proposed", "note", "refused", "our_name", "listed_names", "decision"),
        *("names_fit", "score", "birth", "listed_births", "listed_countries", "papers", "source", "uid"),
        *("list_version", "list_sha256", "found_at", "answered_at"),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """With whether an answer waits for a second person."""
        waiting = LikenessAnswer.objects.filter(likeness=OuterRef("pk"), answer=Answer.PENDING)
        return super().get_queryset(request).select_related("case__customer", "party").annotate(waits=Exists(waiting))

    @admin.display(description=_("whose name"))
    def whose(self, obj: Likeness) -> str:
        return staff_labels.whose(obj)

    @admin.display(description=_("whose turn"))
    def waits_for(self, obj: Likeness) -> str:
        if obj.waits:  # type: ignore[attr-defined]
            return str(_("a second person's"))
        return str(_("a first person's") if obj.state == LikenessState.OPEN else _("nobody's"))

    @admin.display(description=_("what makes them fit"))
    def names_fit(self, obj: Likeness) -> str:
        return staff_labels.names_fit(obj.why) or date_format.NONE

    @admin.display(description=_("documents to compare with"))
    def papers(self, obj: Likeness) -> str:
        """Each as a link; opening one asks for a reason, as always."""
        rows = obj.case.documents.filter(party=obj.party, erased_at=None, sent_at__isnull=False).order_by("-sent_at")
        found = (
            (reverse("admin:kyc_document_change", args=[row.pk]), row.get_kind_display(), row.reference) for row in rows
        )
        return format_html_join("", '<p><a href="{}">{} {}</a></p>', found) or str(_("None was sent yet."))

    def subject_ref_of(self, obj: Any) -> Any:
        return obj.party.subject_ref if obj.party else obj.case.subject_ref

    @admin.display(description=_("name we know"))
    def our_name(self, obj: Likeness) -> str:
        return obj.party.full_name if obj.party else obj.case.customer.name

    @admin.display(description=_("names in the list"))
    def listed_names(self, obj: Likeness) -> str:
        return "; ".join(obj.listed.get("names", [])) or date_format.NONE

    @admin.display(description=_("dates of birth in the list"))
    def listed_births(self, obj: Likeness) -> str:
        return ", ".join(obj.listed.get("births", [])) or date_format.NONE

    @admin.display(description=_("countries in the list"))
    def listed_countries(self, obj: Likeness) -> str:
        return ", ".join(obj.listed.get("countries", [])) or date_format.NONE

    @admin.display(description=_("pending decision"))
    def proposed(self, obj: Likeness) -> str:
        waiting = sanctions_matches.open_answer(obj)
        if waiting is None:
            return date_format.NONE
        return _("False positive, says %(who)s, %(when)s") % {
            "who": LoginNames()(waiting.made_by_id),
            "when": date_format.moment(waiting.made_at),
        }

    @admin.display(description=_("rejected decisions"))
    def refused(self, obj: Likeness) -> str:
        """Who refused, when and why: whoever answers anew has to know."""
        rows = obj.answers.filter(answer=Answer.REFUSED).order_by("-checked_at")
        name = LoginNames()
        name.prime([row.checked_by_id for row in rows])
        said = ((f"{name(row.checked_by_id)}, {date_format.moment(row.checked_at)}: {row.reason}",) for row in rows)
        return format_html_join("", "<p>{}</p>", said) or date_format.NONE

    @service_action(
        permission=Permission.CASE_DECIDE,
        label=_("False positive"),
        ask=NoteForm,
        skip=_not_to_propose,
        description=_("A second person has to agree. Until then nothing of this customer can be approved."),
    )
    def somebody_else(self, request: HttpRequest, obj: Likeness, given: dict[str, Any]) -> str:
        field_changes.watch_row(obj)
        sanctions_matches.propose_somebody_else(obj, note=given["note"], actor=_actor(request), now=clock.now())
        return str(_("Recorded. A second person decides."))

    @service_action(
        permission=Permission.CASE_DECIDE,
        label=_("It is the same"),
        ask=NoteForm,
        skip=_not_to_say,
        description=_(
            "Your word is enough. The customer is not verified from then on and cannot send, until two people "
            "correct it."
        ),
    )
    def same(self, request: HttpRequest, obj: Likeness, given: dict[str, Any]) -> None:
        field_changes.watch_row(obj)
        sanctions_matches.say_same(obj, note=given["note"], actor=_actor(request), now=clock.now())

    @service_action(
        permission=Permission.CASE_DECIDE,
        label=_("Confirm false positive"),
        skip=_not_to_answer,
        agrees=True,
        description=_("The same pair is not asked about again, in later editions of the list neither."),
    )
    def agree(self, request: HttpRequest, obj: Likeness, given: dict[str, Any]) -> None:
        field_changes.watch_row(obj)
        sanctions_matches.answer(obj, approve=True, actor=_actor(request), now=clock.now())

    @service_action(
        permission=Permission.CASE_DECIDE,
        label=_("Reject the decision"),
        ask=RefuseForm,
        skip=_not_to_answer,
        agrees=True,
        description=_("The match is open again: anyone may decide it anew."),
    )
    def refuse(self, request: HttpRequest, obj: Likeness, given: dict[str, Any]) -> None:
        field_changes.watch_row(obj)
        sanctions_matches.answer(obj, approve=False, reason=given["reason"], actor=_actor(request), now=clock.now())


def _actor(request: HttpRequest) -> Any:
    return actor_of(request)
