"""A person names, changes and ends nominees: each is one transaction of row, audit event and the letter that says so."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from grievances.base import encryption
from grievances.nominees.choices import NomineeRelation, NomineeRight
from grievances.nominees.models import Nominee
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.audit.services import record
from portal.kernel.core import addresses, pii_guard
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.core.ids import new_reference
from portal.kernel.law.choices import Channel
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.models import Entry
from portal.kernel.outbox import services as outbox
from portal.kernel.people import selectors as people
from portal.kernel.people.choices import AccountChangeKind
from portal.kernel.people.models import AccountChange, Principal
from portal.kernel.people.services import account_changes, cancel_rights

#: Nominees that stand at once: a technical limit.
MOST = 10


@dataclass(frozen=True)
class Named:
    """Who the nominee is, how they are reached, and what they may do. Addresses as they were typed; at least one."""

    full_name: str = field(repr=False)
    relation: str
    rights: Iterable[str]
    email: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)


def name(*, principal: Principal, named: Named, actor: Actor, at: datetime) -> Nominee:
    """Add a nominee, tell the person's own addresses, and leave a receipt. In one transaction.

    The nominee is not written to: whom somebody names is theirs to tell. Raises Refused: NAME_MISSING, NUMBER_IN_NAME,
    NO_ADDRESS, what is no address, NO_RIGHTS, TOO_MANY, ALREADY (one who stands has this address), ONESELF, and SOMEBODY_ELSE
    for a person for whom somebody else answers.
    """
    clean, keys, rights = _checked(named)
    with transaction.atomic():
        account_changes.take_turn(account_changes.login_of(actor), at=at)
        ref = principal.subject.ref
        _require_able(principal, keys, at)
        standing = list(of_person(ref).select_for_update())
        if len(standing) >= MOST:
            raise Refused(_("You can name 10 nominees. End one to name another."), code="TOO_MANY")
        _require_new(standing, keys)
        nominee = Nominee.objects.create(
            reference=new_reference("NM"),
            subject_ref=ref,
            sealed=encryption.seal(clean, subject_ref=ref),
            email_key=keys["email"],
            phone_key=keys["phone"],
            rights=rights,
            named_at=at,
        )
        event = _note(AuditKind.GRIEVANCES_NOMINEE_NAMED, nominee, actor, at)
        _tell(principal, event, _change_of(nominee, AccountChangeKind.NOMINEE_NAMED, b"", actor, at))
    return nominee


def change(*, principal: Principal, nominee: Nominee, named: Named, actor: Actor, at: datetime) -> bool:
    """Change who a nominee is or what they may do, with the same letter. False where nothing differs.

    Raises what ``name`` raises, NotFound for one who does not stand any more.
    """
    clean, keys, rights = _checked(named)
    with transaction.atomic():
        account_changes.take_turn(account_changes.login_of(actor), at=at)
        _require_able(principal, keys, at)
        standing = list(of_person(principal.subject.ref).select_for_update())
        row = next((one for one in standing if one.pk == nominee.pk), None)
        if row is None:
            raise NotFound(_("Nominee not found."))
        if (details_of(row), row.rights) == (clean, rights):
            return False
        _require_new([one for one in standing if one.pk != row.pk], keys)
        before = _kept(row)
        row.sealed = encryption.seal(clean, subject_ref=row.subject_ref)
        row.email_key, row.phone_key, row.rights, row.changed_at = keys["email"], keys["phone"], rights, at
        row.save(update_fields=["sealed", "email_key", "phone_key", "rights", "changed_at"])
        event = _note(AuditKind.GRIEVANCES_NOMINEE_CHANGED, row, actor, at)
        _tell(principal, event, _change_of(row, AccountChangeKind.NOMINEE_CHANGED, before, actor, at))
    return True


def end(*, principal: Principal, nominee: Nominee, actor: Actor, at: datetime) -> None:
    """The nominee may not act any more, from this commit on. What they were called stays until the period is over.

    Ending one who had ended changes nothing.
    """
    with transaction.atomic():
        account_changes.take_turn(account_changes.login_of(actor), at=at)
        if Nominee.objects.filter(pk=nominee.pk, ended_at=None).update(ended_at=at) == 1:
            nominee.refresh_from_db()
            event = _note(AuditKind.GRIEVANCES_NOMINEE_ENDED, nominee, actor, at)
            _tell(principal, event, _change_of(nominee, AccountChangeKind.NOMINEE_ENDED, b"", actor, at))


def restore(change: AccountChange, *, actor: Actor, at: datetime) -> None:
    """The nominee of a change that is cancelled is again what they were before it, in the caller's transaction.

    Details that were erased meanwhile stay erased: the nominee is then left as they are.
    """
    nominee = Nominee.objects.select_for_update().get(reference=change.nominee)
    if change.kind == AccountChangeKind.NOMINEE_NAMED:
        if nominee.ended_at is not None:
            return
        nominee.ended_at = at
        kind = AuditKind.GRIEVANCES_NOMINEE_ENDED
    elif not nominee.sealed:
        return
    elif change.kind == AccountChangeKind.NOMINEE_ENDED:
        nominee.ended_at = None
        kind = AuditKind.GRIEVANCES_NOMINEE_NAMED
    else:
        held = encryption.unseal(change.before, subject_ref=nominee.subject_ref)
        rights = held.pop("rights")
        nominee.sealed = encryption.seal(held, subject_ref=nominee.subject_ref)
        nominee.email_key, nominee.phone_key = (
            addresses.address_key(held[name]) if held[name] else b"" for name in ("email", "phone")
        )
        nominee.rights, nominee.changed_at = rights.split(), at
        kind = AuditKind.GRIEVANCES_NOMINEE_CHANGED
    nominee.save(update_fields=["sealed", "email_key", "phone_key", "rights", "changed_at", "ended_at"])
    _note(kind, nominee, actor, at)


def of_person(subject_ref: UUID) -> QuerySet[Nominee]:
    """The nominees that a person named, under any reference of theirs, and that stand; the first named first."""
    return Nominee.objects.filter(subject_ref__in=people.refs_of(subject_ref), ended_at=None).order_by("named_at", "pk")


def one_of(subject_ref: UUID, reference: str) -> Nominee:
    """A nominee of the person by reference, standing or ended. Raises NotFound for anybody else's."""
    rows = Nominee.objects.filter(subject_ref__in=people.refs_of(subject_ref))
    found = rows.filter(reference=reference.strip().upper()).first()
    if found is None:
        raise NotFound(_("Nominee not found."))
    return found


