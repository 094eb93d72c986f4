"""From where people sign in: known devices and the history of sign-ins. Open sessions are rows of allauth.usersessions."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import date_format
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record
from portal.kernel.people.choices import SignInOutcome
from portal.kernel.people.models.maker_checker import FourEyesModel


class Device(models.Model):
    """A browser a person has signed in from. The browser keeps a random token, this row its hash.

    A known device has a lockout count of its own, so that a stranger who guesses cannot lock its owner out.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="devices", verbose_name=_("login"))
    token_sha256 = models.CharField(max_length=64, editable=False)
    label = models.CharField(_("browser"), max_length=120)
    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))
    forgotten_at = models.DateTimeField(_("forgotten"), null=True, blank=True)

    data_categories = declare(
        none="id user", credential="token_sha256", device="label first_seen_at last_seen_at forgotten_at"
    )

    class Meta:
        verbose_name = _("known device")
        verbose_name_plural = _("known devices")
        constraints = (models.UniqueConstraint(name="people_device_once_a_login", fields=("user", "token_sha256")),)

    def __str__(self) -> str:
        return self.label


class SignIn(models.Model):
    """Login history: one row for each try at a known login, with its outcome."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="sign_ins", verbose_name=_("login"))
    device = models.ForeignKey(Device, models.SET_NULL, null=True, blank=True, verbose_name=_("device"))
    outcome = models.CharField(_("outcome"), max_length=14, choices=SignInOutcome.choices)
    at = models.DateTimeField(_("when"))
    address = models.GenericIPAddressField(_("network address"), null=True, blank=True)
    browser = models.CharField(_("browser"), max_length=120, blank=True)

    record = Record(name=_("Sign-in log"), place=Place.tab("staff", 60), day="at")
    data_categories = declare(none="id user device outcome at", device="browser", location="address")

    class Meta:
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")
        ordering = ("-at",)
        indexes = (
            # The lockout asks for the latest failures of one login; the history page lists them.
            models.Index(name="people_sign_in_by_user", fields=("user", "-at")),
        )

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} {date_format.moment(self.at)}"


class MfaReset(FourEyesModel):
    """Taking away a staff member's second factor, so that they can set up a new one, waits for a second person."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="mfa_resets", verbose_name=_("staff member")
    )
    why = models.TextField(_("why"), max_length=2000)

    named_by = ("user",)
    record = Record(
        name=_("MFA resets"),
        place=Place.approval("staff", "people.User"),
        kept="Words of staff about staff; kept with the proposal they explain.",
    )
    data_categories = declare(
        none="id act made_by made_at checked_by checked_at shown_sha256 answer user", free_text="reason why"
    )

    class Meta(FourEyesModel.Meta):
        verbose_name = _("reset of a second factor")
        verbose_name_plural = _("resets of second factors")
        constraints = (
            *FourEyesModel.Meta.constraints,
            models.UniqueConstraint(
                name="people_one_open_mfa_reset", fields=("user",), condition=models.Q(answer="pending")
            ),
        )

    def __str__(self) -> str:
        return date_format.day(self.made_at)

    @property
    def proposed(self) -> str:
        return self.user.display_name
