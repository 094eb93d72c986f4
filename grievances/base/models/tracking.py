"""Asking for a look at one's grievance: a code, its tries, and the half hour it opens."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare


class TrackingCode(models.Model):
    """One request to track. The row is the same for a right pair, a wrong one and an unknown reference.

    ``ticket`` and ``code_hash`` are filled by a task after the answer went out, and only where the pair is right.
    """

    secret_hash = models.BinaryField(_("secret"), max_length=33, unique=True, editable=False)
    reference = models.CharField(_("reference"), max_length=20)
    address_kind = models.CharField(_("kind of address"), max_length=8)
    #: The lookup hashes of the address under every key, newest first, one behind the other: the address itself is not
    #: kept, and the grievance may have been filed under an older key.
    address_keys = models.BinaryField(_("lookup hashes"), editable=False)
    ticket = models.ForeignKey(
        "grievances.Ticket", models.CASCADE, null=True, blank=True, related_name="codes", verbose_name=_("grievance")
    )
    code_hash = models.BinaryField(_("code"), max_length=33, null=True, blank=True, editable=False)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    asked_at = models.DateTimeField(_("asked"))
    expires_at = models.DateTimeField(_("expires"), db_index=True)
    looked_up_at = models.DateTimeField(_("looked up"), null=True, blank=True)
    used_at = models.DateTimeField(_("used"), null=True, blank=True)
    view_until = models.DateTimeField(_("view open until"), null=True, blank=True)

    data_categories = declare(
        none="id reference address_kind ticket tries asked_at expires_at looked_up_at used_at view_until",
        contact="address_keys",
        credential="secret_hash code_hash",
    )

    class Meta:
        verbose_name = _("tracking code")
        verbose_name_plural = _("tracking codes")
        indexes = (
            # What the task was not nudged for: asked, alive, not looked up.
            models.Index(name="grievances_codes_waiting", fields=("asked_at",), condition=Q(looked_up_at=None)),
        )
        constraints = (
            models.CheckConstraint(
                name="grievances_view_needs_a_used_code",
                condition=Q(view_until__isnull=True) | Q(used_at__isnull=False, ticket__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.pk}"
