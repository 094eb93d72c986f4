"""What became of an instruction: delivered, acknowledged, acted. Each a fact, stated once, whoever repeats it."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import actor as actors
from portal.kernel.core import field_changes
from portal.kernel.core.actor import Actor, ActorKind
from portal.kernel.law.models import Clock
from portal.kernel.law.rules import is_late
from portal.kernel.law.services import deadlines
from portal.kernel.outbox.models import Message, ReceivedWebhook
from portal.kernel.outbox.services import forget_words, write_to_staff
from portal.kernel.registers.base.choices import FactKind, InstructionKind
from portal.kernel.registers.base.permissions import Permission
from portal.kernel.registers.recipients.models.instructions import Instruction, InstructionFact, ReportedSend, Telling
from portal.kernel.registers.recipients.models.recipients import Recipient

KIND_OF_FACT = {
    FactKind.DELIVERED: AuditKind.REGISTERS_INSTRUCTION_DELIVERED,
    FactKind.ACKNOWLEDGED: AuditKind.REGISTERS_INSTRUCTION_ACKNOWLEDGED,
    FactKind.ACTED: AuditKind.REGISTERS_INSTRUCTION_ACTED,
}
#: Who has done it has also heard of it.
BEFORE = {
    FactKind.DELIVERED: (FactKind.DELIVERED,),
    FactKind.ACKNOWLEDGED: (FactKind.DELIVERED, FactKind.ACKNOWLEDGED),
    FactKind.ACTED: (FactKind.DELIVERED, FactKind.ACKNOWLEDGED, FactKind.ACTED),
}


@dataclass(frozen=True)
class Said:
    """One line of what a recipient tells: the reference of an instruction, how far it is, and since when."""

    reference: str
    kind: FactKind
    happened_at: datetime | None = None


@dataclass(frozen=True)
class Sent:
    """One message that a sending system says it sent. ``reference`` is its own, of which only a hash is kept.

    ``address_keys`` are the address's lookup hashes, the present one first: kept is the one under which it was told.
    """

    reference: str
    address_keys: tuple[bytes, ...]
    purpose: str
    channel: str
    sent_at: datetime


@dataclass(frozen=True)
class Taken:
    """Counts: what was new, what was known, what named nothing of this recipient's."""

    new: int = 0
    known: int = 0
    unknown: int = 0
    replayed: bool = False


def note(
    instruction: Instruction, kind: FactKind, *, happened_at: datetime | None, actor: Actor, now: datetime
) -> bool:
    """Append a step, and those before it, with their audit events; acknowledging stops the clock. False: it was known.

    In one transaction. ``happened_at`` is another machine's: kept between the instruction and now. Safe to repeat.
    """
    is_new = False
    at = min(max(happened_at or now, instruction.given_at), now)
    with transaction.atomic():
        for step in BEFORE[kind]:
            try:
                with transaction.atomic():
                    fact = InstructionFact.objects.create(
                        instruction=instruction, kind=step, happened_at=at, recorded_at=now, actor_ref=_ref(actor)
                    )
            except IntegrityError:
                continue
            is_new = True
            field_changes.watch_created(fact)
            is_answer = step == FactKind.ACKNOWLEDGED
            if is_answer and instruction.kind == InstructionKind.ERASE and instruction.telling is not None:
                # Who has to erase has answered: the words that named the person are needed no more.
                forget_words(instruction.telling.message)
            late = _stop_clock(instruction, actor=actor, now=now) if is_answer else False
            audit.record(
                KIND_OF_FACT[step],
                actor=actor,
                about=f"registers.instruction:{instruction.reference}",
                facts={"recipient": instruction.recipient.code, "kind": str(instruction.kind), "late": late},
                subject_ref=instruction.subject_ref,
                at=at,
            )
    return is_new


def _ref(actor: Actor) -> str:
    return actor.ref or str(actor.kind)


def _stop_clock(instruction: Instruction, *, actor: Actor, now: datetime) -> bool:
    """Whether it was late."""
    stopped = deadlines.stop(owner=instruction.owner, at=now, actor=actor, now=now)
    return any(is_late(each.due_at, now) for each in stopped)


def delivered(*, message: Message, at: datetime) -> None:
    """Registered in ``ports.webhooks_taken``: another system took a word; if it was an instruction, that is a fact."""
    instruction = Instruction.objects.select_related("recipient").filter(telling__message=message).first()
    if instruction is not None:
        note(instruction, FactKind.DELIVERED, happened_at=at, actor=actors.system("portal.outbox"), now=at)


