"""Eighty grievances in every state: new, with an officer, waiting for the person, answered, settled, late, reopened."""

import functools
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from grievances.base.choices import TicketKind
from grievances.base.models.ticket import Ticket
from grievances.tickets.services import conversation, deadlines, intake, resolutions
from portal.demo.story.cast import Cast
from portal.demo.story.customers import People
from portal.demo.story.office import by
from portal.demo.story.pieces import piece
from portal.demo.story.timeline import Act, Timeline
from portal.kernel.core import actor as actors
from portal.kernel.core.actor import Actor
from portal.kernel.law.choices import LateReason
from portal.kernel.people.choices import SubjectKind
from portal.kernel.people.models import Principal, User
from portal.kernel.people.services import subjects

TICKETS = 80
#: Rows of one transaction of ``generate_load``.
CHUNK = 10
DAY = timedelta(days=1)
PERSON = actors.stranger(via="demonstration")
WORDS = {
    TicketKind.UNWANTED_MESSAGES: (
        "I replied STOP twice and still get offers on my telephone every week.",
        "Stop the offers and tell me who gave you my number.",
    ),
    TicketKind.DATA_WRONG: ("My company's name is spelled wrongly on your invoices.", "Correct it, please."),
    TicketKind.DATA_SHARED: ("A firm I do not know says it has my number from you.", "Tell me with whom you share."),
    TicketKind.KYC: ("My PAN card was refused and I do not understand the reason.", "Look at it again."),
    TicketKind.BILLING: ("I was charged twice for the same recharge in March.", "Give the second amount back."),
    TicketKind.CONSENT: ("I never said yes to voice calls, yet the page shows a yes.", "Show me the proof."),
    TicketKind.BREACH: ("I had a call from somebody who knew my last order.", "Find out what happened."),
    TicketKind.OTHER: ("The privacy page does not open on my old telephone.", "Make it work."),
}
ANSWER = "We have looked into it. This is what we found, and what we have changed so that it does not happen again."
QUESTION = "Which number did the message come from, and on which day? We need this to find it."


@dataclass(frozen=True)
class Fate:
    """What became of a grievance: how many days ago it came, and how far it went."""

    days: float
    ends: str


#: How many of each: the late ones stand first in the officer's queue.
FATES = (
    *(Fate(days, "new") for days in (0.1, 0.3, 0.5, 0.8, 1, 1.5, 2, 2.5)),
    *(Fate(days, "late") for days in (8, 8.5, 9, 10, 12, 15, 21, 34)),
    *(Fate(days, "taken") for days in (0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6)),
    *(Fate(days, "asked") for days in (1, 2, 2.5, 3, 3.5, 4, 4.5, 5)),
    *(Fate(days, "answered") for days in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11)),
    *(Fate(days, "settled") for days in range(15, 260, 9)),
    *(Fate(days, "withdrawn") for days in (12, 30, 60)),
    *(Fate(days, "reopened") for days in (6, 7, 9)),
)


def plan(past: Timeline, cast: Cast, people: People, team: Mapping[str, User]) -> None:
    """File each on its day, and handle it on later days as far as its fate says."""
    owners = list(people.owners.values())
    for fate in FATES[:TICKETS]:
        past.plan(cast.ago(days=fate.days), functools.partial(_begin, past, cast, owners, fate, team))


def _begin(past: Timeline, cast: Cast, owners: list[Principal], fate: Fate, team: Mapping[str, User]) -> None:
    ticket = _file(cast, owners, Fate(0, fate.ends))
    if fate.ends == "new":
        return
    officer = team[cast.rng.choice(["grievance.officer", "grievance.deputy"])]
    actor, came = by(officer), ticket.received_at
    for after, act in _acts(cast, ticket, fate, officer, actor):
        past.plan(came + after, act)


def file_open(cast: Cast, count: int) -> None:
    """File that many new grievances of strangers, in one piece."""
    with piece():
        for _ in range(count):
            _file(cast, [], Fate(cast.rng.random() * 2, "new"))


def _file(cast: Cast, owners: list[Principal], fate: Fate) -> Ticket:
    """Two in three are strangers with an address or a telephone; the others are signed in."""
    kind = cast.rng.choice(list(WORDS))
    happened, wanted = WORDS[kind]
    _name, email, language = cast.person()
    is_customer = bool(owners) and cast.rng.random() < 0.35
    by_phone_only = not is_customer and cast.rng.random() < 0.15
    at = cast.ago(days=fate.days)
    phone = cast.phone() if by_phone_only or cast.rng.random() < 0.4 else ""
    return intake.file_ticket(
        filing_key=uuid.UUID(bytes=cast.rng.randbytes(16), version=4),
        subject_ref=subjects.new(SubjectKind.STRANGER, now=cast.start).ref,
        story=intake.Story(kind=kind, for_whom="self", what_happened=happened, wanted=wanted),
        reach=intake.Reach(language=language, email="" if by_phone_only else email, phone=phone),
        actor=PERSON,
        at=at,
        principal=cast.rng.choice(owners) if is_customer else None,
    ).ticket


def _acts(cast: Cast, ticket: Ticket, fate: Fate, officer: User, actor: Actor) -> Iterator[tuple[timedelta, Act]]:
    """What follows a grievance: how long after it came, and what is done then."""
    yield timedelta(hours=3), lambda: conversation.take(ticket=ticket, by=officer, actor=actor, at=cast.start)
    if fate.ends == "late" or (fate.ends == "taken" and cast.rng.random() < 0.5):
        return
    if fate.ends in {"taken", "asked"}:
        yield timedelta(hours=6), lambda: _speak(cast, ticket, fate, officer, actor)
        return
    if fate.ends == "withdrawn":
        yield timedelta(days=1), lambda: resolutions.withdraw(ticket=ticket, actor=PERSON, at=cast.start)
        return
    answered = timedelta(days=min(fate.days / 2, cast.rng.uniform(0.5, 6)))
    yield answered, lambda: _answer(cast, ticket, officer, actor)
    if fate.ends == "settled":
        yield answered + DAY, lambda: resolutions.accept(ticket=ticket, actor=PERSON, at=cast.start)
    elif fate.ends == "reopened":
        yield answered + DAY, lambda: _decline(cast, ticket)


def _speak(cast: Cast, ticket: Ticket, fate: Fate, officer: User, actor: Actor) -> None:
    if fate.ends == "asked":
        conversation.ask(ticket=ticket, text=QUESTION, by=officer, actor=actor, at=cast.start)
    else:
        conversation.reply(ticket=ticket, text="We have begun to look into it.", by=officer, actor=actor, at=cast.start)
        conversation.note(
            ticket=ticket, text="Asked the delivery team for the log.", by=officer, actor=actor, at=cast.start
        )


def _answer(cast: Cast, ticket: Ticket, officer: User, actor: Actor) -> None:
    because = LateReason.MANY if deadlines.is_late(ticket, at=cast.start) else ""
    resolutions.propose(ticket=ticket, text=ANSWER, late_because=because, by=officer, actor=actor, at=cast.start)


def _decline(cast: Cast, ticket: Ticket) -> None:
    resolutions.decline(ticket=ticket, why="The same thing happened again.", actor=PERSON, at=cast.start)
