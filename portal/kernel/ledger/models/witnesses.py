from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.models import AppendOnlyModel
from portal.kernel.ledger.models.tree import Checkpoint


class Cosignature(AppendOnlyModel):
    """A witness has seen a checkpoint and found that it continues the one it saw before. Kept beside the checkpoint."""

    checkpoint = models.ForeignKey(
        Checkpoint, models.PROTECT, related_name="cosignatures", verbose_name=_("checkpoint")
    )
    vkey = models.CharField(_("key of the witness"), max_length=200)
    #: The bytes of the signature line after the key's identifier: the witness's own time, then the signature.
    value = models.BinaryField(_("time and signature"), max_length=72)
    seen_at = models.DateTimeField(_("seen by the witness"))
    received_at = models.DateTimeField(_("received"))

    data_categories = declare(none="id checkpoint vkey value seen_at received_at")

    class Meta:
        verbose_name = _("cosignature")
        verbose_name_plural = _("cosignatures")
        constraints = [models.UniqueConstraint(fields=["checkpoint", "vkey"], name="ledger_cosigned_once")]
        indexes = [
            # The last checkpoint that a witness cosigned.
            models.Index(fields=["vkey", "-checkpoint"], name="ledger_cosigned_by")
        ]

    def __str__(self) -> str:
        return f"cosignature over {self.checkpoint_id}"


class WitnessRefusal(AppendOnlyModel):
    """A witness knows another tree than ours: what it was shown, kept as evidence. Signing stops with it."""

    vkey = models.CharField(_("key of the witness"), max_length=200)
    status = models.PositiveSmallIntegerField(_("state of its decision"))
    #: The size up to which the witness was told that we continue, and the size that it names, if it does.
    old_size = models.BigIntegerField(_("size before"))
    known_size = models.BigIntegerField(_("size known to the witness"), null=True, blank=True)
    note = models.BinaryField(_("signed note that was refused"))
    refused_at = models.DateTimeField(_("refused"))

    data_categories = declare(none="id vkey status old_size known_size note refused_at")

    class Meta:
        verbose_name = _("refusal of a witness")
        verbose_name_plural = _("refusals of witnesses")

    def __str__(self) -> str:
        return f"refusal {self.status}"
