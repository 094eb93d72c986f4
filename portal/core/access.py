"""The one question "may this login do that?", answered by the roles of ``portal.people``."""

from typing import Any

from portal.core import hooks
from portal.core.errors import NotAllowed


def allowed(user: Any, permission: str) -> bool:
    """Whether one of the login's roles, in force now, carries ``permission``. Nobody bypasses it."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return False
    return bool(hooks.permission_source.ask(user, permission))


def require(user: Any, permission: str) -> None:
    """Raises NotAllowed (403) unless ``allowed``."""
    if not allowed(user, permission):
        raise NotAllowed(f"Your role does not carry the permission {permission}. Ask an administrator who may do this.")
