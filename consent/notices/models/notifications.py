"""What people were told about their answers without having asked: proof that it was said, once and in time."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.base.models.notices import NoticeVersion
from consent.records.models.events import ConsentEvent
from portal.kernel.core import date_format
from portal.kernel.core.data_categories import declare
from portal.kernel.core.models import AppendOnlyModel
from portal.kernel.core.records import Place, Record


class EndingTold(AppendOnlyModel):
    """The person was told, before the end of a yes, that it ends: once for each yes."""

    event = models.OneToOneField(ConsentEvent, models.PROTECT, related_name="ending_told", verbose_name=_("answer"))
    #: The messages that told it, by the label they share.
    about = models.CharField(_("what the messages are about"), max_length=80)
    ends_at = models.DateTimeField(_("ends"))
    told_at = models.DateTimeField(_("told"))

    record = Record(name=_("Expiry reminders"), place=Place.view("messages", "outbox.Message"), day="told_at")
    data_categories = declare(none="id event about ends_at told_at")

    class Meta:
        verbose_name = _("reminder of an end")
        verbose_name_plural = _("reminders of an end")

    def __str__(self) -> str:
        return self.about


class LateNotice(AppendOnlyModel):
    """Who agreed before the law on notices began was given the notice of today afterwards (DPDP s.5(2)): once a purpose."""

    subject_ref = models.UUIDField(_("subject"))
    purpose = models.CharField(_("purpose"), max_length=40)
    notice_version = models.ForeignKey(NoticeVersion, models.PROTECT, related_name="+", verbose_name=_("notice"))
    language = models.CharField(_("language"), max_length=12)
    text_sha256 = models.CharField(_("SHA-256 of the notice"), max_length=64)
    #: The rule that asks for it, as it was on that day.
    rule = models.CharField(_("rule"), max_length=60)
    about = models.CharField(_("what the messages are about"), max_length=80)
    given_at = models.DateTimeField(_("given"))

    record = Record(
        name=_("Legacy consent notices"), place=Place.view("consent", "consent.ConsentEvent"), day="given_at"
    )
    data_categories = declare(none="id subject_ref purpose notice_version language text_sha256 rule about given_at")

    class Meta:
        verbose_name = _("late notice")
        verbose_name_plural = _("late notices")
        constraints = (models.UniqueConstraint(name="consent_one_late_notice", fields=("subject_ref", "purpose")),)

    def __str__(self) -> str:
        return f"{self.purpose} {date_format.day(self.given_at)}"
