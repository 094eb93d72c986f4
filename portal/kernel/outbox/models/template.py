"""The wording of each kind of message through time."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import TIMELESS, Place, Record


class TemplateVersion(models.Model):
    """A template file as it was when it was first used, named by its SHA-256: an auditor reads what was said then."""

    record = Record(name=_("Message templates"), place=Place.tab("senders", 30), day=TIMELESS)
    data_categories = declare(none="id kind language sha256 source first_used_at")

    kind = models.CharField(max_length=64)
    language = models.CharField(max_length=16)
    sha256 = models.CharField(max_length=64)
    source = models.TextField(help_text=_("The file itself, with its place-holders and without personal data."))
    first_used_at = models.DateTimeField()

    class Meta:
        verbose_name = _("message template version")
        verbose_name_plural = _("message template versions")
        ordering = ("kind", "language", "-first_used_at")
        constraints = (
            models.UniqueConstraint(fields=("kind", "language", "sha256"), name="outbox_template_version_is_kept_once"),
        )

    def __str__(self) -> str:
        return f"{self.kind}.{self.language} {self.sha256[:12]}"
