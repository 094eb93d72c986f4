"""That a person died or can no longer act, as somebody reported it and two people found it shown."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.people.choices import RestCause, RestState


class Rest(models.Model):
    """From a plausible report on nothing promotional goes to the person; a verified death puts the account to rest.

    ``because`` is the label of what reported it. Rows stay when they are lifted: what was held back, and from when to when.
    """

    subject_ref = models.UUIDField(_("subject"), db_index=True)
    because = models.CharField(_("reported in"), max_length=60)
    cause = models.CharField(_("statement"), max_length=10, choices=RestCause.choices, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=RestState.choices, default=RestState.NOTED)
    noted_at = models.DateTimeField(_("noted"))
    rested_at = models.DateTimeField(_("put to rest"), null=True, blank=True)
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True)
    #: References of the accounts and numbers of the logins that rest: what a mistake has to give back.
    closed_customers = models.JSONField(_("accounts closed"), default=list, blank=True)
    closed_logins = models.JSONField(_("logins closed"), default=list, blank=True)

    data_categories = declare(
        none="id subject_ref because state noted_at rested_at lifted_at closed_customers closed_logins",
        date_of_birth="cause",
    )

    class Meta:
        verbose_name = _("deceased or incapacitated person")
        verbose_name_plural = _("deceased or incapacitated people")
        ordering = ("-noted_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                name="people_one_live_rest_of_a_report",
                fields=("subject_ref", "because"),
                condition=Q(lifted_at=None),
            ),
            models.CheckConstraint(
                name="people_a_rest_says_since_when",
                condition=~Q(state="resting") | Q(rested_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.get_state_display()
