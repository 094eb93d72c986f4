"""Columns of the admin's lists that say whose a row is, by the short names that the login may see."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.admin.labels import RowTexts
from portal.kernel.core.requests import actor_of
from portal.kernel.people import short_names
from portal.kernel.people.models import Membership

_Names = Callable[..., Mapping[Any, str]]


def of_accounts(path: str = "customer_id", field: Any = None) -> RowTexts:
    """Whose a row is, by the key of the account at the end of ``path`` ("case.customer_id")."""
    return _column(path, field, short_names.of_accounts)


def of_people(path: str = "principal_id", field: Any = None) -> RowTexts:
    """Whose a row is, by the key of the person at the end of ``path``."""
    return _column(path, field, short_names.of_people)


def of_subjects(path: str = "subject_ref", field: Any = None) -> RowTexts:
    """Whose a row is, by the opaque reference at the end of ``path``; of somebody not known the beginning of it."""
    return _column(path, field, _of_subjects)


def record_page(*, request: HttpRequest, listed: str, filters: Collection[str], count: int) -> None:
    """Answers ``answers.names_listed``: one event a page, of a login that may see names; of others there is nothing to say."""
    if short_names.may_see_names(request.user):
        short_names.record_listed(actor=actor_of(request), listed=listed, filters=filters, count=count)


def _column(path: str, field: Any, names: _Names) -> RowTexts:
    if field is None:
        return RowTexts("who", _("who"), partial(_said, path, names))
    return RowTexts(field.name, field.verbose_name, partial(_said, path, names), field.name)


def _said(path: str, names: _Names, rows: Sequence[Any], user: Any) -> dict[Any, str]:
    keys = {row.pk: _at(row, path) for row in rows}
    found = names({key for key in keys.values() if key is not None}, user=user)
    return {pk: found[key] for pk, key in keys.items() if key in found}


def _at(row: Any, path: str) -> Any:
    for name in path.split("."):
        row = getattr(row, name, None)
    return row


def _of_subjects(refs: Collection[UUID], *, user: Any) -> dict[UUID, str]:
    return {ref: str(ref)[:8] for ref in refs} | short_names.of_subjects(refs, user=user)


def _contacts(rows: Sequence[Any], user: Any) -> dict[Any, str]:
    return short_names.contacts_of([row.pk for row in rows])


def _companies(rows: Sequence[Any], user: Any) -> dict[Any, str]:
    """Of several companies the one that the person joined last."""
    members = Membership.objects.filter(principal__in=[row.pk for row in rows], ended_at=None).order_by(
        "joined_at", "pk"
    )
    acting = dict(members.values_list("principal", "customer"))
    names = short_names.of_accounts(set(acting.values()), user=user)
    return {person: names[account] for person, account in acting.items() if account in names}


def _members(rows: Sequence[Any], user: Any) -> dict[Any, str]:
    live = Membership.objects.filter(customer__in=[row.pk for row in rows], ended_at=None).order_by()
    return {pk: str(count) for pk, count in live.values_list("customer").annotate(count=Count("pk"))}


#: The columns of the lists of people and of customers themselves.
PERSON = RowTexts("short_name", _("name"), partial(_said, "pk", short_names.of_people))
ACCOUNT = RowTexts("short_name", _("name"), partial(_said, "pk", short_names.of_accounts))
CONTACT = RowTexts("contact", _("contact"), _contacts)
COMPANY = RowTexts("company", _("company"), _companies)
MEMBERS = RowTexts("members", _("members"), _members)
