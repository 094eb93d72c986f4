"""Whose processing, or whose message, it is."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import TIMELESS, Place, Record

OWN_CODE = "onesetu"


class Fiduciary(models.Model):
    """Onesetu itself, or a client for whom Onesetu is processor."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=200)
    is_self = models.BooleanField(_("is Onesetu itself"), default=False)
    created_at = models.DateTimeField(_("created"))

    record = Record(name=_("Fiduciaries"), place=Place.tab("law", 50), day=TIMELESS)
    data_categories = declare(none="id code name is_self created_at")

    class Meta:
        verbose_name = _("fiduciary")
        verbose_name_plural = _("fiduciaries")
        ordering = ("code",)
        constraints = (
            models.UniqueConstraint(name="people_one_own_fiduciary", fields=("is_self",), condition=Q(is_self=True)),
        )

    def __str__(self) -> str:
        return self.name
