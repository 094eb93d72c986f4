"""Browsers in which a person switched notices on."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.fields import EncryptedTextField


class PushSubscription(models.Model):
    """One browser's address at its push service (RFC 8030), with the keys that only it can read with (RFC 8291).

    Whoever has all three can send to the browser, so they lie encrypted. A browser belongs to one person at a time.
    """

    data_categories = declare(
        none="id subject_ref made_at used_at", device="endpoint endpoint_key browser", credential="p256dh auth"
    )

    subject_ref = models.UUIDField(db_index=True)
    endpoint = EncryptedTextField(purpose="outbox.push_subscription.endpoint")
    endpoint_key = models.BinaryField(max_length=33, unique=True, editable=False)
    p256dh = EncryptedTextField(purpose="outbox.push_subscription.p256dh")
    auth = EncryptedTextField(purpose="outbox.push_subscription.auth")
    browser = models.CharField(max_length=80)
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(help_text=_("When a notice was last taken for it."))

    class Meta:
        verbose_name = _("browser that shows notices")
        verbose_name_plural = _("browsers that show notices")

    def __str__(self) -> str:
        return f"browser {self.pk}"
