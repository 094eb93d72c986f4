"""Reads that cross rooms or decide access."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet, UUIDField
from django.db.models.expressions import RawSQL

from portal.kernel.core import addresses, advisory_locks, clock
from portal.kernel.core.errors import BadReference, NotFound
from portal.kernel.core.ids import parse_reference
from portal.kernel.law.channels import ADDRESS_KIND
from portal.kernel.law.choices import Channel, Regime
from portal.kernel.people.auditor_scope import Scope, scope_of
from portal.kernel.people.choices import (
    Answer,
    ContactKind,
    CustomerKind,
    CustomerState,
    InsolvencyStep,
    MemberRole,
    ProtectionKind,
)
from portal.kernel.people.models import (
    Absence,
    ContactPoint,
    Customer,
    FourEyesRule,
    Insolvency,
    Membership,
    Principal,
    Protection,
    RegimeEvidence,
    Role,
    RoleGrant,
    RolePermission,
    Subject,
    SubjectAlias,
    User,
)

CONTACT_KIND_OF_CHANNEL = {Channel(code): ContactKind(kind) for code, kind in ADDRESS_KIND.items()}
#: References in one statement.
ASKED = 2_000
#: The company, its network and its customers are in India: Indian law applies until somebody proves more.
DEFAULT_REGIME = Regime.IN


#: From the references of a statement along every join in both directions; UNION keeps each once, so that it ends.
_SAME_PEOPLE = """
WITH RECURSIVE same (ref) AS (
    {noted}
    UNION
    SELECT CASE WHEN a.old_ref = same.ref THEN a.new_ref ELSE a.old_ref END
      FROM same JOIN people_subjectalias a ON a.old_ref = same.ref OR a.new_ref = same.ref
)
SELECT ref FROM same
"""
#: The same from one reference.
_SAME_PERSON = _SAME_PEOPLE.format(noted="SELECT CAST(%s AS {type})")


def grants_in_force(grants: QuerySet[RoleGrant], *, now: datetime) -> QuerySet[RoleGrant]:
    """The grants that hold at ``now``: from their start up to, and not including, their end."""
    return grants.filter(Q(ends_at=None) | Q(ends_at__gt=now), starts_at__lte=now)


def permissions_of(user: User, *, now: datetime) -> frozenset[str]:
    """Every permission of the roles that the staff login holds at ``now``. A customer's login has none."""
    if not user.is_staff:
        return frozenset()
    grants = grants_in_force(RoleGrant.objects.filter(user=user), now=now)
    codes = RolePermission.objects.filter(role__in=grants.values("role"))
    scope = reading_scope(user, now=now)
    if scope is None:
        return frozenset(codes.values_list("code", flat=True))
    return scope.carried(codes.filter(role__needs_scope=True).values_list("code", flat=True))


def reading_scope(user: Any, *, now: datetime | None = None) -> Scope | None:
    """The days and areas to which an auditor's login is bound; None for every other. Asked once for each loaded login.

    While it lasts such a login holds the permissions of that one role and no others.
    """
    if not getattr(user, "is_staff", False):
        return None
    held: dict[str, Scope | None] = user.__dict__.setdefault("_reading_scope", {})
    if "now" not in held:
        grants = grants_in_force(RoleGrant.objects.filter(user=user), now=now or clock.now())
        held["now"] = scope_of(grants)
    return held["now"]


def has_permission(user: Any, permission: str) -> bool:
    """Answers ``portal.kernel.core.access``. Asked once for each loaded login: a page asks dozens of times."""
    held: frozenset[str] | None = user.__dict__.get("_permissions_held")
    if held is None:
        held = permissions_of(user, now=clock.now())
        user.__dict__["_permissions_held"] = held
    return str(permission) in held


def staff_with(permission: str, *, now: datetime) -> QuerySet[User]:
    """Active staff whose roles, in force at ``now``, carry the permission."""
    grants = grants_in_force(RoleGrant.objects.filter(role__permissions__code=str(permission)), now=now)
    return User.objects.filter(is_staff=True, is_active=True, pk__in=grants.values("user"))


def roles_of(*, act: str) -> list[tuple[str, str]]:
    """The roles that do an act of two people, as codes and labels, by code; none where the table does not know it."""
    rows = Role.objects.filter(
        Q(pk__in=FourEyesRule.objects.filter(act=act).values("maker_role"))
        | Q(pk__in=FourEyesRule.objects.filter(act=act).values("checker_role"))
    )
    return list(rows.order_by("code").values_list("code", "label"))