def take(recipient: Recipient, *, webhook_id: str, said: Sequence[Said], now: datetime) -> Taken:
    """Take what one signed message of a recipient says, all or none, in one transaction; a second time it changes nothing.

    Only instructions to this very recipient count: another's are unknown to it.
    """
    new = known = unknown = 0
    with transaction.atomic():
        if not _is_first(recipient, webhook_id, now):
            return Taken(replayed=True)
        own = _own_instructions(recipient, [each.reference for each in said])
        for each in said:
            instruction = own.get(each.reference)
            if instruction is None:
                unknown += 1
            elif note(instruction, each.kind, happened_at=each.happened_at, actor=by(recipient), now=now):
                new += 1
            else:
                known += 1
    return Taken(new, known, unknown)


def take_sends(recipient: Recipient, *, webhook_id: str, sends: Iterable[Sent], now: datetime) -> Taken:
    """Keep what a sending system says it sent, all or none; each of its references once. A replay changes nothing."""
    with transaction.atomic():
        if not _is_first(recipient, webhook_id, now):
            return Taken(replayed=True)
        rows = {digest: sent for sent in sends if (digest := hashlib.sha256(sent.reference.encode()).hexdigest())}
        entries = Recipient.objects.filter(code=recipient.code)
        known = set(
            ReportedSend.objects.filter(recipient__in=entries, reference_sha256__in=rows).values_list(
                "reference_sha256", flat=True
            )
        )
        told = _told_under({key for sent in rows.values() for key in sent.address_keys})
        fresh = [
            ReportedSend(
                recipient=recipient,
                reference_sha256=digest,
                address_key=next((key for key in sent.address_keys if key in told), sent.address_keys[0]),
                purpose=sent.purpose,
                channel=sent.channel,
                sent_at=min(sent.sent_at, now),
                reported_at=now,
            )
            for digest, sent in rows.items()
            if digest not in known
        ]
        ReportedSend.objects.bulk_create(fresh, ignore_conflicts=True)
    return Taken(new=len(fresh), known=len(known))


def _told_under(keys: set[bytes]) -> set[bytes]:
    """Which of these keys stand in words to recipients: a line stays under the lookup key it began with."""
    rows = Telling.objects.filter(address_key__in=keys).values_list("address_key", flat=True)
    return {bytes(key) for key in rows}


def by(recipient: Recipient) -> Actor:
    """The recipient's system acting."""
    return Actor(ActorKind.INTERFACE, ref=f"recipient:{recipient.code}", via="api")


def _is_first(recipient: Recipient, webhook_id: str, now: datetime) -> bool:
    """Whether this number of this recipient's was not taken before. Two recipients may use the same numbers."""
    digest = hashlib.sha256(webhook_id.encode()).hexdigest()
    _row, is_new = ReceivedWebhook.objects.get_or_create(
        webhook_id=f"{recipient.code}:{digest}", defaults={"received_at": now}
    )
    return is_new


def _own_instructions(recipient: Recipient, references: Sequence[str]) -> dict[str, Instruction]:
    rows = Instruction.objects.filter(recipient__code=recipient.code, reference__in=references)
    return {row.reference: row for row in rows.select_related("recipient", "fiduciary")}


def escalate(clock: Clock, *, now: datetime) -> None:
    """An instruction that nobody acknowledged in time: an audit event, and a letter to who may act, in law's transaction.

    One letter for each recipient, day and person, however many instructions are late: the list shows them all.
    """
    reference = clock.owner.partition(":")[2]
    instruction = Instruction.objects.select_related("recipient", "fiduciary").filter(reference=reference).first()
    if instruction is None or instruction.facts.filter(kind=FactKind.ACKNOWLEDGED).exists():
        return
    audit.record(
        AuditKind.REGISTERS_INSTRUCTION_ESCALATED,
        actor=actors.system("portal.law.tasks.sweep"),
        about=clock.owner,
        facts={"recipient": instruction.recipient.code, "kind": str(instruction.kind)},
        subject_ref=instruction.subject_ref,
        at=now,
    )
    write_to_staff(
        kind="registers.instruction_late",
        permission=Permission.INSTRUCTION_NOTE,
        about=f"registers.recipient:{instruction.recipient.code}/late/{now:%Y-%m-%d}"[:80],
        context=_letter(instruction),
        now=now,
        fiduciary=instruction.fiduciary.code,
    )


def _letter(instruction: Instruction) -> dict[str, Any]:
    path = f"/admin/registers/instruction/?standing=late&q={instruction.recipient.code}"
    return {
        "recipient": instruction.recipient.name,
        "reference": instruction.reference,
        "contact": instruction.recipient.contact,
        "url": f"{settings.SITE_URL}{path}",
    }
