"""Which mails were seen and what became of each. No word and no address of anybody: those are in the grievance."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from grievances.base import labels
from grievances.base.choices import MailOutcome
from portal.kernel.core.data_categories import declare
from portal.kernel.core.models import AppendOnlyModel
from portal.kernel.core.records import Place, Record


class SeenMail(AppendOnlyModel):
    """One mail at one place: every mail seen is a grievance, a line of one, or ignored with a reason.

    ``source_key`` names the mail at its place (a mailbox and its number there, a webhook's message): taken once.
    ``content_key`` is a keyed hash over what it says: the same mail at another place is ``known``.
    """

    source = models.CharField(_("came by"), max_length=8, choices=list(labels.MAIL_SOURCES.items()))
    source_key = models.CharField(_("name at its place"), max_length=64, unique=True, editable=False)
    content_key = models.BinaryField(_("mark of its content"), max_length=33, editable=False)
    arrived_at = models.DateTimeField(_("arrived"))
    seen_at = models.DateTimeField(_("seen"))
    size = models.PositiveIntegerField(_("bytes"))
    outcome = models.CharField(_("outcome"), max_length=8, choices=list(labels.MAIL_OUTCOMES.items()))
    reason = models.CharField(_("reason"), max_length=12, choices=list(labels.MAIL_REASONS.items()), blank=True)
    files_left_out = models.PositiveSmallIntegerField(_("files left out"), default=0)
    ticket = models.ForeignKey(
        "grievances.Ticket", models.PROTECT, null=True, blank=True, related_name="mails", verbose_name=_("grievance")
    )

    record = Record(name=_("Inbound emails"), place=Place.link("grievances", "grievances.Ticket"), day="seen_at")
    data_categories = declare(
        none=("id source source_key content_key arrived_at seen_at size outcome reason files_left_out ticket")
    )

    class Meta:
        verbose_name = _("mail that came in")
        verbose_name_plural = _("mails that came in")
        ordering = ("-seen_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                name="grievances_a_mail_is_taken_once",
                fields=("content_key",),
                condition=~Q(outcome=MailOutcome.IGNORED.value),
            ),
            models.CheckConstraint(
                name="grievances_a_mail_has_a_ticket_or_a_reason",
                condition=Q(outcome=MailOutcome.IGNORED.value) & ~Q(reason="")
                | ~Q(outcome=MailOutcome.IGNORED.value) & Q(ticket__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.source} {self.outcome}"


class MailCount(AppendOnlyModel):
    """One day's reconciliation: how many mails the mailbox held, and what became of each of them."""

    counted_at = models.DateTimeField(_("counted"))
    days = models.PositiveSmallIntegerField(_("days back"))
    in_mailbox = models.PositiveIntegerField(_("in the mailbox"))
    tickets = models.PositiveIntegerField(_("grievances"))
    lines = models.PositiveIntegerField(_("lines of grievances"))
    ignored = models.PositiveIntegerField(_("ignored"))
    found_now = models.PositiveIntegerField(_("found by the count"))
    unexplained = models.PositiveIntegerField(_("unexplained"))

    record = Record(name=_("Mailbox reconciliation"), place=Place.section("operations"), day="counted_at")
    data_categories = declare(none="id counted_at days in_mailbox tickets lines ignored found_now unexplained")

    class Meta:
        verbose_name = _("count of the mailbox")
        verbose_name_plural = _("counts of the mailbox")
        ordering = ("-counted_at", "-pk")
        constraints = (
            models.CheckConstraint(
                name="grievances_every_mail_is_counted",
                condition=Q(
                    in_mailbox=models.F("tickets") + models.F("lines") + models.F("ignored") + models.F("unexplained")
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.counted_at:%Y-%m-%d}"
