"""Sets of answers: the row that keeps one, and the one leaf that commits to it."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from consent.base.choices import AnsweredAs
from consent.base.rules.contact import Reason
from consent.decisions.models.contact_decisions import AnswerSet
from consent.decisions.services.bulk_decisions import Question
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import ciphers, clock, ids
from portal.kernel.core.actor import Actor
from portal.kernel.people.models import Fiduciary
from portal.kernel.registers.senders.selectors.senders import normal_header

#: What stands for an address that is none.
NO_ADDRESS: Final = bytes(33)


def new_reference() -> str:
    """The reference of a set that is going to be kept: its salt hangs on it."""
    return ids.new_reference("DA")


def salt_of(reference: str) -> str:
    """What stands before the addresses wherever a hash of them leaves the room: 66 hexadecimal digits that only LOOKUP_KEY gives.

    A list may hold one number, and a bare hash of that is found by guessing. Whoever asked is told the salt, and proves
    with it which list it was.
    """
    return ciphers.blind_index(reference, domain="consent.answerset").hex()


def salts_of(reference: str) -> list[str]:
    """The salt under the present lookup key and under each older one: with one of them the set was hashed."""
    return [salt.hex() for salt in ciphers.blind_indexes(reference, domain="consent.answerset")]


def salted(reference: str) -> "hashlib._Hash":
    """A SHA-256 that has taken in the salt of the set, as text, and waits for the addresses."""
    return hashlib.sha256(salt_of(reference).encode())


def keep(
    *,
    reference: str,
    answered_as: AnsweredAs,
    question: Question,
    reasons: Sequence[tuple[Reason, int]],
    allowed: int,
    asked_sha256: str,
    answers_sha256: str,
    answers: bytes | None = None,
    actor: Actor,
    now: datetime,
) -> AnswerSet:
    """Insert the row of a batch or a scrubbed list and its audit event, in the caller's transaction."""
    counts = dict(reasons)
    kept = AnswerSet(
        reference=reference,
        answered_as=answered_as,
        fiduciary=Fiduciary.objects.get(code=question.fiduciary),
        purpose=question.purpose[:40],
        channel=question.channel[:16],
        header=normal_header(question.channel, question.header)[0][:80] if question.header else "",
        template=question.template.strip()[:120] if question.template else "",
        asked_by=actor.label,
        for_time=question.at,
        answered_at=now,
        total=sum(counts.values()),
        allowed=allowed,
        invalid=counts.get(Reason.NO_SUCH_ADDRESS, 0),
        reasons=[[str(reason), count] for reason, count in counts.items()],
        asked_sha256=asked_sha256,
        answers_sha256=answers_sha256,
        answers=answers,
    )
    return commit(kept, actor=actor, now=now)


def commit(kept: AnswerSet, *, actor: Actor, now: datetime) -> AnswerSet:
    """Write the one audit event of a set, then the set with its entry. In the caller's transaction."""
    event = record(
        AuditKind.CONSENT_ANSWERS_GIVEN,
        actor=actor,
        about=f"consent.answerset:{kept.reference}",
        facts=facts_of(kept),
        at=now,
    )
    kept.entry = event.entry
    kept.save()
    return kept


def facts_of(kept: AnswerSet) -> dict[str, str | int | None]:
    """What the ledger commits to about a set: header and template where the question named them."""
    named = {name: value for name in ("header", "template") if (value := getattr(kept, name))}
    return {
        "as": str(kept.answered_as),
        "fiduciary": kept.fiduciary.code if kept.fiduciary else None,
        "purpose": kept.purpose,
        "channel": kept.channel,
        "total": kept.total,
        "allowed": kept.allowed,
        "invalid": kept.invalid,
        "reasons": ", ".join(f"{reason} {count}" for reason, count in kept.reasons),
        "asked_sha256": kept.asked_sha256 or None,
        "answers_sha256": kept.answers_sha256,
        "until": clock.stamp(kept.for_time),
        **named,
    }
