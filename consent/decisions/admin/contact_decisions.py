"""What systems asked and what we answered, for auditors."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.base.permissions import Permission
from consent.base.rules import contact
from consent.base.rules.contact import Reason
from consent.decisions.admin.list_scrub import ScrubPages
from consent.decisions.export_resources import AnswerSetResource, GivenAnswerResource
from consent.decisions.models.contact_decisions import AnswerSet, GivenAnswer
from consent.decisions.services.decision_batches import salts_of
from consent.decisions.services.decision_log import is_as_sealed
from consent.decisions.services.reason_texts import NEXT_STEPS, SENTENCES
from consent.records.models.events import ConsentEvent
from consent.records.models.suppressions import Suppression
from portal.kernel.core import access, date_format
from portal.kernel.core.admin import ReadOnlyAdmin
from portal.kernel.core.admin.filters import one_of
from portal.kernel.core.admin.search import SearchedByPost, keys_in, reference_in
from portal.kernel.jobs.audited_export import AuditedExport
from portal.kernel.law.choices import Channel

_PARTS = {"header": gettext_lazy("header"), "template": gettext_lazy("template")}
_HOLDS = {"postgresql": "position(%s IN answers) > 0", "sqlite": "instr(answers, %s) > 0"}


def reason_in_words(code: str) -> str:
    """A reason as staff read it, with the code that the asking system was given."""
    known = SENTENCES.get(Reason(code)) if code in set(Reason) else None
    return f"{known} ({code})" if known is not None else code


class _Answers(SearchedByPost, AuditedExport, ReadOnlyAdmin):
    view_permission = Permission.ANSWER_VIEW
    export_permission = Permission.EVENT_EXPORT
    search_fields = ("pk",)
    #: The rows that a search is for.
    asked_for: Callable[[QuerySet[Any], str], QuerySet[Any]]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (self.asked_for(queryset, term) if term else queryset), False


@admin.register(AnswerSet)
class AnswerSetAdmin(ScrubPages, _Answers):
    """Batches, scrubbed lists and minutes of single questions."""

    reference_prefix = "DA"
    export_resource = AnswerSetResource
    list_display = ("reference", "answered_as", "fiduciary", "purpose", "channel", "total", "allowed", "answered_at")
    list_select_related = ("fiduciary",)
    list_filter = ("answered_as", ("channel", one_of(Channel.choices)), "answered_at")
    search_help_text = gettext_lazy("A reference such as OS-DA-7K4M-9QX2-C3T8, or an email address or number in full")
    fields = (
        "reference",
        "answered_as",
        "fiduciary",
        "purpose",
        "channel",
        "header",
        "template",
        "asked_by",
        "for_time",
        "answered_at",
        "total",
        "allowed",
        "invalid",
        "by_reason",
        "asked_sha256",
        "answers_sha256",
        "is_unchanged",
        "leaf",
    )
    readonly_fields = (*fields, "salt")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who may bring a list sees the salt of its hashes; with it others could guess at what was asked."""
        may = access.allowed(request.user, Permission.ANSWER_SCRUB)
        return (*self.fields, "salt") if may and obj is not None and obj.asked_sha256 else self.fields

    @admin.display(description=gettext_lazy("salt of the hash of the list"))
    def salt(self, obj: AnswerSet) -> str:
        return " ".join(salts_of(obj.reference))

    def asked_for(self, rows: QuerySet[AnswerSet], term: str) -> QuerySet[AnswerSet]:
        """By reference, or the batches that held an address: its hash is looked for in their packed answers."""
        if reference := reference_in(term, self.reference_prefix):
            return rows.filter(reference=reference)
        keys = keys_in(term)
        if not keys:
            return rows.none()
        holds = " OR ".join([_HOLDS[connection.vendor]] * len(keys))
        return rows.extra(where=[holds], params=keys)  # noqa: S610 - the hashes are parameters

    @admin.display(description=gettext_lazy("by reason"))
    def by_reason(self, obj: AnswerSet) -> str:
        return "\n".join(f"{reason_in_words(reason)} {count:,}" for reason, count in obj.reasons)

    @admin.display(description=gettext_lazy("decisions as sealed"))
    def is_unchanged(self, obj: AnswerSet) -> str:
        return _("yes") if is_as_sealed(obj) else _("no: they were changed")

    @admin.display(description=gettext_lazy("ledger entry"))
    def leaf(self, obj: AnswerSet) -> str:
        index = obj.entry.index
        return str(obj.entry.event_id) if index is None else f"{index} ({obj.entry.event_id})"


@admin.register(GivenAnswer)
class GivenAnswerAdmin(_Answers):
    """Single questions and their answers."""

    export_resource = GivenAnswerResource
    list_display = ("answered_at", "fiduciary", "asked_by", "purpose", "channel", "allowed", "why")
    list_select_related = ("fiduciary",)
    list_filter = ("allowed", ("channel", one_of(Channel.choices)), "answered_at")
    search_help_text = gettext_lazy("An email address or number in full")
    fields = (
        "answered_at",
        "for_time",
        "fiduciary",
        "asked_by",
        "purpose",
        "channel",
        "header",
        "template",
        "address",
        "unnamed",
        "allowed",
        "why",
        "what_to_do",
        "decided_by",
        "entry_ref",
    )
    readonly_fields = fields

    def asked_for(self, rows: QuerySet[GivenAnswer], term: str) -> QuerySet[GivenAnswer]:
        """The answers about an address."""
        return rows.filter(address_key__in=keys_in(term))

    @admin.display(description=gettext_lazy("reason"), ordering="reason")
    def why(self, obj: GivenAnswer) -> str:
        return reason_in_words(obj.reason)

    @admin.display(description=gettext_lazy("not named, so not checked"))
    def unnamed(self, obj: GivenAnswer) -> str:
        """The parts that the question left open: nothing in the registers vouches for them."""
        left = contact.unchecked(obj.channel, header=obj.header, template=obj.template)
        return ", ".join(str(_PARTS[part]) for part in left) or "–"

    @admin.display(description=gettext_lazy("what to do"))
    def what_to_do(self, obj: GivenAnswer) -> str:
        return str(NEXT_STEPS[Reason(obj.reason)]) if obj.reason in set(Reason) else "–"

    @admin.display(description=gettext_lazy("decided by"))
    def decided_by(self, obj: GivenAnswer) -> str:
        """The answer of the person that decided, about all senders or about one, or the stop."""
        event = ConsentEvent.objects.filter(entry__event_id=obj.entry_ref).first() if obj.entry_ref else None
        if event is not None:
            url = reverse("admin:consent_consentevent_change", args=[event.pk])
            said = f"{event.get_answer_display()}, {date_format.moment(event.occurred_at)}"
            return format_html('<a href="{}">{}</a> ({})', url, said, event.sender or _("all senders"))
        stop = Suppression.objects.filter(entry__event_id=obj.entry_ref).first() if obj.entry_ref else None
        if stop is None:
            return "–"
        url = reverse("admin:consent_suppression_change", args=[stop.pk])
        return format_html('<a href="{}">{}</a> ({})', url, stop, stop.header or _("all senders"))

    @admin.display(description=gettext_lazy("lookup hash of the address"))
    def address(self, obj: GivenAnswer) -> str:
        return bytes(obj.address_key).hex()[:16] + "…"
