"""A proposal by one person that another must answer."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import DataCategory, declare
from portal.kernel.core.records import TIMELESS, Place, Record
from portal.kernel.core.register_days import RegisterDays
from portal.kernel.people.choices import Answer


class FourEyesModel(models.Model):
    """Base of every proposal. ``shown_sha256`` binds the answer to what both people saw; ``reason`` is the checker's.

    A child keeps these constraints by ``class Meta(FourEyesModel.Meta)`` and adds its own behind
    ``*FourEyesModel.Meta.constraints``. Rows are made and answered by ``services.maker_checker`` only.
    """

    #: A proposal is entered by one person and changed by the other's decision.
    register_days: ClassVar[RegisterDays] = RegisterDays(entered="made_at", changed=("checked_at",))
    #: Each child declares its own.
    data_categories: ClassVar[dict[str, DataCategory]]
    #: The rows whose words stand in the heading of a proposal; a list of proposals brings them along.
    named_by: ClassVar[tuple[str, ...]] = ()

    act = models.CharField(_("act"), max_length=60, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("proposed by"), editable=False
    )
    made_at = models.DateTimeField(_("proposed"), editable=False)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
        editable=False,
    )
    checked_at = models.DateTimeField(_("answered"), null=True, blank=True, editable=False)
    shown_sha256 = models.CharField(_("SHA-256 of what was shown"), max_length=64, editable=False)
    answer = models.CharField(_("answer"), max_length=8, choices=Answer.choices, default=Answer.PENDING)
    reason = models.TextField(_("decision note"), blank=True, max_length=2000)

    class Meta:
        abstract = True
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_checker_is_not_maker",
                condition=Q(checked_by=None) | ~Q(checked_by=F("made_by")),
                violation_error_message=_("The second person must be someone other than the first."),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_answered_by_someone",
                condition=Q(answer=Answer.PENDING, checked_by=None, checked_at=None)
                | (~Q(answer=Answer.PENDING) & Q(checked_by__isnull=False, checked_at__isnull=False)),
            ),
        )

    @property
    def proposed(self) -> str:
        """What is proposed, in the few words that a list of proposals adds to the heading; empty where the heading says it."""
        return ""

    @classmethod
    def to_answer(cls) -> Q:
        """The rows that another person may answer now. A proposal that a machine checks first says when it is ready."""
        return Q(answer=Answer.PENDING)


class FourEyesRule(models.Model):
    """The table act x maker role x checker role. Loaded by ``sync_roles``; an act without a row cannot be done."""

    act = models.CharField(_("act"), max_length=60)
    maker_role = models.ForeignKey("people.Role", models.PROTECT, related_name="+", verbose_name=_("who may propose"))
    checker_role = models.ForeignKey("people.Role", models.PROTECT, related_name="+", verbose_name=_("who may decide"))

    record = Record(name=_("Maker-checker rules"), place=Place.section("staff", "people.Role"), day=TIMELESS)
    data_categories = declare(none="id act maker_role checker_role")

    class Meta:
        verbose_name = _("two-person rule")
        verbose_name_plural = _("two-person rules")
        ordering = ("act", "maker_role", "checker_role")
        constraints = (
            models.UniqueConstraint(
                name="people_one_rule_per_act_and_roles", fields=("act", "maker_role", "checker_role")
            ),
        )

    def __str__(self) -> str:
        return self.act
