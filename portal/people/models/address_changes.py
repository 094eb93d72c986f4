"""The change of an address of a customer's login, from the first page to the end of its cancel link."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.core import moments
from portal.core.data_categories import declare
from portal.core.fields import EncryptedTextField
from portal.people.states import ContactKind


class AddressChange(models.Model):
    """A new email address of a login, or a number that is added to it.

    Confirmed by a code to the login's address (``proved_at``) and one to the new address (``confirmed_at``). Who gets no
    codes at the login's address waits until ``waits_until`` instead. Open until done, dropped or cancelled; what was done
    can be cancelled afterwards by the link that the login's earlier address was sent. The link is a signature over this
    row: no token is stored.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="address_changes", verbose_name=_("login")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=ContactKind.choices)
    #: What the login's address was when the change began.
    old_address = EncryptedTextField(_("earlier address"), purpose="people.address_change.old_address")
    new_address = EncryptedTextField(_("new address"), purpose="people.address_change.new_address")
    begun_at = models.DateTimeField(_("begun"), db_index=True)
    proved_at = models.DateTimeField(_("code of the earlier address entered"), null=True, blank=True)
    waits_until = models.DateTimeField(_("waits until"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("code of the new address entered"), null=True, blank=True)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    dropped_at = models.DateTimeField(_("discarded"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)

    data_categories = declare(
        none="id user kind begun_at proved_at waits_until confirmed_at done_at dropped_at cancelled_at",
        contact="old_address new_address",
    )

    class Meta:
        verbose_name = _("address change")
        verbose_name_plural = _("address changes")
        constraints = (
            models.UniqueConstraint(
                name="people_one_open_address_change",
                fields=("user", "kind"),
                condition=Q(done_at=None, dropped_at=None, cancelled_at=None),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {moments.day(self.begun_at)}"

    @property
    def is_open(self) -> bool:
        return self.done_at is None and self.dropped_at is None and self.cancelled_at is None

    @property
    def is_proved(self) -> bool:
        """Whether the code of the login's address was entered."""
        return self.proved_at is not None