def staff_who_do(act: str, *, now: datetime) -> list[User]:
    """Active staff whose roles, in force at ``now``, propose or answer an act of two people, by their key."""
    codes = [code for code, _label in roles_of(act=act)]
    grants = grants_in_force(RoleGrant.objects.filter(role__code__in=codes), now=now)
    rows = User.objects.filter(is_staff=True, is_active=True, pk__in=grants.values("user"))
    return list(rows.select_related("subject").order_by("pk"))


def staff_in_role(code: str, *, now: datetime) -> QuerySet[User]:
    """Active staff who hold the role with this code at ``now``."""
    grants = grants_in_force(RoleGrant.objects.filter(role__code=code), now=now)
    return User.objects.filter(is_staff=True, is_active=True, pk__in=grants.values("user"))


def is_away(user: User, *, on: date) -> bool:
    """Whether a member of staff is noted as away on that day in India."""
    return Absence.objects.filter(user=user, withdrawn_at=None, starts_on__lte=on, ends_on__gte=on).exists()


def staff_login_at(address: str) -> User | None:
    """The active staff login at an e-mail address."""
    return User.objects.filter(email__iexact=address.strip(), is_staff=True, is_active=True).first()


def stands_in_for(user: User, *, on: date) -> User | None:
    """Who stands in for a member of staff on that day in India; None where they are there, or nobody is left.

    A deputy who is away as well is stood in for by their own.
    """
    rows = Absence.objects.filter(withdrawn_at=None, starts_on__lte=on, ends_on__gte=on)
    away = {row.user_id: row.deputy for row in rows.select_related("deputy")}
    deputy, seen = away.get(user.pk), {user.pk}
    while deputy is not None and deputy.pk in away and deputy.pk not in seen:
        seen.add(deputy.pk)
        deputy = away[deputy.pk]
    return deputy if deputy is not None and deputy.is_active and deputy.pk not in seen else None


def refs_of(subject: Subject | UUID) -> set[UUID]:
    """The subject's reference and every earlier or later one that was joined to it."""
    start = subject.ref if isinstance(subject, Subject) else subject
    column = SubjectAlias._meta.get_field("old_ref")
    with connection.cursor() as cursor:
        cursor.execute(
            _SAME_PERSON.format(type=column.db_type(connection)), [column.get_db_prep_value(start, connection)]
        )
        return {column.to_python(ref) for (ref,) in cursor.fetchall()}


def known_people(subject_ref: UUID) -> list[UUID]:
    """The reference of each person who is known under this one or one joined to it; of a stranger none."""
    rows = Principal.objects.filter(subject__ref__in=refs_of(subject_ref), subject__erased_at=None)
    return list(rows.order_by("pk").values_list("subject__ref", flat=True))


def own_turns_of(refs: Iterable[UUID]) -> set[str]:
    """The turns of a person with these references: where each stands for an address (``portal.kernel.core.advisory_locks``)."""
    keys = (key for ref in refs for key in addresses.address_keys(addresses.subject_text(ref)))
    return advisory_locks.of_address(keys)


def turns_of(refs: Collection[UUID]) -> set[str]:
    """Theirs, and those at every address at which they are reached now: to take before reading what they said."""
    held = ContactPoint.objects.filter(principal__subject__ref__in=refs, left_at=None)
    keys = (key for contact in held for key in addresses.address_keys(contact.address))
    return own_turns_of(refs) | advisory_locks.of_address(keys)


def joined(refs: Iterable[UUID], *, by: datetime | None = None) -> dict[UUID, frozenset[UUID]]:
    """``refs_of`` for many references in a few statements: each that was joined to another, with all of the person's.

    A reference that stands alone is not in the answer. ``by``: only what had been joined at that instant.
    """
    known = SubjectAlias.objects.all() if by is None else SubjectAlias.objects.filter(joined_at__lte=by)
    groups: dict[UUID, set[UUID]] = {}
    unknown = set(refs)
    seen = set(unknown)
    while unknown:
        wanted = list(unknown)
        unknown = set()
        for start in range(0, len(wanted), ASKED):
            part = frozenset(wanted[start : start + ASKED])
            pairs = known.filter(Q(old_ref__among=part) | Q(new_ref__among=part))
            for old, new in pairs.values_list("old_ref", "new_ref"):
                same = groups.get(old, {old}) | groups.get(new, {new})
                for ref in same:
                    groups[ref] = same
                unknown |= {old, new} - seen
        seen |= unknown
    return {ref: frozenset(same) for ref, same in groups.items()}


