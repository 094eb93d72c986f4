"""What people were told and asked without having come for it: read only, for whoever has to show it."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy

from consent.models import EndingTold, GuardianAnswer, LateNotice, Meeting
from consent.permissions import Permission
from portal.core.admin import ReadOnlyAdmin
from portal.jobs.audited_export import AuditedExport, resource_of


class _Told(AuditedExport, ReadOnlyAdmin):
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
    list_note = gettext_lazy("The reminder before the end of a yes: once for each.")


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
        "subject_ref",
        "guardian_ref",
        "relation",
        "identity_shown",
        "age_shown",
        "appointed_by",
        "sha256",
        "shown_at",
    )
    list_note = gettext_lazy(
        "How the identity and age of a parent or guardian were shown. The leaf of the yes names the hash."
    )


@admin.register(LateNotice)
class LateNoticeAdmin(_Told):
    export_resource = resource_of(
        LateNotice, "id subject_ref purpose notice_version language text_sha256 rule about given_at"
    )
    list_display = ("person", "purpose", "notice_version", "language", "rule", "given_at")
    list_select_related = ("notice_version__notice",)
    list_filter = ("purpose", "language")
    fields = ("subject_ref", "purpose", "notice_version", "language", "text_sha256", "rule", "about", "given_at")
    list_note = gettext_lazy("Who agreed before the law on notices began is given today's notice, once a purpose.")


@admin.register(Meeting)
class MeetingAdmin(_Told):
    export_resource = resource_of(
        Meeting, "id subject_ref purpose meaning_since notice_version language text_sha256 met_at"
    )
    list_display = ("person", "purpose", "notice_version", "language", "met_at")
    list_select_related = ("notice_version__notice",)
    list_filter = ("purpose", "language")
    fields = ("subject_ref", "purpose", "meaning_since", "notice_version", "language", "text_sha256", "met_at")
    list_note = gettext_lazy(
        "Who was brought to a question, and which text stood beside it. No answer, and never consent."
    )
