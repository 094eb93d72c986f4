"""Broadcasts: written and previewed by one person, agreed to by another, steered, and reported to the last person."""

from http import HTTPStatus
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.fields import Field

from consent.base.permissions import Permission
from consent.broadcasts.choices import BROADCAST_MOVES, Audience, BroadcastOutcome, BroadcastState
from consent.broadcasts.forms import BroadcastForm, TestForm
from consent.broadcasts.models import Broadcast, BroadcastPerson
from consent.broadcasts.selectors import broadcasts
from consent.broadcasts.selectors.segments import Segment
from consent.broadcasts.services import approval, content, controls
from consent.decisions.services.reason_texts import why_not, why_paused
from portal.kernel.core import clock, date_format, field_changes
from portal.kernel.core.admin import OpenedWithPurpose, ReadOnlyAdmin, StaffModelAdmin, service_action
from portal.kernel.core.errors import Refused
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, AuditedResource, resource_of
from portal.kernel.law.choices import Channel
from portal.kernel.people.admin.proposals import PROPOSAL, AnswerForm, answered, not_answerable

LANGUAGE_NAMES = dict(settings.LANGUAGES)
#: A mark beside each word: colour is never alone.
TONES = {
    BroadcastOutcome.WAITING: "…",
    BroadcastOutcome.SENT: "→",
    BroadcastOutcome.DELIVERED: "✓",
    BroadcastOutcome.FAILED: "■",
    BroadcastOutcome.BLOCKED: "▲",
    BroadcastOutcome.CANCELLED: "–",
}


def in_words(segment: Segment) -> str:
    """The filter as one sentence."""
    parts = [str(Audience(segment.audience).label)]
    if segment.customer:
        parts.append(_("of %(customer)s") % {"customer": segment.customer})
    if segment.languages:
        names = ", ".join(LANGUAGE_NAMES.get(language, language) for language in segment.languages)
        parts.append(_("whose language is %(names)s") % {"names": names})
    if segment.entered_from or segment.entered_until:
        parts.append(
            _("known to us %(days)s") % {"days": date_format.days(segment.entered_from, segment.entered_until)}
        )
    return ", ".join(parts)


def _cannot(target: BroadcastState, why: Any) -> Any:
    def skip(row: Broadcast, user: Any) -> str:
        return "" if target in BROADCAST_MOVES[row.state] else str(why)

    return skip


def cannot_be_tried(row: Broadcast, user: Any) -> str:
    return _("This broadcast was refused.") if row.state == BroadcastState.REFUSED else ""


