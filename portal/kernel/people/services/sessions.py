"""Open sessions: ended one by one, or all of a login."""

from datetime import datetime
from importlib import import_module

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core.actor import Actor
from portal.kernel.people.models import User


def _forget(sessions: list[UserSession]) -> None:
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    for session in sessions:
        store.delete(session.session_key)
        session.delete()


def end_one(*, user: User, session_id: int, actor: Actor, now: datetime) -> bool:
    """End one session of the login: its next page asks to sign in. False when it has none such."""
    with transaction.atomic():
        session = UserSession.objects.filter(user=user, pk=session_id).first()
        if session is None:
            return False
        _forget([session])
        _record(AuditKind.SIGNIN_SESSION_ENDED, user, actor, now, count=1)
    return True


def end_all(*, user: User, actor: Actor, now: datetime, except_key: str = "") -> int:
    """End every session of the login, but the one with ``except_key``. Gives how many."""
    with transaction.atomic():
        sessions = list(UserSession.objects.filter(user=user).exclude(session_key=except_key or None))
        _forget(sessions)
        if sessions:
            _record(AuditKind.SIGNIN_SESSIONS_ENDED, user, actor, now, count=len(sessions))
    return len(sessions)


def _record(kind: AuditKind, user: User, actor: Actor, at: datetime, *, count: int) -> None:
    record(
        kind,
        actor=actor,
        about=f"people.user:{user.pk}",
        facts={"user": user.pk, "count": count},
        subject_ref=user.subject_ref,
        at=at,
    )
