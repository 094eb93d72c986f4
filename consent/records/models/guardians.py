"""Answers that somebody else has to give: what waits for them, and how they were shown to be who they are."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from consent.base.choices import AppointedBy, EndedBy, HeldState, Relation, ShownBy
from consent.base.models.notices import NoticeVersion
from consent.records.models.events import ConsentReceipt
from portal.kernel.core import date_format
from portal.kernel.core.data_categories import declare
from portal.kernel.core.models import AppendOnlyModel
from portal.kernel.core.records import Place, Record


class HeldConsent(models.Model):
    """A child, or a person with a guardian, said yes: no consent yet. A parent or guardian has to give it verifiably."""

    subject_ref = models.UUIDField(_("subject"))
    fiduciary = models.ForeignKey("people.Fiduciary", models.PROTECT, related_name="+", verbose_name=_("fiduciary"))
    purpose = models.CharField(_("purpose"), max_length=40)
    channels = models.JSONField(_("channels"), default=list)
    notice_version = models.ForeignKey(NoticeVersion, models.PROTECT, related_name="+", verbose_name=_("notice"))
    language = models.CharField(_("language"), max_length=12)
    state = models.CharField(_("state"), max_length=8, choices=HeldState.choices, default=HeldState.HELD)
    held_at = models.DateTimeField(_("pending since"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    record = Record(
        name=_("Pending guardian consents"), place=Place.view("consent", "consent.ConsentEvent"), day="held_at"
    )
    data_categories = declare(
        none="id subject_ref fiduciary purpose channels notice_version language state held_at closed_at"
    )

    class Meta:
        verbose_name = _("pending guardian consent")
        verbose_name_plural = _("pending guardian consents")
        ordering = ("-held_at", "-id")
        constraints = (
            models.UniqueConstraint(
                name="consent_one_held_question",
                fields=("subject_ref", "fiduciary", "purpose"),
                condition=Q(state=HeldState.HELD),
            ),
            models.CheckConstraint(
                name="consent_held_until_it_is_closed",
                condition=Q(state=HeldState.HELD, closed_at=None)
                | (~Q(state=HeldState.HELD) & Q(closed_at__isnull=False)),
            ),
        )

    def __str__(self) -> str:
        return f"{self.purpose} {self.get_state_display()}"


class GuardianAnswer(AppendOnlyModel):
    """That a parent or guardian gave the answers of a receipt, and how identity and age were shown.

    The leaf of each answer names the SHA-256 of this (``sha256``): how they were shown cannot be exchanged afterwards.
    """

    receipt = models.OneToOneField(ConsentReceipt, models.PROTECT, related_name="guardian", verbose_name=_("receipt"))
    subject_ref = models.UUIDField(_("subject"))
    guardian_ref = models.UUIDField(_("subject of the guardian"))
    relation = models.CharField(_("guardian"), max_length=8, choices=Relation.choices)
    identity_shown = models.CharField(_("identity shown by"), max_length=8, choices=ShownBy.choices)
    age_shown = models.CharField(_("age shown by"), max_length=8, choices=ShownBy.choices)
    appointed_by = models.CharField(_("appointed by"), max_length=9, choices=AppointedBy.choices, blank=True)
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    shown_at = models.DateTimeField(_("shown"))

    record = Record(name=_("Guardian consents"), place=Place.view("consent", "consent.ConsentEvent"), day="shown_at")
    data_categories = declare(
        none="id receipt subject_ref guardian_ref relation identity_shown age_shown appointed_by sha256 shown_at"
    )

    class Meta:
        verbose_name = _("guardian consent")
        verbose_name_plural = _("guardian consents")

    def __str__(self) -> str:
        return f"{self.get_relation_display()} {date_format.day(self.shown_at)}"


class StandingEnded(AppendOnlyModel):
    """That somebody answers for a person no more: they said so, or staff saw that they may not.

    The standing rests on ``GuardianAnswer``; one that two of our people take later begins it anew.
    """

    receipt = models.ForeignKey(
        ConsentReceipt, models.PROTECT, related_name="standings_ended", verbose_name=_("receipt")
    )
    entry = models.ForeignKey("ledger.Entry", models.PROTECT, related_name="+", verbose_name=_("ledger entry"))
    subject_ref = models.UUIDField(_("subject"))
    guardian_ref = models.UUIDField(_("subject of the guardian"))
    by = models.CharField(_("ended by"), max_length=8, choices=EndedBy.choices)
    ended_at = models.DateTimeField(_("ended"))

    record = Record(name=_("Ended guardianships"), place=Place.section("people", "people.Principal"), day="ended_at")
    data_categories = declare(none="id receipt entry subject_ref guardian_ref by ended_at")

    class Meta:
        verbose_name = _("end of a guardian's standing")
        verbose_name_plural = _("ends of guardians' standing")
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.get_by_display()} {date_format.day(self.ended_at)}"
