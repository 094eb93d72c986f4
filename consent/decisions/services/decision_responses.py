"""Answers to other systems: decided, written down, and committed to by the ledger."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from consent.base.choices import AnsweredAs
from consent.decisions.models.contact_decisions import AnswerSet
from consent.decisions.services import address_processing, decision_batches, decision_log, decision_signatures
from consent.decisions.services.bulk_decisions import Answered, Question, decide_all, frame_of
from consent.decisions.services.contact_decisions import Decision, may_contact
from portal.kernel.core.actor import Actor


@dataclass(frozen=True)
class AnsweredSet:
    """A batch's answers in the order asked, and the row that keeps them."""

    kept: AnswerSet
    answers: tuple[Answered, ...]


def answer_one(
    question: Question,
    *,
    address: str,
    free_text: bool = False,
    subject_ref: UUID | None = None,
    sign: bool = False,
    actor: Actor,
    now: datetime,
) -> Decision:
    """``may_contact`` for a system, written down. The row of the log is kept within ``DECISION_LOG_SECONDS``.

    Raises Refused (SIGNED_AHEAD) where the answer is to be signed and is about a later time.
    """
    if sign:
        decision_signatures.check_time(question.at, now=now)
    decision = may_contact(
        address=address,
        subject_ref=subject_ref,
        purpose=question.purpose,
        channel=question.channel,
        at=question.at,
        fiduciary=question.fiduciary,
        header=question.header,
        template=question.template,
        free_text=free_text,
        sign=sign,
    )
    decision_log.note(decision, asked_by=actor.label, now=now)
    return decision


def answer_process(
    *,
    purpose: str,
    at: datetime,
    fiduciary: str,
    subject_ref: UUID | None = None,
    address_kind: str = "",
    address: str = "",
    sign: bool = False,
    actor: Actor,
    now: datetime,
) -> Decision:
    """``may_process`` for a system, about a subject or whoever holds an address, written down.

    Raises Refused (SIGNED_AHEAD) where the answer is to be signed and is about a later time.
    """
    if sign:
        decision_signatures.check_time(at, now=now)
    decision = address_processing.may_process_of(
        purpose=purpose,
        at=at,
        fiduciary=fiduciary,
        subject_ref=subject_ref,
        address_kind=address_kind,
        address=address,
        sign=sign,
    )
    decision_log.note(decision, asked_by=actor.label, now=now)
    return decision


def answer_many(question: Question, *, addresses: Sequence[str], actor: Actor, now: datetime) -> AnsweredSet:
    """The answers for a list, the row that keeps them and its audit event in one transaction: one leaf for all of them.

    Raises NotFound for an unknown fiduciary: nobody's answers are kept for nobody.
    """
    answers = tuple(decide_all(question, addresses, frame=frame_of(question)))
    counted = Counter(answer.reason for answer in answers)
    places = {reason: bytes([place]) for place, reason in enumerate(counted)}
    packed = b"".join((answer.key or decision_batches.NO_ADDRESS) + places[answer.reason] for answer in answers)
    reference = decision_batches.new_reference()
    asked = decision_batches.salted(reference)
    asked.update("\n".join(addresses).encode())
    with transaction.atomic():
        kept = decision_batches.keep(
            reference=reference,
            answered_as=AnsweredAs.BATCH,
            question=question,
            reasons=list(counted.items()),
            allowed=sum(answer.allowed for answer in answers),
            asked_sha256=asked.hexdigest(),
            # Of keyed hashes: nobody can try numbers against it.
            answers_sha256=hashlib.sha256(packed).hexdigest(),
            answers=packed,
            actor=actor,
            now=now,
        )
    return AnsweredSet(kept, answers)
