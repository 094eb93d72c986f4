"""The one question "may this login do that?", answered by the roles of ``portal.people``."""

from datetime import datetime
from typing import Any, TypeVar, cast

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from portal.core import hooks
from portal.core.errors import NotAllowed

RowT = TypeVar("RowT", bound=Model)


def allowed(user: Any, permission: str) -> bool:
    """Whether one of the login's roles, in force now, carries ``permission``. Nobody bypasses it."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return False
    return bool(hooks.permission_source.ask(user, permission))


def within_scope(user: Any, rows: "QuerySet[RowT]") -> "QuerySet[RowT]":
    """Those of the rows that belong to the days of an auditor's login; all of them for everybody else."""
    scope = hooks.reading_scope.ask(user)
    return rows if scope is None else cast("QuerySet[RowT]", scope.narrowed(rows))


def require_day(user: Any, at: datetime) -> None:
    """Raises NotAllowed (403) where an auditor's login asks how things stood at an instant outside its days."""
    scope = hooks.reading_scope.ask(user)
    if scope is not None and not scope.holds(at):
        raise NotAllowed(_("Your login shows data of certain days only, and this is another day."))


def require(user: Any, permission: str) -> None:
    """Raises NotAllowed (403) unless ``allowed``."""
    if not allowed(user, permission):
        raise NotAllowed(f"Your role does not carry the permission {permission}. Ask an administrator who may do this.")
