"""The life of a staff login: invited, accepted, deactivated."""

from datetime import datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.audit.services import record
from portal.kernel.core import addresses, advisory_locks, clock, pii_guard, ports
from portal.kernel.core.actor import Actor, ActorKind
from portal.kernel.core.actor import staff as staff_actor
from portal.kernel.core.errors import LostRace, Refused
from portal.kernel.people.choices import ContactKind, InvitationKind, SubjectKind
from portal.kernel.people.models import Invitation, Role, RoleGrant, User
from portal.kernel.people.services import api_keys, invitations, roles, sessions, subjects


def create(*, email: str, full_name: str, actor: Actor, now: datetime) -> User:
    """Insert a staff login without a password and without a role: it can do nothing yet.

    Raises Refused when another login uses the address, or the name has a number in it (NUMBER_IN_NAME).
    """
    pii_guard.require_name(full_name)
    plain = addresses.normalise(ContactKind.EMAIL, email)
    with transaction.atomic():
        if User.objects.filter(email__iexact=plain).exists():
            raise Refused(_("Another account uses this email address. Use a different one."), code="EMAIL_TAKEN")
        user = User.objects.create_user(
            plain,
            full_name=full_name.strip(),
            is_staff=True,
            subject=subjects.new(SubjectKind.STAFF, now=now),
            created_at=now,
        )
        _record(AuditKind.PEOPLE_STAFF_CREATED, user, actor, now)
    return user


def _record(kind: AuditKind, user: User, actor: Actor, at: datetime, **facts: str | int) -> None:
    record(
        kind,
        actor=actor,
        about=f"people.user:{user.pk}",
        facts={"user": user.pk, **facts},
        subject_ref=user.subject_ref,
        personal={},
        at=at,
    )


def invite(*, email: str, full_name: str, actor: Actor, now: datetime, language: str = "en") -> Invitation:
    """Insert a staff login and send the link with which its owner sets a password and a second factor.

    Raises Refused when another login uses the address.
    """
    with transaction.atomic():
        user = create(email=email, full_name=full_name, actor=actor, now=now)
        return invite_again(user=user, actor=actor, now=now, language=language)


def invite_again(*, user: User, actor: Actor, now: datetime, language: str = "en") -> Invitation:
    """Send a new link; an open one stops working. Raises Refused when the login has a password or was deactivated."""
    if user.has_usable_password() or not user.is_active or user.subject is None:
        raise Refused(_("This person has a password already, or may not sign in."), code="NO_INVITATION")
    with transaction.atomic():
        invitation = invitations.write(
            kind=InvitationKind.STAFF,
            address=user.email,
            user=user,
            language=language,
            subject_ref=user.subject.ref,
            actor=actor,
            now=now,
        )
        _record(AuditKind.PEOPLE_STAFF_INVITED, user, actor, now)
    return invitation


def accept(*, invitation: Invitation, password: str, now: datetime) -> User:
    """Set the first password of an invited staff login and use the invitation up.

    Raises ValidationError for a weak password (the invitation stays open), LostRace when the link was used meanwhile.
    """
    user = invitation.user
    if invitation.kind != InvitationKind.STAFF or user is None or not user.is_active:
        raise Refused(
            _("This invitation has ended. Ask the person who sent it for a new one."), code="INVITATION_ENDED"
        )
    validate_password(password, user)
    with transaction.atomic():
        invitations.mark_accepted(invitation, now=now)
        user.set_password(password)
        user.save(update_fields=["password"])
        record(
            AuditKind.SIGNIN_PASSWORD_CHANGED,
            actor=staff_actor(user.pk, via="invitation"),
            about=f"people.user:{user.pk}",
            facts={"user": user.pk, "method": "invitation"},
            subject_ref=user.subject_ref,
            at=now,
        )
    return user


