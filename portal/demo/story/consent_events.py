"""Consents and refusals: some five thousand on every channel, in the course of the past year."""

import functools
import hashlib
from datetime import datetime, time, timedelta

from consent.base.choices import Answer, Pace, Way
from consent.base.models.notices import NoticeVersion
from consent.collection.services import dnd_preferences
from consent.consent_imports.services.external_consents import Brought, record_brought
from consent.notices.services import acknowledgements
from consent.preferences.services import preferences
from consent.records.services.addresses import SUBJECT, Address, address_of
from consent.records.services.consent_events import Choice, record_all
from consent.suppressions.services.withdrawals import stop_all_promotional, withdraw
from portal.demo.story.cast import Cast
from portal.demo.story.customers import People
from portal.demo.story.pieces import piece
from portal.demo.story.timeline import Timeline
from portal.kernel.core import actor as actors
from portal.kernel.core.actor import Actor
from portal.kernel.core.addresses import address_keys
from portal.kernel.law.choices import Channel
from portal.kernel.people.models import Principal

OWN = "onesetu"
PHONE_CHANNELS = (Channel.SMS, Channel.WHATSAPP, Channel.RCS, Channel.VOICE)
#: Ways of a withdrawal by channel, as the real ones would come in.
STOPS = {Channel.SMS: Way.SMS, Channel.WHATSAPP: Way.WHATSAPP, Channel.RCS: Way.RCS, Channel.VOICE: Way.VOICE}
CHUNK = 100
#: Between these parts of the time since the opening people answer for the first time.
FIRST, LAST = 0.02, 0.9
#: What people block ("Do not disturb"), one after another.
BLOCKED = (
    {"categories": ("real_estate", "food")},
    {"days": ("sun", "holiday"), "bands": ("18:00-21:00",)},
    {"modes": ("voice",)},
    {"categories": ("communication",)},
)
PERSON = actors.stranger(via="demonstration")


