"""Consents on paper or by telephone, by two people; and what waits for a parent or guardian."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.base.choices import HeldState
from consent.base.permissions import Act, Permission
from consent.collection.forms.offline_consents import TakenForm
from consent.collection.services import offline_consents
from consent.records.models.guardians import HeldConsent
from consent.records.models.offline_consents import TakenAnswer
from consent.records.services import guardian_consents
from portal.kernel.core import access, clock, date_format, field_changes
from portal.kernel.core.admin import OpenedWithPurpose, ReadOnlyAdmin, StaffModelAdmin, service_action
from portal.kernel.core.errors import PortalError
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.law.labels import ChannelNames, PurposeNames
from portal.kernel.people import short_names
from portal.kernel.people.admin.proposals import PROPOSAL, AnswerForm, not_answerable

OWN = (
    "subject_ref",
    "fiduciary",
    "purpose",
    "channels",
    "sender",
    "way",
    "notice_version",
    "language",
    "occurred_at",
    "call_reference",
    "the_scan",
    "guardian_ref",
    "relation",
    "identity_shown",
    "age_shown",
    "appointed_by",
    "receipt",
)


@admin.register(TakenAnswer)
class TakenAnswerAdmin(AuditedExport, OpenedWithPurpose, StaffModelAdmin):
    """Adding is proposing: nothing is recorded before another person has seen the proof and agreed."""

    export_resource = resource_of(
        TakenAnswer,
        "id subject_ref fiduciary__code purpose sender way language occurred_at relation identity_shown age_shown "
        "appointed_by "
        "act made_by made_at checked_by checked_at shown_sha256 answer receipt__reference",
    )
    view_permission = Permission.EVENT_VIEW
    add_permission = Permission.EVENT_RECORD
    proposes = Act.ANSWER_TAKE
    list_display = ("purpose", "way", "fiduciary", "occurred_at", "answer", "made_by", "made_at", "checked_by")
    list_select_related = ("fiduciary", "made_by", "checked_by")
    list_filter = ("answer", "way")
    fields = (*OWN, *PROPOSAL)
    readonly_fields = (*fields, "hash_of_the_scan")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whoever may not open the scan sees its hash."""
        if access.allowed(request.user, Permission.EVENT_RECORD):
            return self.fields
        return tuple("hash_of_the_scan" if name == "the_scan" else name for name in self.fields)

    @admin.display(description=gettext_lazy("SHA-256 of the scan"))
    def hash_of_the_scan(self, obj: TakenAnswer) -> str:
        return obj.scan.sha256 if obj.scan is not None else "–"

    @admin.display(description=gettext_lazy("scan"))
    def the_scan(self, obj: TakenAnswer) -> str:
        if obj.scan is None:
            return "–"
        if obj.scan.shredded_at is not None:
            return _("The scan was erased.")
        url = reverse("admin:consent_takenanswer_scan", args=[obj.pk])
        return format_html('<a href="{}">{}</a> <code>{}</code>', url, _("Open the scan"), obj.scan.sha256)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = TakenForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                with field_changes.watching(actor_of(request), "add"):
                    made = offline_consents.propose(
                        taken=form.taken,
                        scan=form.cleaned_data["scan"],
                        actor=actor_of(request),
                    )
            except PortalError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("Proposed. Another person has to agree."))
                return HttpResponseRedirect(reverse("admin:consent_takenanswer_change", args=[made.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Propose an offline consent (paper or phone)"),
            "form": form,
            "opts": self.opts,
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return TemplateResponse(request, "admin/people/create.html", context, status=status)

    def get_urls(self) -> list[URLPattern]:
        scan = path("<int:number>/scan/", self.admin_site.admin_view(self.scan_view), name="consent_takenanswer_scan")
        return [scan, *super().get_urls()]

    def scan_view(self, request: HttpRequest, number: int) -> FileResponse:
        """The scan, as a download; the vault writes who opened it."""
        access.require(request.user, Permission.EVENT_RECORD)
        row = self.only_opened(request, TakenAnswer.objects.select_related("scan").filter(pk=number).first())
        if row.scan is None:
            raise Http404
        stream = offline_consents.open_scan(row, actor=actor_of(request))
        name = f"consent-form-{row.pk}"
        return FileResponse(stream, as_attachment=True, filename=name, content_type="application/octet-stream")

    def differences(self, request: HttpRequest, row: TakenAnswer) -> list[tuple[Any, str, str]]:
        """What would be recorded, in words, with its proof: whose consent, to what, how it was given, and what shows it."""
        names = short_names.of_subjects({ref for ref in (row.subject_ref, row.guardian_ref) if ref}, user=request.user)
        way = f"{row.get_way_display()}, {date_format.moment(row.occurred_at)}"
        said = [
            (_("Whose"), names.get(row.subject_ref, str(row.subject_ref))),
            (_("What is recorded"), _("Consent given")),
            (_("Purpose"), PurposeNames()(row.purpose)),
            (_("Channels"), ChannelNames()(row.channels) if row.channels else ""),
            (_("Only for this sender"), row.sender),
            (_("Company"), str(row.fiduciary)),
            (_("How it was given"), way),
            (_("Notice shown"), f"{row.notice_version}, {dict(settings.LANGUAGES).get(row.language, row.language)}"),
            (_("Proof"), self._proof(request, row)),
        ]
        if row.guardian_ref is not None:
            shown = f"{row.get_identity_shown_display()} / {row.get_age_shown_display()}"
            whose = names.get(row.guardian_ref, str(row.guardian_ref))
            said += [
                (_("Who decided for the person"), f"{whose}, {row.get_relation_display()}"),
                (_("Their identity and age were shown by"), shown),
            ]
        return [(label, "", value) for label, value in said if value]

    def _proof(self, request: HttpRequest, row: TakenAnswer) -> str:
        if row.call_reference:
            return _("Call %(reference)s") % {"reference": row.call_reference}
        return (
            self.the_scan(row) if access.allowed(request.user, Permission.EVENT_RECORD) else self.hash_of_the_scan(row)
        )

    @service_action(
        permission=Permission.EVENT_RECORD,
        ask=AnswerForm,
        label=gettext_lazy("Decide: is this what the proof shows?"),
        skip=not_answerable,
        description=gettext_lazy("Open the scan or listen to the call first. Agreeing records the consent at once."),
    )
    def answer_taken(self, request: HttpRequest, obj: TakenAnswer, answer: dict[str, Any]) -> str:
        approve = answer["decision"] == "approve"
        done = offline_consents.answer(
            proposal=obj,
            approve=approve,
            reason=answer["reason"],
            actor=actor_of(request),
        )
        if done is None or done.receipt is None:
            return _("Refused.")
        return _("Recorded under receipt %(receipt)s.") % {"receipt": done.receipt}


def _closed(held: HeldConsent, user: Any) -> str:
    return "" if held.state == HeldState.HELD else _("This is closed already.")


@admin.register(HeldConsent)
class HeldConsentAdmin(AuditedExport, OpenedWithPurpose, ReadOnlyAdmin):
    """A yes that a parent or guardian has to give. It allows nothing; their answer is taken as a consent on paper."""

    export_resource = resource_of(
        HeldConsent, "id subject_ref fiduciary__code purpose language state held_at closed_at"
    )
    view_permission = Permission.EVENT_VIEW
    list_display = ("purpose", "fiduciary", "state", "held_at", "closed_at")
    list_select_related = ("fiduciary", "notice_version__notice")
    list_filter = ("state",)
    fields = (
        "subject_ref",
        "fiduciary",
        "purpose",
        "channels",
        "notice_version",
        "language",
        "state",
        "held_at",
        "closed_at",
    )
    readonly_fields = fields
    list_note = gettext_lazy("When the parent or guardian decides, record it under “Offline consents”.")

    @service_action(permission=Permission.EVENT_RECORD, label=gettext_lazy("Give the question up"), skip=_closed)
    def leave(self, request: HttpRequest, obj: HeldConsent, answer: dict[str, Any]) -> str:
        guardian_consents.leave(held=obj, actor=actor_of(request), now=clock.now())
        return _("Cancelled.")
