"""What people were told and asked without having come for it: read only, for whoever has to show it."""

from typing import Any, Final
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.base.choices import EndedBy
from consent.base.permissions import Permission
from consent.notices.models.notifications import EndingTold, LateNotice
from consent.notices.selectors.languages import languages
from consent.notices.services import legacy_notices
from consent.records.models.guardians import GuardianAnswer, StandingEnded
from consent.records.models.prompts import Meeting
from consent.records.selectors import guardianships
from consent.records.services import guardianship_ends
from portal.kernel.core import clock
from portal.kernel.core.admin import OpenedWithPurpose, ReadOnlyAdmin, service_action
from portal.kernel.core.admin.bases import ReasonForm
from portal.kernel.core.admin.filters import one_of
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.law import selectors as law
from portal.kernel.law.labels import PurposeNames
from portal.kernel.people import selectors as people
from portal.kernel.people.models import Principal

#: Which page of the people without a way is shown, beside the list's own pages.
PAGE: Final = "without_a_way"


def _ended_already(row: GuardianAnswer, user: Any) -> str:
    return _("This had ended already.") if guardianships.has_ended(row) else ""


def _person_page(ref: UUID) -> str:
    """The reference of a subject, with the way to the person's page where there is (still) a person."""
    person = Principal.objects.filter(subject__ref__in=people.refs_of(ref)).only("pk").first()
    if person is None:
        return str(ref)
    return format_html('<a href="{}">{}</a>', reverse("admin:people_principal_change", args=[person.pk]), ref)


class _Told(AuditedExport, OpenedWithPurpose, ReadOnlyAdmin):
    view_permission = Permission.EVENT_VIEW

    @admin.display(description=gettext_lazy("person"))
    def person(self, obj: Any) -> str:
        return str(obj.subject_ref)[:8]


@admin.register(EndingTold)
class EndingToldAdmin(AuditedExport, ReadOnlyAdmin):
    export_resource = resource_of(
        EndingTold, "id event__receipt__reference event__purpose event__channel ends_at told_at"
    )
    view_permission = Permission.EVENT_VIEW
    list_display = ("event", "ends_at", "told_at")
    list_select_related = ("event",)
    fields = ("event", "about", "ends_at", "told_at")
    list_note = gettext_lazy("The reminder before a consent expires: once for each.")


@admin.register(GuardianAnswer)
class GuardianAnswerAdmin(_Told):
    export_resource = resource_of(
        GuardianAnswer, "id receipt__reference relation identity_shown age_shown appointed_by sha256 shown_at"
    )
    list_display = ("receipt", "relation", "identity_shown", "age_shown", "appointed_by", "shown_at")
    list_select_related = ("receipt",)
    list_filter = ("relation",)
    fields = (
        "receipt",
        "whose",
        "guardian",
        "relation",
        "identity_shown",
        "age_shown",
        "appointed_by",
        "sha256",
        "shown_at",
    )
    list_note = gettext_lazy(
        "How the identity and age of a parent or guardian were verified. The leaf of the consent names the hash."
    )

    @admin.display(description=gettext_lazy("subject"))
    def whose(self, obj: GuardianAnswer) -> str:
        return _person_page(obj.subject_ref)

    @admin.display(description=gettext_lazy("subject of the guardian"))
    def guardian(self, obj: GuardianAnswer) -> str:
        return _person_page(obj.guardian_ref)

    @service_action(
        permission=Permission.EVENT_RECORD,
        ask=ReasonForm,
        label=gettext_lazy("End the standing of this parent or guardian"),
        skip=_ended_already,
        description=gettext_lazy("From then on they no longer decide for this person. What they consented to stays."),
    )
    def end_standing(self, request: HttpRequest, obj: GuardianAnswer, answer: dict[str, Any]) -> str:
        receipt = guardianship_ends.end(
            last=obj,
            by=EndedBy.STAFF,
            reason=answer["reason"],
            actor=actor_of(request),
            now=clock.now(),
        )
        return _("Ended under receipt %(receipt)s.") % {"receipt": receipt}


def _purposes() -> list[tuple[str, str]]:
    return [(purpose.code, purpose.name) for purpose in law.purposes_in_force(on=clock.day(clock.now()))]


def _languages() -> list[tuple[str, str]]:
    return [(code, found.name) for code, found in languages().items()]


@admin.register(StandingEnded)
class StandingEndedAdmin(_Told):
    export_resource = resource_of(StandingEnded, "id receipt__reference by ended_at")
    list_display = ("receipt", "by", "ended_at")
    list_select_related = ("receipt",)
    list_filter = ("by",)
    fields = ("receipt", "subject_ref", "guardian_ref", "by", "ended_at")
    list_note = gettext_lazy(
        "Guardians whose guardianship has ended. A later decision that two people record begins anew."
    )


@admin.register(LateNotice)
class LateNoticeAdmin(_Told):
    export_resource = resource_of(
        LateNotice, "id subject_ref purpose notice_version language text_sha256 rule about given_at"
    )
    list_display = ("person", "purpose", "notice_version", "language", "rule", "given_at")
    list_select_related = ("notice_version__notice",)
    list_filter = (("purpose", one_of(_purposes)), ("language", one_of(_languages)))
    fields = ("subject_ref", "purpose", "notice_version", "language", "text_sha256", "rule", "about", "given_at")
    list_note = gettext_lazy("Who agreed before the law on notices began is given today's notice, once a purpose.")
    import_export_change_list_template = "admin/consent/late_notices.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The notices that were given, below those that could not be: nobody may wait unseen."""
        asked = request.GET.copy()
        page = asked.pop(PAGE, ["1"])[-1]
        request.GET = asked  # type: ignore[assignment]  # the list refuses what is no filter of its own
        waiting = legacy_notices.unreached(now=clock.now(), page=int(page) if page.isdecimal() else 1)
        names = PurposeNames()
        shown = [(one.subject_ref, one.since, names(list(one.purposes))) for one in waiting.people]
        context = {"waiting": waiting, "shown": shown, "page_name": PAGE, **(extra_context or {})}
        return super().changelist_view(request, context)


@admin.register(Meeting)
class MeetingAdmin(_Told):
    export_resource = resource_of(
        Meeting, "id subject_ref purpose meaning_since notice_version language text_sha256 met_at"
    )
    list_display = ("person", "purpose", "notice_version", "language", "met_at")
    list_select_related = ("notice_version__notice",)
    list_filter = (("purpose", one_of(_purposes)), ("language", one_of(_languages)))
    fields = ("subject_ref", "purpose", "meaning_since", "notice_version", "language", "text_sha256", "met_at")
    list_note = gettext_lazy("Who was shown a question, and with which text. No choice, and never consent.")
