"""Access that an older backup brought back: what ended after it was taken ends again where the replaced database knew of it; of
the rest only people know.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import DatabaseError, transaction

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.people.models import ApiKey, Invitation, RoleGrant, User
from portal.kernel.people.selectors import grants_in_force
from portal.kernel.people.services import api_keys, roles, staff


@dataclass(frozen=True)
class RestoredAccess:
    """How many sessions and open invitations were ended, and what ended again or is active: staff accounts, role assignments, API
    keys. ``is_known``: whether the replaced database could say what had ended.
    """

    sessions: int
    invitations: int
    accounts_ended: int
    roles_ended: int
    api_keys_ended: int
    accounts: int
    roles: int
    api_keys: int
    is_known: bool


@dataclass(frozen=True)
class KnownEnds:
    """What a database says has ended, each by its key and by what nobody changes of it: when the account was made; whose role it
    is, which, and since when; the hash of the API key. Another installation with the same keys matches none of it.
    """

    accounts: Mapping[int, datetime] = field(default_factory=dict)
    roles: Mapping[int, tuple[int, int, datetime, datetime]] = field(default_factory=dict)
    api_keys: Mapping[int, bytes] = field(default_factory=dict)


def known_ends() -> KnownEnds | None:
    """Read before a restore replaces the database: None where it cannot be read, or nobody is in it, as on a new machine."""
    try:
        with transaction.atomic():
            if not User.objects.filter(is_staff=True).exists():
                return None
            accounts = User.objects.filter(is_staff=True, is_active=False).values_list("pk", "created_at")
            grants = RoleGrant.objects.filter(ends_at__isnull=False)
            held = grants.values_list("pk", "user_id", "role_id", "starts_at", "ends_at")
            keys = ApiKey.objects.filter(ended_at__isnull=False, key_sha256__isnull=False)
            return KnownEnds(
                accounts=dict(accounts),
                roles={pk: (user, role, start, end) for pk, user, role, start, end in held if end},
                api_keys={pk: bytes(digest) for pk, digest in keys.values_list("pk", "key_sha256") if digest},
            )
    except DatabaseError:
        return None


def end_restored_access(*, known: KnownEnds | None, actor: Actor, now: datetime) -> RestoredAccess:
    """End every session, every open invitation and what the replaced database knew to have ended, in one transaction; the restore's
    audit event says how many, and each account, role and API key has its own.

    What is active otherwise is counted and stays: nothing says what ended after the backup.
    """
    ends = known or KnownEnds()
    with transaction.atomic():
        accounts = _end_accounts(ends, actor, now)
        keys, ended = _end_api_keys(ends, actor, now), _end_roles(ends, actor, now)
        UserSession.objects.all().delete()
        sessions, _by_model = Session.objects.all().delete()
        open_ones = Invitation.objects.filter(accepted_at=None, cancelled_at=None, expires_at__gt=now)
        invitations = open_ones.update(cancelled_at=now)
    return RestoredAccess(
        sessions=sessions,
        invitations=invitations,
        accounts_ended=accounts,
        roles_ended=ended,
        api_keys_ended=keys,
        accounts=User.objects.filter(is_staff=True, is_active=True).count(),
        roles=grants_in_force(RoleGrant.objects.all(), now=now).count(),
        api_keys=ApiKey.objects.filter(issued_at__isnull=False, ended_at=None, expires_at__gt=now).count(),
        is_known=known is not None,
    )


def _end_accounts(ends: KnownEnds, actor: Actor, now: datetime) -> int:
    """The last administrator of the backup stays, as their role does, counted among those to review: without one nobody could invite another."""
    ended = 0
    for user in User.objects.filter(pk__in=ends.accounts, is_staff=True, is_active=True).order_by("pk"):
        if user.created_at == ends.accounts[user.pk]:
            try:
                with transaction.atomic():
                    staff.deactivate(user=user, actor=actor, now=now)
            except Refused:
                continue
            ended += 1
    return ended


def _end_roles(ends: KnownEnds, actor: Actor, now: datetime) -> int:
    """Each role ends when it had ended, or will where that is yet to come; one that was only lengthened since stays as it is."""
    ended = 0
    for grant in (
        RoleGrant.objects.filter(pk__in=ends.roles, user__is_active=True).select_related("role", "user").order_by("pk")
    ):
        user, role, starts_at, ends_at = ends.roles[grant.pk]
        is_same = (grant.user_id, grant.role_id, grant.starts_at) == (user, role, starts_at)
        if not is_same or (grant.ends_at is not None and grant.ends_at <= ends_at):
            continue
        if grant.role.code == roles.ADMINISTRATOR and roles.is_last_administrator(grant.user, now=now):
            continue
        grant.ends_at = ends_at
        grant.save(update_fields=["ends_at"])
        record(
            AuditKind.ROLES_GRANT_ENDED,
            actor=actor,
            about=f"people.user:{grant.user_id}",
            facts={
                "user": grant.user_id,
                "role": grant.role.code,
                "grant": grant.pk,
                "ends_at": clock.stamp(ends_at),
            },
            subject_ref=grant.user.subject_ref,
            at=now,
        )
        ended += 1
    return ended


def _end_api_keys(ends: KnownEnds, actor: Actor, now: datetime) -> int:
    rows = ApiKey.objects.select_for_update(of=("self",)).filter(pk__in=ends.api_keys, ended_at=None)
    same = [key for key in rows if key.key_sha256 is not None and bytes(key.key_sha256) == ends.api_keys[key.pk]]
    api_keys.end_without_person(same, actor=actor, now=now)
    return len(same)
