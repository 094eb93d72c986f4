"""What two people decide about a text."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from consent.base.choices import Weight
from consent.base.models.notices import NoticeVersion, PolicyDefect
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import FourEyesModel

_FOUR_EYES = "act made_by made_at checked_by checked_at shown_sha256 answer"


class PublicationProposal(FourEyesModel):
    """One person proposes to publish a version as it stands; another, who is shown the same, answers."""

    version = models.ForeignKey(NoticeVersion, models.PROTECT, related_name="proposals", verbose_name=_("version"))
    weight = models.CharField(_("kind of change"), max_length=10, choices=Weight.choices, default=Weight.MATERIAL)

    named_by = ("version__notice",)
    record = Record(
        name=_("Publication approvals"),
        place=Place.approval("policies", "consent.NoticeVersion"),
        kept="Words of staff about a text; kept as the reason of a published notice.",
    )
    data_categories = declare(none=f"id version weight {_FOUR_EYES}", free_text="reason")

    class Meta(FourEyesModel.Meta):
        verbose_name = _("proposal to publish")
        verbose_name_plural = _("proposals to publish")
        ordering = ("-made_at",)
        constraints = (
            *FourEyesModel.Meta.constraints,
            models.UniqueConstraint(
                name="consent_one_pending_publication", fields=("version",), condition=Q(answer=Answer.PENDING)
            ),
        )

    def __str__(self) -> str:
        return str(self.version)


class DefectOverride(FourEyesModel):
    """One person says why a defect may stay, another agrees. ``why`` is the first person's reason."""

    defect = models.ForeignKey(PolicyDefect, models.PROTECT, related_name="overrides", verbose_name=_("defect"))
    why = models.TextField(_("reason"), max_length=500)

    named_by = ("defect__version__notice",)
    record = Record(
        name=_("Policy exceptions"),
        place=Place.approval("policies", "consent.NoticeVersion"),
        kept="Words of staff about a text; kept as the reason of a published notice.",
    )
    data_categories = declare(none=f"id defect {_FOUR_EYES}", free_text="why reason")

    class Meta(FourEyesModel.Meta):
        verbose_name = _("override of a defect")
        verbose_name_plural = _("overrides of defects")
        ordering = ("-made_at",)
        constraints = (
            *FourEyesModel.Meta.constraints,
            models.UniqueConstraint(
                name="consent_one_pending_override", fields=("defect",), condition=Q(answer=Answer.PENDING)
            ),
        )

    def __str__(self) -> str:
        return str(self.defect)


class TranslationProposal(FourEyesModel):
    """One person brings a text of a published version in another language, another agrees to add it."""

    version = models.ForeignKey(NoticeVersion, models.PROTECT, related_name="translations", verbose_name=_("version"))
    language = models.CharField(_("language"), max_length=12)
    body = models.BinaryField(_("text"))

    named_by = ("version__notice",)
    record = Record(
        name=_("Translation approvals"),
        place=Place.approval("policies", "consent.NoticeVersion"),
        kept="Words of staff about a text; kept as the reason of a published notice.",
    )
    data_categories = declare(none=f"id version language body {_FOUR_EYES}", free_text="reason")

    class Meta(FourEyesModel.Meta):
        verbose_name = _("proposed translation")
        verbose_name_plural = _("proposed translations")
        ordering = ("-made_at",)
        constraints = (
            *FourEyesModel.Meta.constraints,
            models.UniqueConstraint(
                name="consent_one_pending_translation",
                fields=("version", "language"),
                condition=Q(answer=Answer.PENDING),
            ),
        )

    def __str__(self) -> str:
        return f"{self.version}: {self.language}"

    @property
    def text(self) -> str:
        return bytes(self.body).decode()
