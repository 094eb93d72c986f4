"""Visitors without a login: what they choose belongs to the browser. A person who signs in there is offered it as theirs.

Nobody knows who a visitor was: a child's browser is a parent's, and an office has one for many. So what a visitor said
never stands against a word of the person, and the person sees at once what was taken over.
"""

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from consent.base.choices import Answer, Way
from consent.base.rules.status_fold import NO
from consent.base.selectors.purposes import in_force_or_ended, is_asked_of_visitors
from consent.prompts.services import consent_prompts
from consent.prompts.services.consent_prompts import Question
from consent.records.models.events import ConsentEvent
from consent.records.services import guardian_consents, subject_locks
from consent.records.services.addresses import SUBJECT, address_of
from consent.records.services.consent_events import Choice, record_all
from consent.records.services.evidence import Evidence, reference
from consent.suppressions.services.withdrawals import notice_of
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.law.choices import Channel
from portal.kernel.people import selectors as people
from portal.kernel.people.choices import SubjectKind
from portal.kernel.people.models import Subject, SubjectAlias
from portal.kernel.people.models.fiduciaries import OWN_CODE
from portal.kernel.people.services import subjects

#: Where a browser's session keeps the reference of its visitor, and since when this session has chosen as that visitor.
SESSION_KEY: Final = "consent_visitor"
SINCE_KEY: Final = "consent_visitor_since"
#: Where the session of a person keeps the receipts of what was taken over from the visitor.
JOINED_KEY: Final = "consent_joined"
#: The kind of evidence that names the visitor's own receipt.
VISITOR: Final = "visitor"


@dataclass(frozen=True)
class Joined:
    """What was taken over: receipts of the person's own, and purposes whose yes waits for a parent or guardian."""

    receipts: tuple[str, ...] = ()
    held: tuple[str, ...] = field(default=())

    def __bool__(self) -> bool:
        return bool(self.receipts or self.held)


def visitor_of(kept: object) -> UUID | None:
    """The visitor's reference from what a session kept, if there is such a visitor who is nobody else by now."""
    try:
        ref = UUID(str(kept))
    except ValueError:
        return None
    is_one = Subject.objects.filter(ref=ref, kind=SubjectKind.STRANGER, erased_at=None).exists()
    return ref if is_one and not SubjectAlias.objects.filter(old_ref=ref).exists() else None


def new_visitor(*, now: datetime) -> UUID:
    """A reference for a browser that chooses something before anybody has signed in."""
    return subjects.new(SubjectKind.STRANGER, now=now).ref


def remember(session: MutableMapping[str, Any], visitor: UUID, *, since: datetime) -> None:
    """Keep in the session who chose, and from when: what another session of this browser chose is nobody's here."""
    if session.get(SESSION_KEY) != str(visitor):
        session[SESSION_KEY], session[SINCE_KEY] = str(visitor), since.isoformat()


def take_from(session: MutableMapping[str, Any]) -> tuple[UUID, datetime] | None:
    """The visitor of the session and since when, taken out of it: once. None where nobody chose anything."""
    visitor, since = visitor_of(session.pop(SESSION_KEY, None)), session.pop(SINCE_KEY, "")
    return (visitor, datetime.fromisoformat(since)) if visitor is not None and since else None


@retried
def join(*, visitor: UUID, since: datetime, subject_ref: UUID, actor: Actor, language: str, now: datetime) -> Joined:
    """Record what the visitor last said since then as the person's own answers, as far as the person never said anything.

    Each act of the visitor becomes a receipt of the person with its confirmation; its evidence names the visitor's. A yes
    counts only where the person may be asked this at this moment and by the same text; of a person for whom somebody else
    answers it is held. What the person has said, whether yes or no, now or years ago, stays as it is, and so do the visitor's
    events: the references are not joined. One transaction, at the turns of the person.
    """
    receipts: list[str] = []
    held: list[str] = []
    with transaction.atomic():
        subject_locks.take_all_of(subject_ref)
        open_ones = {
            question.purpose.code: question
            for question in consent_prompts.questions(subject_ref, at=now, language=language, known=False)
        }
        is_held = people.protection_of(subject_ref, at=now) is not None
        agreed = [
            event for event in _free(visitor, subject_ref, since=since, at=now) if _counts(event, open_ones, at=now)
        ]
        for occurred_at, act in groupby(agreed, key=lambda event: event.occurred_at):
            choices = []
            for event in act:
                if event.answer == Answer.GIVEN and is_held:
                    held.append(event.purpose)
                    _hold(event, subject_ref, open_ones[event.purpose], actor=actor, now=now)
                else:
                    choices.append(_choice(event, subject_ref))
            done = record_all(
                subject_ref=subject_ref,
                fiduciary=OWN_CODE,
                choices=choices,
                way=Way.PAGE,
                occurred_at=occurred_at,
                actor=actor,
                now=now,
            )
            receipts += [done.receipt.reference] if done.receipt is not None else []
    return Joined(tuple(receipts), tuple(held))


def _free(visitor: UUID, subject_ref: UUID, *, since: datetime, at: datetime) -> list[ConsentEvent]:
    """The visitor's last word about each purpose of the pages of which the person never said a word, in their order."""
    ours = ConsentEvent.objects.filter(fiduciary__code=OWN_CODE)
    spoken = set(ours.filter(subject_ref__in=people.refs_of(subject_ref)).values_list("purpose", flat=True))
    events = ours.filter(subject_ref=visitor, channel=Channel.NONE).order_by("occurred_at", "pk")
    last = {event.purpose: event for event in events.select_related("notice_version", "receipt")}
    return [
        event
        for event in sorted(last.values(), key=lambda event: (event.occurred_at, event.pk))
        if event.purpose not in spoken
        and event.occurred_at >= since
        and is_asked_of_visitors(in_force_or_ended(event.purpose, on=clock.day(at)))
    ]


def _counts(event: ConsentEvent, open_ones: dict[str, Question], *, at: datetime) -> bool:
    """A no always does; a yes while it holds, to the text by which the person would be asked today."""
    if event.answer in NO:
        return True
    question = open_ones.get(event.purpose)
    return (
        event.answer == Answer.GIVEN
        and question is not None
        and event.notice_version_id == question.notice.version_id
        and clock.day(event.occurred_at) >= question.purpose.meaning_since
        and (event.expires_at is None or event.expires_at > at)
    )


def _hold(event: ConsentEvent, subject_ref: UUID, question: Question, *, actor: Actor, now: datetime) -> None:
    guardian_consents.hold(
        subject_ref=subject_ref,
        fiduciary=event.fiduciary,
        purpose=event.purpose,
        channels=(),
        notice=question.notice,
        actor=actor,
        now=now,
    )


def _choice(event: ConsentEvent, subject_ref: UUID) -> Choice:
    place = address_of(subject_ref=subject_ref, channel=event.channel, kind=SUBJECT, text="")
    shown: list[Evidence] = [
        {"type": piece.kind, "sha256": piece.sha256, "reference": piece.reference}
        for piece in event.evidence.order_by("pk")
    ]
    proof = (*shown, reference(VISITOR, event.receipt.reference))
    answer = Answer.GIVEN if event.answer == Answer.GIVEN else Answer.DENIED
    return Choice(place, event.purpose, event.channel, answer, notice_of(event), proof)
