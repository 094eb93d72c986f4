"""Invitations by an e-mailed link."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import addresses, field_changes
from portal.kernel.core.actor import Actor
from portal.kernel.core.enqueue import enqueue
from portal.kernel.core.errors import LostRace, NotFound, Refused
from portal.kernel.people import signin_limits
from portal.kernel.people.choices import ContactKind, InvitationKind
from portal.kernel.people.models import Insolvency, Invitation, User
from portal.kernel.people.services import authority, memberships

_SALT = "portal.people.invitation"


#: Whose invitation it is, and how it ends.
OF_AN_ORDER = _(
    "By this invitation the insolvency professional comes, as two people agreed. It ends with another step: "
    "propose one on the page of the organisation, and a second person decides."
)


def require_no_staff(address: str) -> None:
    """Raises Refused (EMAIL_TAKEN) for the address of a staff login: nobody opens a customer's login with it."""
    if User.objects.filter(email__iexact=address.strip(), is_staff=True).exists():
        raise Refused(_("This is the address of a staff login. Use a different one."), code="EMAIL_TAKEN")


def is_of_an_order(invitation: Invitation) -> bool:
    """Whether a step of an insolvency wrote it, to which two people agreed."""
    return Insolvency.objects.filter(invitation=invitation).exists()


def write(
    *, kind: InvitationKind, address: str, subject_ref: UUID, actor: Actor, now: datetime, **fields: Any
) -> Invitation:
    """Insert an invitation and send it after the commit; an open one to the same address for the same is cancelled.

    Raises Refused for what is no e-mail address.
    """
    plain = addresses.normalise(ContactKind.EMAIL, address)
    with transaction.atomic():
        Invitation.objects.filter(
            kind=kind,
            address_key__in=addresses.address_keys(plain),
            customer=fields.get("customer"),
            user=fields.get("user"),
            accepted_at=None,
            cancelled_at=None,
        ).update(cancelled_at=now)
        invitation = Invitation.objects.create(
            kind=kind,
            address=plain,
            address_key=addresses.address_key(plain),
            subject_ref=subject_ref,
            invited_by_id=actor.user_id,
            invited_at=now,
            expires_at=now + signin_limits.length("people.invitation_life", now=now, otherwise=timedelta(days=7)),
            **fields,
        )
        field_changes.watch_created(invitation)
        enqueue("portal.signin.tasks.send_invitation", invitation.pk)
    return invitation


def token_of(invitation: Invitation) -> str:
    """The part of the link that proves it was sent by us: a signature over the row, nothing to steal at rest."""
    return signing.dumps(invitation.pk, salt=_SALT)


def by_token(token: str, *, now: datetime) -> Invitation:
    """The open invitation behind a link.

    Raises NotFound for a forged one, Refused (with what to do) for one that was used, cancelled or is past its end.
    """
    try:
        invitation = Invitation.objects.filter(pk=signing.loads(token, salt=_SALT)).first()
    except signing.BadSignature:
        invitation = None
    if invitation is None:
        raise NotFound(_("Invitation not found."))
    if invitation.accepted_at is not None:
        raise Refused(_("This invitation was used already. Sign in instead."), code="INVITATION_USED")
    if invitation.cancelled_at is not None or invitation.expires_at <= now:
        raise Refused(
            _("This invitation has ended. Ask the person who sent it for a new one."), code="INVITATION_ENDED"
        )
    return invitation


def mark_accepted(invitation: Invitation, *, now: datetime) -> None:
    """Use the invitation up, in the caller's transaction. Raises LostRace when it was used or cancelled meanwhile."""
    updated = Invitation.objects.filter(
        pk=invitation.pk, accepted_at=None, cancelled_at=None, expires_at__gt=now
    ).update(accepted_at=now)
    if updated != 1:
        raise LostRace(_("This invitation was used a moment ago. Sign in instead."))
    invitation.refresh_from_db()


def mark_sent(invitation: Invitation, *, now: datetime) -> bool:
    """Claim the sending. False: it was sent, used or cancelled already."""
    return (
        Invitation.objects.filter(pk=invitation.pk, sent_at=None, accepted_at=None, cancelled_at=None).update(
            sent_at=now
        )
        == 1
    )


def cancel(*, invitation: Invitation, actor: Actor, now: datetime) -> None:
    """Close an open invitation, with its audit event: its link stops working. Raises LostRace when it was used or cancelled meanwhile, Refused as
    ``authority.require_owner``, and for the invitation of an insolvency professional (TWO_PEOPLE).
    """
    if is_of_an_order(invitation):
        raise Refused(OF_AN_ORDER, code="TWO_PEOPLE")
    with transaction.atomic():
        if invitation.customer is not None:
            memberships.take_turn(invitation.customer)
            authority.require_owner(invitation.customer, actor, at=now)
        updated = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, cancelled_at=None).update(
            cancelled_at=now
        )
        if updated != 1:
            raise LostRace(_("This invitation was used or cancelled a moment ago."))
        invitation.refresh_from_db()
        _record_cancelled(invitation, actor, now)


def _record_cancelled(invitation: Invitation, actor: Actor, at: datetime) -> None:
    """In the history of whom it was for: the customer, or the staff login."""
    facts: dict[str, str | int] = {"kind": invitation.kind}
    if invitation.customer is not None:
        about = f"people.customer:{invitation.customer.reference}"
        facts |= {"customer": invitation.customer.reference, "role": invitation.role}
    else:
        about = f"people.user:{invitation.user_id}"
        facts |= {"user": invitation.user_id or 0}
    record(
        AuditKind.PEOPLE_INVITATION_CANCELLED,
        actor=actor,
        about=about,
        facts=facts,
        subject_ref=invitation.subject_ref,
        personal={"address": invitation.address},
        at=at,
    )


def unsent(*, now: datetime) -> list[int]:
    """Open invitations whose letter was not written though a minute has passed: the queue lost the nudge."""
    rows = Invitation.objects.filter(sent_at=None, accepted_at=None, cancelled_at=None, expires_at__gt=now)
    return list(rows.filter(invited_at__lt=now - timedelta(minutes=1)).values_list("pk", flat=True)[:200])
