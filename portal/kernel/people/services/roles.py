"""Roles: loaded from data, given, changed and ended by two people."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Any

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import advisory_locks, clock
from portal.kernel.core.actor import SYSTEM, Actor
from portal.kernel.core.errors import Refused
from portal.kernel.people import account_rules
from portal.kernel.people.auditor_scope import Scope
from portal.kernel.people.choices import Answer, RoleChange
from portal.kernel.people.models import FourEyesRule, Role, RoleGrant, RolePermission, RoleProposal, User
from portal.kernel.people.permissions import Act
from portal.kernel.people.selectors import grants_in_force
from portal.kernel.people.services import maker_checker, role_rules

#: What a role that only reads may do with a thing; every other verb changes something.
READING_VERBS = frozenset({"export", "make", "read", "view", "verify"})
#: The role that invites staff and opens every page of the system (``roles.toml``).
ADMINISTRATOR = "administrator"


@dataclass(frozen=True)
class Synced:
    """How many rows of each kind the database holds after a load."""

    roles: int
    permissions: int
    rules: int


def shipped() -> dict[str, Any]:
    """The roles, permissions and two-person acts that the portal ships (``portal/kernel/people/data/roles.toml``)."""
    return tomllib.loads(
        resources.files("portal.kernel.people").joinpath("data/roles.toml").read_text(encoding="utf-8")
    )


def sync(data: Mapping[str, Any], *, actor: Actor = SYSTEM, now: datetime | None = None) -> Synced:
    """Make the rows equal to ``data``; running it again changes nothing. A role that somebody holds is never removed.

    Raises Refused for an unknown role, a reading role with a verb that changes things, or one person doing both halves.
    """
    _refuse_bad(data)
    with transaction.atomic():
        for code, role in data["roles"].items():
            Role.objects.update_or_create(
                code=code,
                defaults={
                    "label": role["label"],
                    "needs_end": role.get("needs_end", False),
                    "needs_scope": role.get("needs_scope", False),
                    "only_reads": role.get("only_reads", False),
                },
            )
        ids = dict(Role.objects.values_list("code", "pk"))
        permissions = {(ids[r], code) for code, roles in data["permissions"].items() for r in roles}
        changes = [_match(RolePermission, ("role_id", "code"), permissions)]
        pairs = {
            (act, ids[maker], ids[checker])
            for act, halves in data["four_eyes"].items()
            for maker in halves["makers"]
            for checker in halves["checkers"]
        }
        changes.append(_match(FourEyesRule, ("act", "maker_role_id", "checker_role_id"), pairs))
        added, removed = (sum(numbers) for numbers in zip(*changes, strict=True))
        Role.objects.exclude(code__in=data["roles"]).filter(grants=None).delete()
        if added or removed:
            record(
                AuditKind.ROLES_TABLE_SYNCED,
                actor=actor,
                about="people.role:table",
                facts={"added": added, "removed": removed},
                at=now,
            )
    return Synced(roles=len(data["roles"]), permissions=len(permissions), rules=len(pairs))


def _refuse_bad(data: Mapping[str, Any]) -> None:
    known = set(data["roles"])
    named = {r for roles in data["permissions"].values() for r in roles}
    named |= {r for halves in data["four_eyes"].values() for side in ("makers", "checkers") for r in halves[side]}
    if named - known:
        raise Refused(f"roles.toml names roles that it does not describe: {', '.join(sorted(named - known))}.")
    reading = {code for code, role in data["roles"].items() if role.get("only_reads", False)}
    for code, roles in data["permissions"].items():
        if code.rpartition(":")[2] not in READING_VERBS and reading & set(roles):
            raise Refused(f"{code} changes something; a role that only reads cannot carry it.")


def _match(
    model: type[RolePermission] | type[FourEyesRule], names: tuple[str, ...], wanted: set[tuple[Any, ...]]
) -> tuple[int, int]:
    """Insert what is missing, delete what is no longer said; gives how many of each."""
    rows: models.Manager[Any] = model._default_manager
    have = {tuple(row[1:]): row[0] for row in rows.values_list("pk", *names)}
    gone = [pk for key, pk in have.items() if key not in wanted]
    rows.filter(pk__in=gone).delete()
    rows.bulk_create(model(**dict(zip(names, key, strict=True))) for key in sorted(wanted - set(have), key=str))
    return len(wanted - set(have)), len(gone)


def shown(proposal: RoleProposal) -> dict[str, Any]:
    """What both people see of a proposal: the facts that the answer is bound to."""
    return describe(
        change=proposal.change,
        user=proposal.user,
        role=proposal.role,
        starts_at=proposal.starts_at,
        ends_at=proposal.ends_at,
        grant=proposal.grant,
        why=proposal.why,
        scope=_scope_of(proposal),
    )


def _scope_of(row: RoleProposal | RoleGrant) -> Scope | None:
    """The days and areas that a row names; None where it names none."""
    if row.data_from is None or row.data_to is None:
        return None
    return Scope(row.data_from, row.data_to, tuple(row.areas))


def describe(
    *,
    change: str,
    user: User,
    role: Role,
    starts_at: datetime | None,
    ends_at: datetime | None,
    grant: RoleGrant | None,
    why: str,
    scope: Scope | None,
) -> dict[str, Any]:
    """The facts of a change of a role; the role's permissions are part of them, so that a later load is noticed."""
    return {
        "change": str(change),
        "user": user.pk,
        "role": role.code,
        "permissions": sorted(role.permissions.values_list("code", flat=True)),
        "from": starts_at and clock.stamp(starts_at),
        "until": ends_at and clock.stamp(ends_at),
        "held_from": grant and clock.stamp(grant.starts_at),
        "held_until": clock.stamp(grant.ends_at) if grant and grant.ends_at else None,
        "data_from": scope and scope.first_day.isoformat(),
        "data_to": scope and scope.last_day.isoformat(),
        "areas": sorted(scope.areas) if scope else [],
        "why": why,
    }


