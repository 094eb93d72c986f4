from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.models import AppendOnlyModel
from portal.kernel.ledger.choices import RotationCause
from portal.kernel.ledger.models.content import Entry


class KeyRotation(AppendOnlyModel):
    """From which size on another key signs. Repeats a leaf of kind ``key-rotation`` for the signer to look up (check V9)."""

    entry = models.OneToOneField(Entry, models.PROTECT, related_name="+", verbose_name=_("ledger entry"))
    old_vkey = models.CharField(_("key until then"), max_length=200)
    new_vkey = models.CharField(_("key from then on"), max_length=200, unique=True)
    first_size = models.BigIntegerField(_("first size that it signs"), unique=True)
    cause = models.CharField(_("why"), max_length=12, choices=RotationCause.choices)
    #: After a compromise: the last head that is still vouched for under the old key.
    good_size = models.BigIntegerField(_("last good size"), null=True, blank=True)
    good_root = models.BinaryField(_("last good root"), max_length=32, null=True)
    #: After a loss: the anchored head whose entries are gone. The agreement is for this one.
    lost_size = models.BigIntegerField(_("lost size"), null=True, blank=True)
    lost_root = models.BinaryField(_("lost root"), max_length=32, null=True)

    data_categories = declare(
        none="id entry old_vkey new_vkey first_size cause good_size good_root lost_size lost_root"
    )

    class Meta:
        verbose_name = _("change of the signing key")
        verbose_name_plural = _("changes of the signing key")
        ordering = ("first_size",)

    def __str__(self) -> str:
        return f"key from {self.first_size}"
