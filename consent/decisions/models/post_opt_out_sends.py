"""Sends that should not have been: each message that left after the person had said no, found by comparing."""

from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from consent.base.choices import SendFinding
from consent.records.models.events import ConsentEvent
from consent.records.models.suppressions import Suppression
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.core.register_days import RegisterDays
from portal.kernel.law.choices import channel_choices


class SendAfterWithdrawal(models.Model):
    """One message that left after a no, and what staff found out about it. References and times only.

    ``send`` is the label of the send: ``outbox.message:OS-MS-...``, or ``registers.reportedsend:`` and its number where
    a sending system told us of it.
    """

    send = models.CharField(_("send"), max_length=80, unique=True)
    recipient_code = models.CharField(_("sending system"), max_length=40, blank=True)
    event = models.ForeignKey(
        ConsentEvent, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("opt-out")
    )
    #: Where no answer said no: the address itself was stopped.
    suppression = models.ForeignKey(
        Suppression, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("the stop at the address")
    )
    purpose = models.CharField(_("purpose"), max_length=40)
    channel = models.CharField(_("channel"), max_length=16, choices=channel_choices)
    withdrawn_at = models.DateTimeField(_("no recorded"))
    sent_at = models.DateTimeField(_("sent"))
    found_at = models.DateTimeField(_("found"))
    finding = models.CharField(_("what was found out"), max_length=16, choices=SendFinding.choices, blank=True)
    looked_at = models.DateTimeField(_("investigated"), null=True, blank=True)
    looked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("investigated by"),
    )

    record = Record(name=_("Messages sent after opt-out"), place=Place.tab("messages", 20), day="found_at")
    data_categories = declare(
        none="id send recipient_code event suppression purpose channel withdrawn_at sent_at found_at finding looked_at looked_by"
    )
    register_days = RegisterDays(entered="found_at", changed=("looked_at",))

    class Meta:
        verbose_name = _("send after a withdrawal")
        verbose_name_plural = _("sends after a withdrawal")
        ordering: ClassVar[tuple[str, ...]] = ("-sent_at", "-id")
        constraints = (
            models.CheckConstraint(
                name="consent_a_finding_is_somebodys",
                condition=Q(finding="", looked_at=None, looked_by=None)
                | (~Q(finding="") & Q(looked_at__isnull=False, looked_by__isnull=False)),
            ),
            models.CheckConstraint(
                name="consent_a_send_is_after_one_no",
                condition=Q(event__isnull=False, suppression=None) | Q(event=None, suppression__isnull=False),
            ),
            models.CheckConstraint(name="consent_the_no_came_first", condition=Q(sent_at__gt=models.F("withdrawn_at"))),
        )

    def __str__(self) -> str:
        return self.send

    @property
    def subject_ref(self) -> UUID:
        """Whose no it was: a person's, or that of whoever stopped the address."""
        said = self.event or self.suppression.receipt  # type: ignore[union-attr]
        return said.subject_ref

    @property
    def seconds(self) -> int:
        """From the no to the send."""
        return int((self.sent_at - self.withdrawn_at).total_seconds())


class SendWatch(models.Model):
    """Up to which instant the sends of one source were compared with what people said."""

    source = models.CharField(_("source"), max_length=16, unique=True)
    until = models.DateTimeField(_("compared until"))

    data_categories = declare(none="id source until")

    class Meta:
        verbose_name = _("progress of the comparison of sends")
        verbose_name_plural = _("progress of the comparison of sends")

    def __str__(self) -> str:
        return self.source
