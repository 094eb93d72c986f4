"""Access that an older backup brought back: some of it was ended after the backup was taken, and only people know which."""

from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction

from portal.people.models import ApiKey, Invitation, RoleGrant, User
from portal.people.selectors import grants_in_force


@dataclass(frozen=True)
class RestoredAccess:
    """How many sessions and open invitations were ended, and what is active: staff accounts, role assignments, API keys."""

    sessions: int
    invitations: int
    accounts: int
    roles: int
    api_keys: int


def end_restored_access(*, now: datetime) -> RestoredAccess:
    """End every session and every open invitation, in one transaction; the restore's audit event says how many.

    What is active otherwise is counted and stays: the database cannot know what ended after the backup.
    """
    with transaction.atomic():
        UserSession.objects.all().delete()
        sessions, _by_model = Session.objects.all().delete()
        open_ones = Invitation.objects.filter(accepted_at=None, cancelled_at=None, expires_at__gt=now)
        invitations = open_ones.update(cancelled_at=now)
    return RestoredAccess(
        sessions=sessions,
        invitations=invitations,
        accounts=User.objects.filter(is_staff=True, is_active=True).count(),
        roles=grants_in_force(RoleGrant.objects.all(), now=now).count(),
        api_keys=ApiKey.objects.filter(issued_at__isnull=False, ended_at=None, expires_at__gt=now).count(),
    )
