"""Staff logins: invited, given roles by two people, unlocked, signed out, deactivated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock, date_format
from portal.kernel.core.admin import ReadOnlyAdmin, service_action
from portal.kernel.core.admin.labels import RowTexts, yes_or_no
from portal.kernel.core.admin.opening_view import Nothing
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import AuditedExport
from portal.kernel.people.admin.create_view import CreatingAdmin
from portal.kernel.people.choices import SECOND_FACTORS
from portal.kernel.people.export_resources import SignInResource, StaffResource
from portal.kernel.people.forms import GrantForm, InviteStaffForm, WhyForm
from portal.kernel.people.models import Absence, Invitation, RoleGrant, SignIn, User
from portal.kernel.people.permissions import Act, Permission
from portal.kernel.people.selectors import grants_in_force
from portal.kernel.people.services import devices, mfa, roles, sessions, staff

#: The libraries' own pages could change rows without a trace.
for library_model in (Authenticator, EmailAddress, Group, SocialAccount, SocialApp, SocialToken, UserSession):
    if admin.site.is_registered(library_model):
        admin.site.unregister(library_model)


@dataclass(frozen=True)
class _Named:
    """A row as the box that chooses it is called."""

    pk: int
    name: str

    def __str__(self) -> str:
        return self.name


def _inactive(obj: User, user: Any) -> str:
    return "" if obj.is_active else str(_("This login is deactivated."))


def _has_password(obj: User, user: Any) -> str:
    return _inactive(obj, user) or (str(_("This person has a password.")) if obj.has_usable_password() else "")


def _own(obj: User, user: Any) -> str:
    return _inactive(obj, user) or (str(_("This is your own login.")) if obj.pk == user.pk else "")


def _no_factor(obj: User, user: Any) -> str:
    has_one = Authenticator.objects.filter(user=obj).exists()
    return _own(obj, user) or ("" if has_one else str(_("There is no second factor.")))


def _roles_of(rows: Sequence[User], user: Any) -> dict[int, str]:
    """The roles that each holds now."""
    held: dict[int, list[str]] = {}
    grants = grants_in_force(RoleGrant.objects.filter(user__in=rows).select_related("role"), now=clock.now())
    for grant in grants.order_by("role__label"):
        held.setdefault(grant.user_id, []).append(str(grant.role))
    return {pk: ", ".join(roles) for pk, roles in held.items()}


def _absences_of(rows: Sequence[User], user: Any) -> dict[int, str]:
    """The last day on which each is away, of those who are away today."""
    today = clock.day(clock.now())
    away = Absence.objects.filter(user__in=rows, withdrawn_at=None, starts_on__lte=today, ends_on__gte=today)
    return {pk: date_format.day(day) for pk, day in away.order_by("ends_on").values_list("user", "ends_on")}


@admin.register(User)
class StaffAdmin(AuditedExport, CreatingAdmin):
    view_permission = Permission.STAFF_VIEW
    add_permission = Permission.STAFF_INVITE
    export_permission = Permission.STAFF_EXPORT
    export_resource = StaffResource
    create_form = InviteStaffForm
    create_title = _("Invite a staff member")
    list_display = (
        *("full_name", "email", RowTexts("roles", _("roles"), _roles_of), "has_second_factor", "last_login"),
        RowTexts("absent", _("absent until"), _absences_of),
    )
    list_display_links = ("full_name", "email")
    list_filter = ("is_active",)
    opens_with: ClassVar[Mapping[str, str]] = {"is_active__exact": "1"}
    nothing = Nothing(
        _("People who work here would be here. No one has an account yet."),
        _("Invite a staff member"),
        "people.User",
        adds=True,
    )
    search_fields = ("full_name", "email")
    fields = (
        "full_name",
        "email",
        "is_active",
        "held_roles",
        "has_second_factor",
        "open_sessions",
        "last_login",
        "created_at",
        "deactivated_at",
    )
    readonly_fields = fields
    ordering = ("full_name", "pk")

    def action_checkbox(self, obj: Any) -> SafeString:
        """Django's, which would call the row by the number of the login."""
        return super().action_checkbox(_Named(obj.pk, obj.full_name or obj.email))

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        factor = Authenticator.objects.filter(user=OuterRef("pk"), type__in=SECOND_FACTORS)
        staff_logins: QuerySet[User] = super().get_queryset(request).filter(is_staff=True)
        return staff_logins.annotate(factor=Exists(factor))

    @admin.display(description=_("Second factor"))
    def has_second_factor(self, obj: User) -> str:
        return yes_or_no(value=getattr(obj, "factor", False))

    @admin.display(description=_("Roles now"))
    def held_roles(self, obj: User) -> str:
        held = grants_in_force(obj.role_grants.select_related("role"), now=clock.now())
        return ", ".join(str(grant.role) for grant in held) or str(_("None"))

    @admin.display(description=_("Open sessions"))
    def open_sessions(self, obj: User) -> int:
        return int(UserSession.objects.filter(user=obj).count())

    def create(self, request: HttpRequest, answer: dict[str, Any]) -> int | None:
        invitation: Invitation = staff.invite(
            email=answer["email"],
            full_name=answer["full_name"],
            actor=actor_of(request),
            now=clock.now(),
        )
        return invitation.user_id

    @service_action(permission=Permission.STAFF_INVITE, label=_("Send a new invitation"), skip=_has_password)
    def invite_again(self, request: HttpRequest, obj: User, answer: dict[str, Any]) -> None:
        staff.invite_again(user=obj, actor=actor_of(request), now=clock.now())

    @service_action(
        permission=Permission.ROLE_CHANGE, ask=GrantForm, label=_("Propose a role"), act=Act.ROLE_CHANGE, skip=_inactive
    )
    def propose_role(self, request: HttpRequest, obj: User, answer: dict[str, Any]) -> str:
        now = clock.now()
        roles.propose_grant(
            user=obj,
            role=answer["role"],
            starts_at=answer["starts_at"] or now,
            ends_at=answer["ends_at"],
            scope=answer["scope"],
            why=answer["why"],
            actor=actor_of(request),
            now=now,
        )
        return str(_("Proposed. The role is assigned once a second person approves."))

    @service_action(
        permission=Permission.MFA_RESET,
        ask=WhyForm,
        label=_("Propose to reset the second factor"),
        act=Act.MFA_RESET,
        skip=_no_factor,
    )
    def propose_mfa_reset(self, request: HttpRequest, obj: User, answer: dict[str, Any]) -> str:
        mfa.propose(user=obj, why=answer["why"], actor=actor_of(request), now=clock.now())
        return str(_("Proposed. It is done once a second person agrees."))

    @service_action(permission=Permission.STAFF_SIGN_OUT, label=_("End every session"))
    def sign_out(self, request: HttpRequest, obj: User, answer: dict[str, Any]) -> None:
        sessions.end_all(user=obj, actor=actor_of(request), now=clock.now())

    @service_action(permission=Permission.STAFF_UNLOCK, label=_("Unlock the sign-in"), skip=_inactive)
    def unlock(self, request: HttpRequest, obj: User, answer: dict[str, Any]) -> None:
        devices.unlock(user=obj, actor=actor_of(request), now=clock.now())

    @service_action(
        permission=Permission.STAFF_DEACTIVATE,
        label=_("Deactivate the login"),
        description=_(
            "Sessions, roles and invitations end, and what the person had locked is set free. This is final."
        ),
        skip=_own,
    )
    def deactivate(self, request: HttpRequest, obj: User, answer: dict[str, Any]) -> None:
        staff.deactivate(user=obj, actor=actor_of(request), now=clock.now())


@admin.register(SignIn)
class SignInAdmin(AuditedExport, ReadOnlyAdmin):
    """The login history of staff."""

    view_permission = Permission.STAFF_VIEW
    export_permission = Permission.STAFF_EXPORT
    export_resource = SignInResource
    list_display = ("at", "user_name", "outcome", "browser", "address")
    list_filter = ("outcome", "at")
    list_select_related = ("user",)
    search_fields = ("user__full_name",)
    fields = ("at", "user_name", "outcome", "browser", "address", "device")

    def get_queryset(self, request: HttpRequest) -> QuerySet[SignIn]:
        return super().get_queryset(request).filter(user__is_staff=True)

    @admin.display(description=_("Staff member"), ordering="user__full_name")
    def user_name(self, obj: SignIn) -> str:
        return obj.user.full_name
