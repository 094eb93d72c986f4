"""Which messages of other machines were taken: a second one with the same number changes nothing."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare


class ReceivedWebhook(models.Model):
    """The number of a signed message to us. Kept for longer than its signature holds, then swept."""

    data_categories = declare(none="id webhook_id received_at")

    webhook_id = models.CharField(max_length=128, unique=True)
    received_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("message of another machine")
        verbose_name_plural = _("messages of other machines")

    def __str__(self) -> str:
        return self.webhook_id