def propose_grant(
    *,
    user: User,
    role: Role,
    starts_at: datetime,
    ends_at: datetime | None,
    scope: Scope | None = None,
    why: str,
    actor: Actor,
    now: datetime,
) -> RoleProposal:
    """Propose that a staff member holds a role from ``starts_at`` (never earlier than now) until ``ends_at``.

    ``scope``: the days and areas of which the role shows data, for a role that needs them and for no other.
    Raises NotAllowed, Refused for a customer's login, a missing reason, bad dates, a role held already, a scope that is
    missing or not wanted, or an auditor's role beside another.
    """
    starts_at = max(starts_at, now)
    role_rules.refuse_grant(user, role, starts_at, ends_at, scope, now)
    return _propose(RoleChange.GRANT, user, role, starts_at, ends_at, None, why, actor, now, scope)


def propose_change(
    *, grant: RoleGrant, ends_at: datetime | None, why: str, actor: Actor, now: datetime
) -> RoleProposal:
    """Propose another end for a role that is held.

    Raises NotAllowed, Refused for bad dates, a deactivated login, a missing reason, and a role that would then stand beside
    an auditor's.
    """
    role_rules.refuse_change(grant, ends_at, now)
    return _propose(RoleChange.CHANGE, grant.user, grant.role, grant.starts_at, ends_at, grant, why, actor, now)


def propose_end(*, grant: RoleGrant, why: str, actor: Actor, now: datetime) -> RoleProposal:
    """Propose that a held role ends as soon as the second person agrees."""
    return _propose(RoleChange.END, grant.user, grant.role, grant.starts_at, None, grant, why, actor, now)


def _propose(
    change: RoleChange,
    user: User,
    role: Role,
    starts_at: datetime,
    ends_at: datetime | None,
    grant: RoleGrant | None,
    why: str,
    actor: Actor,
    now: datetime,
    scope: Scope | None = None,
) -> RoleProposal:
    if not why.strip():
        raise Refused(_("Say why, so that the second person can decide."), code="REASON_MISSING")
    if grant is not None and not account_rules.in_force(grant.starts_at, grant.ends_at, now=max(now, grant.starts_at)):
        raise Refused(_("This role has ended already."), code="ENDED_ALREADY")
    if RoleProposal.objects.filter(user=user, role=role, answer=Answer.PENDING).exists():
        raise Refused(_("A proposal for this person and role is waiting for a decision."), code="PROPOSED_ALREADY")
    facts: dict[str, Any] = {
        "change": change,
        "user": user,
        "role": role,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "grant": grant,
        "why": why.strip(),
    }
    kept = {} if scope is None else scope.columns()
    with transaction.atomic():
        proposal = maker_checker.propose(
            RoleProposal,
            act=Act.ROLE_CHANGE,
            maker=maker_checker.person_of(actor),
            shown=describe(**facts, scope=scope),
            now=now,
            **facts,
            **kept,
        )
        _record(AuditKind.ROLES_GRANT_PROPOSED, proposal, actor, now, state=str(change))
    return proposal


def _record(kind: AuditKind, proposal: RoleProposal, actor: Actor, at: datetime, **facts: str | int | None) -> None:
    record(
        kind,
        actor=actor,
        about=f"people.user:{proposal.user_id}",
        facts={
            "proposal": proposal.pk,
            "user": proposal.user_id,
            "role": proposal.role.code,
            "shown_sha256": proposal.shown_sha256,
            **facts,
        },
        subject_ref=proposal.user.subject_ref,
        personal={},
        at=at,
    )


