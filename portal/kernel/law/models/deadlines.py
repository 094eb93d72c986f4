from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.clock import now
from portal.kernel.core.data_categories import declare
from portal.kernel.core.models import AppendOnlyModel
from portal.kernel.core.records import Place, Record
from portal.kernel.core.register_days import RegisterDays
from portal.kernel.law.choices import ClockEventKind, ClockState, Ended, ExtensionReason, LateReason
from portal.kernel.law.models.rules import HouseRule, LegalRule
from portal.kernel.law.terms import Unit


class Clock(models.Model):
    """A running deadline of a ticket, request, case or incident, under the rule version it was started under.

    ``owner`` is a label and a reference (``grievances.ticket:OS-GR-...``): the owner lies in a higher room. ``due_at`` is
    the last instant of what the law gives, unrolled; ``target_at`` the one to work to, never later; ``outer_limit_at``
    the latest reading. "Late" begins after ``due_at``.
    """

    owner = models.CharField(_("owner"), max_length=120, db_index=True)
    subject_ref = models.UUIDField(_("subject"), null=True, blank=True)
    kind = models.SlugField(_("kind"), max_length=40)
    rule_key = models.CharField(_("rule"), max_length=40)
    legal_rule = models.ForeignKey(LegalRule, models.PROTECT, null=True, blank=True, related_name="clocks")
    house_rule = models.ForeignKey(HouseRule, models.PROTECT, null=True, blank=True, related_name="clocks")
    zone = models.CharField(_("time zone"), max_length=40, default="Asia/Kolkata")
    started_at = models.DateTimeField(_("started"))
    due_at = models.DateTimeField(_("due"))
    target_at = models.DateTimeField(_("work to"))
    outer_limit_at = models.DateTimeField(_("outer limit"))
    state = models.CharField(_("state"), max_length=10, choices=ClockState.choices, default=ClockState.RUNNING)
    paused_at = models.DateTimeField(_("paused"), null=True, blank=True)
    paused_seconds = models.PositiveIntegerField(_("seconds paused"), default=0)
    stopped_at = models.DateTimeField(_("stopped"), null=True, blank=True)
    extended_by = models.ForeignKey(
        LegalRule, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("extended under")
    )
    extended_because = models.CharField(
        _("why extended"), max_length=12, choices=ExtensionReason.choices, blank=True, default=""
    )
    ended = models.CharField(_("how it ended"), max_length=12, choices=Ended.choices, blank=True, default="")
    late_because = models.CharField(_("why late"), max_length=12, choices=LateReason.choices, blank=True, default="")
    #: The clock that began at a wrong moment, in whose place this one counts. It stays as it was.
    corrects = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="corrected_by",
        verbose_name=_("counts in the place of"),
    )
    is_confirmed = models.BooleanField(_("confirmed"), default=True)
    #: When the owner is told next, and of how much of the time the owner was told last, in percent.
    next_at = models.DateTimeField(_("look again at"), null=True, blank=True)
    told_percent = models.PositiveSmallIntegerField(_("notified, in percent of the time"), default=0)

    record = Record(name=_("Deadlines"), place=Place.tab("law", 10), day="started_at")
    data_categories = declare(
        none="id owner subject_ref kind rule_key legal_rule house_rule zone started_at due_at target_at outer_limit_at "
        "state paused_at paused_seconds stopped_at extended_by extended_because ended late_because corrects "
        "is_confirmed "
        "next_at told_percent"
    )
    register_days = RegisterDays(entered="started_at", since="started_at", until="stopped_at")

    class Meta:
        verbose_name = _("clock")
        verbose_name_plural = _("clocks")
        ordering: ClassVar = ["due_at", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["owner", "kind", "rule_key"],
                condition=~Q(state=ClockState.STOPPED),
                name="law_clock_runs_once",
            ),
            models.CheckConstraint(
                condition=Q(legal_rule__isnull=False, house_rule=None) | Q(legal_rule=None, house_rule__isnull=False),
                name="law_clock_has_one_rule",
            ),
            models.CheckConstraint(
                condition=Q(target_at__lte=F("due_at"), outer_limit_at__gte=F("due_at")), name="law_clock_is_in_order"
            ),
        ]
        indexes: ClassVar = [
            # The sweep: clocks by the next moment at which something has to be told.
            models.Index(fields=["next_at"], name="law_clock_sweep", condition=Q(next_at__isnull=False)),
            # Queues: running clocks of a kind, the strictest first.
            models.Index(fields=["kind", "due_at"], name="law_clock_running", condition=Q(state=ClockState.RUNNING)),
        ]

    def __str__(self) -> str:
        return f"{self.rule_key} of {self.owner}"

    @property
    def rule(self) -> LegalRule | HouseRule:
        found = self.legal_rule or self.house_rule
        if found is None:
            raise ValueError("A clock has a rule.")
        return found

    @property
    def counts_time(self) -> bool:
        """Whether the law gives an hour and a minute, not a date."""
        return Unit((self.extended_by or self.rule).unit) in {Unit.HOUR, Unit.MINUTE}


class ClockEvent(AppendOnlyModel):
    """One fact in the life of a clock."""

    clock = models.ForeignKey(Clock, models.PROTECT, related_name="events")
    kind = models.CharField(_("kind"), max_length=12, choices=ClockEventKind.choices)
    at = models.DateTimeField(_("at"))
    actor_ref = models.CharField(_("by"), max_length=60)
    #: The due date after the event, and the percentage of the time that a reminder was about.
    due_at = models.DateTimeField(_("due"))
    percent = models.PositiveSmallIntegerField(_("percent of the time"), null=True, blank=True)
    reason_code = models.SlugField(_("reason"), max_length=40, blank=True)
    recorded_at = models.DateTimeField(_("recorded"), default=now)

    data_categories = declare(none="id clock kind at actor_ref due_at percent reason_code recorded_at")

    class Meta:
        verbose_name = _("clock event")
        verbose_name_plural = _("clock events")
        ordering: ClassVar = ["clock", "pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.clock_id}"
