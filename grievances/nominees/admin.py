"""Staff's pages of nominees: who named somebody, what they may do; the name only to who opens the row."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from grievances.base.encryption import Shredded
from grievances.base.permissions import GrievancePermission
from grievances.nominees import labels
from grievances.nominees.choices import LIVE
from grievances.nominees.models import Nominee, NomineeStanding
from grievances.nominees.services import nominations, nominee_claims
from portal.kernel.core import clock
from portal.kernel.core.admin import OpenedWithPurpose, ReadOnlyAdmin, service_action
from portal.kernel.core.pii_guard import PlainWords
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of

_FIELDS = {"name": _("Name"), "relation": _("Relation"), "email": _("Email"), "phone": _("Phone")}


@admin.register(Nominee)
class NomineeAdmin(AuditedExport, OpenedWithPurpose, ReadOnlyAdmin):
    """Whom people named to use their rights when they die or can no longer act. People name and end them on their page."""

    view_permission = GrievancePermission.REQUEST_VIEW
    export_permission = GrievancePermission.TICKET_EXPORT
    export_resource = resource_of(Nominee, "reference rights named_at changed_at ended_at")
    list_display = ("reference", "may_do", "named_at", "changed_at", "ended_at")
    list_filter = (("ended_at", admin.EmptyFieldListFilter),)
    search_fields = ("reference",)
    search_help_text = _("A reference, for example OS-NM-7K4M-9QXM")
    fields = ("reference", "who", "may_do", "named_at", "changed_at", "ended_at")
    shown_before = ("reference", "may_do", "named_at", "ended_at")

    def subject_ref_of(self, obj: Any) -> Any:
        return obj.subject_ref

    def about_of(self, obj: Any) -> str:
        return str(obj.owner)

    @admin.display(description=_("who it is"))
    def who(self, obj: Nominee) -> str:
        """Name and addresses; gone once they were erased."""
        try:
            held = nominations.details_of(obj)
        except Shredded:
            return str(_("These words were erased."))
        if "relation" in held:
            held["relation"] = str(labels.RELATIONS.get(held["relation"], held["relation"]))
        rows = ((_FIELDS[name], value) for name, value in held.items() if value)
        return format_html_join("", "{}: {}<br>", rows) or "–"

    @admin.display(description=_("what they may do"))
    def may_do(self, obj: Nominee) -> str:
        return ", ".join(str(labels.RIGHTS[right]) for right in obj.rights)


class WhyForm(forms.Form):
    why = PlainWords(label=_("Why"), max_length=2000)


def _is_over(row: NomineeStanding, user: Any) -> str:
    return "" if row.state in LIVE else str(_("This standing has ended already."))


@admin.register(NomineeStanding)
class NomineeStandingAdmin(AuditedExport, ReadOnlyAdmin):
    """What two people agreed to of a claim, from when it holds, and who ended it. One person alone may end it."""

    view_permission = GrievancePermission.REQUEST_VIEW
    export_permission = GrievancePermission.TICKET_EXPORT
    export_resource = resource_of(
        NomineeStanding,
        "request__ticket__reference nominee__reference state granted_at begins_at begun_at ended_at ended_because",
    )
    list_display = ("request", "nominee", "state", "granted_at", "begins_at", "begun_at", "ended_at")
    list_filter = ("state",)
    list_select_related = ("request__ticket", "nominee")
    fields = (
        "request",
        "nominee",
        "cause",
        "state",
        "granted_at",
        "begins_at",
        "begun_at",
        "ended_at",
        "ended_because",
    )

    @service_action(
        permission=GrievancePermission.REQUEST_ANSWER,
        label=_("End it"),
        ask=WhyForm,
        skip=_is_over,
        description=_("It was a mistake, or is over. The account opens again; answers that ended do not come back."),
    )
    def end_standing(self, request: HttpRequest, obj: NomineeStanding, given: dict[str, Any]) -> str:
        by: Any = request.user
        nominee_claims.end_by_staff(standing=obj, why=given["why"], by=by, actor=actor_of(request), at=clock.now())
        return str(_("It has ended."))
