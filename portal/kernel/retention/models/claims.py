"""What a named, dated dispute needs of a person's data."""

from django.db import models
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.core.register_days import RegisterDays
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import FourEyesModel


class LegalClaim(FourEyesModel):
    """A dispute with its name and date, the records or kinds of data that it needs, and the last day: proposed by one person,
    decided by another. From the approval on it keeps exactly these, until that day, and nothing else.

    ``rule_key`` is the law that limits until when the claim may be brought; the last day is never later than it gives.
    ``replaces`` is the claim whose last day this one moves forward, and which it stands for once it is approved.
    """

    record = Record(
        name=_("Legal claims"),
        place=Place.tab("retention", 25),
        kept="The reason of a claim must outlive what it kept.",
    )
    data_categories = declare(
        none="id act made_by made_at checked_by checked_at shown_sha256 answer subject_ref dispute disputed_on rule_key "
        "records retention_classes last_day replaces",
        free_text="reason why",
    )
    register_days = RegisterDays(
        entered="made_at", changed=("checked_at",), since="checked_at", last="last_day", among=Q(answer=Answer.APPROVED)
    )

    subject_ref = models.UUIDField(_("subject"), db_index=True)
    dispute = models.CharField(
        _("dispute"), max_length=80, help_text=_("Name or reference of the dispute or suit; no names of people.")
    )
    disputed_on = models.DateField(
        _("date of the dispute"), help_text=_("The day from which the limitation period counts.")
    )
    rule_key = models.CharField(_("limitation"), max_length=40)
    records = models.JSONField(_("records"), default=list, blank=True)
    retention_classes = models.JSONField(_("kinds of data"), default=list, blank=True)
    last_day = models.DateField(_("last day"))
    why = models.TextField(_("why"), max_length=1000)
    replaces = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="replacements", verbose_name=_("replaces")
    )

    class Meta(FourEyesModel.Meta):
        verbose_name = _("legal claim")
        verbose_name_plural = _("legal claims")
        ordering = ("-id",)
        constraints = (
            *FourEyesModel.Meta.constraints,
            models.CheckConstraint(
                name="retention_claim_ends_after_its_dispute", condition=Q(last_day__gte=F("disputed_on"))
            ),
            models.UniqueConstraint(
                name="retention_one_open_end_per_claim", fields=("replaces",), condition=Q(answer="pending")
            ),
            models.UniqueConstraint(
                name="retention_one_end_per_claim", fields=("replaces",), condition=Q(answer="approved")
            ),
        )

    def __str__(self) -> str:
        return self.dispute

    @property
    def about(self) -> str:
        """Its label in audit events."""
        return f"retention.claim:{self.pk}"

    @classmethod
    def decided(cls) -> QuerySet["LegalClaim"]:
        """Those that two people have decided and that no other one has replaced, whatever their last day."""
        replaced = cls.objects.filter(answer=Answer.APPROVED, replaces__isnull=False).values("replaces")
        return cls.objects.filter(answer=Answer.APPROVED).exclude(pk__in=replaced)
