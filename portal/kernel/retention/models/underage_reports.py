"""A report that somebody is under 18: what was done, and when. Policy 12; DPDP Act 2023 s.9."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.fields import EncryptedTextField
from portal.kernel.core.records import Place, Record
from portal.kernel.people.models import FourEyesModel
from portal.kernel.retention.choices import ChildOutcome, ChildState, Relation


class ChildReport(models.Model):
    """One report, from the page without a login. Times and references stay; the words, the address and the reporter's
    address are erased when their period is over.

    ``subject_ref`` is the report's own, for letters to the reporter; ``child_ref`` the person it turned out to be about.
    """

    OWNER: ClassVar = "retention.child:"

    reference = models.CharField(_("reference"), max_length=20, unique=True)
    subject_ref = models.UUIDField(_("subject of the report"))
    child_ref = models.UUIDField(_("person it is about"), null=True, blank=True, db_index=True)
    relation = models.CharField(_("who reports"), max_length=10, choices=Relation.choices)
    language = models.CharField(_("language"), max_length=12, default="en")
    address = EncryptedTextField(_("address of the child"), purpose="retention.child_report.address", blank=True)
    words = EncryptedTextField(_("what was written"), purpose="retention.child_report.words", blank=True)
    reporter = EncryptedTextField(_("address of the reporter"), purpose="retention.child_report.reporter", blank=True)
    state = models.CharField(_("state"), max_length=8, choices=ChildState.choices, default=ChildState.OPEN)
    reported_at = models.DateTimeField(_("reported"), db_index=True)
    looked_at = models.DateTimeField(_("looked up"), null=True, blank=True)
    frozen_at = models.DateTimeField(_("frozen"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True)
    erased = models.PositiveIntegerField(_("records erased"), default=0)
    #: What a law or a hold keeps: (code of the eraser, law or hold, last day or empty), in the order of the codes.
    kept = models.JSONField(_("retained by a law or a legal hold"), default=list, blank=True)
    #: Accounts that the freeze closed, and whether it noted the protection: what a mistake has to give back.
    closed_customers = models.JSONField(_("accounts closed by the freeze"), default=list, blank=True)
    noted_protection = models.BooleanField(_("the freeze noted the protection"), default=False)

    record = Record(
        name=_("Underage reports"), place=Place.tab("retention", 30), day="reported_at", prefix="CH", is_work=True
    )
    data_categories = declare(
        none="id reference subject_ref child_ref relation language state reported_at looked_at frozen_at decided_at erased_at erased "
        "kept closed_customers noted_protection",
        contact="address reporter",
        free_text="words",
    )

    class Meta:
        verbose_name = _("report of a child")
        verbose_name_plural = _("reports of children")
        ordering = ("-reported_at", "-id")
        constraints = (
            models.CheckConstraint(
                name="retention_child_report_frozen_names_somebody",
                condition=Q(frozen_at=None) | Q(child_ref__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def owner(self) -> str:
        """Its label in audit events, messages and clocks."""
        return f"{self.OWNER}{self.reference}"


class ChildDecision(FourEyesModel):
    """What one person proposes about a report, for another to answer."""

    report = models.ForeignKey(ChildReport, models.PROTECT, related_name="decisions", verbose_name=_("report"))
    outcome = models.CharField(_("decision"), max_length=8, choices=ChildOutcome.choices)
    why = models.TextField(_("why"), max_length=2000)

    record = Record(
        name=_("Underage report decisions"),
        place=Place.approval("retention", "retention.ChildReport"),
        kept="Words of staff about a report, without a name or a number; kept with the proposal they explain.",
    )
    data_categories = declare(
        none="id act made_by made_at checked_by checked_at shown_sha256 answer report outcome", free_text="reason why"
    )
    named_by = ("report",)

    class Meta(FourEyesModel.Meta):
        verbose_name = _("decision about a report of a child")
        verbose_name_plural = _("decisions about reports of children")
        ordering = ("-made_at", "-id")
        constraints = (
            *FourEyesModel.Meta.constraints,
            models.UniqueConstraint(
                name="retention_one_open_child_decision", fields=("report",), condition=Q(answer="pending")
            ),
        )

    def __str__(self) -> str:
        return f"{self.report.reference}: {self.get_outcome_display()}"
