"""Who is away, and who stands in. A reason is nobody's business here."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import date_format
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record


class Absence(models.Model):
    """A member of staff is away on these days, both included, and somebody stands in. No clock knows of it.

    Who is told of deadlines reads it; nothing else does. An absence that ended early has a last day before the planned one.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="absences", verbose_name=_("who is away")
    )
    deputy = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("delegate"))
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"))
    noted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("noted by"))
    noted_at = models.DateTimeField(_("noted"))
    #: Set where the absence was taken back before its first day: it never held.
    withdrawn_at = models.DateTimeField(_("lifted"), null=True, blank=True)

    record = Record(name=_("Absences"), place=Place.tab("staff", 40), day="noted_at")
    data_categories = declare(none="id user deputy starts_on ends_on noted_by noted_at withdrawn_at")

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        ordering = ("-starts_on", "-pk")
        constraints = (
            models.CheckConstraint(
                name="people_absence_deputy_is_another",
                condition=~Q(user=F("deputy")),
                violation_error_message=_("Another person has to be the delegate."),
            ),
            models.CheckConstraint(
                name="people_absence_ends_after_it_starts",
                condition=Q(ends_on__gte=F("starts_on")),
                violation_error_message=_("The last day is before the first."),
            ),
        )

    def __str__(self) -> str:
        return f"{date_format.day(self.starts_on)} – {date_format.day(self.ends_on)}"
