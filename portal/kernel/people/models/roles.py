"""What a role may do, and who holds it from when to when."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import date_format
from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import TIMELESS, Place, Record
from portal.kernel.core.register_days import RegisterDays
from portal.kernel.people.choices import RoleChange
from portal.kernel.people.models.maker_checker import FourEyesModel


class Role(models.Model):
    """A set of permissions with a name. The rows come from ``data/roles.toml``."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    label = models.CharField(_("name"), max_length=80)
    needs_end = models.BooleanField(_("must have an end date"), default=False)
    only_reads = models.BooleanField(_("only reads and exports"), default=False)
    needs_scope = models.BooleanField(_("sees data of certain days only"), default=False)

    record = Record(name=_("Roles"), place=Place.tab("staff", 10), day=TIMELESS)
    data_categories = declare(none="id code label needs_end only_reads needs_scope")

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ("label",)

    def __str__(self) -> str:
        return self.label


class RolePermission(models.Model):
    """One permission of a role, written ``area.noun:verb``."""

    role = models.ForeignKey(Role, models.CASCADE, related_name="permissions", verbose_name=_("role"))
    code = models.CharField(_("permission"), max_length=80, db_index=True)

    record = Record(day=TIMELESS)
    data_categories = declare(none="id role code")

    class Meta:
        verbose_name = _("permission of a role")
        verbose_name_plural = _("permissions of roles")
        ordering = ("code",)
        constraints = (models.UniqueConstraint(name="people_permission_once_a_role", fields=("role", "code")),)

    def __str__(self) -> str:
        return self.code


class Scoped(models.Model):
    """The days and areas of which a role shows data: both days or neither; no area means every area."""

    data_from = models.DateField(_("sees data from"), null=True, blank=True)
    data_to = models.DateField(_("sees data to"), null=True, blank=True)
    areas = models.JSONField(_("areas"), default=list, blank=True)

    class Meta:
        abstract = True
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_scope_runs_forward",
                condition=Q(data_from=None, data_to=None) | Q(data_from__lte=F("data_to")),
                violation_error_message=_("The last day must not lie before the first."),
            ),
        )


class RoleGrant(Scoped):
    """A role held by a staff member between two instants; ending sets ``ends_at``, nothing is deleted."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="role_grants", verbose_name=_("staff member")
    )
    role = models.ForeignKey(Role, models.PROTECT, related_name="grants", verbose_name=_("role"))
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    granted_at = models.DateTimeField(_("given"))

    record = Record(name=_("Role assignments"), place=Place.tab("staff", 20))
    data_categories = declare(none="id user role starts_at ends_at granted_at data_from data_to areas")
    register_days = RegisterDays(entered="granted_at", since="starts_at", until="ends_at")

    class Meta:
        verbose_name = _("role assignment")
        verbose_name_plural = _("role assignments")
        ordering = ("user", "role", "-starts_at")
        indexes = (
            # Each permission question of a signed-in staff member asks: which roles hold now?
            models.Index(name="people_grant_by_user", fields=("user", "ends_at")),
        )
        constraints = (
            *Scoped.Meta.constraints,
            models.CheckConstraint(
                name="people_grant_ends_after_it_starts",
                condition=Q(ends_at=None) | Q(ends_at__gte=F("starts_at")),
                violation_error_message=_("The end must lie after the start."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.role}: {date_format.day(self.starts_at)}"


class RoleProposal(Scoped, FourEyesModel):
    """Giving, changing or ending a role waits here for a second person."""

    change = models.CharField(_("change"), max_length=8, choices=RoleChange.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="role_proposals", verbose_name=_("staff member")
    )
    role = models.ForeignKey(Role, models.PROTECT, related_name="+", verbose_name=_("role"))
    grant = models.ForeignKey(
        RoleGrant, models.PROTECT, null=True, blank=True, related_name="proposals", verbose_name=_("role assignment")
    )
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    why = models.TextField(_("why"), max_length=2000)

    named_by = ("role", "user")
    record = Record(
        name=_("Role approvals"),
        place=Place.approval("staff", "people.User"),
        kept="Words of staff about staff; kept with the proposal they explain.",
    )
    data_categories = declare(
        none="id act made_by made_at checked_by checked_at shown_sha256 answer change user role grant starts_at "
        "ends_at data_from data_to areas",
        free_text="reason why",
    )

    class Meta(FourEyesModel.Meta):
        verbose_name = _("proposed role")
        verbose_name_plural = _("proposed roles")
        constraints = (
            *FourEyesModel.Meta.constraints,
            *Scoped.Meta.constraints,
            models.UniqueConstraint(
                name="people_one_open_proposal_a_role", fields=("user", "role"), condition=Q(answer="pending")
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_change_display()}: {self.role}"

    @property
    def proposed(self) -> str:
        return self.user.display_name
