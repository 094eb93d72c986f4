"""What the page of a person says of legal holds, and the way from a hold to whose data it holds."""

from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from portal.kernel.core import access, date_format
from portal.kernel.people import short_names
from portal.kernel.people.models import Customer, Principal
from portal.kernel.people.permissions import Permission as PeoplePermission
from portal.kernel.people.selectors import refs_of
from portal.kernel.retention.models import Hold
from portal.kernel.retention.permissions import Permission


def holds_about(*, user: Any, subject_ref: UUID) -> tuple[Any, str] | None:
    """Answers ``ports.person_pages``: the hold on this person's data; without one the way to place one, for who may."""
    if not access.allowed(user, Permission.HOLD_VIEW):
        return None
    running = Hold.objects.filter(subject_ref__in=refs_of(subject_ref), released_at=None).order_by("-placed_at")
    found = list(running[:2])
    if not found:
        if not access.allowed(user, Permission.HOLD_PLACE):
            return None
        return _(
            "Place a legal hold"
        ), f"{reverse('admin:retention_hold_add')}?{urlencode({'subject_ref': str(subject_ref)})}"
    newest = found[0]
    said = (
        _("Legal hold %(order)s, since %(day)s")
        if len(found) == 1
        else _("Legal hold %(order)s and more, since %(day)s")
    )
    label = said % {"order": newest.order_reference, "day": date_format.day(newest.placed_at)}
    return label, reverse("admin:retention_hold_change", args=[newest.pk])


def record_pages(subject_ref: UUID, user: Any) -> list[tuple[Any, str]]:
    """The record of the person or company behind a reference, by the name that the login may see; of a stranger none."""
    names = short_names.of_subjects({subject_ref}, user=user)
    if not access.allowed(user, PeoplePermission.CUSTOMER_VIEW):
        return []
    models: tuple[Any, ...] = (Principal, Customer)
    for model in models:
        row = model.objects.filter(subject__ref__in=refs_of(subject_ref)).first()
        if row is not None:
            url = reverse(f"admin:people_{model._meta.model_name}_change", args=[row.pk])
            return [(_("Record of %(name)s") % {"name": names.get(subject_ref, str(row))}, url)]
    return []
