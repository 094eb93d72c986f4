"""Changes of a company's people and of nominees, kept so that the link of their letter undoes them."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.core import signing
from django.db import transaction
from django.db.models import BigIntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import advisory_locks, ports
from portal.kernel.core.actor import Actor, ActorKind
from portal.kernel.core.errors import PortalError, Refused
from portal.kernel.people import account_rules, selectors, signin_limits
from portal.kernel.people.choices import AccountChangeKind, CustomerState, MemberRole
from portal.kernel.people.models import (
    AccountChange,
    AddressChange,
    ContactPoint,
    Customer,
    Invitation,
    Membership,
    User,
)
from portal.kernel.people.services import memberships

#: Until the rules are loaded.
DEFAULT_WAIT: Final = timedelta(hours=72)
DEFAULT_LINK: Final = timedelta(days=14)
#: The salt of every link that cancels a change; a number in it is a change of an address, a text one of these.
SALT: Final = "portal.signin.address_change"
_NUMBER: Final = BigIntegerField()


def note(kind: AccountChangeKind, *, by: User | None, actor: Actor, at: datetime, **fields: Any) -> AccountChange:
    """Write down what was just changed, in the transaction of the change, and tell those whom it concerns.

    ``by``: the login that did it, whose turn (``take_turn``) the caller took at the beginning.
    """
    change = AccountChange.objects.create(kind=kind, user=by, made_at=at, **fields)
    for told in ports.account_changed:
        told(change=change, actor=actor, at=at)
    return change


def login_of(actor: Actor) -> User | None:
    """The customer's login that acts; none for staff and systems, whose sessions no link ends."""
    if actor.kind != ActorKind.CUSTOMER or actor.user_id is None:
        return None
    return User.objects.filter(pk=actor.user_id, is_staff=False).first()


def take_turn(user: User | None, *, at: datetime, customer: Customer | None = None) -> None:
    """Wait until nobody else changes or cancels anything of the login. After the turns of companies, before all else.

    Raises Refused (CHANGES_FROZEN) for the time after a change was cancelled (``frozen_words``).
    """
    if user is not None:
        advisory_locks.take(turn_name(user))
        if words := frozen_words(user, customer=customer, now=at):
            raise Refused(words, code="CHANGES_FROZEN")


def turn_name(user: User) -> str:
    return f"signin.addresses:{user.pk}"


def wait(*, now: datetime) -> timedelta:
    """How long a change of a lost address waits, and how long none is taken after one was cancelled, by our own rule."""
    return signin_limits.length("signin.address_wait", now=now, otherwise=DEFAULT_WAIT)


def wait_words(*, now: datetime) -> str:
    """The same in words, in the active language, for the pages that name it; letters read the rule too."""
    return signin_limits.in_words(wait(now=now))


def frozen_words(user: User, *, customer: Customer | None = None, now: datetime) -> str:
    """What somebody reads who wants to change something of an account, or of a company, within the time of
    ``signin.address_wait`` after a change was cancelled; empty where they may.

    A change that an address of the login cancelled holds everywhere; one that another owner cancelled in that company only.
    """
    since = now - wait(now=now)
    cancelled = AccountChange.objects.filter(user=user, cancelled_at__gt=since)
    if AddressChange.objects.filter(user=user, cancelled_at__gt=since).exists() or (
        cancelled.filter(freezes_login=True).exists()
    ):
        said = _("A change of your account was cancelled. For %(wait)s we take no other. An officer writes to you.")
    elif customer is not None and cancelled.filter(customer=customer).exists():
        said = _(
            "A change of yours in this organisation was cancelled. For %(wait)s we take no other from you. An officer checks it."
        )
    else:
        return ""
    return str(said) % {"wait": wait_words(now=now)}


def link_life(now: datetime) -> timedelta:
    """For how long the link in a letter cancels the change that the letter tells, by our own rule."""
    return signin_limits.length("signin.cancel_link", now=now, otherwise=DEFAULT_LINK)


def token_of(change: AccountChange, contact: ContactPoint) -> str:
    """The part of the cancel link that proves it was sent by us, and to which address."""
    return signing.dumps(f"{change.pk}:{contact.pk}", salt=SALT)


def with_it(change: AccountChange, *, whole_login: bool) -> list[AccountChange]:
    """The change, and what followed from it and is not cancelled, the first first.

    Of a company: whatever was changed since by the same login, or by one that the change let in or made an owner. Of a
    nominee: whatever the same person's account changed of nominees. ``whole_login``: whatever else the login changed since,
    with what followed in other companies (``of_login``).
    """
    rows = AccountChange.objects.filter(cancelled_at=None, made_at__gte=change.made_at).exclude(
        made_at=change.made_at, pk__lt=change.pk
    )
    same = rows.filter(subject_ref=change.subject_ref).select_related("user", "customer")
    found = list(same.order_by("made_at", "pk"))
    if change.customer_id is not None:
        found = _followed(change.user_id, found, change)
    if whole_login and change.user is not None:
        known = {row.pk for row in found}
        others = [row.pk for row in of_login(change.user, since=change.made_at) if row.pk not in known]
        whole = AccountChange.objects.filter(pk__in=others).exclude(made_at=change.made_at, pk__lt=change.pk)
        found += whole.select_related("user", "customer")
    return sorted(found, key=lambda row: (row.made_at, row.pk))


