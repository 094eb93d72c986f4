"""What stops an erasure."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.core.register_days import RegisterDays
from portal.kernel.people.models import FourEyesModel


class Hold(models.Model):
    """A legal hold on a subject's data, of one class or of all: one person places it, two people release it."""

    record = Record(
        name=_("Legal holds"),
        place=Place.tab("retention", 20),
        kept="The reason of a legal hold must outlive what it covered.",
    )
    data_categories = declare(
        none="id subject_ref retention_class order_reference placed_by placed_at released_at", free_text="why"
    )
    register_days = RegisterDays(entered="placed_at", since="placed_at", until="released_at")

    subject_ref = models.UUIDField(_("subject"), db_index=True)
    retention_class = models.SlugField(_("class"), max_length=32, blank=True, help_text=_("Empty: every class."))
    order_reference = models.CharField(
        _("order or case"), max_length=80, help_text=_("Reference of the order, suit or inquiry; no names.")
    )
    why = models.TextField(_("why"), max_length=1000)
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("placed by")
    )
    placed_at = models.DateTimeField(_("placed"))
    released_at = models.DateTimeField(_("released"), null=True, blank=True)

    class Meta:
        verbose_name = _("legal hold")
        verbose_name_plural = _("legal holds")
        ordering = ("-placed_at",)
        constraints = (
            models.CheckConstraint(
                name="retention_hold_ends_after_it_begins",
                condition=Q(released_at=None) | Q(released_at__gte=F("placed_at")),
            ),
        )

    def __str__(self) -> str:
        return self.order_reference


class HoldRelease(FourEyesModel):
    """The proposal to end a hold."""

    named_by = ("hold",)
    record = Record(
        name=_("Legal hold releases"),
        place=Place.approval("retention", "retention.Hold"),
        kept="The reason of a release must outlive what the legal hold covered.",
    )
    data_categories = declare(
        none="id act made_by made_at checked_by checked_at shown_sha256 answer hold", free_text="reason why"
    )

    hold = models.ForeignKey(Hold, models.PROTECT, related_name="releases")
    why = models.TextField(_("why"), max_length=1000)

    class Meta(FourEyesModel.Meta):
        verbose_name = _("hold release")
        verbose_name_plural = _("hold releases")
        constraints = (
            *FourEyesModel.Meta.constraints,
            models.UniqueConstraint(
                name="retention_one_open_release_per_hold", fields=("hold",), condition=Q(answer="pending")
            ),
        )

    def __str__(self) -> str:
        return f"{self.hold}: {self.get_answer_display()}"

    @property
    def proposed(self) -> str:
        return self.why
