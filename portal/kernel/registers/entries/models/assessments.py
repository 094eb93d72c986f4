"""The questionnaire behind an impact assessment: filled from the register of processing, answered, and judged by the officer."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Record


class DpiaQuestionnaire(models.Model):
    """One assessment of one or more records of processing. Finished once, then never changed; its PDF is an attachment.

    ``prefilled`` is what the registers said when it was begun: the assessment is of that.
    """

    code = models.SlugField(_("code"), max_length=40)
    activities = models.JSONField(_("records of processing"), default=list)
    version = models.PositiveSmallIntegerField(_("version of the questions"))
    prefilled = models.JSONField(_("from the registers"), default=dict)
    answers = models.JSONField(_("answers"), default=dict)
    risks = models.JSONField(_("risks"), default=list)
    opinion = models.TextField(_("opinion of the officer"), max_length=4000, blank=True)
    opinion_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("opinion by")
    )
    opinion_at = models.DateTimeField(_("opinion given"), null=True, blank=True)
    begun_at = models.DateTimeField(_("begun"))
    begun_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("begun by"))
    #: Keys of everyone who answered: none of them gives the opinion.
    answered_by = models.JSONField(_("decided by"), default=list)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    #: SHA-256 of everything above as canonical JSON, once it is finished: the fact of its audit event.
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)

    record = Record(
        kept="Words of staff about a processing, without a name or a number; kept as the proof of the assessment."
    )
    data_categories = declare(
        none="id code activities version prefilled opinion_by opinion_at begun_at begun_by answered_by finished_at sha256",
        free_text="answers risks opinion",
    )

    class Meta:
        verbose_name = _("DPIA questionnaire")
        verbose_name_plural = _("DPIA questionnaires")
        ordering = ("-begun_at", "-id")
        constraints = (
            models.CheckConstraint(
                name="registers_an_opinion_has_its_officer",
                condition=Q(opinion="", opinion_by=None, opinion_at=None)
                | (~Q(opinion="") & Q(opinion_by__isnull=False, opinion_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="registers_a_finished_assessment_has_its_hash",
                condition=Q(finished_at=None, sha256="") | (Q(finished_at__isnull=False) & ~Q(sha256="")),
            ),
            models.UniqueConstraint(
                name="registers_one_open_assessment_per_code", fields=("code",), condition=Q(finished_at=None)
            ),
        )

    def __str__(self) -> str:
        return self.code
