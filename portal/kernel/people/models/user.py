"""The one user model: a staff member or a customer's login, never both."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place, Record


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Insert one login. An empty password makes a login that can only use e-mailed codes."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A login. Staff and customer logins are kept apart: ``is_staff`` never changes after creation.

    Staff sign in with a password and a second factor and have a ``subject`` of their own; a customer's login signs in
    with an e-mailed code and stands for a ``principal``, whose subject it shares.
    """

    email = models.EmailField(_("email address"), unique=True)
    full_name = models.CharField(_("full name"), max_length=200, blank=True)
    is_staff = models.BooleanField(_("staff"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    principal = models.OneToOneField(
        "people.Principal", models.PROTECT, null=True, blank=True, related_name="user", verbose_name=_("person")
    )
    subject = models.OneToOneField(
        "people.Subject", models.PROTECT, null=True, blank=True, related_name="user", verbose_name=_("subject")
    )
    language = models.CharField(_("language"), max_length=12, default="en")
    created_at = models.DateTimeField(_("created"), default=clock.now)
    deactivated_at = models.DateTimeField(_("deactivated"), null=True, blank=True)

    record = Record(name=_("Accounts"), place=Place.entry("staff"), day="created_at..deactivated_at")
    data_categories = declare(
        none="id is_staff is_active principal subject language created_at deactivated_at",
        contact="email",
        name="full_name",
        credential="password",
        device="last_login",
    )

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        verbose_name = _("login")
        verbose_name_plural = _("logins")
        constraints = (
            models.UniqueConstraint(
                Lower("email"),
                name="people_email_once",
                violation_error_message=_("Another account uses this email address."),
            ),
            models.CheckConstraint(
                name="people_staff_or_customer",
                condition=Q(is_staff=False) | Q(principal=None),
                violation_error_message=_("A staff login cannot be a customer's login."),
            ),
        )

    def __str__(self) -> str:
        return f"login {self.pk}"

    @property
    def display_name(self) -> str:
        """What staff read where this person is meant; ``str`` has no name, because it reaches logs."""
        return self.full_name or self.email

    @property
    def is_superuser(self) -> bool:
        """Nobody bypasses the roles."""
        return False

    @property
    def subject_ref(self) -> Any:
        """The opaque reference of the person behind the login."""
        subject = self.principal.subject if self.principal else self.subject
        return subject.ref if subject else None

    def has_perm(self, perm: str, obj: object | None = None) -> bool:
        """Django's own permission codes are not used: see ``portal.kernel.core.access``."""
        return False

    def has_perms(self, perm_list: list[str], obj: object | None = None) -> bool:
        return False

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_staff
