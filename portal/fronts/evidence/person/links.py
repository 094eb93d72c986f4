"""The way to the file of a person, from their record and from what a search found."""

from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.fronts.evidence.permissions import Permission
from portal.kernel.core import access


def page_about(*, user: Any, subject_ref: UUID) -> tuple[Any, str] | None:
    """Registered in ``ports.person_pages``: the file of a person, for who may read it."""
    if not access.allowed(user, Permission.FILE_VIEW):
        return None
    return _("File of this person"), reverse("evidence:person", args=[subject_ref])