def every_ref(refs: Iterable[UUID], *, by: datetime | None = None) -> set[UUID]:
    """These references and all that were joined to any of them: ``refs_of`` for several people at once. ``by`` as ``joined``."""
    own = set(refs)
    return own.union(*joined(own, by=by).values())


def regimes_of(subject_ref: UUID) -> set[Regime]:
    """The laws that apply to the person: India's always, others with evidence."""
    rows = RegimeEvidence.objects.filter(subject_ref__in=refs_of(subject_ref), ended_at=None)
    return {DEFAULT_REGIME, *(Regime(value) for value in rows.values_list("regime", flat=True))}


def declared_regime(subject_ref: UUID) -> Regime:
    """Where the person says that they live; India when they said nothing."""
    rows = RegimeEvidence.objects.filter(
        subject_ref__in=refs_of(subject_ref), ground=RegimeEvidence.Ground.DECLARED, ended_at=None
    )
    last = rows.order_by("-noted_at", "-pk").first()
    return Regime(last.regime) if last else DEFAULT_REGIME


def protection_of(subject: Subject | UUID, *, at: datetime, refs: Collection[UUID] | None = None) -> Protection | None:
    """Why somebody else answers for the person at ``at``, under any reference; that of a child first. None: nobody does.

    ``refs``: the person's references, where the caller has them already.
    """
    rows = _protections(at).filter(subject_ref__in=refs_of(subject) if refs is None else refs)
    return min(rows, key=lambda row: (row.kind != ProtectionKind.CHILD, row.pk), default=None)


def protected_among(refs: Collection[UUID], *, at: datetime) -> set[UUID]:
    """Those of the references whose person somebody else answers for at ``at``: for many answers at once."""
    asked = frozenset(refs)
    found = set(_protections(at).filter(subject_ref__among=asked).values_list("subject_ref", flat=True))
    either = Q(old_ref__among=asked) | Q(new_ref__among=asked)
    joined = SubjectAlias.objects.filter(either).values_list("old_ref", "new_ref")
    others = {ref for pair in joined for ref in pair} & asked - found
    return found | {ref for ref in others if protection_of(ref, at=at) is not None}


def is_child(subject: Subject | UUID, *, at: datetime, refs: Collection[UUID] | None = None) -> bool:
    """Whether the person is known to be under 18 at ``at`` (DPDP s.2(f)): no promotion, no tracking (s.9(3))."""
    found = protection_of(subject, at=at, refs=refs)
    return found is not None and found.kind == ProtectionKind.CHILD


def children_among(refs: Iterable[UUID], *, at: datetime) -> set[UUID]:
    """Those of the references under which somebody is known to be under 18 at ``at``: a statement for all of them.

    The caller gives every reference of each person.
    """
    rows = children_at(at).filter(subject_ref__among=frozenset(refs))
    return set(rows.values_list("subject_ref", flat=True))


def children_at(at: datetime) -> QuerySet[Protection]:
    """The notes that somebody is under 18 which hold at an instant."""
    return _protections(at).filter(kind=ProtectionKind.CHILD)


def refs_of_children(at: datetime) -> RawSQL:
    """Every reference of everybody who is known to be under 18 at an instant, for ``__in``: ``is_child`` for many rows at once."""
    noted, values = children_at(at).values("subject_ref").query.sql_with_params()
    return RawSQL(_SAME_PEOPLE.format(noted=noted), values, output_field=UUIDField())  # noqa: S611 - our own statement


def _protections(at: datetime) -> QuerySet[Protection]:
    """Those that hold at an instant: noted by then, not ended, and not of age on that day in India."""
    on = clock.day(at)
    holding = Q(ended_at=None) | Q(ended_at__gt=at)
    return Protection.objects.filter(holding, Q(adult_on=None) | Q(adult_on__gt=on), noted_at__lte=at)


def contact_for(principal: Principal, channel: Channel | str) -> ContactPoint | None:
    """Where to reach a person on a channel: a verified address first, then the newest. None: no such address."""
    kind = CONTACT_KIND_OF_CHANNEL.get(Channel(channel))
    if kind is None:
        return None
    live = list(ContactPoint.objects.filter(principal=principal, kind=kind, left_at=None).order_by("-added_at", "-pk"))
    return next((contact for contact in live if contact.verified_at), live[0] if live else None)


