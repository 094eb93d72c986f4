"""The law as rows: read here, loaded by ``sync_rules`` or adopted by two people."""

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from portal.fronts.workplace import charts, figures, work_items
from portal.fronts.workplace.forms import ExtensionForm, LateForm, StartForm
from portal.fronts.workplace.permissions import Permission
from portal.kernel.core import clock, date_format
from portal.kernel.core.admin import ReadOnlyAdmin, service_action
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport, resource_of
from portal.kernel.law import labels
from portal.kernel.law.cases import MET, MISSED, RUNNING, CasesAsked
from portal.kernel.law.choices import ClockState, Ended, LawfulBasis, Regime
from portal.kernel.law.explanations import due_in_words, in_words
from portal.kernel.law.models import Clock, HouseRule, LegalRule, OrganisationProfile, Purpose
from portal.kernel.law.rules import Stands, clock_state, latest_missed
from portal.kernel.law.selectors import missed
from portal.kernel.law.services import deadline_corrections, deadlines


def tag(kind: str, text: Any) -> SafeString:
    """A word in a coloured box, with a sign that says it without colour."""
    sign = {"ok": "✓ ", "warn": "▲ ", "err": "■ ", "paused": "‖ "}.get(kind, "")
    return format_html('<span class="tag {}">{}{}</span>', kind, sign, text)


#: What every rule says about itself, below what is its own.
FIELDS_OF_RULES = (
    *(
        "kind_in_words",
        "amount_in_words",
        "starts",
        "counted",
        "values_in_words",
        "pauses",
        "in_force",
        "source",
        "note",
    ),
    *("key", "version", "recorded_at", "sha256"),
)


class DatedRuleAdmin(ReadOnlyAdmin):
    """Rules in all their versions, in words; the key stays beside them, because commands and files use it."""

    own_fields: tuple[str, ...] = ("title",)
    view_permission = Permission.RULE_VIEW
    list_per_page = 100
    ordering = ("key", "-version")

    @admin.display(description=_("rule"), ordering="key")
    def title(self, obj: Any) -> str:
        return labels.title(obj)

    @admin.display(description=_("kind"), ordering="kind")
    def kind_in_words(self, obj: Any) -> str:
        return labels.KINDS[obj.kind]

    @admin.display(description=_("period or number"), ordering="amount")
    def amount_in_words(self, obj: Any) -> str:
        return labels.amount(obj) or "–"

    @admin.display(description=_("counts from"))
    def starts(self, obj: Any) -> str:
        return labels.starts(obj) or "–"

    @admin.display(description=_("how it is counted"))
    def counted(self, obj: Any) -> str:
        return str(obj.counting_words)

    @admin.display(description=_("values"))
    def values_in_words(self, obj: Any) -> str:
        return ", ".join(str(value) for value in obj.values) or "–"

    @admin.display(description=_("in force"), ordering="effective_from")
    def in_force(self, obj: Any) -> str:
        return date_format.days(obj.effective_from, obj.effective_to)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*self.own_fields, *FIELDS_OF_RULES)


