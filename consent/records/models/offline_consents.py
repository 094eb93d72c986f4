"""A yes that staff took on paper or by telephone: proposed by one person with its proof, recorded when another agrees."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from consent.base.choices import AppointedBy, Relation, ShownBy, Way
from consent.base.models.notices import NoticeVersion
from consent.records.models.events import ConsentReceipt
from portal.kernel.core import date_format
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import FourEyesModel

_FOUR_EYES = "act made_by made_at checked_by checked_at shown_sha256 answer"
#: How staff take a yes.
TAKEN = (Way.PAPER, Way.PHONE)


class TakenAnswer(FourEyesModel):
    """What both people are bound to: whose yes, to what, in which words, when, and the scan or the call that proves it.

    With a guardian, also how identity and age were shown. The scan lies in the vault under the subject's key.
    """

    subject_ref = models.UUIDField(_("subject"))
    fiduciary = models.ForeignKey("people.Fiduciary", models.PROTECT, related_name="+", verbose_name=_("whose"))
    purpose = models.CharField(_("purpose"), max_length=40)
    channels = models.JSONField(_("channels"), default=list)
    #: The one header, number or code that it is about, as registered; empty: all of the fiduciary's.
    sender = models.CharField(_("sender"), max_length=80, blank=True, default="", db_default="")
    way = models.CharField(_("way"), max_length=16, choices=[(way.value, way.label) for way in TAKEN])
    notice_version = models.ForeignKey(NoticeVersion, models.PROTECT, related_name="+", verbose_name=_("notice shown"))
    language = models.CharField(_("language of the notice"), max_length=12)
    occurred_at = models.DateTimeField(_("when the person decided"))
    call_reference = models.CharField(_("reference of the call"), max_length=64, blank=True)
    scan = models.ForeignKey(
        "vault.StoredFile", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("scan")
    )
    guardian_ref = models.UUIDField(_("subject of the guardian"), null=True, blank=True)
    relation = models.CharField(_("guardian"), max_length=8, choices=Relation.choices, blank=True)
    identity_shown = models.CharField(_("identity shown by"), max_length=8, choices=ShownBy.choices, blank=True)
    age_shown = models.CharField(_("age shown by"), max_length=8, choices=ShownBy.choices, blank=True)
    appointed_by = models.CharField(_("appointed by"), max_length=9, choices=AppointedBy.choices, blank=True)
    receipt = models.ForeignKey(
        ConsentReceipt,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("receipt"),
        editable=False,
    )

    record = Record(
        name=_("Offline consents"),
        place=Place.tab("consent", 10),
        kept="Words of staff about a form; the scan itself is shredded with the evidence of consent.",
    )
    data_categories = declare(
        none=f"id {_FOUR_EYES} subject_ref fiduciary purpose channels sender way notice_version language occurred_at "
        "call_reference scan guardian_ref relation identity_shown age_shown appointed_by receipt",
        free_text="reason",
    )

    class Meta(FourEyesModel.Meta):
        verbose_name = _("offline consent")
        verbose_name_plural = _("offline consents")
        ordering = ("-made_at", "-id")
        constraints = (
            *FourEyesModel.Meta.constraints,
            models.CheckConstraint(
                name="consent_taken_answer_has_its_proof",
                condition=(Q(way=Way.PAPER) & Q(scan__isnull=False)) | (Q(way=Way.PHONE) & ~Q(call_reference="")),
            ),
            models.CheckConstraint(
                name="consent_taken_guardian_is_whole",
                condition=Q(guardian_ref=None, relation="", identity_shown="", age_shown="", appointed_by="")
                | (Q(guardian_ref__isnull=False) & ~Q(relation="") & ~Q(identity_shown="") & ~Q(age_shown="")),
            ),
            models.CheckConstraint(
                name="consent_taken_answer_is_recorded_when_agreed",
                condition=Q(receipt=None) | Q(answer=Answer.APPROVED),
            ),
        )

    def __str__(self) -> str:
        return f"{self.purpose} {date_format.day(self.made_at)}"
