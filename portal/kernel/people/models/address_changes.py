"""Changes that a letter tells with a link that cancels them: of a login's address, of a company's people, of a nominee."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import date_format
from portal.kernel.core.data_categories import declare
from portal.kernel.core.fields import EncryptedTextField
from portal.kernel.people.choices import AccountChangeKind, ContactKind, MemberRole


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
        return f"{self.get_kind_display()} {date_format.day(self.begun_at)}"

    @property
    def is_open(self) -> bool:
        return self.done_at is None and self.dropped_at is None and self.cancelled_at is None

    @property
    def is_proved(self) -> bool:
        """Whether the code of the login's address was entered."""
        return self.proved_at is not None


class AccountChange(models.Model):
    """What a customer's login changed of who acts for a company, or of a nominee: done at once, and cancelled by the link of
    its letter for ``signin.cancel_link``.

    The row names what changed and keeps what was there before, so that it can be restored. The link is a signature over the
    row and the address that it was sent to: no token is stored.
    """

    kind = models.CharField(_("kind"), max_length=16, choices=AccountChangeKind.choices)
    #: Who made it; none where a system told us of a nominee.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="account_changes", verbose_name=_("login")
    )
    #: The company's subject, or that of the person who named the nominee.
    subject_ref = models.UUIDField(_("subject"), db_index=True)
    customer = models.ForeignKey(
        "people.Customer", models.CASCADE, null=True, related_name="+", verbose_name=_("customer")
    )
    membership = models.ForeignKey(
        "people.Membership", models.CASCADE, null=True, related_name="+", verbose_name=_("membership")
    )
    invitation = models.ForeignKey(
        "people.Invitation", models.CASCADE, null=True, related_name="+", verbose_name=_("invitation")
    )
    nominee = models.CharField(_("nominee"), max_length=20, blank=True)
    old_role = models.CharField(_("earlier role"), max_length=8, choices=MemberRole.choices, blank=True)
    #: What was said of the nominee before, under the person's own key.
    before = models.BinaryField(_("earlier nominee"), default=bytes, editable=False)
    made_at = models.DateTimeField(_("made"), db_index=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    #: Whether an address of the login itself cancelled it: then the login changes nothing for a while, else only nothing of the
    #: company: what another owner says of it reaches no further.
    freezes_login = models.BooleanField(_("cancelled by the person who made it"), default=False, db_default=False)

    data_categories = declare(
        none=(
            "id kind user subject_ref customer membership invitation nominee old_role made_at cancelled_at freezes_login"
        ),
        name="before",
    )

    class Meta:
        verbose_name = _("account change")
        verbose_name_plural = _("account changes")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {date_format.day(self.made_at)}"