class KindFilter(admin.SimpleListFilter):
    """Kinds of rules in words."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(labels.KINDS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class WorkFilter(admin.SimpleListFilter):
    """What clocks run for, in words."""

    title = _("to do")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(labels.titles()["plan"].items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(LegalRule)
class LegalRuleAdmin(AuditedExport, DatedRuleAdmin):
    """A row whose text or dates nobody has read says "unconfirmed"."""

    export_resource = resource_of(
        LegalRule,
        "key version law provision jurisdiction amount unit start_event counting effective_from effective_to source confidence sha256 recorded_at",
    )
    list_note = _(
        "Rules are data: they are loaded from the rule file and superseded, never edited. An unconfirmed rule "
        "still counts, and every page that depends on it says so."
    )
    list_display = ("title", "where", "amount_in_words", "in_force", "confirmed", "key")
    list_filter = ("jurisdiction", KindFilter, "confidence")
    own_fields = ("title", "law", "provision", "jurisdiction", "applies_to", "confirmed")
    search_fields = ("key", "law", "provision")

    @admin.display(description=_("law and provision"), ordering="law")
    def where(self, obj: LegalRule) -> str:
        return labels.source(obj)

    @admin.display(description=_("confidence"), ordering="confidence")
    def confirmed(self, obj: LegalRule) -> SafeString:
        if obj.is_confirmed:
            return tag("ok", obj.get_confidence_display())
        return tag("warn", _("unconfirmed"))


@admin.register(HouseRule)
class HouseRuleAdmin(AuditedExport, DatedRuleAdmin):
    export_resource = resource_of(
        HouseRule, "key version note amount unit effective_from effective_to source sha256 recorded_at"
    )
    list_note = _("Promises of our own, dated like a law: reply targets, undo times, the life of a link.")
    list_display = ("title", "amount_in_words", "note", "in_force", "key")
    search_fields = ("key", "note")


class WhenFilter(admin.SimpleListFilter):
    """The queues of "Today": the same conditions as its figures."""

    title = _("time left")
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("late", _("Overdue")),
            ("today", _("Due today")),
            ("running", _("Running")),
            ("paused", _("Paused")),
            ("missed", _("Missed in 90 days, overdue ones too")),
            ("unexplained", _("Missed, without a delay reason")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Clock]) -> QuerySet[Clock]:
        now = clock.now()
        running = queryset.filter(state=ClockState.RUNNING)
        found = {
            "late": running.filter(due_at__lte=latest_missed(now)),
            "today": running.filter(due_at__gt=latest_missed(now), due_at__lte=figures.end_of_day(now)),
            "running": running,
            "paused": queryset.filter(state=ClockState.PAUSED),
            "missed": figures.missed_lately(queryset, now),
            "unexplained": missed(queryset).filter(late_because=""),
        }
        of_month = charts.deadlines_of_month(queryset, self.value() or "", now)
        return found.get(self.value() or "", queryset) if of_month is None else of_month


class CasesFilter(admin.SimpleListFilter):
    """The cases of one rule in a period, as the page of controls counts them. The address comes from that page."""

    title = _("cases of a rule")
    parameter_name = "cases"
    WORDS: ClassVar[dict[str, Any]] = {MET: _("Met"), MISSED: _("Missed"), RUNNING: _("Running")}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The one that is asked for. Raises IncorrectLookupParameters for one that no page gives."""
        value = request.GET.get(self.parameter_name)
        if not value:
            return []
        asked = self._asked(value)
        return [(value, f"{self.WORDS[asked.kind]}: {asked.rule}, {date_format.days(asked.first_day, asked.last_day)}")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Clock]) -> QuerySet[Clock]:
        value = self.value()
        return self._asked(value).rows(queryset, now=clock.now()) if value else queryset

    @staticmethod
    def _asked(value: str) -> CasesAsked:
        try:
            return CasesAsked.of(value)
        except ValueError as error:
            raise IncorrectLookupParameters(str(error)) from error


def _not_extendable(obj: Clock, user: Any) -> str:
    if obj.rule_key not in deadlines.extensions():
        return str(_("The law allows no further time for this."))
    if obj.extended_by_id is not None:
        return str(_("It is extended already."))
    return "" if clock_state(obj, clock.now()).stands is Stands.RUNNING else str(_("The first period is over."))


def _not_correctable(obj: Clock, user: Any) -> str:
    return str(_("Another deadline counts in its place.")) if obj.ended == Ended.CORRECTED else ""


def _not_late(obj: Clock, user: Any) -> str:
    stands = clock_state(obj, clock.now()).stands
    return "" if stands in {Stands.LATE, Stands.MISSED} else str(_("This deadline was not missed."))


