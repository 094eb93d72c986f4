"""Rounds in which everybody is told of a text, and the proof for each person."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from consent.base.choices import AnnouncementKind
from consent.base.models.notices import NoticeVersion
from portal.kernel.core import date_format
from portal.kernel.core.data_categories import declare
from portal.kernel.core.models import AppendOnlyModel
from portal.kernel.core.records import Place, Record


class Announcement(models.Model):
    """One round: everybody is told of a change before it applies, or reminded of the text in force.

    ``job`` is the one that tells now, or told last; who was told stays told when another goes on.
    """

    version = models.ForeignKey(NoticeVersion, models.PROTECT, related_name="announcements", verbose_name=_("version"))
    kind = models.CharField(_("kind"), max_length=10, choices=AnnouncementKind.choices)
    round = models.PositiveIntegerField(_("round"), default=1)
    job = models.ForeignKey("jobs.Job", models.PROTECT, null=True, related_name="+", verbose_name=_("job"))
    begun_at = models.DateTimeField(_("begun"))
    #: When nobody was left to tell, the last time that somebody looked.
    finished_at = models.DateTimeField(_("everyone notified"), null=True, blank=True)

    record = Record(name=_("Policy notifications"), place=Place.tab("policies", 10), day="begun_at")
    data_categories = declare(none="id version kind round job begun_at finished_at")

    class Meta:
        verbose_name = _("announcement of a text")
        verbose_name_plural = _("announcements of texts")
        ordering = ("-begun_at",)
        constraints = (
            models.UniqueConstraint(name="consent_announcement_once", fields=("version", "kind", "round")),
            models.CheckConstraint(
                name="consent_a_change_is_announced_in_one_round",
                condition=Q(round=1) | ~Q(kind=AnnouncementKind.CHANGE),
            ),
        )

    def __str__(self) -> str:
        return f"{self.version}: {self.get_kind_display()}"

    @property
    def about(self) -> str:
        """The label of its messages."""
        return f"consent.announcement:{self.pk}"


class Telling(AppendOnlyModel):
    """One person was told in a round, on the channels named; none where the person could be reached on none. Who can be
    reached later is told then, in a second row.

    The messages of the outbox with the round's label are the proof per channel.
    """

    announcement = models.ForeignKey(
        Announcement, models.PROTECT, related_name="tellings", verbose_name=_("announcement")
    )
    subject_ref = models.UUIDField(_("subject"))
    channels = models.CharField(_("channels"), max_length=40, blank=True)
    told_at = models.DateTimeField(_("told"))

    data_categories = declare(none="id announcement subject_ref channels told_at")

    class Meta:
        verbose_name = _("notification delivery")
        verbose_name_plural = _("notification deliveries")
        constraints = (
            # Of two jobs at once one tells; and the next batch leaves out whoever stands here.
            models.UniqueConstraint(
                name="consent_one_telling", fields=("announcement", "subject_ref"), condition=~models.Q(channels="")
            ),
            models.UniqueConstraint(
                name="consent_one_telling_on_no_way",
                fields=("announcement", "subject_ref"),
                condition=models.Q(channels=""),
            ),
        )

    def __str__(self) -> str:
        return f"{self.announcement_id}: {self.channels}"


class NoticeReview(AppendOnlyModel):
    """Somebody looked at a text in force and found that it still says what is done."""

    version = models.ForeignKey(NoticeVersion, models.PROTECT, related_name="reviews", verbose_name=_("version"))
    reviewed_by = models.CharField(_("reviewed by"), max_length=40)
    reviewed_at = models.DateTimeField(_("reviewed"))

    data_categories = declare(none="id version reviewed_by reviewed_at")

    class Meta:
        verbose_name = _("review of a text")
        verbose_name_plural = _("reviews of texts")

    def __str__(self) -> str:
        return f"{self.version_id} {date_format.day(self.reviewed_at)}"
