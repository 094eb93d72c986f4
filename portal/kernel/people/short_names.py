"""Who somebody is, as lists say it: a short name to roles that may see names, the reference of an account to the others.

A list says many at once: every function here takes what a page shows and answers in a bounded number of statements. Only the
short forms are opened, and of people without a name an address, to show its end.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import access, addresses
from portal.kernel.core.actor import Actor
from portal.kernel.people.models import ContactPoint, Customer, Membership, Principal, Subject, SubjectAlias
from portal.kernel.people.permissions import Permission

#: From each reference to those joined to it, in both directions, with whoever is behind them.
_BEHIND: Final = """
WITH RECURSIVE same (origin, ref) AS (
    SELECT asked.ref, asked.ref FROM ({asked}) AS asked
    UNION
    SELECT same.origin, CASE WHEN a.old_ref = same.ref THEN a.new_ref ELSE a.old_ref END
      FROM same JOIN people_subjectalias a ON a.old_ref = same.ref OR a.new_ref = same.ref
)
SELECT same.origin, p.id, c.id
  FROM same
  JOIN people_subject s ON s.ref = same.ref
  LEFT JOIN people_principal p ON p.subject_id = s.id
  LEFT JOIN people_customer c ON c.subject_id = s.id
 WHERE p.id IS NOT NULL OR c.id IS NOT NULL
 ORDER BY CASE WHEN same.ref = same.origin THEN 0 ELSE 1 END, p.id, c.id
"""
#: Rows that ``fill`` writes in one transaction.
BATCH: Final = 500


def may_see_names(user: Any) -> bool:
    """Whether a login's roles show the names of people and customers in lists."""
    return access.allowed(user, Permission.NAME_VIEW)


def of_subjects(refs: Collection[UUID], *, user: Any) -> dict[UUID, str]:
    """What a list says of the people and accounts behind opaque references, or behind one that is joined to them.

    ``{ref: "Harsh D."}``; an organisation whole; "No name, +91 ••0019" where there is no name. To a login that may not see
    names the reference of the account. A reference of a stranger is not in the answer. At most four statements, however many
    references. Writes nothing: the page that shows the names writes one event with ``record_listed``.
    """
    behind = _behind(refs)
    people = of_people({person for person, _account in behind.values() if person is not None}, user=user)
    accounts = of_accounts({account for _person, account in behind.values() if account is not None}, user=user)
    said: dict[UUID, str] = {}
    for ref, (person, account) in behind.items():
        if person is not None:
            said[ref] = people[person]
        elif account is not None:
            said[ref] = accounts[account]
    return said


def of_people(keys: Collection[int], *, user: Any) -> dict[int, str]:
    """``of_subjects`` by the keys of ``people.Principal``. At most three statements."""
    if not keys:
        return {}
    if not may_see_names(user):
        return _references_of(keys)
    rows = Principal.objects.filter(pk__in=keys).values_list("pk", "short_name", "subject__erased_at")
    found: dict[int, str] = {}
    nameless: set[int] = set()
    unfilled: set[int] = set()
    for key, name, erased_at in rows:
        if erased_at is not None:
            found[key] = _("Erased")
        elif name:
            found[key] = name
        else:
            (nameless if name == "" else unfilled).add(key)
    masked = contacts_of(nameless)
    found |= {key: _without_name(masked.get(key, "")) for key in nameless}
    return found | _references_of(unfilled)


def of_accounts(keys: Collection[int], *, user: Any) -> dict[int, str]:
    """``of_subjects`` by the keys of ``people.Customer``. One statement."""
    if not keys:
        return {}
    rows = Customer.objects.filter(pk__in=keys)
    if not may_see_names(user):
        return dict(rows.values_list("pk", "reference"))
    found = rows.values_list("pk", "short_name", "reference", "subject__erased_at")
    return {key: _("Erased") if erased_at else name or reference for key, name, reference, erased_at in found}


def contacts_of(keys: Collection[int]) -> dict[int, str]:
    """The end of an address of each person, as lists show it ("+91 ••0019"): a confirmed one first, then the newest."""
    if not keys:
        return {}
    live = ContactPoint.objects.filter(principal__in=keys, left_at=None).order_by("added_at", "pk")
    rows = sorted(live, key=lambda contact: contact.verified_at is not None)
    return {contact.principal_id: addresses.ending(contact.kind, contact.address) for contact in rows}


def record_listed(*, actor: Actor, listed: str, filters: Collection[str], count: int) -> None:
    """Write down that a page of a list showed names: which list, by which kinds of filter, how many; never whose.

    In a transaction of its own, one event a page. ``listed`` is a model's label or the name of a page.
    """
    with transaction.atomic():
        record(
            AuditKind.ADMIN_NAMES_LISTED,
            actor=actor,
            about=f"list:{listed}",
            facts={"list": listed, "filters": ",".join(sorted(filters)), "count": count},
        )


def fill(model: type[Model], of: str, *, again: bool = False) -> int:
    """Write the short names that are missing, batch by batch; how many were written. Safe to stop and to repeat.

    ``model`` is ``people.Principal`` or ``people.Customer``, or what a migration knows of them. ``again``: also those that
    say another name than the row has, as a release without the column leaves them.
    """
    last, written = 0, 0
    rows = model._default_manager.order_by("pk")
    if not again:
        rows = rows.filter(short_name=None)
    while keys := list(rows.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            found: list[Any] = list(model._default_manager.select_for_update().filter(pk__in=keys).order_by("pk"))
            changed = [row for row in found if row.short_name != _shortened(row, getattr(row, of) or "")]
            for row in changed:
                row.short_name = _shortened(row, getattr(row, of) or "")
            model._default_manager.bulk_update(changed, ["short_name"])
        last, written = keys[-1], written + len(changed)
    return written


def fill_people(*, again: bool) -> tuple[str, int]:
    """Answers ``ports.short_texts``."""
    return "people.Principal", fill(Principal, "full_name", again=again)


def fill_accounts(*, again: bool) -> tuple[str, int]:
    """Answers ``ports.short_texts``."""
    return "people.Customer", fill(Customer, "name", again=again)


def _shortened(row: Any, name: str) -> str:
    """As the models say it, for rows that a migration knows without their methods."""
    return Customer.shortened(row, name) if hasattr(row, "kind") else Principal.shortened(name)


def _behind(refs: Collection[UUID]) -> Mapping[UUID, tuple[int | None, int | None]]:
    """The person and the account behind each reference: its own, else one joined to it."""
    if not refs:
        return {}
    column = SubjectAlias._meta.get_field("old_ref")
    asked, values = Subject.objects.filter(ref__among=frozenset(refs)).values("ref").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_BEHIND.format(asked=asked), values)
        rows = cursor.fetchall()
    found: dict[UUID, tuple[int | None, int | None]] = {}
    for origin, person, account in rows:
        found.setdefault(column.to_python(origin), (person, account))
    return found


def _references_of(people: Collection[int]) -> dict[int, str]:
    """The accounts for which people act, by their references; of a person without one a word."""
    members = Membership.objects.filter(principal__in=people, ended_at=None).order_by("-pk")
    accounts = dict(members.values_list("principal", "customer__reference")) if people else {}
    return {person: accounts.get(person, _("Person without an account")) for person in people}


def _without_name(contact: str) -> str:
    return _("No name, %(contact)s") % {"contact": contact} if contact else _("No name")
