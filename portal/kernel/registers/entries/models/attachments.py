"""Documents that belong to a record of the registers: an agreement, a report, an order, minutes of a training."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Record
from portal.kernel.core.register_days import RegisterDays
from portal.kernel.registers.base.choices import AttachmentKind
from portal.kernel.vault.models import StoredFile


class Attachment(models.Model):
    """One document of one record, encrypted in the vault under a key of its own, so that it can end alone.

    ``about`` is the record's label in audit events. ``sha256`` is of the kept copy, which the safety check wrote anew;
    ``original_sha256`` is of the file as it was handed over: whoever has the original can show that it is the same. Both
    are facts of the audit event, whose leaf is in the ledger. The file ends by rule (``services.attachments.end_expired``);
    the row stays and says when.
    """

    reference = models.CharField(_("reference"), max_length=20, unique=True)
    about = models.CharField(_("record"), max_length=80, db_index=True)
    kind = models.CharField(_("kind"), max_length=12, choices=AttachmentKind.choices)
    dated_on = models.DateField(_("date of the document"))
    media_type = models.CharField(_("file type"), max_length=40)
    pages = models.PositiveIntegerField(_("pages"))
    file = models.OneToOneField(StoredFile, models.PROTECT, related_name="+", verbose_name=_("file"))
    sha256 = models.CharField(_("SHA-256 of the kept copy"), max_length=64)
    original_sha256 = models.CharField(_("SHA-256 of the original"), max_length=64)
    added_at = models.DateTimeField(_("added"))
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("added by"))
    ended_at = models.DateTimeField(_("destroyed"), null=True, blank=True)

    record = Record(prefix="AT")
    data_categories = declare(
        none="id reference about kind dated_on media_type pages file sha256 original_sha256 added_at added_by ended_at"
    )

    register_days = RegisterDays(entered="added_at", since="added_at", until="ended_at")

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ("-added_at", "-id")
        constraints = (
            models.UniqueConstraint(
                name="registers_a_document_once_per_record",
                fields=("about", "original_sha256"),
                condition=models.Q(ended_at=None),
            ),
        )

    def __str__(self) -> str:
        return self.reference
