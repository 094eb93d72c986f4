"""API keys: two people agree to one, it is shown once, and it can be ended by one person at any time."""

import contextlib
import hashlib
import re
import secrets
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.utils import OperationalError
from django.utils.translation import gettext_lazy as _

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import clock, date_format
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import IllegalMove, LostRace, NotAllowed, Refused
from portal.kernel.people.choices import Answer, ApiScope
from portal.kernel.people.models import ApiKey, Fiduciary, User
from portal.kernel.people.permissions import Act
from portal.kernel.people.services import factor_ages, maker_checker

#: ``osk_`` lets a scanner of source code recognise a key that was checked in by mistake.
FORM: Final = re.compile(r"osk_[A-Za-z0-9]{8}_[A-Za-z0-9_-]{43}")
#: Seconds for which a process trusts what it read about a key: an ended key works no longer than this.
TRUSTED_FOR: Final = 5.0
#: How exactly it is noted when a key was last used.
USED_EVERY: Final = timedelta(minutes=10)
MOST_REMEMBERED: Final = 10_000


@dataclass(frozen=True)
class KeyHolder:
    """Who asks: one fiduciary's system, and what its key may do."""

    key_id: int
    fiduciary: str
    scopes: frozenset[str]
    expires_at: datetime


def shown(key: ApiKey) -> dict[str, Any]:
    """What both people see and are bound to."""
    return _describe(key.fiduciary, key.label, key.scopes, key.expires_at)


def _describe(fiduciary: Fiduciary, label: str, scopes: Iterable[str], expires_at: datetime) -> dict[str, Any]:
    return {
        "fiduciary": fiduciary.code,
        "label": label,
        "scopes": sorted(scopes),
        "expires_at": clock.stamp(expires_at),
    }


def latest_end(now: datetime) -> datetime:
    """The end of the last day on which a key that is proposed now may work: one that nobody renews is forgotten somewhere."""
    day = clock.day(now) + timedelta(days=settings.API_KEY_DAYS + 1)
    return datetime(day.year, day.month, day.day, tzinfo=clock.IST)


def propose(
    *, fiduciary: Fiduciary, label: str, scopes: Iterable[str], expires_at: datetime, actor: Actor, now: datetime
) -> ApiKey:
    """Insert a proposal for a key. Nothing can be asked with it before another person agrees and it is made.

    Raises NotAllowed, Refused without a label, without a scope or an unknown one, or with an end that is not ahead or
    too far ahead.
    """
    wanted = sorted({str(scope) for scope in scopes})
    if not label.strip():
        raise Refused(_("Say which system will use the key."), code="LABEL_MISSING")
    if not wanted or not set(wanted) <= set(ApiScope.values):
        raise Refused(_("Choose what the key may do."), code="SCOPE_MISSING")
    if expires_at <= now:
        raise Refused(_("The end must lie in the future."), code="END_PAST")
    if expires_at > latest_end(now):
        last = date_format.day(clock.day(latest_end(now)) - timedelta(days=1))
        said = _("A key works for %(days)d days at most: enter %(last)s or an earlier day.")
        raise Refused(
            said % {"days": settings.API_KEY_DAYS, "last": last},
            code="END_TOO_LATE",
            fields={"expires_at": [said % {"days": settings.API_KEY_DAYS, "last": last}]},
        )
    with transaction.atomic():
        key = maker_checker.propose(
            ApiKey,
            act=Act.API_KEY_ISSUE,
            maker=maker_checker.person_of(actor),
            shown=_describe(fiduciary, label.strip(), wanted, expires_at),
            now=now,
            fiduciary=fiduciary,
            label=label.strip(),
            scopes=wanted,
            expires_at=expires_at,
        )
        _record(AuditKind.PEOPLE_API_KEY_PROPOSED, key, actor, now)
    return key


def answer(*, key: ApiKey, approve: bool, reason: str = "", actor: Actor, now: datetime) -> None:
    """Agree to a proposed key, or refuse it. Raises what ``maker_checker.answer`` raises, IllegalMove once it was withdrawn."""
    with transaction.atomic():
        _lock(key)
        if key.ended_at is not None:
            raise IllegalMove(_("This proposal was withdrawn."))
        if approve and key.expires_at <= now:
            raise Refused(_("The end must lie in the future."), code="END_PAST")
        maker_checker.answer(
            key, checker=maker_checker.person_of(actor), approve=approve, shown=shown(key), reason=reason, now=now
        )
        _record(AuditKind.PEOPLE_API_KEY_ANSWERED, key, actor, now)


