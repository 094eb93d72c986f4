"""The rules of holding a role, asked when it is proposed and again, in the login's turn, when that is carried out."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from portal.kernel.core.errors import Refused
from portal.kernel.people.auditor_scope import Scope
from portal.kernel.people.models import Role, RoleGrant, User


def _refuse_bad_dates(role: Role, starts_at: datetime, ends_at: datetime | None, now: datetime) -> None:
    if role.needs_end and ends_at is None:
        raise Refused(_("This role needs an end date."), code="END_MISSING")
    if ends_at is not None and (ends_at <= starts_at or ends_at <= now):
        raise Refused(_("The end must lie after the start and in the future."), code="END_BEFORE_START")


def _refuse_bad_scope(role: Role, scope: Scope | None) -> None:
    if role.needs_scope != (scope is not None):
        message = (
            _("This role needs the first and the last day of the data that it shows.")
            if role.needs_scope
            else _("Only a role such as the auditor's is given for certain days and areas. Leave them empty.")
        )
        raise Refused(message, code="SCOPE")
    if scope is not None and scope.last_day < scope.first_day:
        raise Refused(_("The last day must not lie before the first."), code="SCOPE_BACKWARDS")


def _refuse_beside(
    user: User, role: Role, starts_at: datetime, ends_at: datetime | None, *, but: RoleGrant | None = None
) -> None:
    """A role with a scope stands alone: nobody audits with one hand what they do with the other.

    Raises Refused where, at some instant of these, the login holds the role already or an auditor's beside another.
    """
    others = RoleGrant.objects.filter(user=user).exclude(ends_at__lte=starts_at)
    if ends_at is not None:
        others = others.filter(starts_at__lt=ends_at)
    if but is not None:
        others = others.exclude(pk=but.pk)
    if others.filter(role=role).exists():
        raise Refused(_("This person has the role already. Change its dates instead."), code="HELD_ALREADY")
    if (others if role.needs_scope else others.filter(role__needs_scope=True)).exists():
        raise Refused(_("An auditor has no other role. End the other one first."), code="NOT_ALONE")


def refuse_grant(
    user: User, role: Role, starts_at: datetime, ends_at: datetime | None, scope: Scope | None, now: datetime
) -> None:
    """Every rule of a role that begins, asked when it is proposed and again when it is carried out."""
    _refuse_bad_dates(role, starts_at, ends_at, now)
    _refuse_bad_scope(role, scope)
    if not User.objects.filter(pk=user.pk, is_staff=True, is_active=True).exists():
        raise Refused(_("Only an active staff account can have a role."), code="NOT_STAFF")
    _refuse_beside(user, role, starts_at, ends_at)


def refuse_change(grant: RoleGrant, ends_at: datetime | None, now: datetime) -> None:
    """Every rule of another end for a role that is held, asked twice as well."""
    _refuse_bad_dates(grant.role, grant.starts_at, ends_at, now)
    if not User.objects.filter(pk=grant.user_id, is_staff=True, is_active=True).exists():
        raise Refused(_("Only an active staff account can have a role."), code="NOT_STAFF")
    if grant.ends_at is not None and (ends_at is None or ends_at > grant.ends_at):
        _refuse_beside(grant.user, grant.role, grant.starts_at, ends_at, but=grant)
