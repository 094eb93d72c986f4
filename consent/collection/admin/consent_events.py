"""The consent ledger and the present answers: read only, opened with a purpose, taken away as an audited list."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.base.choices import Way
from consent.base.permissions import Permission
from consent.base.rules.status_fold import YES
from consent.collection.models.consent_managers import ManagerRequest
from consent.collection.services import manager_requests
from consent.decisions.admin.point_in_time import PastPages
from consent.decisions.export_resources import ConsentEventResource, ConsentStateResource
from consent.preferences.forms import WithdrawForm
from consent.records.models.events import ConsentEvent
from consent.records.models.state import ConsentState
from consent.records.selectors import sender_consents
from consent.suppressions.services.withdrawals import withdraw as withdraw_consent
from portal.kernel.core import clock, date_format
from portal.kernel.core.admin import OpenedWithPurpose, ReadOnlyAdmin, service_action
from portal.kernel.core.admin.labels import lines_of
from portal.kernel.core.admin.search import SearchedByPost, keys_in, reference_in, subject_in
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport
from portal.kernel.law import selectors as law
from portal.kernel.ledger.models import Verification
from portal.kernel.ledger.services import payload_of
from portal.kernel.people import name_columns
from portal.kernel.people import selectors as people


def asked_for(term: str) -> Q:
    """What a search stands for: a receipt, a subject, the hashes of an address, or nothing."""
    if receipt := reference_in(term, "CR"):
        return Q(receipt__reference=receipt)
    if subject := subject_in(term):
        return Q(subject_ref__in=people.refs_of(subject))
    return Q(address_key__in=keys_in(term))


class PurposeFilter(admin.SimpleListFilter):
    """From the purposes in force, not from the rows: a large table is never scanned for its distinct values."""

    title = gettext_lazy("purpose")
    parameter_name = "purpose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        on = clock.day(clock.now())
        return [(purpose.code, purpose.name) for purpose in law.purposes_in_force(on=on)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(purpose=self.value()) if self.value() else queryset


class SenderFilter(admin.SimpleListFilter):
    """Answers about a single sender, or about all of a company's."""

    title = gettext_lazy("sender")
    parameter_name = "sender"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("one", gettext_lazy("A single sender")), ("all", gettext_lazy("All senders"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        about_one = Q(sender__gt="")
        return {"one": queryset.filter(about_one), "all": queryset.exclude(about_one)}.get(self.value() or "", queryset)


class ApartFilter(SenderFilter):
    """Places at which something was answered about a single sender as well."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("apart", gettext_lazy("Choices about single senders"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(_about_one_sender()) if self.value() == "apart" else queryset


def _about_one_sender() -> Exists:
    """Of a state: whether anything was answered at its place about a single sender."""
    place = {name: OuterRef(name) for name in ("fiduciary", "address_key", "purpose", "channel")}
    return Exists(ConsentEvent.objects.filter(**place, sender__gt=""))


class _Answers(SearchedByPost, AuditedExport, OpenedWithPurpose, ReadOnlyAdmin):
    reference_prefix = "CR"
    search_help_text = gettext_lazy("A receipt number, a subject's reference, or an email address or number in full")
    search_fields = ("pk",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (queryset.filter(asked_for(term)) if term else queryset), False

    @admin.display(description=gettext_lazy("person"))
    def person(self, obj: Any) -> str:
        return str(obj.subject_ref)[:8]


def _not_of_one_sender(obj: ConsentEvent, user: Any) -> str:
    """Why nothing is withdrawn here; empty where a consent to a single sender may still be in force."""
    if not obj.sender:
        return str(_("This choice is about all senders: withdraw it in the list of consents."))
    return "" if obj.answer in YES else str(_("There is no yes here."))


@admin.register(ConsentEvent)
class ConsentEventAdmin(PastPages, _Answers):
    view_permission = Permission.EVENT_VIEW
    export_permission = Permission.EVENT_EXPORT
    export_resource = ConsentEventResource
    list_display = (
        *("when", name_columns.of_subjects(), "purpose", "by", "answer", "way", "notice", "receipt", "place", "leaf"),
    )
    list_select_related = ("entry__leaf", "receipt", "notice_version__notice")
    list_filter = (PurposeFilter, "channel", SenderFilter, "answer", "way", "occurred_at")
    linked_lookups = ("recorded_at__gte",)
    fields = (
        "place",
        "leaf",
        "receipt",
        "person",
        "fiduciary",
        "purpose",
        "channel",
        "sender",
        "answer",
        "way",
        "actor_kind",
        "actor_ref",
        "occurred_at",
        "recorded_at",
        "expires_at",
        "address_kind",
        "address_verified",
        "notice",
        "notice_language",
        "notice_sha256",
        "text_shown",
        "earlier",
        "later",
        "signed_request",
        "full_entry",
    )
    readonly_fields = fields

    @property
    def list_note(self) -> str:
        """What the last check of the ledger found."""
        last = Verification.objects.order_by("-pk").first()
        if last is None:
            return _("The ledger has not been verified yet.")
        when = date_format.moment(last.finished_at)
        values = {"time": when, "size": last.size}
        if last.ok:
            return _("Ledger verified on %(time)s: %(size)s entries, nothing changed.") % values
        return _("The check of the ledger on %(time)s found faults. Inform the data protection officer.") % values

    @admin.display(description=gettext_lazy("no."), ordering="pk")
    def place(self, obj: ConsentEvent) -> str:
        index = obj.entry.index
        return _("not sealed yet") if index is None else str(index)

    @admin.display(description=gettext_lazy("when"), ordering="occurred_at")
    def when(self, obj: ConsentEvent) -> str:
        return date_format.moment(obj.occurred_at)

    @admin.display(description=gettext_lazy("channel"), ordering="channel")
    def by(self, obj: ConsentEvent) -> str:
        """The channel, and the sender where the answer is about one alone."""
        return obj.channel_label

    @admin.display(description=gettext_lazy("notice"))
    def notice(self, obj: ConsentEvent) -> str:
        return str(obj.notice_version or "–")

    @admin.display(description=gettext_lazy("entry"))
    def leaf(self, obj: ConsentEvent) -> str:
        return bytes(obj.entry.leaf_hash).hex()[:8]

    @admin.display(description=gettext_lazy("text as shown"))
    def text_shown(self, obj: ConsentEvent) -> str:
        version = obj.notice_version
        text = version.texts.filter(sha256=obj.notice_sha256).first() if version else None
        return text.text if text else "–"

    @admin.display(description=gettext_lazy("earlier choice"))
    def earlier(self, obj: ConsentEvent) -> str:
        return _link(obj.previous)

    @admin.display(description=gettext_lazy("later choice"))
    def later(self, obj: ConsentEvent) -> str:
        return _link(ConsentEvent.objects.filter(previous=obj).first())

    @admin.display(description=gettext_lazy("request of the consent manager, as signed"))
    def signed_request(self, obj: ConsentEvent) -> str:
        """All that settles a dispute about it: with these lines anybody can check the signature without us."""
        kept = ManagerRequest.objects.filter(receipt=obj.receipt_id).select_related("manager").first()
        return "\n".join(manager_requests.described(kept)) if kept else "–"

    @service_action(
        permission=Permission.EVENT_RECORD,
        ask=WithdrawForm,
        label=gettext_lazy("Withdraw for this sender at the person's wish"),
        description=gettext_lazy(
            "It counts at once, for this sender alone, at every address of the person, who is informed."
        ),
        skip=_not_of_one_sender,
    )
    def withdraw_of_sender(self, request: HttpRequest, obj: ConsentEvent, answer: dict[str, Any]) -> str:
        done = withdraw_consent(
            subject_ref=obj.subject_ref,
            fiduciary=obj.fiduciary,
            purpose=obj.purpose,
            channel=obj.channel,
            sender=obj.sender,
            way=Way(answer["way"]),
            actor=actor_of(request),
            occurred_at=answer["occurred_at"],
        )
        return done.receipt.reference if done.receipt else str(_("It was withdrawn already."))

    @admin.display(description=gettext_lazy("whole entry"))
    def full_entry(self, obj: ConsentEvent) -> str:
        payload = payload_of(obj.entry)
        if payload is None:
            return _("The content of this entry was erased; only its place in the ledger is left.")
        return "\n".join(lines_of(payload))


def _link(event: ConsentEvent | None) -> str:
    if event is None:
        return "–"
    url = reverse("admin:consent_consentevent_change", args=[event.pk])
    when = date_format.moment(event.occurred_at)
    return format_html('<a href="{}">{}, {}</a>', url, event.get_answer_display(), when)


def _no_yes(obj: ConsentState, user: Any) -> str:
    """Why there is nothing to withdraw; empty when there is."""
    return "" if obj.answer in YES else str(_("There is no yes here."))


@admin.register(ConsentState)
class ConsentStateAdmin(_Answers):
    """What may we do now, with the event that decides it."""

    view_permission = Permission.STATE_VIEW
    export_permission = Permission.EVENT_EXPORT
    export_resource = ConsentStateResource
    list_display = ("purpose", "by", "answer", "verified", "person", "occurred_at", "expires_at", "decided_by")
    list_select_related = ("event__receipt", "fiduciary")
    ordering = ("-occurred_at", "-id")
    list_filter = (PurposeFilter, "channel", ApartFilter, "answer", "verified")
    fields = (
        "fiduciary",
        "purpose",
        "channel",
        "of_senders",
        "answer",
        "verified",
        "person",
        "occurred_at",
        "expires_at",
        "decided_by",
    )
    readonly_fields = fields
    list_note = gettext_lazy(
        "The choice that counts now. A refusal by anyone at an address wins; only a confirmed consent counts. A "
        "choice about a single sender counts for that one; it is listed under “Consent events”."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).annotate(has_senders=_about_one_sender())
        return rows

    @admin.display(description=gettext_lazy("channel"), ordering="channel")
    def by(self, obj: Any) -> str:
        """The channel, with a word where single senders were answered about apart."""
        label = obj.get_channel_display()
        return _("%(channel)s (single senders apart)") % {"channel": label} if obj.has_senders else label

    @admin.display(description=gettext_lazy("single senders"))
    def of_senders(self, obj: ConsentState) -> str:
        """What counts there for each sender that was answered about by itself, as the send gate reads it."""
        place = (obj.fiduciary_id, [bytes(obj.address_key)], obj.purpose, obj.channel)
        named = ConsentEvent.objects.filter(
            fiduciary=obj.fiduciary,
            address_key=obj.address_key,
            purpose=obj.purpose,
            channel=obj.channel,
            sender__gt="",
        )
        found = {
            sender: sender_consents.deciding_at(*place, sender=sender)
            for sender in sorted(set(named.order_by().values_list("sender", flat=True)))
        }
        lines = [format_html("{}: {}", sender, _link(event)) for sender, event in found.items()]
        return format_html_join(SafeString("<br>"), "{}", ((line,) for line in lines)) or "–"

    @service_action(
        permission=Permission.EVENT_RECORD,
        ask=WithdrawForm,
        label=gettext_lazy("Withdraw at the person's wish"),
        description=gettext_lazy("It counts at once, at every address of the person, who is informed."),
        skip=_no_yes,
    )
    def withdraw(self, request: HttpRequest, obj: ConsentState, answer: dict[str, Any]) -> str:
        done = withdraw_consent(
            subject_ref=obj.subject_ref,
            fiduciary=obj.fiduciary,
            purpose=obj.purpose,
            channel=obj.channel,
            way=Way(answer["way"]),
            actor=actor_of(request),
            occurred_at=answer["occurred_at"],
        )
        return done.receipt.reference if done.receipt else str(_("It was withdrawn already."))

    @admin.display(description=gettext_lazy("decided by"))
    def decided_by(self, obj: ConsentState) -> str:
        return _link(obj.event)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        asked = asked_for(term)
        if asked.children and str(asked.children[0][0]).startswith("receipt"):  # type: ignore[index]
            return queryset.filter(event__receipt__reference=asked.children[0][1]), False  # type: ignore[index]
        return queryset.filter(asked), False
