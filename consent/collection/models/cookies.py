"""Cookies that should not have been in an answer of ours."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.base.choices import CookieFault
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record


class CookieDefect(models.Model):
    """A cookie by its name, what is wrong with it, and where it was seen first. Never its value."""

    name = models.CharField(_("cookie"), max_length=80)
    fault = models.CharField(_("what is wrong"), max_length=12, choices=CookieFault.choices)
    page = models.CharField(_("page"), max_length=80, blank=True)
    first_at = models.DateTimeField(_("first seen"))
    last_at = models.DateTimeField(_("last seen"))

    record = Record(name=_("Unlisted cookies"), place=Place.tab("policies", 20), day="first_at")
    data_categories = declare(none="id name fault page first_at last_at")

    class Meta:
        verbose_name = _("cookie without its place")
        verbose_name_plural = _("cookies without their place")
        ordering = ("-last_at",)
        constraints = (models.UniqueConstraint(name="consent_one_cookie_defect", fields=("name", "fault")),)

    def __str__(self) -> str:
        return self.name