def contacts_at(kind: str, address: str) -> QuerySet[ContactPoint]:
    """Live contact points at an address (normalised or as typed), under every lookup key."""
    keys = addresses.address_keys(addresses.normalise(kind, address))
    return ContactPoint.objects.filter(kind=kind, address_key__in=keys, left_at=None).select_related(
        "principal__subject"
    )


def confirmed_at(kind: str, address: str) -> list[Principal]:
    """Each person who has confirmed an address they have now; of merged records, which are one person, the oldest."""
    found: dict[UUID, Principal] = {}
    for contact in contacts_at(kind, address).exclude(verified_at=None).order_by("principal_id", "pk"):
        found.setdefault(min(refs_of(contact.principal.subject.ref)), contact.principal)
    return list(found.values())


def refs_at(wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], set[UUID]]:
    """Who has each of these addresses (kind and normal form) now, in a statement for each set of them.

    An address that nobody has is not in the answer.
    """
    keys_of = addresses.hasher()
    places = {(place[0], key): place for place in wanted for key in keys_of(place[1])}
    keys = sorted({key for _kind, key in places})
    found: dict[tuple[str, str], set[UUID]] = {}
    for start in range(0, len(keys), ASKED):
        rows = ContactPoint.objects.filter(address_key__among=frozenset(keys[start : start + ASKED]), left_at=None)
        for kind, key, ref in rows.values_list("kind", "address_key", "principal__subject__ref"):
            place = places.get((kind, bytes(key)))
            if place is not None:
                found.setdefault(place, set()).add(ref)
    return found


def customers_of(user: Any) -> QuerySet[Customer]:
    """The customers a signed-in person acts for now. Staff and strangers act for none."""
    if not getattr(user, "is_authenticated", False) or user.is_staff or user.principal_id is None:
        return Customer.objects.none()
    return Customer.objects.filter(
        memberships__principal_id=user.principal_id, memberships__ended_at=None
    ).select_related("subject")


def acts_elsewhere(membership: Membership) -> bool:
    """Whether the person is a customer in another way too: what is theirs alone is not this organisation's matter then."""
    others = Membership.objects.filter(
        principal=membership.principal_id, ended_at=None, customer__state=CustomerState.ACTIVE
    )
    return others.exclude(customer=membership.customer_id).exists()


def insolvency_of(customer: Customer) -> Insolvency | None:
    """The step by which an insolvency professional acts for the organisation now; None where none does."""
    held = insolvency_order(customer)
    return held if held is not None and held.step == InsolvencyStep.BEGUN else None


def insolvency_order(customer: Customer) -> Insolvency | None:
    """The step that holds of the organisation: a professional acts, or it is dissolved. None where none does any more."""
    agreed = Insolvency.objects.filter(customer=customer, answer=Answer.APPROVED)
    last = agreed.select_related("customer", "invitation", "acting").order_by("-checked_at", "-pk").first()
    return last if last is not None and last.step != InsolvencyStep.ENDED else None


def own_accounts(subject_ref: UUID) -> list[Customer]:
    """The open accounts that are the person's own: an organisation's go on without them."""
    rows = Membership.objects.filter(
        principal__subject__ref__in=refs_of(subject_ref),
        ended_at=None,
        role=MemberRole.OWNER,
        customer__kind=CustomerKind.INDIVIDUAL,
        customer__state=CustomerState.ACTIVE,
    )
    return list(Customer.objects.filter(pk__in=rows.values("customer")).select_related("subject").order_by("pk"))


def customer_for(user: Any, reference: str) -> Customer:
    """The customer with this reference, if the person acts for it. Raises NotFound (404) for everybody else."""
    try:
        canonical = parse_reference(reference, "CU")
    except BadReference:
        canonical = ""
    customer = customers_of(user).filter(reference=canonical).first()
    if customer is None:
        raise NotFound("Customer not found.")
    return customer


def customer_login_at(address: str) -> User | None:
    """The customer's login at an e-mail address. The caller has shown that the address is the asking person's own."""
    found = User.objects.filter(email__iexact=address.strip(), is_staff=False, is_active=True)
    return found.exclude(principal=None).select_related("principal").first()


def role_of(user: Any, customer: Customer) -> str | None:
    """The person's role in the customer (owner, member), or None."""
    return (
        customer.memberships.filter(principal_id=user.principal_id, ended_at=None)
        .values_list("role", flat=True)
        .first()
    )
