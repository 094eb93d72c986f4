"""A grievance being written: kept on the server for some days, known to the browser by a secret only."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.fields import EncryptedTextField


class TicketDraft(models.Model):
    """The answers so far. Its subject is the coming ticket's: sending it registers the subject, nothing is re-sealed.

    ``id`` is the filing key: however often "Send" is pressed, one draft becomes one ticket.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    secret_hash = models.BinaryField(_("secret"), max_length=33, unique=True, editable=False)
    subject_ref = models.UUIDField(_("subject"), unique=True, default=uuid.uuid4, editable=False)
    answers_sealed = models.BinaryField(_("answers"), editable=False)
    created_at = models.DateTimeField(_("created"))
    expires_at = models.DateTimeField(_("kept until"), db_index=True)
    ticket = models.OneToOneField(
        "grievances.Ticket", models.PROTECT, null=True, blank=True, related_name="draft", verbose_name=_("grievance")
    )
    #: Shown on the page after sending, once, then emptied.
    tracking_key = EncryptedTextField(_("tracking key"), purpose="grievances.draft.tracking_key", null=True, blank=True)

    data_categories = declare(
        none="id subject_ref created_at expires_at ticket",
        credential="secret_hash tracking_key",
        free_text="answers_sealed",
    )

    class Meta:
        verbose_name = _("draft of a grievance")
        verbose_name_plural = _("drafts of grievances")

    def __str__(self) -> str:
        return str(self.pk)


class DraftFile(models.Model):
    """A file added while writing; it becomes an attachment when the draft is sent."""

    draft = models.ForeignKey(TicketDraft, models.CASCADE, related_name="files", verbose_name=_("draft"))
    file = models.ForeignKey("vault.StoredFile", models.PROTECT, related_name="+", verbose_name=_("file"))
    name_sealed = models.BinaryField(_("name"), editable=False)
    media_type = models.CharField(_("type"), max_length=40)
    size = models.PositiveIntegerField(_("bytes"))
    added_at = models.DateTimeField(_("added"))

    data_categories = declare(none="id draft file media_type size added_at", free_text="name_sealed")

    class Meta:
        verbose_name = _("file of a draft")
        verbose_name_plural = _("files of drafts")
        ordering = ("added_at", "pk")

    def __str__(self) -> str:
        return f"{self.draft_id} {self.media_type}"
