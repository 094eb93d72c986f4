"""Marks of erasures, apart from what was erased."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare


class ErasureMark(models.Model):
    """One subject's records in one room ended, those that began before a time or all. References and times only.

    It lives in the key database (``KEYS_DATABASE_URL``): when the main one is restored from an older dump,
    ``replay_erasures`` reads here what has to end again.
    """

    key_store = True

    subject_ref = models.UUIDField(_("subject"))
    eraser = models.CharField(_("what"), max_length=64)
    before = models.DateTimeField(_("what began before"), null=True)
    #: Fields that ended of records that stay; null for a mark of whole records only.
    fields = models.JSONField(_("fields"), null=True)
    #: Labels of records that stayed though they began before: a legal claim needed them.
    spared = models.JSONField(_("records that stayed"), null=True)
    because = models.CharField(_("run"), max_length=32)
    erased_at = models.DateTimeField(_("erased"))

    data_categories = declare(none="id subject_ref eraser before fields spared because erased_at")

    class Meta:
        verbose_name = _("mark of an erasure")
        verbose_name_plural = _("marks of erasures")
        indexes = (
            # After a restore each eraser is asked for its own.
            models.Index(name="vault_marks_of_eraser", fields=("eraser", "id")),
        )
        constraints = (
            models.UniqueConstraint(name="vault_one_mark_per_erasure", fields=("subject_ref", "eraser", "because")),
        )

    def __str__(self) -> str:
        return f"{self.eraser} {self.because}"
