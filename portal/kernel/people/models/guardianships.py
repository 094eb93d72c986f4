"""People for whom somebody else answers: children, and persons with a lawful guardian."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.people.choices import ProtectionGround, ProtectionKind


class Protection(models.Model):
    """While it holds, a yes of the person alone is no consent: a parent or guardian has to give it (DPDP s.9, r.10-11).

    A child's ends by itself on ``adult_on``, where the day of birth is known.
    """

    subject_ref = models.UUIDField(_("subject"))
    kind = models.CharField(_("why"), max_length=8, choices=ProtectionKind.choices)
    ground = models.CharField(_("how we know"), max_length=8, choices=ProtectionGround.choices)
    adult_on = models.DateField(_("of age from"), null=True, blank=True)
    noted_at = models.DateTimeField(_("noted"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    data_categories = declare(none="id subject_ref noted_at ended_at", date_of_birth="kind ground adult_on")

    class Meta:
        verbose_name = _("protected person")
        verbose_name_plural = _("protected people")
        constraints = (
            models.UniqueConstraint(
                name="people_one_live_protection_of_a_kind", fields=("subject_ref", "kind"), condition=Q(ended_at=None)
            ),
        )
        indexes = (models.Index(fields=("kind", "subject_ref"), name="people_protection_kind"),)

    def __str__(self) -> str:
        return self.get_kind_display()
