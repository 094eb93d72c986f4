import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Record
from portal.kernel.vault.choices import RetentionClass


class SubjectKey(models.Model):
    """One key of one subject and retention class, wrapped by VAULT_KEY. Its row is the only copy: deleting it shreds.

    It lives in the key database (``KEYS_DATABASE_URL``), apart from the main one and from its backups.
    """

    key_store = True

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    subject_ref = models.UUIDField(_("subject"))
    retention_class = models.CharField(_("retention class"), max_length=24, choices=RetentionClass.choices)
    wrapped = models.BinaryField(_("wrapped key"), max_length=120, editable=False)
    created_at = models.DateTimeField(_("created"))

    record = Record(kept="The key itself: shredding it is how others erase.")
    data_categories = declare(none="id subject_ref retention_class created_at", credential="wrapped")

    class Meta:
        verbose_name = _("subject key")
        verbose_name_plural = _("subject keys")
        constraints = (
            models.UniqueConstraint(
                name="vault_one_key_per_subject_and_class", fields=("subject_ref", "retention_class")
            ),
        )

    def __str__(self) -> str:
        return f"{self.retention_class} {self.pk}"
