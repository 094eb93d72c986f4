"""An invitation by an e-mailed link, six-digit codes, and wrong ones."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import date_format
from portal.kernel.core.data_categories import declare
from portal.kernel.core.fields import EncryptedTextField
from portal.kernel.core.records import Place, Record
from portal.kernel.people.choices import CodePurpose, ContactKind, InvitationKind, MemberRole


class Invitation(models.Model):
    """Open until accepted, cancelled or past its end. The link is a signature over this row: no token is stored."""

    kind = models.CharField(_("kind"), max_length=8, choices=InvitationKind.choices)
    address = EncryptedTextField(_("email"), purpose="people.invitation.address")
    address_key = models.BinaryField(_("lookup hash"), max_length=33, db_index=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="invitations",
        verbose_name=_("login"),
    )
    customer = models.ForeignKey(
        "people.Customer",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="invitations",
        verbose_name=_("customer"),
    )
    role = models.CharField(_("role"), max_length=8, choices=MemberRole.choices, blank=True)
    language = models.CharField(_("language"), max_length=12, default="en")
    subject_ref = models.UUIDField(_("subject"))
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("invited by")
    )
    invited_at = models.DateTimeField(_("invited"))
    expires_at = models.DateTimeField(_("open until"))
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)

    record = Record(name=_("Invitations"), place=Place.tab("staff", 50), day="invited_at")
    data_categories = declare(
        none=(
            "id kind user customer role language subject_ref invited_by invited_at expires_at sent_at accepted_at "
            "cancelled_at"
        ),
        contact="address address_key",
    )

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        indexes = (
            # The sweep asks for invitations that were written and not sent.
            models.Index(
                name="people_invitation_unsent",
                fields=("invited_at",),
                condition=Q(sent_at=None, accepted_at=None, cancelled_at=None),
            ),
        )
        constraints = (
            models.CheckConstraint(
                name="people_invitation_fits_its_kind",
                condition=Q(kind=InvitationKind.STAFF, customer=None, user__isnull=False)
                | (~Q(kind=InvitationKind.STAFF) & Q(customer__isnull=False)),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {date_format.day(self.invited_at)}"


class OneTimeCode(models.Model):
    """A six-digit code, computed from ``nonce`` under a key outside the database: the code itself is not stored.

    A row is made for unknown addresses too, so that the answer and its time do not tell who has an account.
    """

    purpose = models.CharField(_("purpose"), max_length=8, choices=CodePurpose.choices)
    kind = models.CharField(_("kind of address"), max_length=8, choices=ContactKind.choices)
    address = EncryptedTextField(_("address"), purpose="people.one_time_code.address")
    address_key = models.BinaryField(_("lookup hash"), max_length=33, db_index=True, editable=False)
    about = models.CharField(_("about"), max_length=80, blank=True)
    browser = models.CharField(_("browser the code was asked from"), max_length=64, blank=True)
    nonce = models.BinaryField(max_length=16, editable=False)
    made_at = models.DateTimeField(_("made"), db_index=True)
    expires_at = models.DateTimeField(_("good until"))
    tries = models.PositiveSmallIntegerField(_("wrong tries"), default=0)
    used_at = models.DateTimeField(_("used"), null=True, blank=True)
    from_known_device = models.BooleanField(_("asked from a known device"), default=False)
    forgiven_at = models.DateTimeField(_("no longer counted"), null=True, blank=True)

    data_categories = declare(
        none="id purpose kind about made_at expires_at tries used_at from_known_device forgiven_at",
        contact="address address_key",
        credential="nonce",
        device="browser",
    )

    class Meta:
        verbose_name = _("one-time code")
        verbose_name_plural = _("one-time codes")

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {date_format.moment(self.made_at)}"


class WrongCode(models.Model):
    """A wrong code that was typed, until the history of the login has it: seconds, or as long as no worker runs.

    A row is made for unknown addresses too, in the transaction that counts the try, so that the page does the same work
    whoever has a login and no try is lost. A wrong password or code of staff (``at_staff``) is one as well, and stays as
    long as it counts towards the lockout, of a known device or of all others (no ``device_sha256``).
    """

    address = EncryptedTextField(_("address"), purpose="people.wrong_code.address")
    address_key = models.BinaryField(_("lookup hash"), max_length=33, db_index=True, editable=False)
    network = EncryptedTextField(_("network address"), purpose="people.wrong_code.network", blank=True)
    browser = models.CharField(_("browser"), max_length=120, blank=True)
    token = EncryptedTextField(_("token of the browser"), purpose="people.wrong_code.token", blank=True)
    typed_at = models.DateTimeField(_("typed"), db_index=True)
    at_staff = models.BooleanField(_("at the sign-in of staff"), default=False)
    device_sha256 = models.CharField(_("known device"), max_length=64, blank=True, editable=False)
    counts = models.BooleanField(_("counts towards the lockout"), default=True)
    noted_at = models.DateTimeField(_("written into the history"), null=True, blank=True)

    data_categories = declare(
        none="id typed_at at_staff counts noted_at",
        contact="address address_key",
        location="network",
        device="browser",
        credential="token device_sha256",
    )

    class Meta:
        verbose_name = _("wrong code")
        verbose_name_plural = _("wrong codes")

    def __str__(self) -> str:
        return date_format.moment(self.typed_at)