@admin.register(Clock)
class ClockAdmin(AuditedExport, ReadOnlyAdmin):
    export_resource = resource_of(
        Clock,
        "id owner subject_ref kind rule_key zone started_at due_at target_at outer_limit_at state stopped_at ended late_because extended_by extended_because corrects is_confirmed",
    )
    view_permission = Permission.CLOCK_VIEW
    list_note = _(
        "One row for each rule and promise. The date is the one that the person reads, in their own time zone. "
        "What is late "
        "needs a reason."
    )
    list_display = ("whose", "to_do", "rule_in_words", "due", "target_at", "stands")
    list_filter = (WhenFilter, WorkFilter, CasesFilter)
    fields = (
        *(
            "whose",
            "to_do",
            "rule_in_words",
            "due",
            "stands",
            "why",
            "started_at",
            "target_at",
            "outer_limit_at",
            "zone",
        ),
        *("state", "paused_at", "stopped_at", "ended", "late_because", "extended", "extended_because", "corrects"),
        *("is_confirmed", "owner", "rule_key"),
    )
    search_fields = ("owner", "rule_key")
    search_help_text = _("A reference such as OS-GR-7K4M-9QXK, or the key of a rule.")
    list_select_related = ("legal_rule", "house_rule", "extended_by", "corrects")
    ordering = ("due_at",)

    @admin.display(description=_("reference"), ordering="owner")
    def whose(self, obj: Clock) -> str:
        return work_items.reference_of(obj.owner)

    @admin.display(description=_("to do"), ordering="kind")
    def to_do(self, obj: Clock) -> str:
        return labels.work(obj.kind)

    @admin.display(description=_("rule"), ordering="rule_key")
    def rule_in_words(self, obj: Clock) -> str:
        return labels.rule_in_words(obj.rule)

    @admin.display(description=_("extended under"))
    def extended(self, obj: Clock) -> str:
        return labels.rule_in_words(obj.extended_by) if obj.extended_by else "–"

    @admin.display(description=_("due"), ordering="due_at")
    def due(self, obj: Clock) -> str:
        return due_in_words(obj)

    @admin.display(description=_("state"))
    def stands(self, obj: Clock) -> SafeString:
        shown = in_words(obj, clock.now())
        return tag(shown.tone, shown.says)

    @admin.display(description=_("why this date"))
    def why(self, obj: Clock) -> str:
        return in_words(obj, clock.now()).why

    @service_action(
        permission=Permission.CLOCK_CHANGE,
        label=_("Take more time, as the law allows"),
        ask=ExtensionForm,
        skip=_not_extendable,
        description=_(
            "The period is counted anew from receipt, under the law's own extension. The person is informed of the "
            "law, the reason and the new date at once: without that, and after the first period, the law allows no "
            "further time."
        ),
    )
    def extend(self, request: HttpRequest, obj: Clock, answer: dict[str, Any]) -> str:
        now = clock.now()
        deadlines.extend(
            clock=obj,
            rule_key=deadlines.extensions()[obj.rule_key],
            at=now,
            actor=actor_of(request),
            reason_code=answer["reason_code"],
            text=answer["text"],
            now=now,
        )
        return str(_("Extended. The person is informed: due on %(due)s.") % {"due": due_in_words(obj)})

    @service_action(
        permission=Permission.CLOCK_CHANGE,
        label=_("Correct the start"),
        ask=StartForm,
        skip=_not_correctable,
        description=_(
            "Every clock of this work is counted anew, under the law of the new day. The old ones stay on record with "
            "their start."
        ),
    )
    def correct_start(self, request: HttpRequest, obj: Clock, answer: dict[str, Any]) -> str:
        found = deadline_corrections.correct_start(
            owner=obj.owner, kind=obj.kind, **answer, actor=actor_of(request), now=clock.now()
        )
        return str(_("Counted anew: due on %(due)s.") % {"due": due_in_words(found[0])})

    @service_action(
        permission=Permission.CLOCK_CHANGE,
        label=_("Say why it was late"),
        ask=LateForm,
        skip=_not_late,
        description=_("An auditor asks of each. The person is not informed."),
    )
    def explain_late(self, request: HttpRequest, obj: Clock, answer: dict[str, Any]) -> None:
        deadline_corrections.explain_late(clock=obj, **answer, actor=actor_of(request), now=clock.now())


@admin.register(OrganisationProfile)
class ProfileAdmin(AuditedExport, ReadOnlyAdmin):
    export_resource = resource_of(
        OrganisationProfile,
        "id effective_from intermediary telecom_entity cloud_provider significant_fiduciary third_schedule_class ccpa_business eu_representative made_by_ref checked_by_ref shown_sha256 recorded_at",
    )
    view_permission = Permission.PROFILE_VIEW
    list_note = _("What Onesetu is in the eyes of each law. A change is proposed by one person and adopted by another.")
    list_display = ("effective_from", "undecided", "made_by_ref", "checked_by_ref", "recorded_at")

    @admin.display(description=_("not decided"))
    def undecided(self, obj: OrganisationProfile) -> SafeString:
        count = sum(1 for name in obj.SWITCHES if getattr(obj, name) == "undecided")
        return tag("warn", count) if count else tag("ok", 0)


@admin.register(Purpose)
class PurposeAdmin(AuditedExport, ReadOnlyAdmin):
    export_resource = resource_of(
        Purpose,
        "id code version message_category is_ours_alone is_asked_in_place effective_from effective_to made_by_ref checked_by_ref shown_sha256 recorded_at",
    )
    view_permission = Permission.PURPOSE_VIEW
    list_note = _(
        "Why data is used. A change of meaning is a new version, proposed by one person and adopted by another."
    )
    list_display = ("code", "version", "name", "message_category", "bases_in_words", "effective_from", "notice")
    list_filter = ("message_category",)
    search_fields = ("code",)
    exclude = ("bases", "names", "descriptions")
    readonly_fields = ("names_by_language", "descriptions_by_language", "bases_in_words")

    @admin.display(description=_("name by language"))
    def names_by_language(self, obj: Purpose) -> SafeString:
        return by_key(obj.names)

    @admin.display(description=_("description by language"))
    def descriptions_by_language(self, obj: Purpose) -> SafeString:
        return by_key(obj.descriptions)

    @admin.display(description=_("lawful basis by regime"))
    def bases_in_words(self, obj: Purpose) -> SafeString:
        return by_key({str(Regime(regime).label): LawfulBasis(basis).label for regime, basis in obj.bases.items()})

    @admin.display(description=_("notice"))
    def notice(self, obj: Purpose) -> SafeString:
        if obj.notice_published_at is None:
            return tag("warn", _("not published: not asked for"))
        return tag("ok", date_format.day(obj.notice_published_at))


def by_key(values: dict[str, Any]) -> SafeString:
    """Lines ``key: value``."""
    return format_html_join(SafeString("<br>"), "{}: {}", values.items())
