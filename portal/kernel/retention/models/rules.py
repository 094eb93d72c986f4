"""How long each class of data is kept, and why; and the proposal to keep it for another time."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import TIMELESS, Place, Record
from portal.kernel.core.register_days import RegisterDays
from portal.kernel.people.models import FourEyesModel


class RetentionRule(models.Model):
    """One class of data from a day on: superseded by a higher version, never edited (``retention/data``)."""

    record = Record(name=_("Retention rules"), place=Place.tab("retention", 10), day=TIMELESS)
    data_categories = declare(
        none="id retention_class version name counts_from house_rule legal_rules erasing_rules notice_rules "
        "needs_approval system effective_from source note sha256 recorded_at"
    )

    #: As ``selectors.rule_for`` answers: of a class the highest version that has begun.
    register_days = RegisterDays(
        entered="recorded_at", since="effective_from", one_per=("retention_class",), rank=("version",)
    )

    retention_class = models.SlugField(_("class"), max_length=32)
    version = models.PositiveIntegerField(_("version"))
    name = models.CharField(_("what it is"), max_length=120)
    counts_from = models.CharField(_("counts from"), max_length=120)
    house_rule = models.CharField(_("our own period"), max_length=40, help_text=_("Key of a house rule."))
    legal_rules = models.JSONField(_("laws that ask for longer"), default=list, help_text=_("Keys of legal rules."))
    erasing_rules = models.JSONField(_("laws that ask for the end"), default=list, help_text=_("Keys of legal rules."))
    notice_rules = models.JSONField(
        _("notice before the end"), default=list, help_text=_("Keys of rules that require to notify the person before.")
    )
    needs_approval = models.BooleanField(
        _("two people approve each run"), default=True, help_text=_("Otherwise the rule itself is the approval.")
    )
    system = models.CharField(_("location"), max_length=120, default="")
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


class RuleProposal(FourEyesModel):
    """A new version of a class's rule, proposed by one person. ``content`` holds what the version says otherwise."""

    record = Record(
        name=_("Retention rule changes"),
        place=Place.approval("retention", "retention.RetentionRule"),
        kept="Words of staff about a rule; kept with the proposal they explain.",
    )
    data_categories = declare(
        none="id act made_by made_at checked_by checked_at shown_sha256 answer retention_class content effective_from",
        free_text="reason why",
    )

    retention_class = models.SlugField(_("class"), max_length=32)
    content = models.JSONField(_("what changes"))
    effective_from = models.DateField(_("in force from"))
    why = models.TextField(_("why"), max_length=1000)

    class Meta(FourEyesModel.Meta):
        verbose_name = _("change of a retention rule")
        verbose_name_plural = _("changes of retention rules")
        ordering = ("-id",)
        constraints = (
            *FourEyesModel.Meta.constraints,
            models.UniqueConstraint(
                name="retention_one_open_change_per_class",
                fields=("retention_class",),
                condition=models.Q(answer="pending"),
            ),
        )

    def __str__(self) -> str:
        return f"{self.retention_class} from {self.effective_from}"
