"""Whether a person said that they are of age."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare


class AgeStatement(models.Model):
    """A person's own yes to being 18 or older. A no is a ``Protection``; a date of birth is asked nowhere."""

    subject_ref = models.UUIDField(_("subject"), unique=True)
    stated_at = models.DateTimeField(_("stated"))

    data_categories = declare(none="id subject_ref", date_of_birth="stated_at")

    class Meta:
        verbose_name = _("statement of age")
        verbose_name_plural = _("statements of age")

    def __str__(self) -> str:
        return str(self.subject_ref)