def answer(*, proposal: RoleProposal, approve: bool, reason: str = "", actor: Actor, now: datetime) -> RoleGrant | None:
    """Answer a proposal; a yes takes effect in the same transaction. Gives the role as it is held then, or None.

    The person who would get or lose the role cannot answer. In that person's turn every rule of the proposal is asked again:
    two that were fit when they were proposed may not be so together. Raises what ``maker_checker.answer`` raises, and Refused as
    the proposal would be now.
    """
    checker = maker_checker.person_of(actor)
    if checker.pk == proposal.user_id:
        raise Refused(_("Another person must decide: the role is yours."), code="OWN_ROLE")
    with transaction.atomic():
        # In one call: those who answer about each other's roles at one instant never wait for each other.
        advisory_locks.take(
            *(advisory_locks.of_login(who) for who in (proposal.user_id, proposal.made_by_id, checker.pk))
        )
        maker_checker.answer(proposal, checker=checker, approve=approve, shown=shown(proposal), reason=reason, now=now)
        _record(AuditKind.ROLES_GRANT_ANSWERED, proposal, actor, now, answer=str(proposal.answer))
        return _carry_out(proposal, actor, now) if approve else None


def _carry_out(proposal: RoleProposal, actor: Actor, now: datetime) -> RoleGrant:
    if proposal.grant is None:
        starts_at, scope = max(proposal.starts_at or now, now), _scope_of(proposal)
        role_rules.refuse_grant(proposal.user, proposal.role, starts_at, proposal.ends_at, scope, now)
        return give(
            user=proposal.user,
            role=proposal.role,
            starts_at=starts_at,
            ends_at=proposal.ends_at,
            scope=scope,
            actor=actor,
            now=now,
        )
    grant = RoleGrant.objects.select_for_update().get(pk=proposal.grant.pk)
    if grant.ends_at is not None and grant.ends_at <= now:
        raise Refused(_("This role has ended already."), code="ENDED_ALREADY")
    if proposal.change == RoleChange.CHANGE:
        role_rules.refuse_change(grant, proposal.ends_at, now)
    # A role that has not begun ends where it starts: it never held. What was done under it while this waited was done before.
    ends_now = max(now, clock.now(), grant.starts_at)
    grant.ends_at = ends_now if proposal.change == RoleChange.END else proposal.ends_at
    grant.save(update_fields=["ends_at"])
    ended = proposal.change == RoleChange.END
    kind = AuditKind.ROLES_GRANT_ENDED if ended else AuditKind.ROLES_GRANT_CHANGED
    _record(kind, proposal, actor, now, grant=grant.pk, ends_at=_stamp(grant.ends_at))
    return grant


def _stamp(instant: datetime | None) -> str | None:
    return None if instant is None else clock.stamp(instant)


def give(
    *,
    user: User,
    role: Role,
    starts_at: datetime,
    ends_at: datetime | None,
    scope: Scope | None = None,
    actor: Actor,
    now: datetime,
) -> RoleGrant:
    """Insert a held role in the caller's transaction. Called with an approved proposal, or by ``staff.bootstrap``."""
    kept = {} if scope is None else scope.columns()
    grant = RoleGrant.objects.create(user=user, role=role, starts_at=starts_at, ends_at=ends_at, granted_at=now, **kept)
    record(
        AuditKind.ROLES_GRANT_GIVEN,
        actor=actor,
        about=f"people.user:{user.pk}",
        facts={
            "user": user.pk,
            "role": role.code,
            "grant": grant.pk,
            "starts_at": clock.stamp(starts_at),
            "ends_at": _stamp(ends_at),
            "data_from": scope.first_day.isoformat() if scope else None,
            "data_to": scope.last_day.isoformat() if scope else None,
            "areas": ",".join(sorted(scope.areas)) if scope else None,
        },
        subject_ref=user.subject_ref,
        at=now,
    )
    return grant


def is_last_administrator(user: User, *, now: datetime) -> bool:
    """Whether nobody else is an administrator at ``now`` who can sign in; asked in the turn ``login:administrators``."""
    able = User.objects.filter(is_active=True).exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    held = grants_in_force(RoleGrant.objects.filter(role__code=ADMINISTRATOR, user__in=able), now=now)
    holders = set(held.values_list("user", flat=True))
    return holders == {user.pk}


def needs_bootstrap(*, now: datetime) -> bool:
    """True while no two active people exist of whom one may propose a role and the other agree to it."""
    makers: set[int] = set()
    checkers: set[int] = set()
    live = grants_in_force(RoleGrant.objects.filter(user__is_active=True), now=now)
    for rule in FourEyesRule.objects.filter(act=Act.ROLE_CHANGE):
        makers |= set(live.filter(role=rule.maker_role).values_list("user", flat=True))
        checkers |= set(live.filter(role=rule.checker_role).values_list("user", flat=True))
    return not account_rules.can_work_by_two(makers, checkers)
