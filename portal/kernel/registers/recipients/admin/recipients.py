"""Who gets people's data, what they were told to do, and how far they are."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from import_export.fields import Field

from portal.kernel.core import clock, date_format
from portal.kernel.core.admin import ReadOnlyAdmin, service_action
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, AuditedResource, resource_of
from portal.kernel.law.choices import Channel
from portal.kernel.law.labels import PurposeNames
from portal.kernel.people.admin.create_view import CreatingAdmin
from portal.kernel.people.choices import Answer
from portal.kernel.registers.base.choices import FactKind
from portal.kernel.registers.base.labels import CATEGORIES
from portal.kernel.registers.base.permissions import Permission
from portal.kernel.registers.recipients.forms import InstructionForm, NoteForm, RecipientForm
from portal.kernel.registers.recipients.models.instructions import Instruction, ReportedSend
from portal.kernel.registers.recipients.models.recipients import Recipient
from portal.kernel.registers.recipients.selectors import recipients as recipient_selectors
from portal.kernel.registers.recipients.services import instruction_status, recipients, staff_instructions
from portal.kernel.registers.senders.admin.sender_entries import ENTRY, EntryAdmin


def does_not_hold(recipient: Recipient, user: Any) -> str:
    """Why there is nobody to share a secret with; empty when there is."""
    if recipient.answer != Answer.APPROVED or recipient.ends_at is not None:
        return str(_("This recipient is not valid: it was not approved, or has ended."))
    return ""


@admin.register(Recipient)
class RecipientAdmin(EntryAdmin):
    view_permission = Permission.RECIPIENT_VIEW
    add_permission = Permission.RECIPIENT_PROPOSE
    end_permission = Permission.RECIPIENT_END
    end_means = _("It is notified of nothing more from now on. It remains responsible for what it received.")
    export_resource = resource_of(
        Recipient, f"{ENTRY} code name kind purposes channels used_categories country address_form"
    )
    create_form = RecipientForm
    create_title = _("Propose a recipient")
    list_display = ("name", "kind", "fiduciary", "land", "answer", "holds_from", "ends_at")
    list_filter = ("kind", "answer")
    search_fields = ("code", "name", "fiduciary__code")
    own_fields = (
        *("code", "name", "kind", "what_for", "works_on", "what_it_gets", "land", "contact", "host"),
        *("address_form", "secrets_that_hold"),
    )
    readonly_fields = ("what_for", "works_on", "what_it_gets", "land", "host", "secrets_that_hold")

    @staticmethod
    def create(request: HttpRequest, entered: dict[str, Any]) -> int:
        return recipients.propose(**entered, actor=actor_of(request), now=clock.now()).pk

    @admin.display(description=_("Country"), ordering="country")
    def land(self, obj: Recipient) -> str:
        return recipient_selectors.country_name(obj.country)

    @admin.display(description=_("Purposes"))
    def what_for(self, obj: Recipient) -> str:
        return PurposeNames()(obj.purposes)

    @admin.display(description=_("Channels"))
    def works_on(self, obj: Recipient) -> str:
        return ", ".join(str(Channel(channel).label) for channel in obj.channels)

    @admin.display(description=_("Kinds of data"))
    def what_it_gets(self, obj: Recipient) -> str:
        return ", ".join(str(label) for category, label in CATEGORIES if category in obj.used_categories)

    @admin.display(description=_("Host of its webhook address"))
    def host(self, obj: Recipient) -> str:
        return recipient_selectors.host_of(obj.url)

    @admin.display(description=_("Valid secrets"))
    def secrets_that_hold(self, obj: Recipient) -> int:
        return len(recipient_selectors.secrets_of(obj.code, at=clock.now()))

    @service_action(permission=Permission.RECIPIENT_SECRET, label=_("Make a new secret"), skip=does_not_hold)
    def make_secret(self, request: HttpRequest, obj: Recipient, answer: dict[str, Any]) -> str:
        text = recipients.new_secret(obj, actor=actor_of(request), now=clock.now())
        said = gettext("This is the secret. It is shown this once; copy it now: {secret}").format(secret=text)
        if obj.address_form == "plain":
            return said
        key = recipient_selectors.matching_key(obj.code).hex()
        return said + " " + gettext("The key of the address hashes, in hex: {key}").format(key=key)

    @service_action(
        permission=Permission.RECIPIENT_SECRET,
        label=_("End the older secrets"),
        description=_("Do this once the recipient uses the newest secret: what it signs with an older one is refused."),
        skip=does_not_hold,
    )
    def end_secrets(self, request: HttpRequest, obj: Recipient, answer: dict[str, Any]) -> str:
        ended = recipients.end_older_secrets(obj, actor=actor_of(request), now=clock.now())
        return gettext("Ended: {count}").format(count=ended)

    @service_action(permission=Permission.RECIPIENT_TEST, label=_("Send a test"), skip=does_not_hold)
    def send_test(self, request: HttpRequest, obj: Recipient, answer: dict[str, Any]) -> str:
        code = recipients.test(obj, actor=actor_of(request), now=clock.now())
        if not code:
            return gettext("The system took the test.")
        return gettext("The system did not take the test: {code}").format(code=code)


class StandingFilter(admin.SimpleListFilter):
    title = _("how far it is")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("late", _("Late")), ("open", _("Not acknowledged")), ("done", _("Done"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "open":
            return recipient_selectors.not_acknowledged(queryset)
        if self.value() == "late":
            return recipient_selectors.late(queryset, now=clock.now())
        return queryset.filter(facts__kind=FactKind.ACTED) if self.value() == "done" else queryset


class InstructionResource(AuditedResource):
    """Each instruction with its steps, and the last send to its address that we know of."""

    delivered_at = Field("delivered_at", "delivered_at")
    acknowledged_at = Field("acknowledged_at", "acknowledged_at")
    acted_at = Field("acted_at", "acted_at")
    due_at = Field("due_at", "due_at")
    last_send_at = Field("last_send_at", "last_send_at")
    seconds_to_last_send = Field("seconds_to_last_send", "seconds_to_last_send")

    class Meta(AuditedResource.Meta):
        model = Instruction
        fields = (
            *("id", "reference", "recipient__code", "fiduciary__code", "kind", "subject_ref", "about", "covers"),
            *(
                "given_at",
                "delivered_at",
                "acknowledged_at",
                "acted_at",
                "due_at",
                "last_send_at",
                "seconds_to_last_send",
            ),
        )
        export_order = fields

    def dehydrate_last_send_at(self, row: Instruction) -> datetime | None:
        return recipient_selectors.last_send_of(row)

    def dehydrate_seconds_to_last_send(self, row: Instruction) -> int | None:
        """From the instruction to the last send after it; nothing when there was none after it."""
        last = recipient_selectors.last_send_of(row)
        return int((last - row.given_at).total_seconds()) if last is not None and last > row.given_at else None


def _not_acknowledgeable(instruction: Instruction, user: Any) -> str:
    if instruction.facts.filter(kind=FactKind.ACTED).exists():
        return str(_("This is done already."))
    return ""


@admin.register(Instruction)
class InstructionAdmin(AuditedExport, CreatingAdmin):
    """Stop, correct, erase: which recipient was told what, and when it was delivered, acknowledged and done."""

    view_permission = Permission.INSTRUCTION_VIEW
    add_permission = Permission.INSTRUCTION_GIVE
    export_resource = InstructionResource
    create_form = InstructionForm
    create_title = _("Instruct a recipient")
    list_display = ("reference", "recipient", "kind", "given", "delivered", "acknowledged", "acted", "due")
    list_filter = (StandingFilter, "kind")
    list_select_related = ("recipient", "fiduciary")
    search_fields = ("reference", "recipient__code", "about")
    fields = (
        *("reference", "recipient", "fiduciary", "kind", "because", "what", "given", "delivered", "acknowledged"),
        *("acted", "due", "last_send"),
    )
    readonly_fields: ClassVar[tuple[str, ...]] = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return recipient_selectors.with_standing(super().get_queryset(request))

    @staticmethod
    def create(request: HttpRequest, entered: dict[str, Any]) -> int:
        return staff_instructions.by_staff(
            recipient=entered["recipient"],
            do=entered["do"],
            subject_ref=entered["subject"],
            because=entered["because"].strip(),
            actor=actor_of(request),
            now=clock.now(),
        ).pk

    @admin.display(description=_("because of"))
    def because(self, obj: Instruction) -> str:
        """The receipt, grievance or request by its reference; of an erasure the person's."""
        return obj.about.partition(":")[2]

    @admin.display(description=_("What it is about"))
    def what(self, obj: Instruction) -> str:
        name = PurposeNames()
        covered = [f"{name(purpose)} ({Channel(channel).label})" for purpose, channel in obj.covers]
        return ", ".join(covered) or gettext("Everything")

    @admin.display(description=_("Given"), ordering="given_at")
    def given(self, obj: Instruction) -> str:
        return _when(obj.given_at)

    @admin.display(description=_("Delivered"))
    def delivered(self, obj: Any) -> str:
        return _when(obj.delivered_at)

    @admin.display(description=_("Acknowledged"))
    def acknowledged(self, obj: Any) -> str:
        return _when(obj.acknowledged_at)

    @admin.display(description=_("Done"))
    def acted(self, obj: Any) -> str:
        return _when(obj.acted_at)

    @admin.display(description=_("To be acknowledged by"))
    def due(self, obj: Any) -> str:
        return _when(obj.due_at)

    @admin.display(description=_("Last send that we know of"))
    def last_send(self, obj: Instruction) -> str:
        return _when(recipient_selectors.last_send_of(obj))

    @service_action(
        permission=Permission.INSTRUCTION_NOTE,
        ask=NoteForm,
        label=_("Note what the recipient confirmed otherwise"),
        skip=_not_acknowledgeable,
    )
    def note_answer(self, request: HttpRequest, obj: Instruction, answer: dict[str, Any]) -> str:
        is_new = instruction_status.note(
            obj,
            FactKind(answer["kind"]),
            happened_at=None,
            actor=actor_of(request),
            now=clock.now(),
        )
        return gettext("Noted.") if is_new else gettext("This was known.")


def _when(at: Any) -> str:
    return date_format.moment(at)


@admin.register(ReportedSend)
class ReportedSendAdmin(AuditedExport, ReadOnlyAdmin):
    """What sending systems say they sent."""

    view_permission = Permission.INSTRUCTION_VIEW
    export_resource = resource_of(
        ReportedSend, "id recipient__code reference_sha256 purpose channel sent_at reported_at"
    )
    list_display = ("recipient", "purpose", "channel", "sent_at", "reported_at")
    list_filter = ("channel",)
    list_select_related = ("recipient",)
    search_fields = ("recipient__code",)
    fields = ("recipient", "purpose", "channel", "sent_at", "reported_at", "reference_sha256")
