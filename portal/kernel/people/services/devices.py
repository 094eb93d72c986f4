"""Known devices, login history and the lockout."""

import hashlib
from datetime import datetime, timedelta

from django.db import transaction

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import field_changes
from portal.kernel.core.actor import Actor
from portal.kernel.people import account_rules, signin_limits
from portal.kernel.people.choices import ContactKind, SignInOutcome
from portal.kernel.people.models import Device, SignIn, User
from portal.kernel.people.services import codes, signin_attempts

#: Failures within this time count towards the lockout, until the rules are loaded.
DEFAULT_WINDOW = timedelta(minutes=15)
_FAILURES = (SignInOutcome.WRONG_PASSWORD, SignInOutcome.WRONG_CODE)
_AUDITED = {
    SignInOutcome.SIGNED_IN: AuditKind.SIGNIN_LOGIN_SUCCEEDED,
    SignInOutcome.WRONG_PASSWORD: AuditKind.SIGNIN_LOGIN_FAILED,
    SignInOutcome.WRONG_CODE: AuditKind.SIGNIN_LOGIN_FAILED,
    SignInOutcome.LOCKED: AuditKind.SIGNIN_LOGIN_LOCKED,
    SignInOutcome.SIGNED_OUT: AuditKind.SIGNIN_LOGOUT_DONE,
    SignInOutcome.FORGIVEN: AuditKind.SIGNIN_LOGIN_UNLOCKED,
}


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def known(*, user: User, token: str) -> Device | None:
    """The device that this browser's token stands for, if the login was used from it before."""
    if not token:
        return None
    return Device.objects.filter(user=user, token_sha256=_digest(token), forgotten_at=None).first()


def is_known_for(*, address: str, token: str) -> bool:
    """Whether a customer's login at the address was used from this browser before. One question, whoever has it."""
    if not token:
        return False
    return Device.objects.filter(
        user__email=address,
        user__is_staff=False,
        user__is_active=True,
        token_sha256=_digest(token),
        forgotten_at=None,
    ).exists()


def known_staff_device(*, address: str, token: str) -> str:
    """The hash of the device that this browser's token stands for, where a staff login at the address was used from it; else
    empty. One question, whoever has the address.
    """
    found = Device.objects.filter(
        user__email=address.lower(), user__is_staff=True, token_sha256=_digest(token), forgotten_at=None
    )
    return found.values_list("token_sha256", flat=True).first() or ""


def note(
    *,
    user: User,
    outcome: SignInOutcome,
    actor: Actor,
    device: Device | None = None,
    browser: str = "",
    method: str = "",
    now: datetime,
) -> SignIn:
    """Add one row to the login history, and its audit event."""
    with transaction.atomic():
        row = SignIn.objects.create(
            user=user, device=device, outcome=outcome, at=now, address=actor.address or None, browser=browser[:120]
        )
        field_changes.watch_created(row)
        record(
            _AUDITED[outcome],
            actor=actor,
            about=f"people.user:{user.pk}",
            facts={"user": user.pk, "method": method or str(outcome)},
            subject_ref=user.subject_ref,
            at=now,
        )
    return row


def signed_in(*, user: User, token: str, browser: str, actor: Actor, method: str, now: datetime) -> tuple[SignIn, bool]:
    """Record a sign-in and the device it came from. True: the device is new, and not the login's first."""
    with transaction.atomic():
        had_others = Device.objects.filter(user=user, forgotten_at=None).exists()
        device, made = Device.objects.update_or_create(
            user=user,
            token_sha256=_digest(token),
            defaults={"last_seen_at": now, "label": browser[:120], "forgotten_at": None},
            create_defaults={"first_seen_at": now, "last_seen_at": now, "label": browser[:120]},
        )
        row = note(
            user=user,
            outcome=SignInOutcome.SIGNED_IN,
            actor=actor,
            device=device,
            browser=browser,
            method=method,
            now=now,
        )
        is_news = made and had_others
        if user.is_staff:
            signin_attempts.forgive(address=user.email, device_sha256=device.token_sha256)
        if is_news:
            record(
                AuditKind.SIGNIN_DEVICE_NOTICED,
                actor=actor,
                about=f"people.user:{user.pk}",
                facts={"user": user.pk, "device_sha256": device.token_sha256},
                subject_ref=user.subject_ref,
                at=now,
            )
    return row, is_news


def is_locked(*, user: User, device: Device | None, now: datetime) -> bool:
    """Whether tries from this device (or, for None, from devices that are not known) are refused for now.

    Each known device counts for itself: a stranger can use up the strangers' tries and nobody else's.
    """
    window = signin_limits.length("signin.lock", now=now, otherwise=DEFAULT_WINDOW)
    rows = SignIn.objects.filter(user=user, device=device, at__gt=now - window)
    fresh = rows.filter(outcome__in=(SignInOutcome.SIGNED_IN, SignInOutcome.FORGIVEN)).order_by("-at").first()
    forgiven = SignIn.objects.filter(user=user, outcome=SignInOutcome.FORGIVEN, at__gt=now - window).first()
    since = max((row.at for row in (fresh, forgiven) if row is not None), default=now - window)
    limit = signin_limits.number("signin.attempts", now=now, otherwise=codes.DEFAULT_TRIES)
    failures = rows.filter(outcome__in=_FAILURES, at__gt=since).values_list("at", flat=True)
    return account_rules.is_locked(failures, now=now, window=window, limit=limit)


def unlock(*, user: User, actor: Actor, now: datetime) -> None:
    """Staff forgive the failures of a login, on every device, and the codes asked for its address."""
    with transaction.atomic():
        note(user=user, outcome=SignInOutcome.FORGIVEN, actor=actor, method="staff", now=now)
        signin_attempts.forgive(address=user.email)
        codes.forgive(kind=ContactKind.EMAIL, address=user.email, now=now)