def details_of(nominee: Nominee) -> dict[str, str]:
    """Name, relation and addresses; nothing once they were erased. The caller answers for who may see them."""
    if not nominee.sealed:
        return {}
    return encryption.unseal(nominee.sealed, subject_ref=nominee.subject_ref)


def receipt(nominee: Nominee) -> bytes:
    """The ledger's proof of what was last said about a nominee; seals first where that is to come. Raises NotSealed."""
    events = AuditEvent.objects.select_related("entry__leaf").filter(about=nominee.owner)
    entry = events.latest("pk").entry
    ledger.seal_now(entry=entry)
    return ledger.receipt_for(entry)


def entries_of(reference: str) -> list[Entry]:
    """What was said about a nominee, the first first; none for another reference. Registered in ``ports.referred_entries``."""
    events = AuditEvent.objects.select_related("entry").filter(about=f"{Nominee.OWNER}{reference}").order_by("pk")
    return [event.entry for event in events] if reference.startswith("OS-NM-") else []


def _checked(named: Named) -> tuple[dict[str, str], dict[str, bytes], list[str]]:
    full_name = " ".join(named.full_name.split())
    if not full_name:
        raise Refused(_("Enter the nominee's name."), code="NAME_MISSING")
    pii_guard.require_name(full_name)
    email = addresses.normalise(addresses.EMAIL, named.email) if named.email.strip() else ""
    phone = addresses.normalise(addresses.PHONE, named.phone) if named.phone.strip() else ""
    if not email and not phone:
        raise Refused(_("Enter an email address or a mobile number of the nominee."), code="NO_ADDRESS")
    wanted = {NomineeRight(right) for right in named.rights}
    if not wanted:
        raise Refused(_("Choose what the nominee may do."), code="NO_RIGHTS")
    clean = {"name": full_name, "relation": str(NomineeRelation(named.relation)), "email": email, "phone": phone}
    keys = {kind: addresses.address_key(text) if text else b"" for kind, text in (("email", email), ("phone", phone))}
    return clean, keys, [str(right) for right in NomineeRight if right in wanted]


