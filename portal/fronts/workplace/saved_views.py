"""Lists that staff name and keep, for themselves or for a role: filters only, never what was searched for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from portal.fronts.workplace.models import SavedView
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import field_changes
from portal.kernel.core.actor import Actor
from portal.kernel.core.admin.lists import page_of, rows_of
from portal.kernel.core.errors import Refused
from portal.kernel.core.pii_guard import require_plain
from portal.kernel.core.queues import Queue
from portal.kernel.people.models import Role, RoleGrant, User
from portal.kernel.people.selectors import grants_in_force
from portal.kernel.people.services.maker_checker import person_of

#: More than one person finds again.
MOST = 30
_WORDS = ngettext_lazy("row", "rows", "count")


def filters_of(model: str, given: Mapping[str, str]) -> str:
    """Those parts of an address that are filters of the list of ``model``, or its order, as a query."""
    page = page_of(model)
    names = {_name_of(one) for one in page.list_filter} | {page.date_hierarchy}
    kept = QueryDict(mutable=True)
    for name, value in sorted(given.items()):
        if name == "o" or name in names or name.partition("__")[0] in names:
            kept[name] = value
    return kept.urlencode()


def _name_of(one: Any) -> str:
    found = one[0] if isinstance(one, tuple) else one
    return str(getattr(found, "parameter_name", found))


def save(
    request: HttpRequest, *, name: str, model: str, query: str, shared_with: Role | None, actor: Actor, now: datetime
) -> SavedView:
    """Keep a list under a name, in one transaction with its audit event, which does not hold the name.

    Raises Refused for a name that tells of a person, one that this login uses already, too many views, and a query that the
    list does not understand.
    """
    require_plain(name)
    user = person_of(actor)
    try:
        rows_of(request, model, query)
    except IncorrectLookupParameters as error:
        raise Refused(_("The list does not understand these filters. Choose them again.")) from error
    if SavedView.objects.filter(owner=user).count() >= MOST:
        raise Refused(_("You have %(count)s views already. Remove one of them first.") % {"count": MOST})
    try:
        with transaction.atomic():
            made = SavedView.objects.create(
                owner=user, name=name, model=model, query=query, shared_with=shared_with, saved_at=now
            )
            field_changes.watch_created(made)
            _record(AuditKind.ADMIN_VIEW_SAVED, made, actor)
    except IntegrityError as error:
        raise Refused(_("You have a view of this name. Choose another name, or remove that one first.")) from error
    return made


def remove(view: SavedView, *, actor: Actor) -> None:
    """Remove one's own view, in one transaction with its audit event."""
    with transaction.atomic():
        field_changes.watch_entered({"removed": view.name})
        SavedView.objects.filter(pk=view.pk, owner=person_of(actor)).delete()
        _record(AuditKind.ADMIN_VIEW_REMOVED, view, actor)


def _record(kind: AuditKind, view: SavedView, actor: Actor) -> None:
    role = view.shared_with.code if view.shared_with is not None else ""
    record(kind, actor=actor, about=f"workplace.savedview:{view.pk}", facts={"model": view.model, "role": role})


def login_left(*, user_id: int, at: datetime) -> None:
    """Answers ``ports.login_left``: what the login shared with a role stays there, the rest goes."""
    SavedView.objects.filter(owner_id=user_id, shared_with=None).delete()


def of(user: User, *, now: datetime) -> QuerySet[SavedView]:
    """The views of a login: its own, and those shared with a role that it holds."""
    roles = grants_in_force(RoleGrant.objects.filter(user=user), now=now).values("role")
    return SavedView.objects.filter(Q(owner=user) | Q(shared_with__in=roles)).select_related("owner", "shared_with")


def as_queue(view: SavedView) -> Queue:
    """The view as something that is counted and linked like a queue of the portal."""
    return Queue(f"view-{view.pk}", view.name, view.model, view.query, _WORDS, tone="")
