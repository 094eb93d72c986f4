"""The law as rows: read here, loaded by ``sync_rules`` or adopted by two people."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from portal.core import clock
from portal.core.admin import ReadOnlyAdmin
from portal.jobs.audited_export import AuditedExport, resource_of
from portal.law.models import Clock, HouseRule, LegalRule, OrganisationProfile, Purpose
from portal.law.states import ClockState, LawfulBasis, Regime
from portal.workplace.figures import deadline, end_of_day
from portal.workplace.permissions import Permission


def tag(kind: str, text: Any) -> SafeString:
    """A word in a coloured box, with a sign that says it without colour."""
    sign = {"ok": "✓ ", "warn": "▲ ", "err": "■ ", "paused": "‖ "}.get(kind, "")
    return format_html('<span class="tag {}">{}{}</span>', kind, sign, text)


class DatedRuleAdmin(ReadOnlyAdmin):
    """Rules in all their versions."""

    view_permission = Permission.RULE_VIEW
    list_per_page = 100
    ordering = ("key", "-version")

    @admin.display(description=_("amount"))
    def amount_and_unit(self, obj: Any) -> str:
        if obj.amount is None:
            return "–"
        return f"{obj.amount} {obj.unit}"

    @admin.display(description=_("in force"))
    def in_force(self, obj: Any) -> str:
        start = obj.effective_from.isoformat() if obj.effective_from else "…"
        end = obj.effective_to.isoformat() if obj.effective_to else "…"
        return f"{start} – {end}"


@admin.register(LegalRule)
class LegalRuleAdmin(AuditedExport, DatedRuleAdmin):
    """A row whose text or dates nobody has read says "unconfirmed"."""

    export_resource = resource_of(
        LegalRule,
        "key version law provision jurisdiction amount unit start_event counting effective_from effective_to source confidence sha256 recorded_at",
    )
    list_note = _(
        "Rules are data: they are loaded from the rule file and superseded, never edited. "
        "An unconfirmed rule still counts, and every page that rests on it says so."
    )
    list_display = ("key", "law", "provision", "amount_and_unit", "in_force", "confirmed")
    list_filter = ("jurisdiction", "kind", "confidence")
    search_fields = ("key", "law", "provision")

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
    list_display = ("key", "note", "amount_and_unit", "in_force")
    search_fields = ("key", "note")


class WhenFilter(admin.SimpleListFilter):
    """The queues of "Today": the same conditions as its figures."""

    title = _("time left")
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("late", _("Overdue")), ("today", _("Due today")), ("running", _("Running")), ("paused", _("Paused"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Clock]) -> QuerySet[Clock]:
        now = clock.now()
        running = queryset.filter(state=ClockState.RUNNING)
        match self.value():
            case "late":
                return running.filter(due_at__lt=now)
            case "today":
                return running.filter(due_at__gte=now, due_at__lte=end_of_day(now))
            case "running":
                return running
            case "paused":
                return queryset.filter(state=ClockState.PAUSED)
            case _other:
                return queryset


@admin.register(Clock)
class ClockAdmin(AuditedExport, ReadOnlyAdmin):
    export_resource = resource_of(
        Clock,
        "id owner subject_ref kind rule_key zone started_at due_at target_at outer_limit_at state stopped_at extended_by is_confirmed",
    )
    view_permission = Permission.CLOCK_VIEW
    list_display = ("owner", "rule_key", "kind", "due_at", "target_at", "left")
    list_filter = (WhenFilter, "kind")
    search_fields = ("owner", "rule_key")
    search_help_text = _("A reference such as OS-GR-7K4M-9QX2, or the key of a rule.")
    list_select_related = ("legal_rule", "house_rule")
    ordering = ("due_at",)

    @admin.display(description=_("time left"))
    def left(self, obj: Clock) -> SafeString:
        if obj.state == ClockState.PAUSED:
            return tag("paused", _("paused"))
        if obj.state == ClockState.STOPPED:
            return tag("", _("stopped"))
        row = deadline(obj, clock.now())
        return tag(row.tone, row.says)


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
        "id code version message_category effective_from effective_to made_by_ref checked_by_ref shown_sha256 recorded_at",
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
        return tag("ok", obj.notice_published_at.astimezone(clock.IST).date().isoformat())


def by_key(values: dict[str, Any]) -> SafeString:
    """Lines ``key: value``."""
    return format_html_join(SafeString("<br>"), "{}: {}", values.items())
