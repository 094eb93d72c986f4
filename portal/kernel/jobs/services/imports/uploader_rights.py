"""Whoever brought a file: a job acts with the rights that they have by then."""

from typing import Any

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

from portal.kernel.core import access
from portal.kernel.core import actor as actors
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import NotAllowed
from portal.kernel.jobs.import_types import ImportKind
from portal.kernel.jobs.models import ListImport


def require_may(actor: Actor, kind: ImportKind) -> Any:
    """The active staff login behind an actor. Raises NotAllowed for somebody else, or without the permission."""
    rows = get_user_model().objects.filter(pk=actor.user_id or 0, is_staff=True, is_active=True)
    user = rows.first()
    if user is None:
        raise NotAllowed(_("Only a signed-in staff member can do this."))
    access.require(user, kind.permission)
    return user


def maker_of(brought: ListImport) -> Actor:
    """Only staff bring files: ``staff:user:12``."""
    return actors.staff(int(brought.made_by.rpartition(":")[2]), via="import")
