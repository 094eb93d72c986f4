"""Staff of each role. The first two come by bootstrap; every other role is proposed by one person and given by another."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import transaction

from portal.demo.story.cast import OPENED, Cast
from portal.kernel.core import actor as actors
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.people.auditor_scope import Scope
from portal.kernel.people.models import Role, User
from portal.kernel.people.services import roles, staff

#: The password of every login of the demonstration; printed on its first page, useless without the current code.
PASSWORD = "Demonstration-2026"  # noqa: S105 - shown to everybody on purpose, in the demonstration only

#: Name, mailbox and role; in this order they are made.
MEMBERS = (
    ("Ramesh Kamat", "administrator", "administrator"),
    ("Leela Menon", "data.protection", "data_protection_officer"),
    ("Vidya Gokhale", "grievance.officer", "grievance_officer"),
    ("Arvind Rane", "grievance.deputy", "grievance_officer"),
    ("Sunita Pawar", "kyc.maker", "kyc_maker"),
    ("Irfan Khan", "kyc.checker", "kyc_checker"),
    ("Maya Shetty", "support", "support"),
    ("Tara Iyer", "auditor", "auditor"),
)
#: How long the first inspection lasted, and how long the one of today is agreed for.
AUDIT_WEEKS = 4
PRESENT_AUDIT_WEEKS = 26
#: When the office began to work on that day.
BEGINNING = time(8, 30)


def address(mailbox: str) -> str:
    return f"{mailbox}@onesetu.example"


def build(cast: Cast, *, actor: Actor) -> Mapping[str, User]:
    """The logins by mailbox, each with its password, a second factor and its role, on the first morning."""
    now = cast.on(OPENED, BEGINNING)
    made: dict[str, User] = {}
    for name, mailbox, role in MEMBERS:
        if roles.needs_bootstrap(now=now):
            user = staff.bootstrap(
                email=address(mailbox),
                full_name=name,
                role_codes=[role],
                password=PASSWORD,
                actor=actor,
                now=now,
            )
        else:
            user = staff.create(email=address(mailbox), full_name=name, actor=_as(made["administrator"]), now=now)
            # One password for all: hashing it again for each would cost a fifth of a second.
            user.password = made["administrator"].password
            user.save(update_fields=["password"])
            _give(cast, user, role, maker=made["administrator"], checker=made["data.protection"], now=now)
        with transaction.atomic():
            TOTP.activate(user, generate_totp_secret())
        made[mailbox] = user
    return made


def agree_audit_of_today(cast: Cast, team: Mapping[str, User]) -> None:
    """The auditor's role once more, by two people: that of the first inspection ended long ago."""
    _give(
        cast,
        team["auditor"],
        "auditor",
        maker=team["administrator"],
        checker=team["data.protection"],
        now=cast.start,
        weeks=PRESENT_AUDIT_WEEKS,
    )


def _as(user: User) -> Actor:
    return actors.staff(user.pk, via="demonstration")


def _give(
    cast: Cast, user: User, code: str, *, maker: User, checker: User, now: datetime, weeks: int = AUDIT_WEEKS
) -> None:
    role = Role.objects.get(code=code)
    ends = cast.start + timedelta(weeks=weeks) if role.needs_end else None
    proposal = roles.propose_grant(
        user=user,
        role=role,
        starts_at=cast.start if role.needs_end else now,
        ends_at=ends,
        scope=_scope_of(role, cast.start, ends),
        why="Part of the demonstration.",
        actor=_as(maker),
        now=now,
    )
    roles.answer(proposal=proposal, approve=True, actor=_as(checker), now=now)


def _scope_of(role: Role, starts_at: datetime, ends_at: datetime | None) -> Scope | None:
    """An auditor sees the year before the story and all of it."""
    if not role.needs_scope or ends_at is None:
        return None
    return Scope(clock.day(starts_at - timedelta(days=365)), clock.day(ends_at))


def secret_of(user: User) -> str | None:
    """The login's secret for one-time codes, or None when it has none."""
    row = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    if row is None:
        return None
    from allauth.mfa.utils import decrypt

    return str(decrypt(row.data["secret"]))