@admin.register(Broadcast)
class BroadcastAdmin(AuditedExport, StaffModelAdmin):
    export_resource = resource_of(
        Broadcast,
        "reference title purpose category channels segment per_minute counted state made_by made_at checked_by "
        "checked_at "
        "shown_sha256 answer begun_at listed_at ended_at",
    )
    view_permission = Permission.BROADCAST_VIEW
    add_permission = Permission.BROADCAST_PROPOSE
    change_form_template = "admin/consent/broadcast.html"
    list_display = ("reference", "title", "purpose", "goes_by", "counted", "state", "made_by", "made_at", "checked_by")
    list_filter = ("state", "category")
    search_fields = ("reference", "title")
    list_select_related = ("made_by", "checked_by")
    fields: ClassVar[tuple[str, ...]] = (
        *(
            "reference",
            "title",
            "purpose",
            "category",
            "goes_by",
            "whom",
            "who_is_left_out",
            "counted",
            "per_minute",
            "state",
        ),
        *("begun_at", "listed_at", "ended_at", *PROPOSAL),
    )
    readonly_fields = fields
    also_shown = ("said",)

    @admin.display(description=gettext_lazy("goes by"))
    def goes_by(self, obj: Broadcast) -> str:
        return _(", then ").join(obj.channel_names())

    @admin.display(description=gettext_lazy("to whom"))
    def whom(self, obj: Broadcast) -> str:
        return in_words(Segment.from_json(obj.segment))

    @admin.display(description=gettext_lazy("who of them does not get it"))
    def who_is_left_out(self, obj: Broadcast) -> str:
        """Also that it passes over a no and quiet hours, for whoever agrees to it."""
        return content.left_out(content.purpose_of(obj.purpose, at=clock.now()))

    @admin.display(description=gettext_lazy("what people read"))
    def said(self, obj: Broadcast) -> str:
        return "\n\n".join(
            f"{Channel(one.channel).label}, {LANGUAGE_NAMES.get(one.language, one.language)}:\n{one.subject}\n{one.text}"
            for one in content.preview(approval.plan_of(obj))
        )

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        obj: Broadcast | None = kwargs.get("obj")
        if obj is not None:
            plan = approval.plan_of(obj)
            context |= {
                "previews": _previews(plan),
                "doubts": content.doubts(plan, at=clock.now()),
                "why_paused": why_paused(obj.paused_because),
            }
            if obj.begun_at is not None:
                report = broadcasts.report_of(obj)
                context |= {
                    "report": report,
                    "outcomes": [(TONES[one], one.label, count) for one, count in broadcasts.outcomes_in_order(report)],
                    "reasons": [
                        (BroadcastOutcome(outcome).label, why_not(reason), count)
                        for (outcome, reason), count in report.reasons.items()
                    ],
                    "expected": max(obj.counted, report.people),
                    "people_url": reverse("admin:consent_broadcastperson_changelist")
                    + f"?broadcast__id__exact={obj.pk}",
                }
        return super().render_change_form(request, context, *args, **kwargs)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Preview and count change nothing; proposing makes the row, and nothing is sent before somebody else agrees."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = BroadcastForm(request.POST or None)
        context: dict[str, Any] = {}
        if request.method == "POST" and form.is_valid():
            plan, now = form.plan(), clock.now()
            faults = content.faults(plan, at=now)
            form.add_faults(faults)
            if "preview" in request.POST:
                context = {
                    "is_preview": True,
                    "count": plan.segment.people().count(),
                    "whom": in_words(plan.segment),
                    "left_out": content.left_out(content.purpose_of(plan.purpose, at=now)),
                    "previews": _previews(plan),
                    "doubts": content.doubts(plan, at=now),
                }
            elif not faults:
                try:
                    with field_changes.watching(actor_of(request), "add", entered=form.cleaned_data):
                        row = approval.propose(plan=plan, actor=actor_of(request), now=now)
                except Refused as refusal:
                    form.add_error(None, str(refusal))
                else:
                    messages.success(request, _("Proposed. Another person has to agree."))
                    return HttpResponseRedirect(reverse("admin:consent_broadcast_change", args=[row.pk]))
        context |= {
            **self.admin_site.each_context(request),
            "title": _("Propose a broadcast"),
            "form": form,
            "opts": self.opts,
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return TemplateResponse(request, "admin/consent/broadcast_add.html", context, status=status)

    @service_action(
        permission=Permission.BROADCAST_PROPOSE,
        ask=AnswerForm,
        label=gettext_lazy("Decide"),
        skip=not_answerable,
        description=gettext_lazy("Approving begins the sending at once. What has left cannot be called back."),
    )
    def answer_broadcast(self, request: HttpRequest, obj: Broadcast, answer: dict[str, Any]) -> str:
        return answered(approval.answer, answer, row=obj, actor=actor_of(request), now=clock.now())

    @service_action(
        permission=Permission.BROADCAST_PROPOSE,
        ask=TestForm,
        label=gettext_lazy("Send me a test"),
        skip=cannot_be_tried,
    )
    def try_out(self, request: HttpRequest, obj: Broadcast, answer: dict[str, Any]) -> str:
        count = approval.try_out(row=obj, channel=answer["channel"], actor=actor_of(request), now=clock.now())
        return _("%(count)d messages are on their way to you.") % {"count": count}

    @service_action(
        permission=Permission.BROADCAST_STEER,
        label=gettext_lazy("Pause"),
        skip=_cannot(BroadcastState.PAUSED, gettext_lazy("Only a broadcast under way can be paused.")),
        description=gettext_lazy(
            "No further message is let go. What was handed over, or is being handed over at this moment, is on its way."
        ),
    )
    def pause(self, request: HttpRequest, obj: Broadcast, answer: dict[str, Any]) -> None:
        controls.pause(row=obj, actor=actor_of(request), now=clock.now())

    @service_action(
        permission=Permission.BROADCAST_STEER,
        label=gettext_lazy("Resume"),
        skip=lambda row, user: (
            "" if row.state == BroadcastState.PAUSED else str(_("Only a paused broadcast can be resumed."))
        ),
    )
    def resume(self, request: HttpRequest, obj: Broadcast, answer: dict[str, Any]) -> None:
        controls.resume(row=obj, actor=actor_of(request), now=clock.now())

    @service_action(
        permission=Permission.BROADCAST_STEER,
        label=gettext_lazy("Cancel for good"),
        skip=_cannot(BroadcastState.CANCELLED, gettext_lazy("Only a broadcast under way or paused can be cancelled.")),
        description=gettext_lazy("Nothing more is sent, ever. People who were not reached are counted as cancelled."),
    )
    def cancel(self, request: HttpRequest, obj: Broadcast, answer: dict[str, Any]) -> None:
        controls.cancel(row=obj, actor=actor_of(request), now=clock.now())


def _previews(plan: content.Plan) -> list[dict[str, Any]]:
    return [
        {
            "channel": Channel(one.channel).label,
            "language": one.language,
            "language_name": LANGUAGE_NAMES.get(one.language, one.language),
            "subject": "" if one.template_id else one.subject,
            "text": one.text,
            "template_id": one.template_id,
        }
        for one in content.preview(plan)
    ]


class PersonResource(AuditedResource):
    """The report, a line for each person: references and codes, no address."""

    outcome = Field("outcome", "outcome")
    why = Field("why", "reason_code")
    channel = Field("channel", "channel")
    message_reference = Field("message_reference", "message")

    class Meta(AuditedResource.Meta):
        model = BroadcastPerson
        fields = ("broadcast__reference", "subject_ref", "outcome", "why", "channel", "message_reference", "posted_at")
        export_order = fields


class PersonFilter(admin.SimpleListFilter):
    """By what came of it: the states of messages are grouped as the report groups them."""

    title = gettext_lazy("outcome")
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("waiting", _("Still to be sent")), ("no_message", _("No message was made"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "waiting":
            return queryset.filter(is_open=True)
        return queryset.filter(message=None, is_open=False) if self.value() == "no_message" else queryset


@admin.register(BroadcastPerson)
class BroadcastPersonAdmin(AuditedExport, OpenedWithPurpose, ReadOnlyAdmin):
    export_resource = PersonResource
    view_permission = Permission.BROADCAST_VIEW
    list_display = ("subject_ref", "broadcast", "came_to_in_words", "why_in_words", "goes_by", "posted_at")
    list_filter = (PersonFilter, "message__channel")
    linked_lookups = ("broadcast__id__exact",)
    list_select_related = ("broadcast", "message")
    fields: ClassVar[tuple[str, ...]] = (
        *("broadcast", "subject_ref", "came_to_in_words", "why_in_words", "goes_by", "message", "posted_at"),
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[BroadcastPerson]:
        found: QuerySet[BroadcastPerson] = super().get_queryset(request)
        return found.select_related("broadcast", "message")

    @admin.display(description=gettext_lazy("outcome"))
    def came_to_in_words(self, obj: BroadcastPerson) -> str:
        outcome = BroadcastOutcome(obj.outcome)
        return f"{TONES[outcome]} {outcome.label}"

    @admin.display(description=gettext_lazy("reason"))
    def why_in_words(self, obj: BroadcastPerson) -> str:
        return why_not(obj.why) if obj.why else "–"

    @admin.display(description=gettext_lazy("channel"))
    def goes_by(self, obj: BroadcastPerson) -> str:
        return str(Channel(obj.channel).label) if obj.channel else "–"
