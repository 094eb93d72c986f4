"""Merging duplicate persons, by two people; and addresses that now belong to somebody else."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import access, addresses, pii_guard, ports
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.errors import Refused
from portal.kernel.people.choices import ContactKind
from portal.kernel.people.models import MergeProposal, Principal
from portal.kernel.people.permissions import Act, Permission
from portal.kernel.people.selectors import contacts_at, refs_of
from portal.kernel.people.services import contacts, maker_checker, subjects


def propose(*, old: Principal, new: Principal, why: str, actor: Actor, now: datetime) -> MergeProposal:
    """Propose that two records are of one person. Nothing changes before another person agrees.

    Raises NotAllowed; Refused for one record twice or two that are joined already (JOINED_ALREADY), an erased one (ERASED),
    and without a reason or with somebody's address in it.
    """
    _require_two(old, new)
    if not why.strip():
        raise Refused(_("Say how we know that it is one person."), code="REASON_MISSING")
    pii_guard.require_plain(why)
    with transaction.atomic():
        proposal = maker_checker.propose(
            MergeProposal,
            act=Act.PRINCIPAL_MERGE,
            maker=maker_checker.person_of(actor),
            shown=_shown(old, new, why.strip()),
            now=now,
            old=old,
            new=new,
            why=why.strip(),
        )
        _record(AuditKind.PEOPLE_MERGE_PROPOSED, proposal, actor, now)
    return proposal


@retried
def answer(*, proposal: MergeProposal, approve: bool, reason: str, actor: Actor, now: datetime) -> None:
    """Agree or refuse, as another person than the maker. From an agreement on both references are one person everywhere.

    In one transaction: first what rests on two persons ends (``ports.people_merging``: where either said no, no yes of the
    other stays), then the references are joined. Both records, their addresses and histories stay as they are. Raises what
    ``maker_checker.answer`` raises, and Refused as ``propose`` where the records changed meanwhile.
    """
    old, new = proposal.old, proposal.new
    with transaction.atomic():
        maker_checker.answer(
            proposal,
            checker=maker_checker.person_of(actor),
            approve=approve,
            shown=_shown(old, new, proposal.why),
            reason=reason,
            now=now,
        )
        _record(AuditKind.PEOPLE_MERGE_ANSWERED, proposal, actor, now, answer=str(proposal.answer))
        if not approve:
            return
        _require_two(old, new)
        for told in ports.people_merging:
            told(old_ref=old.subject.ref, new_ref=new.subject.ref, at=now)
        subjects.join(old_ref=old.subject.ref, new_ref=new.subject.ref, actor=actor, now=now)


@retried
def reassign(*, holder: Principal, kind: ContactKind | str, address: str, why: str, actor: Actor, now: datetime) -> int:
    """An address of the holder now belongs to somebody we do not know yet: it leaves everybody who had it, and their
    answers there expire with it, in one transaction with the reason. Whoever has it now starts without a yes. Returns how
    many people it left.

    Raises NotAllowed; Refused for what is no address or none of the holder's (NOT_THEIRS), and without a reason or with
    somebody's address in it.
    """
    access.require(maker_checker.person_of(actor), Permission.PRINCIPAL_MERGE)
    if not why.strip():
        raise Refused(_("Say how we know that it belongs to another person."), code="REASON_MISSING")
    pii_guard.require_plain(why)
    plain = addresses.normalise(ContactKind(kind), address)
    refs = refs_of(holder.subject.ref)
    with access.acting(maker_checker.person_of(actor), Permission.PRINCIPAL_MERGE):
        held = list(contacts_at(str(ContactKind(kind)), plain).select_related("principal__subject").order_by("pk"))
        if not any(contact.principal.subject.ref in refs for contact in held):
            raise Refused(
                _("This person has no such address. Open the record of the one who has it."), code="NOT_THEIRS"
            )
        for contact in held:
            contacts.give_up(contact=contact, why=why.strip(), actor=actor, now=now)
    return len(held)


def _require_two(old: Principal, new: Principal) -> None:
    if new.subject.ref in refs_of(old.subject.ref):
        raise Refused(_("These records are one person already."), code="JOINED_ALREADY")
    if old.subject.erased_at is not None or new.subject.erased_at is not None:
        raise Refused(_("One of these people was erased."), code="ERASED")


def _shown(old: Principal, new: Principal, why: str) -> dict[str, Any]:
    return {"old": str(old.subject.ref), "new": str(new.subject.ref), "why": why}


def _record(kind: AuditKind, proposal: MergeProposal, actor: Actor, now: datetime, **more: str) -> None:
    record(
        kind,
        actor=actor,
        about=f"people.principal:{proposal.new_id}",
        subject_ref=proposal.new.subject.ref,
        facts={
            "proposal": proposal.pk,
            "old": str(proposal.old.subject.ref),
            "new": str(proposal.new.subject.ref),
            "shown_sha256": proposal.shown_sha256,
            **more,
        },
        at=now,
    )