def issue(*, key: ApiKey, actor: Actor, now: datetime) -> str:
    """Make the key and give it, this one time, to the person who proposed it. Only its hash is kept.

    Raises NotAllowed for anybody else, IllegalMove before the yes, after the end or a second time, LostRace.
    """
    if actor.user_id != key.made_by_id:
        raise NotAllowed(_("Only the person who proposed the key can take it."))
    factor_ages.require(Act.API_KEY_ISSUE, now=now)
    if key.answer != Answer.APPROVED or key.issued_at is not None or key.ended_at is not None or key.expires_at <= now:
        raise IllegalMove(_("This key cannot be made: it was not agreed to, was made already or has ended."))
    prefix = uuid4().hex[:8]
    text = f"osk_{prefix}_{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        updated = ApiKey.objects.filter(pk=key.pk, answer=Answer.APPROVED, issued_at=None, ended_at=None).update(
            prefix=f"osk_{prefix}", key_sha256=_digest(text), issued_at=now
        )
        if updated != 1:
            raise LostRace(_("This key was made or ended a moment ago."))
        key.refresh_from_db()
        _record(AuditKind.PEOPLE_API_KEY_ISSUED, key, actor, now)
    return text


def withdraw(*, key: ApiKey, actor: Actor, now: datetime) -> None:
    """Take back a proposal that nobody answered yet: it ends before there is a key. Opens its own transaction.

    Raises NotAllowed for anybody but the proposer, IllegalMove when it was answered or withdrawn already.
    """
    if actor.user_id != key.made_by_id:
        raise NotAllowed(_("Only the person who proposed the key can withdraw the proposal."))
    with transaction.atomic():
        _lock(key)
        if key.answer != Answer.PENDING:
            raise IllegalMove(_("This was decided already."))
        end(key=key, actor=actor, now=now)


def _lock(key: ApiKey) -> None:
    """Read it again and keep it as it is until the caller's transaction ends: an answer and a withdrawal meet here."""
    key.refresh_from_db(from_queryset=ApiKey.objects.select_for_update(of=("self",)))


def end(*, key: ApiKey, actor: Actor, now: datetime) -> None:
    """End a key. It stops working at once in this process and within ``TRUSTED_FOR`` seconds in every other.

    Raises NotAllowed for who is no staff, IllegalMove when it has ended already.
    """
    person = maker_checker.person_of(actor)
    with transaction.atomic():
        updated = ApiKey.objects.filter(pk=key.pk, ended_at=None).update(ended_at=now, ended_by=person)
        if updated != 1:
            raise IllegalMove(_("This key has ended already."))
        key.refresh_from_db()
        _record(AuditKind.PEOPLE_API_KEY_ENDED, key, actor, now)
    forget()


def end_untaken(*, user: User, actor: Actor, now: datetime) -> None:
    """In the caller's transaction: end the keys that this person proposed and never took; nobody else could take them. A key
    that a company's system works with is the company's.
    """
    untaken = ApiKey.objects.select_for_update().filter(made_by=user, issued_at=None, ended_at=None)
    end_without_person(untaken, actor=actor, now=now)


def end_without_person(keys: Iterable[ApiKey], *, actor: Actor, now: datetime) -> None:
    """End keys that nobody ends by hand, each with its audit event, in the caller's transaction."""
    for key in keys:
        key.ended_at = now
        key.save(update_fields=["ended_at"])
        _record(AuditKind.PEOPLE_API_KEY_ENDED, key, actor, now)


_remembered: dict[bytes, tuple[float, KeyHolder]] = {}
#: How often everything was forgotten: what was read before that is not remembered after it.
_forgotten = [0]
_lock_of_remembered = threading.Lock()


def holder_of(text: str, *, now: datetime) -> KeyHolder | None:
    """The holder of a key that holds at ``now``, or None. Asks the database once in ``TRUSTED_FOR`` seconds for a key.

    Only keys that exist are remembered, so nobody can fill the memory with guesses.
    """
    if not FORM.fullmatch(text):
        return None
    digest = _digest(text)
    read_at, holder = _remembered.get(digest, (0.0, None))
    if holder is None or time.monotonic() - read_at > TRUSTED_FOR:
        before = _forgotten[0]
        holder = _read(digest, now)
        if holder is None:
            _remembered.pop(digest, None)
            return None
        with _lock_of_remembered:
            if len(_remembered) >= MOST_REMEMBERED:
                _remembered.clear()
            if _forgotten[0] == before:
                _remembered[digest] = (time.monotonic(), holder)
    return holder if holder.expires_at > now else None


def forget() -> None:
    """Read every key anew."""
    with _lock_of_remembered:
        _forgotten[0] += 1
        _remembered.clear()


def _read(digest: bytes, now: datetime) -> KeyHolder | None:
    row = ApiKey.objects.filter(key_sha256=digest, ended_at=None).select_related("fiduciary").first()
    if row is None:
        return None
    if row.last_used_at is None or now - row.last_used_at > USED_EVERY:
        with contextlib.suppress(OperationalError):  # a busy database answers all the same; the next reading notes it
            ApiKey.objects.filter(pk=row.pk).update(last_used_at=now)
    return KeyHolder(row.pk, row.fiduciary.code, frozenset(row.scopes), row.expires_at)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _record(kind: AuditKind, key: ApiKey, actor: Actor, at: datetime) -> None:
    record(
        kind,
        actor=actor,
        about=f"people.api_key:{key.pk}",
        facts={
            "proposal": key.pk,
            "fiduciary": key.fiduciary.code,
            "fields": " ".join(key.scopes),
            "answer": str(key.answer),
            "shown_sha256": key.shown_sha256,
        },
        at=at,
    )
