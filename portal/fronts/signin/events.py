"""The library's signals, turned into login history and audit events. Our own rooms use no signals among themselves."""

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.http import HttpRequest

from portal.fronts.signin import browser_devices, mfa_status, notifications
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import actor, clock
from portal.kernel.core.middleware import client_address
from portal.kernel.people.choices import SignInOutcome
from portal.kernel.people.models import User
from portal.kernel.people.services import devices


def told(kind: AuditKind, request: HttpRequest, user: User, method: str = "") -> None:
    with transaction.atomic():
        record(
            kind,
            actor=actor.staff(user.pk, address=client_address(request), via="page"),
            about=f"people.user:{user.pk}",
            facts={"user": user.pk, **({"method": method} if method else {})},
            subject_ref=user.subject_ref,
            personal={},
            at=clock.now(),
        )


def on_sign_in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    browser_devices.signed_in(request, user, method=mfa_status.method_of(request, user))


def on_sign_out(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    """Staff only: the customers' page records its own."""
    if user is None or not user.is_staff:
        return
    devices.note(
        user=user,
        outcome=SignInOutcome.SIGNED_OUT,
        actor=actor.staff(user.pk, address=client_address(request), via="page"),
        device=browser_devices.device_of(request, user),
        now=clock.now(),
    )


def on_password_changed(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    told(AuditKind.SIGNIN_PASSWORD_CHANGED, request, user)


def on_password_reset(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    told(AuditKind.SIGNIN_PASSWORD_RESET, request, user)


def factors_made(request: HttpRequest, user: User, made: list[Authenticator]) -> None:
    """Record what was just made and write to its owner, in the caller's transaction. The library tells of an app and of recovery
    codes after the commit only. Codes that come with a first factor have no letter of their own.
    """
    for one in made:
        codes = one.type == Authenticator.Type.RECOVERY_CODES
        told(
            AuditKind.SIGNIN_RECOVERY_CODES_MADE if codes else AuditKind.SIGNIN_MFA_ADDED,
            request,
            user,
            method=str(one.type),
        )
        if not codes or len(made) == 1:
            notifications.factor_made(user, one)


def on_factor_removed(
    sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any
) -> None:
    told(AuditKind.SIGNIN_MFA_REMOVED, request, user, method=str(authenticator.type))


def on_wrong_factor(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    stranger = actor.stranger(address=client_address(request), via="page")
    device, now = browser_devices.device_of(request, user), clock.now()
    facts: dict[str, Any] = {
        "user": user,
        "actor": stranger,
        "device": device,
        "browser": browser_devices.label(request),
    }
    devices.note(outcome=SignInOutcome.WRONG_CODE, method="mfa", now=now, **facts)
    browser_devices.note_wrong(request, user.email, is_noted=True)
    if devices.is_locked(user=user, device=device, now=now):
        devices.note(outcome=SignInOutcome.LOCKED, now=now, **facts)


def connect() -> None:
    """Called from ``ready()``."""
    account.user_logged_in.connect(on_sign_in)
    account.password_changed.connect(on_password_changed)
    account.password_reset.connect(on_password_reset)
    user_logged_out.connect(on_sign_out)
    mfa.authenticator_added.connect(mfa_status.setting_up_shows_it)
    mfa.authenticator_removed.connect(on_factor_removed)
    mfa.authentication_failed.connect(on_wrong_factor)