def of_login(user: User, *, since: datetime) -> list[AccountChange]:
    """What a login changed since, with what followed in the companies, the first first.

    An invitation of theirs counts from when it was accepted: one that nobody had accepted then may have been written by whoever
    changes the address next, and is sent anew in a minute.
    """
    theirs = AccountChange.objects.filter(user=user, cancelled_at=None)
    invited = theirs.filter(invitation__cancelled_at=None, made_at__gt=since - link_life(since))
    open_then = invited.filter(Q(invitation__accepted_at=None) | Q(invitation__accepted_at__gte=since))
    first = theirs.filter(Q(made_at__gte=since) | Q(pk__in=open_then.values("pk")))
    companies = set(first.exclude(customer=None).values_list("customer", flat=True))
    rows = AccountChange.objects.filter(made_at__gte=since, cancelled_at=None, customer__in=companies)
    both = AccountChange.objects.filter(Q(pk__in=first.values("pk")) | Q(pk__in=rows.values("pk")))
    return _followed(user.pk, list(both.order_by("made_at", "pk")))


def _followed(
    user_id: int | None, rows: list[AccountChange], first: AccountChange | None = None
) -> list[AccountChange]:
    """Those made by the login, or by whoever acts through what it did; ``first`` itself, which may be of our team: then it alone
    and what followed through it.
    """
    through = {user_id} - {None}
    found = []
    for row in rows:
        if row == first or row.user_id in through:
            found.append(row)
            through |= _let_in(row)
    return found


def _let_in(change: AccountChange) -> set[int]:
    """The logins that got their part in the company, or their part as an owner, by this change."""
    return set(User.objects.filter(principal__memberships__in=_parts(change)).values_list("pk", flat=True))


def _parts(change: AccountChange) -> list[Membership]:
    """The memberships that came from the change, or became those of owners by it."""
    if change.invitation is not None:
        return _joined_by(change.invitation)
    if change.kind == AccountChangeKind.ROLE and change.old_role != MemberRole.OWNER and change.membership is not None:
        return [change.membership]
    return []


def _joined_by(invitation: Invitation) -> list[Membership]:
    """The membership that came from the invitation, accepted at the moment of joining, with what continued it."""
    if invitation.accepted_at is None:
        return []
    of_company = Membership.objects.filter(customer=invitation.customer_id)
    return _continued(list(of_company.filter(joined_at=invitation.accepted_at)))


def _continued(found: list[Membership]) -> list[Membership]:
    """These memberships, and each by which a cancelled removal gave one of them back."""
    for membership in found:  # grows while it is read
        removals = AccountChange.objects.filter(kind=AccountChangeKind.REMOVED, membership=membership)
        theirs = Membership.objects.filter(customer=membership.customer_id, principal=membership.principal_id)
        back = theirs.filter(joined_at__in=removals.values("cancelled_at"))
        found += back.exclude(pk__in=[known.pk for known in found])
    return found


def let_in_lately(customer: Customer, *, at: datetime) -> set[int]:
    """The persons who would own nothing here were every change undone that its link still cancels, as they were before the first
    of these changes that concerns them: who was let in, or made an owner. An owner who was removed and invited again is none,
    nor is whoever owned the company before an older change of them whose link has ended.
    """
    rows = AccountChange.objects.filter(customer=customer, cancelled_at=None)
    joined = Membership.objects.filter(customer=customer, joined_at=OuterRef("invitation__accepted_at"))
    person = Coalesce("membership__principal_id", Subquery(joined.values("principal_id")[:1]), output_field=_NUMBER)
    since, owned = at - link_life(at), set()
    first: dict[int, str] = {}
    for principal, old_role, made_at in rows.order_by("made_at", "pk").values_list(person, "old_role", "made_at"):
        if principal is None:  # nobody came yet by an invitation
            continue
        if made_at > since:
            first.setdefault(principal, old_role)
        elif old_role == MemberRole.OWNER:
            owned.add(principal)
    return {principal for principal, old_role in first.items() if old_role != MemberRole.OWNER} - owned


def people_let_in(change: AccountChange) -> list[User]:
    return list(User.objects.filter(pk__in=_let_in(change)))


def is_own(change: AccountChange, contact: ContactPoint | None) -> bool:
    """Whether the address is one of whoever made the change."""
    return change.user is not None and contact is not None and contact.principal_id == change.user.principal_id


