"""Roles that ended and are not held now: said to their holder where a page does not open."""

from datetime import datetime
from typing import Any

from portal.core import clock
from portal.people.models import RoleGrant
from portal.people.selectors import grants_in_force


def ended_roles(user: Any) -> list[tuple[str, datetime]]:
    """Answers ``hooks.ended_roles``: of each role that ended and is not held now its label and when it ended, the last first."""
    if not getattr(user, "is_staff", False):
        return []
    now = clock.now()
    grants = RoleGrant.objects.filter(user=user)
    held = grants_in_force(grants, now=now).values("role")
    rows = grants.filter(ends_at__lte=now).exclude(role__in=held).order_by("ends_at").select_related("role")
    ended = {row.role.label: row.ends_at for row in rows if row.ends_at is not None}
    return sorted(ended.items(), key=lambda one: one[1], reverse=True)
