"""The present answers: a projection of the consent events, rebuilt from them at any time."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.base.choices import STANDING
from consent.base.models.notices import NoticeVersion
from consent.records.models.events import ConsentEvent
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.law.choices import channel_choices


class ConsentState(models.Model):
    """The answer that counts now for one fiduciary, address, purpose and channel, and the event that decides it."""

    fiduciary = models.ForeignKey("people.Fiduciary", models.PROTECT, related_name="+", verbose_name=_("fiduciary"))
    address_key = models.BinaryField(_("lookup hash of the address"), max_length=33)
    purpose = models.CharField(_("purpose"), max_length=40)
    channel = models.CharField(_("channel"), max_length=16, choices=channel_choices)
    answer = models.CharField(_("answer"), max_length=10, choices=STANDING)
    verified = models.BooleanField(_("address confirmed"))
    expires_at = models.DateTimeField(_("ends"), null=True, blank=True)
    event = models.ForeignKey(ConsentEvent, models.PROTECT, related_name="+", verbose_name=_("deciding event"))
    #: The deciding event's identity in the ledger, here so that a decision needs one row only.
    entry_ref = models.UUIDField(_("ledger entry"))
    subject_ref = models.UUIDField(_("subject"), db_index=True)
    occurred_at = models.DateTimeField(_("since"))
    #: The text that was shown: a yes no longer counts once a material version of it is in force. None: a text of others.
    notice_version = models.ForeignKey(
        NoticeVersion,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("notice shown"),
    )
    #: The newest event that was folded in; an older one never overwrites a newer.
    as_of_event = models.BigIntegerField(_("newest event"))
    #: A keyed hash over all of the above (``consent.records.rules.seals``). None on rows from before the seal, until they were verified.
    seal = models.BinaryField(_("seal"), max_length=40, null=True)

    record = Record(name=_("Current consents"), place=Place.view("consent", "consent.ConsentEvent"), day="occurred_at")
    data_categories = declare(
        none="id fiduciary address_key purpose channel answer verified expires_at event entry_ref subject_ref "
        "occurred_at notice_version as_of_event seal"
    )

    class Meta:
        verbose_name = _("consent state")
        verbose_name_plural = _("consent states")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                name="consent_one_state",
                fields=("address_key", "purpose", "channel", "fiduciary"),
            ),
        )
        indexes = (
            # The sweep: yeses whose agreed time has ended.
            models.Index(
                fields=("expires_at",),
                name="consent_state_expiring",
                condition=models.Q(expires_at__isnull=False, answer__in=("given", "renewed")),
            ),
            # The staff's list, the latest answer first: a state keeps its number while its answer changes.
            models.Index(fields=("-occurred_at", "-id"), name="consent_state_when"),
        )

    def __str__(self) -> str:
        return f"{self.purpose} {self.channel} {self.answer}"
