"""Orders of authorities, what they were given, and the tasks that the books open."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock, date_format
from portal.kernel.core.admin import ReadOnlyAdmin, service_action
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.law import rules as law_rules
from portal.kernel.law import selectors as law
from portal.kernel.people.admin.create_view import CreatingAdmin
from portal.kernel.people.admin.proposals import PROPOSAL, not_answerable
from portal.kernel.people.choices import Answer
from portal.kernel.people.forms import RefuseForm, WhyLateForm
from portal.kernel.registers.base.choices import OrderState
from portal.kernel.registers.base.labels import CATEGORIES
from portal.kernel.registers.base.models.orders import AuthorityOrder, OrderAnswer, SilenceEnd
from portal.kernel.registers.base.models.register_tasks import BookTask
from portal.kernel.registers.base.permissions import Act, Permission
from portal.kernel.registers.orders.forms import OrderAnswerForm, OrderForm, SilenceEndForm, SilenceForm
from portal.kernel.registers.orders.selectors import may_speak
from portal.kernel.registers.orders.services import authority_orders, non_disclosure


def _kinds(codes: Any) -> str:
    return ", ".join(str(label) for code, label in CATEGORIES if code in codes)


def _answered(order: AuthorityOrder, user: Any) -> str:
    if order.state != OrderState.RECEIVED:
        return str(_("This order is answered already."))
    return str(authority_orders.WAITS) if order.answers.filter(answer=Answer.PENDING).exists() else ""


def _not_to_silence(order: AuthorityOrder, user: Any) -> str:
    return non_disclosure.not_to_silence(order, at=clock.now())


def _silence(order: AuthorityOrder) -> str:
    """Whether the people may learn of it, and from when, for who decides."""
    if may_speak(order, at=clock.now()):
        if not order.is_secret:
            return str(_("No: the people are informed once data was given."))
        return str(_("It has ended: the people are informed once data was given."))
    day = order.secret_until
    if day is None:
        return str(_("Yes, without a last day: until two people note that it has ended."))
    return str(_("Yes, until %(day)s; the people are informed after that.")) % {"day": date_format.day(day)}


def _not_silent(order: AuthorityOrder, user: Any) -> str:
    return (
        ""
        if not may_speak(order, at=clock.now())
        else str(_("This order binds us to no silence, or that has ended already."))
    )


@admin.register(AuthorityOrder)
class AuthorityOrderAdmin(AuditedExport, CreatingAdmin):
    """Who asked what, on which power, until when, and what became of it."""

    view_permission = Permission.ORDER_VIEW
    add_permission = Permission.ORDER_ENTER
    export_resource = resource_of(
        AuthorityOrder,
        "reference kind authority verified_how power order_number paper_sha256 asked_categories subject_refs "
        "received_at "
        "wanted_by undertaking_on is_secret secret_until secrecy_ended_at state answered_at told_refs person_told_at",
    )
    create_form = OrderForm
    create_title = _("Enter an order of an authority")
    list_display = ("reference", "kind", "authority", "state", "received_at", "due", "is_secret", "person_told_at")
    list_filter = ("state", "kind", "is_secret")
    search_fields = ("reference", "authority", "order_number")
    fields = (
        *("reference", "kind", "authority", "officer_name", "verified_how", "power", "order_number", "paper_sha256"),
        *("asked", "what_kinds", "how_many", "received_at", "due", "wanted_by", "undertaking_on", "is_secret"),
        *("secret_until", "secrecy_ended_at", "state", "answered_at", "who_was_told", "person_told_at"),
    )
    readonly_fields: ClassVar[tuple[str, ...]] = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        with_due: QuerySet[Any] = rows.annotate(
            due_at=law.due_at(AuthorityOrder.OWNER), was_due_at=law.was_due_at(AuthorityOrder.OWNER)
        )
        return with_due

    @staticmethod
    def create(request: HttpRequest, entered: dict[str, Any]) -> int:
        return authority_orders.receive(**entered, actor=actor_of(request), now=clock.now()).pk

    @admin.display(description=_("To be answered by"))
    def due(self, obj: Any) -> str:
        """Of an order that is answered too, and whether that was in time."""
        if obj.answered_at is None or obj.was_due_at is None:
            return date_format.moment(obj.due_at)
        is_late = law_rules.is_late(obj.was_due_at, obj.answered_at)
        said = _("%(when)s: answered late") if is_late else _("%(when)s: answered in time")
        return str(said) % {"when": date_format.moment(obj.was_due_at)}

    @admin.display(description=_("Kinds of data asked for"))
    def what_kinds(self, obj: AuthorityOrder) -> str:
        return _kinds(obj.asked_categories)

    @admin.display(description=_("People and customers"))
    def how_many(self, obj: AuthorityOrder) -> int:
        return len(obj.subject_refs)

    @admin.display(description=_("Informed people"))
    def who_was_told(self, obj: AuthorityOrder) -> str:
        whom = authority_orders.whom_to_tell(obj)
        return str(_("%(told)d of %(all)d")) % {"told": len(obj.told_refs), "all": max(len(whom), len(obj.told_refs))}

    @service_action(
        permission=Permission.ORDER_ANSWER,
        ask=OrderAnswerForm,
        label=_("Propose an answer"),
        act=Act.ORDER_ANSWER,
        skip=_answered,
    )
    def propose_answer(self, request: HttpRequest, obj: AuthorityOrder, answer: dict[str, Any]) -> None:
        authority_orders.propose(obj, **answer, actor=actor_of(request), now=clock.now())

    @service_action(
        permission=Permission.ORDER_ENTER,
        ask=SilenceForm,
        label=_("Make it silent, or silent for longer"),
        skip=_not_to_silence,
        description=_("It is valid at once: non-disclosure only protects. Ending it before its day takes two people."),
    )
    def make_silent(self, request: HttpRequest, obj: AuthorityOrder, answer: dict[str, Any]) -> None:
        non_disclosure.make_silent(obj, **answer, actor=actor_of(request), now=clock.now())

    @service_action(
        permission=Permission.ORDER_ANSWER,
        ask=SilenceEndForm,
        label=_("Propose to end the silence"),
        act=Act.ORDER_SPEAK,
        skip=_not_silent,
    )
    def end_silence(self, request: HttpRequest, obj: AuthorityOrder, answer: dict[str, Any]) -> None:
        non_disclosure.propose_end(obj, **answer, actor=actor_of(request), now=clock.now())


@admin.register(OrderAnswer)
class OrderAnswerAdmin(AuditedExport, ReadOnlyAdmin):
    """What the first approver wants to give, for the second."""

    view_permission = Permission.ORDER_VIEW
    export_resource = resource_of(
        OrderAnswer,
        "id order__reference decision given_categories act made_by made_at checked_by checked_at shown_sha256 answer",
    )
    list_display = ("order", "decision", "answer", "made_by", "made_at", "checked_at")
    list_filter = ("answer", "decision")
    list_select_related = ("order", "made_by")
    fields = ("order", "how_silent", "decision", "what_kinds", "given", "held_back", *PROPOSAL)

    @admin.display(description=_("We must be silent"))
    def how_silent(self, obj: OrderAnswer) -> str:
        return _silence(obj.order)

    @admin.display(description=_("Kinds of data given"))
    def what_kinds(self, obj: OrderAnswer) -> str:
        return _kinds(obj.given_categories)

    @service_action(permission=Permission.ORDER_ANSWER, ask=WhyLateForm, label=_("Approve"), skip=not_answerable)
    def approve(self, request: HttpRequest, obj: OrderAnswer, answer: dict[str, Any]) -> None:
        authority_orders.answer(obj, approve=True, reason="", **answer, actor=actor_of(request), now=clock.now())

    @service_action(permission=Permission.ORDER_ANSWER, ask=RefuseForm, label=_("Refuse"), skip=not_answerable)
    def refuse(self, request: HttpRequest, obj: OrderAnswer, answer: dict[str, Any]) -> None:
        authority_orders.answer(
            obj,
            approve=False,
            reason=answer["reason"],
            actor=actor_of(request),
            now=clock.now(),
        )


@admin.register(SilenceEnd)
class SilenceEndAdmin(AuditedExport, ReadOnlyAdmin):
    """Why one person wants a silence to end before its day, for the second."""

    view_permission = Permission.ORDER_VIEW
    export_resource = resource_of(
        SilenceEnd, "id order__reference act made_by made_at checked_by checked_at shown_sha256 answer"
    )
    list_display = ("order", "answer", "made_by", "made_at", "checked_at")
    list_filter = ("answer",)
    list_select_related = ("order", "made_by")
    fields = ("order", "silent_until", "why", *PROPOSAL)

    @admin.display(description=_("Silent until"))
    def silent_until(self, obj: SilenceEnd) -> str:
        day = obj.order.secret_until
        return f"{day:%Y-%m-%d}" if day is not None else str(_("The order names no day."))

    @service_action(permission=Permission.ORDER_ANSWER, label=_("Approve"), skip=not_answerable)
    def approve(self, request: HttpRequest, obj: SilenceEnd, answer: dict[str, Any]) -> None:
        non_disclosure.answer(obj, approve=True, reason="", actor=actor_of(request), now=clock.now())

    @service_action(permission=Permission.ORDER_ANSWER, ask=RefuseForm, label=_("Refuse"), skip=not_answerable)
    def refuse(self, request: HttpRequest, obj: SilenceEnd, answer: dict[str, Any]) -> None:
        non_disclosure.answer(
            obj,
            approve=False,
            reason=answer["reason"],
            actor=actor_of(request),
            now=clock.now(),
        )


class DoneFilter(admin.SimpleListFilter):
    title = _("done")
    parameter_name = "done"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("To be done")), ("yes", _("Done"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() in {"no", "yes"}:
            return queryset.filter(closed_at__isnull=self.value() == "no")
        return queryset


@admin.register(BookTask)
class BookTaskAdmin(AuditedExport, ReadOnlyAdmin):
    """What the nightly look found. A task ends by itself, once its cause is gone."""

    view_permission = Permission.BOOK_VIEW
    export_resource = resource_of(BookTask, "id book entry code what due_on owner opened_at closed_at")
    list_display = ("code", "what", "book", "due_on", "owner", "opened_at", "closed_at")
    list_filter = (DoneFilter, "what")
    list_select_related = ("owner",)
    search_fields = ("code", "book")
    fields = ("book", "code", "what", "due_on", "owner", "opened_at", "closed_at")
