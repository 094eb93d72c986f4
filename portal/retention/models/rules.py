"""How long each class of data is kept, and why."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.core.data_categories import declare


class RetentionRule(models.Model):
    """One class of data from a day on: superseded by a higher version, never edited (``retention/data``)."""

    data_categories = declare(
        none="id retention_class version name counts_from house_rule legal_rules effective_from source note sha256 "
        "recorded_at"
    )

    retention_class = models.SlugField(_("class"), max_length=32)
    version = models.PositiveIntegerField(_("version"))
    name = models.CharField(_("what it is"), max_length=120)
    counts_from = models.CharField(_("counts from"), max_length=120)
    house_rule = models.CharField(_("our own period"), max_length=40, help_text=_("Key of a house rule."))
    legal_rules = models.JSONField(_("laws that ask for longer"), default=list, help_text=_("Keys of legal rules."))
    effective_from = models.DateField(_("in force from"))
    source = models.CharField(_("source"), max_length=300)
    note = models.TextField(_("note"), blank=True)
    sha256 = models.CharField(_("content hash"), max_length=64)
    recorded_at = models.DateTimeField(_("recorded"))

    class Meta:
        verbose_name = _("retention rule")
        verbose_name_plural = _("retention rules")
        ordering = ("retention_class", "-version")
        constraints = (
            models.UniqueConstraint(fields=("retention_class", "version"), name="retention_rule_has_one_of_a_version"),
        )

    def __str__(self) -> str:
        return f"{self.retention_class} v{self.version}"
