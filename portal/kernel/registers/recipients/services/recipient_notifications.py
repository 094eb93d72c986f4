"""Recipients are told what changed about an address, in order, in the transaction that changes it.

Whoever changes something hands over plain values (``Word``); this room knows who has to hear it, in which form, behind
what, and which of it is an instruction with a clock. A word carries the change and everything that holds afterwards, so
that a newer one makes every older one superfluous.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import Act
from portal.kernel.core import actor as actors
from portal.kernel.core import clock, field_changes, ids
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Unavailable
from portal.kernel.law.models import Clock
from portal.kernel.law.request_cache import remembering
from portal.kernel.law.services import deadlines
from portal.kernel.outbox.services import post_webhook
from portal.kernel.people.choices import SubjectKind
from portal.kernel.people.services import subjects
from portal.kernel.registers.base.choices import InstructionKind
from portal.kernel.registers.recipients.models.instructions import Instruction, Telling
from portal.kernel.registers.recipients.models.recipients import Recipient
from portal.kernel.registers.recipients.selectors import recipients, vendor_assurance

#: Two acts may speak to one recipient about one address at once: the second takes the next number.
TRIES = 5
ZONE = "Asia/Kolkata"
#: Answers that allow something.
YES = frozenset({"given", "renewed"})
#: The kind of clock plan (``law/data/clock_plans.toml``).
PLAN = "instruction"


@dataclass(frozen=True)
class Answered:
    """One answer about an address: what is said now, or what holds."""

    purpose: str
    channel: str
    answer: str
    at: datetime
    ends_at: datetime | None = None

    def as_json(self) -> dict[str, str | None]:
        return {
            "purpose": self.purpose,
            "channel": self.channel,
            "answer": self.answer,
            "at": clock.stamp(self.at),
            "ends_at": clock.stamp(self.ends_at) if self.ends_at else None,
        }


@dataclass(frozen=True)
class Word:
    """What there is to say about one address. ``stops`` are those of ``changed`` that have to be acknowledged.

    ``reached_at`` are the addresses, as kind and text, by which a recipient may know the person: one for an address,
    those of the person where the word is about the person.
    """

    address_key: bytes
    kind: str
    changed: Sequence[Answered]
    standing: Sequence[Answered] = ()
    stops: Sequence[Answered] = ()
    reached_at: Sequence[tuple[str, str]] = field(default=(), repr=False)
    wishes: Mapping[str, Any] | None = None


def tell(
    recipients: Sequence[Recipient],
    *,
    kind: str,
    subject_ref: UUID,
    about: str,
    words: Sequence[Word],
    actor: Actor,
    at: datetime,
) -> list[Instruction]:
    """Tell each recipient of each word what concerns it, in the caller's transaction; returns the new instructions.

    A recipient hears only of its own purposes and channels, and nothing where nothing of it changed. One whose papers do
    not hold hears of no yes, only of what takes something away (policy 6): it must still stop. Where something
    stops it gets an instruction with a clock (``consent.recipient_acknowledges``). ``about`` is the label of the act,
    such as ``consent.receipt:OS-CR-...``; the same act told again changes nothing.
    """
    given: list[Instruction] = []
    told = {
        (code, bytes(key))
        for code, key in Telling.objects.filter(about=about).values_list("recipient_code", "address_key")
    }
    reached = [recipient for recipient in recipients if recipient.url]
    lacking = _without_papers(reached, words, at=at)
    for word in words:
        for recipient in reached:
            own = _own_part(_taking_away(word) if recipient.code in lacking else word, recipient)
            if own is None or (recipient.code, word.address_key) in told:
                continue
            do = InstructionKind.STOP if own.stops else None
            instruction = _tell_one(recipient, own, kind=kind, do=do, subject_ref=subject_ref, about=about, at=at)
            given += [instruction] if instruction is not None else []
    _start(given, actor=actor, at=at)
    return given


def _without_papers(recipients: Sequence[Recipient], words: Sequence[Word], *, at: datetime) -> set[str]:
    """Codes of those that may get nothing new. Asked only where there is something new: a stop waits for no paper."""
    if not any(said.answer in YES for word in words for said in (*word.changed, *word.standing)):
        return set()
    return {code for code, lacks in vendor_assurance.lacks_of(recipients, at=at).items() if lacks}


def _taking_away(word: Word) -> Word:
    """The word without a yes."""
    return replace(
        word,
        changed=[said for said in word.changed if said.answer not in YES],
        standing=[said for said in word.standing if said.answer not in YES],
    )


def instruct(
    recipient: Recipient,
    *,
    do: InstructionKind,
    subject_ref: UUID,
    about: str,
    reached_at: Sequence[tuple[str, str]],
    sealed_for: UUID | None = None,
    is_new: bool = False,
    actor: Actor,
    at: datetime,
) -> Instruction:
    """Instruct one recipient about a person as a whole: to stop, correct or erase, in one transaction.

    ``sealed_for`` is the subject under whose key the words lie, where that is not the person. A recipient without a webhook
    is told by people: the instruction has its clock and no word (``by_hand``). Raises Refused and NotFound of the outbox.
    The same act to the same recipient again gives the first instruction; ``is_new`` says that it is another one, because
    they got something since.
    """
    if not recipient.url:
        return by_hand(recipient, do=do, subject_ref=subject_ref, about=about, is_new=is_new, actor=actor, at=at)
    word = Word(recipients.person_key(subject_ref), "subject", (), reached_at=reached_at)
    with transaction.atomic():
        earlier = None if is_new else _earlier(recipient, do, subject_ref, about)
        if earlier is not None:
            return earlier
        given = _tell_one(
            recipient,
            word,
            kind=f"recipients.{do}",
            do=do,
            subject_ref=subject_ref,
            about=about,
            at=at,
            sealed_for=sealed_for,
        )
        if given is None:
            raise RuntimeError("a notification with something to do is an instruction")
        field_changes.watch_created(given)
        _start([given], actor=actor, at=at)
    return given


def by_hand(
    recipient: Recipient,
    *,
    do: InstructionKind,
    subject_ref: UUID,
    about: str,
    is_new: bool = False,
    actor: Actor,
    at: datetime,
) -> Instruction:
    """Give an instruction that no machine can carry: staff tell the recipient in writing and note what it confirmed.

    In one transaction with its clock, which raises it with staff when it is late, and its audit event. The same act again
    gives the first instruction, unless it ``is_new``.
    """
    with transaction.atomic():
        given = None if is_new else _earlier(recipient, do, subject_ref, about)
        if given is None:
            given = Instruction.objects.create(
                reference=ids.new_reference("IN"),
                recipient=recipient,
                fiduciary=recipient.fiduciary,
                kind=do,
                subject_ref=subject_ref,
                about=about,
                given_at=at,
            )
            field_changes.watch_created(given)
            _start([given], actor=actor, at=at)
    return given


def _earlier(recipient: Recipient, do: InstructionKind, subject_ref: UUID, about: str) -> Instruction | None:
    same = Instruction.objects.filter(recipient__code=recipient.code, about=about, kind=do, subject_ref=subject_ref)
    return same.first()


def _own_part(word: Word, recipient: Recipient) -> Word | None:
    """What of a word concerns one recipient, None for nothing."""

    def concerns(said: Answered) -> bool:
        return said.purpose in recipient.purposes and said.channel in recipient.channels

    changed = [said for said in word.changed if concerns(said)]
    standing = [said for said in word.standing if concerns(said)]
    if not changed and (word.wishes is None or not standing):
        return None
    return Word(
        word.address_key,
        word.kind,
        changed,
        standing,
        [said for said in word.stops if concerns(said)],
        word.reached_at,
        word.wishes,
    )


def _tell_one(
    recipient: Recipient,
    word: Word,
    *,
    kind: str,
    do: InstructionKind | None,
    subject_ref: UUID,
    about: str,
    at: datetime,
    sealed_for: UUID | None = None,
) -> Instruction | None:
    """One word to one recipient, with the next number of its line. Another act that took the number means: the one after."""
    mark = f"{about.partition(':')[2] or about}/{recipient.code}/{word.address_key.hex()[-8:]}"[:80]
    for attempt in range(TRIES):
        try:
            with transaction.atomic():
                return _write(
                    recipient,
                    word,
                    kind=kind,
                    do=do,
                    subject_ref=subject_ref,
                    about=about,
                    mark=mark,
                    at=at,
                    sealed_for=sealed_for or subject_ref,
                )
        except Unavailable:
            if sealed_for is not None:
                raise
            # The person's words are being erased at this moment: a no must reach whom it concerns all the same.
            sealed_for = subjects.new(SubjectKind.STRANGER, now=at).ref
        except IntegrityError:
            if attempt == TRIES - 1:
                raise
    raise AssertionError  # pragma: no cover - the loop returns or raises


def _write(
    recipient: Recipient,
    word: Word,
    *,
    kind: str,
    do: InstructionKind | None,
    subject_ref: UUID,
    about: str,
    mark: str,
    at: datetime,
    sealed_for: UUID,
) -> Instruction | None:
    before = recipients.last_in_line(recipient.code, word.address_key)
    sequence = before.sequence + 1 if before is not None else 1
    reference = ids.new_reference("IN") if do is not None else ""
    message = post_webhook(
        kind=kind,
        subject_ref=sealed_for,
        url=recipient.url,
        purpose=word.changed[0].purpose if word.changed else "policy_and_security",
        about=mark,
        data=_body(recipient, word, sequence=sequence, do=do, reference=reference),
        fiduciary=recipient.fiduciary.code,
        after=before.message if before is not None else None,
    )
    telling = Telling.objects.create(
        recipient=recipient,
        recipient_code=recipient.code,
        address_key=word.address_key,
        sequence=sequence,
        kind=kind,
        subject_ref=subject_ref,
        about=about,
        message=message,
        told_at=at,
    )
    if do is None:
        return None
    return Instruction.objects.create(
        reference=reference,
        telling=telling,
        recipient=recipient,
        fiduciary=recipient.fiduciary,
        kind=do,
        subject_ref=subject_ref,
        about=about,
        covers=[[said.purpose, said.channel] for said in word.stops],
        given_at=at,
    )


def _body(
    recipient: Recipient, word: Word, *, sequence: int, do: InstructionKind | None, reference: str
) -> dict[str, object]:
    body: dict[str, object] = {
        "recipient": recipient.code,
        "fiduciary": recipient.fiduciary.code,
        "sequence": sequence,
        "address": {
            "ref": recipients.address_ref(recipient.code, word.address_key),
            "kind": word.kind,
            "known_by": [recipients.whom(recipient, kind, text) for kind, text in word.reached_at],
        },
        "changed": [said.as_json() for said in word.changed],
        "standing": [said.as_json() for said in word.standing],
    }
    if word.wishes is not None:
        body["wishes"] = dict(word.wishes)
    if do is not None:
        body["instruction"] = {
            "reference": reference,
            "do": str(do),
            "about": [[said.purpose, said.channel] for said in word.stops],
            "answer_at": f"{settings.SITE_URL}/api/v1/recipients/{recipient.code}/acknowledgements",
        }
    return body


def _start(given: Sequence[Instruction], *, actor: Actor, at: datetime) -> None:
    """Each instruction's clock and audit event."""
    if not given:
        return
    due: dict[str, Clock] = {}
    with remembering():
        for instruction in given:
            started = deadlines.start(
                owner=instruction.owner,
                subject_ref=instruction.subject_ref,
                rule_keys=None,
                kind=PLAN,
                started_at=at,
                zone=ZONE,
                regimes=(),
                actor=actors.system("registers.instruction"),
            )
            if started:  # the strictest first; none where no rule was loaded
                due[instruction.reference] = started[0]
    audit.record_many(
        AuditKind.REGISTERS_INSTRUCTION_GIVEN,
        actor=actor,
        acts=[
            Act(
                f"registers.instruction:{instruction.reference}",
                {
                    "recipient": instruction.recipient.code,
                    "kind": str(instruction.kind),
                    "fiduciary": instruction.fiduciary.code,
                    "about": instruction.about,
                    "due_at": clock.stamp(due[instruction.reference].due_at) if instruction.reference in due else None,
                },
                instruction.subject_ref,
            )
            for instruction in given
        ],
        at=at,
    )
