"""Asking: a notice that stands alone, questions that may be left open, and answers with what was asked.

Nothing here makes a consent of a visit, a sign-in or silence: an answer is what a form brings as yes or no.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent.base.choices import Answer, Way
from consent.base.labels import DATA
from consent.base.models.notices import NoticeText
from consent.base.selectors.notices import notices_for
from consent.base.selectors.purposes import is_asked_of_visitors, is_closed_to_children
from consent.prompts import selectors
from consent.records.models.prompts import Meeting
from consent.records.services import guardian_consents, opt_in_confirmation, subject_locks
from consent.records.services.addresses import addresses_by_channel, contacts_of
from consent.records.services.consent_events import Choice, Recorded, fiduciary_of, record_all
from consent.records.services.evidence import QUESTION, words
from consent.suppressions.services.withdrawals import latest_of, refusals_of, refusals_of_senders
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.advisory_locks import retried
from portal.kernel.core.errors import Refused
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import MESSAGE_CHANNELS, Channel
from portal.kernel.law.models import Purpose
from portal.kernel.people import selectors as people
from portal.kernel.people.models.fiduciaries import OWN_CODE, Fiduciary


@dataclass(frozen=True)
class Question:
    """One purpose that may be asked for: the text a yes agrees to, and the channels on which the person can be reached."""

    purpose: Purpose
    notice: NoticeText
    channels: tuple[str, ...] = ()

    @property
    def data(self) -> list[str]:
        """The personal data the purpose uses, itemised, in the reader's language."""
        return [str(DATA[category]) for category in self.purpose.used_categories]

    @property
    def text(self) -> str:
        """The question as it is put, in the reader's language: purpose, use and data."""
        return "\n".join([self.purpose.name, self.purpose.description, "; ".join(self.data)])


@dataclass(frozen=True)
class Answered:
    """A yes or a no; ``channels`` are those of a yes to messages."""

    is_yes: bool
    channels: frozenset[str] = field(default=frozenset())


def questions(
    subject_ref: UUID,
    *,
    at: datetime,
    language: str = "en",
    fiduciary: str = OWN_CODE,
    known: bool = True,
    refs: Collection[UUID] | None = None,
) -> tuple[Question, ...]:
    """What the person has not answered and may be asked now. ``known`` False: a visitor, asked about our pages only."""
    whose, on = fiduciary_of(fiduciary), clock.day(at)
    refs = refs or people.refs_of(subject_ref)
    is_child = people.is_child(subject_ref, at=at, refs=refs)
    purposes = [
        p
        for p in law.purposes_in_force(on=on)
        if p.needs_consent
        and p.is_of(us=whose.is_self)
        and p.may_be_asked(at)
        and (known or is_asked_of_visitors(p))
        and not (is_child and is_closed_to_children(p))
    ]
    notices = notices_for([p.code for p in purposes], on=on, language=language)
    open_ones = selectors.unanswered(
        subject_ref, [p for p in purposes if p.code in notices], fiduciary=whose, at=at, refs=refs
    )
    places = addresses_by_channel(subject_ref, contacts=contacts_of(refs))
    drawn = [
        Question(
            p,
            notices[p.code],
            tuple(str(c) for c in MESSAGE_CHANNELS if p.sends_messages and c in p.channels and places[str(c)]),
        )
        for p in open_ones
    ]
    return tuple(q for q in drawn if q.channels or not q.purpose.sends_messages)


def waiting(subject_ref: UUID, *, refs: Collection[UUID], at: datetime, language: str = "en") -> int:
    """How many questions a person, known by ``refs``, may be asked and has not met yet. Reads only."""
    open_ones = questions(subject_ref, at=at, language=language, refs=refs)
    seen = selectors.met(subject_ref, [one.purpose for one in open_ones], at=at, refs=refs) if open_ones else set()
    return sum(question.purpose.code not in seen for question in open_ones)


def meet(*, subject_ref: UUID, language: str, actor: Actor, now: datetime, fiduciary: str = OWN_CODE) -> int:
    """Note that the person knows of the questions they have not met yet; returns how many those are.

    One transaction with its audit event. Once for each meaning of a purpose and each material
    version of its text: who leaves a question open is not told of
    it again. This is no answer.
    """
    with transaction.atomic():
        open_ones = questions(subject_ref, at=now, language=language, fiduciary=fiduciary)
        seen = selectors.met(subject_ref, [question.purpose for question in open_ones], at=now)
        news = [question for question in open_ones if question.purpose.code not in seen]
        if not news:
            return 0
        Meeting.objects.bulk_create(
            (
                Meeting(
                    subject_ref=subject_ref,
                    purpose=question.purpose.code,
                    meaning_since=question.purpose.meaning_since,
                    notice_version=question.notice.version,
                    language=question.notice.language,
                    text_sha256=question.notice.sha256,
                    met_at=now,
                )
                for question in news
            ),
            ignore_conflicts=True,  # two windows signed in at once
        )
        record(
            AuditKind.CONSENT_QUESTIONS_PUT,
            actor=actor,
            about=f"people.subject:{subject_ref}",
            facts={
                "purpose": ",".join(question.purpose.code for question in news),
                "notice": news[0].notice.version.notice.code,
                "version": news[0].notice.version.number,
                "language": news[0].notice.language,
                "sha256": news[0].notice.sha256,
                "count": len(news),
            },
            subject_ref=subject_ref,
            at=now,
        )
    return len(news)