def _require_able(principal: Principal, keys: dict[str, bytes], at: datetime) -> None:
    if people.protection_of(principal.subject, at=at) is not None:
        raise Refused(_("Someone else decides for you. Write to the Grievance Officer."), code="SOMEBODY_ELSE")
    own = principal.contact_points.filter(left_at=None, address_key__in=[key for key in keys.values() if key])
    if own.exists():
        raise Refused(_("This is your own address. Enter one of the nominee."), code="ONESELF")


def _require_new(others: Iterable[Nominee], keys: dict[str, bytes]) -> None:
    wanted = {key for key in keys.values() if key}
    if any(wanted & {bytes(other.email_key), bytes(other.phone_key)} for other in others):
        raise Refused(_("A nominee of yours has this address already. Change that one."), code="ALREADY")


def _note(kind: AuditKind, nominee: Nominee, actor: Actor, at: datetime) -> AuditEvent:
    """The event names rights by their codes; who the nominee is stays in the sealed row."""
    return record(
        kind,
        actor=actor,
        about=nominee.owner,
        facts={"reference": nominee.reference, "rights": " ".join(nominee.rights)},
        subject_ref=nominee.subject_ref,
        at=at,
    )


def _kept(nominee: Nominee) -> bytes:
    """What is known of a nominee now, sealed, so that a cancelled change restores it."""
    held = {**details_of(nominee), "rights": " ".join(nominee.rights)}
    return encryption.seal(held, subject_ref=nominee.subject_ref)


def _change_of(nominee: Nominee, kind: AccountChangeKind, before: bytes, actor: Actor, at: datetime) -> AccountChange:
    """Made by the login that acts; by none where a system told us, which no session of the person's did."""
    return account_changes.note(
        kind,
        by=account_changes.login_of(actor),
        actor=actor,
        at=at,
        subject_ref=nominee.subject_ref,
        nominee=nominee.reference,
        before=before,
    )


def _tell(principal: Principal, event: AuditEvent, change: AccountChange) -> None:
    """To each email address of the person, with the link that cancels where it is settled (``cancel_rights.settled``): whoever got into the login cannot do this unseen. No name
    of a nominee is in it.
    """
    days = account_changes.link_life(change.made_at).days
    contacts = list(principal.contact_points.filter(kind="email", left_at=None, verified_at__isnull=False))
    settled = {row.pk for row in cancel_rights.settled(contacts, began=change.made_at, now=change.made_at)}
    for contact in contacts:
        path = reverse("privacy:cancel-change", args=[account_changes.token_of(change, contact)])
        outbox.post(
            kind="grievances.nominees_changed",
            subject_ref=principal.subject.ref,
            channel=Channel.EMAIL,
            address=contact.address,
            language=principal.language,
            purpose="policy_and_security",
            about=f"{event.about}/{event.pk}/{contact.pk}",
            context={
                "leaf": bytes(event.entry.leaf_hash).hex(),
                "url": f"{settings.SITE_URL}/privacy/nominee/",
                "link": settings.SITE_URL + path if contact.pk in settled else "",
                "days": str(days),
            },
            only_here=True,
        )