def mark_cancelled(change: AccountChange, *, by: ContactPoint | None, actor: Actor, at: datetime) -> None:
    """With its audit event, in the caller's transaction. What it undoes is the caller's."""
    change.cancelled_at = at
    change.freezes_login = is_own(change, by)
    change.save(update_fields=["cancelled_at", "freezes_login"])
    told = {
        "user": change.user_id,
        "member": change.membership_id,
        "nominee": change.nominee,
        "contact": by.pk if by is not None else None,
    }
    facts: dict[str, str | int] = {"kind": change.kind, **{name: value for name, value in told.items() if value}}
    record(
        AuditKind.PEOPLE_ACCOUNT_CHANGE_CANCELLED,
        actor=actor,
        about=f"people.account_change:{change.pk}",
        facts=facts,
        subject_ref=change.subject_ref,
        at=at,
    )


def undo_of_company(change: AccountChange, *, actor: Actor, at: datetime) -> None:
    """Restore who acted for the company before the change, in the caller's transaction and at the company's turn.

    An open invitation ends in every case. Where the company is closed or an insolvency order holds since, its people stay as
    they are: two people decided that, and the officer of the grievance helps. Nor does the last owner leave.
    """
    if change.invitation is not None:
        Invitation.objects.filter(pk=change.invitation.pk, accepted_at=None, cancelled_at=None).update(cancelled_at=at)
        change.invitation.refresh_from_db()  # accepted a moment ago
    customer = change.customer
    if customer is None or people_stay(customer):
        return
    if change.invitation is not None:
        for joined in _joined_by(change.invitation):
            _end(joined, actor, at)
    elif change.membership is not None and change.kind == AccountChangeKind.REMOVED:
        _return(change, change.membership, actor, at)
    elif change.membership is not None:
        _give_back_role(change, change.membership, actor, at)


def people_stay(customer: Customer) -> bool:
    """Whether no link changes who acts for the company: it is closed, or an insolvency order holds."""
    return customer.state != CustomerState.ACTIVE or selectors.insolvency_order(customer) is not None


def _owners(customer_id: int) -> set[int]:
    live = Membership.objects.filter(customer=customer_id, ended_at=None, role=MemberRole.OWNER)
    return set(live.values_list("pk", flat=True))


def _end(membership: Membership, actor: Actor, at: datetime) -> None:
    if not account_rules.leaves_no_owner(_owners(membership.customer_id), membership.pk):
        memberships.end(membership, actor=actor, at=at)


def _return(change: AccountChange, then: Membership, actor: Actor, at: datetime) -> None:
    """Let in again who was removed: not who came by an invitation that was cancelled since, nor whom somebody removed again
    whose act stays.
    """
    theirs = Membership.objects.filter(customer=then.customer_id, principal=then.principal_id)
    cancelled = AccountChange.objects.filter(customer=then.customer_id).exclude(cancelled_at=None)
    ended = theirs.filter(joined_at__gt=then.joined_at).exclude(ended_at=None).exclude(ended_at=at)
    if ended.exclude(pk__in=cancelled.filter(kind=AccountChangeKind.REMOVED).values("membership")).exists():
        return
    if any(then in _joined_by(row.invitation) for row in cancelled.exclude(invitation=None) if row.invitation):
        return
    role = _role_before(change, then)
    try:
        with transaction.atomic():
            memberships.add(customer=then.customer, principal=then.principal, role=role, actor=actor, at=at)
    except PortalError:  # here again already, or may not act for anybody now
        return


def _give_back_role(change: AccountChange, then: Membership, actor: Actor, at: datetime) -> None:
    """To the part that the person has now, where it is that of then or a cancelled removal gave it back; not over a role that
    somebody gave since whose act stays.
    """
    now = Membership.objects.filter(customer=then.customer_id, principal=then.principal_id, ended_at=None).first()
    if (
        now is None
        or now not in _continued([then])
        or _roles_of(then).filter(pk__gt=change.pk, cancelled_at=None).exists()
    ):
        return
    role = _role_before(change, then)
    if role == MemberRole.OWNER or not account_rules.leaves_no_owner(_owners(now.customer_id), now.pk):
        memberships.give_role(now, role, actor=actor, at=at)


def _roles_of(then: Membership) -> QuerySet[AccountChange]:
    """Whatever changed the role of the person in the company."""
    same = {"customer": then.customer_id, "membership__principal": then.principal_id}
    return AccountChange.objects.filter(kind=AccountChangeKind.ROLE, **same)


def _role_before(change: AccountChange, then: Membership) -> str:
    """What the person's role was before the change, without what was cancelled since: a role that a thief gave is not given back."""
    role = change.old_role
    for earlier in _roles_of(then).filter(pk__lt=change.pk, made_at__gte=then.joined_at).order_by("-pk"):
        if earlier.cancelled_at is None or earlier.cancelled_at <= change.made_at:
            break
        role = earlier.old_role
    return role
