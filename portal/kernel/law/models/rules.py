from datetime import date, timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import TIMELESS, Place, Record
from portal.kernel.core.register_days import RegisterDays
from portal.kernel.law.calendars import Calendar
from portal.kernel.law.choices import UNCONFIRMED, Binds, Confidence
from portal.kernel.law.terms import COUNTING_WORDS, Counting, Roll, RuleKind, RuleTerms, Unit


class DatedRuleQuerySet(models.QuerySet):
    """Rules with a key, a version and dates."""

    def in_force(self, on: date) -> Self:
        """The newest version of each key among those whose dates hold on that day."""
        dated = self.filter(
            Q(effective_from=None) | Q(effective_from__lte=on), Q(effective_to=None) | Q(effective_to__gte=on)
        )
        newest = dated.filter(key=OuterRef("key")).order_by("-version").values("pk")[:1]
        return dated.filter(pk=Subquery(newest))

    def newest(self) -> Self:
        """The last version of each key, whatever its dates."""
        last = self.model._default_manager.filter(key=OuterRef("key")).order_by("-version").values("pk")[:1]
        return self.filter(pk=Subquery(last))


class DatedRule(models.Model):
    """A row that is superseded by a higher version and never edited; ``sha256`` is of its canonical content."""

    #: As ``in_force`` answers: of a key the highest version whose days hold.
    register_days = RegisterDays(
        entered="recorded_at", since="effective_from", last="effective_to", one_per=("key",), rank=("version",)
    )
    key = models.CharField(_("key"), max_length=40)
    version = models.PositiveIntegerField(_("version"))
    kind = models.CharField(_("kind"), max_length=20)
    amount = models.PositiveBigIntegerField(_("amount"), null=True, blank=True)
    unit = models.CharField(_("unit"), max_length=20)
    start_event = models.CharField(_("starts with"), max_length=80)
    counting = models.CharField(_("counting"), max_length=32)
    pauses = models.BooleanField(_("may be paused"), default=False)
    values = models.JSONField(_("values"), default=list, blank=True)
    effective_from = models.DateField(_("in force from"), null=True, blank=True)
    effective_to = models.DateField(_("in force until"), null=True, blank=True)
    source = models.TextField(_("source"))
    note = models.TextField(_("note"), blank=True)
    sha256 = models.CharField(_("content hash"), max_length=64)
    recorded_at = models.DateTimeField(_("recorded"), default=clock.now)

    objects = DatedRuleQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering: ClassVar = ["key", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "version"], name="law_%(class)s_version"),
            models.CheckConstraint(
                condition=Q(effective_to=None) | Q(effective_from=None) | Q(effective_to__gte=F("effective_from")),
                name="law_%(class)s_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} v{self.version}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("A rule is superseded by a new version, never edited.")
        super().save(*args, **kwargs)

    @property
    def counting_words(self) -> str:
        """The way of counting in words, in English, as the commands print it."""
        return COUNTING_WORDS[Counting(self.counting)]

    def terms(self, calendar: Calendar | None = None) -> RuleTerms:
        """The part of the rule that counting needs; ``calendar`` serves the outer limit."""
        return RuleTerms(
            key=self.key,
            kind=RuleKind(self.kind),
            amount=self.amount,
            unit=Unit(self.unit),
            counting=Counting(self.counting),
            roll=Roll(getattr(self, "roll", Roll.NONE)),
            calendar=calendar,
            pauses=self.pauses,
            values=tuple(str(value) for value in self.values),
        )

    @property
    def duration(self) -> timedelta:
        """The period as elapsed time. Raises ValueError for months, years and rules that hold no period."""
        amount = int(self.amount or 0)
        if self.unit == Unit.MINUTE:
            return timedelta(minutes=amount)
        if self.unit == Unit.HOUR:
            return timedelta(hours=amount)
        if self.unit == Unit.CALENDAR_DAY:
            return timedelta(days=amount)
        raise ValueError(f"{self.key} is not counted in minutes, hours or days.")


class LegalRule(DatedRule):
    """One rule of law, as data (``law/data/legal_rules.toml``)."""

    law = models.CharField(_("law"), max_length=200)
    provision = models.CharField(_("provision"), max_length=200)
    jurisdiction = models.CharField(_("jurisdiction"), max_length=10)
    roll = models.CharField(_("roll"), max_length=30)
    calendar = models.CharField(_("calendar of the outer limit"), max_length=16, blank=True)
    same_as = models.CharField(_("uses the clock of"), max_length=40, blank=True)
    applies_to = models.CharField(_("applies to"), max_length=200)
    switch = models.CharField(_("question of the profile"), max_length=32, blank=True)
    binds = models.CharField(_("binds"), max_length=8, choices=Binds.choices, default=Binds.US)
    confidence = models.CharField(_("confidence"), max_length=2, choices=Confidence.choices)
    date_confidence = models.CharField(_("confidence of its dates"), max_length=20, blank=True)

    record = Record(name=_("Legal rules"), place=Place.entry("law"), day=TIMELESS)
    data_categories = declare(
        none="id key version kind amount unit start_event counting pauses values effective_from effective_to source note "
        "sha256 recorded_at law provision jurisdiction roll calendar same_as applies_to switch binds confidence "
        "date_confidence"
    )

    class Meta(DatedRule.Meta):
        verbose_name = _("legal rule")
        verbose_name_plural = _("legal rules")

    @property
    def is_text_read(self) -> bool:
        """Whether somebody read the text itself: from memory and from commentary it is a source to be confirmed."""
        return self.confidence == Confidence.READ

    @property
    def is_confirmed(self) -> bool:
        """Whether both the text and the dates were read; a page says "unconfirmed" where this is false."""
        dated = self.effective_from is not None and self.date_confidence != "unconfirmed"
        return dated and self.confidence not in UNCONFIRMED


class HouseRule(DatedRule):
    """A promise of our own, dated like a law: a reply target, an undo time, the life of a link. ``note`` says why."""

    record = Record(name=_("Internal rules"), place=Place.tab("law", 20), day=TIMELESS)
    data_categories = declare(
        none="id key version kind amount unit start_event counting pauses values effective_from effective_to source note "
        "sha256 recorded_at"
    )

    class Meta(DatedRule.Meta):
        verbose_name = _("house rule")
        verbose_name_plural = _("house rules")
