"""The one question "may this login do that?", answered by the roles of ``portal.kernel.people``."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar, cast

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from portal.kernel.core import advisory_locks, answers
from portal.kernel.core.errors import NotAllowed

RowT = TypeVar("RowT", bound=Model)


def allowed(user: Any, permission: str) -> bool:
    """Whether one of the login's roles, in force now, carries ``permission``. Nobody bypasses it."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return False
    return bool(answers.permission_source.ask(user, permission))


def within_scope(user: Any, rows: "QuerySet[RowT]") -> "QuerySet[RowT]":
    """Those of the rows that belong to the days of an auditor's login; all of them for everybody else."""
    scope = answers.reading_scope.ask(user)
    return rows if scope is None else cast("QuerySet[RowT]", scope.narrowed(rows))


def require_day(user: Any, at: datetime) -> None:
    """Raises NotAllowed (403) where an auditor's login asks how things stood at an instant outside its days."""
    scope = answers.reading_scope.ask(user)
    if scope is not None and not scope.holds(at):
        raise NotAllowed(_("Your login shows data of certain days only, and this is another day."))


def require(user: Any, permission: str) -> None:
    """Raises NotAllowed (403) unless ``allowed``."""
    if not allowed(user, permission):
        raise NotAllowed(f"Your role does not carry the permission {permission}. Ask an administrator who may do this.")


@contextmanager
def acting(user: Any, permission: str) -> Iterator[None]:
    """One transaction in which the login holds ``permission`` from its beginning to its end: asked of the database anew, in the
    turn of the login's powers, which whoever ends a role or deactivates a login has alone. Their end comes before the act,
    which is refused, or after it. The turn is taken first, before any row (``advisory_locks.of_login``).

    Raises NotAllowed (403). What was asked before the transaction spares the work that leads to it, and proves nothing.
    """
    with transaction.atomic():
        advisory_locks.share(advisory_locks.of_login(user.pk))
        require(get_user_model()._default_manager.get(pk=user.pk), permission)
        yield
