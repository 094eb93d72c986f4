from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.base.models.notices import NoticeVersion
from portal.kernel.core import date_format
from portal.kernel.core.data_categories import declare
from portal.kernel.core.models import AppendOnlyModel


class Acknowledgement(AppendOnlyModel):
    """The person says: I have seen version 2. Never consent: it allows nothing, and nothing is withheld without it."""

    subject_ref = models.UUIDField(_("subject"))
    version = models.ForeignKey(
        NoticeVersion, models.PROTECT, related_name="acknowledgements", verbose_name=_("version")
    )
    language = models.CharField(_("language"), max_length=12)
    text_sha256 = models.CharField(_("SHA-256 of the text"), max_length=64)
    seen_at = models.DateTimeField(_("seen"))

    data_categories = declare(none="id subject_ref version language text_sha256 seen_at")

    class Meta:
        verbose_name = _("acknowledgement")
        verbose_name_plural = _("acknowledgements")
        constraints = (models.UniqueConstraint(name="consent_one_acknowledgement", fields=("subject_ref", "version")),)

    def __str__(self) -> str:
        return f"{self.version_id} {date_format.day(self.seen_at)}"
