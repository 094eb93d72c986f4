import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Record
from portal.kernel.core.register_days import RegisterDays
from portal.kernel.vault.choices import RetentionClass


class StoredFile(models.Model):
    """One encrypted file. The bytes lie in the storage under a name that says nothing; the name people gave is not kept.

    ``wrapped_key`` is the file's data key, wrapped by the subject's key ``key_id``, which lives in the key database.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    subject_ref = models.UUIDField(_("subject"), db_index=True)
    retention_class = models.CharField(_("retention class"), max_length=24, choices=RetentionClass.choices)
    kind = models.CharField(_("kind"), max_length=40)
    storage_name = models.CharField(_("place in the storage"), max_length=80, unique=True)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    sha256 = models.CharField(_("SHA-256 of the clear bytes"), max_length=64)
    key_id = models.UUIDField(_("subject key"))
    wrapped_key = models.BinaryField(_("wrapped data key"), max_length=80, editable=False)
    stored_at = models.DateTimeField(_("stored"), db_index=True)
    shredded_at = models.DateTimeField(_("shredded"), null=True, blank=True)

    record = Record(kept="Contains a wrapped key and no clear data; the room whose file it is shreds it.")
    data_categories = declare(
        none="id subject_ref retention_class kind storage_name size sha256 key_id stored_at shredded_at",
        credential="wrapped_key",
    )
    #: A file is entered and ended; a pack of each month of its stay would name every file of the vault.
    register_days = RegisterDays(entered="stored_at", until="shredded_at")

    class Meta:
        verbose_name = _("stored file")
        verbose_name_plural = _("stored files")

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class ShredOrder(models.Model):
    """That a key must end, written with the decision; the key itself goes after the commit, and a sweep sees to it."""

    subject_ref = models.UUIDField(_("subject"))
    retention_class = models.CharField(_("retention class"), max_length=24, choices=RetentionClass.choices)
    key_id = models.UUIDField(_("subject key"), unique=True)
    ordered_at = models.DateTimeField(_("ordered"))
    done_at = models.DateTimeField(_("done"), null=True, blank=True)

    data_categories = declare(none="id subject_ref retention_class key_id ordered_at done_at")

    class Meta:
        verbose_name = _("order to shred a key")
        verbose_name_plural = _("orders to shred keys")
        indexes = (models.Index(name="vault_orders_not_done", fields=("ordered_at",), condition=Q(done_at=None)),)

    def __str__(self) -> str:
        return f"{self.retention_class} {self.key_id}"