@retried
def answer(
    *,
    subject_ref: UUID,
    answers: Mapping[str, Answered],
    shown: Mapping[str, str],
    actor: Actor,
    language: str = "en",
    fiduciary: str = OWN_CODE,
    way: Way = Way.PAGE,
    opt_in: str = "",
    guardian: guardian_consents.Guardian | None = None,
    known: bool = True,
    now: datetime | None = None,
) -> Recorded:
    """Record what was answered, in one transaction and under one receipt; what is not named stays unanswered.

    A yes to messages counts on the channels chosen with it, a no on all of them. The yes of a person for whom somebody
    else answers is held, and recorded once that one gives it. ``shown`` maps each purpose to the
    SHA-256 of the text the person had before them; the question's own words are kept as evidence. ``opt_in`` names the
    request that this confirms, where the law asks for two steps (``opting_in``). ``guardian`` answers in the person's
    place, under ``Way.GUARDIAN``: that yes is recorded, its proof stands beside the receipt, and nothing waits any more.
    ``known`` False: a visitor answers, and only about our pages.

    A no to a question that is not open any more, because another window said yes, withdraws that yes: it is never dropped.
    Raises Refused for a yes to a question that is not open, a yes to messages without a channel, or a text that has changed.
    """
    at = now or clock.now()
    with transaction.atomic():
        subject_locks.take_all_of(subject_ref)
        open_ones = {
            q.purpose.code: q
            for q in questions(subject_ref, at=at, language=language, fiduciary=fiduciary, known=known)
        }
        late = {code: said for code, said in answers.items() if code not in open_ones}
        if any(said.is_yes for said in late.values()) or not (known or _are_of_visitors(late, on=clock.day(at))):
            raise Refused(_("One of these questions was answered already. Load the page again."), code="NOT_OPEN")
        choices = _late_noes(late, subject_ref, fiduciary_of(fiduciary), at)
        held: list[str] = []
        is_held = guardian is None and people.protection_of(subject_ref, at=at) is not None
        shown_by = (guardian.evidence,) if guardian is not None else ()
        for code, said in answers.items():
            if code in late:
                continue
            own = _choices(open_ones[code], said, subject_ref, shown.get(code, ""), language=language, at=at)
            own = [
                replace(choice, evidence=(*choice.evidence, *opt_in_confirmation.evidence_of(opt_in), *shown_by))
                for choice in own
            ]
            if said.is_yes and is_held:
                held.append(code)
                guardian_consents.hold(
                    subject_ref=subject_ref,
                    fiduciary=fiduciary_of(fiduciary),
                    purpose=code,
                    channels={choice.channel for choice in own} - {str(Channel.NONE)},
                    notice=open_ones[code].notice,
                    actor=actor,
                    now=at,
                )
            else:
                choices += own
        choices += refusals_of_senders(subject_ref, fiduciary_of(fiduciary), choices)
        done = record_all(
            subject_ref=subject_ref,
            fiduciary=fiduciary,
            choices=choices,
            way=way,
            occurred_at=at,
            actor=actor,
            now=at,
        )
        if guardian is not None and done.receipt is not None:
            guardian_consents.keep(done.receipt, guardian, now=at)
            for code, said in answers.items():
                close = guardian_consents.release if said.is_yes else guardian_consents.decline
                close(subject_ref=subject_ref, fiduciary=fiduciary_of(fiduciary), purpose=code, actor=actor, now=at)
    return replace(done, held=tuple(held))


def _are_of_visitors(codes: Collection[str], *, on: date) -> bool:
    asked = {purpose.code for purpose in law.purposes_in_force(on=on) if is_asked_of_visitors(purpose)}
    return set(codes) <= asked


def _late_noes(late: Collection[str], subject_ref: UUID, fiduciary: Fiduciary, at: datetime) -> list[Choice]:
    """What stands about these purposes, refused: a consent, and a refusal that an undo could end. Nothing of any other."""
    if not late:
        return []
    said = latest_of(subject_ref, fiduciary).values()
    wanted = {(event.purpose, event.channel) for event in said if event.purpose in late}
    return refusals_of(subject_ref, fiduciary, wanted, at=at)


def _choices(
    question: Question, said: Answered, subject_ref: UUID, shown: str, *, language: str, at: datetime
) -> Sequence[Choice]:
    if shown != question.notice.sha256:
        raise Refused(
            _("The text you agree to has changed since you opened this page. Read it again, then save."),
            code="NOTICE_CHANGED",
        )
    channels = question.channels or (str(Channel.NONE),)
    if said.is_yes and question.channels:
        channels = tuple(channel for channel in question.channels if channel in said.channels)
        if not channels:
            raise Refused(_("Choose at least one way in which we may write to you."), code="NO_CHANNEL")
    asked = (words(QUESTION, question.text, language=language, at=at),)
    places = addresses_by_channel(subject_ref)
    answer = Answer.GIVEN if said.is_yes else Answer.DENIED
    return [
        Choice(place, question.purpose.code, channel, answer, question.notice, asked)
        for channel in channels
        for place in places[channel]
    ]
