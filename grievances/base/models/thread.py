"""What was said and done about a grievance. Lines are facts; their words lie beside them and can be erased."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from grievances.base import choices, labels
from portal.kernel.core.data_categories import declare
from portal.kernel.core.models import AppendOnlyModel


class TicketEntry(AppendOnlyModel):
    """One line of the thread: a message or a step. Public lines are the person's too; internal ones are not."""

    ticket = models.ForeignKey("grievances.Ticket", models.PROTECT, related_name="entries", verbose_name=_("grievance"))
    kind = models.CharField(_("kind"), max_length=16, choices=list(labels.ENTRY_KINDS.items()))
    author = models.CharField(_("author"), max_length=8, choices=list(labels.AUTHORS.items()))
    visibility = models.CharField(_("who may read it"), max_length=8, choices=list(labels.VISIBILITIES.items()))
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("written by")
    )
    at = models.DateTimeField(_("at"))
    round = models.PositiveSmallIntegerField(_("round"), default=1)
    #: From what the writer's page carried and what was said: the same message sent twice is one line.
    once_key = models.UUIDField(_("once key"), null=True, blank=True, unique=True, editable=False)

    data_categories = declare(none="id ticket kind author visibility written_by at round once_key")

    class Meta:
        verbose_name = _("line of a grievance")
        verbose_name_plural = _("lines of grievances")
        ordering = ("at", "pk")
        constraints = (
            models.CheckConstraint(
                name="grievances_notes_are_internal",
                condition=~Q(kind=choices.EntryKind.NOTE.value) | Q(visibility=choices.Visibility.INTERNAL.value),
            ),
        )

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.kind}"


class EntryText(models.Model):
    """The words of one line, sealed under the subject's key (retention class ``grievance``)."""

    entry = models.OneToOneField(TicketEntry, models.PROTECT, related_name="text", verbose_name=_("line"))
    sealed = models.BinaryField(_("text"), editable=False)

    data_categories = declare(none="id entry", free_text="sealed")

    class Meta:
        verbose_name = _("text of a line")
        verbose_name_plural = _("texts of lines")

    def __str__(self) -> str:
        return f"{self.entry_id}"


class Attachment(models.Model):
    """A file that came with a line. The file lies in the vault; its own name is sealed, as people name files after people."""

    entry = models.ForeignKey(TicketEntry, models.PROTECT, related_name="attachments", verbose_name=_("line"))
    file = models.ForeignKey("vault.StoredFile", models.PROTECT, related_name="+", verbose_name=_("file"))
    name_sealed = models.BinaryField(_("name"), editable=False)
    media_type = models.CharField(_("type"), max_length=40)
    size = models.PositiveIntegerField(_("bytes"))

    data_categories = declare(none="id entry file media_type size", free_text="name_sealed")

    class Meta:
        verbose_name = _("file of a grievance")
        verbose_name_plural = _("files of grievances")

    def __str__(self) -> str:
        return f"{self.entry_id} {self.media_type}"


class Resolution(models.Model):
    """A proposed answer and what the person said to it. A grievance is settled by the person, not by us."""

    ticket = models.ForeignKey(
        "grievances.Ticket", models.PROTECT, related_name="resolutions", verbose_name=_("grievance")
    )
    entry = models.OneToOneField(TicketEntry, models.PROTECT, related_name="resolution", verbose_name=_("line"))
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    proposed_at = models.DateTimeField(_("proposed"))
    answer = models.CharField(
        _("answer"), max_length=10, choices=list(labels.ANSWERS.items()), default=choices.Answer.WAITING
    )
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    notices = models.PositiveSmallIntegerField(_("notices sent"), default=0)
    last_notice_at = models.DateTimeField(_("last notice"), null=True, blank=True)

    data_categories = declare(none="id ticket entry proposed_by proposed_at answer answered_at notices last_notice_at")

    class Meta:
        verbose_name = _("proposed resolution")
        verbose_name_plural = _("proposed resolutions")
        ordering = ("proposed_at", "pk")
        constraints = (
            models.UniqueConstraint(
                name="grievances_one_waiting_resolution",
                fields=("ticket",),
                condition=Q(answer=choices.Answer.WAITING.value),
            ),
        )

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.answer}"
