"""Broadcasts: one text to a segment, agreed to by two people, and what became of it for each person."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from consent.base.rules.broadcasts import Standing, outcome_of
from consent.broadcasts.choices import BroadcastState
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.law.choices import Channel, MessageCategory
from portal.kernel.outbox.models import Message
from portal.kernel.people.models import FourEyesModel
from portal.kernel.registers.senders.models.templates import ContentTemplate

#: Messages a minute, at most: what a gateway takes.
FASTEST = 60_000


class Broadcast(FourEyesModel):
    """What is sent, to whom, how fast, and how far it is.

    ``segment`` is a filter, never a list of people: who is in it is found while it is sent, in the order of ``cursor``,
    the last person looked at. ``channels`` are tried in their order: where one does not reach a person the next does.
    """

    reference = models.CharField(_("reference"), max_length=16, unique=True, editable=False)
    title = models.CharField(_("title"), max_length=120)
    purpose = models.CharField(_("purpose"), max_length=40)
    category = models.CharField(_("category"), max_length=20, choices=MessageCategory.choices)
    channels = models.JSONField(_("channels"), default=list)
    segment = models.JSONField(_("segment"), default=dict)
    #: By language: ``subject`` and ``text``, for channels whose texts no operator registers.
    words = models.JSONField(_("words"), default=dict)
    templates = models.ManyToManyField(
        ContentTemplate, related_name="+", verbose_name=_("registered templates"), blank=True
    )
    per_minute = models.PositiveIntegerField(
        _("messages a minute, at most"), validators=[MinValueValidator(1), MaxValueValidator(FASTEST)]
    )
    #: People in the segment when it was proposed: what the second person agrees to, roughly.
    counted = models.PositiveIntegerField(_("people counted"))
    state = models.CharField(
        _("state"), max_length=10, choices=BroadcastState.choices, default=BroadcastState.PROPOSED, editable=False
    )
    #: Why the system paused it, as a code; empty where a person did or it is not paused.
    paused_because = models.CharField(_("paused by the system"), max_length=40, blank=True, editable=False)
    cursor = models.PositiveBigIntegerField(default=0, editable=False)
    begun_at = models.DateTimeField(_("begun"), null=True, editable=False)
    listed_at = models.DateTimeField(_("everyone was reviewed"), null=True, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)

    record = Record(
        name=_("Broadcasts"),
        place=Place.tab("messages", 10),
        kept="A note of staff about a text that many got; kept with the proposal that it decides.",
        day="made_at",
        prefix="BC",
        is_work=True,
    )
    data_categories = declare(
        none="id act made_by made_at checked_by checked_at shown_sha256 answer reference title purpose category channels "
        "segment words per_minute counted state paused_because cursor begun_at listed_at ended_at",
        free_text="reason",
    )

    class Meta(FourEyesModel.Meta):
        verbose_name = _("broadcast")
        verbose_name_plural = _("broadcasts")
        ordering = ("-id",)
        constraints = (
            *FourEyesModel.Meta.constraints,
            models.CheckConstraint(
                name="consent_a_broadcast_goes_after_a_yes",
                condition=Q(state=BroadcastState.PROPOSED)
                | Q(state=BroadcastState.REFUSED, answer="refused")
                | (
                    ~Q(state__in=(BroadcastState.PROPOSED, BroadcastState.REFUSED))
                    & Q(answer="approved", begun_at__isnull=False)
                ),
            ),
            models.CheckConstraint(
                name="consent_a_broadcast_has_a_pace", condition=Q(per_minute__gte=1, per_minute__lte=FASTEST)
            ),
        )
        indexes = (
            # The beat: what is under way, or was cancelled and is still being counted.
            models.Index(
                fields=("id",),
                name="consent_broadcast_open",
                condition=Q(state__in=(BroadcastState.SENDING, BroadcastState.CANCELLED), ended_at=None),
            ),
        )

    def __str__(self) -> str:
        return f"{self.reference}: {self.title}"

    @property
    def about(self) -> str:
        """The label of its messages."""
        return f"consent.broadcast:{self.reference}"

    def channel_names(self) -> list[str]:
        """The channels in their order, in words."""
        return [str(Channel(channel).label) for channel in self.channels]

    def shown(self, templates: list[dict[str, Any]]) -> dict[str, Any]:
        """What both people see, and what their answers are bound to."""
        return {
            "title": self.title,
            "purpose": self.purpose,
            "category": self.category,
            "channels": self.channels,
            "segment": self.segment,
            "words": self.words,
            "per_minute": self.per_minute,
            "counted": self.counted,
            "templates": templates,
        }


class BroadcastPerson(models.Model):
    """One person of a broadcast: references only. The state of ``message`` says what became of it (``outcome_of``).

    ``place`` is that of the channel in use among the broadcast's. Open rows are looked at again: one without a message
    waits for ``next_at``, one with a message may still go by the next channel.
    """

    broadcast = models.ForeignKey(Broadcast, models.PROTECT, related_name="people", verbose_name=_("broadcast"))
    subject_ref = models.UUIDField(_("subject"))
    message = models.OneToOneField(Message, models.PROTECT, null=True, related_name="+", verbose_name=_("message"))
    place = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    is_open = models.BooleanField(default=True)
    next_at = models.DateTimeField(null=True)
    posted_at = models.DateTimeField(_("posted"), null=True)

    record = Record(
        name=_("Broadcast recipients"), place=Place.section("messages", "consent.Broadcast"), day="broadcast__made_at"
    )
    data_categories = declare(none="id broadcast subject_ref message place reason is_open next_at posted_at")

    class Meta:
        verbose_name = _("person of a broadcast")
        verbose_name_plural = _("people of broadcasts")
        ordering = ("id",)
        constraints = (
            # Of two workers at once one reaches the person, and none a second time.
            models.UniqueConstraint(name="consent_a_broadcast_reaches_once", fields=("broadcast", "subject_ref")),
        )
        indexes = (
            models.Index(fields=("broadcast", "next_at"), name="consent_broadcast_look", condition=Q(is_open=True)),
            # The pace: what went in the last minute.
            models.Index(fields=("broadcast", "posted_at"), name="consent_broadcast_pace"),
        )

    def __str__(self) -> str:
        return f"{self.broadcast_id}: {self.subject_ref}"

    @property
    def came_to(self) -> tuple[str, str]:
        """The outcome and its reason's code."""
        message = self.message
        return outcome_of(
            Standing(
                is_open=self.is_open,
                reason=self.reason,
                state=message.state if message is not None else None,
                said=message.reason if message is not None else "",
            )
        )

    @property
    def outcome(self) -> str:
        """One of the outcomes, as a code."""
        return self.came_to[0]

    @property
    def why(self) -> str:
        """The code of the reason, empty where there is none."""
        return self.came_to[1]

    @property
    def channel(self) -> str:
        """The channel that carries it, empty where none does."""
        return self.message.channel if self.message is not None else ""

    @property
    def message_reference(self) -> str:
        """The message's own reference, empty where there is none."""
        return self.message.reference if self.message is not None else ""
