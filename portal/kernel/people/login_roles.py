"""The roles of a staff login: those it holds now, and those that ended, which are named where a page does not open."""

from datetime import datetime
from typing import Any

from portal.kernel.core import clock
from portal.kernel.people.models import RoleGrant
from portal.kernel.people.selectors import grants_in_force


def roles_held(user: Any) -> frozenset[str]:
    """The codes of the roles that a staff login holds now. Asked once for each loaded login."""
    held: frozenset[str] | None = user.__dict__.get("_roles_held")
    if held is None:
        grants = grants_in_force(RoleGrant.objects.filter(user=user), now=clock.now())
        held = frozenset(grants.values_list("role__code", flat=True)) if user.is_staff else frozenset()
        user.__dict__["_roles_held"] = held
    return held


def ended_roles(user: Any) -> list[tuple[str, datetime]]:
    """Answers ``answers.ended_roles``: of each role that ended and is not held now its label and when it ended, the last first."""
    if not getattr(user, "is_staff", False):
        return []
    now = clock.now()
    grants = RoleGrant.objects.filter(user=user)
    held = grants_in_force(grants, now=now).values("role")
    rows = grants.filter(ends_at__lte=now).exclude(role__in=held).order_by("ends_at").select_related("role")
    ended = {row.role.label: row.ends_at for row in rows if row.ends_at is not None}
    return sorted(ended.items(), key=lambda one: one[1], reverse=True)