@advisory_locks.retried
def deactivate(*, user: User, actor: Actor, now: datetime) -> None:
    """End a login for good: sessions closed, invitations cancelled, roles and keys that only it could take ended, and what it
    had locked set free.

    Tells each callable of ``ports.login_left`` as ``told(user_id=, at=)``, all in one transaction. Taking power away
    needs no second person. In the login's own turn, so that no role is agreed to meanwhile, and in that of administrators.
    Raises Refused for one's own login and, where a system acts and no person, for the last administrator
    (LAST_ADMINISTRATOR); LostRace when it was deactivated meanwhile.
    """
    if actor.user_id == user.pk:
        raise Refused(_("You cannot deactivate your own login. Ask another administrator."), code="OWN_LOGIN")
    with transaction.atomic():
        advisory_locks.take(advisory_locks.of_login(user.pk), "login:administrators")
        now = max(now, clock.now())  # what the login did while this waited was done before
        if actor.kind == ActorKind.SYSTEM and roles.is_last_administrator(user, now=now):
            raise Refused(_("This is the last administrator. A person has to decide that."), code="LAST_ADMINISTRATOR")
        updated = User.objects.filter(pk=user.pk, is_active=True).update(is_active=False, deactivated_at=now)
        if updated != 1:
            raise LostRace(_("This login was deactivated a moment ago."))
        user.refresh_from_db()
        Invitation.objects.filter(user=user, accepted_at=None, cancelled_at=None).update(cancelled_at=now)
        for grant in RoleGrant.objects.filter(user=user).exclude(ends_at__lte=now).select_related("role"):
            grant.ends_at = max(now, grant.starts_at)
            grant.save(update_fields=["ends_at"])
            record(
                AuditKind.ROLES_GRANT_ENDED,
                actor=actor,
                about=f"people.user:{user.pk}",
                facts={
                    "user": user.pk,
                    "role": grant.role.code,
                    "grant": grant.pk,
                    "ends_at": clock.stamp(grant.ends_at),
                },
                subject_ref=user.subject_ref,
                at=now,
            )
        api_keys.end_untaken(user=user, actor=actor, now=now)
        sessions.end_all(user=user, actor=actor, now=now)
        _record(AuditKind.PEOPLE_STAFF_DEACTIVATED, user, actor, now)
        for told in ports.login_left:
            told(user_id=user.pk, at=now)


def note_refused_deactivation(*, user: User, actor: Actor, now: datetime) -> None:
    """Record that a system would have deactivated the last administrator, once an hour for each: the system page and an alert
    tell of it. In a transaction of its own, for that of the refusal is undone.
    """
    kind = AuditKind.PEOPLE_STAFF_DEACTIVATION_REFUSED
    about, since = f"people.user:{user.pk}", now - timedelta(hours=1)
    with transaction.atomic():
        advisory_locks.take("login:administrators")
        if not AuditEvent.objects.filter(kind=kind, about=about, at__gt=since).exists():
            _record(kind, user, actor, now)


def bootstrap(*, email: str, full_name: str, role_codes: list[str], password: str, actor: Actor, now: datetime) -> User:
    """Create a staff member with roles and without a second person: only while no two people could do it by the rule.

    Raises Refused once they can, or for an unknown role, one that needs an end, or a weak password.
    """
    with transaction.atomic():
        advisory_locks.take("login:first")
        if not roles.needs_bootstrap(now=now):
            raise Refused(
                _("Two people can give roles now. Invite the person in the admin and propose the role there."),
                code="BOOTSTRAP_OVER",
            )
        found = list(Role.objects.filter(code__in=role_codes, needs_end=False))
        if len(found) != len(set(role_codes)) or not found:
            raise Refused(_("Role not found, or it needs an end. Run sync_roles first."), code="UNKNOWN_ROLE")
        user = create(email=email, full_name=full_name, actor=actor, now=now)
        if password:
            try:
                validate_password(password, user)
            except ValidationError as error:
                raise Refused(" ".join(error.messages), code="WEAK_PASSWORD") from error
            user.set_password(password)
            user.save(update_fields=["password"])
        else:
            invite_again(user=user, actor=actor, now=now)
        for role in found:
            roles.give(user=user, role=role, starts_at=now, ends_at=None, actor=actor, now=now)
    return user