def plan(past: Timeline, cast: Cast, people: People, notice: NoticeVersion, *, actor: Actor) -> None:
    """Through the year owners and members answer on the page, recipients come with proof of origin, and some withdraw."""
    total = len(people.reachable)
    # Three in four have been to the page; the others have not answered yet, which pages show as a no. Not two in three:
    # every third customer is a person, and all of them would be among the silent.
    owners = {person.pk for number, person in enumerate(people.owners.values()) if number % 4}

    def answer(first: int) -> None:
        brought: list[Brought] = []
        for person, email, phone in people.reachable[first : first + CHUNK]:
            if person.pk in owners:
                _on_the_page(cast, person, email, phone, notice)
            elif phone and person.pk not in people.with_login:
                brought += _imported(cast, person, email, phone)
        record_brought(fiduciary=OWN, answers=brought, actor=actor)

    for first in range(0, total, CHUNK):
        past.plan(past.share(FIRST + (LAST - FIRST) * first / total), functools.partial(answer, first))
    recipients = [entry for entry in people.reachable if entry[2] and entry[0].pk not in people.with_login]
    leaving = cast.rng.sample(recipients, len(recipients) // 12)
    for number, (person, _email, _phone) in enumerate(leaving):
        # One half in the course of the year, the other in the last days.
        if number % 2:
            past.plan(past.share(LAST + (1 - LAST) * number / len(leaving)), functools.partial(_leave, cast, person))
        else:
            past.plan(cast.ago(days=cast.rng.random() * 4), functools.partial(_leave, cast, person))


def build(cast: Cast, people: People, notice: NoticeVersion) -> None:
    """Today a few people stop everything; some owners choose quiet hours or block categories."""
    owners = list(people.owners.values())
    with piece():
        for person in cast.rng.sample(owners, len(owners) // 6):
            stop_all_promotional(subject_ref=person.subject.ref, actor=PERSON)
    _wishes(cast, people, notice)
    _blocks(people)


def _leave(cast: Cast, person: Principal) -> None:
    channel = cast.rng.choice(PHONE_CHANNELS)
    withdraw(
        subject_ref=person.subject.ref,
        purpose="marketing",
        channel=channel,
        way=STOPS[channel],
        occurred_at=cast.start,
        actor=PERSON,
    )


def _places(channels: tuple[Channel, ...], email: str, phone: str) -> list[tuple[Channel, str, str]]:
    found = []
    for channel in channels:
        if channel in PHONE_CHANNELS and phone:
            found.append((channel, "phone", phone))
        elif channel is Channel.EMAIL and email:
            found.append((channel, "email", email))
        elif channel in {Channel.PUSH, Channel.DASHBOARD, Channel.NONE}:
            found.append((channel, SUBJECT, ""))
    return found


def _on_the_page(cast: Cast, person: Principal, email: str, phone: str, notice: NoticeVersion) -> None:
    """Each question has its own yes or no, on the channels the person was shown."""
    at = cast.ago(hours=cast.rng.random() * 12)
    text = notice.text_in(person.language)
    ref = person.subject.ref
    choices = []
    messages = (Channel.SMS, Channel.WHATSAPP, Channel.EMAIL, Channel.PUSH, Channel.DASHBOARD)
    asked = [("marketing", messages), ("product_updates", messages[2:]), ("analytics", (Channel.NONE,))]
    for purpose, channels in asked:
        for channel, kind, address in _places(channels, email, phone):
            answer = Answer.GIVEN if cast.rng.random() < 0.55 else Answer.DENIED
            place = address_of(subject_ref=ref, channel=str(channel), kind=kind, text=address)
            choices.append(Choice(place, purpose, str(channel), answer, text if answer is Answer.GIVEN else None))
    for number, purpose in enumerate(("content_reading", "ai_tools")):
        answer = Answer.GIVEN if (len(email) + number) % 3 == 0 else Answer.DENIED
        place = address_of(subject_ref=ref, channel=str(Channel.NONE), kind=SUBJECT, text="")
        choices.append(Choice(place, purpose, str(Channel.NONE), answer, text if answer is Answer.GIVEN else None))
    record_all(subject_ref=ref, fiduciary=OWN, choices=choices, way=Way.PAGE, occurred_at=at, actor=PERSON)


def _imported(cast: Cast, person: Principal, email: str, phone: str) -> list[Brought]:
    """Answers that a list brought with it, each with the hash of the form it came from."""
    at = cast.ago(days=cast.rng.random() * 9)
    proof = [{"type": "form", "sha256": hashlib.sha256(cast.rng.randbytes(16)).hexdigest()}]
    wanted = [channel for channel in (*PHONE_CHANNELS, Channel.EMAIL) if cast.rng.random() < 0.68] or [Channel.SMS]
    found = []
    for channel, kind, address in _places(tuple(wanted), email, phone):
        answer = Answer.GIVEN if cast.rng.random() < 0.85 else Answer.DENIED
        place = Address(kind, tuple(address_keys(address)), is_verified=True)
        found.append(Brought(person.subject.ref, Choice(place, "marketing", str(channel), answer, None, proof), at))
    return found


def _wishes(cast: Cast, people: People, notice: NoticeVersion) -> None:
    """Quiet hours, pauses and pace of some owners; who has seen the notice."""
    with piece():
        owners = list(people.owners.values())
        for person in cast.rng.sample(owners, len(owners) // 3):
            preferences.change(
                subject_ref=person.subject.ref,
                wishes=preferences.WishList(
                    quiet_from=time(21),
                    quiet_until=time(10),
                    quiet_for_service=cast.rng.random() < 0.3,
                    paused_until=_pause(cast),
                    pace=cast.rng.choice([Pace.NO_LIMIT, Pace.TWO_A_WEEK, Pace.ONE_A_MONTH]),
                    language=person.language,
                ),
                actor=PERSON,
                now=cast.start,
            )
            acknowledgements.acknowledge(
                subject_ref=person.subject.ref, text=notice.text_in(person.language), actor=PERSON, now=cast.start
            )


def _blocks(people: People) -> None:
    """Some owners block by subject, way, hour or day; who blocks "communication" gets nothing promotional of Onesetu's."""
    with piece():
        for number, person in enumerate(list(people.owners.values())[::7]):
            dnd_preferences.block(
                subject_ref=person.subject.ref, lists=BLOCKED[number % len(BLOCKED)], way=Way.PAGE, actor=PERSON
            )


def _pause(cast: Cast) -> datetime | None:
    return cast.start + timedelta(days=cast.rng.randrange(3, 30)) if cast.rng.random() < 0.3 else None
